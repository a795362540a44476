//! The surface that programs are written against: every name at the crate's root, the signatures, the trait impls.
//!
//! Nearly all of it is checked by compiling it. What the items do is in the other tests. A name, signature or impl that
//! goes missing fails here, whatever feature of it was still tested elsewhere.

#![allow(
    clippy::type_complexity,
    reason = "whole signatures are what this is about"
)]

/// Every name that the root must have, in the order of the contract's list.
#[allow(unused_imports, reason = "that they exist is the test")]
mod names {
    // Re-exports and modules.
    use wasmill::vm;
    use wasmill::wasmparser;
    // Macros.
    use wasmill::{import_namespace, imports, namespace};
    // Structs.
    use wasmill::{
        Array, BaseTunables, Bytes, Cranelift, ExportType, Exports, ExportsIterator, ExternRef,
        Features, FrameInfo, FrameSymbol, Function, FunctionType, Global, GlobalType, ImportObject,
        ImportObjectIterator, ImportType, Instance, Item, LazyInit, LocalFunctionIndex, Memory,
        MemoryType, MemoryView, MiddlewareError, MiddlewareReaderState, Module, NamedResolverChain,
        NativeFunc, Pages, RuntimeError, Store, Table, TableType, Target, Triple, Universal,
        UniversalArtifact, UniversalEngine, WasmPtr,
    };
    // Enums.
    use wasmill::{
        Architecture, CallingConvention, CompileError, CpuFeature, CraneliftOptLevel,
        DeserializeError, Export, ExportError, ExportIndex, Extern, ExternType, GlobalInit,
        HostEnvInitError, InstantiationError, LinkError, MemoryError, Mutability, OperatingSystem,
        ParseCpuFeatureError, SerializeError, Type, ValType, WasmError,
    };
    // Constants.
    use wasmill::{HOST, VERSION, WASM_MAX_PAGES, WASM_MIN_PAGES, WASM_PAGE_SIZE};
    // Traits.
    use wasmill::{
        ChainableNamedResolver, CompilerConfig, Engine, Exportable, FromToNativeWasmType,
        FunctionMiddleware, HostFunction, LikeNamespace, ModuleMiddleware, NamedResolver, Resolver,
        StoreObject, Tunables, ValueType, WasmTypeList, WasmerEnv,
    };
    // Functions.
    use wasmill::{is_wasm, raise_user_trap, wat2wasm};
    // Aliases.
    use wasmill::{Val, Value, WasmResult};
    // Public in the original, but without a name there.
    use wasmill::{
        Artifact, Atomic, Atomically, Atomicity, EngineId, ExportFunction, ExportFunctionMetadata,
        ExportableWithGenerics, HostFunctionKind, ImportError, IntoResult, IoCompileError,
        ModuleInfo, NativeWasmType, NonAtomically, PageCountOutOfRange, Trap, TrapCode,
        TrapHandlerFn,
    };
    // Hidden.
    use wasmill::internals::{WithEnv, WithoutEnv};
    // What middlewares see.
    use wasmill::wasmparser::{
        BinaryReader, BrTable, Ieee32, Ieee64, MemoryImmediate, Operator, Parser, Payload, Range,
        SIMDLaneIndex, TypeOrFuncType, V128, Validator, WasmFeatures,
    };
    // Additions of ours.
    use wasmill::{InterruptHandle, StoreLimits, StoreUsage};
    // The lower layer.
    use wasmill::vm::{MemoryStyle, TableStyle, VMExtern, VMMemoryDefinition, VMTableDefinition};
}

/// The signatures, as coercions to function pointers. Where `impl Trait` is in the way, the argument is written out.
mod signatures {
    use std::any::Any;
    use std::borrow::Cow;
    use std::cell::Cell;
    use std::error::Error;
    use std::path::Path;
    use std::ptr::NonNull;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use wasmill::vm::{VMMemoryDefinition, VMTableDefinition};
    use wasmill::*;

    type Failure = Box<dyn Error + Send + Sync>;

