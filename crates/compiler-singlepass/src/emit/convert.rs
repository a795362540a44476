//! From one shape to another.

use wasmill_compiler::ops::{Convert, Shape};

use wasmill_abi::TrapCode;

use crate::generator::{Generator, SCRATCH, SCRATCH_XMM};
use crate::location::{Kind, Loc, Operand};
use crate::pending::{Pending, Want};
use crate::x64::assembler::Rm;
use crate::x64::opcodes::*;
use crate::x64::registers::{Gpr, Xmm};

impl Generator<'_> {
    pub(super) fn emit_convert(&mut self, op: Convert, from: Shape, to: Shape) {
        if from.is_vector() {
            return self.emit_vector_convert(op, from, to);
        }
        let mut a = self.pop();
        if op == Convert::Reinterpret {
            self.canonical(&mut a);
        }
        let is_rounded = matches!(op, Convert::Demote | Convert::Promote);
        let nan = self.nan_of(is_rounded, to);
        self.push_pending(to.into(), Pending::Convert { op, from, to, a }, nan);
    }

    pub(crate) fn compute_convert(
        &mut self,
        op: Convert,
        from: Shape,
        to: Shape,
        mut a: Operand,
        want: Want,
    ) -> Loc {
        if from.is_vector() {
            return Loc::Xmm(self.vector_convert(op, from, to, a, want.xmm));
        }
        match op {
            Convert::Wrap => {
                let from = self.gpr_or_memory(&mut a);
                let to = self.result_gpr(want.gpr, &[a]);
                self.asm().mov(false, to, from);
                Loc::Gpr(to)
            }
            Convert::ExtendS => {
                let from = self.gpr_or_memory(&mut a);
                let to = self.result_gpr(want.gpr, &[a]);
                self.asm().mov_widen(Widen::Sign32, true, to, from);
                Loc::Gpr(to)
            }
            Convert::ExtendU => {
                // Registers have zeros there already.
                let from = self.gpr_or_memory(&mut a);
                let to = self.result_gpr(want.gpr, &[a]);
                if from != Rm::Reg(to) {
                    self.asm().mov(false, to, from);
                }
                Loc::Gpr(to)
            }
            Convert::Reinterpret => self.reinterpret(to.into(), a, want),
            _ => self.convert_float(op, from, to, a, want),
        }
    }

    fn reinterpret(&mut self, to: Kind, mut a: Operand, want: Want) -> Loc {
        let wide = to.is_wide();
        if to.is_general() {
            let from = self.xmm(&mut a);
            let reg = want.gpr.unwrap_or_else(|| self.new_gpr());
            self.asm().sse_gpr(MOVD_TO, wide, from.0, reg.into(), 0);
            self.release(a);
            return Loc::Gpr(reg);
        }
        let from = self.gpr_or_memory(&mut a);
        let reg = want.xmm.unwrap_or_else(|| self.new_xmm());
        self.asm().sse_gpr(MOVD, wide, reg.0, from, 0);
        self.release(a);
        Loc::Xmm(reg)
    }

    fn convert_float(
        &mut self,
        op: Convert,
        from: Shape,
        to: Shape,
        mut a: Operand,
        want: Want,
    ) -> Loc {
        let (source, result) = (Kind::from(from), Kind::from(to));
        match op {
            Convert::ConvertS => Loc::Xmm(self.convert_signed(result, a, want.xmm)),
            Convert::ConvertU => Loc::Xmm(self.convert_unsigned(result, a, want.xmm)),
            Convert::Demote | Convert::Promote => {
                let from = self.xmm_or_memory(&mut a);
                let to = self.result_xmm(want.xmm, &[a]);
                let op = match source {
                    Kind::F64 => CVTSD2SS,
                    _ => CVTSS2SD,
                };
                self.lowest_lane_op(op, to, from, 0);
                Loc::Xmm(to)
            }
            _ => {
                let from = self.xmm(&mut a);
                let to = want.gpr.unwrap_or_else(|| self.new_gpr());
                let float = Float { kind: source, from };
                match (op, result) {
                    (Convert::TruncS, _) => self.truncate_signed(float, result, to, false),
                    (Convert::TruncSatS, _) => self.truncate_signed(float, result, to, true),
                    (Convert::TruncU, Kind::I32) => self.truncate_unsigned32(float, to, false),
                    (Convert::TruncU, _) => self.truncate_unsigned64(float, to, false),
                    (Convert::TruncSatU, Kind::I32) => self.truncate_unsigned32(float, to, true),
                    (Convert::TruncSatU, _) => self.truncate_unsigned64(float, to, true),
                    _ => unreachable!("no conversion of scalars"),
                }
                self.release(a);
                Loc::Gpr(to)
            }
        }
    }

    // ---- integers to floats

    fn convert_signed(&mut self, result: Kind, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let wide = a.kind.is_wide();
        let from = self.gpr_or_memory(&mut a);
        let to = want.unwrap_or_else(|| self.new_xmm());
        self.integer_to_float(result, wide, to, from);
        self.release(a);
        to
    }

    /// The instruction leaves the upper lanes as they are: zeros make it independent of what was there.
    fn integer_to_float(&mut self, result: Kind, wide: bool, to: Xmm, from: Rm) {
        self.zero_xmm(to);
        let op = match result {
            Kind::F32 => CVTSI2SS,
            _ => CVTSI2SD,
        };
        match self.environment.cpu.avx {
            true => self.asm().vex_gpr(op, wide, to.0, to.0, from, 0),
            false => self.asm().sse_gpr(op, wide, to.0, from, 0),
        }
    }

    fn convert_unsigned(&mut self, result: Kind, mut a: Operand, want: Option<Xmm>) -> Xmm {
        let from = self.gpr(&mut a);
        let to = want.unwrap_or_else(|| self.new_xmm());
        if a.kind == Kind::I32 {
            // A number of 64 bits that is not negative.
            self.integer_to_float(result, true, to, from.into());
            self.release(a);
            return to;
        }
        self.asm().test(true, from, from);
        let large = self.asm().short_jump_if(condition::SIGN);
        self.integer_to_float(result, true, to, from.into());
        let done = self.asm().short_jump();
        self.asm().land(large);
        // Half of it, with the lost bit or-ed to the lowest, rounds as the whole would.
        self.asm().mov(true, SCRATCH, from.into());
        self.asm().shift_imm(ShiftOp::Shr, true, SCRATCH, 1);
        const LOST_NOTHING: u8 = condition::ABOVE_EQUAL;
        let exact = self.asm().short_jump_if(LOST_NOTHING);
        self.asm().alu_imm(Alu::Or, true, SCRATCH.into(), 1);
        self.asm().land(exact);
        self.integer_to_float(result, true, to, SCRATCH.into());
        let add = match result {
            Kind::F32 => SINGLE.add,
            _ => DOUBLE.add,
        };
        self.asm().sse(add, false, to, to.into(), 0);
        self.asm().land(done);
        self.release(a);
        to
    }

    // ---- floats to integers

    /// The processor's truncation, which gives the smallest integer for what it cannot represent.
    fn truncate(&mut self, Float { kind, from }: Float, wide: bool, to: Gpr) {
        let op = match kind {
            Kind::F32 => CVTTSS2SI,
            _ => CVTTSD2SI,
        };
        self.asm().sse_gpr_from(op, wide, to.0, from);
    }

    /// Compares a float with a constant of its kind, given as a double.
    fn compare_with_constant(&mut self, Float { kind, from }: Float, constant: f64) {
        let (bits, compare) = match kind {
            Kind::F32 => ((constant as f32).to_bits().into(), SINGLE.compare),
            _ => (constant.to_bits(), DOUBLE.compare),
        };
        self.set_xmm(kind, SCRATCH_XMM, bits);
        self.asm().sse1(compare, false, from, SCRATCH_XMM.into(), 0);
    }

    /// Stops if a float is a NaN.
    fn trap_if_nan(&mut self, Float { kind, from }: Float) {
        let compare = match kind {
            Kind::F32 => SINGLE.compare,
            _ => DOUBLE.compare,
        };
        self.asm().sse1(compare, false, from, from.into(), 0);
        self.raise_if(condition::PARITY, TrapCode::BadConversionToInteger);
    }

    fn truncate_signed(&mut self, float: Float, result: Kind, to: Gpr, saturates: bool) {
        let wide = result.is_wide();
        self.truncate(float, wide, to);
        // Only the smallest integer overflows here.
        self.asm().alu_imm(Alu::Cmp, wide, to.into(), 1);
        let done = self.asm().short_jump_if(NOT_OVERFLOW);
        if saturates {
            self.compare_with_constant(float, 0.0);
            let not_a_number = self.asm().short_jump_if(condition::PARITY);
            let negative = self.asm().short_jump_if(condition::BELOW);
            let largest = if wide {
                i64::MAX as u64
            } else {
                i32::MAX as u64
            };
            self.asm().mov_imm(to, largest);
            let large = self.asm().short_jump();
            self.asm().land(not_a_number);
            self.asm().mov_imm(to, 0);
            self.asm().land(negative);
            self.asm().land(large);
        } else {
            self.trap_if_nan(float);
            // The smallest integer is the result of a float in this range only.
            let (limit, below) = match (float.kind, wide) {
                (Kind::F64, false) => (-2_147_483_649.0, condition::BELOW_EQUAL),
                (_, false) => (-2_147_483_648.0, condition::BELOW),
                (_, true) => (-9_223_372_036_854_775_808.0, condition::BELOW),
            };
            self.compare_with_constant(float, limit);
            self.raise_if(below, TrapCode::IntegerOverflow);
            self.compare_with_constant(float, 0.0);
            self.raise_if(condition::ABOVE, TrapCode::IntegerOverflow);
        }
        self.asm().land(done);
    }

    /// By way of 64 bits, of which the upper half must be zero.
    fn truncate_unsigned32(&mut self, float: Float, to: Gpr, saturates: bool) {
        self.truncate(float, true, to);
        self.asm().mov(false, SCRATCH, to.into());
        self.asm().alu(Alu::Cmp, true, to, SCRATCH.into());
        let done = self.asm().short_jump_if(condition::EQUAL);
        if saturates {
            // Zero for NaNs as well.
            self.asm().mov_imm(to, 0);
            self.compare_with_constant(float, 0.0);
            let small = self.asm().short_jump_if(condition::BELOW_EQUAL);
            self.asm().mov_imm(to, u32::MAX.into());
            self.asm().land(small);
        } else {
            self.trap_if_nan(float);
            self.raise(TrapCode::IntegerOverflow);
        }
        self.asm().land(done);
    }

    fn truncate_unsigned64(&mut self, float: Float, to: Gpr, saturates: bool) {
        const HALF: f64 = 9_223_372_036_854_775_808.0;
        self.compare_with_constant(float, HALF);
        let large = self.asm().short_jump_if(condition::ABOVE_EQUAL);
        // Small, negative, or a NaN: the latter two give a negative number.
        self.truncate(float, true, to);
        self.asm().test(true, to, to);
        let done = self.asm().short_jump_if(condition::SIGN ^ 1);
        if saturates {
            self.asm().mov_imm(to, 0);
        } else {
            self.trap_if_nan(float);
            self.raise(TrapCode::IntegerOverflow);
        }
        let done_too = self.asm().short_jump();
        self.asm().land(large);
        // Less half of the range. A new register might move an operand out of its own, on this way only.
        let (minus_half, add) = match float.kind {
            Kind::F32 => ((-HALF as f32).to_bits().into(), SINGLE.add),
            _ => ((-HALF).to_bits(), DOUBLE.add),
        };
        self.set_xmm(float.kind, SCRATCH_XMM, minus_half);
        self.asm()
            .sse(add, false, SCRATCH_XMM, float.from.into(), 0);
        let from = SCRATCH_XMM;
        self.truncate(Float { from, ..float }, true, to);
        self.asm().test(true, to, to);
        if saturates {
            let fits = self.asm().short_jump_if(condition::SIGN ^ 1);
            self.asm().mov_imm(to, i64::MAX as u64);
            self.asm().land(fits);
        } else {
            self.raise_if(condition::SIGN, TrapCode::IntegerOverflow);
        }
        self.asm().mov_imm(SCRATCH, 1 << 63);
        self.asm().alu(Alu::Or, true, to, SCRATCH.into());
        self.asm().land(done);
        self.asm().land(done_too);
    }
}

/// The condition that the last operation did not overflow.
const NOT_OVERFLOW: u8 = 1;

/// A float to be made an integer.
#[derive(Clone, Copy)]
struct Float {
    kind: Kind,
    from: Xmm,
}
