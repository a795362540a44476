//! Environments of host functions: what the derive macro makes of a type, when and with what an environment is
//! initialised, and that it goes with its instance.

#![allow(unsafe_code, reason = "the macro's unchecked methods are called")]

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use wasmill::*;

const EXPORTS: &str = r#"(module
    (import "env" "f" (func $f (result i32)))
    (memory (export "memory") 1) (table (export "table") 3 funcref)
    (global (export "global") (mut i64) (i64.const 5))
    (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "run") (result i32) (call $f)))"#;

/// An instance of `EXPORTS` whose import `f` has the environment.
fn instantiate<Env: WasmerEnv + 'static>(
    env: Env,
    f: fn(&Env) -> i32,
) -> Result<Instance, InstantiationError> {
    let store = Store::default();
    let f = Function::new_with_env(&store, ([], [Type::I32]), env, move |env, _| {
        Ok(vec![f(env).into()])
    });
    let module = Module::new(&store, EXPORTS).unwrap();
    Instance::new(&module, &imports! { "env" => { "f" => f } })
}

/// What `f` gives when it is called from an instance of `EXPORTS`.
fn run<Env: WasmerEnv + 'static>(env: Env, f: fn(&Env) -> i32) -> i32 {
    let instance = instantiate(env, f).unwrap();
    let run = instance.exports.get_native_function::<(), i32>("run");
    run.unwrap().call().unwrap()
}

