//! Constant expressions.

use super::Sections;
use crate::CompileError;
use crate::convert::{invalid, reference_type, unsupported};
use wasmill_types::{ConstOp, FunctionIndex, GlobalIndex, GlobalInit};
use wasmparser::{ConstExpr, Operator};

impl Sections<'_> {
    /// Reads an expression: one step becomes an initializer of its own, more are kept aside.
    pub(super) fn constant(
        &mut self,
        expression: &ConstExpr<'_>,
    ) -> Result<GlobalInit, Box<CompileError>> {
        let mut operators = expression.get_operators_reader();
        let mut steps = Vec::new();
        loop {
            let operator = operators.read().map_err(invalid)?;
            if matches!(operator, Operator::End) {
                break;
            }
            let step = step(&operator)?;
            if let ConstOp::RefFunc(function) = step {
                self.escape(function);
            }
            steps.push(step);
        }
        Ok(match steps[..] {
            [step] => single_step(step),
            _ => GlobalInit::Expr(self.info.const_exprs.push(steps.into())),
        })
    }
}

fn step(operator: &Operator<'_>) -> Result<ConstOp, Box<CompileError>> {
    Ok(match operator {
        Operator::I32Const { value } => ConstOp::I32Const(*value),
        Operator::I64Const { value } => ConstOp::I64Const(*value),
        Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
        Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
        Operator::V128Const { value } => ConstOp::V128Const(value.i128() as u128),
        Operator::GlobalGet { global_index } => {
            ConstOp::GlobalGet(GlobalIndex::from_u32(*global_index))
        }
        Operator::RefNull { hty } => ConstOp::RefNull(reference_type(*hty)?),
        Operator::RefFunc { function_index } => {
            ConstOp::RefFunc(FunctionIndex::from_u32(*function_index))
        }
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        _ => return Err(unsupported("gc")),
    })
}

fn single_step(step: ConstOp) -> GlobalInit {
    match step {
        ConstOp::I32Const(value) => GlobalInit::I32Const(value),
        ConstOp::I64Const(value) => GlobalInit::I64Const(value),
        ConstOp::F32Const(bits) => GlobalInit::F32Const(f32::from_bits(bits)),
        ConstOp::F64Const(bits) => GlobalInit::F64Const(f64::from_bits(bits)),
        ConstOp::V128Const(value) => GlobalInit::V128Const(value),
        ConstOp::GlobalGet(global) => GlobalInit::GetGlobal(global),
        ConstOp::RefNull(_) => GlobalInit::RefNullConst,
        ConstOp::RefFunc(function) => GlobalInit::RefFunc(function),
        ConstOp::I32Add
        | ConstOp::I32Sub
        | ConstOp::I32Mul
        | ConstOp::I64Add
        | ConstOp::I64Sub
        | ConstOp::I64Mul => unreachable!("validated: arithmetic has operands"),
    }
}
