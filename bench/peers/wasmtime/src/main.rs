//! Benchmark worker for wasmtime, with Cranelift or Winch: says how it compiles, instantiates, calls and traps.
//!
//! An instance lives as long as its `Store` here, so instantiating includes making and dropping one; imports are
//! resolved beforehand in an `InstancePre`, the fastest way it offers.

use anyhow::{Result, bail, ensure};
use std::hint::black_box;
use wasmill_bench_harness::{
    Batch, CallKind, Code, Compiled, Compiler, Instantiation, Kernel, Peer, Threads, TrapKind,
    serve,
};
use wasmtime::{
    Config, Engine, Func, InstanceAllocationStrategy, Linker, Module, PoolingAllocationConfig,
    Store, Strategy, Val,
};

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
        Ok(Some(Box::new(move |iterations| {
            for _ in 0..iterations {
                let mut store = Store::new(&engine, ());
                let instance = prepared.instantiate(&mut store)?;
                if how.touch {
                    instance
                        .get_typed_func::<(), ()>(&mut store, "touch")?
                        .call(&mut store, ())?;
                }
                black_box(&instance);
            }
            Ok(())
        })))
    }

    fn call(&self, wasm: &[u8], kind: CallKind) -> Result<Option<Batch>> {
        let (engine, module) = self.module(wasm)?;
        let mut store = Store::new(&engine, ());
        let nop = Func::wrap(&mut store, || {});
        let typed_add = Func::wrap(&mut store, |a: i32, b: i32| a.wrapping_add(b));
        let signature = typed_add.ty(&store);
        let dynamic_add = Func::new(&mut store, signature, |_, arguments, results| {
            results[0] = Val::I32(
                arguments[0]
                    .unwrap_i32()
                    .wrapping_add(arguments[1].unwrap_i32()),
            );
            Ok(())
        });
        let add = if kind == CallKind::DynamicOutAdd {
            dynamic_add
        } else {
            typed_add
        };
        let mut linker = Linker::new(&engine);
        linker
            .define(&store, "host", "nop", nop)?
            .define(&store, "host", "add", add)?;
        let instance = linker.instantiate(&mut store, &module)?;
        Ok(Some(match kind {
            CallKind::TypedInNop => {
                let nop = instance.get_typed_func::<(), ()>(&mut store, "nop")?;
                Box::new(move |iterations| {
                    for _ in 0..iterations {
                        nop.call(&mut store, ())?;
                    }
                    Ok(())
                })
            }
            CallKind::TypedInAdd => {
                let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add")?;
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
                let call_nop = instance.get_typed_func::<i32, ()>(&mut store, "call_nop")?;
                Box::new(move |iterations| {
                    Ok(call_nop.call(&mut store, i32::try_from(iterations)?)?)
                })
            }
            CallKind::TypedOutAdd | CallKind::DynamicOutAdd => {
                let call_add = instance.get_typed_func::<i32, i32>(&mut store, "call_add")?;
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

    fn trap(&self, wasm: &[u8], kind: TrapKind) -> Result<Option<Batch>> {
        let (engine, module) = self.module(wasm)?;
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module)?;
        let trap = instance.get_typed_func::<(), ()>(&mut store, kind.export())?;
        Ok(Some(Box::new(move |iterations| {
            for _ in 0..iterations {
                ensure!(trap.call(&mut store, ()).is_err(), "it did not trap");
            }
            Ok(())
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
