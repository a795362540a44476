//! Blocks, loops and branches.
//!
//! Where paths meet, everything has one place: operands below a block are constants or in their slots since the block
//! started; one result of a block is in the register that functions return results in, several are in their slots; pinned
//! locals are in their registers. So a branch is a move of its argument, if it has one, and a jump.

use std::collections::HashMap;

use smallvec::SmallVec;
use wasmill_abi::TrapCode;
use wasmill_compiler::{BranchTargets, FrameEnd, FrameKind, FrameLookup, LocalRun};
use wasmill_types::{FunctionType, Type};

use super::call::RESULT_SIZE;
use super::memory::at;
use crate::generator::{Generator, SCRATCH};
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::{Label, Mem};
use crate::x64::opcodes::{Alu, Widen, condition};
use crate::x64::registers::{Gpr, RAX, RSP, Xmm};

/// `br_table`s with at most this many cases before the default become comparisons.
const MAX_COMPARED_CASES: usize = 2;
/// Functions with frames of at most this many bytes need not touch their pages in order.
const PAGE: i32 = 4096;

/// An operand that is in nobody's way.
const NOTHING: Operand = Operand {
    kind: Kind::I32,
    loc: Loc::Const(0),
    slot: 0,
    nan: None,
};

type Kinds = SmallVec<[Kind; 2]>;

/// Our part of a control frame.
#[derive(Debug)]
pub(crate) struct Frame {
    /// How many operands there are below its parameters.
    height: usize,
    /// What it takes; of an `if` only.
    params: Kinds,
    /// What a branch to it passes: the parameters of a loop, the results of all else.
    args: Kinds,
    is_loop: bool,
    is_function: bool,
    /// Where a branch goes: a loop's start, otherwise behind the end.
    label: Label,
    /// The second part of an `if`.
    otherwise: Label,
}

