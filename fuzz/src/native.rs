//! A case under one of Wasmill's compilers.

use std::collections::HashMap;

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, FunctionSection, ImportSection,
    TypeSection, ValType,
};
use wasmill::vm::MemoryStyle;
use wasmill::{
    BaseTunables, CompilerConfig, CpuFeature, Cranelift, CraneliftOptLevel, Export, Exportable,
    Extern, ExternRef, ExternType, Function, FunctionType, Global, ImportType, Instance,
    InstantiationError, Memory, Module, Resolver, RuntimeError, Singlepass, Store, Table, Target,
    Triple, Type, Universal, Val,
};
#[cfg(feature = "llvm")]
use wasmill::{LLVM, LLVMOptLevel};

use crate::case::{Plan, Setup};
use crate::outcome::{Bits, Failure, Outcome, State, digest};
use crate::random::Random;
use crate::script::Script;

/// Which compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Singlepass,
    Cranelift,
    #[cfg(feature = "llvm")]
    Llvm,
}

impl Kind {
    /// All that are there.
    #[cfg(not(feature = "llvm"))]
    pub(crate) const ALL: [Self; 2] = [Self::Singlepass, Self::Cranelift];
    #[cfg(feature = "llvm")]
    pub(crate) const ALL: [Self; 3] = [Self::Singlepass, Self::Cranelift, Self::Llvm];

    fn config(self, setup: Setup) -> Box<dyn CompilerConfig> {
        match self {
            Self::Singlepass => {
                let mut config = Singlepass::new();
                config.canonicalize_nans(setup.canonical);
                config.into()
            }
            Self::Cranelift => {
                let mut config = Cranelift::new();
                config.canonicalize_nans(setup.canonical);
                config.opt_level(match setup.effort {
                    0 => CraneliftOptLevel::None,
                    _ => CraneliftOptLevel::Speed,
                });
                config.into()
            }
            #[cfg(feature = "llvm")]
            Self::Llvm => {
                let mut config = LLVM::new();
                config.canonicalize_nans(setup.canonical);
                config.enable_verifier();
                config.opt_level(match setup.effort {
                    0 => LLVMOptLevel::None,
                    1 => LLVMOptLevel::Less,
                    2 => LLVMOptLevel::Default,
                    _ => LLVMOptLevel::Aggressive,
                });
                config.into()
            }
        }
    }
}

/// Stores by what they are set up for: making one takes longer than a case.
#[derive(Default)]
pub(crate) struct Stores(HashMap<(Kind, Setup), Store>);

impl Stores {
    pub(crate) fn get(&mut self, kind: Kind, setup: Setup) -> Store {
        let setup = Setup {
            linked: None,
            ..setup
        };
        let store = self.0.entry((kind, setup));
        store.or_insert_with(|| new_store(kind, setup)).clone()
    }
}

fn new_store(kind: Kind, setup: Setup) -> Store {
    let features = match setup.plain_cpu {
        true => CpuFeature::SSE2 | CpuFeature::SSE3 | CpuFeature::SSSE3 | CpuFeature::SSE41,
        false => CpuFeature::for_host(),
    };
    let target = Target::new(Triple::host(), features);
    let mut tunables = BaseTunables::for_target(&target);
    if !setup.reserved {
        tunables.static_memory_bound = 0.into();
    }
    let engine = Universal::new(kind.config(setup)).target(target).engine();
    let store = Store::new_with_tunables(&engine, tunables);
    let style = store
        .tunables()
        .memory_style(&wasmill::MemoryType::new(1, None, false));
    assert_eq!(
        matches!(style, MemoryStyle::Static { .. }),
        setup.reserved,
        "the machine grants reservations"
    );
    store
}

/// Compiles a module.
pub(crate) fn compile(store: &Store, wasm: &[u8]) -> Result<Module, String> {
    Module::from_binary(store, wasm).map_err(|error| error.to_string())
}

