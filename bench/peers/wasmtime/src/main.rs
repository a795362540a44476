//! Benchmark worker for wasmtime, with Cranelift or Winch: says how it compiles, instantiates, calls and traps.
//!
//! An instance lives as long as its `Store` here, so instantiating includes making and dropping one; imports are
//! resolved beforehand in an `InstancePre`, the fastest way it offers.

use anyhow::{Context, Result, bail, ensure};
use std::hint::black_box;
use wasmill_bench_harness::peer::{
    COPIED, ELEMENTS, WALKED, add_up, adding_turns, repeat, trapping, turns,
};
use wasmill_bench_harness::{
    Access, Artifact, Batch, CallKind, Code, Compiled, Compiler, Endless, Instantiation, Kernel,
    Peer, Threads, TrapKind, serve,
};
use wasmtime::{
    Caller, Config, Engine, Func, InstanceAllocationStrategy, Linker, Module,
    PoolingAllocationConfig, Store, Strategy, Trap, Val,
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
                results[0] = Val::I32(
                    arguments[0]
                        .unwrap_i32()
                        .wrapping_add(arguments[1].unwrap_i32()),
                );
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

/// wasmtime with one of its two compilers.
struct Wasmtime {
    strategy: Strategy,
}

fn main() -> Result<()> {
    serve(|compiler| {
        let strategy = match compiler {
            "cranelift" => Strategy::Cranelift,
            "winch" => Strategy::Winch,
            other => bail!("wasmtime has no compiler `{other}`"),
        };
        Ok(Wasmtime { strategy })
    })
}

impl Wasmtime {
    fn config(&self) -> Config {
        let mut config = Config::new();
        config.strategy(self.strategy);
        config
    }

    fn module(&self, wasm: &[u8]) -> Result<(Engine, Module)> {
        let engine = Engine::new(&self.config())?;
        let module = Module::new(&engine, wasm)?;
        Ok((engine, module))
    }
}

impl Peer for Wasmtime {
    fn kernel(&self, wasm: &[u8]) -> Result<Option<Kernel>> {
        let (engine, module) = self.module(wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
        let run = instance.get_typed_func::<i32, i64>(&mut store, "run")?;
        Ok(Some(Box::new(move |n| Ok(run.call(&mut store, n)?))))
    }

    fn compiler(&self, wasm: Vec<u8>, threads: Threads) -> Result<Option<Compiler>> {
        let mut config = self.config();
        config.parallel_compilation(threads == Threads::All);
        let engine = Engine::new(&config)?;
        Ok(Some(Box::new(move || {
            let module = Module::new(&engine, &wasm)?;
            let code_bytes = Some(module.text().len() as u64);
            Ok(Compiled {
                module: Box::new(module),
                code_bytes,
            })
        })))
    }

    fn instantiate(&self, wasm: &[u8], how: Instantiation) -> Result<Option<Batch>> {
        let mut config = self.config();
        if how.pooled {
            let mut pool = PoolingAllocationConfig::new();
            // Room for the largest module of these cases; one slot would do, a few keep slots warm as in a server.
            pool.total_core_instances(16)
                .total_memories(16)
                .total_tables(16);
            pool.table_elements(20_000).max_memory_size(256 << 20);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, wasm)?;
        let prepared = Linker::<()>::new(&engine).instantiate_pre(&module)?;
        Ok(Some(repeat(move |_| {
            let mut store = Store::new(&engine, ());
            let instance = prepared.instantiate(&mut store)?;
            if how.touch {
                instance
                    .get_typed_func::<(), ()>(&mut store, "touch")?
                    .call(&mut store, ())?;
            }
            black_box(&instance);
            Ok(())
        })))
    }

    fn call(&self, wasm: &[u8], kind: CallKind) -> Result<Option<Batch>> {
        let (engine, module) = self.module(wasm)?;
        let mut store = Store::new(&engine, Bias(black_box(0)));
        let nop = Func::wrap(&mut store, || {});
        let add = host_add(&mut store, kind);
        let mut linker = Linker::new(&engine);
        linker
            .define(&store, "host", "nop", nop)?
            .define(&store, "host", "add", add)?;
        let instance = linker.instantiate(&mut store, &module)?;
        Ok(Some(match kind {
            CallKind::TypedInNop => {
                let nop = instance.get_typed_func::<(), ()>(&mut store, "nop")?;
                repeat(move |_| Ok(nop.call(&mut store, ())?))
            }
            CallKind::TypedInAdd => {
                let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
                add_up(move |sum| Ok(add.call(&mut store, (sum, 3))?))
            }
            CallKind::TypedOutNop => {
                let call_nop = instance.get_typed_func::<i32, ()>(&mut store, "call_nop")?;
                turns(move |turns| Ok(call_nop.call(&mut store, turns)?))
            }
            CallKind::TypedOutAdd
            | CallKind::TypedOutEnv
            | CallKind::TypedOutClosure
            | CallKind::DynamicOutAdd => {
                let call_add = instance.get_typed_func::<i32, i32>(&mut store, "call_add")?;
                adding_turns(move |turns| Ok(call_add.call(&mut store, turns)?))
            }
            CallKind::DynamicInAdd => {
                let add = instance
                    .get_func(&mut store, "add")
                    .expect("the module exports it");
                Box::new(move |iterations| {
                    let mut results = [Val::I32(0)];
                    for _ in 0..iterations {
                        let arguments = [Val::I32(results[0].unwrap_i32()), Val::I32(3)];
                        add.call(&mut store, &arguments, &mut results)?;
                    }
                    black_box(results);
                    Ok(())
                })
            }
        }))
    }

    fn access(&self, wasm: &[u8], kind: Access) -> Result<Option<Batch>> {
        let (engine, module) = self.module(wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
        let global = instance.get_global(&mut store, "global");
        let global = global.context("no global")?;
        let table = instance
            .get_table(&mut store, "table")
            .context("no table")?;
        let memory = instance.get_memory(&mut store, "memory");
        let memory = memory.context("no memory")?;
        let function = table.get(&mut store, 0).context("an empty table")?;
        let mut bytes = [0; COPIED];
        Ok(Some(match kind {
            Access::GlobalGet => repeat(move |_| {
                black_box(global.get(&mut store).unwrap_i64());
                Ok(())
            }),
            Access::GlobalSet => {
                repeat(move |nth| Ok(global.set(&mut store, Val::I64(nth as i64))?))
            }
            Access::TableGet => repeat(move |nth| {
                black_box(&table.get(&mut store, nth % ELEMENTS));
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
        let (engine, module) = self.module(wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
        let trap = instance.get_typed_func::<(), ()>(&mut store, kind.export())?;
        Ok(Some(trapping(move || trap.call(&mut store, ()).is_err())))
    }

    fn endless(&self, wasm: &[u8]) -> Result<Option<Endless>> {
        let mut config = self.config();
        config.epoch_interruption(true);
        let engine = Engine::new(&config)?;
        let module = Module::new(&engine, wasm)?;
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
        let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
        let call = move || {
            let error = spin.call(&mut store, ()).err();
            // The next call ends one epoch after this one.
            store.set_epoch_deadline(1);
            let trap = error.and_then(|error| error.downcast_ref::<Trap>().copied());
            ensure!(trap == Some(Trap::Interrupt), "ended with {trap:?}");
            Ok(())
        };
        let interrupt = move || {
            engine.increment_epoch();
            true
        };
        Ok(Some(Endless {
            call: Box::new(call),
            interrupt: Box::new(interrupt),
        }))
    }

    fn artifact(&self, wasm: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(Some(self.module(wasm)?.1.serialize()?))
    }

    fn loader(&self, artifact: Artifact) -> Result<Option<Compiler>> {
        let engine = Engine::new(&self.config())?;
        Ok(Some(Box::new(move || {
            // SAFETY: the harness gives what this engine made, and leaves the file as it is.
            let module = unsafe {
                match &artifact {
                    Artifact::Bytes(bytes) => Module::deserialize(&engine, bytes),
                    Artifact::File(path) => Module::deserialize_file(&engine, path),
                }
            }?;
            Ok(Compiled {
                module: Box::new(module),
                code_bytes: None,
            })
        })))
    }

    fn code(&self, wasm: &[u8]) -> Result<Option<Code>> {
        let (_, module) = self.module(wasm)?;
        let describe = |function: wasmtime::ModuleFunction| {
            let name = function.name.unwrap_or_default();
            let index = function.index.as_u32();
            (format!("{index} {name}"), function.offset, function.len)
        };
        Ok(Some(Code {
            bytes: module.text().to_vec(),
            functions: module.functions().map(describe).collect(),
        }))
    }
}
