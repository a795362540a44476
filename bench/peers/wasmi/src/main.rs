//! Benchmark worker for wasmi, an interpreter: says how it translates, instantiates, calls and traps.
//!
//! It translates eagerly here, so that compile times mean the same work as elsewhere. It has one thread and no pool.

use anyhow::{Result, bail, ensure};
use std::hint::black_box;
use wasmi::{CompilationMode, Config, Engine, Func, Linker, Module, Store, Val};
use wasmill_bench_harness::{
    Batch, CallKind, Compiled, Compiler, Instantiation, Kernel, Peer, Threads, TrapKind, serve,
};

/// wasmi has nothing to choose.
struct Wasmi;

fn main() -> Result<()> {
    serve(|compiler| match compiler {
        "interpreter" => Ok(Wasmi),
        other => bail!("wasmi has no compiler `{other}`"),
    })
}

fn engine() -> Engine {
    let mut config = Config::default();
    config.compilation_mode(CompilationMode::Eager);
    Engine::new(&config)
}

impl Peer for Wasmi {
    fn kernel(&self, wasm: &[u8]) -> Result<Option<Kernel>> {
        let engine = engine();
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
        let run = instance.get_typed_func::<i32, i64>(&store, "run")?;
        Ok(Some(Box::new(move |n| Ok(run.call(&mut store, n)?))))
    }

    fn compiler(&self, wasm: Vec<u8>, threads: Threads) -> Result<Option<Compiler>> {
        if threads == Threads::All {
            return Ok(None);
        }
        let engine = engine();
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
        let linker = Linker::<()>::new(&engine);
        Ok(Some(Box::new(move |iterations| {
            for _ in 0..iterations {
                let mut store = Store::new(&engine, ());
                let instance = linker.instantiate_and_start(&mut store, &module)?;
                if how.touch {
                    instance
                        .get_typed_func::<(), ()>(&store, "touch")?
                        .call(&mut store, ())?;
                }
                black_box(&instance);
            }
            Ok(())
        })))
    }

    fn call(&self, wasm: &[u8], kind: CallKind) -> Result<Option<Batch>> {
        let engine = engine();
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let nop = Func::wrap(&mut store, || {});
        let typed_add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
        let signature = typed_add.ty(&store);
        let dynamic_add = Func::new(&mut store, signature, |_, arguments, results| {
            let sum = match arguments {
                [Val::I32(a), Val::I32(b)] => a.wrapping_add(*b),
                _ => return Err(wasmi::Error::new("two integers expected")),
            };
            results[0] = Val::I32(sum);
            Ok(())
        });
        let add = if kind == CallKind::DynamicOutAdd {
            dynamic_add
        } else {
            typed_add
        };
        let mut linker = Linker::new(&engine);
        linker
            .define("host", "nop", nop)?
            .define("host", "add", add)?;
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        Ok(Some(match kind {
            CallKind::TypedInNop => {
                let nop = instance.get_typed_func::<(), ()>(&store, "nop")?;
                Box::new(move |iterations| {
                    for _ in 0..iterations {
                        nop.call(&mut store, ())?;
                    }
                    Ok(())
                })
            }
            CallKind::TypedInAdd => {
                let add = instance.get_typed_func::<(i32, i32), i32>(&store, "add")?;
                Box::new(move |iterations| {
                    let mut sum = 0;
                    for _ in 0..iterations {
                        sum = add.call(&mut store, (sum, 3))?;
                    }
                    black_box(sum);
                    Ok(())
                })
            }
            CallKind::TypedOutNop => {
                let call_nop = instance.get_typed_func::<i32, ()>(&store, "call_nop")?;
                Box::new(move |iterations| {
                    Ok(call_nop.call(&mut store, i32::try_from(iterations)?)?)
                })
            }
            CallKind::TypedOutAdd | CallKind::DynamicOutAdd => {
                let call_add = instance.get_typed_func::<i32, i32>(&store, "call_add")?;
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
                let add = instance
                    .get_func(&store, "add")
                    .expect("the module exports it");
                Box::new(move |iterations| {
                    let mut results = [Val::I32(0)];
                    for _ in 0..iterations {
                        let arguments = [results[0].clone(), Val::I32(3)];
                        add.call(&mut store, &arguments, &mut results)?;
                    }
                    black_box(results);
                    Ok(())
                })
            }
        }))
    }

    fn trap(&self, wasm: &[u8], kind: TrapKind) -> Result<Option<Batch>> {
        let engine = engine();
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
        let trap = instance.get_typed_func::<(), ()>(&store, kind.export())?;
        Ok(Some(Box::new(move |iterations| {
            for _ in 0..iterations {
                ensure!(trap.call(&mut store, ()).is_err(), "it did not trap");
            }
            Ok(())
        })))
    }
}
