//! One function on its way from operators to LLVM's IR.
//!
//! The driver walks the body and calls the hooks in `emit/`; they append instructions through the builder here. Locals are
//! slots of the frame, which LLVM's passes turn into values; operands are IR values; control frames hold blocks that are
//! made when something branches to them, with a phi for each result.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::offset_of;
use std::ops::Range;

use inkwell::IntPredicate;
use inkwell::attributes::AttributeLoc;
use inkwell::basic_block::BasicBlock;
use inkwell::builder::{Builder, BuilderError};
use inkwell::debug_info::AsDIScope;
use inkwell::types::{BasicType, BasicTypeEnum, VectorType};
use inkwell::values::{
    BasicMetadataValueEnum, BasicValue, BasicValueEnum, CallSiteValue, FloatValue, FunctionValue,
    IntValue, PointerValue, VectorValue,
};
use wasmill_abi::{Builtin, RawValue, TrapCode, VMContext, VMMemoryRef};
use wasmill_compiler::CompileError;
use wasmill_types::{FunctionIndex, MemoryIndex, ModuleInfo, Type};

use crate::emit::OpenLoop;
use crate::environment::Environment;
use crate::extent::Extent;
use crate::metadata::Region;
use crate::types::{Types, returns_through_memory};
use crate::unit::Unit;

/// Bytes of a result that goes through memory.
const RESULT_SIZE: u32 = size_of::<RawValue>() as u32;

/// A block of so many operators ends.
const OPERATORS_PER_BLOCK: u32 = 512;

/// The "column" of code that traps in another way than by an access to memory: the code, counted from one.
pub(crate) fn trap_column(code: TrapCode) -> u32 {
    code as u32 + 1
}

/// What the builder gave: it is always placed, and the hooks' operands have been validated.
pub(crate) fn built<T>(outcome: Result<T, BuilderError>) -> T {
    outcome.expect("the builder has a place and the operands fit")
}

/// The translation of one function.
pub(crate) struct Translator<'a, 'ctx> {
    pub(crate) environment: &'a Environment<'a>,
    pub(crate) unit: &'a Unit<'ctx>,
    pub(crate) types: Types<'ctx>,
    pub(crate) builder: &'a Builder<'ctx>,
    /// The function that is defined.
    pub(crate) function: FunctionValue<'ctx>,
    /// Its place in the module.
    pub(crate) index: FunctionIndex,
    /// The context of the instance that runs.
    pub(crate) context: PointerValue<'ctx>,
    /// Where results go that do not fit the return register.
    results_pointer: Option<PointerValue<'ctx>>,
    /// The first block, which holds the slots of the frame and where memories start, and nothing else.
    entry: BasicBlock<'ctx>,
    /// Where memories start, of those that the function accesses: loaded once, in the first block.
    memory_bases: RefCell<HashMap<MemoryIndex, PointerValue<'ctx>>>,
    /// Where callees put such results: one area, of so many results.
    results_area: Option<(PointerValue<'ctx>, u32)>,
    /// The locals and their types.
    pub(crate) locals: Vec<(PointerValue<'ctx>, BasicTypeEnum<'ctx>)>,
    /// The loops around the current operator, the innermost last.
    pub(crate) loops: Vec<OpenLoop<'ctx>>,
    /// Where the current operator is in the module.
    pub(crate) offset: u32,
    /// How many operators there were.
    operators: u32,
    /// What makes LLVM slow.
    pub(crate) extent: Extent,
}

impl<'a, 'ctx> Translator<'a, 'ctx> {
    /// Starts a function.
    pub(crate) fn new(
        environment: &'a Environment<'a>,
        unit: &'a Unit<'ctx>,
        index: FunctionIndex,
        range: Range<u32>,
    ) -> Self {
        let start = range.start;
        let function = unit.function(environment, index);
        unit.describe(function, start);
        let entry = unit.context.append_basic_block(function, "");
        let body = unit.context.append_basic_block(function, "");
        let builder = &unit.builder;
        builder.position_at_end(entry);
        builder.unset_current_debug_location();
        built(builder.build_unconditional_branch(body));
        builder.position_at_end(body);
        let param = |nth| {
            function
                .get_nth_param(nth)
                .expect("it has it")
                .into_pointer_value()
        };
        let in_memory = returns_through_memory(environment.module().function_type(index));
        Self {
            environment,
            unit,
            types: unit.types,
            builder,
            function,
            index,
            context: param(0),
            results_pointer: in_memory.then(|| param(1)),
            entry,
            memory_bases: RefCell::default(),
            results_area: None,
            locals: Vec::new(),
            loops: Vec::new(),
            offset: start,
            operators: 0,
            extent: Extent::new(range.len()),
        }
    }

