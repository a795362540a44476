//! Calls.
//!
//! Functions of the module are called directly at their inner entry; imported ones through the code address and context
//! that the instance holds for them; table elements through the reference found there, once its type is known to be the
//! right one. More than one result comes back through an area at the end of the frame.
//!
//! Calls destroy all registers but those of the context, the memory and preserved locals: operands go to their slots
//! before, other pinned locals to their homes.

use smallvec::SmallVec;
use std::mem::offset_of;
use wasmill_abi::{Builtin, RawValue, TrapCode, VMContext, VMFuncRef, VMFunctionImport};
use wasmill_types::{FunctionIndex, FunctionType, LocalFunctionIndex, SignatureIndex, TableIndex};

use super::memory::{at, context};
use crate::abi::{Assignment, Place};
use crate::entry::CONTEXT;
use crate::generator::{Generator, SCRATCH};
use crate::locals::{Moves, Pin};
use crate::location::{Kind, Loc, Operand};
use crate::x64::opcodes::{Alu, condition};
use crate::x64::registers::{Gpr, RAX, RDI, RSP, Xmm};

/// Bytes of a result that goes through memory.
pub(super) const RESULT_SIZE: i32 = size_of::<RawValue>() as i32;

/// Operands on their way to a call.
pub(super) type Arguments = SmallVec<[Operand; 8]>;

/// An argument of a built-in.
#[derive(Clone, Copy)]
pub(super) enum Argument {
    /// A number that is known now.
    Number(u32),
    /// An operand; an `i32` becomes an unsigned 64-bit number where the built-in takes one.
    Value(Operand),
}

/// What is called.
enum Callee {
    /// A function of the module.
    Direct(LocalFunctionIndex),
    /// An imported function, by the place of its import in the context.
    Imported(i32),
    /// What a reference in a register of the hook's refers to.
    Reference(Gpr),
}