/// Runs a compiled module.
pub(crate) fn run(
    module: &Module,
    plan: &Plan,
    seed: u64,
    bridge: Option<Bridge<'_>>,
) -> Result<Outcome, String> {
    let script = Script::new(seed);
    let mut externs = imports(module.store(), plan, seed, &script);
    if let Some(bridge) = bridge {
        bridge.lead_over(module.store(), plan, &mut externs)?;
    }
    let mut outcome = Outcome::default();
    match Instance::new(module, &ByPosition(externs)) {
        Ok(instance) => {
            let calls = plan.calls.iter();
            outcome.calls = calls.map(|call| self::call(&instance, call)).collect();
            let states = plan.exports.iter().map(|name| state(&instance, name));
            outcome.exports = states.collect();
        }
        Err(InstantiationError::Start(error)) => outcome.refused = Some(failure(error)),
        Err(error) => outcome.refused = Some(Failure::Other(error.to_string())),
    }
    outcome.host = script.account();
    Ok(outcome)
}

/// Imports in the module's order.
struct ByPosition(Vec<Extern>);

impl Resolver for ByPosition {
    fn resolve(&self, index: u32, _module: &str, _field: &str) -> Option<Export> {
        self.0.get(index as usize).map(Exportable::to_export)
    }
}

fn imports(store: &Store, plan: &Plan, seed: u64, script: &Script) -> Vec<Extern> {
    let mut random = Random::new(seed ^ 0x1bad_b002);
    let imports = plan.imports.iter().enumerate();
    let made = imports.map(|(index, import)| match import.ty() {
        ExternType::Function(ty) => host_function(store, index, ty, script).into(),
        ExternType::Global(ty) => {
            let value = to_val(random.value(ty.ty));
            match ty.mutability.is_mutable() {
                true => Global::new_mut(store, value).into(),
                false => Global::new(store, value).into(),
            }
        }
        ExternType::Memory(ty) => Memory::new(store, *ty).expect("it is small").into(),
        ExternType::Table(ty) => Table::new(store, *ty, null(ty.ty))
            .expect("it is small")
            .into(),
    });
    made.collect()
}

fn host_function(store: &Store, index: usize, ty: &FunctionType, script: &Script) -> Function {
    let script = script.clone();
    let results = ty.results().to_vec();
    Function::new(store, ty.clone(), move |arguments| {
        let results = script.call(index, arguments.iter().map(bits), &results);
        let results = results.ok_or_else(|| RuntimeError::new("the host fails"))?;
        Ok(results.into_iter().map(to_val).collect())
    })
}

fn call(
    instance: &Instance,
    (name, arguments): &(String, Vec<Bits>),
) -> Result<Vec<Bits>, Failure> {
    let function = instance.exports.get_function(name).expect("it is exported");
    let arguments: Vec<Val> = arguments.iter().copied().map(to_val).collect();
    match function.call(&arguments) {
        Ok(results) => Ok(results.iter().map(bits).collect()),
        Err(error) => Err(failure(error)),
    }
}

fn state(instance: &Instance, name: &str) -> State {
    match instance.exports.get_extern(name).expect("it is exported") {
        Extern::Function(_) => State::Function,
        Extern::Global(global) => State::Global(bits(&global.get())),
        Extern::Memory(memory) => State::Memory {
            pages: memory.size().0.into(),
            digest: digest_of(memory),
        },
        Extern::Table(table) => {
            let elements = (0..table.size()).map(|index| table.get(index).expect("in bounds"));
            State::Table(elements.map(|value| bits(&value)).collect())
        }
    }
}

/// Part by part, through a buffer that stays in the processor's cache.
fn digest_of(memory: &Memory) -> u64 {
    let mut part = [0; 4096];
    let starts = (0..memory.data_size()).step_by(part.len());
    let digests = starts.map(|start| {
        memory.read(start, &mut part).expect("pages are larger");
        digest(start, &part)
    });
    digests.fold(0, |all, digest| all ^ digest)
}

fn failure(error: RuntimeError) -> Failure {
    let message = error.message();
    match error.to_trap() {
        Some(code) => Failure::Trap(code),
        None if message == "the host fails" => Failure::Host,
        None => Failure::Other(message),
    }
}

fn null(ty: Type) -> Val {
    match ty {
        Type::FuncRef => Val::FuncRef(None),
        _ => Val::ExternRef(ExternRef::null()),
    }
}

