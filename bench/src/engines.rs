//! The engines that take part: which worker program each one is, how to build it, which version it has.

use crate::tools::Tool;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// All figures are relative to this engine's.
pub(crate) const BASELINE: &str = "wasmtime";

/// Not an engine: what kernels in C are without Wasm.
pub(crate) const NATIVE: &str = "native";

/// One column of the report.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    /// What the command line and the report call it.
    pub(crate) name: String,
    /// Version and compiler, for the report.
    pub(crate) title: String,
    /// The worker program.
    pub(crate) program: PathBuf,
    /// Its first arguments; the last one names the compiler.
    pub(crate) arguments: Vec<String>,
}

/// A worker package of this tree.
struct Package {
    name: &'static str,
    title: &'static str,
    /// The last part of the package's name, `wasmill-bench-…`.
    package: &'static str,
    compiler: &'static str,
    /// The crate whose locked version is the engine's; without one, that of the tool it needs.
    versioned: Option<&'static str>,
    /// What it does not build without. LLVM is a feature of the package, too.
    needs: Option<Tool>,
}

const PACKAGES: [Package; 11] = [
    Package {
        name: "wasmtime",
        title: "wasmtime (Cranelift)",
        package: "wasmtime",
        compiler: "cranelift",
        versioned: Some("wasmtime"),
        needs: None,
    },
    Package {
        name: "winch",
        title: "wasmtime (Winch)",
        package: "wasmtime",
        compiler: "winch",
        versioned: Some("wasmtime"),
        needs: None,
    },
    Package {
        name: "wasmer",
        title: "wasmer (Cranelift)",
        package: "wasmer",
        compiler: "cranelift",
        versioned: Some("wasmer"),
        needs: None,
    },
    Package {
        name: "wasmer-singlepass",
        title: "wasmer (Singlepass)",
        package: "wasmer",
        compiler: "singlepass",
        versioned: Some("wasmer"),
        needs: None,
    },
    Package {
        name: "wasmer-llvm",
        title: "wasmer (LLVM)",
        package: "wasmer",
        compiler: "llvm",
        versioned: Some("wasmer"),
        needs: Some(Tool::Llvm),
    },
    Package {
        name: "wasmi",
        title: "wasmi (interpreter)",
        package: "wasmi",
        compiler: "interpreter",
        versioned: Some("wasmi"),
        needs: None,
    },
    Package {
        name: "wasmill",
        title: "Wasmill (Cranelift)",
        package: "wasmill",
        compiler: "cranelift",
        versioned: Some("wasmill"),
        needs: None,
    },
    Package {
        name: "llvm",
        title: "Wasmill (LLVM)",
        package: "wasmill",
        compiler: "llvm",
        versioned: Some("wasmill"),
        needs: Some(Tool::Llvm),
    },
    Package {
        name: "singlepass",
        title: "Wasmill (Singlepass)",
        package: "wasmill",
        compiler: "singlepass",
        versioned: Some("wasmill"),
        needs: None,
    },
    Package {
        name: "singlepass-free-nans",
        title: "Wasmill (Singlepass, bits of NaNs not canonical)",
        package: "wasmill",
        compiler: "singlepass-free-nans",
        versioned: Some("wasmill"),
        needs: None,
    },
    Package {
        name: NATIVE,
        title: "no Wasm (clang)",
        package: "native",
        compiler: "clang",
        versioned: None,
        needs: Some(Tool::Clang),
    },
];

/// V8 as node has it, with one of its compilers; the worker is a script.
struct V8 {
    name: &'static str,
    title: &'static str,
    /// Without tiers: everything is compiled when the module is made, by one compiler.
    flags: &'static [&'static str],
}

const V8S: [V8; 2] = [
    V8 {
        name: "liftoff",
        title: "V8 (Liftoff)",
        flags: &["--liftoff-only"],
    },
    V8 {
        name: "turbofan",
        title: "V8 (TurboFan)",
        flags: &["--no-liftoff"],
    },
];

/// What all of them get: neither lazy nor tiered, and equal bytes are compiled again.
const V8_FLAGS: [&str; 4] = [
    "--no-wasm-lazy-compilation",
    "--no-wasm-tier-up",
    "--no-wasm-native-module-cache-enabled",
    "--expose-gc",
];

/// The names of all engines, in the report's order.
pub(crate) fn names() -> Vec<&'static str> {
    let packages = PACKAGES.iter().map(|package| package.name);
    packages.chain(V8S.iter().map(|v8| v8.name)).collect()
}

/// How to come by worker programs.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Build {
    /// The cargo profile of the workers.
    #[arg(long, global = true, default_value = "release")]
    pub(crate) profile: String,
    /// Take the workers as they were built last.
    #[arg(long, global = true)]
    pub(crate) as_built: bool,
}

/// Builds the workers of the named engines and returns their columns. Engines that this machine cannot have are left out.
pub(crate) fn build(names: &[String], how: &Build) -> Result<Vec<Engine>> {
    let mut engines = Vec::new();
    for name in names {
        match missing(name) {
            Some(tool) => eprintln!("{name} is left out: {}", tool.missing()),
            None => engines.push(engine(name, names, how)?),
        }
    }
    ensure!(!engines.is_empty(), "no engine is left");
    Ok(engines)
}

