//! A case under `wasmi`, which shares no code with Wasmill but the parser's ancestry.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmi::{
    CompilationMode, Config, Engine, Error, Extern, ExternRef, F32, F64, Func, FuncType, Global,
    Instance, Memory, MemoryType, Module, Mutability, Nullable, Ref, RefType, Store, Table,
    TableType, TrapCode, V128, Val, ValType,
};
use wasmill::{ExternType, FunctionType, TrapCode as Code, Type};

use crate::case::Plan;
use crate::outcome::{Bits, Failure, Outcome, State, digest};
use crate::random::Random;
use crate::script::Script;

/// After so many modules the engine, which keeps their code, is made anew.
const MODULES: u32 = 64;

/// The interpreter.
pub(crate) struct Interpreter {
    engine: Engine,
    modules: u32,
}

impl Interpreter {
    pub(crate) fn new() -> Self {
        let mut config = Config::default();
        config.compilation_mode(CompilationMode::Lazy);
        Self {
            engine: Engine::new(&config),
            modules: 0,
        }
    }

    /// Runs a module. `None` if `wasmi` panics, after which this is to be made anew.
    pub(crate) fn run(
        &mut self,
        wasm: &[u8],
        plan: &Plan,
        seed: u64,
    ) -> Result<Option<Outcome>, String> {
        self.modules += 1;
        if self.modules > MODULES {
            *self = Self::new();
        }
        let Some(module) = calm(|| Module::new(&self.engine, wasm)) else {
            return Ok(None);
        };
        let module = module.map_err(|error| error.to_string())?;
        let mut store = Store::new(&self.engine, ());
        let script = Script::new(seed);
        let externs = by_kind(imports(&mut store, plan, seed, &script));
        let mut outcome = Outcome::default();
        let Some(instance) = calm(|| Instance::new(&mut store, &module, &externs)) else {
            return Ok(None);
        };
        match instance {
            Ok(instance) => {
                let calls = plan.calls.iter();
                let calls = calls.map(|call| self::call(&mut store, instance, call));
                let Some(calls) = calls.collect() else {
                    return Ok(None);
                };
                outcome.calls = calls;
                let states = plan.exports.iter();
                let states = states.map(|name| state(&store, instance, name));
                outcome.exports = states.collect();
            }
            Err(error) => outcome.refused = Some(failure(&error)),
        }
        outcome.host = script.account();
        Ok(Some(outcome))
    }
}