impl Generator<'_> {
    pub(super) fn emit_call(&mut self, function: FunctionIndex, results: &mut Vec<()>) {
        let module = self.environment.module();
        let callee = match module.local_func_index(function) {
            Some(local) => Callee::Direct(local),
            None => {
                let import = self.environment.info.layout.imported_function(function);
                Callee::Imported(import as i32)
            }
        };
        let ty = self.environment.function_type(function);
        self.leave_registers(ty.params().len());
        self.call(ty, &callee, results);
    }

    pub(super) fn emit_call_indirect(
        &mut self,
        signature: SignatureIndex,
        table: TableIndex,
        results: &mut Vec<()>,
    ) {
        let index = self.pop();
        let index = self.own(index);
        let ty = &self.environment.module().signatures[signature];
        self.leave_registers(ty.params().len());
        self.lose_pins();
        let null = Some(TrapCode::IndirectCallToNull);
        let reference = self.load_function(table, index, null, ty.params().len());
        let wanted = self.environment.info.layout.type_id(signature);
        self.asm()
            .mov(false, SCRATCH, context(wanted as i32).into());
        let has = at(reference, offset_of!(VMFuncRef, type_id) as i32);
        self.asm().alu(Alu::Cmp, false, SCRATCH, has.into());
        self.raise_if(condition::NOT_EQUAL, TrapCode::BadSignature);
        self.call(ty, &Callee::Reference(reference), results);
    }

    /// Prepares for a call that takes the topmost operands: all others leave their registers, and so do pinned locals that
    /// would not survive.
    pub(super) fn leave_registers(&mut self, taken: usize) {
        let height = self.height();
        for index in height - taken..height {
            self.canonical_at(index);
        }
        self.spill_registers(height - taken);
        self.save_pins();
    }

    /// Calls in the boundary ABI, but for the context within a module.
    fn call(&mut self, ty: &FunctionType, callee: &Callee, results: &mut Vec<()>) {
        let args = self.pop_args(ty.params().len());
        let through_memory = ty.results().len() > 1;
        let mut assignment = Assignment::new();
        let area = through_memory.then(|| assignment.next(Kind::I64));
        let mut moves = Moves::default();
        if let Callee::Reference(reference) = *callee {
            moves.gprs.push((RAX, register(reference)));
        }
        self.place_arguments(&args, &mut assignment, &mut moves);
        let stack = (assignment.stack_bytes() + RESULT_SIZE - 1) & -RESULT_SIZE;
        let area_size = if through_memory {
            ty.results().len() as i32 * RESULT_SIZE
        } else {
            0
        };
        self.need_outgoing(stack + area_size);
        self.move_all(&mut moves);
        if let Some(Place::Gpr(pointer)) = area {
            self.asm().lea(true, pointer, at(RSP, stack));
        }
        for arg in args {
            self.release(arg);
        }
        self.emit_call_to(callee);
        self.lose_pins();
        let is_foreign = !matches!(callee, Callee::Direct(_));
        if through_memory {
            self.push_results_from(stack, ty);
        } else if let Some(&result) = ty.results().first() {
            self.push_result(result.into(), is_foreign);
        }
        results.extend(ty.results().iter().map(|_| ()));
    }

    /// Takes the topmost operands; the last one was on top.
    fn pop_args(&mut self, count: usize) -> Arguments {
        let first = self.height() - count;
        let args = Arguments::from_slice(&self.tables.stack[first..]);
        for _ in 0..count {
            self.pop();
        }
        args
    }

    fn emit_call_to(&mut self, callee: &Callee) {
        match *callee {
            Callee::Direct(function) => self.call_function(function),
            Callee::Imported(import) => {
                let field = |offset: usize| context(import + offset as i32);
                let callee_context = field(offset_of!(VMFunctionImport, context));
                self.asm().mov(true, RDI, callee_context.into());
                self.mark();
                let code = field(offset_of!(VMFunctionImport, code));
                self.asm().call(code.into());
            }
            Callee::Reference(reference) => {
                self.free_gpr(reference);
                let field = |offset: usize| at(RAX, offset as i32);
                let callee_context = field(offset_of!(VMFuncRef, context));
                self.asm().mov(true, RDI, callee_context.into());
                self.mark();
                self.asm().call(field(offset_of!(VMFuncRef, code)).into());
            }
        }
    }

    /// Stores arguments that go on the stack; plans the moves of the others.
    fn place_arguments(
        &mut self,
        args: &[Operand],
        assignment: &mut Assignment,
        moves: &mut Moves,
    ) {
        for arg in args {
            let arg = self.resolved(arg);
            match assignment.next(arg.kind) {
                Place::Gpr(to) => moves.gprs.push((to, arg)),
                Place::Xmm(to) => moves.xmms.push((to, arg)),
                Place::Stack(offset) => self.store_operand(at(RSP, offset), &arg),
            }
        }
    }

    /// An operand without the name of a local: the register or memory that the local is in.
    fn resolved(&mut self, operand: &Operand) -> Operand {
        let Loc::Local(local) = operand.loc else {
            return *operand;
        };
        let home = self.tables.locals.get(local).home;
        // A stale register would have to be loaded first; its home will do.
        let pin = match self.tables.locals.is_stale(local) {
            true => Pin::None,
            false => self.tables.locals.get(local).pin,
        };
        let (loc, slot) = match pin {
            Pin::Gpr(reg) => (Loc::Gpr(reg), operand.slot),
            Pin::Xmm(reg) => (Loc::Xmm(reg), operand.slot),
            Pin::None => (Loc::Slot, home),
        };
        Operand {
            loc,
            slot,
            ..*operand
        }
    }

    /// Pushes the result in the register for results. What other code returns may have anything in its upper half.
    fn push_result(&mut self, kind: Kind, is_foreign: bool) {
        if kind.is_general() {
            self.claim_gpr(RAX, &mut []);
            if is_foreign && kind == Kind::I32 {
                self.asm().mov(false, RAX, RAX.into());
            }
            self.push_gpr(kind, RAX);
        } else {
            self.claim_xmm(Xmm(0), &mut []);
            self.push_xmm(kind, Xmm(0));
        }
    }

    fn push_results_from(&mut self, area: i32, ty: &FunctionType) {
        for (nth, &ty) in ty.results().iter().enumerate() {
            let from = at(RSP, area + nth as i32 * RESULT_SIZE);
            let kind = Kind::from(ty);
            let loc = self.load_from_memory(kind, from);
            self.push(kind, loc, None);
        }
    }

    // ---- built-ins

    /// Calls a built-in that gives nothing back. Its arguments have been taken from the stack.
    pub(super) fn call_builtin(&mut self, builtin: Builtin, args: &[Argument]) {
        self.spill_registers(self.height());
        self.save_pins();
        self.call_builtin_with(builtin, args);
        for &arg in args {
            if let Argument::Value(operand) = arg {
                self.release(operand);
            }
        }
        self.lose_pins();
    }

    /// Calls a built-in and pushes its result.
    pub(super) fn call_builtin_value(&mut self, builtin: Builtin, args: &[Argument], kind: Kind) {
        self.call_builtin(builtin, args);
        self.push_result(kind, true);
    }

    /// The call itself: arguments and instructions.
    pub(super) fn call_builtin_with(&mut self, builtin: Builtin, args: &[Argument]) {
        let mut assignment = Assignment::new();
        let mut moves = Moves::default();
        let args: Arguments = args
            .iter()
            .map(|&arg| match arg {
                Argument::Number(number) => Operand {
                    kind: Kind::I32,
                    loc: Loc::Const(number.into()),
                    slot: 0,
                    nan: None,
                },
                Argument::Value(operand) => operand,
            })
            .collect();
        self.place_arguments(&args, &mut assignment, &mut moves);
        self.need_outgoing(assignment.stack_bytes());
        self.move_all(&mut moves);
        self.asm().mov(true, RDI, CONTEXT.into());
        let table = context(offset_of!(VMContext, builtins) as i32);
        self.asm().mov(true, RAX, table.into());
        self.mark();
        let code = at(RAX, builtin.table_offset() as i32);
        self.asm().call(code.into());
    }
}

fn register(reg: Gpr) -> Operand {
    Operand {
        kind: Kind::I64,
        loc: Loc::Gpr(reg),
        slot: 0,
        nan: None,
    }
}
