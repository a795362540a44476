//! What LLVM sees together: a small module as a whole, of a larger one functions that follow each other.
//!
//! A part is a unit: it is optimised and becomes code by itself, beside the others. LLVM puts small functions in the place of calls. So that
//! tiny ones are no farther away in a large module than in a small one, a part has those of other parts that it calls as well,
//! as `available_externally`: they are there to be put into callers, and no code is made of them.
//!
//! ```text
//!   bodies ─► divide ─┬─► functions 0 to 9     + tiny callees ─► unit
//!                     └─► functions 10 to 17   + tiny callees ─► unit
//! ```

use std::ops::Range;

use inkwell::module::Linkage;
use wasmill_compiler::{CompileError, DriverState, FunctionBodyData, LARGE_BODY, drive};
use wasmill_types::{EntityRef, LocalFunctionIndex, PrimaryMap};

use crate::environment::Environment;
use crate::translator::Translator;
use crate::unit::{TINY, Unit};

/// Bytes of function bodies up to which LLVM sees a module as a whole, and about the most of the parts of larger ones. It searches
/// tables of all that is in a unit again and again, so they should be small (RATIONALE.md has figures).
const PART_BYTES: usize = 32 << 10;

/// Bytes of other parts' functions in a part: few enough that the time for a module grows as it does.
const MOST_IMPORTED: usize = PART_BYTES / 4;

/// The functions of a module.
pub(crate) type Bodies<'a> = PrimaryMap<LocalFunctionIndex, FunctionBodyData<'a>>;

/// Functions that follow each other.
pub(crate) type Part = Range<usize>;

/// Divides a module.
pub(crate) fn divide(bodies: &Bodies<'_>) -> Vec<Part> {
    let lengths: Vec<_> = bodies.values().map(FunctionBodyData::len).collect();
    divide_lengths(&lengths)
}

/// By lengths only, so that the outcome is the same everywhere. There is an even number of about equal parts, so that two processors
/// have the same to do.
fn divide_lengths(lengths: &[usize]) -> Vec<Part> {
    let total: usize = lengths.iter().sum();
    let count = match total.div_ceil(PART_BYTES) {
        0 | 1 => 1,
        many => many.next_multiple_of(2),
    };
    let share = total.div_ceil(count).max(1);
    let mut start = 0;
    let numbers = lengths.iter().map(|length| {
        let number = start / share;
        start += length;
        number
    });
    let numbers: Vec<_> = numbers.collect();
    let mut first = 0;
    let parts = numbers.chunk_by(usize::eq).map(|part| {
        let part = first..first + part.len();
        first = part.end;
        part
    });
    parts.collect()
}

/// Whether a part is to be compiled while no other one is that is as large: it has a function of uncommon length.
pub(crate) fn is_large(bodies: &Bodies<'_>, part: &Part) -> bool {
    let mut functions = part.clone().map(LocalFunctionIndex::new);
    functions.any(|local| bodies[local].len() >= LARGE_BODY)
}

/// What is in a unit.
pub(crate) struct Content {
    /// Where the bodies of its functions are in the module.
    pub(crate) ranges: Vec<Range<u32>>,
    /// Whether none of it is to be optimised.
    pub(crate) is_extreme: bool,
}

/// Translates a part into a unit.
pub(crate) fn translate<'ctx>(
    environment: &Environment<'_>,
    unit: &Unit<'ctx>,
    bodies: &Bodies<'_>,
    part: Part,
) -> Result<Content, CompileError> {
    let mut state = DriverState::new();
    let mut ranges = Vec::with_capacity(part.len());
    let (mut all_extreme, mut is_wide) = (true, false);
    let mut function = |body: &FunctionBodyData<'_>| {
        let range = body.start_offset()..body.end_offset();
        let mut translator = Translator::new(environment, unit, body.index(), range.clone());
        drive(
            environment.module(),
            body.again(),
            &mut state,
            &mut translator,
        )?;
        let is_extreme = translator.finish()?;
        is_wide |= translator.extent.has_wide_calls();
        Ok::<_, CompileError>((range, is_extreme, translator.function))
    };
    for local in part.clone().map(LocalFunctionIndex::new) {
        let (range, is_extreme, _) = function(&bodies[local])?;
        ranges.push(range);
        all_extreme &= is_extreme;
    }
    for local in tiny_callees(environment, unit, bodies, &part) {
        let (_, _, function) = function(&bodies[local])?;
        function.set_linkage(Linkage::AvailableExternally);
    }
    for local in part.map(LocalFunctionIndex::new) {
        unit.keep_if_large(
            unit.function(environment, bodies[local].index()),
            bodies[local].len(),
        );
    }
    Ok(Content {
        ranges,
        is_extreme: all_extreme || is_wide,
    })
}

/// The functions of other parts that are called and tiny, up to a limit.
fn tiny_callees(
    environment: &Environment<'_>,
    unit: &Unit<'_>,
    bodies: &Bodies<'_>,
    part: &Part,
) -> Vec<LocalFunctionIndex> {
    let module = environment.module();
    let called = unit.functions().into_iter();
    let called = called.filter_map(|index| module.local_func_index(index));
    let others = called.filter(|local| !part.contains(&local.index()));
    let mut left = MOST_IMPORTED;
    let mut fits = |bytes: usize| {
        let rest = (bytes <= TINY).then(|| left.checked_sub(bytes)).flatten();
        left = rest.unwrap_or(left);
        rest.is_some()
    };
    others.filter(|local| fits(bodies[*local].len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_about_equal() {
        let sizes = |lengths: &[usize]| {
            let parts = divide_lengths(lengths).into_iter();
            parts.map(|part| part.len()).collect::<Vec<_>>()
        };
        assert!(sizes(&[]).is_empty());
        assert_eq!(sizes(&[PART_BYTES / 2; 2]), [2]);
        assert_eq!(sizes(&[PART_BYTES / 2; 4]), [2, 2]);
        // Three would be enough.
        assert_eq!(sizes(&[PART_BYTES / 2; 5]), [2, 1, 1, 1]);
        // A large function stays whole.
        assert_eq!(sizes(&[10, PART_BYTES * 4, 10, 10]), [2, 2]);
        assert_eq!(divide_lengths(&[PART_BYTES; 2]), [0..1, 1..2]);
    }
}
