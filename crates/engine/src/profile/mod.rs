//! Tells `perf` which code belongs to which function, in one of the two forms that it reads.
//!
//! `perf` records where the processor is, and looks names up later, in files. Code that no file holds has to be described in one:
//!
//! - a *perf map* (`perf_map`): text, a line for each function. It says nothing of when code was there, and not what it was.
//! - a *jitdump* (`jit_dump`): the code itself, and since when it is there.
//!
//! Both are files of the process, under a name that `perf` knows from its number: so everybody who asks for one writes into the same
//! ([`FILES`]). They only ever grow, since `perf` reads them when the process is gone; up to a limit.

mod jit_dump;
mod perf_map;

use crate::CodeMap;
use crate::symbols;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use wasmill_vm::CodeMemory;

/// Bytes of one file, at most. What is loaded when it is full has no names.
const LARGEST: u64 = 1 << 30;

/// Tells the profiler `perf` the names of functions in WebAssembly code, in a file that it reads.
///
/// Give it to the builders of engines. Functions are written down when their module is first instantiated, with their names from the
/// module's name section, or as `MODULE[INDEX]`. What goes wrong later (a full disk) ends the file, and is traced; modules work all
/// the same.
///
/// ```
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{BaseTunables, Engine, Profiler, Universal};
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// let profiler = Profiler::jit_dump(folder)?;
/// let engine = Universal::new(Cranelift::default()).profiler(&profiler).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # let module = wat::parse_str("(module (func $busy))").unwrap();
/// let artifact = engine.compile(&module, &tunables).unwrap();
/// artifact.preinstantiate().unwrap();
/// let written = std::fs::read(profiler.path())?;
/// assert!(written.windows(5).any(|part| part == b"busy\0"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Profiler {
    output: Arc<Output>,
}

impl Profiler {
    /// Writes `/tmp/perf-PID.map`, which `perf report` and `perf top` read by themselves: `perf record -g PROGRAM`, `perf report`.
    ///
    /// The map cannot say when code went, so names of code in places where other code was before may be wrong. Programs that load and
    /// drop modules all the time are better served by [`Profiler::jit_dump`]; so are modules of the Native engine, which `perf` takes for a
    /// file that is gone. A map of that name that is there, from a process before, is replaced the first time.
    ///
    /// ```
    /// # use wasmill_engine::Profiler;
    /// let profiler = Profiler::perf_map()?;
    /// let name = format!("/tmp/perf-{}.map", std::process::id());
    /// assert_eq!(profiler.path().to_str(), Some(&*name));
    /// # std::fs::remove_file(profiler.path())?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be made.
    pub fn perf_map() -> io::Result<Self> {
        let path = format!("/tmp/perf-{}.map", std::process::id());
        Self::open(path.into(), Form::PerfMap)
    }

    /// Writes `jit-PID.dump` into a folder, with the code of all functions and since when it was there:
    ///
    /// ```text
    /// perf record -k 1 -g PROGRAM
    /// perf inject --jit -i perf.data -o perf.jit.data
    /// perf report -i perf.jit.data
    /// ```
    ///
    /// `perf annotate` shows the instructions. A file of that name that is there, from a process before, is replaced the first time.
    ///
    /// ```
    /// # use wasmill_engine::Profiler;
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let profiler = Profiler::jit_dump(folder)?;
    /// assert!(std::fs::read(profiler.path())?.starts_with(b"DTiJ"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be made there, or if files there cannot be mapped to be executed, which is how `perf` learns of it.
    pub fn jit_dump<P: AsRef<Path>>(folder: P) -> io::Result<Self> {
        let name = format!("jit-{}.dump", std::process::id());
        let folder = fs::canonicalize(folder)?;
        Self::open(folder.join(name), Form::JitDump)
    }

    /// The file.
    ///
    /// ```
    /// # use wasmill_engine::Profiler;
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let profiler = Profiler::jit_dump(folder)?;
    /// assert!(profiler.path().starts_with(folder.canonicalize()?));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn path(&self) -> &Path {
        &self.output.path
    }

    fn open(path: PathBuf, form: Form) -> io::Result<Self> {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(output) = files.get(&path) {
            let output = output.clone();
            return Ok(Self { output });
        }
        let output = Arc::new(Output::new(path.clone(), form)?);
        files.insert(path, output.clone());
        Ok(Self { output })
    }

    /// Writes down where the functions of an image are.
    pub(crate) fn add(&self, code: &CodeMemory, map: &CodeMap) {
        self.output.add(&Image {
            base: code.base().addr() as u64,
            code: code.as_slice(),
            functions: symbols::functions(map),
        });
    }
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Profiler({})", self.path().display())
    }
}

