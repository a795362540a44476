//! [`WasiStateBuilder`]: collects what the guest shall see, checks it, and opens the directories.
//!
//! Data passes from the setters, which keep what they are given, to [`build`](WasiStateBuilder::build), which checks arguments, then
//! the environment, then opens the directories in order. A directory that is not there is reported by the setter.

use std::fmt;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use super::WasiState;
use crate::ctx::{Permissions, Preopen, Socket, Source, WasiFs};
use crate::files::{WasiFile, WasiFsError};
use crate::memory::MemoryFs;

/// Why a [`WasiState`] could not be built.
///
/// ```
/// # use wasmill_wasi::{WasiState, WasiStateCreationError};
/// let error = WasiState::new("program").preopen_dir("/no/such/folder").unwrap_err();
/// assert!(matches!(error, WasiStateCreationError::PreopenedDirectoryNotFound(_)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WasiStateCreationError {
    /// An environment variable cannot be passed on.
    #[error("bad environment variable format: `{0}`")]
    EnvironmentVariableFormatError(String),
    /// An argument has a NUL in it.
    #[error("argument contains null byte: `{0}`")]
    ArgumentContainsNulByte(String),
    /// There is no such directory.
    #[error("preopened directory not found: `{0}`")]
    PreopenedDirectoryNotFound(PathBuf),
    /// A directory is described incompletely.
    #[error("preopened directory error: `{0}`")]
    PreopenedDirectoryError(String),
    /// The name for a directory cannot be passed on.
    #[error("mapped dir alias has wrong format: `{0}`")]
    MappedDirAliasFormattingError(String),
    /// A directory could not be opened, or its name is taken.
    #[error("wasi filesystem creation error: `{0}`")]
    WasiFsCreationError(String),
    /// The host program's own set-up failed.
    #[error("wasi filesystem setup error: `{0}`")]
    WasiFsSetupError(String),
    /// The file system reported an error.
    #[error(transparent)]
    WasiFsError(#[from] WasiFsError),
}

/// The host program's own set-up of the files, run last.
type SetupFs = Box<dyn Fn(&mut WasiFs) -> Result<(), String> + Send>;

/// Collects what a guest shall see; made by [`WasiState::new`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wasmill_wasi::WasiState;
///
/// let state = WasiState::new("program")
///     .args(["--verbose", "input.txt"])
///     .env("HOME", "/home/guest")
///     .preopen_dir(".")?
///     .build()?;
/// assert_eq!(state.args.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct WasiStateBuilder {
    args: Vec<Vec<u8>>,
    envs: Vec<(Vec<u8>, Vec<u8>)>,
    preopens: Vec<Preopen>,
    sockets: Vec<Socket>,
    streams: [Option<Box<dyn WasiFile>>; 3],
    setup_fs: Option<SetupFs>,
}

impl fmt::Debug for WasiStateBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiStateBuilder")
            .field("args", &self.args)
            .field("envs", &self.envs)
            .field("preopens", &self.preopens)
            .field("sockets", &self.sockets)
            .field("streams", &self.streams)
            .field("setup_fs exists", &self.setup_fs.is_some())
            .finish()
    }
}

impl WasiStateBuilder {
    pub(super) fn for_program(name: &str) -> Self {
        Self {
            args: vec![name.as_bytes().to_vec()],
            ..Self::default()
        }
    }

