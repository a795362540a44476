//! Moving operands to where instructions need them, and arithmetic on vector registers in either encoding.

use crate::generator::{Generator, SCRATCH, SCRATCH_XMM};
use crate::locals::Pin;
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::{Mem, Op, Rm, XmmRm};
use crate::x64::opcodes::*;
use crate::x64::registers::{Gpr, Xmm};

impl Generator<'_> {
    // ---- registers and memory

    /// Sets a general register to a constant.
    pub(crate) fn set_gpr(&mut self, to: Gpr, bits: u64) {
        if bits == 0 && !self.flags_live {
            self.asm().alu(Alu::Xor, false, to, to.into());
        } else {
            self.asm().mov_imm(to, bits);
        }
    }

    /// Sets a vector register to a constant of at most 64 bits.
    pub(crate) fn set_xmm(&mut self, kind: Kind, to: Xmm, bits: u64) {
        if bits == 0 {
            self.zero_xmm(to);
        } else {
            let constant = self.asm().constant64(bits);
            self.load_xmm(kind, to, constant);
        }
    }

    pub(crate) fn zero_xmm(&mut self, to: Xmm) {
        self.asm().sse(XORPS, false, to, to.into(), 0);
    }

    pub(crate) fn move_xmm(&mut self, to: Xmm, from: Xmm) {
        if to != from {
            self.asm().sse1(MOVAPS, false, to, from.into(), 0);
        }
    }

    pub(crate) fn load_xmm(&mut self, kind: Kind, to: Xmm, from: Mem) {
        let op = match kind {
            Kind::F32 | Kind::I32 => MOVSS,
            Kind::F64 | Kind::I64 => MOVSD,
            Kind::V128 => MOVUPS,
        };
        self.asm().sse1(op, false, to, from.into(), 0);
    }

    pub(crate) fn store_xmm(&mut self, kind: Kind, to: Mem, from: Xmm) {
        let op = match kind {
            Kind::F32 | Kind::I32 => MOVSS_TO,
            Kind::F64 | Kind::I64 => MOVSD_TO,
            Kind::V128 => MOVUPS_TO,
        };
        self.asm().sse1(op, false, from, to.into(), 0);
    }

    /// `to = a op b`, on the lowest lane or on all of them; `b` is not `to` unless `a` is, or AVX is there. Without AVX,
    /// memory must be aligned if the instruction works on all lanes.
    pub(crate) fn xmm_op(&mut self, op: Op, to: Xmm, a: Xmm, b: XmmRm) {
        if self.environment.cpu.avx {
            self.asm().vex(op, false, to.0, a.0, b, 0);
        } else {
            debug_assert!(to == a || b != XmmRm::Reg(to));
            self.move_xmm(to, a);
            self.asm().sse(op, false, to, b, 0);
        }
    }

    /// The same with an immediate.
    pub(crate) fn xmm_op_imm(&mut self, op: Op, to: Xmm, a: Xmm, b: XmmRm, imm: u8) {
        if self.environment.cpu.avx {
            self.asm().vex(op, false, to.0, a.0, b, 1);
        } else {
            debug_assert!(to == a || b != XmmRm::Reg(to));
            self.move_xmm(to, a);
            self.asm().sse(op, false, to, b, 1);
        }
        self.asm().imm8(imm);
    }

    // ---- operands

    /// Loads an operand into a register (given as a location).
    pub(crate) fn load_operand(&mut self, to: Loc, operand: &Operand) {
        match to {
            Loc::Gpr(to) => self.load_gpr(to, operand),
            Loc::Xmm(to) => self.load_to_xmm(to, operand),
            _ => unreachable!("operands are loaded into registers"),
        }
    }

    /// Loads an operand into a general register.
    pub(crate) fn load_gpr(&mut self, to: Gpr, operand: &Operand) {
        let wide = operand.kind.is_wide();
        match operand.loc {
            Loc::Const(bits) => self.set_gpr(to, bits),
            _ => {
                let from = self.memory_or_gpr(operand);
                if from != Rm::Reg(to) {
                    self.asm().mov(wide, to, from);
                }
            }
        }
    }

    /// Loads an operand into a vector register.
    pub(crate) fn load_to_xmm(&mut self, to: Xmm, operand: &Operand) {
        match operand.loc {
            Loc::Const(bits) => self.set_xmm(operand.kind, to, bits),
            _ => match self.memory_or_xmm(operand) {
                XmmRm::Reg(from) => self.move_xmm(to, from),
                XmmRm::Mem(from) => self.load_xmm(operand.kind, to, from),
            },
        }
    }

    /// Stores an operand.
    pub(crate) fn store_operand(&mut self, to: Mem, operand: &Operand) {
        let kind = operand.kind;
        if kind.is_general() {
            if let Some(value) = operand.immediate() {
                self.asm().mov_imm_to(kind.is_wide(), to, value);
                return;
            }
            let from = match self.place_of_gpr(operand) {
                Some(Rm::Reg(reg)) => reg,
                _ => {
                    self.load_gpr(SCRATCH, operand);
                    SCRATCH
                }
            };
            self.asm().mov_to(kind.is_wide(), to, from);
            return;
        }
        let from = match self.place_of_xmm(operand) {
            Some(XmmRm::Reg(reg)) => reg,
            _ => {
                self.load_to_xmm(SCRATCH_XMM, operand);
                SCRATCH_XMM
            }
        };
        self.store_xmm(kind, to, from);
    }

    fn place_of_gpr(&mut self, operand: &Operand) -> Option<Rm> {
        match operand.loc {
            Loc::Gpr(reg) => Some(reg.into()),
            Loc::Slot => Some(Self::slot(operand.slot).into()),
            Loc::Local(local) => match self.pin(local) {
                Pin::Gpr(reg) => Some(reg.into()),
                _ => Some(Self::slot(self.tables.locals.get(local).home).into()),
            },
            _ => None,
        }
    }

    fn place_of_xmm(&mut self, operand: &Operand) -> Option<XmmRm> {
        match operand.loc {
            Loc::Xmm(reg) => Some(reg.into()),
            Loc::Slot => Some(Self::slot(operand.slot).into()),
            Loc::Pool(constant) => Some(Mem::Pool(constant).into()),
            Loc::Local(local) => match self.pin(local) {
                Pin::Xmm(reg) => Some(reg.into()),
                _ => Some(Self::slot(self.tables.locals.get(local).home).into()),
            },
            _ => None,
        }
    }

    /// Where a general operand is that is no constant.
    fn memory_or_gpr(&mut self, operand: &Operand) -> Rm {
        let place = self.place_of_gpr(operand);
        place.expect("a general operand in a register or in memory")
    }

    /// Where a vector operand is that is no scalar constant.
    fn memory_or_xmm(&mut self, operand: &Operand) -> XmmRm {
        let place = self.place_of_xmm(operand);
        place.expect("a vector operand in a register or in memory")
    }

    /// An operand in a general register, to be read only.
    pub(crate) fn gpr(&mut self, operand: &mut Operand) -> Gpr {
        match self.place_of_gpr(operand) {
            Some(Rm::Reg(reg)) => reg,
            _ => {
                let reg = self.new_gpr();
                self.load_gpr(reg, operand);
                operand.loc = Loc::Gpr(reg);
                reg
            }
        }
    }

    /// An operand in a vector register, to be read only.
    pub(crate) fn xmm(&mut self, operand: &mut Operand) -> Xmm {
        match self.place_of_xmm(operand) {
            Some(XmmRm::Reg(reg)) => reg,
            _ => {
                let reg = self.new_xmm();
                self.load_to_xmm(reg, operand);
                operand.loc = Loc::Xmm(reg);
                reg
            }
        }
    }

    /// An operand in a general register or in memory.
    pub(crate) fn gpr_or_memory(&mut self, operand: &mut Operand) -> Rm {
        match operand.loc {
            Loc::Const(_) => self.gpr(operand).into(),
            _ => self.memory_or_gpr(operand),
        }
    }

    /// A scalar operand in a vector register or in memory.
    pub(crate) fn xmm_or_memory(&mut self, operand: &mut Operand) -> XmmRm {
        match operand.loc {
            Loc::Const(0) => self.xmm(operand).into(),
            Loc::Const(bits) => self.asm().constant64(bits).into(),
            _ => self.memory_or_xmm(operand),
        }
    }

    /// A vector operand where an instruction on all lanes can read it: memory need not be aligned with AVX only.
    pub(crate) fn vector_or_memory(&mut self, operand: &mut Operand) -> XmmRm {
        match self.environment.cpu.avx {
            true => self.memory_or_xmm(operand),
            false => self.xmm(operand).into(),
        }
    }

    /// A general register that holds an operand and may be overwritten: `want` if possible (it must not be read later), else
    /// the operand's own register, or a new one. The operand is gone then.
    pub(crate) fn gpr_to_change(&mut self, operand: Operand, want: Option<Gpr>) -> Gpr {
        match (want, operand.loc) {
            (Some(to), _) => {
                self.load_gpr(to, &operand);
                self.release(operand);
                to
            }
            (None, Loc::Gpr(reg)) => reg,
            (None, _) => {
                let to = self.new_gpr();
                self.load_gpr(to, &operand);
                to
            }
        }
    }

    /// The same for a vector register.
    pub(crate) fn xmm_to_change(&mut self, operand: Operand, want: Option<Xmm>) -> Xmm {
        match (want, operand.loc) {
            (Some(to), _) => {
                self.load_to_xmm(to, &operand);
                self.release(operand);
                to
            }
            (None, Loc::Xmm(reg)) => reg,
            (None, _) => {
                let to = self.new_xmm();
                self.load_to_xmm(to, &operand);
                to
            }
        }
    }

    /// A register for a result that nothing is read from later: `want`, or one of the operands' own, or a new one. With this
    /// the operands are gone.
    pub(crate) fn result_xmm(&mut self, want: Option<Xmm>, operands: &[Operand]) -> Xmm {
        let own = operands.iter().find_map(|operand| match operand.loc {
            Loc::Xmm(reg) => Some(reg),
            _ => None,
        });
        let to = want.or(own).unwrap_or_else(|| self.new_xmm());
        for &operand in operands {
            if operand.loc != Loc::Xmm(to) {
                self.release(operand);
            }
        }
        to
    }

    /// The same among general registers.
    pub(crate) fn result_gpr(&mut self, want: Option<Gpr>, operands: &[Operand]) -> Gpr {
        let own = operands.iter().find_map(|operand| match operand.loc {
            Loc::Gpr(reg) => Some(reg),
            _ => None,
        });
        let to = want.or(own).unwrap_or_else(|| self.new_gpr());
        for &operand in operands {
            if operand.loc != Loc::Gpr(to) {
                self.release(operand);
            }
        }
        to
    }
}
