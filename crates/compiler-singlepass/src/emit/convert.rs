//! From one shape to another.

use wasmill_compiler::ops::{Convert, Shape};

use crate::generator::Generator;
use crate::location::{Kind, Loc, Operand};
use crate::pending::{Pending, Want};
use crate::x64::assembler::Rm;
use crate::x64::opcodes::{MOVD, MOVD_TO, Widen};

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
        let nan = self.environment.canonical_nans && is_rounded;
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
        _op: Convert,
        _from: Shape,
        _to: Shape,
        _a: Operand,
        _want: Want,
    ) -> Loc {
        unreachable!()
    }
}
