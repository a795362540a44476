//! Where locals are: pinned to a register for the whole function, or in the frame (their "home").
//!
//! Which ones are pinned is decided before the function is compiled, from [`LocalUsage`]. Registers that calls preserve cost
//! the function one save and one restore; those that calls destroy cost a save before and a load behind a call, so they are
//! given only to locals that are used more often than anything is called. Such a local has a home too: a call leaves its
//! register *stale* until it is read again, or until paths meet.

use smallvec::SmallVec;
use wasmill_compiler::ops::Shape;
use wasmill_compiler::{LocalRun, LocalUsage};
use wasmill_types::FunctionType;

use crate::abi::{Assignment, Place};
use crate::entry::stack_argument;
use crate::generator::{Generator, SCRATCH, SCRATCH_XMM};
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::{Label, Mem};
use crate::x64::opcodes::{Alu, condition};
use crate::x64::registers::*;

/// Registers for pinned locals that calls destroy.
const VOLATILE: [Gpr; 4] = [RSI, R8, R9, R10];
/// Registers for pinned locals that calls preserve.
const PRESERVED: [Gpr; 3] = [RBX, R12, R13];
/// Vector registers for pinned locals; calls destroy all of them.
const PINNED_XMMS: [Xmm; 7] = [Xmm(8), Xmm(9), Xmm(10), Xmm(11), Xmm(12), Xmm(13), Xmm(14)];

/// A local must be used this often to be worth a register that the function has to save.
const WORTH_SAVING: u32 = 4;
/// A local must be used this often for each call to be worth a register that calls destroy.
const USES_PER_CALL: u32 = 3;

/// Homes of this many bytes at most are set to zero one by one.
const MAX_SPELLED_OUT: i32 = 256;

/// The register that a local is pinned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    None,
    Gpr(Gpr),
    Xmm(Xmm),
}

/// One of the first locals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    pub(crate) kind: Kind,
    pub(crate) pin: Pin,
    /// Relative to the frame pointer. Without meaning for one that is pinned to a preserved register.
    pub(crate) home: i32,
    /// How many operands on the stack are names of it.
    pub(crate) aliases: u32,
    /// What it holds is still to get canonical bits where they can be seen (see [`Operand::nan`]).
    pub(crate) nan: Option<Shape>,
}

/// Locals of one kind in a row, in memory: those behind the first ones.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: u32,
    kind: Kind,
    /// The home of the first; the others lie below.
    home: i32,
}

/// The locals of a function.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    /// The first ones, at most [`LocalUsage::COUNTED`].
    first: Vec<Local>,
    /// The others.
    runs: Vec<Run>,
    /// Those that are pinned to registers that calls destroy.
    volatile: Vec<u32>,
    /// Of these registers, those whose local is in its home only.
    stale: Registers,
    /// And those whose local is in its home too.
    homed: Registers,
    /// Preserved registers that the function must save.
    saved: RegisterSet,
}

/// A set of registers of both classes.
#[derive(Clone, Copy, Debug, Default)]
struct Registers {
    gprs: RegisterSet,
    xmms: RegisterSet,
}

impl Registers {
    fn contains(self, pin: Pin) -> bool {
        match pin {
            Pin::None => false,
            Pin::Gpr(reg) => self.gprs.contains(reg.0),
            Pin::Xmm(reg) => self.xmms.contains(reg.0),
        }
    }
    fn insert(&mut self, pin: Pin) {
        match pin {
            Pin::None => {}
            Pin::Gpr(reg) => self.gprs.insert(reg.0),
            Pin::Xmm(reg) => self.xmms.insert(reg.0),
        }
    }
    fn remove(&mut self, pin: Pin) {
        match pin {
            Pin::None => {}
            Pin::Gpr(reg) => self.gprs.remove(reg.0),
            Pin::Xmm(reg) => self.xmms.remove(reg.0),
        }
    }
    fn is_empty(self) -> bool {
        self.gprs.is_empty() && self.xmms.is_empty()
    }
}

impl Locals {
    pub(crate) fn clear(&mut self) {
        self.first.clear();
        self.runs.clear();
        self.volatile.clear();
        self.stale = Registers::default();
        self.homed = Registers::default();
        self.saved = RegisterSet::default();
    }

    /// One of the first locals.
    #[inline]
    pub(crate) fn get(&self, local: u32) -> &Local {
        &self.first[local as usize]
    }
    #[inline]
    pub(crate) fn get_mut(&mut self, local: u32) -> &mut Local {
        &mut self.first[local as usize]
    }

