//! Wasmill: a WebAssembly runtime that compiles modules to machine code and runs them in a sandbox.
//!
//! ```text
//!   Store ── Module::new ──► Module ── Instance::new(&module, &imports) ──► Instance { exports }
//!     │                                                                        │
//!   engine (Universal, Native)                             Function, NativeFunc, Memory, Global, Table
//!   + compiler (Cranelift, Singlepass, LLVM)
//! ```
//!
//! # Example
//!
//! ```
//! # #[cfg(all(feature = "wat", feature = "default-compiler", feature = "default-engine"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use wasmill::{imports, Instance, Module, Store, Value};
//!
//! let module_wat = r#"
//!     (module
//!       (type $t0 (func (param i32) (result i32)))
//!       (func $add_one (export "add_one") (type $t0) (param $p0 i32) (result i32)
//!         get_local $p0
//!         i32.const 1
//!         i32.add))
//! "#;
//!
//! let store = Store::default();
//! let module = Module::new(&store, module_wat)?;
//! let import_object = imports! {};
//! let instance = Instance::new(&module, &import_object)?;
//!
//! let add_one = instance.exports.get_function("add_one")?;
//! let result = add_one.call(&[Value::I32(42)])?;
//! assert_eq!(result[0], Value::I32(43));
//! # Ok(())
//! # }
//! # #[cfg(not(all(feature = "wat", feature = "default-compiler", feature = "default-engine")))]
//! # fn main() {}
//! ```
//!
//! # Handles, threads and lifetime
//!
//! All handles (`Store`, `Module`, `Instance`, `Function`, `Memory`, …) are cheap to clone, `Send` and `Sync`. A handle
//! keeps alive what it needs and nothing else; what it needs goes when the last handle goes, not when the store does.
//! Instances that share something mutable (a memory, a table, another instance) run one at a time, whichever thread
//! calls; others run in parallel. A [`MemoryView`] holds what it looks at while it lives.
//!
//! # Which engine
//!
//! Both run the same code, at the same speed, with the same traps and traces; they differ in what a compiled module is.
//!
//! | | [`Universal`] | `Native`, also called `Dylib` (feature `native` or `dylib`) |
//! |---|---|---|
//! | a compiled module is | an image of our own, `.wasmu` | a shared object: ELF, `.so` |
//! | who maps it | this library | the system's loader (`dlopen`) |
//! | `gdb`, `objdump`, `readelf` | see nothing, `gdb` what it is told | see functions by the module's names, and frames |
//! | made by `Module::new` | in memory | in an unnamed file, of which a descriptor stays open as long as the module lives |
//! | loading from a file | maps it: some 0.1 ms, whatever its size | the same, what the loader does, and a checksum of symbols and frames |
//! | targets | all that compilers have | those with ELF |
//!
//! Take Universal unless somebody is to look at the machine code with the tools of the system, or the files are to be
//! distributed, signed or inspected as native code is. Neither engine needs a compiler or a linker at run time, and neither leaves files behind.
//!
//! There is a third one, `Staticlib` (feature `staticlib`): modules are object files, `.o`, for a linker to put into a program. C calls
//! what computes as it calls its own functions (`StaticlibArtifact::c_header`); a program with this library runs all of it, where the
//! linker has put it (`StaticlibArtifact::linked`). Without being linked they are as those of Universal.
//! For other processors (`Target`), LLVM compiles as it is, and Cranelift with the feature `cranelift-other-processors`.
//!
//! A store belongs to an engine. `beside` makes one whose modules may be linked with those of another, of the other kind or with
//! another compiler.
//!
//! # Debugging and profiling guests
//!
//! **Traces** name functions from the module's name section. If the module has debug information (DWARF, in custom sections, as
//! `clang -g` and `rustc -g` leave it), [`FrameInfo::symbols`] tells file, line, column and function in the source, inlined functions
//! too, and the text of a [`RuntimeError`] shows them below each frame:
//!
//! ```text
//! RuntimeError: integer divide by zero
//!     at share (shop[0]:0x6d)
//!         divide (/src/shop.c:4:16)
//!         share (/src/shop.c:15:12)
//! ```
//!
//! It is looked up when somebody asks, in time that the size of the debug information limits; what is damaged tells nothing. Custom
//! sections are a part of serialized modules, since [`Module::custom_sections`] gives them, so debug information is too: strip the module
//! (`wasm-strip`, `llvm-strip`) where size matters more. Debug information in other files is not looked for.
//!
//! **`gdb`** stops at functions by name (`break serve`, before they are there with `set breakpoint pending on`) and shows WebAssembly frames
//! between the host's: always in modules of the Native engine, and in those of the Universal engine if its builder was told
//! `debug_info(true)` (`wasmill run --debug-info` on the command line). Functions that a compiler has inlined are not to be found;
//! Singlepass never inlines. It knows functions, not lines of their source, nor variables.
//!
//! **`perf`** learns the names of functions from a [`Profiler`], which the builder of an engine takes (`wasmill run --profile=jitdump` on
//! the command line). [`Profiler::perf_map`] is the simpler one, for modules of the Universal engine that stay;
//! [`Profiler::jit_dump`] knows since when code was where, has the code itself, and does for both engines. Frames are kept with frame
//! pointers: `perf record -g` finds callers. Without a profiler, `perf` knows functions of the Native engine if the module was loaded with
//! [`Module::deserialize_from_file`]. It costs nothing while code runs, some time when a module is first instantiated, and the file, which
//! grows with each module up to a gigabyte: it is not for programs that run for months.
//!
//! # What is not offered
//!
//! All of the API of wasmer 2.0 is here, but for what shows its inside. Of `Engine` and `Artifact` there is none of
//! `register_function_metadata`, `func_data_registry`, `data_initializers`, `instantiate`, `finish_instantiation`,
//! `from_parts` or the lists of trampolines; `module_mut` gives `None`. There is no feature `loupe`, nor the trait
//! `MemoryUsage` that it is about. `RATIONALE.md` says why, and what to use instead.