    /// Adds an environment variable. Its name must have neither NUL nor `=`, its value no NUL.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").env("LANG", "C").build()?;
    /// assert_eq!(state.envs, [b"LANG=C"]);
    /// assert!(WasiState::new("program").env("A=B", "C").build().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn env<Key: AsRef<[u8]>, Value: AsRef<[u8]>>(
        &mut self,
        key: Key,
        value: Value,
    ) -> &mut Self {
        self.envs
            .push((key.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// Adds environment variables.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").envs([("LANG", "C"), ("TZ", "UTC")]).build()?;
    /// assert_eq!(state.envs, [&b"LANG=C"[..], b"TZ=UTC"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn envs<I, Key, Value>(&mut self, env_pairs: I) -> &mut Self
    where
        I: IntoIterator<Item = (Key, Value)>,
        Key: AsRef<[u8]>,
        Value: AsRef<[u8]>,
    {
        for (key, value) in env_pairs {
            self.env(key, value);
        }
        self
    }

    /// Adds an argument, which must not have a NUL in it.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").arg("input.txt").build()?;
    /// assert_eq!(state.args, [&b"program"[..], b"input.txt"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn arg<Arg: AsRef<[u8]>>(&mut self, arg: Arg) -> &mut Self {
        self.args.push(arg.as_ref().to_vec());
        self
    }

    /// Adds arguments.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let state = WasiState::new("program").args(["-o", "out.txt"]).build()?;
    /// assert_eq!(state.args.len(), 3, "the program's name is the first");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn args<I, Arg>(&mut self, args: I) -> &mut Self
    where
        I: IntoIterator<Item = Arg>,
        Arg: AsRef<[u8]>,
    {
        for arg in args {
            self.arg(arg);
        }
        self
    }

    /// Lets the guest read, write and create in a directory, under the directory's own path.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").preopen_dir(".")?.build().is_ok());
    /// assert!(WasiState::new("program").preopen_dir("/no/such/folder").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such directory.
    pub fn preopen_dir<FilePath: AsRef<Path>>(
        &mut self,
        po_dir: FilePath,
    ) -> Result<&mut Self, WasiStateCreationError> {
        self.preopen(|dir| dir.directory(&po_dir).read(true).write(true).create(true))
    }

    /// Lets the guest read, write and create in directories, under their own paths.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").preopen_dirs([".", "src"])?.build().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If one of them does not exist.
    pub fn preopen_dirs<I, FilePath>(
        &mut self,
        po_dirs: I,
    ) -> Result<&mut Self, WasiStateCreationError>
    where
        I: IntoIterator<Item = FilePath>,
        FilePath: AsRef<Path>,
    {
        for dir in po_dirs {
            self.preopen_dir(dir)?;
        }
        Ok(self)
    }

    /// Lets the guest use a directory as described.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wasmill_wasi::WasiState;
    ///
    /// WasiState::new("program").preopen(|dir| dir.directory(".").alias("src").read(true))?.build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn preopen<F>(&mut self, inner: F) -> Result<&mut Self, WasiStateCreationError>
    where
        F: Fn(&mut PreopenDirBuilder) -> &mut PreopenDirBuilder,
    {
        let mut builder = PreopenDirBuilder::default();
        self.preopens.push(inner(&mut builder).build()?);
        Ok(self)
    }

    /// Lets the guest read, write and create in a directory, under another name.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// // The guest finds the current directory as `/data`.
    /// assert!(WasiState::new("program").map_dir("/data", ".")?.build().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such directory, or the name cannot be passed on.
    pub fn map_dir<FilePath: AsRef<Path>>(
        &mut self,
        alias: &str,
        po_dir: FilePath,
    ) -> Result<&mut Self, WasiStateCreationError> {
        self.preopen(|dir| {
            dir.directory(&po_dir)
                .alias(alias)
                .read(true)
                .write(true)
                .create(true)
        })
    }

    /// Lets the guest read, write and create in directories, under other names.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let dirs = [("/data".to_owned(), "."), ("/source".to_owned(), "src")];
    /// assert!(WasiState::new("program").map_dirs(dirs)?.build().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`map_dir`](Self::map_dir), for the first that fails.
    pub fn map_dirs<I, FilePath>(
        &mut self,
        mapped_dirs: I,
    ) -> Result<&mut Self, WasiStateCreationError>
    where
        I: IntoIterator<Item = (String, FilePath)>,
        FilePath: AsRef<Path>,
    {
        for (alias, dir) in mapped_dirs {
            self.map_dir(&alias, dir)?;
        }
        Ok(self)
    }

    /// Lets the guest read, write and create in a file system in memory, under this name. It stays the host program's, too.
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, WasiState};
    /// let fs = MemoryFs::new();
    /// fs.write("input.txt", "for the guest to read")?;
    /// assert!(WasiState::new("program").map_memory("/data", &fs)?.build().is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the name cannot be passed on.
    pub fn map_memory(
        &mut self,
        alias: &str,
        fs: &MemoryFs,
    ) -> Result<&mut Self, WasiStateCreationError> {
        self.preopen(|dir| {
            dir.memory(fs)
                .alias(alias)
                .read(true)
                .write(true)
                .create(true)
        })
    }

    /// Hands a socket to the guest: a listener from which it accepts connections, one end of a connection, or a socket for
    /// datagrams. Anything that owns a descriptor of the operating system will do, `TcpListener` and `UnixStream` for example.
    ///
    /// The guest finds the sockets behind the preopened directories, in the order of the calls: with one directory (which is
    /// descriptor 4) the first socket is descriptor 5. It can do no more with them than accept, receive, send, shut down and wait.
    /// The socket is put into non-blocking mode, also for other handles of it; the guest waits or does not wait as it wants.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// use std::net::TcpListener;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// WasiState::new("server").preopen_dir(".")?.preopen_socket(listener)?.build()?;
    /// let file = std::fs::File::open("Cargo.toml")?;
    /// assert!(WasiState::new("server").preopen_socket(file).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is no socket.
    pub fn preopen_socket<S: Into<OwnedFd>>(
        &mut self,
        socket: S,
    ) -> Result<&mut Self, WasiStateCreationError> {
        let socket = Socket::new(socket.into());
        let socket = socket.map_err(WasiStateCreationError::WasiFsCreationError)?;
        self.sockets.push(socket);
        Ok(self)
    }

    /// Replaces the guest's standard input.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use std::io::Write;
    /// # use wasmill_wasi::Pipe;
    /// let mut input = Pipe::new();
    /// input.write_all(b"for the guest to read")?;
    /// let state = WasiState::new("program").stdin(Box::new(input)).build()?;
    /// assert_eq!(state.fs.stdin()?.as_ref().unwrap().size(), 21);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stdin(&mut self, new_file: Box<dyn WasiFile>) -> &mut Self {
        self.streams[0] = Some(new_file);
        self
    }

    /// Replaces the guest's standard output.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use wasmill_wasi::Pipe;
    /// let state = WasiState::new("program").stdout(Box::new(Pipe::bounded(1 << 20))).build()?;
    /// assert!(state.fs.stdout()?.as_ref().unwrap().downcast_ref::<Pipe>().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stdout(&mut self, new_file: Box<dyn WasiFile>) -> &mut Self {
        self.streams[1] = Some(new_file);
        self
    }

    /// Replaces the guest's standard error.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use wasmill_wasi::Stdout;
    /// // Everything to one place.
    /// let state = WasiState::new("program").stderr(Box::new(Stdout)).build()?;
    /// assert!(state.fs.stderr()?.as_ref().unwrap().downcast_ref::<Stdout>().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stderr(&mut self, new_file: Box<dyn WasiFile>) -> &mut Self {
        self.streams[2] = Some(new_file);
        self
    }

    /// Sets what is done to the files last.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use wasmill_wasi::Pipe;
    /// let set_up = |fs: &mut wasmill_wasi::WasiFs| {
    ///     fs.swap_file(1, Box::new(Pipe::new())).map(drop).map_err(|error| error.to_string())
    /// };
    /// let state = WasiState::new("program").setup_fs(Box::new(set_up)).build()?;
    /// assert!(state.fs.stdout()?.as_ref().unwrap().downcast_ref::<Pipe>().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn setup_fs(&mut self, setup_fs_fn: SetupFs) -> &mut Self {
        self.setup_fs = Some(setup_fs_fn);
        self
    }

    /// Checks everything and opens the directories. The streams go to the state: a second one built gets the process's own.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// # use wasmill_wasi::WasiStateCreationError;
    /// assert!(WasiState::new("program").build().is_ok());
    /// let error = WasiState::new("program").arg("a\0b").build().unwrap_err();
    /// assert_eq!(error, WasiStateCreationError::ArgumentContainsNulByte("a\0b".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an argument or a variable cannot be passed on, a directory cannot be opened, or the host program's own set-up fails.
    pub fn build(&mut self) -> Result<WasiState, WasiStateCreationError> {
        self.check_args()?;
        let envs = self
            .envs
            .iter()
            .map(|(key, value)| environment_line(key, value))
            .collect::<Result<_, _>>()?;
        let mut fs = WasiFs::new(std::mem::take(&mut self.streams));
        for preopen in &self.preopens {
            fs.preopen(preopen)
                .map_err(WasiStateCreationError::WasiFsCreationError)?;
        }
        for socket in &self.sockets {
            let socket = socket.try_clone().map_err(|error| error.to_string());
            socket
                .and_then(|socket| fs.hand_in(socket))
                .map_err(WasiStateCreationError::WasiFsCreationError)?;
        }
        if let Some(setup_fs) = &self.setup_fs {
            setup_fs(&mut fs).map_err(WasiStateCreationError::WasiFsSetupError)?;
        }
        Ok(WasiState {
            fs,
            args: self.args.clone(),
            envs,
        })
    }

    fn check_args(&self) -> Result<(), WasiStateCreationError> {
        match self.args.iter().find(|arg| arg.contains(&0)) {
            None => Ok(()),
            Some(arg) => {
                let text = String::from_utf8_lossy(arg).into_owned();
                Err(WasiStateCreationError::ArgumentContainsNulByte(text))
            }
        }
    }
}

