//! Loads and stores, and the sizes of memories.
//!
//! The base of the first memory is in a register. An access whose address lies in the memory's reservation whatever the
//! index is not checked: it faults, and the instruction carries the trap code; index and offset are part of the
//! instruction. Otherwise there is one comparison, against a constant where the reservation allows it, against the current
//! size else; out of bounds, a conditional move (never a branch, which the processor might mispredict past) replaces the
//! address by null, where the access faults with the same trap code.

use std::mem::offset_of;
use wasmill_abi::{Builtin, PAGE_SIZE, TrapCode, VMMemoryDefinition, VMMemoryRef};
use wasmill_compiler::ops::{Load, MemoryArg, Shape, Store};
use wasmill_types::{EntityRef, MemoryIndex, MemoryStyle};

use super::call::Argument;
use crate::entry::{CONTEXT, MEMORY};
use crate::generator::{Generator, SCRATCH};
use crate::location::{Kind, Loc, Operand};
use crate::pending::{Pending, Want};
use crate::x64::assembler::{Mem, Rm};
use crate::x64::opcodes::{Alu, ShiftOp, Widen, condition};
use crate::x64::registers::Gpr;

/// Where an access goes. The registers in it belong to the hook until [`Generator::release_place`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) mem: Mem,
    own: [Option<Gpr>; 2],
}

impl Place {
    /// A general register of the place that a load may overwrite.
    fn own_gpr(&self) -> Option<Gpr> {
        self.own[0].or(self.own[1])
    }
}