    #[test]
    fn units_and_types() {
        const _: usize = WASM_PAGE_SIZE + Bytes(0).0;
        const _: u32 = WASM_MAX_PAGES + WASM_MIN_PAGES + Pages::max_value().0;
        let _: fn(Pages, Pages) -> Option<Pages> = Pages::checked_add;
        let _: fn(Pages) -> Bytes = Pages::bytes;
        let _: fn(Bytes) -> Result<Pages, PageCountOutOfRange> = Pages::try_from;
        let _: fn(Type) -> bool = Type::is_num;
        let _: fn(ValType) -> bool = Type::is_ref;
        let _: fn(Vec<Type>, [Type; 1]) -> FunctionType = FunctionType::new;
        let _: fn(([Type; 9], [Type; 9])) -> FunctionType = FunctionType::from;
        let _: fn(&FunctionType) -> FunctionType = |ty| ty.into();
        let _: fn(&FunctionType) -> &[Type] = FunctionType::params;
        let _: fn(&FunctionType) -> &[Type] = FunctionType::results;
        let _: fn(Mutability) -> bool = Mutability::is_mutable;
        let _: fn(bool) -> Mutability = Mutability::from;
        let _: fn(Mutability) -> bool = bool::from;
        let _: fn(Type, Mutability) -> GlobalType = GlobalType::new;
        let _: fn(Type, u32, Option<u32>) -> TableType = TableType::new;
        let _: fn(u32, Option<u32>, bool) -> MemoryType = MemoryType::new;
        let _: fn(Pages, Option<Pages>, bool) -> MemoryType = MemoryType::new;
        let _: fn(&ExternType) -> Option<&FunctionType> = ExternType::func;
        let _: fn(&ExternType) -> Option<&GlobalType> = ExternType::global;
        let _: fn(&ExternType) -> Option<&TableType> = ExternType::table;
        let _: fn(&ExternType) -> Option<&MemoryType> = ExternType::memory;
        let _: fn(&ExternType) -> &FunctionType = ExternType::unwrap_func;
        let _: fn(&ExternType) -> &GlobalType = ExternType::unwrap_global;
        let _: fn(&ExternType) -> &TableType = ExternType::unwrap_table;
        let _: fn(&ExternType) -> &MemoryType = ExternType::unwrap_memory;
        let _: fn(&ExternType, &ExternType) -> bool = ExternType::is_compatible_with;
        let _: fn(&str, &str, FunctionType) -> ImportType<FunctionType> = ImportType::new;
        let _: fn(&str, ExternType) -> ExportType = ExportType::new;
        let _: fn(&ImportType) -> (&str, &str, &ExternType) = |i| (i.module(), i.name(), i.ty());
        let _: fn(u32) -> LocalFunctionIndex = LocalFunctionIndex::from_u32;
        let _: fn(LocalFunctionIndex) -> u32 = LocalFunctionIndex::as_u32;
        let _: fn(Val) -> GlobalInit = GlobalInit::from_value;
        let _: fn(&GlobalInit) -> Val = GlobalInit::to_value;
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn values() {
        let _: unsafe fn(&Val, *mut i128) = Val::write_value_to;
        let _: unsafe fn(&dyn Any, *const i128, Type) -> Val = Val::read_value_from;
        let _: fn() -> Val = Val::null;
        let _: fn(&Val) -> Type = Value::ty;
        let _: fn(&Val) -> (Option<i32>, i32) = |v| (v.i32(), v.unwrap_i32());
        let _: fn(&Val) -> (Option<i64>, i64) = |v| (v.i64(), v.unwrap_i64());
        let _: fn(&Val) -> (Option<f32>, f32) = |v| (v.f32(), v.unwrap_f32());
        let _: fn(&Val) -> (Option<f64>, f64) = |v| (v.f64(), v.unwrap_f64());
        let _: fn(&Val) -> (Option<u128>, u128) = |v| (v.v128(), v.unwrap_v128());
        let _: fn(&Val) -> Option<ExternRef> = Val::externref;
        let _: fn(&Val) -> ExternRef = Val::unwrap_externref;
        let _: fn(&Val) -> Option<&Option<Function>> = Val::funcref;
        let _: fn(&Val) -> &Option<Function> = Val::unwrap_funcref;
        let _: [fn(u8) -> Val; 7] = [
            |n| Val::from(i32::from(n)),
            |n| Val::from(u32::from(n)),
            |n| Val::from(i64::from(n)),
            |n| Val::from(u64::from(n)),
            |n| Val::from(f32::from(n)),
            |n| Val::from(f64::from(n)),
            |n| Val::from(ExternRef::new(n)),
        ];
        let _: fn(Function) -> Val = Val::from;
        let _: fn(Val) -> Result<u32, &'static str> = u32::try_from;
        let _: fn(Val) -> Result<f64, &'static str> = f64::try_from;
        let _: fn(String) -> ExternRef = ExternRef::new;
        let _: fn() -> ExternRef = ExternRef::null;
        let _: fn(&ExternRef) -> bool = ExternRef::is_null;
        let _: fn(&ExternRef) -> Option<&String> = ExternRef::downcast;
        let _: fn(&ExternRef) -> usize = ExternRef::strong_count;
        let _: fn(&Val, &Store) -> bool = StoreObject::comes_from_same_store;
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn stores_and_engines() {
        let _: fn(&UniversalEngine) -> Store = Store::new;
        let _: fn(&dyn Engine) -> Store = |engine| Store::new(engine);
        let _: fn(&dyn Engine, BaseTunables) -> Store = |e, t| Store::new_with_tunables(e, t);
        let _: fn(&Store, Option<Box<TrapHandlerFn>>) = Store::set_trap_handler;
        let _: fn(&Store) -> &dyn Tunables = Store::tunables;
        let _: fn(&Store) -> &Arc<dyn Engine + Send + Sync> = Store::engine;
        let _: fn(&Store, &Store) -> bool = Store::same;
        let _: fn() -> Store = Store::default;
        let _: fn(&UniversalEngine) -> &Target = Engine::target;
        let _: fn(&UniversalEngine, &[u8]) -> Result<(), CompileError> = Engine::validate;
        let _: fn(
            &UniversalEngine,
            &[u8],
            &dyn Tunables,
        ) -> Result<Arc<dyn Artifact>, CompileError> = Engine::compile;
        type Loaded = Result<Arc<dyn Artifact>, DeserializeError>;
        let _: unsafe fn(&UniversalEngine, &[u8]) -> Loaded = Engine::deserialize;
        let _: unsafe fn(&UniversalEngine, &Path) -> Loaded = Engine::deserialize_from_file;
        type Id = wasmill_engine::VMSharedSignatureIndex;
        let _: fn(&UniversalEngine, &FunctionType) -> Id = Engine::register_signature;
        let _: fn(&UniversalEngine, Id) -> Option<FunctionType> = Engine::lookup_signature;
        let _: fn(&UniversalEngine) -> &EngineId = Engine::id;
        let _: fn(&EngineId) -> String = EngineId::id;
        let _: fn(&UniversalEngine) -> Arc<dyn Engine + Send + Sync> = Engine::cloned;
        let _: fn(Cranelift) -> Universal = Universal::new;
        let _: fn(Box<dyn CompilerConfig>) -> Universal = Universal::new;
        let _: fn() -> Universal = Universal::headless;
        let _: fn(Universal, Target) -> Universal = Universal::target;
        let _: fn(Universal, Features) -> Universal = Universal::features;
        let _: fn(Universal) -> UniversalEngine = Universal::engine;
        let _: fn() -> UniversalEngine = UniversalEngine::headless;
        let _: fn(
            &UniversalEngine,
            &[u8],
            &dyn Tunables,
        ) -> Result<UniversalArtifact, CompileError> = UniversalArtifact::new;
        let _: unsafe fn(&UniversalEngine, &[u8]) -> Result<UniversalArtifact, DeserializeError> =
            UniversalArtifact::deserialize;
        let _: fn(&[u8]) -> bool = UniversalArtifact::is_deserializable;
        let _: fn(&Triple) -> &'static str = UniversalArtifact::get_default_extension;
        let _: fn(&dyn Artifact) -> Option<&UniversalArtifact> = |a| a.downcast_ref();
        let _: for<'a> fn(&'a mut (dyn Artifact + 'static)) -> Option<&'a mut UniversalArtifact> =
            |a| a.downcast_mut();
    }

    #[test]
    #[cfg(feature = "dylib")]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn the_native_engine() {
        use wasmill::{Dylib, DylibArtifact, DylibEngine, Native};
        let _: fn(Cranelift) -> Dylib = Dylib::new;
        let _: fn() -> Native = Dylib::headless;
        let _: fn(Dylib, Target) -> Dylib = Dylib::target;
        let _: fn(Dylib, Features) -> Dylib = Dylib::features;
        let _: fn(Dylib) -> DylibEngine = Dylib::engine;
        type C = Box<dyn wasmill_compiler::Compiler>;
        let _: fn(C, Target, Features) -> DylibEngine = DylibEngine::new;
        let _: fn() -> DylibEngine = DylibEngine::headless;
        let _: fn(&mut DylibEngine, fn(&[u8]) -> String) = DylibEngine::set_deterministic_prefixer;
        let _: fn(&DylibEngine) -> Store = Store::new;
        let _: fn(&DylibEngine) -> &Target = Engine::target;
        type Loaded = Result<DylibArtifact, DeserializeError>;
        let _: fn(&DylibEngine, &[u8], &dyn Tunables) -> Result<DylibArtifact, CompileError> =
            DylibArtifact::new;
        let _: unsafe fn(&DylibEngine, &[u8]) -> Loaded = DylibArtifact::deserialize;
        let _: unsafe fn(&DylibEngine, &Path) -> Loaded = DylibArtifact::deserialize_from_file;
        let _: unsafe fn(&DylibEngine, &Path) -> Loaded =
            DylibArtifact::deserialize_from_file_unchecked;
        let _: fn(&[u8]) -> bool = DylibArtifact::is_deserializable;
        let _: fn(&Triple) -> &'static str = DylibArtifact::get_default_extension;
        let _: fn(&dyn Artifact) -> Option<&DylibArtifact> = |a| a.downcast_ref();
    }

    #[test]
    fn artifacts() {
        use wasmill_engine::{FunctionBodyPtr, VMSharedSignatureIndex};
        use wasmill_types::{BoxedSlice, MemoryIndex, PrimaryMap, SignatureIndex, TableIndex};
        type A = UniversalArtifact;
        let _: fn(&A) -> Arc<ModuleInfo> = Artifact::module;
        let _: fn(&A) -> &ModuleInfo = Artifact::module_ref;
        let _: fn(&mut A) -> Option<&mut ModuleInfo> = Artifact::module_mut;
        let _: fn(&A) = Artifact::register_frame_info;
        let _: fn(&A) -> &Features = Artifact::features;
        let _: fn(&A) -> &PrimaryMap<MemoryIndex, vm::MemoryStyle> = Artifact::memory_styles;
        let _: fn(&A) -> &PrimaryMap<TableIndex, vm::TableStyle> = Artifact::table_styles;
        let _: fn(&A) -> &BoxedSlice<LocalFunctionIndex, FunctionBodyPtr> =
            Artifact::finished_functions;
        let _: fn(&A) -> &BoxedSlice<SignatureIndex, VMSharedSignatureIndex> = Artifact::signatures;
        let _: fn(&A) -> Result<Vec<u8>, SerializeError> = Artifact::serialize;
        let _: fn(&A, &Path) -> Result<(), SerializeError> = Artifact::serialize_to_file;
        let _: fn(&A) -> Result<(), wasmill_engine::InstantiationError> = Artifact::preinstantiate;
        let _: fn(&ModuleInfo) -> Vec<ImportType> = |info| info.imports().collect();
        let _: fn(&ModuleInfo) -> Vec<ExportType> = |info| info.exports().collect();
        let _: fn(&ModuleInfo) -> Vec<Arc<[u8]>> = |info| info.custom_sections("x").collect();
        let _: fn(&ModuleInfo) -> Vec<FunctionType> = ModuleInfo::exported_signatures;
        let _: fn(&ModuleInfo) -> Vec<FunctionType> =
            |info| info.imported_function_types().collect();
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn tunables() {
        let _: fn(&Target) -> BaseTunables = BaseTunables::for_target;
        let _: fn(&BaseTunables) -> (Pages, u64, u64) = |t| {
            (
                t.static_memory_bound,
                t.static_memory_offset_guard_size,
                t.dynamic_memory_offset_guard_size,
            )
        };
        let _: fn(&BaseTunables, &MemoryType) -> vm::MemoryStyle = Tunables::memory_style;
        let _: fn(&BaseTunables, &TableType) -> vm::TableStyle = Tunables::table_style;
        type Made<T, E> = Result<Arc<T>, E>;
        let _: fn(
            &BaseTunables,
            &MemoryType,
            &vm::MemoryStyle,
        ) -> Made<dyn vm::Memory, MemoryError> = Tunables::create_host_memory;
        let _: unsafe fn(
            &BaseTunables,
            &MemoryType,
            &vm::MemoryStyle,
            NonNull<VMMemoryDefinition>,
        ) -> Made<dyn vm::Memory, MemoryError> = Tunables::create_vm_memory;
        let _: fn(&BaseTunables, &TableType, &vm::TableStyle) -> Made<dyn vm::Table, String> =
            Tunables::create_host_table;
        let _: unsafe fn(
            &BaseTunables,
            &TableType,
            &vm::TableStyle,
            NonNull<VMTableDefinition>,
        ) -> Made<dyn vm::Table, String> = Tunables::create_vm_table;
        let _: fn(&BaseTunables, GlobalType) -> Made<vm::Global, String> = Tunables::create_global;
        use wasmill_types::{
            LocalGlobalIndex, LocalMemoryIndex, LocalTableIndex, MemoryIndex, PrimaryMap,
            TableIndex,
        };
        type All<I, T> = Result<PrimaryMap<I, Arc<T>>, LinkError>;
        let _: unsafe fn(
            &BaseTunables,
            &ModuleInfo,
            &PrimaryMap<MemoryIndex, vm::MemoryStyle>,
            &[NonNull<VMMemoryDefinition>],
        ) -> All<LocalMemoryIndex, dyn vm::Memory> = Tunables::create_memories;
        let _: unsafe fn(
            &BaseTunables,
            &ModuleInfo,
            &PrimaryMap<TableIndex, vm::TableStyle>,
            &[NonNull<VMTableDefinition>],
        ) -> All<LocalTableIndex, dyn vm::Table> = Tunables::create_tables;
        let _: fn(&BaseTunables, &ModuleInfo) -> All<LocalGlobalIndex, vm::Global> =
            Tunables::create_globals;
        let _: fn(&dyn vm::Memory) -> (MemoryType, &vm::MemoryStyle, Pages) =
            |made| (made.ty(), made.style(), made.size());
        let _: fn(&dyn vm::Table) -> (&TableType, &vm::TableStyle, u32) =
            |made| (made.ty(), made.style(), made.size());
        let _: fn(&dyn vm::Table, u32) -> Option<vm::TableElement> = |made, n| made.get(n);
        let _: fn(&dyn vm::Table, u32, vm::TableElement) -> Result<(), Trap> =
            |made, n, element| made.set(n, element);
        let _: fn(&dyn vm::Table, &dyn vm::Table) -> Result<(), Trap> =
            |made, from| made.copy(from, 0, 0, 1);
        let _: fn(&dyn vm::Memory) -> NonNull<VMMemoryDefinition> = |made| made.vmmemory();
        let _: fn(&dyn vm::Memory, Pages) -> Result<Pages, MemoryError> = |made, n| made.grow(n);
        let _: fn(&dyn vm::Table) -> NonNull<VMTableDefinition> = |made| made.vmtable();
        let _: fn(&dyn vm::Table, u32, vm::TableElement) -> Option<u32> =
            |made, n, init| made.grow(n, init);
    }

    #[test]
    fn compilers_and_targets() {
        let _: fn() -> Cranelift = Cranelift::new;
        let _: fn(&mut Cranelift, bool) -> &mut Cranelift = Cranelift::canonicalize_nans;
        let _: fn(&mut Cranelift, CraneliftOptLevel) -> &mut Cranelift = Cranelift::opt_level;
        let _: fn(&mut dyn CompilerConfig) = |config| {
            config.enable_pic();
            config.enable_verifier();
            config.canonicalize_nans(true);
        };
        let _: fn(&mut dyn CompilerConfig, Arc<dyn ModuleMiddleware>) =
            |config, middleware| config.push_middleware(middleware);
        let _: fn(&Cranelift, &Target) -> Features = CompilerConfig::default_features_for_target;
        #[cfg(feature = "singlepass")]
        {
            use wasmill::Singlepass;
            let _: fn() -> Singlepass = Singlepass::new;
            let _: fn(&mut Singlepass, bool) -> &mut Singlepass = Singlepass::enable_stack_check;
            let _: fn(&mut Singlepass, bool) -> &mut Singlepass = Singlepass::canonicalize_nans;
        }
        let _: fn(&dyn wasmill_compiler::Compiler, &Features, &[u8]) -> Result<(), CompileError> =
            |compiler, features, data| compiler.validate_module(features, data);
        let _: fn(Box<dyn CompilerConfig>) -> Box<dyn wasmill_compiler::Compiler> =
            CompilerConfig::compiler;
        let _: fn(&dyn ModuleMiddleware, LocalFunctionIndex) -> Box<dyn FunctionMiddleware> =
            |middleware, index| middleware.generate_function_middleware(index);
        let _: fn(&dyn ModuleMiddleware, &mut ModuleInfo) =
            |middleware, info| middleware.transform_module_info(info);
        let _: for<'a> fn(
            &mut dyn FunctionMiddleware,
            wasmparser::Operator<'a>,
            &mut MiddlewareReaderState<'a>,
        ) -> Result<(), MiddlewareError> =
            |middleware, operator, state| middleware.feed(operator, state);
        let _: for<'a> fn(&mut MiddlewareReaderState<'a>, wasmparser::Operator<'a>) =
            |state, operator| state.push_operator(operator);
        let _: fn(&Target) -> &Triple = Target::triple;
        let none = CpuFeature::set();
        assert_eq!(Target::new(HOST, none).triple(), &Triple::host());
        let _ = CpuFeature::for_host() | (CpuFeature::SSE2 | CpuFeature::AVX512F);
        let _: fn(&str) -> Result<CpuFeature, ParseCpuFeatureError> = str::parse;
        let _: fn() -> Features = Features::new;
        let _: [fn(&mut Features, bool) -> &mut Features; 9] = [
            Features::threads,
            Features::reference_types,
            Features::simd,
            Features::bulk_memory,
            Features::multi_value,
            Features::tail_call,
            Features::module_linking,
            Features::multi_memory,
            Features::memory64,
        ];
        let _: fn(&Features) -> bool = |features| features.exceptions;
        let _: fn(&'static [u8]) -> bool = is_wasm;
        let _: fn(&str) -> bool = |text| is_wasm(text);
        let _: fn(&[u8]) -> bool = |bytes| {
            let binary: Option<Cow<'_, [u8]>> = wat2wasm(bytes).ok();
            binary.is_some()
        };
        let _: WasmResult<()> = Ok(());
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn modules_and_instances() {
        let _: fn(&Store, &[u8]) -> Result<Module, CompileError> = |s, bytes| Module::new(s, bytes);
        let _: fn(&Store, &str) -> Result<Module, CompileError> = |s, text| Module::new(s, text);
        let _: fn(&Store, Vec<u8>) -> Result<Module, CompileError> = Module::new;
        let _: fn(&Store, &Path) -> Result<Module, IoCompileError> = |s, p| Module::from_file(s, p);
        let _: fn(&Store, &str) -> Result<Module, IoCompileError> = |s, p| Module::from_file(s, p);
        let _: fn(&Store, &[u8]) -> Result<Module, CompileError> = Module::from_binary;
        let _: unsafe fn(&Store, &[u8]) -> Result<Module, CompileError> =
            Module::from_binary_unchecked;
        let _: fn(&Store, &[u8]) -> Result<(), CompileError> = Module::validate;
        let _: fn(&Module) -> Result<Vec<u8>, SerializeError> = Module::serialize;
        let _: fn(&Module, &Path) -> Result<(), SerializeError> = |m, p| m.serialize_to_file(p);
        let _: unsafe fn(&Store, &[u8]) -> Result<Module, DeserializeError> = Module::deserialize;
        let _: unsafe fn(&Store, String) -> Result<Module, DeserializeError> =
            Module::deserialize_from_file;
        let _: fn(&Module) -> Option<&str> = Module::name;
        let _: fn(&mut Module, &str) -> bool = Module::set_name;
        let _: fn(&Module) -> Vec<ImportType> = |module| module.imports().collect();
        let _: fn(&Module) -> Vec<ImportType<FunctionType>> =
            |module| module.imports().functions().collect();
        let _: fn(&Module) -> Vec<ExportType<MemoryType>> =
            |module| module.exports().memories().collect();
        let _: fn(&Module) -> Vec<ExportType<TableType>> =
            |module| module.exports().tables().collect();
        let _: fn(&Module) -> Vec<ExportType<GlobalType>> =
            |module| module.exports().globals().collect();
        let _: fn(&Module) -> usize = |module| module.imports().len() + module.exports().len();
        let _: fn(&Module) -> Vec<Arc<[u8]>> = |module| module.custom_sections("x").collect();
        let _: fn(&Module) -> &Store = Module::store;
        let _: fn(&Module) -> &ModuleInfo = Module::info;
        let _: fn(&Module) -> &Arc<dyn Artifact> = Module::artifact;
        let _: fn(&Module, &dyn Resolver) -> Result<Instance, InstantiationError> = Instance::new;
        let _: fn(&Instance) -> &Module = Instance::module;
        let _: fn(&Instance) -> &Store = Instance::store;
        let _: fn(&Instance) -> &Exports = |instance| &instance.exports;
    }

    #[test]
    fn exports_and_imports() {
        let _: fn() -> Exports = Exports::new;
        let _: fn(usize) -> Exports = Exports::with_capacity;
        let _: fn(&Exports) -> (usize, bool) = |exports| (exports.len(), exports.is_empty());
        let _: fn(&mut Exports, &str, Function) = |e, name, function| e.insert(name, function);
        let _: fn(&mut Exports, String, Extern) = Exports::insert;
        let _: for<'a> fn(&'a Exports, &str) -> Result<&'a Memory, ExportError> =
            |e, name| e.get(name);
        let _: for<'a> fn(&'a Exports, &str) -> Result<&'a Global, ExportError> =
            Exports::get_global;
        let _: for<'a> fn(&'a Exports, &str) -> Result<&'a Memory, ExportError> =
            Exports::get_memory;
        let _: for<'a> fn(&'a Exports, &str) -> Result<&'a Table, ExportError> = Exports::get_table;
        let _: for<'a> fn(&'a Exports, &str) -> Result<&'a Function, ExportError> =
            Exports::get_function;
        let _: fn(&Exports, &str) -> Result<NativeFunc<(i32, i64), f32>, ExportError> =
            Exports::get_native_function;
        let _: fn(&Exports, &str) -> Result<NativeFunc<i32, ()>, ExportError> =
            |e, name| e.get_with_generics(name);
        let _: fn(&Exports, &str) -> Result<Memory, ExportError> =
            |e, name| e.get_with_generics_weak(name);
        let _: for<'a> fn(&'a Exports, &str) -> Option<&'a Extern> = Exports::get_extern;
        let _: fn(&Exports, &str) -> bool = |e, name| e.contains(name);
        let _: fn(&Exports) -> Vec<(&String, &Extern)> = |exports| exports.iter().collect();
        let _: fn(&Exports) -> Vec<(&String, &Function)> =
            |exports| exports.iter().functions().collect();
        let _: fn(Vec<(String, Extern)>) -> Exports = |list| list.into_iter().collect();
        let _: fn(&Exports, &str) -> Option<Export> = LikeNamespace::get_namespace_export;
        let _: fn(&Exports) -> Vec<(String, Export)> = LikeNamespace::get_namespace_exports;
        let _: fn() -> ImportObject = ImportObject::new;
        let _: fn(&ImportObject, &str, &str) -> Option<Export> = ImportObject::get_export;
        let _: fn(&ImportObject, &str) -> bool = ImportObject::contains_namespace;
        let _: fn(&mut ImportObject, &str, Exports) -> Option<Box<dyn LikeNamespace>> =
            |imports, name, exports| imports.register(name, exports);
        let _: fn(ImportObject) -> ImportObjectIterator = IntoIterator::into_iter;
        let _: fn(&ImportObject, u32, &str, &str) -> Option<Export> = Resolver::resolve;
        let _: fn(&&'static ImportObject, &str, &str) -> Option<Export> =
            NamedResolver::resolve_by_name;
        let _: fn(&(), &str, &str) -> Option<Export> = NamedResolver::resolve_by_name;
        let _: fn(&Box<dyn NamedResolver>, &str, &str) -> Option<Export> =
            NamedResolver::resolve_by_name;
        let _: fn(ImportObject, ()) -> NamedResolverChain<(), ImportObject> =
            ChainableNamedResolver::chain_front;
        let _: fn(ImportObject, ()) -> NamedResolverChain<ImportObject, ()> =
            ChainableNamedResolver::chain_back;
        let _: fn(&Extern) -> ExternType = Extern::ty;
        let _: fn(&Store, Export) -> Extern = Extern::from_vm_export;
        let _: [fn(Extern) -> Extern; 4] = [
            |e| {
                if let Extern::Function(f) = e {
                    f.into()
                } else {
                    e
                }
            },
            |e| {
                if let Extern::Global(g) = e {
                    g.into()
                } else {
                    e
                }
            },
            |e| {
                if let Extern::Table(t) = e {
                    t.into()
                } else {
                    e
                }
            },
            |e| {
                if let Extern::Memory(m) = e {
                    m.into()
                } else {
                    e
                }
            },
        ];
        let _: fn(vm::VMExtern) -> Export = Export::from;
        let _: fn(Export) -> vm::VMExtern = vm::VMExtern::from;
        let _: fn(ExportFunction) -> Export = Export::Function;
        let _: fn(ExportFunction) -> Export = Export::from;
        let _: fn(vm::VMTable) -> Export = Export::from;
        let _: fn(vm::VMMemory) -> Export = Export::from;
        let _: fn(vm::VMGlobal) -> Export = Export::from;
        let _: fn(&NativeFunc<(i32, i64), f32>) -> ExportFunction = |native| native.into();
        let _: fn(ExportFunction) -> (vm::VMFunction, Option<Arc<ExportFunctionMetadata>>) =
            |export| (export.vm_function, export.metadata);
        let _: fn(&Table) -> Export = Exportable::to_export;
        let _: fn(&mut Global) = |global| Exportable::into_weak_instance_ref(global);
        let _: fn(&Extern) -> Result<&Extern, ExportError> =
            |item| Exportable::get_self_from_extern(item);
    }

    #[test]
    fn functions() {
        type Dynamic = fn(&[Val]) -> Result<Vec<Val>, RuntimeError>;
        type DynamicWithEnv = fn(&u8, &[Val]) -> Result<Vec<Val>, RuntimeError>;
        let _: fn(&Store, FunctionType, Dynamic) -> Function = Function::new;
        let _: fn(&Store, &FunctionType, Dynamic) -> Function = |s, ty, f| Function::new(s, ty, f);
        let _: fn(&Store, ([Type; 2], [Type; 1]), Dynamic) -> Function = Function::new;
        let _: fn(&Store, FunctionType, u8, DynamicWithEnv) -> Function = Function::new_with_env;
        let _: fn(&Store, fn(i32) -> i64) -> Function = Function::new_native;
        let _: fn(&Store, fn() -> Result<(i32, f64), RuntimeError>) -> Function =
            Function::new_native;
        let _: fn(&Store, u8, fn(&u8, i32)) -> Function = Function::new_native_with_env;
        let _: fn(&Function) -> &FunctionType = Function::ty;
        let _: fn(&Function) -> &Store = Function::store;
        let _: fn(&Function) -> usize = Function::param_arity;
        let _: fn(&Function) -> usize = Function::result_arity;
        let _: fn(&Function, &[Val]) -> Result<Box<[Val]>, RuntimeError> = Function::call;
        let _: fn(&Function) -> Result<NativeFunc, RuntimeError> = Function::native;
        let _: fn(NativeFunc<i32, i32>) -> Function = Function::from;
        let _: fn(&NativeFunc) -> Result<(), RuntimeError> = NativeFunc::<(), ()>::call;
        let _: fn(&NativeFunc<u8, i8>, u8) -> Result<i8, RuntimeError> = NativeFunc::<u8, i8>::call;
        let _: fn(
            &NativeFunc<(u16, WasmPtr<u8>), ()>,
            u16,
            WasmPtr<u8>,
        ) -> Result<(), RuntimeError> = NativeFunc::<(u16, WasmPtr<u8>), ()>::call;
        let _: fn(ExternRef) -> ExternRef = FromToNativeWasmType::to_native;
        let _: fn() -> &'static [Type] = <(i32, f64) as WasmTypeList>::wasm_types;
        let _: fn(i32) -> Result<i32, std::convert::Infallible> = IntoResult::into_result;
        let _: fn(i32) -> i128 = NativeWasmType::to_binary;
        let _: fn(u128) -> i128 = NativeWasmType::to_binary;
        fn body<F: HostFunction<i32, (), internals::WithoutEnv, ()>>(function: F) -> bool {
            function.function_body_ptr().is_null()
        }
        assert!(!body(|_: i32| ()));
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn errors_and_traps() {
        let _: fn(&str) -> RuntimeError = |text| RuntimeError::new(text);
        let _: fn(String) -> RuntimeError = RuntimeError::new;
        let _: fn(Trap) -> Trap = |trap| match trap {
            Trap::User(error) => Trap::User(error),
            Trap::Wasm {
                pc,
                backtrace,
                signal_trap,
            } => Trap::Wasm {
                pc,
                backtrace,
                signal_trap,
            },
            Trap::Lib {
                trap_code,
                backtrace,
            } => Trap::Lib {
                trap_code,
                backtrace,
            },
            Trap::OOM { backtrace } => Trap::OOM { backtrace },
        };
        let _: fn(Trap) -> RuntimeError = RuntimeError::from_trap;
        let _: fn(Trap) -> RuntimeError = RuntimeError::from;
        let _: fn(Failure) -> ! = RuntimeError::raise;
        let _: unsafe fn(Failure) -> ! = raise_user_trap;
        let _: fn(Failure) -> RuntimeError = RuntimeError::user;
        let _: fn(&RuntimeError) -> String = RuntimeError::message;
        let _: fn(&RuntimeError) -> &[FrameInfo] = RuntimeError::trace;
        let _: fn(RuntimeError) -> Result<std::fmt::Error, RuntimeError> = RuntimeError::downcast;
        let _: fn(&RuntimeError) -> Option<&std::fmt::Error> = RuntimeError::downcast_ref;
        let _: fn(&RuntimeError) -> bool = RuntimeError::is::<std::fmt::Error>;
        let _: fn(RuntimeError) -> Option<TrapCode> = RuntimeError::to_trap;
        let _: fn(&TrapCode) -> &str = |code| code.message();
        let _: fn(&FrameInfo) -> u32 = FrameInfo::func_index;
        let _: fn(&FrameInfo) -> &str = FrameInfo::module_name;
        let _: fn(&FrameInfo) -> Option<&str> = FrameInfo::function_name;
        let _: fn(&FrameInfo) -> usize = FrameInfo::module_offset;
        let _: fn(&FrameInfo) -> usize = FrameInfo::func_offset;
        let _: fn(&FrameInfo) -> &[FrameSymbol] = FrameInfo::symbols;
        let _: fn(ExportError) -> HostEnvInitError = HostEnvInitError::from;
        let _: fn(String, String, ImportError) -> LinkError = LinkError::Import;
        let _: fn(LinkError) -> InstantiationError = InstantiationError::Link;
        let _: fn(RuntimeError) -> InstantiationError = InstantiationError::Start;
        let _: fn(HostEnvInitError) -> InstantiationError =
            InstantiationError::HostEnvInitialization;
        let _: fn(MiddlewareError) -> WasmError = WasmError::from;
        let _: fn(WasmError) -> CompileError = CompileError::from;
        let _: fn(String, String) -> MiddlewareError = MiddlewareError::new;
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn environments() {
        let _: fn(&mut u8, &Instance) -> Result<(), HostEnvInitError> =
            WasmerEnv::init_with_instance;
        let _: fn() -> LazyInit<Memory> = LazyInit::new;
        let _: unsafe fn(&LazyInit<u8>) -> &u8 = LazyInit::get_unchecked;
        let _: fn(&LazyInit<u8>) -> Option<&u8> = LazyInit::get_ref;
        let _: fn(&mut LazyInit<u8>, u8) -> bool = LazyInit::initialize;
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn memories() {
        let _: fn(&Store, MemoryType) -> Result<Memory, MemoryError> = Memory::new;
        let _: fn(&Memory) -> MemoryType = Memory::ty;
        let _: fn(&Memory) -> &Store = Memory::store;
        let _: unsafe fn(&Memory) -> &[u8] = Memory::data_unchecked;
        let _: unsafe fn(&Memory) -> &mut [u8] = Memory::data_unchecked_mut;
        let _: fn(&Memory) -> *mut u8 = Memory::data_ptr;
        let _: fn(&Memory) -> u64 = Memory::data_size;
        let _: fn(&Memory) -> Pages = Memory::size;
        let _: fn(&Memory, u32) -> Result<Pages, MemoryError> = Memory::grow;
        let _: fn(&Memory, Pages) -> Result<Pages, MemoryError> = Memory::grow;
        let _: for<'a> fn(&'a Memory) -> MemoryView<'a, u16> = Memory::view;
        let _: for<'a> fn(&'a Memory) -> MemoryView<'a, u8> = Memory::uint8view;
        let _: fn(&Memory, &Memory) -> bool = Memory::same;
        let _: unsafe fn(*mut u8, u32) -> MemoryView<'static, u8> = MemoryView::new;
        let _: for<'a> fn(&MemoryView<'a, f64>) -> MemoryView<'a, AtomicU64, Atomically> =
            |view| view.atomically();
        let _: fn(&MemoryView<'_, u8>) -> u8 = |view| view[1..3].iter().map(Cell::get).sum();
        let _: fn(&MemoryView<'_, u32>) -> u32 = |view| view.atomically()[0].load(Ordering::SeqCst);
        let _: fn(u32) -> WasmPtr<u8> = WasmPtr::new;
        let _: fn(WasmPtr<u8, Array>) -> u32 = WasmPtr::offset;
        let _: fn(WasmPtr<u32>, &Memory) -> Option<u32> = |ptr, m| Some(ptr.deref(m)?.get());
        let _: fn(WasmPtr<u32>, &Memory) -> Option<()> = |ptr, m| {
            ptr.deref(m)?.set(1);
            Some(())
        };
        let _: unsafe fn(WasmPtr<u32>, &Memory) -> Option<WasmCell<'_, u32>> =
            WasmPtr::<u32>::deref_mut;
        let _: fn(WasmPtr<u8, Array>, &Memory) -> Option<u8> =
            |ptr, m| ptr.deref(m, 0, 4)?.iter().map(|cell| cell.get()).max();
        let _: fn(WasmPtr<u8, Array>, &Memory) -> Option<()> = |ptr, m| {
            let cells = ptr.deref(m, 0, 4)?;
            cells[1].set(cells[0].get());
            Some(())
        };
        type Text<'a> = Option<&'a str>;
        let _: for<'a> unsafe fn(WasmPtr<u8, Array>, &'a Memory, u32) -> Text<'a> =
            WasmPtr::<u8, Array>::get_utf8_str;
        let _: fn(WasmPtr<u8, Array>, &Memory, u32) -> Option<String> =
            WasmPtr::<u8, Array>::get_utf8_string;
        let _: for<'a> unsafe fn(WasmPtr<u8, Array>, &'a Memory) -> Text<'a> =
            WasmPtr::<u8, Array>::get_utf8_str_with_nul;
        let _: fn(WasmPtr<u8, Array>, &Memory) -> Option<String> =
            WasmPtr::<u8, Array>::get_utf8_string_with_nul;
        let _: fn(&vm::MemoryStyle) -> u64 = vm::MemoryStyle::offset_guard_size;
    }

    #[test]
    #[allow(unsafe_code, reason = "signatures, not called")]
    fn tables_and_globals() {
        let _: fn(&Store, TableType, Val) -> Result<Table, RuntimeError> = Table::new;
        let _: fn(&Table) -> &TableType = Table::ty;
        let _: fn(&Table) -> &Store = Table::store;
        let _: fn(&Table, u32) -> Option<Val> = Table::get;
        let _: fn(&Table, u32, Val) -> Result<(), RuntimeError> = Table::set;
        let _: fn(&Table) -> u32 = Table::size;
        let _: fn(&Table, u32, Val) -> Result<u32, RuntimeError> = Table::grow;
        let _: fn(&Table, u32, &Table, u32, u32) -> Result<(), RuntimeError> = Table::copy;
        let _: fn(&Table, &Table) -> bool = Table::same;
        let _: fn(&Store, Val) -> Global = Global::new;
        let _: fn(&Store, Val) -> Global = Global::new_mut;
        let _: fn(&Global) -> &GlobalType = Global::ty;
        let _: fn(&Global) -> &Store = Global::store;
        let _: fn(&Global) -> Val = Global::get;
        let _: fn(&Global, Val) -> Result<(), RuntimeError> = Global::set;
        let _: fn(&Global, &Global) -> bool = Global::same;
        let _: unsafe fn(&Function) -> &vm::VMFunction = Function::get_vm_function;
        let _: unsafe fn(&Memory) -> &vm::VMMemory = Memory::get_vm_memory;
        let _: unsafe fn(&Table) -> &vm::VMTable = Table::get_vm_table;
        let _: unsafe fn(&Global) -> &vm::VMGlobal = Global::get_vm_global;
        let _: unsafe fn(&NativeFunc<i32, ()>) -> &vm::VMFunction = NativeFunc::get_vm_function;
        let _: fn(&Instance) -> *mut vm::VMContext = Instance::vmctx_ptr;
        let _: fn(&dyn Any) -> bool = |any| any.is::<Store>();
    }
}