thread_local! {
    static IS_CALLED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in `wasmi`: its panics are caught.
pub(crate) fn is_called() -> bool {
    IS_CALLED.get()
}

/// What `wasmi` does, unless it panics.
fn calm<T>(run: impl FnOnce() -> T) -> Option<T> {
    IS_CALLED.set(true);
    let done = catch_unwind(AssertUnwindSafe(run));
    IS_CALLED.set(false);
    done.ok()
}

fn imports(store: &mut Store<()>, plan: &Plan, seed: u64, script: &Script) -> Vec<Extern> {
    let mut random = Random::new(seed ^ 0x1bad_b002);
    let imports = plan.imports.iter().enumerate();
    let made = imports.map(|(index, import)| match import.ty() {
        ExternType::Function(ty) => host_function(&mut *store, index, ty, script).into(),
        ExternType::Global(ty) => {
            let mutability = match ty.mutability.is_mutable() {
                true => Mutability::Var,
                false => Mutability::Const,
            };
            let value = to_val(&mut *store, random.value(ty.ty));
            Global::new(&mut *store, value, mutability).into()
        }
        ExternType::Memory(ty) => {
            let ty = MemoryType::new(ty.minimum.0, ty.maximum.map(|pages| pages.0));
            Memory::new(&mut *store, ty).expect("it is small").into()
        }
        ExternType::Table(ty) => {
            let element = match ty.ty {
                Type::FuncRef => RefType::Func,
                _ => RefType::Extern,
            };
            let ty = TableType::new(element, ty.minimum, ty.maximum);
            let table = Table::new(&mut *store, ty, Ref::null(element));
            table.expect("it is small").into()
        }
    });
    made.collect()
}

/// Imports as this engine wants them: kind by kind, in the module's order within each.
fn by_kind(mut externs: Vec<Extern>) -> Vec<Extern> {
    externs.sort_by_key(|item| match item {
        Extern::Func(_) => 0,
        Extern::Table(_) => 1,
        Extern::Memory(_) => 2,
        Extern::Global(_) => 3,
    });
    externs
}

fn host_function(store: &mut Store<()>, index: usize, ty: &FunctionType, script: &Script) -> Func {
    let script = script.clone();
    let types = ty.results().to_vec();
    let ty = FuncType::new(
        ty.params().iter().map(|ty| val_type(*ty)),
        ty.results().iter().map(|ty| val_type(*ty)),
    );
    Func::new(store, ty, move |mut caller, arguments, results| {
        let given: Vec<Bits> = arguments.iter().map(|value| bits(&caller, value)).collect();
        let answer = script.call(index, given.into_iter(), &types);
        let answer = answer.ok_or_else(|| Error::new("the host fails"))?;
        for (place, value) in results.iter_mut().zip(answer) {
            *place = to_val(&mut caller, value);
        }
        Ok(())
    })
}

fn call(
    store: &mut Store<()>,
    instance: Instance,
    (name, arguments): &(String, Vec<Bits>),
) -> Option<Result<Vec<Bits>, Failure>> {
    let function = instance.get_func(&*store, name).expect("it is exported");
    let arguments: Vec<Val> = arguments
        .iter()
        .map(|value| to_val(&mut *store, *value))
        .collect();
    let ty = function.ty(&*store);
    let mut results: Vec<Val> = ty.results().iter().map(|_| Val::I32(0)).collect();
    let called = calm(|| function.call(&mut *store, &arguments, &mut results))?;
    Some(match called {
        Ok(()) => Ok(results.iter().map(|value| bits(&*store, value)).collect()),
        Err(error) => Err(failure(&error)),
    })
}

fn state(store: &Store<()>, instance: Instance, name: &str) -> State {
    match instance.get_export(store, name).expect("it is exported") {
        Extern::Func(_) => State::Function,
        Extern::Global(global) => State::Global(bits(store, &global.get(store))),
        Extern::Memory(memory) => State::Memory {
            pages: memory.size(store),
            digest: digest(0, memory.data(store)),
        },
        Extern::Table(table) => {
            let elements = (0..table.size(store)).map(|index| table.get(store, index));
            let elements = elements.map(|element| match element.expect("in bounds") {
                Ref::Func(function) => Bits::Func {
                    null: function.is_null(),
                },
                Ref::Extern(reference) => number(store, reference),
            });
            State::Table(elements.collect())
        }
    }
}

fn failure(error: &Error) -> Failure {
    use wasmi::errors::{ErrorKind, InstantiationError};
    let Some(code) = error.as_trap_code() else {
        return match error.kind() {
            ErrorKind::Message(message) if **message == *"the host fails" => Failure::Host,
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                Failure::Trap(Code::TableAccessOutOfBounds)
            }
            kind => Failure::Other(format!("{kind:?}")),
        };
    };
    Failure::Trap(match code {
        TrapCode::UnreachableCodeReached => Code::UnreachableCodeReached,
        TrapCode::MemoryOutOfBounds => Code::HeapAccessOutOfBounds,
        TrapCode::TableOutOfBounds => Code::TableAccessOutOfBounds,
        TrapCode::IndirectCallToNull => Code::IndirectCallToNull,
        TrapCode::IntegerDivisionByZero => Code::IntegerDivisionByZero,
        TrapCode::IntegerOverflow => Code::IntegerOverflow,
        TrapCode::BadConversionToInteger => Code::BadConversionToInteger,
        TrapCode::StackOverflow => Code::StackOverflow,
        TrapCode::BadSignature => Code::BadSignature,
        other => return Failure::Other(other.to_string()),
    })
}

fn val_type(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
        Type::V128 => ValType::V128,
        Type::FuncRef => ValType::FuncRef,
        Type::ExternRef => ValType::ExternRef,
    }
}

fn to_val(store: impl wasmi::AsContextMut, bits: Bits) -> Val {
    match bits {
        Bits::I32(bits) => Val::I32(bits as i32),
        Bits::I64(bits) => Val::I64(bits as i64),
        Bits::F32(bits) => Val::F32(F32::from_bits(bits)),
        Bits::F64(bits) => Val::F64(F64::from_bits(bits)),
        Bits::V128(bits) => Val::V128(V128::from(bits)),
        Bits::Func { .. } => Val::FuncRef(Nullable::Null),
        Bits::Extern(None) => Val::ExternRef(Nullable::Null),
        Bits::Extern(Some(number)) => Val::ExternRef(Nullable::Val(ExternRef::new(store, number))),
    }
}

fn bits(store: impl wasmi::AsContext, value: &Val) -> Bits {
    match value {
        Val::I32(value) => Bits::I32(*value as u32),
        Val::I64(value) => Bits::I64(*value as u64),
        Val::F32(value) => Bits::F32(value.to_bits()),
        Val::F64(value) => Bits::F64(value.to_bits()),
        Val::V128(value) => Bits::V128(value.as_u128()),
        Val::FuncRef(function) => Bits::Func {
            null: function.is_null(),
        },
        Val::ExternRef(reference) => number(store, *reference),
    }
}

fn number(store: impl wasmi::AsContext, reference: Nullable<ExternRef>) -> Bits {
    let number = reference.val().map(|reference| {
        let data = reference.data(store.as_context());
        *data.downcast_ref::<u32>().expect("all are numbers")
    });
    Bits::Extern(number)
}
