//! The state of one function on its way to machine code: the operand stack, and who owns which register.
//!
//! The driver's operands carry nothing: an operand is known by its place on the stack. Invariants:
//!
//! - A register is free, belongs to one operand on the stack, belongs to the hook that runs (it has taken the operand or
//!   asked for the register), or is pinned to a local.
//! - Only the topmost operand can be pending, and only between two hooks: every hook settles it first, unless it has a use
//!   for it as it is.
//! - Operands deeper than [`WINDOW`] are constants or in their slots, and so is everything below a block that is open: what
//!   looks through the stack looks at a few operands.
//! - Where paths meet, pinned locals are in their registers.
//! - Nothing moves in code that a short jump may skip: a hook asks for all registers before.
//! - Registers that hold an `i32` have zeros in their upper half.

use wasmill_abi::TrapCode;
use wasmill_compiler::ops::Shape;
use wasmill_compiler::{
    AddressMapEntry, CompileError, CompiledFunction, LocalUsage, Relocation, RelocationKind,
    RelocationTarget, TrapSite,
};
use wasmill_types::LocalFunctionIndex;

use crate::aside::{Aside, Rare};
use crate::entry;
use crate::environment::Environment;
use crate::locals::Locals;
use crate::location::{Kind, Loc, Operand};
use crate::pending::Pending;
use crate::x64::assembler::{Assembler, Label, Mem};
use crate::x64::registers::{Gpr, RBP, RegisterSet, Xmm};

/// How many operands from the top may be in registers or be names of locals.
pub(crate) const WINDOW: usize = 16;

/// The general registers of operands that no local is pinned to: `rax`, `rcx`, `rdx`, `rdi`, and those that could be.
pub(crate) const GENERAL: RegisterSet = RegisterSet::of(&[0, 1, 2, 6, 7, 8, 9, 10]);
/// The vector registers of operands.
pub(crate) const VECTORS: RegisterSet =
    RegisterSet::of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);

/// A register that never holds an operand, for a few instructions at a time.
pub(crate) use crate::x64::registers::R11 as SCRATCH;
/// The same among vector registers.
pub(crate) const SCRATCH_XMM: Xmm = Xmm(15);

/// The owner of a register that belongs to the hook that runs.
const HELD: u32 = u32::MAX;

/// The largest function: jumps within it reach 2 GiB, and tables of places use the highest bit.
const MAX_CODE: u32 = 1 << 30;

/// What of a function's state can be used again for the next one, to save allocations.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) assembler: Assembler,
    pub(crate) stack: Vec<Operand>,
    pub(crate) locals: Locals,
    pub(crate) asides: Vec<Aside>,
    traps: Vec<TrapSite>,
    relocations: Vec<Relocation>,
    address_map: Vec<AddressMapEntry>,
}

/// One function on its way to machine code.
pub(crate) struct Generator<'a> {
    pub(crate) environment: &'a Environment<'a>,
    pub(crate) tables: &'a mut Tables,
    pub(crate) usage: &'a LocalUsage,
    pub(crate) index: LocalFunctionIndex,
    /// What the topmost operand will be, if it is [`Loc::Pending`].
    pub(crate) pending: Pending,
    /// All operands below are constants or in their slots.
    clean: usize,
    free_gprs: RegisterSet,
    free_xmms: RegisterSet,
    gpr_owners: [u32; 16],
    xmm_owners: [u32; 16],
    /// Where slots start, relative to the frame pointer.
    pub(crate) slots_start: i32,
    /// The lowest slot so far.
    lowest_slot: i32,
    /// Bytes at the frame's end for arguments and results of calls.
    pub(crate) outgoing: i32,
    /// Where the prologue's frame size is to be written.
    pub(crate) frame_size_at: u32,
    /// Where results go that do not fit the return register: the slot of the pointer.
    pub(crate) results_pointer: Option<i32>,
    /// Whether the look ahead took a local for something that it is not: what was made is of no use.
    pub(crate) is_misled: bool,
    /// Whether the processor's flags hold something that moves must not destroy.
    pub(crate) flags_live: bool,
    /// The operator that is compiled, and the last one in the address map.
    /// Where the current operator is.
    pub(crate) location: u32,
    /// Where the operator is that is pending.
    pub(crate) pending_location: u32,
    marked: u32,
}