mod env;
mod exports;
mod externs;
mod import_object;
mod instance;
mod module;
mod native;
mod ptr;
mod requirements;
mod store;
mod value;

/// The building blocks that the original runtime exposes: styles, definitions, handles of the lower layer.
pub mod vm {
    pub use wasmill_abi::{VMContext, VMFuncRef, VMMemoryDefinition, VMTableDefinition};
    pub use wasmill_types::{MemoryStyle, ModuleInfo, TableStyle};
    pub use wasmill_vm::{
        Backtrace, Global, Memory, MemoryError, Table, TableElement, Trap, TrapCode, VMExtern,
        VMFunction, VMGlobal, VMMemory, VMTable,
    };
}

/// Parts of signatures that programs rarely name, and what the code of the derive macro calls.
#[doc(hidden)]
pub mod internals {
    pub use crate::env::initialize_export;
    pub use wasmill_vm::native::{WithEnv, WithoutEnv};
}

// The derive macro's code names this crate as its users do.
extern crate self as wasmill;

pub use env::{HostEnvInitError, LazyInit, WasmerEnv};
pub use exports::{ExportError, Exportable, ExportableWithGenerics, Exports, ExportsIterator};
pub use externs::{Extern, Function, Global, Memory, MemoryAccessError, StoreObject, Table};
pub use import_object::{ImportObject, ImportObjectIterator, LikeNamespace};
pub use instance::{Instance, InstantiationError};
pub use module::{IoCompileError, Module};
pub use native::NativeFunc;
pub use ptr::{Array, Item, WasmCell, WasmPtr};
pub use store::Store;
pub use value::Val;
pub use value::Val as Value;