/// Which traits the types have, and which they must not have.
mod impls {
    use std::error::Error;
    use std::fmt::{Debug, Display};
    use std::hash::Hash;
    use wasmill::*;

    fn shared<T: Send + Sync>() {}
    fn handle<T: Clone + Send + Sync + 'static>() {}
    fn shown<T: Debug>() {}
    fn error<T: Error + Send + Sync + 'static>() {}
    fn descriptor<T: Clone + Debug + PartialEq + Eq + Hash + Send + Sync>() {}
    fn copied<T: Copy>() {}
    fn ordered<T: Copy + Debug + Ord + Hash>() {}
    fn text<T: Display>() {}
    fn default<T: Default>() {}
    fn equal<T: PartialEq>() {}
    fn env<T: WasmerEnv>() {}
    fn stored<T: serde::Serialize + serde::de::DeserializeOwned>() {}
    fn value<T: ValueType>() {}

    /// Whether a type has a trait, for those that it must not have: `has!(T: Trait)` is a constant.
    macro_rules! has {
        ($ty:ty: $($bound:tt)+) => {{
            #[allow(dead_code, reason = "used unless the type has the trait")]
            trait Absent {
                const HAS: bool = false;
            }
            impl<T: ?Sized> Absent for T {}
            struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
            #[allow(dead_code, reason = "used if the type has the trait")]
            impl<T: ?Sized + $($bound)+> Probe<T> {
                const HAS: bool = true;
            }
            <Probe<$ty>>::HAS
        }};
    }

