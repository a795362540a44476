//! Where modules come from: files, pipes, standard input; modules as binary or text, or compiled before.
//!
//! What is no module is told by its first bytes, so that the error says what it is instead (`foreign.rs`).

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow, bail};
use wasmill::{DeserializeError, NativeArtifact, UniversalArtifact, is_wasm, wat2wasm};

use crate::options::is_command;
use crate::{foreign, similar};

/// No module may be larger, as text or binary: files of devices have no end.
const LIMIT: u64 = 1 << 30;

/// So many bytes tell what a file is.
const HEAD: u64 = 64;

/// No more names of a folder are looked at for one that is similar.
const NAMES: usize = 4096;

/// How many names are suggested.
const SUGGESTIONS: usize = 3;

/// What can be run.
pub(crate) enum Source {
    /// A module, in the binary or the text format.
    Module(Vec<u8>),
    /// A module that was compiled before. The bytes are there if it is not in a file that can be mapped.
    Compiled {
        native: bool,
        bytes: Option<Vec<u8>>,
    },
}

/// Opens what is to be run: `-` is standard input.
pub(crate) fn open(path: &Path) -> Result<Source> {
    let mut input = Input::open(path)?;
    let head = input.head()?;
    let native = NativeArtifact::is_deserializable(&head);
    if !native && !UniversalArtifact::is_deserializable(&head) {
        return Ok(Source::Module(input.module(head, path)?));
    }
    let bytes = match input.is_file {
        true => None,
        false => Some(input.rest(head)?),
    };
    Ok(Source::Compiled { native, bytes })
}

/// The bytes of a module, in the binary or the text format: `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let mut input = Input::open(path)?;
    let head = input.head()?;
    input.module(head, path)
}

/// A module in the binary format, made of either format. Errors name the file.
pub(crate) fn wasm<'a>(bytes: &'a [u8], path: &Path) -> Result<Cow<'a, [u8]>> {
    let wasm = wat2wasm(bytes).map_err(|mut error| {
        error.set_path(path);
        error
    });
    wasm.context("Error when converting wat")
}

/// The error of a compilation; if the text was wrong, one that names its file.
pub(crate) fn in_file(error: Error, bytes: &[u8], path: &Path) -> Error {
    match wasm(bytes, path) {
        Err(text) if !is_wasm(bytes) => anyhow!("WebAssembly translation error: {text:#}"),
        _ => error,
    }
}

/// Whether this names standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The name that the file gives to its module.
pub(crate) fn module_name(path: &Path) -> String {
    if is_standard_input(path) {
        return "stdin".to_owned();
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Something that is read from front to end.
struct Input {
    reader: Box<dyn Read>,
    /// Whether it is a file with an end, and not a pipe.
    is_file: bool,
    length: u64,
}

impl Input {
    fn open(path: &Path) -> Result<Self> {
        if is_standard_input(path) {
            return Ok(Self {
                reader: Box::new(io::stdin().lock()),
                is_file: false,
                length: 0,
            });
        }
        let file = File::open(path).map_err(|error| unopened(path, error))?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            bail!("it is a folder{}", modules_in(path));
        }
        Ok(Self {
            reader: Box::new(file),
            is_file: metadata.is_file(),
            length: metadata.len(),
        })
    }

    fn head(&mut self) -> Result<Vec<u8>> {
        let mut head = Vec::with_capacity(self.length.min(LIMIT) as usize + 1);
        let mut reader = (&mut self.reader).take(HEAD);
        reader.read_to_end(&mut head).context("cannot read it")?;
        Ok(head)
    }

    fn module(self, head: Vec<u8>, path: &Path) -> Result<Vec<u8>> {
        foreign::check_head(&head, path)?;
        let bytes = self.rest(head)?;
        foreign::check_text(&bytes)?;
        Ok(bytes)
    }

    fn rest(self, mut bytes: Vec<u8>) -> Result<Vec<u8>> {
        let mut reader = self.reader.take(LIMIT + 1 - bytes.len() as u64);
        reader.read_to_end(&mut bytes).context("cannot read it")?;
        if bytes.len() as u64 > LIMIT {
            bail!("it is larger than {LIMIT} bytes, and no module may be");
        }
        Ok(bytes)
    }
}

/// The error for a file that cannot be opened, with what may be meant.
fn unopened(path: &Path, error: io::Error) -> Error {
    let advice = match error.kind() {
        ErrorKind::NotFound => meant(path),
        _ => None,
    };
    let error = match advice {
        Some(advice) => anyhow!("{error}\n{advice}"),
        None => error.into(),
    };
    error.context(format!("cannot open `{}`", path.display()))
}

/// What may be meant by the name of a file that is not there.
fn meant(path: &Path) -> Option<String> {
    let name = path.to_str()?;
    // Only who wrote no command can have misspelt it.
    let first =
        std::env::args_os().find(|word| is_command(&word.to_string_lossy()) || word == name);
    if first.is_some_and(|first| first == name)
        && let Some(command) = crate::options::misspelt_command(name)
    {
        return Some(format!("Did you mean the command: wasmill {command}"));
    }
    similar_to(path, "files", |_| true)
}

/// What there is in place of a folder that is not there.
pub(crate) fn similar_folders(path: &Path) -> Option<String> {
    let folder = folder_of(path);
    similar_to(path, "folders", |name| folder.join(name).is_dir())
}

fn similar_to(path: &Path, kind: &str, is_one: impl Fn(&str) -> bool) -> Option<String> {
    let names = names_in(folder_of(path), is_one);
    let wanted = path.file_name()?.to_str()?;
    let mut near = similar::misspelt(wanted, names.iter().map(String::as_str));
    near.truncate(SUGGESTIONS);
    (!near.is_empty()).then(|| format!("Similar {kind} found: {}", similar::quoted(&near)))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The modules of a folder, as advice.
fn modules_in(folder: &Path) -> String {
    let is_module = |name: &str| name.ends_with(".wasm") || name.ends_with(".wat");
    let mut names = names_in(folder, is_module);
    names.truncate(SUGGESTIONS);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("\nThere are modules in it: {}", similar::quoted(&names)),
    }
}

/// Names of a folder, in order.
fn names_in(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.take(NAMES);
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| wanted(name)).collect();
    names.sort();
    names
}

/// The error of a compiled module that cannot be loaded. Other files of the system start the same.
pub(crate) fn not_loaded(path: &Path, error: DeserializeError) -> Error {
    let is_foreign = error.to_string().contains("doesn't seem to be generated");
    let head = is_foreign.then(|| Input::open(path)?.head());
    let head = head.and_then(Result::ok);
    match head.and_then(|head| foreign::elf(&head, path)) {
        Some(what) => anyhow!(what),
        None => error.into(),
    }
}