impl<'a> Generator<'a> {
    /// Starts a function.
    pub(crate) fn new(
        environment: &'a Environment<'a>,
        tables: &'a mut Tables,
        usage: &'a LocalUsage,
        index: LocalFunctionIndex,
    ) -> Self {
        tables.assembler.clear();
        tables.assembler.avx = environment.cpu.avx;
        tables.stack.clear();
        tables.locals.clear();
        tables.asides.clear();
        tables.traps.clear();
        tables.relocations.clear();
        tables.address_map.clear();
        Self {
            environment,
            tables,
            usage,
            index,
            pending: Pending::None,
            clean: 0,
            free_gprs: GENERAL,
            free_xmms: VECTORS,
            gpr_owners: [HELD; 16],
            xmm_owners: [HELD; 16],
            slots_start: 0,
            lowest_slot: 0,
            outgoing: 0,
            frame_size_at: 0,
            results_pointer: None,
            is_misled: false,
            flags_live: false,
            location: 0,
            pending_location: 0,
            marked: u32::MAX,
        }
    }

    /// Ends the function.
    pub(crate) fn finish(self) -> Result<CompiledFunction, CompileError> {
        let tables = self.tables;
        if tables.assembler.offset() > MAX_CODE {
            let index = self.environment.module().func_index(self.index).as_u32();
            let what = format!("function {index} is too large to compile");
            return Err(CompileError::Resource(what));
        }
        Ok(CompiledFunction {
            code: tables.assembler.finish(),
            alignment: 16,
            relocations: tables.relocations.to_vec(),
            traps: tables.traps.to_vec(),
            address_map: tables.address_map.to_vec(),
            ..CompiledFunction::default()
        })
    }

    #[inline]
    pub(crate) fn asm(&mut self) -> &mut Assembler {
        &mut self.tables.assembler
    }

    // ---- places in the module

    /// The operator that follows starts here.
    #[inline]
    pub(crate) fn set_location(&mut self, module_offset: u32) {
        if cfg!(debug_assertions) {
            self.check();
        }
        self.location = module_offset;
    }

    /// Notes that the code from here on belongs to the current operator.
    #[inline]
    pub(crate) fn mark(&mut self) {
        if self.marked != self.location {
            self.marked = self.location;
            let (offset, module_offset) = (self.tables.assembler.offset(), self.location);
            self.tables.address_map.push(AddressMapEntry {
                offset,
                module_offset,
            });
        }
    }

    /// Notes that the boundary entry, which belongs to no operator, is all code so far.
    pub(crate) fn mark_entry(&mut self) {
        self.tables.address_map.push(AddressMapEntry {
            offset: 0,
            module_offset: AddressMapEntry::NO_OPERATOR,
        });
        self.mark();
    }

    /// Notes that the next instruction can fault, and what that means.
    #[inline]
    pub(crate) fn trap_site(&mut self, code: TrapCode) {
        self.mark();
        let offset = self.tables.assembler.offset();
        self.tables.traps.push(TrapSite { offset, code });
    }

    /// Stops with a trap.
    pub(crate) fn raise(&mut self, code: TrapCode) {
        self.trap_site(code);
        self.asm().hlt();
    }

    /// Stops with a trap if a condition holds.
    pub(crate) fn raise_if(&mut self, condition: u8, code: TrapCode) {
        let location = self.location;
        self.aside_if(condition, Rare::Trap { code, location });
    }

    /// Calls a function of this module at its inner entry.
    pub(crate) fn call_function(&mut self, function: LocalFunctionIndex) {
        let index = self.environment.module().func_index(function);
        let inner = self.environment.inner_offset(index);
        self.mark();
        let offset = self.asm().call_elsewhere();
        self.tables.relocations.push(Relocation {
            offset,
            kind: RelocationKind::PcRel4,
            target: RelocationTarget::Function(function),
            addend: i64::from(inner) - 4,
        });
    }

    // ---- registers

    /// Takes registers away from operands for good.
    pub(crate) fn pin_registers(&mut self, gprs: RegisterSet, xmms: RegisterSet) {
        self.free_gprs = self.free_gprs.without(gprs);
        self.free_xmms = self.free_xmms.without(xmms);
    }