    #[test]
    fn handles() {
        handle::<Store>();
        handle::<Module>();
        handle::<Instance>();
        handle::<Function>();
        handle::<Memory>();
        handle::<Table>();
        handle::<Global>();
        handle::<NativeFunc<(i32, i64), f32>>();
        handle::<Extern>();
        handle::<Exports>();
        handle::<ImportObject>();
        handle::<Val>();
        handle::<ExternRef>();
        handle::<RuntimeError>();
        handle::<FrameInfo>();
        handle::<UniversalEngine>();
        handle::<BaseTunables>();
        handle::<Export>();
        handle::<NamedResolverChain<ImportObject, ()>>();
        shared::<LazyInit<Memory>>();
        shared::<WasmPtr<u8, Array>>();
        shared::<UniversalArtifact>();
        #[cfg(feature = "dylib")]
        {
            handle::<DylibEngine>();
            shared::<DylibArtifact>();
        }
    }

    #[test]
    fn what_can_be_shown() {
        shown::<Store>();
        shown::<Module>();
        shown::<Instance>();
        shown::<Function>();
        shown::<Memory>();
        shown::<Global>();
        shown::<Extern>();
        shown::<Exports>();
        shown::<ImportObject>();
        shown::<Val>();
        shown::<ExternRef>();
        shown::<LazyInit<u8>>();
        shown::<RuntimeError>();
        shown::<FrameInfo>();
        shown::<Features>();
        shown::<Target>();
        shown::<Cranelift>();
        #[cfg(feature = "singlepass")]
        {
            shown::<Singlepass>();
            default::<Singlepass>();
        }
        shown::<CraneliftOptLevel>();
        shown::<MiddlewareReaderState<'_>>();
        shown::<Box<dyn FunctionMiddleware>>();
        shown::<std::sync::Arc<dyn ModuleMiddleware>>();
        shown::<wasmparser::Operator<'_>>();
        shown::<WasmPtr<u8>>();
        shown::<Export>();
        text::<Type>();
        text::<FunctionType>();
        text::<GlobalType>();
        text::<TableType>();
        text::<MemoryType>();
        text::<ModuleInfo>();
        text::<TrapCode>();
        text::<CpuFeature>();
        text::<Triple>();
    }

