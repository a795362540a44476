//! Numbers that change by the same amount in each round of a loop, and addresses made of them.
//!
//! All arithmetic on WebAssembly's numbers wraps around, so a number is known modulo 2^32 (or 2^64): whether it wraps in the
//! course of the loop is for [`super::range`] to check.

use std::collections::HashMap;

use inkwell::values::{
    BasicValue, BasicValueEnum, InstructionOpcode, InstructionValue, IntValue, PhiValue,
    PointerValue,
};
use smallvec::SmallVec;

use super::find::Loop;

/// How many operators deep a number is taken apart.
const MAX_DEPTH: u32 = 12;
/// Unknown numbers that one may be the sum of.
const MAX_TERMS: usize = 4;
/// Steps and factors beyond these are not loops over arrays.
pub(super) const MAX_STEP: u64 = 1 << 20;
const MAX_SCALE: u64 = 1 << 8;
/// Distances in an address beyond this are left alone.
const MAX_CONSTANT: u64 = 1 << 33;

/// In round `k`, a number is the sum of the terms, times their factors, and `constant + step * k`, modulo two to the power of its width.
#[derive(Clone, Debug)]
pub(super) struct Affine<'ctx> {
    /// Numbers that the loop does not change, each once, with factors.
    pub(super) terms: SmallVec<[(IntValue<'ctx>, u64); 2]>,
    pub(super) constant: u64,
    pub(super) step: u64,
    /// 32 or 64.
    pub(super) width: u32,
}

impl<'ctx> Affine<'ctx> {
    fn constant(constant: u64, width: u32) -> Self {
        Self {
            terms: SmallVec::new(),
            constant,
            step: 0,
            width,
        }
        .wrapped()
    }

    fn term(value: IntValue<'ctx>) -> Self {
        Self {
            terms: SmallVec::from_slice(&[(value, 1)]),
            ..Self::constant(0, value.get_type().get_bit_width())
        }
    }

    fn wrapped(mut self) -> Self {
        let mask = u64::MAX >> (64 - self.width);
        self.constant &= mask;
        self.step &= mask;
        for (_, factor) in &mut self.terms {
            *factor &= mask;
        }
        self.terms.retain(|(_, factor)| *factor != 0);
        self
    }

    fn times(mut self, factor: u64) -> Self {
        self.constant = self.constant.wrapping_mul(factor);
        self.step = self.step.wrapping_mul(factor);
        for (_, of) in &mut self.terms {
            *of = of.wrapping_mul(factor);
        }
        self.wrapped()
    }

    fn plus(mut self, other: &Self) -> Option<Self> {
        self.constant = self.constant.wrapping_add(other.constant);
        self.step = self.step.wrapping_add(other.step);
        for &(value, factor) in &other.terms {
            match self.terms.iter_mut().find(|(known, _)| *known == value) {
                Some((_, of)) => *of = of.wrapping_add(factor),
                None => self.terms.push((value, factor)),
            }
        }
        (self.terms.len() <= MAX_TERMS).then(|| self.wrapped())
    }

    /// The step, in 64 bits as a signed number.
    pub(super) fn signed_step(&self) -> i64 {
        sign_extended(self.step, self.width)
    }

    /// Whether it is the same but for the constant.
    pub(super) fn moves_with(&self, other: &Self) -> bool {
        let terms = &other.terms;
        self.step == other.step
            && self.width == other.width
            && self.terms.len() == terms.len()
            && self.terms.iter().all(|term| terms.contains(term))
    }
}

/// The signed number that the low bits of `value` are.
pub(super) fn sign_extended(value: u64, width: u32) -> i64 {
    let unused = 64 - width;
    (value << unused).cast_signed() >> unused
}

/// An address: a base that the loop does not change, and how far behind it.
#[derive(Clone, Debug)]
pub(super) struct Address<'ctx> {
    pub(super) base: PointerValue<'ctx>,
    /// 32-bit numbers, extended with zeros, and what each is multiplied by.
    pub(super) parts: SmallVec<[(Affine<'ctx>, u64); 1]>,
    pub(super) constant: u64,
}

/// What is known of the numbers of one loop.
pub(super) struct Analysis<'a, 'ctx> {
    inner: &'a Loop<'ctx>,
    known: HashMap<IntValue<'ctx>, Option<Affine<'ctx>>>,
}

impl<'a, 'ctx> Analysis<'a, 'ctx> {
    pub(super) fn new(inner: &'a Loop<'ctx>) -> Self {
        Self {
            inner,
            known: HashMap::new(),
        }
    }

    /// The instruction that makes a value, if that is in the loop.
    fn inside(&self, value: IntValue<'ctx>) -> Option<InstructionValue<'ctx>> {
        let instruction = value.as_instruction_value()?;
        let parent = instruction.get_parent()?;
        self.inner.contains(parent).then_some(instruction)
    }

    /// Whether the loop leaves a number as it is.
    pub(super) fn is_invariant(&self, value: IntValue<'ctx>) -> bool {
        self.inside(value).is_none()
    }

    /// A number as it changes, if it does so evenly.
    pub(super) fn affine(&mut self, value: IntValue<'ctx>) -> Option<Affine<'ctx>> {
        self.affine_within(value, MAX_DEPTH)
    }

    fn affine_within(&mut self, value: IntValue<'ctx>, depth: u32) -> Option<Affine<'ctx>> {
        let width = value.get_type().get_bit_width();
        if !matches!(width, 32 | 64) {
            return None;
        }
        if let Some(constant) = value.get_zero_extended_constant() {
            return Some(Affine::constant(constant, width));
        }
        if let Some(known) = self.known.get(&value) {
            return known.clone();
        }
        let depth = depth.checked_sub(1)?;
        let found = self
            .take_apart(value, depth)
            .or_else(|| self.is_invariant(value).then(|| Affine::term(value)));
        self.known.insert(value, found.clone());
        found
    }

    fn take_apart(&mut self, value: IntValue<'ctx>, depth: u32) -> Option<Affine<'ctx>> {
        let instruction = value.as_instruction_value()?;
        if instruction.get_opcode() == InstructionOpcode::Phi {
            return self.induction(value, depth);
        }
        let sum = sum_operands(instruction);
        if let Some((a, b, factor)) = sum {
            let b = self.affine_within(b, depth)?.times(factor);
            return self.affine_within(a, depth)?.plus(&b);
        }
        let (a, factor) = product_operands(instruction)?;
        Some(self.affine_within(a, depth)?.times(factor))
    }

    /// A phi of the header that each round adds a constant to.
    fn induction(&mut self, value: IntValue<'ctx>, depth: u32) -> Option<Affine<'ctx>> {
        let phi: PhiValue<'ctx> = self.inside(value)?.try_into().ok()?;
        if phi.as_instruction().get_parent() != Some(self.inner.header) {
            return None;
        }
        let [start, next] = [self.inner.preheader, self.inner.latch].map(|from| {
            let mut incoming = phi.get_incomings();
            incoming
                .find(|(_, block)| *block == from)
                .map(|(value, _)| value)
        });
        let width = value.get_type().get_bit_width();
        let step = difference(next?.into_int_value(), value)?;
        let mut start = self.affine_within(start?.into_int_value(), depth)?;
        start.step = step;
        debug_assert_eq!(start.width, width);
        Some(start.wrapped())
    }

    /// An address, if it moves evenly.
    pub(super) fn address(&mut self, pointer: PointerValue<'ctx>) -> Option<Address<'ctx>> {
        let mut address = Address {
            base: pointer,
            parts: SmallVec::new(),
            constant: 0,
        };
        for _ in 0..MAX_DEPTH {
            let Some((base, index)) = element_operands(address.base) else {
                let parent = address.base.as_instruction_value()?.get_parent()?;
                return (!self.inner.contains(parent)).then_some(address);
            };
            address.base = base;
            self.add_index(&mut address, index, 1, MAX_DEPTH)?;
        }
        None
    }

    fn add_index(
        &mut self,
        address: &mut Address<'ctx>,
        index: IntValue<'ctx>,
        scale: u64,
        depth: u32,
    ) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if index.get_type().get_bit_width() != 64 || scale > MAX_SCALE {
            return None;
        }
        if let Some(constant) = index.get_zero_extended_constant() {
            let constant = constant
                .checked_mul(scale)
                .filter(|far| *far <= MAX_CONSTANT)?;
            address.constant += constant;
            return (address.constant <= MAX_CONSTANT).then_some(());
        }
        let instruction = index.as_instruction_value()?;
        if instruction.get_opcode() == InstructionOpcode::ZExt {
            let number = instruction.get_operand(0)?.value()?.into_int_value();
            let number = self.affine(number).filter(|number| number.width == 32)?;
            address.parts.push((number, scale));
            return (address.parts.len() <= MAX_TERMS).then_some(());
        }
        if let Some((a, b, 1)) = sum_operands(instruction) {
            self.add_index(address, a, scale, depth)?;
            return self.add_index(address, b, scale, depth);
        }
        let (a, factor) = product_operands(instruction)?;
        self.add_index(address, a, scale.checked_mul(factor)?, depth)
    }
}

/// What an instruction adds up: `a + factor * b`, where the factor is one or minus one.
fn sum_operands<'ctx>(
    instruction: InstructionValue<'ctx>,
) -> Option<(IntValue<'ctx>, IntValue<'ctx>, u64)> {
    let factor = match instruction.get_opcode() {
        InstructionOpcode::Add => 1,
        InstructionOpcode::Or if instruction.get_disjoint_flag() == Ok(true) => 1,
        InstructionOpcode::Sub => u64::MAX,
        _ => return None,
    };
    let [a, b] = [0, 1].map(|nth| Some(instruction.get_operand(nth)?.value()?.into_int_value()));
    Some((a?, b?, factor))
}

/// What an instruction multiplies by a constant.
fn product_operands<'ctx>(instruction: InstructionValue<'ctx>) -> Option<(IntValue<'ctx>, u64)> {
    let shift = match instruction.get_opcode() {
        InstructionOpcode::Shl => true,
        InstructionOpcode::Mul => false,
        _ => return None,
    };
    let [a, b] = [0, 1].map(|nth| Some(instruction.get_operand(nth)?.value()?.into_int_value()));
    let constant = b?.get_zero_extended_constant()?;
    let factor = match shift {
        true => 1u64.checked_shl(u32::try_from(constant).ok()?)?,
        false => constant,
    };
    Some((a?, factor))
}

/// The constant by which `value` is more than `of`.
fn difference<'ctx>(value: IntValue<'ctx>, of: IntValue<'ctx>) -> Option<u64> {
    let mut value = value;
    let mut sum = 0u64;
    for _ in 0..MAX_DEPTH {
        if value == of {
            return Some(sum);
        }
        let (a, b, factor) = sum_operands(value.as_instruction_value()?)?;
        let constant = b.get_zero_extended_constant()?;
        sum = sum.wrapping_add(constant.wrapping_mul(factor));
        value = a;
    }
    None
}

/// A pointer and the number of bytes that is added to it.
pub(super) fn element_operands<'ctx>(
    pointer: PointerValue<'ctx>,
) -> Option<(PointerValue<'ctx>, IntValue<'ctx>)> {
    let instruction = pointer.as_instruction_value()?;
    if instruction.get_opcode() != InstructionOpcode::GetElementPtr
        || instruction.get_num_operands() != 2
    {
        return None;
    }
    let element = instruction.get_gep_source_element_type().ok()?;
    if element
        .try_into()
        .ok()
        .map(inkwell::types::IntType::get_bit_width)
        != Some(8)
    {
        return None;
    }
    let [base, index] = [0, 1].map(|nth| instruction.get_operand(nth)?.value());
    match (base?, index?) {
        (BasicValueEnum::PointerValue(base), BasicValueEnum::IntValue(index)) => {
            Some((base, index))
        }
        _ => None,
    }
}
