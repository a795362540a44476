//! The compilers and engines that the suite runs on.

use std::sync::Arc;
use wasmill::{
    BaseTunables, CompileError, CompilerConfig, CpuFeature, Cranelift, CraneliftOptLevel, Engine,
    Features, FunctionMiddleware, LocalFunctionIndex, Module, ModuleMiddleware, Native, Pages,
    Singlepass, Store, Target, Triple, Universal, UniversalEngine,
};

/// A compiler with its settings, in an engine, in a store.
pub(crate) struct Configuration {
    /// The first part of the names of its trials.
    pub(crate) name: &'static str,
    /// Makes a store.
    pub(crate) store: fn(Features) -> Store,
    /// Makes a module of its binary form.
    pub(crate) load: fn(&Store, &[u8]) -> Result<Module, CompileError>,
}

/// Every compiler as users get it, and what can be set turned the other way.
pub(crate) const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "cranelift",
        store: |features| Store::new(&universal(Cranelift::new(), features)),
        load: compile,
    },
    // Serialized and loaded again.
    Configuration {
        name: "cranelift-artifacts",
        store: |features| Store::new(&universal(Cranelift::new(), features)),
        load: reload,
    },
    Configuration {
        name: "cranelift-unoptimized",
        store: |features| {
            let mut config = Cranelift::new();
            config.enable_verifier();
            config.push_middleware(Arc::new(Identity));
            config
                .opt_level(CraneliftOptLevel::None)
                .canonicalize_nans(true);
            Store::new(&universal(config, features))
        },
        load: compile,
    },
    // As where a process may not reserve address space: every access is checked.
    Configuration {
        name: "cranelift-checked",
        store: |features| checked(&universal(Cranelift::new(), features)),
        load: compile,
    },
    // In shared objects, and loaded again from them.
    Configuration {
        name: "cranelift-native",
        store: |features| native(Cranelift::new(), features),
        load: reload,
    },
    Configuration {
        name: "singlepass",
        store: |features| Store::new(&universal(Singlepass::new(), features)),
        load: compile,
    },
    Configuration {
        name: "singlepass-artifacts",
        store: |features| Store::new(&universal(Singlepass::new(), features)),
        load: reload,
    },
    Configuration {
        name: "singlepass-native",
        store: |features| native(Singlepass::new(), features),
        load: reload,
    },
    Configuration {
        name: "singlepass-checked",
        store: |features| {
            let mut config = Singlepass::new();
            config.push_middleware(Arc::new(Identity));
            config.canonicalize_nans(false);
            checked(&universal(config, features))
        },
        load: compile,
    },
    #[cfg(feature = "llvm")]
    Configuration {
        name: "llvm",
        store: |features| {
            let mut config = wasmill::LLVM::new();
            config.enable_verifier();
            Store::new(&universal(config, features))
        },
        load: compile,
    },
    #[cfg(feature = "llvm")]
    Configuration {
        name: "llvm-artifacts",
        store: |features| Store::new(&universal(wasmill::LLVM::new(), features)),
        load: reload,
    },
    #[cfg(feature = "llvm")]
    Configuration {
        name: "llvm-native",
        store: |features| native(wasmill::LLVM::new(), features),
        load: reload,
    },
    #[cfg(feature = "llvm")]
    Configuration {
        name: "llvm-checked",
        store: |features| {
            let mut config = wasmill::LLVM::new();
            config.push_middleware(Arc::new(Identity));
            config.opt_level(wasmill::LLVMOptLevel::Less);
            config.canonicalize_nans(true);
            checked(&universal(config, features))
        },
        load: compile,
    },
    // Compiled for other processors, where nothing of it can run, and run on another compiler.
    #[cfg(feature = "llvm")]
    Configuration {
        name: "llvm-foreign",
        store: |features| Store::new(&universal(Singlepass::new(), features)),
        load: compile_foreign,
    },
    // The processor that vectors need at least: no AVX, no BMI, no counting of bits.
    Configuration {
        name: "singlepass-sse41",
        store: |features| {
            let sse41 = CpuFeature::SSE2 | CpuFeature::SSE3 | CpuFeature::SSSE3 | CpuFeature::SSE41;
            let engine = Universal::new(Singlepass::new())
                .features(features)
                .target(Target::new(Triple::host(), sse41));
            Store::new(&engine.engine())
        },
        load: compile,
    },
];

fn universal(config: impl CompilerConfig + 'static, features: Features) -> UniversalEngine {
    Universal::new(config).features(features).engine()
}

fn native(config: impl CompilerConfig + 'static, features: Features) -> Store {
    Store::new(&Native::new(config).features(features).engine())
}

/// A store where no address space is reserved for memories, so that code must check every access.
fn checked(engine: &UniversalEngine) -> Store {
    let mut tunables = BaseTunables::for_target(engine.target());
    tunables.static_memory_bound = Pages(0);
    Store::new_with_tunables(engine, tunables)
}

/// A middleware that leaves everything as it is: all code goes through the rewriting step.
#[derive(Debug)]
struct Identity;

impl FunctionMiddleware for Identity {}

impl ModuleMiddleware for Identity {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        Box::new(Self)
    }
}

fn compile(store: &Store, wasm: &[u8]) -> Result<Module, CompileError> {
    Module::new(store, wasm)
}

#[cfg(feature = "llvm")]
fn compile_foreign(store: &Store, wasm: &[u8]) -> Result<Module, CompileError> {
    let module = compile(store, wasm)?;
    for triple in ["aarch64-unknown-linux-gnu", "riscv64gc-unknown-linux-gnu"] {
        let triple = triple.parse().expect("a triple");
        let engine = Universal::new(wasmill::LLVM::new())
            .features(store.engine().features().clone())
            .target(Target::new(triple, CpuFeature::set()));
        compile(&Store::new(&engine.engine()), wasm)?;
    }
    Ok(module)
}

fn reload(store: &Store, wasm: &[u8]) -> Result<Module, CompileError> {
    let bytes = compile(store, wasm)?.serialize();
    let bytes = bytes.expect("modules of the suite are small");
    #[allow(unsafe_code, reason = "there is machine code in the bytes")]
    // SAFETY: just made.
    let module = unsafe { Module::deserialize(store, &bytes) };
    module.map_err(|error| CompileError::Codegen(error.to_string()))
}
