//! Benchmark worker for wasmer with Cranelift, LLVM or Singlepass: says how it compiles, instantiates, calls and traps.
//!
//! An instance lives as long as its `Store` here, so instantiating includes making and dropping one.

use anyhow::{Context, Result, bail, ensure};
use std::hint::black_box;
use std::num::NonZero;
use std::thread::available_parallelism;
#[cfg(feature = "llvm")]
use wasmer::sys::LLVM;
use wasmer::sys::{Cranelift, EngineBuilder, Singlepass};
use wasmer::{
    Engine, Function, FunctionEnv, FunctionEnvMut, FunctionType, Instance, Module, Store, Type,
    TypedFunction, Value, WasmPtr, imports,
};
use wasmill_bench_harness::peer::{COPIED, ELEMENTS, WALKED, repeat};
use wasmill_bench_harness::{
    Access, Batch, CallKind, Compiled, Compiler, Instantiation, Kernel, Peer, Threads, TrapKind,
    serve,
};

/// An environment of a host function.
struct Bias(i32);

/// The host's `add` as the case wants it.
fn host_add(store: &mut Store, kind: CallKind) -> Function {
    let bias = black_box(0);
    match kind {
        CallKind::DynamicOutAdd => {
            let signature = FunctionType::new([Type::I32, Type::I32], [Type::I32]);
            Function::new(store, signature, |arguments| {
                let sum = arguments[0]
                    .unwrap_i32()
                    .wrapping_add(arguments[1].unwrap_i32());
                Ok(vec![Value::I32(sum)])
            })
        }
        CallKind::TypedOutEnv => {
            let env = FunctionEnv::new(store, Bias(bias));
            let add = |bias: FunctionEnvMut<'_, Bias>, a: i32, b: i32| {
                a.wrapping_add(b).wrapping_add(bias.data().0)
            };
            Function::new_typed_with_env(store, &env, add)
        }
        CallKind::TypedOutClosure => Function::new_typed(store, move |a: i32, b: i32| {
            a.wrapping_add(b).wrapping_add(bias)
        }),
        _ => Function::new_typed(store, |a: i32, b: i32| a.wrapping_add(b)),
    }
}

/// wasmer with one of its compilers.
enum Wasmer {
    Cranelift,
    /// As it comes: the highest level, memory operations volatile, NaNs as the processor makes them.
    #[cfg(feature = "llvm")]
    Llvm,
    /// As it comes: NaNs have deterministic bits.
    Singlepass,
}

fn main() -> Result<()> {
    serve(|compiler| match compiler {
        "cranelift" => Ok(Wasmer::Cranelift),
        #[cfg(feature = "llvm")]
        "llvm" => Ok(Wasmer::Llvm),
        "singlepass" => Ok(Wasmer::Singlepass),
        other => bail!("this worker has no compiler `{other}`"),
    })
}

impl Wasmer {
    fn engine(&self, threads: Threads) -> Engine {
        let threads = match threads {
            Threads::One => NonZero::<usize>::MIN,
            Threads::All => available_parallelism().unwrap_or(NonZero::<usize>::MIN),
        };
        let builder = match self {
            Wasmer::Cranelift => {
                let mut config = Cranelift::default();
                config.num_threads(threads);
                EngineBuilder::new(config)
            }
            #[cfg(feature = "llvm")]
            Wasmer::Llvm => {
                let mut config = LLVM::default();
                config.num_threads(threads);
                EngineBuilder::new(config)
            }
            Wasmer::Singlepass => {
                let mut config = Singlepass::default();
                config.num_threads(threads);
                EngineBuilder::new(config)
            }
        };
        builder.engine().into()
    }
}

impl Peer for Wasmer {
    fn kernel(&self, wasm: &[u8]) -> Result<Option<Kernel>> {
        let mut store = Store::new(self.engine(Threads::All));
        let module = match Module::new(&store, wasm) {
            // Its Singlepass has no SIMD.
            Err(error) if error.to_string().contains("not yet implemented: V128") => {
                return Ok(None);
            }
            module => module?,
        };
        let instance = Instance::new(&mut store, &module, &imports! {})?;
        let run: TypedFunction<i32, i64> = instance.exports.get_typed_function(&store, "run")?;
        Ok(Some(Box::new(move |n| Ok(run.call(&mut store, n)?))))
    }

    fn compiler(&self, wasm: Vec<u8>, threads: Threads) -> Result<Option<Compiler>> {
        let engine = self.engine(threads);
        Ok(Some(Box::new(move || {
            let module = Module::new(&engine, &wasm)?;
            Ok(Compiled {
                module: Box::new(module),
                code_bytes: None,
            })
        })))
    }

    fn instantiate(&self, wasm: &[u8], how: Instantiation) -> Result<Option<Batch>> {
        let engine = self.engine(Threads::All);
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
        let mut store = Store::new(self.engine(Threads::All));
        let module = Module::new(&store, wasm)?;
        let nop = Function::new_typed(&mut store, || {});
        let add = host_add(&mut store, kind);
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
            CallKind::TypedOutAdd
            | CallKind::TypedOutEnv
            | CallKind::TypedOutClosure
            | CallKind::DynamicOutAdd => {
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

    fn access(&self, wasm: &[u8], kind: Access) -> Result<Option<Batch>> {
        let mut store = Store::new(self.engine(Threads::All));
        let module = Module::new(&store, wasm)?;
        let instance = Instance::new(&mut store, &module, &imports! {})?;
        let global = instance.exports.get_global("global")?.clone();
        let table = instance.exports.get_table("table")?.clone();
        let memory = instance.exports.get_memory("memory")?.clone();
        let function = table.get(&mut store, 0).context("an empty table")?;
        let mut bytes = [0; COPIED];
        Ok(Some(match kind {
            Access::GlobalGet => repeat(move |_| {
                black_box(global.get(&mut store).unwrap_i64());
                Ok(())
            }),
            Access::GlobalSet => {
                repeat(move |nth| Ok(global.set(&mut store, Value::I64(nth as i64))?))
            }
            Access::TableGet => repeat(move |nth| {
                black_box(&table.get(&mut store, (nth % ELEMENTS) as u32));
                Ok(())
            }),
            Access::TableSet => repeat(move |nth| {
                Ok(table.set(&mut store, (nth % ELEMENTS) as u32, function.clone())?)
            }),
            Access::MemoryElement => repeat(move |nth| {
                black_box(memory.view(&store).read_u8(Access::offset(nth) as u64)?);
                Ok(())
            }),
            Access::MemoryPointer => repeat(move |nth| {
                let pointer = WasmPtr::<u32>::new(black_box(Access::offset(nth) as u32));
                black_box(pointer.read(&memory.view(&store))?);
                Ok(())
            }),
            Access::MemoryWalk => repeat(move |_| {
                let view = memory.view(&store);
                let slice = WasmPtr::<u8>::new(0).slice(&view, WALKED as u32)?;
                let bytes = slice.access()?;
                black_box(bytes.iter().copied().map(u32::from).sum::<u32>());
                Ok(())
            }),
            Access::MemoryRead => repeat(move |nth| {
                let view = memory.view(&store);
                Ok(view.read(Access::offset(nth) as u64, black_box(&mut bytes))?)
            }),
            Access::MemoryWrite => repeat(move |nth| {
                let view = memory.view(&store);
                Ok(view.write(Access::offset(nth) as u64, black_box(&bytes))?)
            }),
        }))
    }

    fn trap(&self, wasm: &[u8], kind: TrapKind) -> Result<Option<Batch>> {
        let mut store = Store::new(self.engine(Threads::All));
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
