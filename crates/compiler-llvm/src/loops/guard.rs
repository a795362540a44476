//! The code before a loop that decides how it runs.
//!
//! It is written behind the preheader, from constants and numbers that the loop does not change. LLVM may have moved some of
//! these out of conditional code of the loop, where they are *poison* if they are not wanted: a branch on one would be undefined, so all
//! are frozen first, and the copy of the loop uses the frozen ones alone.

use std::collections::HashMap;
use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::builder::Builder;
use inkwell::values::{IntValue, PointerValue};
use wasmill_abi::{VMMemoryDefinition, VMMemoryRef};
use wasmill_types::MemoryIndex;

use super::affine::Affine;
use crate::environment::Environment;
use crate::metadata::Region;
use crate::translator::built;
use crate::unit::Unit;

/// Code that is being written, and what it has found out up to here.
pub(super) struct Guard<'a, 'ctx> {
    pub(super) unit: &'a Unit<'ctx>,
    pub(super) environment: &'a Environment<'a>,
    /// The instance's context.
    context: PointerValue<'ctx>,
    frozen: HashMap<IntValue<'ctx>, IntValue<'ctx>>,
    lengths: HashMap<MemoryIndex, IntValue<'ctx>>,
    /// Whether all that was required holds.
    holds: IntValue<'ctx>,
}

impl<'a, 'ctx> Guard<'a, 'ctx> {
    /// One that requires nothing, written where the builder stands.
    pub(super) fn new(
        unit: &'a Unit<'ctx>,
        environment: &'a Environment<'a>,
        context: PointerValue<'ctx>,
    ) -> Self {
        Self {
            unit,
            environment,
            context,
            frozen: HashMap::new(),
            lengths: HashMap::new(),
            holds: unit.context.bool_type().const_int(1, false),
        }
    }

    /// Whether the loop may run in the other way.
    pub(super) fn holds(&self) -> IntValue<'ctx> {
        self.holds
    }

    pub(super) fn builder(&self) -> &'a Builder<'ctx> {
        &self.unit.builder
    }

    /// A 64-bit constant.
    pub(super) fn number(&self, number: u64) -> IntValue<'ctx> {
        self.unit.types.i64.const_int(number, false)
    }

    /// A number plus a constant.
    pub(super) fn add(&self, number: IntValue<'ctx>, constant: i64) -> IntValue<'ctx> {
        let constant = number.get_type().const_int(constant as u64, true);
        built(self.builder().build_int_add(number, constant, ""))
    }

    /// A number in 64 bits.
    pub(super) fn extended(&self, number: IntValue<'ctx>, signed: bool) -> IntValue<'ctx> {
        let wide = self.unit.types.i64;
        match (number.get_type() == wide, signed) {
            (true, _) => number,
            (_, true) => built(self.builder().build_int_s_extend(number, wide, "")),
            (_, false) => built(self.builder().build_int_z_extend(number, wide, "")),
        }
    }

    /// The loop runs in the other way only if this holds as well.
    pub(super) fn require(
        &mut self,
        predicate: IntPredicate,
        a: IntValue<'ctx>,
        b: IntValue<'ctx>,
    ) {
        let holds = built(self.builder().build_int_compare(predicate, a, b, ""));
        self.require_bit(holds);
    }

    /// The same for a bit.
    pub(super) fn require_bit(&mut self, holds: IntValue<'ctx>) {
        self.holds = built(self.builder().build_and(self.holds, holds, ""));
    }

    /// What a number that changes in the loop is before it.
    pub(super) fn start(&mut self, number: &Affine<'ctx>) -> IntValue<'ctx> {
        let ty = match number.width {
            32 => self.unit.types.i32,
            _ => self.unit.types.i64,
        };
        let mut sum = ty.const_int(number.constant, false);
        for &(term, factor) in &number.terms {
            let term = self.frozen(term);
            let product = match factor {
                1 => term,
                _ => built(
                    self.builder()
                        .build_int_mul(term, ty.const_int(factor, false), ""),
                ),
            };
            sum = built(self.builder().build_int_add(product, sum, ""));
        }
        sum
    }

    /// A number that is not poison, whatever it was.
    pub(super) fn frozen(&mut self, value: IntValue<'ctx>) -> IntValue<'ctx> {
        if value.is_constant_int() {
            return value;
        }
        let unit = self.unit;
        let frozen = || unit.freeze(value.into()).into_int_value();
        *self.frozen.entry(value).or_insert_with(frozen)
    }

    /// So many bytes of a memory are used.
    pub(super) fn require_bytes(&mut self, memory: MemoryIndex, end: IntValue<'ctx>) {
        let minimum = self.environment.info.minimum_bytes(memory);
        if end
            .get_zero_extended_constant()
            .is_some_and(|end| end <= minimum)
        {
            return;
        }
        let length = self.length(memory);
        self.require(IntPredicate::ULE, end, length);
    }

    /// The size of a memory in bytes. It never becomes smaller.
    fn length(&mut self, memory: MemoryIndex) -> IntValue<'ctx> {
        let info = self.environment.info;
        if info.fixed_pages(memory).is_some() {
            return self.number(info.minimum_bytes(memory));
        }
        if let Some(&length) = self.lengths.get(&memory) {
            return length;
        }
        let unit = self.unit;
        let definition = info.layout.memory(memory) + offset_of!(VMMemoryRef, definition) as u32;
        let definition = unit.load(unit.types.pointer, self.context, definition, None);
        let definition = definition.into_pointer_value();
        let offset = offset_of!(VMMemoryDefinition, current_length) as u32;
        let region = Some(Region::Definitions);
        let length = unit.load(unit.types.i64, definition, offset, region);
        let length = length.into_int_value();
        self.lengths.insert(memory, length);
        length
    }
}