fn to_val(bits: Bits) -> Val {
    match bits {
        Bits::I32(bits) => Val::I32(bits as i32),
        Bits::I64(bits) => Val::I64(bits as i64),
        Bits::F32(bits) => Val::F32(f32::from_bits(bits)),
        Bits::F64(bits) => Val::F64(f64::from_bits(bits)),
        Bits::V128(bits) => Val::V128(bits),
        Bits::Func { .. } => null(Type::FuncRef),
        Bits::Extern(None) => null(Type::ExternRef),
        Bits::Extern(Some(number)) => Val::ExternRef(ExternRef::new(number)),
    }
}

fn bits(value: &Val) -> Bits {
    match value {
        Val::I32(value) => Bits::I32(*value as u32),
        Val::I64(value) => Bits::I64(*value as u64),
        Val::F32(value) => Bits::F32(value.to_bits()),
        Val::F64(value) => Bits::F64(value.to_bits()),
        Val::V128(value) => Bits::V128(*value),
        Val::FuncRef(function) => Bits::Func {
            null: function.is_none(),
        },
        Val::ExternRef(reference) => Bits::Extern(reference.downcast::<u32>().copied()),
    }
}

/// Leads calls of host functions through an instance that another compiler compiled, in the same store.
pub(crate) struct Bridge<'a> {
    stores: &'a mut Stores,
    kind: Kind,
    setup: Setup,
}

impl<'a> Bridge<'a> {
    /// For a module with this setup.
    pub(crate) fn new(stores: &'a mut Stores, setup: Setup) -> Option<Self> {
        let kind = setup.linked?;
        Some(Self {
            stores,
            kind,
            setup,
        })
    }

    /// Replaces the functions among the imports by ones that call them.
    fn lead_over(self, store: &Store, plan: &Plan, externs: &mut [Extern]) -> Result<(), String> {
        let compiled = compile(
            &self.stores.get(self.kind, self.setup),
            &forwarders(&plan.imports),
        )?;
        let bytes = compiled.serialize().map_err(|error| error.to_string())?;
        // SAFETY: the bytes come from the line above.
        let loaded = unsafe { Module::deserialize(store, &bytes) };
        let loaded = loaded.map_err(|error| error.to_string())?;
        let functions = externs.iter().filter(|item| is_function(item)).cloned();
        let resolver = ByPosition(functions.collect());
        let instance = Instance::new(&loaded, &resolver).map_err(|error| error.to_string())?;
        let places = externs.iter_mut().filter(|item| is_function(item));
        for (index, place) in places.enumerate() {
            let function = instance.exports.get_function(&index.to_string());
            *place = function.expect("it is exported").clone().into();
        }
        Ok(())
    }
}

fn is_function(item: &Extern) -> bool {
    matches!(item, Extern::Function(_))
}

/// A module that exports a function for each function among the imports, which only calls it.
fn forwarders(imports: &[ImportType]) -> Vec<u8> {
    let types: Vec<&FunctionType> = imports.iter().filter_map(|item| item.ty().func()).collect();
    let mut sections = (
        TypeSection::new(),
        ImportSection::new(),
        FunctionSection::new(),
        ExportSection::new(),
        CodeSection::new(),
    );
    for (index, ty) in types.iter().enumerate() {
        let (number, name) = (index as u32, index.to_string());
        sections
            .0
            .ty()
            .function(encoded(ty.params()), encoded(ty.results()));
        sections.1.import("", &name, EntityType::Function(number));
        sections.2.function(number);
        let own = types.len() as u32 + number;
        sections.3.export(&name, ExportKind::Func, own);
        let mut body = wasm_encoder::Function::new([]);
        let mut instructions = body.instructions();
        for param in 0..ty.params().len() as u32 {
            instructions.local_get(param);
        }
        instructions.call(number).end();
        sections.4.function(&body);
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&sections.0).section(&sections.1);
    module.section(&sections.2).section(&sections.3);
    module.section(&sections.4);
    module.finish()
}

fn encoded(types: &[Type]) -> Vec<ValType> {
    let types = types.iter().map(|ty| match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::FuncRef => ValType::FUNCREF,
        Type::ExternRef => ValType::EXTERNREF,
    });
    types.collect()
}
