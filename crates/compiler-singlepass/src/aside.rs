//! What is seldom reached stands behind the function's code, so that the usual way runs straight through.

use wasmill_abi::TrapCode;
use wasmill_compiler::ops::Shape;

use crate::generator::Generator;
use crate::x64::assembler::{Label, Op};
use crate::x64::opcodes::{ScalarOps, condition};
use crate::x64::registers::Xmm;

/// A piece of code that is to be written behind the function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aside {
    /// It starts here.
    label: Label,
    /// Where it returns to.
    back: u32,
    rare: Rare,
}

/// What is done there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rare {
    /// Stops with a trap of the operator that is here.
    Trap { code: TrapCode, location: u32 },
    /// Puts the canonical NaN in the place of another one; in a vector, into the lanes that the scratch register marks.
    Canonical { shape: Shape, reg: Xmm },
    /// The minimum or maximum of floats that are equal or of which one is a NaN: the former, which may be zeros of both
    /// signs, are or-ed (for the minimum; and-ed for the maximum), the latter added.
    Bound {
        ops: &'static ScalarOps,
        of_equals: Op,
        to: Xmm,
        second: Xmm,
    },
}

impl Generator<'_> {
    /// Goes aside if a condition holds.
    pub(crate) fn aside_if(&mut self, condition: u8, rare: Rare) {
        let mut label = Label::new();
        self.asm().jump_if(condition, &mut label);
        let back = self.asm().offset();
        self.tables.asides.push(Aside { label, back, rare });
    }

    /// Lets what goes aside last return here, not to where it came from.
    pub(crate) fn return_here(&mut self) {
        let here = self.asm().offset();
        self.tables.asides.last_mut().expect("one went aside").back = here;
    }

    /// Writes all that went aside.
    pub(crate) fn emit_asides(&mut self) {
        for nth in 0..self.tables.asides.len() {
            let mut aside = self.tables.asides[nth];
            self.asm().bind(&mut aside.label);
            self.emit_rare(aside.rare);
            if !matches!(aside.rare, Rare::Trap { .. }) {
                self.asm().jump(&mut Label::Bound(aside.back));
            }
        }
    }

    fn emit_rare(&mut self, rare: Rare) {
        match rare {
            Rare::Trap { code, location } => {
                self.location = location;
                self.raise(code);
            }
            Rare::Canonical { shape, reg } => self.put_nan(shape, reg),
            Rare::Bound {
                ops,
                of_equals,
                to,
                second,
            } => {
                let nan = self.asm().short_jump_if(condition::PARITY);
                self.asm().sse(of_equals, false, to, second.into(), 0);
                let done = self.asm().short_jump();
                self.asm().land(nan);
                self.asm().sse(ops.add, false, to, second.into(), 0);
                self.asm().land(done);
            }
        }
    }
}
