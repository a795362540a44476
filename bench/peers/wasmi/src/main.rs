//! Benchmark worker for wasmi, an interpreter: says how it translates, instantiates, calls and traps.
//!
//! It translates eagerly here, so that compile times mean the same work as elsewhere. It has one thread and no pool.

use anyhow::{Context, Result, bail, ensure};
use std::hint::black_box;
use wasmi::{Caller, CompilationMode, Config, Engine, Func, Linker, Module, Store, Val};
use wasmill_bench_harness::peer::{COPIED, ELEMENTS, WALKED, repeat};
use wasmill_bench_harness::{
    Access, Batch, CallKind, Compiled, Compiler, Instantiation, Kernel, Peer, Threads, TrapKind,
    serve,
};

/// The host's state: what a store is for here.
struct Bias(i32);

/// The host's `add` as the case wants it.
fn host_add(store: &mut Store<Bias>, kind: CallKind) -> Func {
    let bias = black_box(0);
    let typed = Func::wrap(&mut *store, |a: i32, b: i32| a.wrapping_add(b));
    match kind {
        CallKind::DynamicOutAdd => {
            let signature = typed.ty(&*store);
            Func::new(store, signature, |_, arguments, results| {
                let sum = match arguments {
                    [Val::I32(a), Val::I32(b)] => a.wrapping_add(*b),
                    _ => return Err(wasmi::Error::new("two integers expected")),
                };
                results[0] = Val::I32(sum);
                Ok(())
            })
        }
        CallKind::TypedOutEnv => Func::wrap(store, |caller: Caller<'_, Bias>, a: i32, b: i32| {
            a.wrapping_add(b).wrapping_add(caller.data().0)
        }),
        CallKind::TypedOutClosure => Func::wrap(store, move |a: i32, b: i32| {
            a.wrapping_add(b).wrapping_add(bias)
        }),
        _ => typed,
    }
}

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
        let mut store = Store::new(&engine, Bias(black_box(0)));
        let nop = Func::wrap(&mut store, || {});
        let add = host_add(&mut store, kind);
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
            CallKind::TypedOutAdd
            | CallKind::TypedOutEnv
            | CallKind::TypedOutClosure
            | CallKind::DynamicOutAdd => {
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

    fn access(&self, wasm: &[u8], kind: Access) -> Result<Option<Batch>> {
        let engine = engine();
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
        let global = instance.get_global(&store, "global").context("no global")?;
        let table = instance.get_table(&store, "table").context("no table")?;
        let memory = instance.get_memory(&store, "memory").context("no memory")?;
        let function = table.get(&store, 0).context("an empty table")?;
        let mut bytes = [0; COPIED];
        Ok(Some(match kind {
            Access::GlobalGet => repeat(move |_| {
                black_box(global.get(&store).i64().context("another type")?);
                Ok(())
            }),
            Access::GlobalSet => {
                repeat(move |nth| Ok(global.set(&mut store, Val::I64(nth as i64))?))
            }
            Access::TableGet => repeat(move |nth| {
                black_box(&table.get(&store, nth % ELEMENTS));
                Ok(())
            }),
            Access::TableSet => {
                repeat(move |nth| Ok(table.set(&mut store, nth % ELEMENTS, function.clone())?))
            }
            Access::MemoryElement => repeat(move |nth| {
                black_box(memory.data(&store)[Access::offset(nth)]);
                Ok(())
            }),
            Access::MemoryPointer => repeat(move |nth| {
                let offset = black_box(Access::offset(nth));
                let bytes = memory.data(&store).get(offset..).context("outside")?;
                black_box(u32::from_le_bytes(*bytes.first_chunk().context("outside")?));
                Ok(())
            }),
            Access::MemoryWalk => repeat(move |_| {
                let bytes = memory.data(&store)[..WALKED].iter();
                black_box(bytes.copied().map(u32::from).sum::<u32>());
                Ok(())
            }),
            Access::MemoryRead => repeat(move |nth| {
                Ok(memory.read(&store, Access::offset(nth), black_box(&mut bytes))?)
            }),
            Access::MemoryWrite => repeat(move |nth| {
                Ok(memory.write(&mut store, Access::offset(nth), black_box(&bytes))?)
            }),
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