    #[test]
    fn what_can_be_compared_and_made() {
        descriptor::<Type>();
        descriptor::<FunctionType>();
        descriptor::<Mutability>();
        descriptor::<GlobalType>();
        descriptor::<TableType>();
        descriptor::<MemoryType>();
        descriptor::<ExternType>();
        descriptor::<ImportType>();
        descriptor::<ExportType<MemoryType>>();
        descriptor::<LocalFunctionIndex>();
        descriptor::<ExportIndex>();
        descriptor::<TrapCode>();
        descriptor::<Target>();
        descriptor::<CpuFeature>();
        descriptor::<MemoryError>();
        descriptor::<vm::MemoryStyle>();
        descriptor::<vm::TableStyle>();
        copied::<Type>();
        copied::<Mutability>();
        copied::<GlobalType>();
        copied::<TableType>();
        copied::<MemoryType>();
        copied::<GlobalInit>();
        copied::<TrapCode>();
        copied::<WasmPtr<u64, Array>>();
        ordered::<Pages>();
        ordered::<Bytes>();
        equal::<Store>();
        equal::<Function>();
        equal::<Val>();
        equal::<ExternRef>();
        equal::<Features>();
        equal::<WasmPtr<u8>>();
        equal::<EngineId>();
        default::<Store>();
        default::<Exports>();
        default::<ImportObject>();
        default::<LazyInit<Memory>>();
        default::<Features>();
        default::<Target>();
        default::<Cranelift>();
        default::<EngineId>();
    }

