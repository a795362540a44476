//! Benchmark worker for Wasmill: says how it compiles, instantiates, calls and traps.
//!
//! A `Store` is shared here: instances live and die in it, so instantiating means `Instance::new` and its drop.

use anyhow::{Context, Result, bail, ensure};
use std::cell::Cell;
use std::hint::black_box;
use wasmill::{
    Cranelift, Function, FunctionType, Instance, LocalFunctionIndex, Module, NativeFunc,
    Singlepass, Store, TrapCode, Type, Universal, Value, WasmPtr, WasmerEnv, imports,
};
use wasmill_bench_harness::peer::{
    COPIED, ELEMENTS, WALKED, add_up, adding_turns, repeat, trapping, turns,
};
use wasmill_bench_harness::{
    Access, Artifact, Batch, CallKind, Code, Compiled, Compiler, Endless, Instantiation, Kernel,
    Peer, Threads, TrapKind, serve,
};

/// An environment of a host function.
#[derive(Clone)]
struct Bias(i32);

impl WasmerEnv for Bias {}

/// The host's `add` as the case wants it.
fn host_add(store: &Store, kind: CallKind) -> Function {
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
            Function::new_native_with_env(store, Bias(bias), |bias: &Bias, a: i32, b: i32| {
                a.wrapping_add(b).wrapping_add(bias.0)
            })
        }
        CallKind::TypedOutClosure => Function::new_native(store, move |a: i32, b: i32| {
            a.wrapping_add(b).wrapping_add(bias)
        }),
        _ => Function::new_native(store, |a: i32, b: i32| a.wrapping_add(b)),
    }
}

/// Wasmill with one of its compilers.
enum Wasmill {
    Cranelift,
    #[cfg(feature = "llvm")]
    Llvm,
    /// NaNs have deterministic bits: the default, and wasmer's.
    Singlepass,
    /// NaNs are what the machine makes of them, as in Winch and Liftoff.
    SinglepassFreeNans,
}

fn main() -> Result<()> {
    serve(|compiler| match compiler {
        "cranelift" => Ok(Wasmill::Cranelift),
        #[cfg(feature = "llvm")]
        "llvm" => Ok(Wasmill::Llvm),
        "singlepass" => Ok(Wasmill::Singlepass),
        "singlepass-free-nans" => Ok(Wasmill::SinglepassFreeNans),
        other => bail!("this worker has no compiler `{other}`"),
    })
}

impl Wasmill {
    fn store(&self) -> Store {
        let universal = match self {
            Wasmill::Cranelift => Universal::new(Cranelift::default()),
            #[cfg(feature = "llvm")]
            Wasmill::Llvm => Universal::new(wasmill::LLVM::default()),
            Wasmill::Singlepass => Universal::new(Singlepass::default()),
            Wasmill::SinglepassFreeNans => {
                let mut config = Singlepass::default();
                config.canonicalize_nans(false);
                Universal::new(config)
            }
        };
        Store::new(&universal.engine())
    }
}

impl Peer for Wasmill {
    fn kernel(&self, wasm: &[u8]) -> Result<Option<Kernel>> {
        let module = Module::new(&self.store(), wasm)?;
        let instance = Instance::new(&module, &imports! {})?;
        let run: NativeFunc<i32, i64> = instance.exports.get_native_function("run")?;
        Ok(Some(Box::new(move |n| Ok(run.call(n)?))))
    }

    fn compiler(&self, wasm: Vec<u8>, threads: Threads) -> Result<Option<Compiler>> {
        let store = self.store();
        // Wasmill compiles on the rayon pool it is called from.
        let pool = match threads {
            Threads::One => Some(rayon::ThreadPoolBuilder::new().num_threads(1).build()?),
            Threads::All => None,
        };
        Ok(Some(Box::new(move || {
            let module = match &pool {
                Some(pool) => pool.install(|| Module::new(&store, &wasm)),
                None => Module::new(&store, &wasm),
            }?;
            let code_bytes = Some(module.artifact().code().len() as u64);
            Ok(Compiled {
                module: Box::new(module),
                code_bytes,
            })
        })))
    }

    fn validator(&self, wasm: Vec<u8>) -> Result<Option<Batch>> {
        let store = self.store();
        Ok(Some(repeat(move |_| Ok(Module::validate(&store, &wasm)?))))
    }

    fn instantiate(&self, wasm: &[u8], how: Instantiation) -> Result<Option<Batch>> {
        // There is no pool to ask for: what one is for is always so.
        let module = Module::new(&self.store(), wasm)?;
        let imports = imports! {};
        Ok(Some(repeat(move |_| {
            let instance = Instance::new(&module, &imports)?;
            if how.touch {
                instance
                    .exports
                    .get_native_function::<(), ()>("touch")?
                    .call()?;
            }
            black_box(&instance);
            Ok(())
        })))
    }

