//! Benchmark worker for native code: calls `run` of the shared library that `src/setup.rs` of the suite makes of a kernel's C.
//!
//! It shows how far from the processor a Wasm engine is. It has nothing but run time, and only of what is written in C.

use anyhow::{Result, bail};
use libloading::Library;
use std::path::Path;
use wasmill_bench_harness::{Kernel, Peer, serve};

/// No engine at all.
struct Native;

fn main() -> Result<()> {
    serve(|compiler| match compiler {
        "clang" => Ok(Native),
        other => bail!("this worker has no compiler `{other}`"),
    })
}

impl Peer for Native {
    fn kernel(&self, _wasm: &[u8]) -> Result<Option<Kernel>> {
        Ok(None)
    }

    fn kernel_of(&self, module: &Path) -> Result<Option<Kernel>> {
        let file = module.with_extension("so");
        if !file.exists() {
            return Ok(None);
        }
        // SAFETY: the library is one of the suite's own kernels, which do nothing when loaded.
        let library = unsafe { Library::new(file) }?;
        // SAFETY: every kernel declares `EXPORT i64 run(i32 n)`, in the words of `kernels/common.h`.
        let run = *unsafe { library.get::<extern "C" fn(i32) -> i64>(b"run\0") }?;
        Ok(Some(Box::new(move |n| {
            // What `run` points into is loaded as long as the kernel lives.
            let _library = &library;
            Ok(run(n))
        })))
    }
}