    #[test]
    fn what_can_be_stored() {
        stored::<Type>();
        stored::<FunctionType>();
        stored::<Mutability>();
        stored::<GlobalType>();
        stored::<TableType>();
        stored::<MemoryType>();
        stored::<ExternType>();
        stored::<ImportType>();
        stored::<ExportType<TableType>>();
        stored::<ExportIndex>();
        stored::<LocalFunctionIndex>();
        stored::<GlobalInit>();
        stored::<Pages>();
        stored::<Bytes>();
        stored::<vm::MemoryStyle>();
        stored::<vm::TableStyle>();
    }

    #[test]
    fn errors_and_the_users_own_types() {
        error::<CompileError>();
        error::<WasmError>();
        error::<MiddlewareError>();
        error::<ParseCpuFeatureError>();
        error::<IoCompileError>();
        error::<LinkError>();
        error::<SerializeError>();
        error::<DeserializeError>();
        error::<ImportError>();
        error::<InstantiationError>();
        error::<ExportError>();
        error::<HostEnvInitError>();
        error::<MemoryError>();
        error::<RuntimeError>();
        error::<TrapCode>();
        error::<PageCountOutOfRange>();
        env::<u128>();
        env::<Box<String>>();
        env::<std::sync::Arc<std::sync::Mutex<u8>>>();
        value::<WasmPtr<u8>>();
    }