/// The files of this process. They stay open: code that is still there may be described in them.
static FILES: Mutex<BTreeMap<PathBuf, Arc<Output>>> = Mutex::new(BTreeMap::new());

#[derive(Clone, Copy)]
enum Form {
    PerfMap,
    JitDump,
}

/// Code, and the functions in it.
struct Image<'a> {
    base: u64,
    code: &'a [u8],
    functions: Vec<(String, Range<u32>)>,
}

impl Image<'_> {
    /// Each function: its name, its address, and its code.
    fn functions(&self) -> impl Iterator<Item = (&str, u64, &[u8])> {
        self.functions.iter().map(|(name, range)| {
            let code = &self.code[range.start as usize..range.end as usize];
            (name.as_str(), self.base + u64::from(range.start), code)
        })
    }
}

/// A file that grows.
struct Output {
    path: PathBuf,
    form: Form,
    state: Mutex<State>,
}

struct State {
    /// Nothing when it is full, or could not be written to.
    file: Option<File>,
    len: u64,
    /// Functions in it.
    functions: u64,
}

impl Output {
    fn new(path: PathBuf, form: Form) -> io::Result<Self> {
        let mut file = create(&path)?;
        let start = match form {
            Form::PerfMap => Vec::new(),
            Form::JitDump => jit_dump::header(),
        };
        file.write_all(&start)?;
        if let Form::JitDump = form {
            jit_dump::announce(&file)?;
        }
        let state = State {
            file: Some(file),
            len: start.len() as u64,
            functions: 0,
        };
        Ok(Self {
            path,
            form,
            state: Mutex::new(state),
        })
    }

    fn add(&self, image: &Image<'_>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let Some(file) = &mut state.file else {
            return;
        };
        let first = state.functions;
        let bytes = match self.form {
            Form::PerfMap => perf_map::lines(image).into_bytes(),
            Form::JitDump => jit_dump::records(image, first),
        };
        let written = match state.len + bytes.len() as u64 <= LARGEST {
            true => file.write_all(&bytes),
            false => Err(ErrorKind::FileTooLarge.into()),
        };
        state.len += bytes.len() as u64;
        state.functions += image.functions.len() as u64;
        if let Err(error) = written {
            tracing::warn!(%error, path = %self.path.display(), "no more names for profilers");
            state.file = None;
        }
    }
}

/// A new file, in the place of what was there. Never one that somebody else has put there: folders may be everybody's.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_writes_into_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("jit-{}.dump", std::process::id());
        fs::write(folder.path().join(name), "of a process before").unwrap();
        let [first, second] = [(); 2].map(|()| Profiler::jit_dump(folder.path()).unwrap());
        let before = fs::read(first.path()).unwrap();
        assert_eq!(
            before.len(),
            jit_dump::header().len(),
            "nothing of what was there"
        );
        let image = Image {
            base: 0x1000,
            code: &[0x90; 4],
            functions: vec![("f".to_owned(), 0..4)],
        };
        first.output.add(&image);
        second.output.add(&image);
        let grown = fs::metadata(first.path()).unwrap().len() as usize - before.len();
        assert_eq!(grown, 2 * jit_dump::records(&image, 0).len());
        assert_eq!(second.output.state.lock().unwrap().functions, 2);
    }

    #[test]
    fn a_link_that_is_there_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let [path, victim] = ["link", "victim"].map(|name| folder.path().join(name));
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        create(&path).unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_full_file_ends() {
        let folder = tempfile::tempdir().unwrap();
        let output = Output::new(folder.path().join("full"), Form::PerfMap).unwrap();
        output.state.lock().unwrap().len = LARGEST - 20;
        let image = |name: &str| Image {
            base: 0x1000,
            code: &[0x90; 4],
            functions: vec![(name.to_owned(), 0..4)],
        };
        output.add(&image("short"));
        output.add(&image("another"));
        output.add(&image("third"));
        assert_eq!(fs::read(&output.path).unwrap(), b"1000 4 short\n");
    }
}