    /// Ends the translation. Gives whether LLVM is to leave the function as it is, since it would take too long over it.
    pub(crate) fn finish(&self) -> Result<bool, CompileError> {
        if self.extent.is_too_large(self.function) {
            let index = self.index.as_u32();
            let message = format!("function {index} is too large to compile");
            return Err(CompileError::Resource(message));
        }
        let slots = self.locals.iter().map(|&(slot, _)| slot);
        let is_extreme = self.extent.is_extreme(slots);
        if is_extreme {
            for name in ["noinline", "optnone"] {
                let attribute = self.unit.attribute(name, 0);
                self.function
                    .add_attribute(AttributeLoc::Function, attribute);
            }
        }
        Ok(is_extreme)
    }

    /// The module.
    pub(crate) fn module(&self) -> &'a ModuleInfo {
        self.environment.module()
    }

    /// The parameter of the function that is the WebAssembly parameter `nth`.
    pub(crate) fn parameter(&self, nth: usize) -> BasicValueEnum<'ctx> {
        let hidden = 1 + u32::from(self.results_pointer.is_some());
        let parameter = self.function.get_nth_param(hidden + nth as u32);
        parameter.expect("the signature has it")
    }

    // ---- blocks and places

    /// What follows belongs to the operator at `offset`. Long blocks are divided: where nothing is optimised, code is selected block by
    /// block, which takes more than linear time. The passes join them again.
    pub(crate) fn start_operator(&mut self, offset: u32) {
        self.offset = offset;
        self.operators += 1;
        if self.operators.is_multiple_of(OPERATORS_PER_BLOCK)
            && self.current_block().get_terminator().is_none()
        {
            let next = self.new_block();
            built(self.builder.build_unconditional_branch(next));
            self.builder.position_at_end(next);
        }
    }

    /// A new block, at the end of the function.
    pub(crate) fn new_block(&self) -> BasicBlock<'ctx> {
        self.unit.context.append_basic_block(self.function, "")
    }

    /// The block that is being written.
    pub(crate) fn current_block(&self) -> BasicBlock<'ctx> {
        self.builder
            .get_insert_block()
            .expect("the builder has a place")
    }

    /// A slot of the frame.
    pub(crate) fn slot(&self, ty: impl BasicType<'ctx>, align: u32) -> PointerValue<'ctx> {
        let slot = self.at_entry(|| built(self.builder.build_alloca(ty, "")));
        let instruction = slot.as_instruction().expect("an alloca");
        instruction.set_alignment(align).expect("a power of two");
        slot
    }

    /// Appends to the first block.
    fn at_entry<T>(&self, append: impl FnOnce() -> T) -> T {
        let here = self.current_block();
        let end = self
            .entry
            .get_terminator()
            .expect("the entry goes on to the body");
        self.builder.position_before(&end);
        let appended = append();
        self.builder.position_at_end(here);
        // The builder has taken over that of the entry's end.
        self.locate(self.offset);
        appended
    }

    /// What is appended from now on belongs to the operator at an offset in the module.
    pub(crate) fn locate(&self, offset: u32) {
        self.set_place(offset, 0);
    }

    /// The "line" and the "column" of what is appended.
    fn set_place(&self, line: u32, column: u32) {
        let scope = self
            .function
            .get_subprogram()
            .expect("it was described")
            .as_debug_info_scope();
        let context = self.unit.context;
        let debug = &self.unit.debug;
        let location = debug.create_debug_location(context, line, column, scope, None);
        self.builder.set_current_debug_location(location);
    }

    // ---- types

    /// Gives a value the type that its use needs.
    ///
    /// An operand of type `i32` that is the result of a comparison is kept as the bit that LLVM made (branches and selections
    /// take it as it is) and extended here; a vector is reinterpreted in the lanes wanted.
    pub(crate) fn coerce(
        &self,
        value: BasicValueEnum<'ctx>,
        ty: BasicTypeEnum<'ctx>,
    ) -> BasicValueEnum<'ctx> {
        if value.get_type() == ty {
            return value;
        }
        match value {
            BasicValueEnum::IntValue(bit) => {
                debug_assert_eq!(bit.get_type().get_bit_width(), 1, "{bit} as {ty}");
                built(self.builder.build_int_z_extend(bit, ty.into_int_type(), "")).into()
            }
            _ => built(self.builder.build_bit_cast(value, ty, "")),
        }
    }

    /// Gives a value the type of a WebAssembly value.
    pub(crate) fn canonical(&self, value: BasicValueEnum<'ctx>, ty: Type) -> BasicValueEnum<'ctx> {
        self.coerce(value, self.types.value(ty))
    }

    /// An operand as `i32`.
    pub(crate) fn i32(&self, value: BasicValueEnum<'ctx>) -> IntValue<'ctx> {
        self.coerce(value, self.types.i32.into()).into_int_value()
    }

    /// An `i32` operand as an unsigned 64-bit number.
    pub(crate) fn wide(&self, value: BasicValueEnum<'ctx>) -> IntValue<'ctx> {
        built(
            self.builder
                .build_int_z_extend(value.into_int_value(), self.types.i64, ""),
        )
    }

    /// An `i32` operand as a bit: whether it is not zero.
    pub(crate) fn condition(&self, value: BasicValueEnum<'ctx>) -> IntValue<'ctx> {
        let value = value.into_int_value();
        let ty = value.get_type();
        if ty.get_bit_width() == 1 {
            return value;
        }
        built(
            self.builder
                .build_int_compare(IntPredicate::NE, value, ty.const_zero(), ""),
        )
    }

    /// A vector in lanes.
    pub(crate) fn lanes(
        &self,
        value: BasicValueEnum<'ctx>,
        ty: VectorType<'ctx>,
    ) -> VectorValue<'ctx> {
        self.coerce(value, ty.into()).into_vector_value()
    }

    /// The constant that an integer is, if it is one.
    pub(crate) fn as_constant(&self, value: BasicValueEnum<'ctx>) -> Option<u64> {
        match value {
            BasicValueEnum::IntValue(value) => value.get_zero_extended_constant(),
            _ => None,
        }
    }

    /// An `i32` constant.
    pub(crate) fn number(&self, number: u32) -> IntValue<'ctx> {
        self.types.i32.const_int(number.into(), false)
    }

    // ---- calls

    /// Calls an intrinsic of LLVM, for the types that it is overloaded by.
    pub(crate) fn intrinsic(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> CallSiteValue<'ctx> {
        let function = self.unit.intrinsic(name, types);
        built(self.builder.build_call(function, args, ""))
    }

    /// The same for an intrinsic that has a result.
    pub(crate) fn intrinsic_value(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> BasicValueEnum<'ctx> {
        result(self.intrinsic(name, types, args)).expect("it has a result")
    }

    /// Has LLVM make no single call of this one and another: each keeps its own place, by which the operator is found.
    pub(crate) fn keep_apart(&self, call: CallSiteValue<'ctx>) {
        call.add_attribute(AttributeLoc::Function, self.unit.attribute("nomerge", 0));
    }

    /// Calls a built-in; gives its result, if it has one.
    pub(crate) fn call_builtin(
        &self,
        builtin: Builtin,
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> Option<BasicValueEnum<'ctx>> {
        let table = offset_of!(VMContext, builtins) as u32;
        let table = self.load_invariant(table);
        let code = self
            .load(self.types.pointer, table, builtin.table_offset(), None)
            .into_pointer_value();
        let mut all: Vec<BasicMetadataValueEnum<'ctx>> = vec![self.context.into()];
        all.extend_from_slice(args);
        let ty = self.types.builtin_signature(builtin);
        let call = built(self.builder.build_indirect_call(ty, code, &all, ""));
        self.keep_apart(call);
        result(call)
    }

    /// The same for a built-in that always has a result.
    pub(crate) fn call_builtin_value(
        &self,
        builtin: Builtin,
        args: &[BasicMetadataValueEnum<'ctx>],
    ) -> BasicValueEnum<'ctx> {
        let result = self.call_builtin(builtin, args);
        result.expect("the table of built-ins gives this one a result")
    }

    // ---- memory of the runtime

    /// A pointer so many bytes further on.
    pub(crate) fn add_offset(
        &self,
        pointer: PointerValue<'ctx>,
        offset: IntValue<'ctx>,
    ) -> PointerValue<'ctx> {
        self.unit.add_offset(pointer, offset)
    }

    /// A pointer a constant number of bytes further on.
    pub(crate) fn at(&self, pointer: PointerValue<'ctx>, offset: u64) -> PointerValue<'ctx> {
        self.unit.at(pointer, offset)
    }

    /// Loads from memory of the runtime: see [`Unit::load`].
    pub(crate) fn load(
        &self,
        ty: impl BasicType<'ctx>,
        pointer: PointerValue<'ctx>,
        offset: u32,
        region: Option<Region>,
    ) -> BasicValueEnum<'ctx> {
        self.unit.load(ty, pointer, offset, region)
    }

    /// Where a memory starts.
    pub(crate) fn memory_base(&self, memory: MemoryIndex) -> PointerValue<'ctx> {
        let layout = &self.environment.info.layout;
        let offset = layout.memory(memory) + offset_of!(VMMemoryRef, base) as u32;
        let load = || self.at_entry(|| self.load_invariant(offset));
        let mut bases = self.memory_bases.borrow_mut();
        *bases.entry(memory).or_insert_with(load)
    }

    /// Loads a pointer from the context that stays the same for the life of the instance.
    pub(crate) fn load_invariant(&self, offset: u32) -> PointerValue<'ctx> {
        self.load(self.types.pointer, self.context, offset, None)
            .into_pointer_value()
    }

    // ---- traps

    /// Goes on only if a condition is zero; otherwise traps.
    pub(crate) fn trap_if(&self, condition: IntValue<'ctx>, code: TrapCode) {
        if condition.get_zero_extended_constant() == Some(0) {
            return;
        }
        let (trap, next) = (self.new_block(), self.new_block());
        let branch = built(self.builder.build_conditional_branch(condition, trap, next));
        self.unit.metadata.set_rare(branch);
        self.builder.position_at_end(trap);
        self.trap(code);
        self.builder.position_at_end(next);
    }

    /// Traps: an instruction that faults and carries the code.
    pub(crate) fn trap(&self, code: TrapCode) {
        let kind = self.types.i8.const_int(trap_column(code).into(), false);
        self.set_place(self.offset, trap_column(code));
        let call = self.intrinsic("llvm.ubsantrap", &[], &[kind.into()]);
        self.keep_apart(call);
        built(self.builder.build_unreachable());
        self.locate(self.offset);
    }

    // ---- results

    /// Returns from the function.
    pub(crate) fn return_(&self, results: &[BasicValueEnum<'ctx>]) {
        let types = self.module().function_type(self.index).results();
        match self.results_pointer {
            None => {
                let value = results
                    .first()
                    .map(|&value| self.canonical(value, types[0]));
                let value = value.as_ref().map(|value| value as &dyn BasicValue<'ctx>);
                built(self.builder.build_return(value));
            }
            Some(pointer) => {
                for (nth, (&value, &ty)) in results.iter().zip(types).enumerate() {
                    let value = self.canonical(value, ty);
                    let place = self.at(pointer, (nth as u32 * RESULT_SIZE).into());
                    let store = built(self.builder.build_store(place, value));
                    self.unit.metadata.set_region(store, Region::Stack);
                }
                built(self.builder.build_return(None));
            }
        }
    }

    /// The address of the area where a callee puts `count` results.
    pub(crate) fn results_area(&mut self, count: u32) -> PointerValue<'ctx> {
        match self.results_area {
            Some((area, most)) if most >= count => area,
            _ => {
                let ty = self.types.vector.array_type(count);
                let area = self.slot(ty, RESULT_SIZE);
                self.results_area = Some((area, count));
                area
            }
        }
    }

    /// Loads the `nth` result from such an area.
    pub(crate) fn load_result(
        &self,
        area: PointerValue<'ctx>,
        nth: u32,
        ty: Type,
    ) -> BasicValueEnum<'ctx> {
        self.load(
            self.types.value(ty),
            area,
            nth * RESULT_SIZE,
            Some(Region::Stack),
        )
    }

    /// A float in a register of its own kind.
    pub(crate) fn float(&self, value: BasicValueEnum<'ctx>) -> FloatValue<'ctx> {
        value.into_float_value()
    }
}

/// The result of a call, if it has one.
pub(crate) fn result<'ctx>(call: CallSiteValue<'ctx>) -> Option<BasicValueEnum<'ctx>> {
    call.try_as_basic_value().basic()
}
