//! What LLVM sees at once: some functions of a module that follow each other, and what they share.
//!
//! A function that only its own unit calls is internal: LLVM may inline it, change its parameters, or drop it. Those that can be
//! called from outside of the module keep the boundary ABI; for the others the context has a register of its own.

use std::cell::RefCell;
use std::collections::HashMap;

use inkwell::GlobalVisibility;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::builder::Builder;
use inkwell::context::Context;
use inkwell::debug_info::{
    AsDIScope, DICompileUnit, DIFlags, DIFlagsConstants, DWARFEmissionKind, DWARFSourceLanguage,
    DebugInfoBuilder,
};
use inkwell::intrinsics::Intrinsic;
use inkwell::llvm_sys::core::LLVMBuildFreeze;
use inkwell::module::{FlagBehavior, Linkage, Module};
use inkwell::targets::TargetMachine;
use inkwell::types::{BasicType, BasicTypeEnum};
use inkwell::values::{
    AsValueRef, BasicValue, BasicValueEnum, FunctionValue, IntValue, PointerValue, UnnamedAddress,
};
use wasmill_compiler::target::Architecture;
use wasmill_types::FunctionIndex;

use crate::environment::Environment;
use crate::metadata::{Metadata, Region};
use crate::object;
use crate::translator::built;
use crate::types::Types;

/// Bytes of a body that is about as large as a call of it.
pub(crate) const TINY: usize = 40;
/// Bytes of the largest body that is put in the place of calls.
const MOST_INLINED: usize = 200;
/// Bytes that a larger one than the tiny ones may add in all of these places.
const MOST_GROWTH: usize = 2000;

/// One module of LLVM.
pub(crate) struct Unit<'ctx> {
    pub(crate) context: &'ctx Context,
    pub(crate) module: Module<'ctx>,
    pub(crate) builder: Builder<'ctx>,
    pub(crate) types: Types<'ctx>,
    pub(crate) metadata: Metadata<'ctx>,
    pub(crate) debug: DebugInfoBuilder<'ctx>,
    pub(crate) debug_unit: DICompileUnit<'ctx>,
    functions: RefCell<HashMap<FunctionIndex, FunctionValue<'ctx>>>,
    /// Whether it holds all functions of the module: then none is called from elsewhere in the module.
    whole: bool,
}

impl<'ctx> Unit<'ctx> {
    /// An empty one.
    pub(crate) fn new(context: &'ctx Context, machine: &TargetMachine, whole: bool) -> Self {
        let module = context.create_module("wasm");
        module.set_triple(&machine.get_triple());
        module.set_data_layout(&machine.get_target_data().get_data_layout());
        let types = Types::new(context);
        // Version 4 keeps addresses where they are used: its reader is simple.
        for (name, value) in [("Debug Info Version", 3), ("Dwarf Version", 4)] {
            let value = types.i32.const_int(value, false);
            module.add_basic_value_flag(name, FlagBehavior::Warning, value);
        }
        let (debug, debug_unit) = module.create_debug_info_builder(
            true,
            DWARFSourceLanguage::C,
            "wasm",
            ".",
            "wasmill",
            true,
            "",
            0,
            "",
            DWARFEmissionKind::LineTablesOnly,
            0,
            false,
            false,
            "",
            "",
        );
        Self {
            context,
            builder: context.create_builder(),
            types,
            metadata: Metadata::new(context),
            module,
            debug,
            debug_unit,
            functions: RefCell::default(),
            whole,
        }
    }