/// Why an environment cannot be initialised.
fn refused<Env: WasmerEnv + 'static>(env: Env) -> HostEnvInitError {
    match instantiate(env, |_| 0) {
        Err(InstantiationError::HostEnvInitialization(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A resolver that passes on what it is given, with or without what makes the environment of an instance.
struct Exported(ExportFunction);

impl NamedResolver for Exported {
    fn resolve_by_name(&self, _module: &str, _field: &str) -> Option<Export> {
        Some(self.0.clone().into())
    }
}

#[test]
fn metadata_makes_the_environment_of_an_instance() {
    #[derive(Clone, WasmerEnv)]
    struct Env {
        #[wasmer(export)]
        memory: LazyInit<Memory>,
    }
    let store = Store::default();
    let module = Module::new(&store, EXPORTS).unwrap();
    let make = || {
        let env = Env { memory: lazy() };
        let f = |env: &Env| i32::from(env.memory_ref().is_some());
        let f = Function::new_native_with_env(&store, env, f);
        ExportFunction::from(&f.native::<(), i32>().unwrap())
    };
    let run = |export| {
        let instance = Instance::new(&module, &Exported(export)).unwrap();
        let run = instance.exports.get_native_function::<(), i32>("run");
        run.unwrap().call().unwrap()
    };
    let (with, other) = (make(), make());
    assert_eq!(run(with.clone()), 1);
    let without = ExportFunction {
        metadata: None,
        ..with.clone()
    };
    assert_eq!(run(without), 0, "as it was made");
    let confused = ExportFunction {
        metadata: other.metadata,
        ..with
    };
    assert_eq!(run(confused), 0, "what belongs to another function");
}

fn lazy<T>() -> LazyInit<T> {
    LazyInit::new()
}

#[test]
#[allow(unused_qualifications, reason = "qualified types are a case to test")]
fn every_kind_of_export() {
    #[derive(Clone, Default, WasmerEnv)]
    struct Env {
        number: i32,
        #[wasmer(export)]
        memory: LazyInit<Memory>,
        #[wasmer(export())]
        table: LazyInit<wasmill::Table>,
        #[wasmer(export(optional = false,))]
        global: wasmill::LazyInit<Global>,
        #[wasmer(export)]
        double: LazyInit<NativeFunc<i32, i32>>,
        #[wasmer(export(name = "double"))]
        dynamic: LazyInit<Function>,
        #[wasmer(export(name = "run"))]
        any: LazyInit<Extern>,
        untouched: LazyInit<Memory>,
    }
    let seen = run(
        Env {
            number: 100,
            ..Env::default()
        },
        |env| {
            assert_eq!(env.memory_ref().unwrap().size(), Pages(1));
            assert_eq!(env.table_ref().unwrap().size(), 3);
            assert_eq!(env.global_ref().unwrap().get(), Val::I64(5));
            assert!(matches!(env.any_ref().unwrap(), Extern::Function(_)));
            assert!(env.untouched.get_ref().is_none());
            let twice = env.dynamic_ref().unwrap().call(&[Val::I32(4)]).unwrap();
            // SAFETY: the instance has initialised it.
            let double = unsafe { env.double_ref_unchecked() };
            env.number + double.call(10).unwrap() + twice[0].unwrap_i32()
        },
    );
    assert_eq!(seen, 128);
}

#[test]
fn names_aliases_and_what_may_be_missing() {
    #[derive(Clone, Default, WasmerEnv)]
    struct Env {
        #[wasmer(export(name = "no", alias = "neither", alias = "memory", alias = "table"))]
        first: LazyInit<Memory>,
        // Of another type under its own name, of the right one under another.
        #[wasmer(export(alias = "double"))]
        table: LazyInit<NativeFunc<i32, i32>>,
        #[wasmer(export(optional = true, name = "no", alias = "neither"))]
        missing: LazyInit<Memory>,
        #[wasmer(export(optional = true))]
        global: LazyInit<Global>,
    }
    let seen = run(Env::default(), |env| {
        assert!(env.missing_ref().is_none() && env.global_ref().is_some());
        env.first_ref().unwrap().size().0 as i32 + env.table_ref().unwrap().call(2).unwrap()
    });
    assert_eq!(seen, 5);
}

#[test]
fn what_is_not_there_or_of_another_type() {
    #[derive(Clone, Default, WasmerEnv)]
    struct Missing {
        #[wasmer(export(name = "memory", alias = "second", alias = "third"))]
        memory: LazyInit<Table>,
    }
    let error = refused(Missing::default());
    assert_eq!(
        error.to_string(),
        "Host env initialization error: Missing export third"
    );
    let HostEnvInitError::Export(inner) = error;
    assert_eq!(inner, ExportError::Missing("third".into()));

    #[derive(Clone, Default, WasmerEnv)]
    struct Wrong {
        #[wasmer(export)]
        double: LazyInit<NativeFunc<i64, i32>>,
    }
    assert_eq!(
        refused(Wrong::default()).to_string(),
        "Host env initialization error: Incompatible Export Type"
    );
    // Whoever may be missing must still be of the right type, under each of its names.
    #[derive(Clone, Default, WasmerEnv)]
    struct Optional {
        #[wasmer(export(optional = true, name = "memory", alias = "no"))]
        table: LazyInit<Table>,
    }
    assert!(matches!(
        refused(Optional::default()),
        HostEnvInitError::Export(ExportError::IncompatibleType)
    ));
}

#[test]
fn every_form_of_type() {
    #[derive(Clone, WasmerEnv)]
    struct Unit;
    #[derive(Clone, WasmerEnv)]
    struct Tuple(i32, #[wasmer(export(name = "memory"))] LazyInit<Memory>);
    #[derive(Clone, WasmerEnv)]
    struct Borrowed<'a>(&'a AtomicI32);
    #[derive(Clone, WasmerEnv)]
    struct Generic<'a, T: Copy + Into<i32>, const N: usize>
    where
        T: Send + Sync,
    {
        numbers: [T; N],
        name: &'a str,
        #[wasmer(export)]
        memory: LazyInit<Memory>,
    }
    // A parameter without bounds: an environment exactly if the type is one.
    #[derive(Clone, WasmerEnv)]
    struct Unbounded<T> {
        value: T,
        #[wasmer(export(name = "memory"))]
        r#type: LazyInit<Memory>,
    }
    #[derive(Clone, WasmerEnv)]
    enum Either {
        Number(i32),
        _Nothing,
    }
    // What another macro makes has its types in groups.
    macro_rules! made {
        ($name:ident, $field:ident: $ty:ty) => {
            #[derive(Clone, Default, WasmerEnv)]
            struct $name {
                #[wasmer(export)]
                $field: $ty,
            }
        };
    }
    made!(Made, memory: LazyInit<Memory>);

    static COUNT: AtomicI32 = AtomicI32::new(7);
    assert_eq!(run(Unit, |_| 1), 1);
    let tuple = run(Tuple(2, lazy()), |env| {
        env.0 + env.1.get_ref().unwrap().size().0 as i32
    });
    assert_eq!(tuple, 3);
    assert_eq!(
        run(Borrowed(&COUNT), |env| env.0.load(Ordering::Relaxed)),
        7
    );
    let generic = Generic {
        numbers: [1u16, 2, 3],
        name: "four",
        memory: lazy(),
    };
    let generic = run(generic, |env| {
        let sum: i32 = env.numbers.iter().map(|n| i32::from(*n)).sum();
        sum + env.name.len() as i32 + env.memory_ref().unwrap().size().0 as i32
    });
    assert_eq!(generic, 11);
    let unbounded = Unbounded {
        value: String::from("text"),
        r#type: lazy(),
    };
    let unbounded = run(unbounded, |env| {
        env.value.len() as i32 + env.type_ref().unwrap().size().0 as i32
    });
    assert_eq!(unbounded, 5);
    let either = run(Either::Number(6), |env| match env {
        Either::Number(number) => *number,
        Either::_Nothing => 0,
    });
    assert_eq!(either, 6);
    let made = run(Made::default(), |env| {
        env.memory_ref().unwrap().size().0 as i32
    });
    assert_eq!(made, 1);
}

/// Knows whether it was initialised.
#[derive(Clone, Default)]
struct Told(Option<u32>);

impl WasmerEnv for Told {
    fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
        let memory = instance.exports.get_memory("memory")?;
        self.0 = Some(memory.size().0);
        Ok(())
    }
}

#[test]
fn environments_of_the_standard_library() {
    fn are_environments<'a, T: WasmerEnv>(_: &'a AtomicI32)
    where
        &'a AtomicI32: WasmerEnv,
        (Option<T>, Box<T>): Send,
    {
    }
    are_environments::<Arc<AtomicUsize>>(&AtomicI32::new(0));
    assert_eq!(run(5u8, |env| i32::from(*env)), 5);
    assert_eq!(run(i128::MAX, |env| i32::from(*env > 0)), 1);
    assert_eq!(run('x', |env| *env as i32), 120);
    assert_eq!(run("text", |env| env.len() as i32), 4);
    assert_eq!(run(String::from("texts"), |env| env.len() as i32), 5);
    assert_eq!(run(1.5f64, |env| *env as i32), 1);
    // Those that hold another environment initialise it.
    let told = |told: &Told| told.0.map_or(-1, |pages| pages as i32);
    assert_eq!(told(&Told::default()), -1);
    assert_eq!(run(Told::default(), |env| env.0.unwrap() as i32), 1);
    assert_eq!(
        run(Box::new(Told::default()), |env| env.0.unwrap() as i32),
        1
    );
    assert_eq!(
        run(
            Some(Told::default()),
            |env| env.as_ref().unwrap().0.unwrap() as i32
        ),
        1
    );
    assert_eq!(run(None::<Told>, |env| i32::from(env.is_none())), 1);
    let (mutex, lock) = (
        Arc::new(Mutex::new(Told::default())),
        Arc::new(RwLock::new(Told::default())),
    );
    assert_eq!(
        run(mutex.clone(), |env| env.lock().unwrap().0.unwrap() as i32),
        1
    );
    assert_eq!(
        run(lock.clone(), |env| env.read().unwrap().0.unwrap() as i32),
        1
    );
    // Shared, so the original knows it too.
    assert_eq!(
        (mutex.lock().unwrap().0, lock.read().unwrap().0),
        (Some(1), Some(1))
    );
}

#[test]
fn each_instance_and_function_has_a_clone_of_its_own() {
    #[derive(Clone)]
    struct Env {
        inits: Arc<AtomicUsize>,
        own: Arc<Mutex<i32>>,
        first: i32,
    }
    impl WasmerEnv for Env {
        fn init_with_instance(&mut self, instance: &Instance) -> Result<(), HostEnvInitError> {
            self.inits.fetch_add(1, Ordering::Relaxed);
            self.own = Arc::default();
            let first = instance.exports.get_global("first")?.get();
            self.first = first.unwrap_i32();
            Ok(())
        }
    }
    let store = Store::default();
    let env = Env {
        inits: Arc::default(),
        own: Arc::default(),
        first: 0,
    };
    let inits = env.inits.clone();
    let add = Function::new_native_with_env(&store, env, |env: &Env, n: i32| {
        *env.own.lock().unwrap() += n;
        env.first + *env.own.lock().unwrap()
    });
    let wat = |first: i32| {
        format!(
            r#"(module (import "e" "add" (func $a (param i32) (result i32)))
                (import "e" "add" (func $b (param i32) (result i32)))
                (global (export "first") i32 (i32.const {first}))
                (export "a" (func $a)) (export "b" (func $b)))"#
        )
    };
    let imports = imports! { "e" => { "add" => add.clone() } };
    let instance =
        |first| Instance::new(&Module::new(&store, wat(first)).unwrap(), &imports).unwrap();
    let (one, two) = (instance(100), instance(200));
    assert_eq!(inits.load(Ordering::Relaxed), 4);
    let call = |instance: &Instance, name: &str| {
        let function = instance.exports.get_native_function::<i32, i32>(name);
        function.unwrap().call(1).unwrap()
    };
    assert_eq!(
        (call(&one, "a"), call(&one, "a"), call(&one, "b")),
        (101, 102, 101)
    );
    assert_eq!(call(&two, "a"), 201);
    // The function that they came from was never told of an instance.
    assert_eq!(*add.call(&[Val::I32(1)]).unwrap(), [Val::I32(1)]);
    // An instance that imports another's function shares that one's environment.
    let exports = one.exports.clone();
    let third = imports! { "e" => { "add" => exports.get_function("a").unwrap().clone() } };
    let third = Instance::new(&Module::new(&store, wat(300)).unwrap(), &third).unwrap();
    assert_eq!((call(&third, "a"), inits.load(Ordering::Relaxed)), (103, 4));
}