    /// A general register for the hook that runs.
    #[inline]
    pub(crate) fn new_gpr(&mut self) -> Gpr {
        debug_assert!(!self.tables.assembler.may_be_skipped());
        if let Some(number) = self.free_gprs.first() {
            self.free_gprs.remove(number);
            self.gpr_owners[usize::from(number)] = HELD;
            return Gpr(number);
        }
        self.spill_one(|loc| matches!(loc, Loc::Gpr(_)));
        let number = self.free_gprs.first().expect("one was just given up");
        self.free_gprs.remove(number);
        self.gpr_owners[usize::from(number)] = HELD;
        Gpr(number)
    }

    /// A vector register for the hook that runs.
    #[inline]
    pub(crate) fn new_xmm(&mut self) -> Xmm {
        debug_assert!(!self.tables.assembler.may_be_skipped());
        if self.free_xmms.is_empty() {
            self.spill_one(|loc| matches!(loc, Loc::Xmm(_)));
        }
        let number = self.free_xmms.first().expect("one was just given up");
        self.free_xmms.remove(number);
        self.xmm_owners[usize::from(number)] = HELD;
        Xmm(number)
    }

    #[cold]
    fn spill_one(&mut self, fits: impl Fn(Loc) -> bool) {
        let stack = &self.tables.stack;
        let found = (self.clean..stack.len()).find(|&at| fits(stack[at].loc));
        self.spill(found.expect("some operand has a register"));
    }

    #[inline]
    pub(crate) fn free_gpr(&mut self, reg: Gpr) {
        debug_assert!(!self.free_gprs.contains(reg.0), "{reg:?} is free");
        self.free_gprs.insert(reg.0);
    }

    #[inline]
    pub(crate) fn free_xmm(&mut self, reg: Xmm) {
        debug_assert!(!self.free_xmms.contains(reg.0), "{reg:?} is free");
        self.free_xmms.insert(reg.0);
    }

    /// Gives up what a hook has taken from the stack.
    #[inline]
    pub(crate) fn release(&mut self, operand: Operand) {
        match operand.loc {
            Loc::Gpr(reg) => self.free_gpr(reg),
            Loc::Xmm(reg) => self.free_xmm(reg),
            _ => {}
        }
    }

    /// Takes this very register for the hook that runs. `others` are operands that the hook has taken already: they may be
    /// moved out of the way.
    pub(crate) fn claim_gpr(&mut self, reg: Gpr, others: &mut [&mut Operand]) {
        if !self.free_gprs.contains(reg.0) {
            let to = self.new_gpr();
            if to == reg {
                return;
            }
            self.move_out_of(Loc::Gpr(reg), Loc::Gpr(to), others);
            self.asm().mov(true, to, reg.into());
        } else {
            self.free_gprs.remove(reg.0);
        }
        self.gpr_owners[usize::from(reg.0)] = HELD;
    }

    /// The same for a vector register.
    pub(crate) fn claim_xmm(&mut self, reg: Xmm, others: &mut [&mut Operand]) {
        if !self.free_xmms.contains(reg.0) {
            let to = self.new_xmm();
            if to == reg {
                return;
            }
            self.move_out_of(Loc::Xmm(reg), Loc::Xmm(to), others);
            self.move_xmm(to, reg);
        } else {
            self.free_xmms.remove(reg.0);
        }
        self.xmm_owners[usize::from(reg.0)] = HELD;
    }

    /// Gives the owner of one register another one.
    fn move_out_of(&mut self, from: Loc, to: Loc, others: &mut [&mut Operand]) {
        if let Some(other) = others.iter_mut().find(|other| other.loc == from) {
            other.loc = to;
            return;
        }
        let (owners, from_number, to_number) = match (from, to) {
            (Loc::Gpr(from), Loc::Gpr(to)) => (&mut self.gpr_owners, from.0, to.0),
            (Loc::Xmm(from), Loc::Xmm(to)) => (&mut self.xmm_owners, from.0, to.0),
            _ => unreachable!("both are registers"),
        };
        let owner = owners[usize::from(from_number)];
        assert_ne!(owner, HELD, "whoever holds {from:?} must be told");
        owners[usize::from(to_number)] = owner;
        self.tables.stack[owner as usize].loc = to;
    }

    // ---- the operand stack

    /// How many operands there are.
    pub(crate) fn height(&self) -> usize {
        self.tables.stack.len()
    }

    /// Where the slot of the next operand would end.
    pub(crate) fn slots_end(&self, height: usize) -> i32 {
        match height.checked_sub(1) {
            Some(below) => self.tables.stack[below].slot,
            None => self.slots_start,
        }
    }