    #[test]
    fn what_must_not_be() {
        assert!(has!(String: Clone), "the probe works");
        assert!(!has!(MemoryView<'static, u8>: Send));
        assert!(!has!(MemoryView<'static, u8>: Sync));
        assert!(!has!(WasmCell<'static, u8>: Send));
        assert!(!has!(LazyInit<std::cell::Cell<u8>>: Sync));
        assert!(!has!(LazyInit<std::rc::Rc<u8>>: Send));
        assert!(!has!(Table: Debug));
        assert!(!has!(NativeFunc: Debug));
        assert!(
            !has!(Val: Display),
            "values have `to_string` without `Display`"
        );
        assert!(
            !has!(Pages: From<u64>),
            "`MemoryType::new(1, None, false)` infers `u32`"
        );
        assert!(!has!(Pages: From<usize>));
        assert!(!has!(bool: FromToNativeWasmType));
        assert!(!has!(usize: FromToNativeWasmType));
        assert!(!has!(u128: FromToNativeWasmType));
        assert!(has!(u128: NativeWasmType));
    }
}

/// The two names of one type are one type, and the version is the crate's.
#[test]
fn synonyms() {
    use wasmill::{ValType, Value};
    let by_one_name: wasmill::Val = Value::I32(1);
    assert_eq!(by_one_name.ty(), ValType::I32);
    assert_eq!(wasmill::VERSION, env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (wasmill::WASM_PAGE_SIZE, wasmill::WASM_MIN_PAGES),
        (65_536, 256)
    );
}
