//! Constants, and arithmetic on integers.

use wasmill_compiler::ops::{Binary, Const, Shape, Unary};

use crate::generator::{Generator, SCRATCH};
use crate::location::{Kind, Loc, Operand};
use crate::pending::{Pending, Want};
use crate::x64::assembler::{Mem, Rm};
use crate::x64::opcodes::{Alu, ShiftOp, Widen, condition};
use crate::x64::registers::{Gpr, RAX, RCX, RDX};
use wasmill_abi::TrapCode;

impl Generator<'_> {
    pub(super) fn emit_constant(&mut self, value: Const) {
        let (kind, bits) = match value {
            Const::I32(value) => (Kind::I32, u64::from(value as u32)),
            Const::I64(value) => (Kind::I64, value as u64),
            Const::F32(bits) => (Kind::F32, u64::from(bits)),
            Const::F64(bits) => (Kind::F64, bits),
            Const::V128(bits) => return self.push_vector_constant(bits),
        };
        self.push(kind, Loc::Const(bits), None);
    }

    pub(super) fn emit_unary(&mut self, op: Unary, shape: Shape) {
        match shape {
            Shape::I32 | Shape::I64 => {
                let a = self.pop();
                self.push_pending(shape.into(), Pending::Unary { op, shape, a }, None);
            }
            Shape::F32 | Shape::F64 => self.emit_float_unary(op, shape),
            _ => self.emit_vector_unary(op, shape),
        }
    }

    pub(super) fn emit_binary(&mut self, op: Binary, shape: Shape) {
        match shape {
            Shape::I32 | Shape::I64 => {
                let (b, a) = (self.pop(), self.pop());
                let pending = Pending::Binary { op, shape, a, b };
                self.push_pending(shape.into(), pending, None);
            }
            Shape::F32 | Shape::F64 => self.emit_float_binary(op, shape),
            _ => self.emit_vector_binary(op, shape),
        }
    }

    pub(crate) fn compute_unary(
        &mut self,
        op: Unary,
        shape: Shape,
        mut a: Operand,
        want: Want,
    ) -> Loc {
        if matches!(shape, Shape::F32 | Shape::F64) {
            return Loc::Xmm(self.float_unary(op, a, want.xmm));
        }
        if shape.is_vector() {
            return Loc::Xmm(self.vector_unary(op, shape, a, want.xmm));
        }
        let wide = shape == Shape::I64;
        let from = self.gpr_or_memory(&mut a);
        let to = self.result_gpr(want.gpr, &[a]);
        let cpu = self.environment.cpu;
        match op {
            Unary::Clz if cpu.lzcnt => self.asm().lzcnt(wide, to, from),
            Unary::Clz => self.leading_zeros(wide, to, from),
            Unary::Ctz if cpu.bmi1 => self.asm().tzcnt(wide, to, from),
            Unary::Ctz => self.trailing_zeros(wide, to, from),
            Unary::Popcnt if cpu.popcnt => self.asm().popcnt(wide, to, from),
            Unary::Popcnt => self.count_ones(wide, to, from),
            Unary::Extend8S => self.asm().mov_widen(Widen::Sign8, wide, to, from),
            Unary::Extend16S => self.asm().mov_widen(Widen::Sign16, wide, to, from),
            Unary::Extend32S => self.asm().mov_widen(Widen::Sign32, wide, to, from),
            _ => unreachable!("no operation on integers"),
        }
        Loc::Gpr(to)
    }

    /// The highest set bit's number, turned round; a number that turns into the width if there is none.
    fn leading_zeros(&mut self, wide: bool, to: Gpr, from: Rm) {
        let bits = if wide { 64 } else { 32 };
        self.asm().bsr(wide, SCRATCH, from);
        self.asm().mov_imm(to, 2 * bits - 1);
        self.asm()
            .cmov(condition::NOT_EQUAL, wide, to, SCRATCH.into());
        self.asm()
            .alu_imm(Alu::Xor, wide, to.into(), bits as i32 - 1);
    }

    fn trailing_zeros(&mut self, wide: bool, to: Gpr, from: Rm) {
        self.asm().bsf(wide, SCRATCH, from);
        self.asm().mov_imm(to, if wide { 64 } else { 32 });
        self.asm()
            .cmov(condition::NOT_EQUAL, wide, to, SCRATCH.into());
    }

    /// Adds bits in pairs, pairs in fours, fours in bytes, and bytes by a multiplication.
    fn count_ones(&mut self, wide: bool, to: Gpr, from: Rm) {
        let mask = |pattern: u64| if wide { pattern } else { pattern & 0xffff_ffff };
        let other = self.new_gpr();
        self.asm().mov(wide, to, from);
        self.asm().mov(wide, other, to.into());
        self.asm().shift_imm(ShiftOp::Shr, wide, other, 1);
        self.asm().mov_imm(SCRATCH, mask(0x5555_5555_5555_5555));
        self.asm().alu(Alu::And, wide, other, SCRATCH.into());
        self.asm().alu(Alu::Sub, wide, to, other.into());
        self.asm().mov_imm(SCRATCH, mask(0x3333_3333_3333_3333));
        self.asm().mov(wide, other, to.into());
        self.asm().shift_imm(ShiftOp::Shr, wide, other, 2);
        self.asm().alu(Alu::And, wide, to, SCRATCH.into());
        self.asm().alu(Alu::And, wide, other, SCRATCH.into());
        self.asm().alu(Alu::Add, wide, to, other.into());
        self.asm().mov(wide, other, to.into());
        self.asm().shift_imm(ShiftOp::Shr, wide, other, 4);
        self.asm().alu(Alu::Add, wide, to, other.into());
        self.asm().mov_imm(SCRATCH, mask(0x0f0f_0f0f_0f0f_0f0f));
        self.asm().alu(Alu::And, wide, to, SCRATCH.into());
        self.asm().mov_imm(SCRATCH, mask(0x0101_0101_0101_0101));
        self.asm().imul(wide, to, SCRATCH.into());
        let shift = if wide { 56 } else { 24 };
        self.asm().shift_imm(ShiftOp::Shr, wide, to, shift);
        self.free_gpr(other);
    }

    pub(crate) fn compute_binary(
        &mut self,
        op: Binary,
        shape: Shape,
        a: Operand,
        b: Operand,
        want: Want,
    ) -> Loc {
        if matches!(shape, Shape::F32 | Shape::F64) {
            return Loc::Xmm(self.float_binary(op, a, b, want.xmm));
        }
        if shape.is_vector() {
            return Loc::Xmm(self.vector_binary(op, shape, a, b, want.xmm));
        }
        let want = want.gpr;
        Loc::Gpr(match op {
            Binary::IAdd => self.add(a, b, want),
            Binary::ISub => match b.immediate().and_then(i32::checked_neg) {
                Some(value) => self.add_immediate(a, value, want),
                None => self.arithmetic(Alu::Sub, a, b, want),
            },
            Binary::And => self.arithmetic(Alu::And, a, b, want),
            Binary::Or => self.arithmetic(Alu::Or, a, b, want),
            Binary::Xor => self.arithmetic(Alu::Xor, a, b, want),
            Binary::IMul => self.multiply(a, b, want),
            Binary::IShl => self.shift(ShiftOp::Shl, a, b, want),
            Binary::IShrS => self.shift(ShiftOp::Sar, a, b, want),
            Binary::IShrU => self.shift(ShiftOp::Shr, a, b, want),
            Binary::IRotl => self.shift(ShiftOp::Rol, a, b, want),
            Binary::IRotr => self.shift(ShiftOp::Ror, a, b, want),
            Binary::IDivU | Binary::IRemU => self.divide_unsigned(op, a, b, want),
            Binary::IDivS | Binary::IRemS => self.divide_signed(op, a, b),
            _ => unreachable!("no operation on scalar integers"),
        })
    }

    /// Whether an operand is in a general register, its own or that of its local.
    pub(crate) fn place_is_gpr(&self, operand: &Operand) -> bool {
        match operand.loc {
            Loc::Gpr(_) => true,
            Loc::Local(local) => {
                matches!(
                    self.tables.locals.get(local).pin,
                    crate::locals::Pin::Gpr(_)
                )
            }
            _ => false,
        }
    }

    /// For operations whose operands may be swapped: the constant second, and first what can be overwritten.
    fn in_order(a: &mut Operand, b: &mut Operand) {
        let b_is_better = b.is_own_gpr() && !a.is_own_gpr();
        if b.constant().is_none() && (a.constant().is_some() || b_is_better) {
            std::mem::swap(a, b);
        }
    }

    fn add(&mut self, mut a: Operand, mut b: Operand, want: Option<Gpr>) -> Gpr {
        Self::in_order(&mut a, &mut b);
        if let Some(value) = b.immediate() {
            return self.add_immediate(a, value, want);
        }
        let wide = a.kind.is_wide();
        if self.place_is_gpr(&a) && self.place_is_gpr(&b) {
            let (first, second) = (self.gpr(&mut a), self.gpr(&mut b));
            let to = self.result_gpr(want, &[a, b]);
            if to == first {
                self.asm().alu(Alu::Add, wide, to, second.into());
            } else if to == second {
                self.asm().alu(Alu::Add, wide, to, first.into());
            } else {
                let sum = Mem::Index {
                    base: first,
                    index: second,
                    scale: 0,
                    disp: 0,
                };
                self.asm().lea(wide, to, sum);
            }
            return to;
        }
        self.arithmetic(Alu::Add, a, b, want)
    }

    fn add_immediate(&mut self, mut a: Operand, value: i32, want: Option<Gpr>) -> Gpr {
        let wide = a.kind.is_wide();
        if self.place_is_gpr(&a) {
            let from = self.gpr(&mut a);
            let to = self.result_gpr(want, &[a]);
            if to != from {
                let sum = Mem::Base {
                    base: from,
                    disp: value,
                };
                self.asm().lea(wide, to, sum);
                return to;
            }
            self.asm().alu_imm(Alu::Add, wide, to.into(), value);
            return to;
        }
        let to = self.gpr_to_change(a, want);
        self.asm().alu_imm(Alu::Add, wide, to.into(), value);
        to
    }

    fn arithmetic(
        &mut self,
        alu: Alu,
        mut a: Operand,
        mut b: Operand,
        mut want: Option<Gpr>,
    ) -> Gpr {
        let wide = a.kind.is_wide();
        if alu != Alu::Sub {
            Self::in_order(&mut a, &mut b);
        }
        if let Some(value) = b.immediate() {
            let to = self.gpr_to_change(a, want);
            self.asm().alu_imm(alu, wide, to.into(), value);
            return to;
        }
        let mut second = self.gpr_or_memory(&mut b);
        if want.is_some_and(|want| second == Rm::Reg(want)) {
            if alu != Alu::Sub {
                std::mem::swap(&mut a, &mut b);
                second = self.gpr_or_memory(&mut b);
            }
            if second == want.map_or(second, Rm::Reg) {
                want = None;
            }
        }
        let to = self.gpr_to_change(a, want);
        self.asm().alu(alu, wide, to, second);
        self.release(b);
        to
    }

    fn multiply(&mut self, mut a: Operand, mut b: Operand, want: Option<Gpr>) -> Gpr {
        let wide = a.kind.is_wide();
        Self::in_order(&mut a, &mut b);
        if let Some(value) = b.immediate() {
            if value > 0 && value.count_ones() == 1 {
                let to = self.gpr_to_change(a, want);
                let count = value.trailing_zeros() as u8;
                self.asm().shift_imm(ShiftOp::Shl, wide, to, count);
                return to;
            }
            let from = self.gpr_or_memory(&mut a);
            let to = self.result_gpr(want, &[a]);
            self.asm().imul_imm(wide, to, from, value);
            return to;
        }
        let mut want = want;
        let mut second = self.gpr_or_memory(&mut b);
        if want.is_some_and(|want| second == Rm::Reg(want)) {
            std::mem::swap(&mut a, &mut b);
            second = self.gpr_or_memory(&mut b);
            if second == want.map_or(second, Rm::Reg) {
                want = None;
            }
        }
        let to = self.gpr_to_change(a, want);
        self.asm().imul(wide, to, second);
        self.release(b);
        to
    }

    fn shift(&mut self, shift: ShiftOp, mut a: Operand, mut b: Operand, want: Option<Gpr>) -> Gpr {
        let wide = a.kind.is_wide();
        if let Some(count) = b.constant() {
            let bits = if wide { 64 } else { 32 };
            let count = count as u8 & (bits - 1);
            let rotates = matches!(shift, ShiftOp::Rol | ShiftOp::Ror);
            if rotates && count != 0 && self.environment.cpu.bmi2 && !a.is_own_gpr() {
                let from = self.gpr_or_memory(&mut a);
                let to = self.result_gpr(want, &[a]);
                let right = match shift {
                    ShiftOp::Rol => bits - count,
                    _ => count,
                };
                self.asm().rorx(wide, to, from, right);
                return to;
            }
            let to = self.gpr_to_change(a, want);
            if count != 0 {
                self.asm().shift_imm(shift, wide, to, count);
            }
            return to;
        }
        let rotates = matches!(shift, ShiftOp::Rol | ShiftOp::Ror);
        if self.environment.cpu.bmi2 && !rotates {
            let count = self.gpr(&mut b);
            let from = self.gpr_or_memory(&mut a);
            let to = self.result_gpr(want, &[a, b]);
            self.asm().shift_x(shift, wide, to, from, count);
            return to;
        }
        if b.loc != Loc::Gpr(RCX) {
            self.claim_gpr(RCX, &mut [&mut a, &mut b]);
            self.load_gpr(RCX, &b);
            self.release(b);
        }
        let want = want.filter(|&want| want != RCX);
        let to = self.gpr_to_change(a, want);
        self.asm().shift_cl(shift, wide, to);
        self.free_gpr(RCX);
        to
    }

    fn divide_unsigned(&mut self, op: Binary, a: Operand, b: Operand, want: Option<Gpr>) -> Gpr {
        let wide = a.kind.is_wide();
        if let Some(value) = b.constant().filter(|value| value.is_power_of_two()) {
            let to = self.gpr_to_change(a, want);
            if op == Binary::IDivU {
                let count = value.trailing_zeros() as u8;
                self.asm().shift_imm(ShiftOp::Shr, wide, to, count);
            } else if let Ok(mask) = i32::try_from(value - 1) {
                self.asm().alu_imm(Alu::And, wide, to.into(), mask);
            } else {
                self.asm().mov_imm(SCRATCH, value - 1);
                self.asm().alu(Alu::And, wide, to, SCRATCH.into());
            }
            return to;
        }
        let b = self.dividend_and_divisor(a, b);
        self.asm().alu(Alu::Xor, false, RDX, RDX.into());
        self.trap_site(TrapCode::IntegerDivisionByZero);
        self.asm().div(wide, b.1);
        self.quotient_or_remainder(op == Binary::IDivU, b.0)
    }

    fn divide_signed(&mut self, op: Binary, a: Operand, b: Operand) -> Gpr {
        let wide = a.kind.is_wide();
        let quotient = op == Binary::IDivS;
        let constant = b.immediate();
        let (divisor, by) = self.dividend_and_divisor(a, b);
        if constant.is_some_and(|value| value != -1) {
            self.asm().sign_to_rdx(wide);
            self.trap_site(TrapCode::IntegerDivisionByZero);
            self.asm().idiv(wide, by);
            return self.quotient_or_remainder(quotient, divisor);
        }
        // Division by -1 faults where it overflows, and so does its remainder, which is zero.
        self.asm().alu_imm(Alu::Cmp, wide, by, -1);
        let usual = self.asm().short_jump_if(condition::NOT_EQUAL);
        if quotient {
            self.asm().neg(wide, RAX);
            const OVERFLOW: u8 = 0;
            self.raise_if(OVERFLOW, TrapCode::IntegerOverflow);
        } else {
            self.asm().alu(Alu::Xor, false, RDX, RDX.into());
        }
        let done = self.asm().short_jump();
        self.asm().land(usual);
        self.asm().sign_to_rdx(wide);
        self.trap_site(TrapCode::IntegerDivisionByZero);
        self.asm().idiv(wide, by);
        self.asm().land(done);
        self.quotient_or_remainder(quotient, divisor)
    }

    /// Takes `rax` and `rdx`, puts the dividend into the former, and the divisor where division can read it.
    fn dividend_and_divisor(&mut self, mut a: Operand, mut b: Operand) -> (Operand, Rm) {
        if a.loc != Loc::Gpr(RAX) {
            self.claim_gpr(RAX, &mut [&mut a, &mut b]);
            self.load_gpr(RAX, &a);
            self.release(a);
            a.loc = Loc::Gpr(RAX);
        }
        self.claim_gpr(RDX, &mut [&mut a, &mut b]);
        let by = self.gpr_or_memory(&mut b);
        (b, by)
    }

    fn quotient_or_remainder(&mut self, quotient: bool, divisor: Operand) -> Gpr {
        self.release(divisor);
        let (result, other) = if quotient { (RAX, RDX) } else { (RDX, RAX) };
        self.free_gpr(other);
        result
    }
}