    /// A function of the module, declared if it was not met yet.
    pub(crate) fn function(
        &self,
        environment: &Environment<'_>,
        index: FunctionIndex,
    ) -> FunctionValue<'ctx> {
        let mut functions = self.functions.borrow_mut();
        *functions
            .entry(index)
            .or_insert_with(|| self.declare(environment, index))
    }

    /// The functions that were declared so far, in order.
    pub(crate) fn functions(&self) -> Vec<FunctionIndex> {
        let mut functions: Vec<_> = self.functions.borrow().keys().copied().collect();
        functions.sort_unstable();
        functions
    }

    fn declare(&self, environment: &Environment<'_>, index: FunctionIndex) -> FunctionValue<'ctx> {
        let module = environment.module();
        let local = module
            .local_func_index(index)
            .expect("imports are not called by name");
        let name = object::function_name(local);
        let ty = self.types.signature(module.function_type(index));
        let function = self.module.add_function(&name, ty, None);
        let global = function.as_global_value();
        global.set_section(Some(&object::section_name(local)));
        global.set_unnamed_address(UnnamedAddress::Global);
        match self.whole && !environment.escapes(index) {
            true => function.set_linkage(Linkage::Internal),
            false => global.set_visibility(GlobalVisibility::Hidden),
        }
        for attribute in self.attributes() {
            function.add_attribute(AttributeLoc::Function, attribute);
        }
        for name in ["nonnull", "noundef"] {
            function.add_attribute(AttributeLoc::Param(0), self.attribute(name, 0));
        }
        if let Some(attribute) = self.context_attribute(environment, index) {
            function.add_attribute(AttributeLoc::Param(0), attribute);
        }
        let size = u64::from(environment.info.layout.size());
        function.add_attribute(
            AttributeLoc::Param(0),
            self.attribute("dereferenceable", size),
        );
        function.add_attribute(AttributeLoc::Param(0), self.attribute("align", 16));
        function
    }

    /// How a function gets its context that is only called by others of the module: in a register that callees preserve, so that it stays
    /// there from call to call. (LLVM calls it `swiftself`, after the language that it is for.)
    pub(crate) fn context_attribute(
        &self,
        environment: &Environment<'_>,
        index: FunctionIndex,
    ) -> Option<Attribute> {
        let has_register = matches!(
            environment.architecture,
            Architecture::X86_64 | Architecture::Aarch64(_)
        );
        (has_register && !environment.escapes(index)).then(|| self.attribute("swiftself", 0))
    }

    /// Has LLVM not put a function of so many bytes in the place of calls if the unit would grow by it: who made the module has
    /// done so where it is worth it.
    pub(crate) fn keep_if_large(&self, function: FunctionValue<'ctx>, bytes: usize) {
        let most_calls = match bytes {
            0..=TINY => return,
            _ => MOST_GROWTH / bytes,
        };
        let first = function
            .as_global_value()
            .as_pointer_value()
            .get_first_use();
        let calls = std::iter::successors(first, |call| call.get_next_use());
        if bytes > MOST_INLINED || calls.take(most_calls + 1).count() > most_calls {
            function.add_attribute(AttributeLoc::Function, self.attribute("noinline", 0));
        }
    }

    /// What all functions promise, and need.
    fn attributes(&self) -> Vec<Attribute> {
        let text = |name, value| self.context.create_string_attribute(name, value);
        vec![
            self.attribute("nounwind", 0),
            // Backtraces walk frame pointers.
            text("frame-pointer", "all"),
            // Any instruction may fault, so each needs its frame: LLVM sets none up later for these. (The pass that the attribute is
            // for does not run; a few others, on branches, are more careful with it.)
            self.attribute("sanitize_memory", 0),
            // The guard page finds the end of the stack: no frame may jump over it.
            text("probe-stack", "inline-asm"),
            // Every call has a frame, which backtraces list.
            text("disable-tail-calls", "true"),
            // There is no C library to call.
            text("no-builtins", ""),
            // An access at null faults, which is how bounds are checked.
            self.attribute("null_pointer_is_valid", 0),
        ]
    }

    /// An attribute of LLVM's own.
    pub(crate) fn attribute(&self, name: &str, value: u64) -> Attribute {
        let kind = Attribute::get_named_enum_kind_id(name);
        self.context.create_enum_attribute(kind, value)
    }

    /// An intrinsic of LLVM, for the types that it is overloaded by.
    pub(crate) fn intrinsic(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'ctx>],
    ) -> FunctionValue<'ctx> {
        let intrinsic = Intrinsic::find(name).unwrap_or_else(|| panic!("LLVM has {name}"));
        let function = intrinsic.get_declaration(&self.module, types);
        function.unwrap_or_else(|| panic!("LLVM has {name} for these types"))
    }

    /// A value that is not poison, whatever it was.
    #[expect(unsafe_code, reason = "inkwell does not have this instruction")]
    pub(crate) fn freeze(&self, value: BasicValueEnum<'ctx>) -> BasicValueEnum<'ctx> {
        // SAFETY: the builder and the value live as long as the context; what it gives has the type of what it got.
        unsafe {
            BasicValueEnum::new(LLVMBuildFreeze(
                self.builder.as_mut_ptr(),
                value.as_value_ref(),
                c"".as_ptr(),
            ))
        }
    }

    /// A pointer so many bytes further on.
    #[expect(unsafe_code, reason = "inkwell's only way to compute an address")]
    pub(crate) fn add_offset(
        &self,
        pointer: PointerValue<'ctx>,
        offset: IntValue<'ctx>,
    ) -> PointerValue<'ctx> {
        // SAFETY: the elements are bytes, so one index fits the type; without `inbounds` any address is defined.
        built(unsafe {
            self.builder
                .build_gep(self.types.i8, pointer, &[offset], "")
        })
    }

    /// A pointer a constant number of bytes further on.
    pub(crate) fn at(&self, pointer: PointerValue<'ctx>, offset: u64) -> PointerValue<'ctx> {
        match offset {
            0 => pointer,
            _ => self.add_offset(pointer, self.types.i64.const_int(offset, false)),
        }
    }

    /// Loads from memory of the runtime, which is there. Without a region, the value never changes.
    pub(crate) fn load(
        &self,
        ty: impl BasicType<'ctx>,
        pointer: PointerValue<'ctx>,
        offset: u32,
        region: Option<Region>,
    ) -> BasicValueEnum<'ctx> {
        let pointer = self.at(pointer, offset.into());
        let value = built(self.builder.build_load(ty, pointer, ""));
        let load = value.as_instruction_value().expect("a load");
        match region {
            Some(region) => self.metadata.set_region(load, region),
            None => self.metadata.set_invariant(load),
        }
        value
    }

    /// Gives a function that is about to be defined its place in the debug information: its "lines" are offsets in the module, and
    /// its name is where it starts.
    pub(crate) fn describe(&self, function: FunctionValue<'ctx>, start: u32) {
        let file = self.debug_unit.get_file();
        let ty = self
            .debug
            .create_subroutine_type(file, None, &[], DIFlags::ZERO);
        let name = start.to_string();
        let scope = self.debug_unit.as_debug_info_scope();
        let subprogram = self.debug.create_function(
            scope,
            &name,
            None,
            file,
            start,
            ty,
            true,
            true,
            start,
            DIFlags::ZERO,
            true,
        );
        function.set_subprogram(subprogram);
    }
}
