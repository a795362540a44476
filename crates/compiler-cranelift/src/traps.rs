//! Trap codes: ours to Cranelift's and back.
//!
//! Some of Cranelift's own instructions trap by themselves (division, conversion, stack probes) with codes it reserves;
//! those map to ours one to one. All others travel as "user" codes, shifted by one because Cranelift has no code zero.

use cranelift_codegen::ir;
use wasmill_abi::TrapCode;

/// What Cranelift calls this trap.
pub(crate) fn to_cranelift(code: TrapCode) -> ir::TrapCode {
    match code {
        TrapCode::StackOverflow => ir::TrapCode::STACK_OVERFLOW,
        TrapCode::HeapAccessOutOfBounds => ir::TrapCode::HEAP_OUT_OF_BOUNDS,
        TrapCode::IntegerOverflow => ir::TrapCode::INTEGER_OVERFLOW,
        TrapCode::IntegerDivisionByZero => ir::TrapCode::INTEGER_DIVISION_BY_ZERO,
        TrapCode::BadConversionToInteger => ir::TrapCode::BAD_CONVERSION_TO_INTEGER,
        TrapCode::HeapMisaligned
        | TrapCode::TableAccessOutOfBounds
        | TrapCode::OutOfBounds
        | TrapCode::IndirectCallToNull
        | TrapCode::BadSignature
        | TrapCode::UnreachableCodeReached
        | TrapCode::UnalignedAtomic
        | TrapCode::Interrupted => ir::TrapCode::unwrap_user(code as u8 + 1),
    }
}

/// What we call Cranelift's trap; `None` for a code that nothing of ours makes.
pub(crate) fn from_cranelift(code: ir::TrapCode) -> Option<TrapCode> {
    match code {
        ir::TrapCode::STACK_OVERFLOW => Some(TrapCode::StackOverflow),
        ir::TrapCode::HEAP_OUT_OF_BOUNDS => Some(TrapCode::HeapAccessOutOfBounds),
        ir::TrapCode::INTEGER_OVERFLOW => Some(TrapCode::IntegerOverflow),
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => Some(TrapCode::IntegerDivisionByZero),
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => Some(TrapCode::BadConversionToInteger),
        user => TrapCode::from_u32(u32::from(user.as_raw().get()) - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU8;

    #[test]
    fn every_code_survives_the_round_trip() {
        for &code in TrapCode::ALL {
            assert_eq!(from_cranelift(to_cranelift(code)), Some(code));
        }
    }

    #[test]
    fn every_code_that_cranelift_reserves_is_mapped() {
        for &code in ir::TrapCode::non_user_traps() {
            assert!(from_cranelift(code).is_some(), "{code}");
        }
    }

    #[test]
    fn different_codes_stay_different() {
        let mut raw: Vec<NonZeroU8> = TrapCode::ALL
            .iter()
            .map(|&code| to_cranelift(code).as_raw())
            .collect();
        raw.sort_unstable();
        raw.dedup();
        assert_eq!(raw.len(), TrapCode::ALL.len());
    }

    #[test]
    fn unknown_codes_are_refused() {
        assert_eq!(from_cranelift(ir::TrapCode::unwrap_user(200)), None);
    }
}