    /// Pushes an operand.
    // Always inlined: most callers know what `loc` is, and passing it through memory made every push wait.
    #[inline(always)]
    pub(crate) fn push(&mut self, kind: Kind, loc: Loc, nan: Option<Shape>) {
        let index = self.tables.stack.len();
        let slot = self.slots_end(index) - kind.size();
        self.lowest_slot = self.lowest_slot.min(slot);
        match loc {
            Loc::Gpr(reg) => self.gpr_owners[usize::from(reg.0)] = index as u32,
            Loc::Xmm(reg) => self.xmm_owners[usize::from(reg.0)] = index as u32,
            Loc::Local(local) => self.tables.locals.get_mut(local).aliases += 1,
            _ => {}
        }
        self.tables.stack.push(Operand {
            kind,
            loc,
            slot,
            nan,
        });
        if index >= WINDOW {
            self.spill(index - WINDOW);
            self.clean = self.clean.max(index - WINDOW + 1);
        }
    }

    /// Pushes what is in a general register that the hook holds.
    pub(crate) fn push_gpr(&mut self, kind: Kind, reg: Gpr) {
        self.push(kind, Loc::Gpr(reg), None);
    }

    /// Pushes what is in a vector register that the hook holds.
    pub(crate) fn push_xmm(&mut self, kind: Kind, reg: Xmm) {
        self.push(kind, Loc::Xmm(reg), None);
    }

    /// Takes the topmost operand, which is settled.
    #[inline]
    pub(crate) fn pop(&mut self) -> Operand {
        let operand = self.tables.stack.pop().expect("validated");
        self.clean = self.clean.min(self.tables.stack.len());
        match operand.loc {
            Loc::Gpr(reg) => self.gpr_owners[usize::from(reg.0)] = HELD,
            Loc::Xmm(reg) => self.xmm_owners[usize::from(reg.0)] = HELD,
            Loc::Local(local) => self.tables.locals.get_mut(local).aliases -= 1,
            _ => {}
        }
        operand
    }

    /// Forgets all operands above a height.
    pub(crate) fn forget_above(&mut self, height: usize) {
        self.pending = Pending::None;
        while self.height() > height {
            let operand = self.pop();
            self.release(operand);
        }
    }

    /// Says where the topmost operand is, once it is known.
    pub(crate) fn set_top(&mut self, loc: Loc) {
        let index = self.height() - 1;
        match loc {
            Loc::Gpr(reg) => self.gpr_owners[usize::from(reg.0)] = index as u32,
            Loc::Xmm(reg) => self.xmm_owners[usize::from(reg.0)] = index as u32,
            _ => {}
        }
        self.tables.stack[index].loc = loc;
    }

    /// The slot of an operand in memory.
    pub(crate) fn slot(slot: i32) -> Mem {
        Mem::Base {
            base: RBP,
            disp: slot,
        }
    }

    /// Puts an operand into its slot, unless it is a constant.
    fn spill(&mut self, index: usize) {
        let operand = self.tables.stack[index];
        match operand.loc {
            Loc::Gpr(_) | Loc::Xmm(_) | Loc::Local(_) => self.force_to_slot(index),
            Loc::Const(_) | Loc::Pool(_) | Loc::Slot | Loc::Pending => {}
        }
    }

    /// Puts an operand into its slot, whatever it is.
    pub(crate) fn force_to_slot(&mut self, index: usize) {
        let operand = self.tables.stack[index];
        debug_assert_ne!(operand.loc, Loc::Pending);
        if operand.loc == Loc::Slot {
            return;
        }
        self.store_operand(Self::slot(operand.slot), &operand);
        match operand.loc {
            Loc::Gpr(reg) => self.free_gpr(reg),
            Loc::Xmm(reg) => self.free_xmm(reg),
            Loc::Local(local) => self.tables.locals.get_mut(local).aliases -= 1,
            _ => {}
        }
        self.tables.stack[index].loc = Loc::Slot;
    }

    /// Puts all operands below a height into their slots, unless they are constants.
    pub(crate) fn flush(&mut self, height: usize) {
        for index in self.clean..height {
            self.spill(index);
        }
        self.clean = self.clean.max(height);
    }

    /// Takes operands below a height out of their registers. Names of locals stay.
    pub(crate) fn spill_registers(&mut self, height: usize) {
        for index in self.clean..height {
            let operand = self.tables.stack[index];
            if operand.is_own_gpr() || operand.is_own_xmm() {
                self.force_to_slot(index);
            }
        }
    }