    fn call(&self, wasm: &[u8], kind: CallKind) -> Result<Option<Batch>> {
        let store = self.store();
        let module = Module::new(&store, wasm)?;
        let imports = imports! {
            "host" => { "nop" => Function::new_native(&store, || {}), "add" => host_add(&store, kind) }
        };
        let instance = Instance::new(&module, &imports)?;
        Ok(Some(match kind {
            CallKind::TypedInNop => {
                let nop: NativeFunc<(), ()> = instance.exports.get_native_function("nop")?;
                repeat(move |_| Ok(nop.call()?))
            }
            CallKind::TypedInAdd => {
                let add: NativeFunc<(i32, i32), i32> =
                    instance.exports.get_native_function("add")?;
                add_up(move |sum| Ok(add.call(sum, 3)?))
            }
            CallKind::TypedOutNop => {
                let call_nop: NativeFunc<i32, ()> =
                    instance.exports.get_native_function("call_nop")?;
                turns(move |turns| Ok(call_nop.call(turns)?))
            }
            CallKind::TypedOutAdd
            | CallKind::TypedOutEnv
            | CallKind::TypedOutClosure
            | CallKind::DynamicOutAdd => {
                let call_add: NativeFunc<i32, i32> =
                    instance.exports.get_native_function("call_add")?;
                adding_turns(move |turns| Ok(call_add.call(turns)?))
            }
            CallKind::DynamicInAdd => {
                let add = instance.exports.get_function("add")?.clone();
                add_up(move |sum| {
                    let results = add.call(&[Value::I32(sum), Value::I32(3)])?;
                    Ok(results.first().context("no result")?.unwrap_i32())
                })
            }
        }))
    }

    fn access(&self, wasm: &[u8], kind: Access) -> Result<Option<Batch>> {
        let module = Module::new(&self.store(), wasm)?;
        let instance = Instance::new(&module, &imports! {})?;
        let global = instance.exports.get_global("global")?.clone();
        let table = instance.exports.get_table("table")?.clone();
        let memory = instance.exports.get_memory("memory")?.clone();
        let function = table.get(0).context("an empty table")?;
        let mut bytes = [0; COPIED];
        Ok(Some(match kind {
            Access::GlobalGet => repeat(move |_| {
                black_box(global.get().unwrap_i64());
                Ok(())
            }),
            Access::GlobalSet => repeat(move |nth| Ok(global.set(Value::I64(nth as i64))?)),
            Access::TableGet => repeat(move |nth| {
                black_box(&table.get((nth % ELEMENTS) as u32));
                Ok(())
            }),
            Access::TableSet => {
                repeat(move |nth| Ok(table.set((nth % ELEMENTS) as u32, function.clone())?))
            }
            Access::MemoryElement => repeat(move |nth| {
                black_box(memory.view::<u8>()[Access::offset(nth)].get());
                Ok(())
            }),
            Access::MemoryPointer => repeat(move |nth| {
                let pointer = WasmPtr::<u32>::new(black_box(Access::offset(nth) as u32));
                black_box(pointer.deref(&memory).context("outside")?.get());
                Ok(())
            }),
            Access::MemoryWalk => repeat(move |_| {
                let view = memory.view::<u8>();
                let cells = view[..WALKED].iter();
                black_box(cells.map(Cell::get).map(u32::from).sum::<u32>());
                Ok(())
            }),
            Access::MemoryRead => repeat(move |nth| {
                memory.read(Access::offset(nth) as u64, black_box(&mut bytes))?;
                Ok(())
            }),
            Access::MemoryWrite => repeat(move |nth| {
                memory.write(Access::offset(nth) as u64, black_box(&bytes))?;
                Ok(())
            }),
        }))
    }

    fn trap(&self, wasm: &[u8], kind: TrapKind) -> Result<Option<Batch>> {
        let module = Module::new(&self.store(), wasm)?;
        let instance = Instance::new(&module, &imports! {})?;
        let trap: NativeFunc<(), ()> = instance.exports.get_native_function(kind.export())?;
        Ok(Some(trapping(move || trap.call().is_err())))
    }

    fn endless(&self, wasm: &[u8]) -> Result<Option<Endless>> {
        let module = Module::new(&self.store(), wasm)?;
        let instance = Instance::new(&module, &imports! {})?;
        let spin: NativeFunc<(), ()> = instance.exports.get_native_function("spin")?;
        let handle = instance.interrupt_handle();
        let call = move || {
            let code = spin.call().err().and_then(|error| error.to_trap());
            ensure!(code == Some(TrapCode::Interrupted), "ended with {code:?}");
            Ok(())
        };
        Ok(Some(Endless {
            call: Box::new(call),
            interrupt: Box::new(move || handle.interrupt()),
        }))
    }

    fn artifact(&self, wasm: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(Some(Module::new(&self.store(), wasm)?.serialize()?))
    }

    fn loader(&self, artifact: Artifact) -> Result<Option<Compiler>> {
        let store = self.store();
        Ok(Some(Box::new(move || {
            // SAFETY: the harness gives what this engine made, and leaves the file as it is.
            let module = unsafe {
                match &artifact {
                    Artifact::Bytes(bytes) => Module::deserialize(&store, bytes),
                    Artifact::File(path) => Module::deserialize_from_file(&store, path),
                }
            }?;
            Ok(Compiled {
                module: Box::new(module),
                code_bytes: None,
            })
        })))
    }

    fn code(&self, wasm: &[u8]) -> Result<Option<Code>> {
        let module = Module::new(&self.store(), wasm)?;
        let artifact = module.artifact();
        let map = artifact.code_map();
        let describe = |index| {
            let range = map.function_range(LocalFunctionIndex::from_u32(index))?;
            let (start, end) = (range.start as usize, range.end as usize);
            let imported = artifact.module_ref().num_imported_functions;
            Some((format!("{}", imported + index as usize), start, end - start))
        };
        Ok(Some(Code {
            bytes: artifact.code().to_vec(),
            functions: (0..).map_while(describe).collect(),
        }))
    }
}
