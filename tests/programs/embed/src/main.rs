//! Drives real library modules through the public API: `program-host HOST MODULE [--singlepass|--llvm] [--native] < input`,
//! used by `cargo xtask programs`. The host `wasi` runs the programs of `tests/wasi` for `cargo xtask wasi`; its first option is
//! the folder that they work in, or `memory`.
//!
//! Commands are run by `wasmill run`; what is here are modules that only an embedder can use: texts are put into the
//! guest's memory, exports are called with addresses, results are read back. `tests/programs/reference.py` does the
//! same with another engine; both print the same.

mod conformance;
mod guest;

use anyhow::{Result, bail};
use guest::Guest;
use std::io::{Read, stdin};
use std::path::Path;
use wasmill::{CompilerConfig, Cranelift, Native, Singlepass, Store, Universal};

const USAGE: &str = "usage: program-host HOST MODULE [--singlepass|--llvm] [--native] < INPUT";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [host, module, ref options @ ..] = words[..] else {
        bail!("{USAGE}");
    };
    if host == "wasi" {
        let [folder, ref options @ ..] = options[..] else {
            bail!("{USAGE}");
        };
        return conformance::run(&store(options)?, Path::new(module), folder);
    }
    let store = store(options)?;
    let mut input = String::new();
    stdin().read_to_string(&mut input)?;
    let guest = Guest::new(&store, Path::new(module))?;
    match host {
        "dprint" => dprint(&guest, &input),
        "graphviz" => graphviz(&guest, &input),
        "redact" => redact(&guest, &input),
        _ => bail!("no host `{host}`"),
    }
}

/// What modules are compiled and run by.
fn store(options: &[&str]) -> Result<Store> {
    let mut compiler: Box<dyn CompilerConfig> = Box::new(Cranelift::default());
    let mut is_native = false;
    for option in options {
        match *option {
            "--singlepass" => compiler = Box::new(Singlepass::default()),
            #[cfg(feature = "llvm")]
            "--llvm" => compiler = Box::new(wasmill::LLVM::default()),
            "--native" => is_native = true,
            _ => bail!("{USAGE}"),
        }
    }
    Ok(match is_native {
        true => Store::new(&Native::new(compiler).engine()),
        false => Store::new(&Universal::new(compiler).engine()),
    })
}

/// A formatter: texts go through a buffer that the guest shares.
fn dprint(guest: &Guest, input: &str) -> Result<()> {
    let put = |text: &str| -> Result<()> {
        let size = u32::try_from(text.len())?;
        let address = guest
            .function::<u32, u32>("clear_shared_bytes")?
            .call(size)?;
        guest.write(address, text.as_bytes())
    };
    let get = |name: &str| -> Result<String> {
        let size = guest.function::<(), u32>(name)?.call()?;
        let address = guest.function::<(), u32>("get_shared_bytes_ptr")?.call()?;
        Ok(String::from_utf8(guest.read(address, size)?)?)
    };
    println!(
        "version {}",
        guest
            .function::<(), u32>("dprint_plugin_version_4")?
            .call()?
    );
    put(r#"{"plugin":{"lineWidth":40},"global":{}}"#)?;
    guest.function::<u32, ()>("register_config")?.call(1)?;
    let size = guest
        .function::<u32, u32>("get_config_diagnostics")?
        .call(1)?;
    let address = guest.function::<(), u32>("get_shared_bytes_ptr")?.call()?;
    println!(
        "diagnostics {}",
        String::from_utf8(guest.read(address, size)?)?
    );
    let format = guest.function::<u32, u32>("format")?;
    for line in input.lines() {
        put("file.json")?;
        guest.function::<(), ()>("set_file_path")?.call()?;
        put(&format!("{line}\n"))?;
        match format.call(1)? {
            0 => println!("0 "),
            1 => println!("1 {}", get("get_formatted_text")?),
            kind => println!("{kind} {}", get("get_error_text")?),
        }
    }
    Ok(())
}

/// A layout engine: C strings in, an address and a length out.
fn graphviz(guest: &Guest, input: &str) -> Result<()> {
    let malloc = guest.function::<u32, u32>("malloc")?;
    let string = |text: &str| -> Result<u32> {
        let address = malloc.call(u32::try_from(text.len())? + 1)?;
        guest.write(address, text.as_bytes())?;
        guest.write(address + u32::try_from(text.len())?, &[0])?;
        Ok(address)
    };
    let render = guest.function::<(u32, u32, u32, u32), u32>("graphviz_render")?;
    let free = guest.function::<u32, ()>("graphviz_free")?;
    let (source, size) = (string(input)?, malloc.call(4)?);
    for (form, engine) in [("svg", "dot"), ("plain", "neato"), ("svg", "nonsense")] {
        let address = render.call(source, string(form)?, string(engine)?, size)?;
        if address == 0 {
            let message = guest.read(
                guest.function::<(), u32>("graphviz_last_error")?.call()?,
                256,
            )?;
            let text = message.split(|&byte| byte == 0).next().unwrap_or_default();
            println!("error {}", str::from_utf8(text)?);
            continue;
        }
        let bytes = guest.read(size, 4)?;
        let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        println!("{}", String::from_utf8(guest.read(address, length)?)?);
        free.call(address)?;
    }
    Ok(())
}

/// A filter written in Go: its runtime starts first; results come as an address and a length in one number.
fn redact(guest: &Guest, input: &str) -> Result<()> {
    guest.function::<(), ()>("_initialize")?.call()?;
    let allocate = guest.function::<u32, u32>("allocate")?;
    let put = |text: &str| -> Result<(u32, u32)> {
        let size = u32::try_from(text.len())?;
        let address = allocate.call(size)?;
        guest.write(address, text.as_bytes())?;
        Ok((address, size))
    };
    let (address, size) = put(r#"{"salt":"wheat"}"#)?;
    guest.call("init_config", &[address, size])?;
    let redact = guest.function::<(u32, u32), u64>("redact")?;
    for line in input.lines() {
        let (address, size) = put(line)?;
        let packed = redact.call(address, size)?;
        let (address, size) = (
            u32::try_from(packed >> 32)?,
            u32::try_from(packed & 0xffff_ffff)?,
        );
        println!("{}", String::from_utf8(guest.read(address, size)?)?);
    }
    Ok(())
}