    /// Makes an operand's bits those of the canonical NaN if it may be another one.
    pub(crate) fn canonical_at(&mut self, index: usize) {
        let mut operand = self.tables.stack[index];
        if operand.nan.is_none() {
            return;
        }
        let from = operand.loc;
        self.canonical(&mut operand);
        if let (Loc::Xmm(reg), true) = (operand.loc, operand.loc != from) {
            self.xmm_owners[usize::from(reg.0)] = index as u32;
            self.clean = self.clean.min(index);
            if let Loc::Local(local) = from {
                self.tables.locals.get_mut(local).aliases -= 1;
            }
        }
        self.tables.stack[index] = operand;
    }

    /// Gives operands that are names of this local registers of their own: the local is about to change.
    pub(crate) fn unalias(&mut self, local: u32) {
        let mut index = self.height();
        while self.tables.locals.get(local).aliases > 0 {
            index -= 1;
            let operand = self.tables.stack[index];
            if operand.loc != Loc::Local(local) {
                continue;
            }
            let loc = match operand.kind.is_general() {
                true => {
                    let reg = self.new_gpr();
                    self.gpr_owners[usize::from(reg.0)] = index as u32;
                    Loc::Gpr(reg)
                }
                false => {
                    let reg = self.new_xmm();
                    self.xmm_owners[usize::from(reg.0)] = index as u32;
                    Loc::Xmm(reg)
                }
            };
            self.load_operand(loc, &operand);
            self.tables.stack[index].loc = loc;
            self.tables.locals.get_mut(local).aliases -= 1;
        }
    }

    /// Checks the invariants between two operators: no hook runs, so each register has one owner, and every name of a
    /// local is counted.
    fn check(&self) {
        let (mut gprs, mut xmms) = (self.free_gprs, self.free_xmms);
        let mut own = |loc: Loc| {
            let (set, number) = match loc {
                Loc::Gpr(reg) => (&mut gprs, reg.0),
                Loc::Xmm(reg) => (&mut xmms, reg.0),
                _ => return,
            };
            assert!(!set.contains(number), "{loc:?} has two owners");
            set.insert(number);
        };
        let mut aliases = 0;
        for (index, operand) in self.tables.stack.iter().enumerate().skip(self.clean) {
            own(operand.loc);
            match operand.loc {
                Loc::Gpr(reg) => assert_eq!(self.gpr_owners[usize::from(reg.0)], index as u32),
                Loc::Xmm(reg) => assert_eq!(self.xmm_owners[usize::from(reg.0)], index as u32),
                Loc::Local(_) => aliases += 1,
                Loc::Pending => assert_eq!(index + 1, self.height()),
                Loc::Const(_) | Loc::Pool(_) | Loc::Slot => {}
            }
        }
        self.pending.operands().for_each(|operand| own(operand.loc));
        let pinned = self.tables.locals.pinned();
        assert_eq!(gprs.union(pinned.0), GENERAL.union(pinned.0), "lost");
        assert_eq!(xmms.union(pinned.1), VECTORS, "lost");
        assert_eq!(aliases, self.tables.locals.aliases(), "names of locals");
    }

    // ---- the frame

    /// Makes room for arguments and results of a call.
    pub(crate) fn need_outgoing(&mut self, bytes: i32) {
        self.outgoing = self.outgoing.max(bytes);
    }

    /// Bytes of the frame below the saved frame pointer.
    pub(crate) fn frame_size(&self) -> i32 {
        (self.outgoing - self.lowest_slot.min(self.slots_start) + 15) & !15
    }

    /// Whether other modules can call this function; then its boundary entry goes in front.
    pub(crate) fn emit_entry(&mut self) {
        let environment = self.environment;
        let index = environment.module().func_index(self.index);
        if environment.escapes(index) {
            let ty = environment.function_type(index);
            entry::emit(self.asm(), environment, ty);
            self.mark_entry();
        }
    }

    /// A jump to a label where paths meet: pinned locals must be in their registers.
    pub(crate) fn jump(&mut self, label: &mut Label) {
        self.reload_pins();
        self.asm().jump(label);
    }

    /// Binds a label where paths meet.
    pub(crate) fn bind(&mut self, label: &mut Label) {
        self.tables.locals.forget_homes();
        self.asm().bind(label);
    }
}
