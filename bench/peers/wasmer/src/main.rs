//! Benchmark worker for wasmer with Cranelift: says how it compiles, instantiates, calls and traps.
//!
//! An instance lives as long as its `Store` here, so instantiating includes making and dropping one.

use anyhow::{Result, bail, ensure};
use std::hint::black_box;
use std::num::NonZero;
use wasmer::sys::{Cranelift, EngineBuilder};
use wasmer::{
    Engine, Function, FunctionType, Instance, Module, Store, Type, TypedFunction, Value, imports,
};
use wasmill_bench_harness::{
    Batch, CallKind, Compiled, Compiler, Instantiation, Kernel, Peer, Threads, TrapKind, serve,
};

/// wasmer with Cranelift.
struct Wasmer;

fn main() -> Result<()> {
    serve(|compiler| match compiler {
        "cranelift" => Ok(Wasmer),
        other => bail!("this worker has no compiler `{other}`"),
    })
}

fn engine() -> Engine {
    EngineBuilder::new(Cranelift::default()).engine().into()
}

impl Peer for Wasmer {
    fn kernel(&self, wasm: &[u8]) -> Result<Option<Kernel>> {
        let mut store = Store::new(engine());
        let module = Module::new(&store, wasm)?;
        let instance = Instance::new(&mut store, &module, &imports! {})?;
        let run: TypedFunction<i32, i64> = instance.exports.get_typed_function(&store, "run")?;
        Ok(Some(Box::new(move |n| Ok(run.call(&mut store, n)?))))
    }

    fn compiler(&self, wasm: Vec<u8>, threads: Threads) -> Result<Option<Compiler>> {
        let mut config = Cranelift::default();
        if threads == Threads::One {
            config.num_threads(NonZero::<usize>::MIN);
        }
        let engine: Engine = EngineBuilder::new(config).engine().into();
        Ok(Some(Box::new(move || {
            let module = Module::new(&engine, &wasm)?;
            Ok(Compiled {
                module: Box::new(module),
                code_bytes: None,
            })
        })))
    }

    fn instantiate(&self, wasm: &[u8], how: Instantiation) -> Result<Option<Batch>> {
        let engine = engine();
        let module = Module::new(&engine, wasm)?;
        Ok(Some(Box::new(move |iterations| {
            let imports = imports! {};
            for _ in 0..iterations {
                let mut store = Store::new(engine.clone());
                let instance = Instance::new(&mut store, &module, &imports)?;
                if how.touch {
                    let touch: TypedFunction<(), ()> =
                        instance.exports.get_typed_function(&store, "touch")?;
                    touch.call(&mut store)?;
                }
                black_box(&instance);
            }
            Ok(())
        })))
    }

    fn call(&self, wasm: &[u8], kind: CallKind) -> Result<Option<Batch>> {
        let mut store = Store::new(engine());
        let module = Module::new(&store, wasm)?;
        let nop = Function::new_typed(&mut store, || {});
        let add = if kind == CallKind::DynamicOutAdd {
            let signature = FunctionType::new([Type::I32, Type::I32], [Type::I32]);
            Function::new(&mut store, signature, |arguments| {
                let sum = arguments[0]
                    .unwrap_i32()
                    .wrapping_add(arguments[1].unwrap_i32());
                Ok(vec![Value::I32(sum)])
            })
        } else {
            Function::new_typed(&mut store, |a: i32, b: i32| a.wrapping_add(b))
        };
        let imports = imports! { "host" => { "nop" => nop, "add" => add } };
        let instance = Instance::new(&mut store, &module, &imports)?;
        Ok(Some(match kind {
            CallKind::TypedInNop => {
                let nop: TypedFunction<(), ()> =
                    instance.exports.get_typed_function(&store, "nop")?;
                Box::new(move |iterations| {
                    for _ in 0..iterations {
                        nop.call(&mut store)?;
                    }
                    Ok(())
                })
            }
            CallKind::TypedInAdd => {
                let add: TypedFunction<(i32, i32), i32> =
                    instance.exports.get_typed_function(&store, "add")?;
                Box::new(move |iterations| {
                    let mut sum = 0;
                    for _ in 0..iterations {
                        sum = add.call(&mut store, sum, 3)?;
                    }
                    black_box(sum);
                    Ok(())
                })
            }
            CallKind::TypedOutNop => {
                let call_nop: TypedFunction<i32, ()> =
                    instance.exports.get_typed_function(&store, "call_nop")?;
                Box::new(move |iterations| {
                    Ok(call_nop.call(&mut store, i32::try_from(iterations)?)?)
                })
            }
            CallKind::TypedOutAdd | CallKind::DynamicOutAdd => {
                let call_add: TypedFunction<i32, i32> =
                    instance.exports.get_typed_function(&store, "call_add")?;
                Box::new(move |iterations| {
                    let turns = i32::try_from(iterations)?;
                    ensure!(
                        call_add.call(&mut store, turns)? == turns.wrapping_mul(3),
                        "wrong sum"
                    );
                    Ok(())
                })
            }
            CallKind::DynamicInAdd => {
                let add = instance.exports.get_function("add")?.clone();
                Box::new(move |iterations| {
                    let mut sum = 0;
                    for _ in 0..iterations {
                        sum = add.call(&mut store, &[Value::I32(sum), Value::I32(3)])?[0]
                            .unwrap_i32();
                    }
                    black_box(sum);
                    Ok(())
                })
            }
        }))
    }

    fn trap(&self, wasm: &[u8], kind: TrapKind) -> Result<Option<Batch>> {
        let mut store = Store::new(engine());
        let module = Module::new(&store, wasm)?;
        let instance = Instance::new(&mut store, &module, &imports! {})?;
        let trap: TypedFunction<(), ()> =
            instance.exports.get_typed_function(&store, kind.export())?;
        Ok(Some(Box::new(move |iterations| {
            for _ in 0..iterations {
                ensure!(trap.call(&mut store).is_err(), "it did not trap");
            }
            Ok(())
        })))
    }
}
