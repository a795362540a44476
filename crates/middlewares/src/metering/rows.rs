//! Which operators may end a row of operators that are executed one after another.
//!
//! An operator that is listed without need costs a few instructions; one that is missing lets code escape payment. So
//! operators that the list has no names for, those of newer proposals, are all taken to end a row.

use wasmill::wasmparser::Operator;

/// Whether control may go on elsewhere than right behind the operator, or may come to right behind it from elsewhere.
pub(super) fn may_end_a_row(operator: &Operator<'_>) -> bool {
    use Operator::*;
    moves_control(operator) || may_trap(operator) || matches!(operator, Unwind { .. })
}

fn moves_control(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        Unreachable
            | Loop { .. }
            | If { .. }
            | Else
            | End
            | Br { .. }
            | BrIf { .. }
            | BrTable { .. }
            | Return
            | Call { .. }
            | CallIndirect { .. }
            | ReturnCall { .. }
            | ReturnCallIndirect { .. }
            | Try { .. }
            | Catch { .. }
            | CatchAll
            | Delegate { .. }
            | Throw { .. }
            | Rethrow { .. }
    )
}

/// Whether the operator traps for some operands.
fn may_trap(operator: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        operator,
        I32DivS
            | I32DivU
            | I32RemS
            | I32RemU
            | I64DivS
            | I64DivU
            | I64RemS
            | I64RemU
            | I32TruncF32S
            | I32TruncF32U
            | I32TruncF64S
            | I32TruncF64U
            | I64TruncF32S
            | I64TruncF32U
            | I64TruncF64S
            | I64TruncF64U
            | MemoryInit { .. }
            | MemoryCopy { .. }
            | MemoryFill { .. }
            | TableInit { .. }
            | TableCopy { .. }
            | TableFill { .. }
            | TableGet { .. }
            | TableSet { .. }
            | I32Load { .. }
            | I64Load { .. }
            | F32Load { .. }
            | F64Load { .. }
            | I32Load8S { .. }
            | I32Load8U { .. }
            | I32Load16S { .. }
            | I32Load16U { .. }
            | I64Load8S { .. }
            | I64Load8U { .. }
            | I64Load16S { .. }
            | I64Load16U { .. }
            | I64Load32S { .. }
            | I64Load32U { .. }
            | I32Store { .. }
            | I64Store { .. }
            | F32Store { .. }
            | F64Store { .. }
            | I32Store8 { .. }
            | I32Store16 { .. }
            | I64Store8 { .. }
            | I64Store16 { .. }
            | I64Store32 { .. }
            | MemoryAtomicNotify { .. }
            | MemoryAtomicWait32 { .. }
            | MemoryAtomicWait64 { .. }
            | I32AtomicLoad { .. }
            | I64AtomicLoad { .. }
            | I32AtomicLoad8U { .. }
            | I32AtomicLoad16U { .. }
            | I64AtomicLoad8U { .. }
            | I64AtomicLoad16U { .. }
            | I64AtomicLoad32U { .. }
            | I32AtomicStore { .. }
            | I64AtomicStore { .. }
            | I32AtomicStore8 { .. }
            | I32AtomicStore16 { .. }
            | I64AtomicStore8 { .. }
            | I64AtomicStore16 { .. }
            | I64AtomicStore32 { .. }
            | I32AtomicRmwAdd { .. }
            | I64AtomicRmwAdd { .. }
            | I32AtomicRmw8AddU { .. }
            | I32AtomicRmw16AddU { .. }
            | I64AtomicRmw8AddU { .. }
            | I64AtomicRmw16AddU { .. }
            | I64AtomicRmw32AddU { .. }
            | I32AtomicRmwSub { .. }
            | I64AtomicRmwSub { .. }
            | I32AtomicRmw8SubU { .. }
            | I32AtomicRmw16SubU { .. }
            | I64AtomicRmw8SubU { .. }
            | I64AtomicRmw16SubU { .. }
            | I64AtomicRmw32SubU { .. }
            | I32AtomicRmwAnd { .. }
            | I64AtomicRmwAnd { .. }
            | I32AtomicRmw8AndU { .. }
            | I32AtomicRmw16AndU { .. }
            | I64AtomicRmw8AndU { .. }
            | I64AtomicRmw16AndU { .. }
            | I64AtomicRmw32AndU { .. }
            | I32AtomicRmwOr { .. }
            | I64AtomicRmwOr { .. }
            | I32AtomicRmw8OrU { .. }
            | I32AtomicRmw16OrU { .. }
            | I64AtomicRmw8OrU { .. }
            | I64AtomicRmw16OrU { .. }
            | I64AtomicRmw32OrU { .. }
            | I32AtomicRmwXor { .. }
            | I64AtomicRmwXor { .. }
            | I32AtomicRmw8XorU { .. }
            | I32AtomicRmw16XorU { .. }
            | I64AtomicRmw8XorU { .. }
            | I64AtomicRmw16XorU { .. }
            | I64AtomicRmw32XorU { .. }
            | I32AtomicRmwXchg { .. }
            | I64AtomicRmwXchg { .. }
            | I32AtomicRmw8XchgU { .. }
            | I32AtomicRmw16XchgU { .. }
            | I64AtomicRmw8XchgU { .. }
            | I64AtomicRmw16XchgU { .. }
            | I64AtomicRmw32XchgU { .. }
            | I32AtomicRmwCmpxchg { .. }
            | I64AtomicRmwCmpxchg { .. }
            | I32AtomicRmw8CmpxchgU { .. }
            | I32AtomicRmw16CmpxchgU { .. }
            | I64AtomicRmw8CmpxchgU { .. }
            | I64AtomicRmw16CmpxchgU { .. }
            | I64AtomicRmw32CmpxchgU { .. }
            | V128Load { .. }
            | V128Load8x8S { .. }
            | V128Load8x8U { .. }
            | V128Load16x4S { .. }
            | V128Load16x4U { .. }
            | V128Load32x2S { .. }
            | V128Load32x2U { .. }
            | V128Load8Splat { .. }
            | V128Load16Splat { .. }
            | V128Load32Splat { .. }
            | V128Load64Splat { .. }
            | V128Load32Zero { .. }
            | V128Load64Zero { .. }
            | V128Store { .. }
            | V128Load8Lane { .. }
            | V128Load16Lane { .. }
            | V128Load32Lane { .. }
            | V128Load64Lane { .. }
            | V128Store8Lane { .. }
            | V128Store16Lane { .. }
            | V128Store32Lane { .. }
            | V128Store64Lane { .. }
    )
}
