//! Locals, globals and references.

use wasmill_abi::{Builtin, GlobalPlace};
use wasmill_compiler::ops::Shape;
use wasmill_types::{FunctionIndex, GlobalIndex, Type};

use super::call::Argument;
use super::memory::{at, context};
use crate::generator::{Generator, SCRATCH};
use crate::locals::{Local, Pin};
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::Mem;

impl Generator<'_> {
    pub(super) fn emit_local_get(&mut self, local: u32) {
        if self.tables.locals.is_first(local) {
            let &Local { kind, nan, .. } = self.tables.locals.get(local);
            return self.push(kind, Loc::Local(local), nan);
        }
        let (kind, home) = self.tables.locals.other(local);
        let loc = self.load_from_memory(kind, Self::slot(home));
        self.push(kind, loc, None);
    }

    /// Loads into a register that belongs to the hook.
    pub(super) fn load_from_memory(&mut self, kind: Kind, from: Mem) -> Loc {
        if kind.is_general() {
            let reg = self.new_gpr();
            self.asm().mov(kind.is_wide(), reg, from.into());
            Loc::Gpr(reg)
        } else {
            let reg = self.new_xmm();
            self.load_xmm(kind, reg, from);
            Loc::Xmm(reg)
        }
    }

    pub(super) fn emit_local_set(&mut self, local: u32) {
        let value = self.set_local(local);
        self.release(value);
    }

    pub(super) fn emit_local_tee(&mut self, local: u32) {
        let value = self.set_local(local);
        let kind = value.kind;
        if self.tables.locals.is_first(local) && self.tables.locals.get(local).pin != Pin::None {
            self.release(value);
            self.push(kind, Loc::Local(local), value.nan);
        } else {
            // The register that it was stored from is nearer than the local.
            self.push(kind, value.loc, value.nan);
        }
    }

    /// Sets a local to the topmost operand, which is gone then; gives where its value still is (if anywhere but in a
    /// slot: in a register that the hook holds, or nowhere yet).
    fn set_local(&mut self, local: u32) -> Operand {
        if !self.tables.locals.is_first(local) {
            let (_, home) = self.tables.locals.other(local);
            self.settle();
            let mut value = self.pop();
            self.canonical(&mut value);
            self.put_in_register(&mut value);
            self.store_operand(Self::slot(home), &value);
            return value;
        }
        self.unalias_but_top(local);
        let &Local { pin, nan, .. } = self.tables.locals.get(local);
        match pin {
            Pin::None => {
                self.settle();
                let mut value = self.pop();
                match nan {
                    Some(shape) => self.put_off(&mut value, shape),
                    None => self.canonical(&mut value),
                }
                if value.constant().is_none() {
                    self.put_in_register(&mut value);
                }
                let home = self.tables.locals.get(local).home;
                self.store_operand(Self::slot(home), &value);
                value
            }
            pin => self.set_pinned(local, pin, nan),
        }
    }

    /// What a local of results of arithmetic is set to gets canonical bits later, if it is what the look ahead takes it for.
    fn put_off(&mut self, value: &mut Operand, shape: Shape) {
        let is_result = value.nan == Some(shape);
        self.is_misled |= !is_result && !self.is_number(value);
        value.nan = Some(shape);
    }

    fn set_pinned(&mut self, local: u32, pin: Pin, nan: Option<Shape>) -> Operand {
        let to = match pin {
            Pin::Gpr(reg) => Loc::Gpr(reg),
            Pin::Xmm(reg) => Loc::Xmm(reg),
            Pin::None => unreachable!("the local is pinned"),
        };
        let mut value = self.pop_into(to);
        if value.loc == Loc::Local(local) {
            // Its own value: what is in the register or the home stays.
            value.loc = Loc::Slot;
            return value;
        }
        if value.loc != to {
            self.load_operand(to, &value);
            self.release(value);
        }
        match (nan, value.nan, to) {
            (Some(shape), ..) => self.put_off(&mut value, shape),
            (None, Some(shape), Loc::Xmm(reg)) => self.make_canonical(shape, reg),
            _ => {}
        }
        self.tables.locals.note_set(pin);
        // The register belongs to the local: there is nothing to release.
        Operand {
            loc: Loc::Slot,
            nan,
            ..value
        }
    }

    /// Other operands than the topmost must not be names of a local that is about to change; the topmost is what it
    /// changes to.
    fn unalias_but_top(&mut self, local: u32) {
        let top = self.height() - 1;
        let is_top = self.tables.stack[top].loc == Loc::Local(local);
        let aliases = self.tables.locals.get(local).aliases;
        if aliases > u32::from(is_top) {
            self.unalias(local);
        }
    }

    /// Puts an operand into a register.
    fn put_in_register(&mut self, operand: &mut Operand) {
        if operand.kind.is_general() {
            self.gpr(operand);
        } else {
            self.xmm(operand);
        }
    }

    pub(super) fn emit_drop(&mut self) {
        if self.drop_pending() {
            return;
        }
        self.settle();
        let value = self.pop();
        self.release(value);
    }

    pub(super) fn emit_global_get(&mut self, global: GlobalIndex) {
        let ty = self.environment.module().globals[global].ty;
        let place = self.global_place(global);
        let kind = Kind::from(ty);
        let loc = self.load_from_memory(kind, place);
        self.push(kind, loc, None);
    }

    pub(super) fn emit_global_set(&mut self, global: GlobalIndex) {
        let mut value = self.pop();
        self.canonical(&mut value);
        if value.immediate().is_none() {
            self.put_in_register(&mut value);
        }
        let place = self.global_place(global);
        self.store_operand(place, &value);
        self.release(value);
    }

    /// Where the value of a global is. Uses the scratch register for imported ones.
    fn global_place(&mut self, global: GlobalIndex) -> Mem {
        match self.environment.info.layout.global(global) {
            GlobalPlace::Local(offset) => context(offset as i32),
            GlobalPlace::Imported(offset) => {
                let pointer = context(offset as i32);
                self.asm().mov(true, SCRATCH, pointer.into());
                at(SCRATCH, 0)
            }
        }
    }

    pub(super) fn emit_ref_null(&mut self, ty: Type) {
        self.push(ty.into(), Loc::Const(0), None);
    }

    pub(super) fn emit_ref_func(&mut self, function: FunctionIndex) {
        let args = [Argument::Number(function.as_u32())];
        self.call_builtin_value(Builtin::RefFunc, &args, Kind::I64);
    }
}