impl Generator<'_> {
    fn new_frame(&self, params: &[Type], args: &[Type]) -> Frame {
        Frame {
            height: self.height() - params.len(),
            params: Kinds::new(),
            args: args.iter().map(|&ty| ty.into()).collect(),
            is_loop: false,
            is_function: false,
            label: Label::new(),
            otherwise: Label::new(),
        }
    }

    pub(super) fn emit_function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Frame {
        self.start_function(ty, locals);
        Frame {
            is_function: true,
            ..self.new_frame(&[], ty.results())
        }
    }

    pub(super) fn emit_block(&mut self, params: &[Type], results: &[Type]) -> Frame {
        self.flush(self.height());
        self.new_frame(params, results)
    }

    pub(super) fn emit_loop(&mut self, params: &[Type]) -> Frame {
        self.flush(self.height());
        self.force_params(params.len());
        self.reload_pins();
        let mut frame = self.new_frame(params, params);
        frame.is_loop = true;
        self.bind(&mut frame.label);
        // Somebody who is interrupted in a loop is at its start at least.
        self.mark();
        frame
    }

    pub(super) fn emit_if(&mut self, params: &[Type], results: &[Type]) -> Frame {
        let pending = self.take_condition();
        self.flush(self.height());
        self.force_params(params.len());
        self.reload_pins();
        let condition = self.compute_condition(pending).negated();
        let mut frame = self.new_frame(params, results);
        frame.params = params.iter().map(|&ty| ty.into()).collect();
        self.jump_if(condition, &mut frame.otherwise);
        frame
    }

    /// Puts the topmost operands into their slots, even constants, with the bits that all paths see.
    fn force_params(&mut self, count: usize) {
        self.make_args_canonical(count);
        let height = self.height();
        for index in height - count..height {
            self.force_to_slot(index);
        }
    }

    pub(super) fn emit_else(&mut self, frame: &mut Frame, is_reachable: bool) {
        if is_reachable {
            self.transfer(frame);
            self.jump(&mut frame.label);
        }
        self.start_otherwise(frame);
    }

    fn start_otherwise(&mut self, frame: &mut Frame) {
        self.forget_above(frame.height);
        self.bind(&mut frame.otherwise);
        for &kind in &frame.params {
            self.push(kind, Loc::Slot, None);
        }
    }

    pub(super) fn emit_end(
        &mut self,
        mut frame: Frame,
        end: &FrameEnd<'_, ()>,
        results: &mut Vec<()>,
    ) {
        if end.kind == FrameKind::Loop {
            match end.fallthrough {
                Some(values) => results.extend(values),
                None => self.forget_above(frame.height),
            }
            return;
        }
        let mut falls_through = end.fallthrough.is_some();
        if end.otherwise.is_some() {
            // What an `if` without second part takes is what it gives.
            if falls_through {
                self.transfer(&frame);
                if frame.args.is_empty() {
                    self.reload_pins();
                } else {
                    self.jump(&mut frame.label);
                }
            }
            self.start_otherwise(&mut frame);
            falls_through = true;
        }
        let is_awaited = frame.label.is_awaited();
        if is_awaited {
            if falls_through {
                self.transfer(&frame);
                self.reload_pins();
            }
            self.forget_above(frame.height);
            self.bind(&mut frame.label);
            self.push_args(&frame);
        } else if !falls_through {
            self.forget_above(frame.height);
        }
        if frame.is_function {
            // A branch may have returned by itself.
            if is_awaited || falls_through {
                self.return_results(&frame);
            }
            self.emit_asides();
            self.finish_function();
        } else if end.is_live() {
            results.extend(frame.args.iter().map(|_| ()));
        }
    }

    /// Moves the topmost operands to where a frame's end (or a loop's start) expects them. They are not needed on the stack
    /// any more.
    fn transfer(&mut self, frame: &Frame) {
        self.settle();
        let height = self.height();
        match frame.args[..] {
            [] => {}
            [kind] if !frame.is_loop => {
                self.canonical_at(height - 1);
                let operand = self.pop();
                self.load_operand(result_register(kind), &operand);
                self.release(operand);
            }
            _ => {
                self.make_args_canonical(frame.args.len());
                self.transfer_to_slots(frame);
            }
        }
    }

    /// Gives the topmost operands the bits that others may see. Not on one of several ways only: the state holds for all.
    fn make_args_canonical(&mut self, count: usize) {
        let height = self.height();
        for index in height - count..height {
            self.canonical_at(index);
        }
    }

    /// Copies the topmost operands, which are canonical, into slots; where they are for us stays.
    fn transfer_to_slots(&mut self, frame: &Frame) {
        let first = self.height() - frame.args.len();
        let mut slot = self.slots_end(frame.height);
        for (nth, &kind) in frame.args.iter().enumerate() {
            slot -= kind.size();
            let operand = self.tables.stack[first + nth];
            if operand.loc != Loc::Slot || operand.slot != slot {
                self.store_operand(Self::slot(slot), &operand);
            }
        }
    }

    /// Pushes what was passed to a frame's end.
    fn push_args(&mut self, frame: &Frame) {
        if let [kind] = frame.args[..] {
            let loc = result_register(kind);
            match loc {
                Loc::Gpr(reg) => self.claim_gpr(reg, &mut []),
                Loc::Xmm(reg) => self.claim_xmm(reg, &mut []),
                _ => {}
            }
            self.push(kind, loc, None);
        } else {
            for &kind in &frame.args {
                self.push(kind, Loc::Slot, None);
            }
        }
    }

    pub(super) fn emit_br(&mut self, to: &mut Frame) {
        self.transfer(to);
        // A jump takes five bytes.
        if to.is_function && to.args.len() < 2 && self.tables.locals.saved_count() < 2 {
            self.emit_epilogue();
        } else {
            self.jump(&mut to.label);
        }
    }

    pub(super) fn emit_br_if(&mut self, to: &mut Frame) {
        let pending = self.take_condition();
        self.reload_pins();
        match to.args[..] {
            [] => {
                let condition = self.compute_condition(pending);
                self.jump_if(condition, &mut to.label);
            }
            [kind] if !to.is_loop => {
                self.canonical_at(self.height() - 1);
                let condition = self.compute_condition(pending);
                self.flags_live = true;
                self.move_top_to(result_register(kind), &mut { NOTHING });
                self.flags_live = false;
                self.jump_if(condition, &mut to.label);
            }
            _ => {
                self.make_args_canonical(to.args.len());
                let condition = self.compute_condition(pending).negated();
                let mut past = Label::new();
                self.jump_if(condition, &mut past);
                self.transfer_to_slots(to);
                self.asm().jump(&mut to.label);
                self.asm().bind(&mut past);
            }
        }
    }

    pub(super) fn emit_br_table(&mut self, targets: BranchTargets<'_, Frame>, args: usize) {
        let index = self.pop();
        let index = self.gpr_to_change(index, None);
        self.reload_pins();
        // With one argument all targets expect it in the same register, unless some are loops.
        let is_loop =
            |targets: &mut BranchTargets<'_, Frame>, case: u32| targets.frames.frame(case).is_loop;
        let mut targets = targets;
        let cases = targets.cases;
        let through_slots =
            args > 1 || (args == 1 && cases.iter().any(|&case| is_loop(&mut targets, case)));
        let index = if args == 1 && !through_slots {
            let mut held = Operand {
                loc: Loc::Gpr(index),
                ..NOTHING
            };
            self.canonical_at(self.height() - 1);
            let kind = self.tables.stack[self.height() - 1].kind;
            self.move_top_to(result_register(kind), &mut held);
            let Loc::Gpr(index) = held.loc else {
                unreachable!("the index stays in a register")
            };
            index
        } else {
            index
        };
        if through_slots {
            self.make_args_canonical(args);
            self.dispatch_through_slots(index, targets);
        } else {
            self.dispatch(index, cases, &mut targets.frames);
        }
        self.free_gpr(index);
    }

    /// Moves the topmost operand to this register, where it stays. One that the hook holds may be in the way.
    fn move_top_to(&mut self, to: Loc, held: &mut Operand) {
        let index = self.height() - 1;
        if self.tables.stack[index].loc == to {
            return;
        }
        let mut operand = self.pop();
        match to {
            Loc::Gpr(reg) => self.claim_gpr(reg, &mut [&mut operand, held]),
            Loc::Xmm(reg) => self.claim_xmm(reg, &mut [&mut operand]),
            _ => unreachable!("a register"),
        }
        self.load_operand(to, &operand);
        self.release(operand);
        self.push(operand.kind, to, operand.nan);
    }

    /// Jumps by an index, in a register that is changed, to the label of its case.
    fn dispatch(&mut self, index: Gpr, cases: &[u32], labels: &mut impl Labels) {
        let (&default, cases) = cases.split_last().expect("the default is always there");
        if cases.len() <= MAX_COMPARED_CASES {
            for (number, &case) in cases.iter().enumerate() {
                let number = number as i32;
                self.asm().alu_imm(Alu::Cmp, false, index.into(), number);
                self.asm().jump_if(condition::EQUAL, labels.label(case));
            }
            self.asm().jump(labels.label(default));
            return;
        }
        let count = cases.len() as i32;
        self.asm().alu_imm(Alu::Cmp, false, index.into(), count);
        self.asm()
            .jump_if(condition::ABOVE_EQUAL, labels.label(default));
        // Entries of the table behind the jump are relative to themselves.
        let table = self.asm().lea_ahead(SCRATCH);
        let entry = Mem::Index {
            base: SCRATCH,
            index,
            scale: 2,
            disp: 0,
        };
        self.asm().lea(true, SCRATCH, entry);
        let offset = at(SCRATCH, 0);
        self.asm()
            .mov_widen(Widen::Sign32, true, index, offset.into());
        self.asm().alu(Alu::Add, true, index, SCRATCH.into());
        self.asm().jump_to(index.into());
        self.asm().land_ahead(table);
        for &case in cases {
            self.asm().table_entry(labels.label(case));
        }
    }

    /// The same where arguments must be moved, differently for each target: by way of one piece of code per target.
    fn dispatch_through_slots(&mut self, index: Gpr, targets: BranchTargets<'_, Frame>) {
        let mut stubs: Vec<Label> = Vec::new();
        let mut targets_of_stubs: Vec<u32> = Vec::new();
        let mut known = HashMap::new();
        let stub_of = |&case: &u32| {
            *known.entry(case).or_insert_with(|| {
                stubs.push(Label::new());
                targets_of_stubs.push(case);
                stubs.len() as u32 - 1
            })
        };
        let cases: Vec<u32> = targets.cases.iter().map(stub_of).collect();
        self.dispatch(index, &cases, &mut stubs);
        for (mut stub, case) in stubs.into_iter().zip(targets_of_stubs) {
            self.asm().bind(&mut stub);
            let frame = targets.frames.frame(case);
            match frame.args[..] {
                [kind] if !frame.is_loop => {
                    let operand = self.tables.stack[self.height() - 1];
                    self.load_operand(result_register(kind), &operand);
                }
                _ => self.transfer_to_slots(frame),
            }
            self.asm().jump(&mut frame.label);
        }
    }

    pub(super) fn emit_unreachable(&mut self) {
        self.raise(TrapCode::UnreachableCodeReached);
    }

    // ---- the end of a function

    /// Puts results where the caller expects them, and returns.
    fn return_results(&mut self, frame: &Frame) {
        match frame.args[..] {
            [] => {}
            [kind] => {
                self.settle();
                self.canonical_at(self.height() - 1);
                let operand = self.pop();
                self.load_operand(result_register(kind), &operand);
                self.release(operand);
            }
            _ => {
                self.settle();
                let pointer = self.results_pointer.expect("several results");
                let reg = self.new_gpr();
                let from = Self::slot(pointer);
                self.asm().mov(true, reg, from.into());
                for nth in 0..frame.args.len() {
                    self.canonical_at(frame.height + nth);
                    let operand = self.tables.stack[frame.height + nth];
                    self.store_operand(at(reg, nth as i32 * RESULT_SIZE), &operand);
                }
                self.free_gpr(reg);
            }
        }
        self.forget_above(frame.height);
        self.emit_epilogue();
    }

    /// Writes the frame's size into the prologue. A large frame's pages are touched in order, so that the guard page is not
    /// jumped over.
    fn finish_function(&mut self) {
        let size = self.frame_size();
        let at = self.frame_size_at;
        if size <= PAGE {
            return self.asm().patch32(at, size);
        }
        // `jmp` to here in the place of `sub rsp, …`, which is seven bytes long.
        let start = at - 3;
        let here = self.asm().offset();
        self.asm().patch(start, &[0xe9]);
        self.asm().patch32(start + 1, (here - start - 5) as i32);
        self.asm().patch(start + 5, &[0x66, 0x90]);
        self.asm().mov_imm(SCRATCH, size as u64 / PAGE as u64);
        let mut again = Label::new();
        self.asm().bind(&mut again);
        self.asm().alu_imm(Alu::Sub, true, RSP.into(), PAGE);
        // Writes nothing that matters: only whether the page is there.
        self.asm().mov_imm_to(true, self::at(RSP, 0), 0);
        self.asm().alu_imm(Alu::Sub, false, SCRATCH.into(), 1);
        self.asm().jump_if(condition::NOT_EQUAL, &mut again);
        self.asm().alu_imm(Alu::Sub, true, RSP.into(), size % PAGE);
        let mut back = Label::Bound(start + 7);
        self.asm().jump(&mut back);
    }
}

/// The labels of a `br_table`'s cases.
trait Labels {
    fn label(&mut self, case: u32) -> &mut Label;
}

impl Labels for &mut dyn FrameLookup<Frame> {
    fn label(&mut self, case: u32) -> &mut Label {
        &mut self.frame(case).label
    }
}

impl Labels for Vec<Label> {
    fn label(&mut self, case: u32) -> &mut Label {
        &mut self[case as usize]
    }
}

/// The register of a frame's only result, or of a function's.
fn result_register(kind: Kind) -> Loc {
    match kind.is_general() {
        true => Loc::Gpr(RAX),
        false => Loc::Xmm(Xmm(0)),
    }
}