pub use target_lexicon::{Architecture, CallingConvention, HOST, OperatingSystem, Triple};
#[cfg(feature = "wat")]
pub use wasmill_compiler::wat2wasm;
pub use wasmill_compiler::{
    CompileError, CompileObserver, CompileStage, CompileStep, CpuFeature, Features,
    MiddlewareError, ObservedCompileError, ParseCpuFeatureError, Target, WasmError, WasmResult,
};
#[cfg(feature = "compiler")]
pub use wasmill_compiler::{
    CompilerConfig, FunctionMiddleware, MiddlewareReaderState, ModuleMiddleware, wasmparser,
};
#[cfg(feature = "cranelift")]
pub use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
#[cfg(feature = "llvm")]
pub use wasmill_compiler_llvm::{LLVM, LLVMOptLevel};
#[cfg(feature = "singlepass")]
pub use wasmill_compiler_singlepass::Singlepass;
/// See the trait [`WasmerEnv`](trait@WasmerEnv) for an environment that is used by a guest.
///
/// ```
/// use wasmill::{LazyInit, Memory, WasmerEnv};
///
/// #[derive(Clone, Default, WasmerEnv)]
/// struct Env {
///     calls: u32,
///     #[wasmer(export)]
///     memory: LazyInit<Memory>,
/// }
///
/// // The macro makes `memory_ref`, which is set once an instance exists that imports a function with this environment.
/// assert!(Env::default().memory_ref().is_none());
/// ```
pub use wasmill_derive::WasmerEnv;
pub use wasmill_engine::{
    Artifact, BaseTunables, ChainableNamedResolver, DeserializeError, Engine, EngineId, Export,
    ExportFunction, ExportFunctionMetadata, FrameInfo, FrameSymbol, ImportError, LinkError,
    NamedResolver, NamedResolverChain, Profiler, Resolver, RuntimeError, SerializeError, Tunables,
};
#[cfg(feature = "dylib")]
pub use wasmill_engine::{Dylib, DylibArtifact, DylibEngine, Native, NativeArtifact, NativeEngine};
#[cfg(feature = "staticlib")]
pub use wasmill_engine::{Staticlib, StaticlibArtifact, StaticlibEngine};
#[cfg(feature = "universal")]
pub use wasmill_engine::{Universal, UniversalArtifact, UniversalEngine};
pub use wasmill_types::{
    Bytes, ExportIndex, ExportType, ExportsIterator as ModuleExportsIterator, ExternRef,
    ExternType, FunctionType, GlobalInit, GlobalType, ImportType, ImportsIterator,
    LocalFunctionIndex, MemoryType, ModuleInfo, Mutability, PageCountOutOfRange, Pages, TableType,
    Type, Type as ValType, WASM_MAX_PAGES, WASM_MIN_PAGES, WASM_PAGE_SIZE,
};
pub use wasmill_vm::native::{
    FromToNativeWasmType, HostFunction, HostFunctionKind, IntoResult, NativeWasmType, WasmTypeList,
};
pub use wasmill_vm::{
    Atomic, Atomically, Atomicity, InterruptHandle, MemoryError, MemoryView, NonAtomically,
    StoreLimits, StoreUsage, Trap, TrapCode, TrapHandlerFn, ValueType, interrupted,
};

#[cfg(feature = "jit")]
/// The former name of [`Universal`].
#[deprecated(since = "2.0.0", note = "use `Universal`")]
pub type JIT = Universal;

/// The same as [`RuntimeError::raise`].
///
/// ```
/// # #[cfg(all(feature = "default-compiler", feature = "default-engine"))] {
/// # use wasmill::{Function, Instance, Module, Store, imports, raise_user_trap};
/// fn fail() {
///     // SAFETY: none is needed.
///     unsafe { raise_user_trap("no more fuel".into()) }
/// }
///
/// # let store = Store::default();
/// let imports = imports! { "env" => { "fail" => Function::new_native(&store, fail) } };
/// let text = r#"(module (import "env" "fail" (func $fail)) (func (export "run") (call $fail)))"#;
/// let module = Module::new(&store, text).unwrap();
/// let instance = Instance::new(&module, &imports).unwrap();
/// let error = instance.exports.get_function("run").unwrap().call(&[]).unwrap_err();
/// assert_eq!(error.message(), "no more fuel");
/// # }
/// ```
///
/// # Safety
///
/// None is needed; the original's signature asks for it.
#[allow(unsafe_code, reason = "the contract has it")]
pub unsafe fn raise_user_trap(data: Box<dyn std::error::Error + Send + Sync>) -> ! {
    RuntimeError::raise(data)
}

/// The version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether the bytes start like a binary WebAssembly module.
///
/// ```
/// assert!(wasmill::is_wasm(b"\0asm\x01\0\0\0"));
/// assert!(!wasmill::is_wasm("(module)"));
/// ```
pub fn is_wasm(bytes: impl AsRef<[u8]>) -> bool {
    bytes.as_ref().starts_with(b"\0asm")
}