    /// Whether this is one of the first.
    #[inline]
    pub(crate) fn is_first(&self, local: u32) -> bool {
        (local as usize) < self.first.len()
    }

    /// Where a local is that is none of the first.
    pub(crate) fn other(&self, local: u32) -> (Kind, i32) {
        let behind = self.runs.partition_point(|run| run.first <= local);
        let run = self.runs[behind - 1];
        (
            run.kind,
            run.home - (local - run.first) as i32 * run.kind.size(),
        )
    }

    /// Paths meet: what is in a home may be old; every pinned local is in its register.
    pub(crate) fn forget_homes(&mut self) {
        self.homed = Registers::default();
        self.stale = Registers::default();
    }

    /// Whether the register that a local is pinned to does not hold it.
    pub(crate) fn is_stale(&self, local: u32) -> bool {
        self.stale.contains(self.first[local as usize].pin)
    }

    /// The registers that locals are pinned to.
    pub(crate) fn pinned(&self) -> (RegisterSet, RegisterSet) {
        let mut pinned = Registers::default();
        self.first.iter().for_each(|local| pinned.insert(local.pin));
        (pinned.gprs, pinned.xmms)
    }

    /// How many operands are names of locals.
    pub(crate) fn aliases(&self) -> u32 {
        self.first.iter().map(|local| local.aliases).sum()
    }

    /// How many registers the function saves.
    pub(crate) fn saved_count(&self) -> u32 {
        self.saved.0.count_ones()
    }

    /// A pinned local was given a new value, in its register.
    pub(crate) fn note_set(&mut self, pin: Pin) {
        self.stale.remove(pin);
        self.homed.remove(pin);
    }

    /// Whether a local has a home.
    fn has_home(&self, local: &Local) -> bool {
        !matches!(local.pin, Pin::Gpr(reg) if PRESERVED.contains(&reg))
    }
}

/// Locals that want a register of one class, the most useful first.
type Wishes = SmallVec<[(u32, u32); 16]>;

fn wishes(locals: &[Local], usage: &LocalUsage, general: bool) -> Wishes {
    let mut wishes = Wishes::new();
    for (index, local) in locals.iter().enumerate() {
        let weight = usage.locals[index];
        if local.kind.is_general() == general && weight > 1 {
            wishes.push((weight, index as u32));
        }
    }
    wishes.sort_unstable_by_key(|&(weight, index)| (std::cmp::Reverse(weight), index));
    wishes
}