fn package(name: &str) -> Option<&'static Package> {
    PACKAGES.iter().find(|package| package.name == name)
}

/// What an engine needs that is not here.
fn missing(name: &str) -> Option<Tool> {
    package(name)?.needs.filter(|tool| tool.find().is_none())
}

/// One of the engines `among`, which decide what its worker can do.
fn engine(name: &str, among: &[String], how: &Build) -> Result<Engine> {
    if let Some(package) = package(name) {
        return package.engine(among, how);
    }
    let v8 = V8S.iter().find(|v8| v8.name == name);
    v8.with_context(|| format!("no engine `{name}`: there are {}", names().join(", ")))?
        .engine()
}

/// A further column: another build of Wasmill's worker, given as `NAME=PROGRAM`.
pub(crate) fn other_build(text: &str) -> Result<Engine> {
    let (name, program) = text.split_once('=').context("expected NAME=PROGRAM")?;
    let program =
        std::fs::canonicalize(program).with_context(|| format!("no program {program}"))?;
    Ok(Engine {
        name: name.into(),
        title: format!("{name} (another build)"),
        program,
        arguments: vec!["cranelift".into()],
    })
}

impl V8 {
    fn engine(&self) -> Result<Engine> {
        let script = crate::root().join("peers/v8/worker.js");
        let flags = self
            .flags
            .iter()
            .chain(&V8_FLAGS)
            .map(|flag| (*flag).into());
        let script = script.display().to_string();
        Ok(Engine {
            name: self.name.into(),
            title: format!("{} {}", self.title, Self::version()?),
            program: "node".into(),
            arguments: flags.chain([script, self.name.into()]).collect(),
        })
    }

    fn version() -> Result<String> {
        let output = Command::new("node")
            .args([
                "--print",
                "`${process.versions.v8} in node ${process.version}`",
            ])
            .output()
            .context("V8 needs `node`; `--engines` can leave it out")?;
        ensure!(output.status.success(), "node does not run");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl Package {
    fn engine(&self, among: &[String], how: &Build) -> Result<Engine> {
        let shares_worker = |other: &&Package| other.package == self.package;
        let mut workmates = among.iter().filter_map(|name| package(name));
        let llvm = workmates.any(|other| shares_worker(&other) && other.needs == Some(Tool::Llvm));
        Ok(Engine {
            name: self.name.into(),
            title: format!("{} {}", self.title, self.version()?),
            program: self.build(Tool::Llvm.find().filter(|_| llvm), how)?,
            arguments: vec![self.compiler.into()],
        })
    }

    /// wasmer is a workspace of its own; the head of `bench/Cargo.toml` says why.
    fn is_apart(&self) -> bool {
        self.package == "wasmer"
    }

    /// Builds the worker, with the LLVM of this `llvm-config` if there is one.
    fn build(&self, llvm: Option<String>, how: &Build) -> Result<PathBuf> {
        let root = crate::root();
        let name = format!("wasmill-bench-{}", self.package);
        let (manifest, target) = if self.is_apart() {
            (
                root.join("peers/wasmer/Cargo.toml"),
                root.join("target/wasmer"),
            )
        } else {
            (root.join("Cargo.toml"), root.join("target"))
        };
        let program = target.join(profile_folder(&how.profile)).join(&name);
        if how.as_built {
            let missing = || format!("the worker of {} was never built", self.title);
            return program.canonicalize().with_context(missing);
        }
        let mut command = Command::new(env!("CARGO"));
        command
            // Not `--locked`: the lock file follows Wasmill's own dependencies; the peers are pinned in the manifests.
            .args([
                "build",
                "--quiet",
                "--profile",
                &how.profile,
                "--package",
                &name,
            ])
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target);
        if let Some(program) = llvm {
            command
                .args(["--features", "llvm"])
                .env("LLVM_CONFIG", program);
        }
        let status = command.status().context("cannot run cargo")?;
        ensure!(
            status.success(),
            "the worker of {} does not build; `--engines` can leave it out",
            self.title
        );
        Ok(program)
    }

    fn version(&self) -> Result<String> {
        let lock = if self.is_apart() {
            "peers/wasmer/Cargo.lock"
        } else {
            "Cargo.lock"
        };
        match self.versioned {
            Some(package) => locked_version(&crate::root().join(lock), package),
            None => {
                let version = self.needs.and_then(Tool::version);
                version.with_context(|| format!("{} has no version", self.title))
            }
        }
    }
}

fn profile_folder(profile: &str) -> &str {
    if profile == "dev" { "debug" } else { profile }
}

fn locked_version(lock: &Path, package: &str) -> Result<String> {
    let text = std::fs::read_to_string(lock)?;
    let name = format!("name = \"{package}\"");
    let mut lines = text.lines().skip_while(|line| *line != name).skip(1);
    let version = lines
        .next()
        .and_then(|line| line.strip_prefix("version = "));
    let version = version.with_context(|| format!("{} does not lock {package}", lock.display()))?;
    Ok(version.trim_matches('"').to_owned())
}