fn environment_line(key: &[u8], value: &[u8]) -> Result<Vec<u8>, WasiStateCreationError> {
    let wrong = |what: &str, part: &str, text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let message = format!("found {what} in env var {part} \"{text}\" (key=value)");
        Err(WasiStateCreationError::EnvironmentVariableFormatError(
            message,
        ))
    };
    match key.iter().find(|byte| matches!(byte, 0 | b'=')) {
        Some(0) => return wrong("nul byte", "key", key),
        Some(_) => return wrong("equal sign", "key", key),
        None => {}
    }
    if value.contains(&0) {
        return wrong("nul byte", "value", value);
    }
    Ok([key, b"=", value].concat())
}

/// Describes a directory for [`WasiStateBuilder::preopen`].
///
/// ```
/// # use wasmill_wasi::WasiState;
/// let read_only = WasiState::new("program").preopen(|dir| dir.directory("src").alias("source").read(true))?.build();
/// assert!(read_only.is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct PreopenDirBuilder {
    source: Option<Source>,
    alias: Option<String>,
    read: bool,
    write: bool,
    create: bool,
}

impl PreopenDirBuilder {
    /// The directory on the host.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// assert!(WasiState::new("program").preopen(|dir| dir.directory("src").read(true)).is_ok());
    /// assert!(WasiState::new("program").preopen(|dir| dir.read(true)).is_err(), "which directory?");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn directory<FilePath: AsRef<Path>>(&mut self, po_dir: FilePath) -> &mut Self {
        self.source = Some(Source::Host(po_dir.as_ref().to_owned()));
        self
    }

    /// A file system in memory instead of a directory on the host; it needs an [`alias`](Self::alias).
    ///
    /// ```
    /// # use wasmill_wasi::{MemoryFs, WasiState};
    /// let fs = MemoryFs::new();
    /// WasiState::new("program").preopen(|dir| dir.memory(&fs).alias("/read-only").read(true))?.build()?;
    /// assert!(WasiState::new("program").preopen(|dir| dir.memory(&fs).read(true)).is_err(), "under what name?");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn memory(&mut self, fs: &MemoryFs) -> &mut Self {
        self.source = Some(Source::Memory(fs.clone()));
        self
    }

    /// What the guest calls it; slashes in front make no difference, as everything is below `/`.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// WasiState::new("program").preopen(|dir| dir.directory("src").alias("/source").read(true))?.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn alias(&mut self, alias: &str) -> &mut Self {
        self.alias = Some(alias.trim_start_matches('/').to_owned());
        self
    }

    /// Whether the guest may read there.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// WasiState::new("program").preopen(|dir| dir.directory("src").read(true))?.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(&mut self, toggle: bool) -> &mut Self {
        self.read = toggle;
        self
    }

    /// Whether the guest may write there.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// // To change files that are there, but add none.
    /// WasiState::new("program").preopen(|dir| dir.directory("src").read(true).write(true))?.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(&mut self, toggle: bool) -> &mut Self {
        self.write = toggle;
        self
    }

    /// Whether the guest may create files there, which includes writing.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// WasiState::new("program").preopen(|dir| dir.directory("src").create(true))?.build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create(&mut self, toggle: bool) -> &mut Self {
        self.create = toggle;
        if toggle {
            self.write = true;
        }
        self
    }

    fn build(&self) -> Result<Preopen, WasiStateCreationError> {
        use WasiStateCreationError as E;
        let Some(source) = self.source.clone() else {
            return Err(E::PreopenedDirectoryError(
                "Preopened directories must point to a host directory".to_owned(),
            ));
        };
        if let Source::Host(host) = &source
            && !host.exists()
        {
            return Err(E::PreopenedDirectoryNotFound(host.clone()));
        }
        if !(self.read || self.write || self.create) {
            return Err(E::PreopenedDirectoryError(
                "Preopened directories must have at least one of read, write, create permissions set"
                    .to_owned(),
            ));
        }
        let name = match (&self.alias, &source) {
            (Some(alias), _) => alias.clone(),
            (None, Source::Host(host)) => host.to_string_lossy().into_owned(),
            (None, Source::Memory(_)) => {
                return Err(E::PreopenedDirectoryError(
                    "A file system in memory must have an alias, by which the guest finds it"
                        .to_owned(),
                ));
            }
        };
        if name.contains('\0') {
            return Err(E::MappedDirAliasFormattingError(format!(
                "Alias \"{name}\" contains a nul byte"
            )));
        }
        let permissions = Permissions {
            read: self.read,
            write: self.write,
            create: self.create,
        };
        Ok(Preopen {
            source,
            name,
            permissions,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Pipe;
    use WasiStateCreationError as E;

    #[test]
    fn environment_variables_are_checked() {
        let build = |key: &str, value: &str| {
            WasiState::new("test")
                .env(key, value)
                .build()
                .map(|state| state.envs)
        };
        let error = |text: &str| Err(E::EnvironmentVariableFormatError(text.to_owned()));
        assert_eq!(build("HOME", "/home=x"), Ok(vec![b"HOME=/home=x".to_vec()]));
        assert_eq!(build("EMPTY", ""), Ok(vec![b"EMPTY=".to_vec()]));
        assert_eq!(
            build("HO=ME", "x"),
            error("found equal sign in env var key \"HO=ME\" (key=value)")
        );
        assert_eq!(
            build("HO\0ME", "x"),
            error("found nul byte in env var key \"HO\0ME\" (key=value)")
        );
        assert_eq!(
            build("HOME", "a\0b"),
            error("found nul byte in env var value \"a\0b\" (key=value)")
        );
        let text = build("A=", "").unwrap_err().to_string();
        assert_eq!(
            text,
            "bad environment variable format: `found equal sign in env var key \"A=\" (key=value)`"
        );
    }

    #[test]
    fn arguments_are_checked() {
        let state = WasiState::new("test")
            .arg("a")
            .args(["b", "--c"])
            .build()
            .unwrap();
        assert_eq!(
            state.args,
            [
                b"test".to_vec(),
                b"a".to_vec(),
                b"b".to_vec(),
                b"--c".to_vec()
            ]
        );
        let error = WasiState::new("test").arg("a\0").build().unwrap_err();
        assert_eq!(error, E::ArgumentContainsNulByte("a\0".to_owned()));
        assert_eq!(error.to_string(), "argument contains null byte: `a\0`");
        assert!(WasiState::new("te\0st").build().is_err());
    }

    #[test]
    fn directories_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        let missing = dir.path().join("missing");

        let error = WasiState::new("test").preopen_dir(&missing).unwrap_err();
        assert_eq!(error, E::PreopenedDirectoryNotFound(missing.clone()));
        assert!(
            error
                .to_string()
                .starts_with("preopened directory not found: ")
        );

        let error = WasiState::new("test")
            .preopen(|p| p.directory(dir.path()))
            .unwrap_err();
        assert!(matches!(error, E::PreopenedDirectoryError(_)), "{error}");
        let error = WasiState::new("test")
            .preopen(|p| p.read(true))
            .unwrap_err();
        assert!(
            error.to_string().starts_with("preopened directory error: "),
            "{error}"
        );

        let error = WasiState::new("test")
            .map_dir("a\0b", dir.path())
            .unwrap_err();
        assert!(
            matches!(error, E::MappedDirAliasFormattingError(_)),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with("mapped dir alias has wrong format: ")
        );

        let error = WasiState::new("test")
            .preopen_dir(&file)
            .unwrap()
            .build()
            .unwrap_err();
        assert!(
            matches!(&error, E::WasiFsCreationError(text) if text.contains("file")),
            "{error}"
        );
    }

    #[test]
    fn an_alias_is_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = WasiState::new("test");
        let error = builder
            .map_dir("x", dir.path())
            .unwrap()
            .map_dir("/x", dir.path())
            .unwrap()
            .build();
        let error = error.unwrap_err();
        assert_eq!(
            error,
            E::WasiFsCreationError("Found duplicate entry for alias `x`".to_owned())
        );
        assert_eq!(
            error.to_string(),
            "wasi filesystem creation error: `Found duplicate entry for alias `x``"
        );
    }

    #[test]
    fn the_set_up_runs_last_and_may_fail() {
        let mut builder = WasiState::new("test");
        builder.setup_fs(Box::new(|fs| {
            fs.swap_file(1, Box::new(Pipe::new()))
                .map(drop)
                .map_err(|error| error.to_string())
        }));
        let mut state = builder.build().unwrap();
        assert!(
            state
                .fs
                .stdout_mut()
                .unwrap()
                .as_ref()
                .unwrap()
                .downcast_ref::<Pipe>()
                .is_some()
        );
        builder.setup_fs(Box::new(|fs| {
            match fs.swap_file(7, Box::new(Pipe::new())) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            }
        }));
        let error = builder.build().unwrap_err();
        assert_eq!(error, E::WasiFsSetupError("invalid fd".to_owned()));
    }
}