#[test]
fn environments_are_ready_before_any_code_runs_and_failures_stop_it() {
    #[derive(Clone, Default, WasmerEnv)]
    struct Env {
        #[wasmer(export)]
        memory: LazyInit<Memory>,
    }
    let store = Store::default();
    let read = Function::new_native_with_env(&store, Env::default(), |env: &Env| {
        let memory = env.memory_ref().expect("initialised before `start`");
        i32::from(memory.view::<u8>()[3].get())
    });
    let wat = |exported: &str| {
        format!(
            r#"(module (import "e" "read" (func $read (result i32)))
                (import "e" "seen" (global $seen (mut i32)))
                (memory (export "{exported}") 1) (data (i32.const 3) "\07")
                (func $start (global.set $seen (call $read))) (start $start))"#
        )
    };
    let seen = Global::new_mut(&store, Val::I32(0));
    let imports = imports! { "e" => { "read" => read, "seen" => seen.clone() } };
    let link = |exported| Instance::new(&Module::new(&store, wat(exported)).unwrap(), &imports);
    let error = link("other").unwrap_err();
    assert!(matches!(
        error,
        InstantiationError::HostEnvInitialization(_)
    ));
    assert_eq!(
        error.to_string(),
        "Host env initialization error: Missing export memory"
    );
    assert_eq!(seen.get(), Val::I32(0));
    link("memory").unwrap();
    assert_eq!(seen.get(), Val::I32(7));
}

