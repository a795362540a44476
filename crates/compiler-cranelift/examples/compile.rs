//! Compiles modules and says how long it took and how large the code is; with `--clif`, `--optimized` or `--asm`, prints
//! the functions instead. `RAYON_NUM_THREADS=1` measures one thread.
//!
//! ```text
//! cargo run --release -p wasmill-compiler-cranelift --example compile -- [--clif | --optimized | --asm] FILE…
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use wasmill_abi::ContextLayout;
use wasmill_compiler::{
    CompileModuleInfo, Compiler, Features, Progress, Target, Translation, translate,
};
use wasmill_compiler_cranelift::{Cranelift, CraneliftCompiler, FunctionText};
use wasmill_types::{MemoryStyle, Pages, TableStyle};

fn main() -> Result<(), Box<dyn Error>> {
    let mut print: Option<fn(&FunctionText) -> &str> = None;
    let compiler = CraneliftCompiler::new(Cranelift::new());
    let target = Target::default();
    for arg in std::env::args().skip(1) {
        match arg.as_str() {
            "--clif" => print = Some(|text| &text.clif),
            "--optimized" => print = Some(|text| &text.optimized_clif),
            "--asm" => print = Some(|text| &text.asm),
            path => {
                let bytes = std::fs::read(path)?;
                let wasm = wat::parse_bytes(&bytes)?;
                match print {
                    Some(print) => show(&compiler, &target, &wasm, print)?,
                    None => measure(&compiler, &target, path, &wasm)?,
                }
            }
        }
    }
    Ok(())
}

fn measure(
    compiler: &CraneliftCompiler,
    target: &Target,
    path: &str,
    wasm: &[u8],
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let (info, translation) = plan(wasm)?;
    let compilation = compiler.compile_module(target, &info, translation.bodies)?;
    let elapsed = start.elapsed();
    let code: usize = compilation.functions.values().map(|f| f.code.len()).sum();
    println!(
        "{path}: {} bytes, {} functions, {code} bytes of code, {:.1} ms",
        wasm.len(),
        compilation.functions.len(),
        elapsed.as_secs_f64() * 1e3
    );
    Ok(())
}

fn show(
    compiler: &CraneliftCompiler,
    target: &Target,
    wasm: &[u8],
    print: fn(&FunctionText) -> &str,
) -> Result<(), Box<dyn Error>> {
    let (info, translation) = plan(wasm)?;
    for text in compiler.inspect_module(target, &info, translation.bodies)? {
        println!("function {}\n{}", text.index.as_u32(), print(&text));
    }
    Ok(())
}

fn plan(wasm: &[u8]) -> Result<(CompileModuleInfo, Translation<'_>), Box<dyn Error>> {
    let features = Features::default();
    let translation = translate(wasm, &features)?;
    let module = Arc::new(translation.info.clone());
    let layout = ContextLayout::new(&module).map_err(|_| "the context is too large")?;
    let style = MemoryStyle::Static {
        bound: Pages::max_value(),
        offset_guard_size: 4 << 30,
    };
    let info = CompileModuleInfo {
        layout: Arc::new(layout),
        memory_styles: module.memories.values().map(|_| style.clone()).collect(),
        table_styles: module
            .tables
            .values()
            .map(|_| TableStyle::CallerChecksSignature)
            .collect(),
        module,
        features,
        progress: Progress::default(),
    };
    Ok((info, translation))
}
