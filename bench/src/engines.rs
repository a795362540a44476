//! The engines that take part: which worker program each one is, how to build it, which version it has.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// All figures are relative to this engine's.
pub(crate) const BASELINE: &str = "wasmtime";

/// One column of the report.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    /// What the command line and the report call it.
    pub(crate) name: String,
    /// Version and compiler, for the report.
    pub(crate) title: String,
    /// The worker program.
    pub(crate) program: PathBuf,
    /// Its first argument.
    pub(crate) compiler: &'static str,
}

/// A worker package of this tree.
struct Package {
    name: &'static str,
    title: &'static str,
    /// The last part of the package's name, `wasmill-bench-…`.
    package: &'static str,
    compiler: &'static str,
    /// The crate whose locked version is the engine's.
    versioned: &'static str,
}

const PACKAGES: [Package; 5] = [
    Package {
        name: "wasmtime",
        title: "wasmtime (Cranelift)",
        package: "wasmtime",
        compiler: "cranelift",
        versioned: "wasmtime",
    },
    Package {
        name: "winch",
        title: "wasmtime (Winch)",
        package: "wasmtime",
        compiler: "winch",
        versioned: "wasmtime",
    },
    Package {
        name: "wasmer",
        title: "wasmer (Cranelift)",
        package: "wasmer",
        compiler: "cranelift",
        versioned: "wasmer",
    },
    Package {
        name: "wasmi",
        title: "wasmi (interpreter)",
        package: "wasmi",
        compiler: "interpreter",
        versioned: "wasmi",
    },
    Package {
        name: "wasmill",
        title: "Wasmill (Cranelift)",
        package: "wasmill",
        compiler: "cranelift",
        versioned: "wasmill",
    },
];

/// The names of all engines, in the report's order.
pub(crate) fn names() -> Vec<&'static str> {
    PACKAGES.iter().map(|package| package.name).collect()
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

/// Builds the workers of the named engines and returns their columns.
pub(crate) fn build(names: &[String], how: &Build) -> Result<Vec<Engine>> {
    let mut engines = Vec::new();
    for name in names {
        let package = PACKAGES
            .iter()
            .find(|package| package.name == name)
            .with_context(|| {
                format!("no engine `{name}`: there are {}", self::names().join(", "))
            })?;
        engines.push(Engine {
            name: name.clone(),
            title: format!("{} {}", package.title, package.version()?),
            program: package.build(how)?,
            compiler: package.compiler,
        });
    }
    Ok(engines)
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
        compiler: "cranelift",
    })
}

impl Package {
    /// wasmer is a workspace of its own; the head of `bench/Cargo.toml` says why.
    fn is_apart(&self) -> bool {
        self.package == "wasmer"
    }

    fn build(&self, how: &Build) -> Result<PathBuf> {
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
        let status = Command::new(env!("CARGO"))
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
            .arg(&target)
            .status()
            .context("cannot run cargo")?;
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
        locked_version(&crate::root().join(lock), self.versioned)
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
