//! The values of constant expressions.

use super::Instance;
use wasmill_abi::RawValue;
use wasmill_types::{ConstOp, FunctionIndex, GlobalInit};

impl Instance {
    /// The value of a constant expression.
    pub(super) fn evaluate(&self, init: &GlobalInit) -> RawValue {
        match *init {
            GlobalInit::I32Const(value) => RawValue::from_i32(value),
            GlobalInit::I64Const(value) => RawValue::from_i64(value),
            GlobalInit::F32Const(value) => RawValue::from_f32(value),
            GlobalInit::F64Const(value) => RawValue::from_f64(value),
            GlobalInit::V128Const(value) => RawValue::from_u128(value),
            GlobalInit::RefNullConst => RawValue::default(),
            GlobalInit::GetGlobal(index) => self.global_value(index),
            GlobalInit::RefFunc(index) => self.reference(index),
            GlobalInit::Expr(index) => self.run(&self.module.info().const_exprs[index]),
        }
    }

    pub(super) fn reference(&self, index: FunctionIndex) -> RawValue {
        RawValue::from_usize(self.function_ref(index).as_ptr() as usize)
    }

    fn run(&self, expression: &[ConstOp]) -> RawValue {
        let mut stack: Vec<RawValue> = Vec::new();
        for op in expression {
            let value = match *op {
                ConstOp::I32Const(value) => RawValue::from_i32(value),
                ConstOp::I64Const(value) => RawValue::from_i64(value),
                ConstOp::F32Const(bits) => RawValue::from_u32(bits),
                ConstOp::F64Const(bits) => RawValue::from_u64(bits),
                ConstOp::V128Const(value) => RawValue::from_u128(value),
                ConstOp::GlobalGet(index) => self.global_value(index),
                ConstOp::RefNull(_) => RawValue::default(),
                ConstOp::RefFunc(index) => self.reference(index),
                ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => {
                    let (b, a) = (pop(&mut stack).i32(), pop(&mut stack).i32());
                    RawValue::from_i32(match op {
                        ConstOp::I32Add => a.wrapping_add(b),
                        ConstOp::I32Sub => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    })
                }
                ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => {
                    let (b, a) = (pop(&mut stack).i64(), pop(&mut stack).i64());
                    RawValue::from_i64(match op {
                        ConstOp::I64Add => a.wrapping_add(b),
                        ConstOp::I64Sub => a.wrapping_sub(b),
                        _ => a.wrapping_mul(b),
                    })
                }
            };
            stack.push(value);
        }
        pop(&mut stack)
    }
}

fn pop(stack: &mut Vec<RawValue>) -> RawValue {
    stack.pop().expect("validated")
}