impl Generator<'_> {
    pub(super) fn emit_load(&mut self, op: Load, shape: Shape, arg: MemoryArg) {
        let address = self.pop();
        let pending = Pending::Load {
            op,
            shape,
            arg,
            address,
        };
        self.push_pending(shape.into(), pending, None);
    }

    pub(crate) fn compute_load(
        &mut self,
        op: Load,
        shape: Shape,
        arg: MemoryArg,
        address: Operand,
        want: Want,
    ) -> Loc {
        let place = self.place(arg, address, op.bytes(shape));
        if !Kind::from(shape).is_general() {
            let to = want.xmm.unwrap_or_else(|| self.new_xmm());
            self.trap_site(TrapCode::HeapAccessOutOfBounds);
            self.load_vector(op, shape, to, place.mem);
            self.release_place(place);
            return Loc::Xmm(to);
        }
        let to = want.gpr.or(place.own_gpr());
        let to = to.unwrap_or_else(|| self.new_gpr());
        self.trap_site(TrapCode::HeapAccessOutOfBounds);
        self.load_general(op, shape == Shape::I64, to, place.mem);
        self.release_place_but(place, to);
        Loc::Gpr(to)
    }

    fn load_general(&mut self, op: Load, wide: bool, to: Gpr, from: Mem) {
        let widen = match op {
            Load::S8 => Widen::Sign8,
            Load::U8 => Widen::Zero8,
            Load::S16 => Widen::Sign16,
            Load::U16 => Widen::Zero16,
            Load::S32 => Widen::Sign32,
            Load::U32 => return self.asm().mov(false, to, from.into()),
            _ => return self.asm().mov(wide, to, from.into()),
        };
        self.asm().mov_widen(widen, wide, to, from.into());
    }

    pub(super) fn emit_store(&mut self, op: Store, shape: Shape, arg: MemoryArg) {
        let (mut value, address) = (self.pop(), self.pop());
        let kind = Kind::from(shape);
        self.canonical(&mut value);
        let immediate = value.immediate().filter(|_| kind.is_general());
        if kind.is_general() && immediate.is_none() {
            self.gpr(&mut value);
        } else if !kind.is_general() {
            self.xmm(&mut value);
        }
        let place = self.place(arg, address, op.bytes(shape));
        let to = place.mem;
        if let Some(number) = immediate {
            self.trap_site(TrapCode::HeapAccessOutOfBounds);
            match op {
                Store::Full => self.asm().mov_imm_to(kind.is_wide(), to, number),
                Store::Low8 => self.asm().mov8_imm_to(to, number as u8),
                Store::Low16 => self.asm().mov16_imm_to(to, number as u16),
                Store::Low32 => self.asm().mov_imm_to(false, to, number),
            }
        } else if kind.is_general() {
            let from = self.gpr(&mut value);
            self.trap_site(TrapCode::HeapAccessOutOfBounds);
            match op {
                Store::Full => self.asm().mov_to(kind.is_wide(), to, from),
                Store::Low8 => self.asm().mov8_to(to, from),
                Store::Low16 => self.asm().mov16_to(to, from),
                Store::Low32 => self.asm().mov_to(false, to, from),
            }
        } else {
            let from = self.xmm(&mut value);
            self.trap_site(TrapCode::HeapAccessOutOfBounds);
            self.store_xmm(kind, to, from);
        }
        self.release_place(place);
        self.release(value);
    }

    pub(super) fn emit_memory_size(&mut self, memory: MemoryIndex) {
        if let Some(pages) = self.environment.info.fixed_pages(memory) {
            return self.push(Kind::I32, Loc::Const(pages.into()), None);
        }
        let to = self.new_gpr();
        self.load_memory_length(to, memory);
        let shift = PAGE_SIZE.trailing_zeros() as u8;
        self.asm().shift_imm(ShiftOp::Shr, true, to, shift);
        self.push_gpr(Kind::I32, to);
    }

    pub(super) fn emit_memory_grow(&mut self, memory: MemoryIndex) {
        let delta = self.pop();
        let args = [Argument::Number(memory.as_u32()), Argument::Value(delta)];
        self.call_builtin_value(Builtin::MemoryGrow, &args, Kind::I32);
    }

    /// Loads the current size of a memory in bytes.
    fn load_memory_length(&mut self, to: Gpr, memory: MemoryIndex) {
        let memory = self.environment.info.layout.memory(memory) as i32;
        let definition = memory + offset_of!(VMMemoryRef, definition) as i32;
        let length = offset_of!(VMMemoryDefinition, current_length) as i32;
        self.asm().mov(true, to, context(definition).into());
        self.asm().mov(true, to, at(to, length).into());
    }

    /// The register with a memory's base; the second is it again if it belongs to the hook.
    fn memory_base(&mut self, memory: MemoryIndex) -> (Gpr, Option<Gpr>) {
        if memory.index() == 0 {
            return (MEMORY, None);
        }
        let to = self.new_gpr();
        let memory = self.environment.info.layout.memory(memory) as i32;
        let base = memory + offset_of!(VMMemoryRef, base) as i32;
        self.asm().mov(true, to, context(base).into());
        (to, Some(to))
    }

    pub(super) fn release_place(&mut self, place: Place) {
        for reg in place.own.into_iter().flatten() {
            self.free_gpr(reg);
        }
    }

    /// The same, but for a register that now holds what was loaded.
    fn release_place_but(&mut self, place: Place, kept: Gpr) {
        for reg in place.own.into_iter().flatten().filter(|&reg| reg != kept) {
            self.free_gpr(reg);
        }
    }

    /// Where an access of `size` bytes goes: checked if it must be.
    pub(super) fn place(&mut self, arg: MemoryArg, mut index: Operand, size: u32) -> Place {
        let (base, own_base) = self.memory_base(arg.memory);
        let style = &self.environment.info.memory_styles[arg.memory];
        let is_covered = style.covers(arg.offset, u64::from(size));
        if let Some(constant) = index.constant() {
            let offset = constant + arg.offset;
            let is_there =
                offset + u64::from(size) <= self.environment.info.minimum_bytes(arg.memory);
            if let (true, Ok(disp)) = (is_covered || is_there, i32::try_from(offset)) {
                return Place {
                    mem: Mem::Base { base, disp },
                    own: [own_base, None],
                };
            }
        }
        if is_covered && let Ok(disp) = i32::try_from(arg.offset) {
            let reg = self.gpr(&mut index);
            let own = index.is_own_gpr().then_some(reg);
            return Place {
                mem: Mem::Index {
                    base,
                    index: reg,
                    scale: 0,
                    disp,
                },
                own: [own, own_base],
            };
        }
        self.checked_place(arg, index, u64::from(size), (base, own_base), is_covered)
    }

    /// The same where offset or bounds do not fit into the instruction: the address is computed.
    fn checked_place(
        &mut self,
        arg: MemoryArg,
        mut index: Operand,
        size: u64,
        (base, own_base): (Gpr, Option<Gpr>),
        is_covered: bool,
    ) -> Place {
        let reg = self.gpr(&mut index);
        let address = self.new_gpr();
        if !is_covered {
            self.compare_bounds(arg.memory, reg, arg.offset + size, address);
        }
        // None of this changes flags.
        let (first, disp) = match i32::try_from(arg.offset) {
            Ok(disp) => (base, disp),
            Err(_) => {
                self.asm().mov_imm(address, arg.offset);
                self.asm().lea(true, address, sum(address, base, 0));
                (address, 0)
            }
        };
        self.asm().lea(true, address, sum(first, reg, disp));
        if !is_covered {
            let null = self.asm().constant64(0);
            self.asm()
                .cmov(condition::ABOVE, true, address, null.into());
        }
        self.release(index);
        if let Some(base) = own_base {
            self.free_gpr(base);
        }
        Place {
            mem: at(address, 0),
            own: [Some(address), None],
        }
    }

    /// Compares: "above" means that an access that ends `end` bytes behind `index` must trap. If it does not say so, the
    /// access may still leave the memory, but then it faults. `other` is a register to calculate in.
    fn compare_bounds(&mut self, memory: MemoryIndex, index: Gpr, end: u64, other: Gpr) {
        let style = &self.environment.info.memory_styles[memory];
        let guard = style.offset_guard_size();
        if let MemoryStyle::Static { bound, .. } = style {
            // Up to `bound` everything is memory or inaccessible, and so is the guard behind.
            let reserved = bound.bytes().0 as u64 + guard;
            if end <= reserved {
                return self.compare_with(index, reserved - end);
            }
        }
        self.load_memory_length(SCRATCH, memory);
        if end <= guard {
            return self.asm().alu(Alu::Cmp, true, index, SCRATCH.into());
        }
        self.asm().mov_imm(other, end);
        self.asm().alu(Alu::Add, true, other, index.into());
        self.asm().alu(Alu::Cmp, true, other, SCRATCH.into());
    }

    fn compare_with(&mut self, reg: Gpr, limit: u64) {
        match i32::try_from(limit) {
            Ok(limit) => self.asm().alu_imm(Alu::Cmp, true, reg.into(), limit),
            Err(_) => {
                self.asm().mov_imm(SCRATCH, limit);
                self.asm().alu(Alu::Cmp, true, reg, Rm::Reg(SCRATCH));
            }
        }
    }
}

/// A field of the context.
pub(super) fn context(offset: i32) -> Mem {
    at(CONTEXT, offset)
}

/// The sum of two registers and a number, as a place in memory.
fn sum(base: Gpr, index: Gpr, disp: i32) -> Mem {
    Mem::Index {
        base,
        index,
        scale: 0,
        disp,
    }
}

/// Something in memory.
pub(super) fn at(base: Gpr, disp: i32) -> Mem {
    Mem::Base { base, disp }
}