/// Counts how many of them exist.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An environment with a weak handle to everything of its own instance.
#[derive(Clone, WasmerEnv)]
struct Cyclic {
    _counted: Counted,
    #[wasmer(export)]
    memory: LazyInit<Memory>,
    #[wasmer(export)]
    table: LazyInit<Table>,
    #[wasmer(export)]
    global: LazyInit<Global>,
    #[wasmer(export)]
    double: LazyInit<NativeFunc<i32, i32>>,
    #[wasmer(export(name = "double"))]
    dynamic: LazyInit<Function>,
    // The function that the environment is of, through its instance.
    #[wasmer(export(name = "run"))]
    itself: LazyInit<Function>,
}

#[test]
fn no_environment_keeps_its_instance() {
    let count = Arc::new(AtomicUsize::new(0));
    let alive = || count.load(Ordering::Relaxed);
    let env = Cyclic {
        _counted: Counted::new(&count),
        memory: lazy(),
        table: lazy(),
        global: lazy(),
        double: lazy(),
        dynamic: lazy(),
        itself: lazy(),
    };
    let store = Store::default();
    let typed = Function::new_native_with_env(&store, env.clone(), |env: &Cyclic| {
        env.double_ref().unwrap().call(21).unwrap()
    });
    let dynamic = Function::new_with_env(&store, ([], [Type::I32]), env, |env, _| {
        let results = env.dynamic_ref().unwrap().call(&[Val::I32(4)])?;
        assert!(env.itself_ref().is_some() && env.global_ref().is_some());
        Ok(results.into_vec())
    });
    let module = Module::new(&store, EXPORTS).unwrap();
    for (function, expected) in [(typed, 42), (dynamic, 8)] {
        let imports = imports! { "env" => { "f" => function } };
        let templates = alive();
        for _ in 0..2_000 {
            let instance = Instance::new(&module, &imports).unwrap();
            let run = instance
                .exports
                .get_native_function::<(), i32>("run")
                .unwrap();
            assert_eq!(run.call().unwrap(), expected);
            assert_eq!(alive(), templates + 1);
        }
        assert_eq!(alive(), templates);
    }
    drop(module);
    // The two functions went with the last imports.
    assert_eq!(alive(), 0);
}

#[test]
fn a_handle_taken_out_of_an_environment_keeps_the_instance() {
    let (count, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(None)));
    #[derive(Clone, WasmerEnv)]
    struct Env {
        _counted: Counted,
        taken: Arc<Mutex<Option<NativeFunc<i32, i32>>>>,
        #[wasmer(export)]
        double: LazyInit<NativeFunc<i32, i32>>,
    }
    let env = Env {
        _counted: Counted::new(&count),
        taken: taken.clone(),
        double: lazy(),
    };
    let instance = instantiate(env, |env| {
        *env.taken.lock().unwrap() = env.double_ref().cloned();
        1
    })
    .unwrap();
    let run = instance
        .exports
        .get_native_function::<(), i32>("run")
        .unwrap();
    run.call().unwrap();
    drop((instance, run));
    assert_eq!(count.load(Ordering::Relaxed), 1);
    let double = taken.lock().unwrap().take().unwrap();
    assert_eq!(double.call(8).unwrap(), 16);
    drop(double);
    assert_eq!(count.load(Ordering::Relaxed), 0);
}