impl Generator<'_> {
    // ---- the start of a function

    /// Decides about locals, saves registers, and puts parameters where they belong.
    pub(crate) fn start_function(&mut self, ty: &FunctionType, runs: &[LocalRun]) {
        let params = ty.params().iter().map(|&ty| Kind::from(ty));
        let others = runs.iter().map(|run| (Kind::from(run.ty), run.count));
        let all = params.map(|kind| (kind, 1)).chain(others);
        let mut index = 0;
        for (kind, count) in all {
            let left = LocalUsage::COUNTED - self.tables.locals.first.len();
            let first = (count as usize).min(left);
            let local = Local {
                kind,
                pin: Pin::None,
                home: 0,
                aliases: 0,
                nan: None,
            };
            let locals = &mut self.tables.locals;
            locals.first.resize(locals.first.len() + first, local);
            if (first as u32) < count {
                let first = index + first as u32;
                let home = 0;
                locals.runs.push(Run { first, kind, home });
            }
            index += count;
        }
        self.choose_nans();
        self.choose_pins(ty);
        self.emit_entry();
        self.emit_prologue(ty, runs);
    }

    /// Locals that are set to results of arithmetic only need not get canonical bits each time.
    fn choose_nans(&mut self) {
        if !self.environment.canonical_nans {
            return;
        }
        let locals = &mut self.tables.locals.first;
        for (index, local) in locals.iter_mut().enumerate() {
            let shape = self.usage.arithmetic(index);
            local.nan = shape.filter(|&shape| Kind::from(shape) == local.kind);
        }
    }

    fn choose_pins(&mut self, ty: &FunctionType) {
        let calls = self.usage.calls;
        let locals = &mut self.tables.locals;
        let mut volatile = RegisterSet::of(&[RSI.0, R8.0, R9.0, R10.0]);
        let mut preserved = PRESERVED.iter();
        let mut taken = Registers::default();
        let arrivals = arrivals(ty);
        for (weight, index) in wishes(&locals.first, self.usage, true) {
            let often = weight / USES_PER_CALL >= calls;
            let mut pin = None;
            if calls > 0 && weight >= WORTH_SAVING {
                pin = preserved.next().copied();
            }
            if pin.is_none() && often {
                // Where it arrives, if that is possible.
                let arrival = arrivals.get(index as usize).copied().flatten();
                let arrival = arrival.filter(|reg| volatile.contains(reg.0));
                let next = || VOLATILE.into_iter().find(|reg| volatile.contains(reg.0));
                pin = arrival.or_else(next);
                if let Some(reg) = pin {
                    volatile.remove(reg.0);
                    locals.volatile.push(index);
                }
            }
            if pin.is_none() && weight >= WORTH_SAVING {
                pin = preserved.next().copied();
            }
            if let Some(reg) = pin {
                taken.gprs.insert(reg.0);
                locals.first[index as usize].pin = Pin::Gpr(reg);
            }
        }
        let mut xmms = PINNED_XMMS.iter();
        for (weight, index) in wishes(&locals.first, self.usage, false) {
            if weight / USES_PER_CALL >= calls
                && let Some(&reg) = xmms.next()
            {
                taken.xmms.insert(reg.0);
                locals.first[index as usize].pin = Pin::Xmm(reg);
                locals.volatile.push(index);
            }
        }
        let not_saved = RegisterSet::of(&[RSI.0, R8.0, R9.0, R10.0]);
        locals.saved = taken.gprs.without(not_saved);
        self.pin_registers(taken.gprs, taken.xmms);
    }

    fn emit_prologue(&mut self, ty: &FunctionType, runs: &[LocalRun]) {
        self.mark();
        self.asm().push(RBP);
        self.asm().mov(true, RBP, RSP.into());
        // The size is known at the end: `finish_function` writes it.
        self.asm().alu_imm(Alu::Sub, true, RSP.into(), i32::MAX);
        self.frame_size_at = self.asm().offset() - 4;
        let mut low = 0;
        for reg in self.tables.locals.saved.iter() {
            low -= 8;
            self.asm().mov_to(true, Self::slot(low), Gpr(reg));
        }
        let mut assignment = Assignment::new();
        if ty.results().len() > 1 {
            low -= 8;
            let Place::Gpr(pointer) = assignment.next(Kind::I64) else {
                unreachable!("the second argument is in a register")
            };
            self.asm().mov_to(true, Self::slot(low), pointer);
            self.results_pointer = Some(low);
        }
        let mut moves = Moves::default();
        for index in 0..ty.params().len() as u32 {
            self.place_param(index, ty, &mut assignment, &mut low, &mut moves);
        }
        let params_end = low;
        self.place_homes(ty.params().len() as u32, runs, &mut low);
        self.zero_homes(low, params_end);
        self.place_homes_of_pinned(ty.params().len(), &mut low);
        self.move_all(&mut moves);
        for index in ty.params().len()..self.tables.locals.first.len() {
            match self.tables.locals.first[index].pin {
                Pin::None => {}
                Pin::Gpr(reg) => self.set_gpr(reg, 0),
                Pin::Xmm(reg) => self.zero_xmm(reg),
            }
        }
        self.slots_start = low;
        self.tables.locals.forget_homes();
    }

    /// Gives a parameter its home, and puts it there or plans its move to its register.
    fn place_param(
        &mut self,
        index: u32,
        ty: &FunctionType,
        assignment: &mut Assignment,
        low: &mut i32,
        moves: &mut Moves,
    ) {
        let kind = Kind::from(ty.params()[index as usize]);
        let place = assignment.next(kind);
        let stack = stack_argument(place);
        if !self.tables.locals.is_first(index) {
            // Its run was made for it alone.
            let home = stack.unwrap_or_else(|| {
                *low -= kind.size();
                *low
            });
            let locals = &mut self.tables.locals;
            let run = locals.runs.partition_point(|run| run.first <= index) - 1;
            locals.runs[run].home = home;
            self.store_argument(kind, home, place);
            return;
        }
        let local = *self.tables.locals.get(index);
        if self.tables.locals.has_home(&local) {
            // Arguments on the stack belong to the callee.
            let home = stack.unwrap_or_else(|| {
                *low -= kind.size();
                *low
            });
            self.tables.locals.get_mut(index).home = home;
        }
        match local.pin {
            Pin::None => {
                let home = self.tables.locals.get(index).home;
                self.store_argument(kind, home, place);
            }
            Pin::Gpr(to) => moves.gprs.push((to, source(kind, place))),
            Pin::Xmm(to) => moves.xmms.push((to, source(kind, place))),
        }
    }

    fn store_argument(&mut self, kind: Kind, home: i32, place: Place) {
        match place {
            Place::Gpr(reg) => self.asm().mov_to(kind.is_wide(), Self::slot(home), reg),
            Place::Xmm(reg) => self.store_xmm(kind, Self::slot(home), reg),
            Place::Stack(_) => {}
        }
    }

    /// Gives declared locals without a register their homes, in a row: they start as zeros.
    fn place_homes(&mut self, params: u32, runs: &[LocalRun], low: &mut i32) {
        let mut index = params;
        let mut run_index = {
            let locals = &self.tables.locals;
            locals.runs.partition_point(|run| run.first < params)
        };
        for run in runs {
            let size = Kind::from(run.ty).size();
            let end = index + run.count;
            while index < end && self.tables.locals.is_first(index) {
                if self.tables.locals.get(index).pin == Pin::None {
                    *low -= size;
                    self.tables.locals.get_mut(index).home = *low;
                }
                index += 1;
            }
            if index < end {
                self.tables.locals.runs[run_index].home = *low - size;
                run_index += 1;
                *low -= size * (end - index) as i32;
                index = end;
            }
        }
    }

    /// Gives locals that are pinned to registers that calls destroy their homes: those are written before they are read.
    fn place_homes_of_pinned(&mut self, params: usize, low: &mut i32) {
        for index in params..self.tables.locals.first.len() {
            let local = self.tables.locals.first[index];
            if local.pin != Pin::None && self.tables.locals.has_home(&local) {
                *low -= local.kind.size();
                self.tables.locals.first[index].home = *low;
            }
        }
    }

    /// Sets the frame from `low` up to `high` to zero. Arguments are still in their registers.
    fn zero_homes(&mut self, low: i32, high: i32) {
        let bytes = high - low;
        if bytes == 0 {
            return;
        }
        if bytes == 8 {
            self.asm().mov_imm_to(true, Self::slot(low), 0);
            return;
        }
        self.zero_xmm(SCRATCH_XMM);
        if bytes % 16 != 0 {
            self.store_xmm(Kind::F64, Self::slot(high - 8), SCRATCH_XMM);
        }
        let whole = bytes & !15;
        if bytes <= MAX_SPELLED_OUT {
            for at in (0..whole).step_by(16) {
                self.store_xmm(Kind::V128, Self::slot(low + at), SCRATCH_XMM);
            }
            return;
        }
        self.asm().lea(true, SCRATCH, Self::slot(low));
        self.asm().mov_imm(RAX, whole as u64 / 16);
        let mut again = Label::new();
        self.asm().bind(&mut again);
        let place = Mem::Base {
            base: SCRATCH,
            disp: 0,
        };
        self.store_xmm(Kind::V128, place, SCRATCH_XMM);
        self.asm().alu_imm(Alu::Add, true, SCRATCH.into(), 16);
        self.asm().alu_imm(Alu::Sub, false, RAX.into(), 1);
        self.asm().jump_if(condition::NOT_EQUAL, &mut again);
    }

    // ---- the end of a function

    /// Restores registers and returns.
    pub(crate) fn emit_epilogue(&mut self) {
        let mut low = 0;
        for reg in self.tables.locals.saved.iter() {
            low -= 8;
            self.asm().mov(true, Gpr(reg), Self::slot(low).into());
        }
        self.asm().leave();
        self.asm().ret();
    }

    // ---- in between

    /// The register that a local is pinned to, with the local in it.
    pub(crate) fn pin(&mut self, local: u32) -> Pin {
        let Local {
            kind, pin, home, ..
        } = *self.tables.locals.get(local);
        if self.tables.locals.stale.contains(pin) {
            debug_assert!(!self.tables.assembler.may_be_skipped());
            self.tables.locals.stale.remove(pin);
            self.load_pin(kind, pin, home);
        }
        pin
    }

    fn load_pin(&mut self, kind: Kind, pin: Pin, home: i32) {
        match pin {
            Pin::None => {}
            Pin::Gpr(reg) => self.asm().mov(kind.is_wide(), reg, Self::slot(home).into()),
            Pin::Xmm(reg) => self.load_xmm(kind, reg, Self::slot(home)),
        }
    }

    /// Puts all pinned locals into their registers.
    pub(crate) fn reload_pins(&mut self) {
        if self.tables.locals.stale.is_empty() {
            return;
        }
        for nth in 0..self.tables.locals.volatile.len() {
            let local = self.tables.locals.volatile[nth];
            self.pin(local);
        }
    }

    /// A call follows: puts pinned locals into their homes where their registers do not survive. They can still be read
    /// from there until the call.
    pub(crate) fn save_pins(&mut self) {
        for nth in 0..self.tables.locals.volatile.len() {
            let local = self.tables.locals.volatile[nth];
            let Local {
                kind, pin, home, ..
            } = *self.tables.locals.get(local);
            let locals = &self.tables.locals;
            if locals.stale.contains(pin) || locals.homed.contains(pin) {
                continue;
            }
            match pin {
                Pin::None => {}
                Pin::Gpr(reg) => self.asm().mov_to(kind.is_wide(), Self::slot(home), reg),
                Pin::Xmm(reg) => self.store_xmm(kind, Self::slot(home), reg),
            }
            self.tables.locals.homed.insert(pin);
        }
    }

    /// A call was made: registers that do not survive are stale.
    pub(crate) fn lose_pins(&mut self) {
        let locals = &mut self.tables.locals;
        for &local in &locals.volatile {
            locals.stale.insert(locals.first[local as usize].pin);
        }
    }

    /// Makes all of `moves`, whose destinations may be the sources of others.
    pub(crate) fn move_all(&mut self, moves: &mut Moves) {
        self.move_in_order(
            &mut moves.gprs,
            Loc::Gpr,
            |generator, to| {
                generator.asm().mov(true, SCRATCH, to.into());
                Loc::Gpr(SCRATCH)
            },
            Self::load_gpr,
        );
        self.move_in_order(
            &mut moves.xmms,
            Loc::Xmm,
            |generator, to| {
                generator.move_xmm(SCRATCH_XMM, to);
                Loc::Xmm(SCRATCH_XMM)
            },
            Self::load_to_xmm,
        );
    }

    /// Makes moves such that no source is overwritten before it is read. Cycles go through the scratch register.
    fn move_in_order<R: Copy>(
        &mut self,
        moves: &mut SmallVec<[(R, Operand); 8]>,
        loc: impl Fn(R) -> Loc,
        set_aside: impl Fn(&mut Self, R) -> Loc,
        load: impl Fn(&mut Self, R, &Operand),
    ) {
        while !moves.is_empty() {
            let is_free = |nth: usize| {
                let to = loc(moves[nth].0);
                let mut others = moves.iter().enumerate().filter(|&(other, _)| other != nth);
                !others.any(|(_, (_, from))| from.loc == to)
            };
            if let Some(nth) = (0..moves.len()).find(|&nth| is_free(nth)) {
                let (to, from) = moves.swap_remove(nth);
                load(self, to, &from);
            } else {
                let to = moves[0].0;
                let aside = set_aside(self, to);
                for (_, from) in moves.iter_mut().filter(|(_, from)| from.loc == loc(to)) {
                    from.loc = aside;
                }
            }
        }
    }
}

/// Moves that happen at the same time, as it were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moves {
    pub(crate) gprs: SmallVec<[(Gpr, Operand); 8]>,
    pub(crate) xmms: SmallVec<[(Xmm, Operand); 8]>,
}

/// An argument as an operand.
fn source(kind: Kind, place: Place) -> Operand {
    let loc = match place {
        Place::Gpr(reg) => Loc::Gpr(reg),
        Place::Xmm(reg) => Loc::Xmm(reg),
        Place::Stack(_) => Loc::Slot,
    };
    Operand {
        kind,
        loc,
        slot: stack_argument(place).unwrap_or(0),
        nan: None,
    }
}

/// For each parameter, the general register that it arrives in.
fn arrivals(ty: &FunctionType) -> SmallVec<[Option<Gpr>; 8]> {
    let mut assignment = Assignment::new();
    if ty.results().len() > 1 {
        assignment.next(Kind::I64);
    }
    let places = ty.params().iter().map(|&ty| assignment.next(ty.into()));
    let registers = places.map(|place| match place {
        Place::Gpr(reg) => Some(reg),
        Place::Xmm(_) | Place::Stack(_) => None,
    });
    registers.collect()
}
