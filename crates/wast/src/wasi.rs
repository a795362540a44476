//! [`WasiTest`]: the dialect that says how a WASI program is run and what must come of it.
//!
//! ```text
//!   (wasi_test "program.wasm"              the module, beside the script
//!     (envs "NAME=VALUE" …)  (args "…" …)
//!     (preopens "folder" …)                folders under their own names
//!     (map_dirs "guest:folder" …)          … under other names
//!     (temp_dirs "guest" …)                empty folders, gone when the test ends
//!     (stdin "…")
//!     (assert_return (i64.const 0))  (assert_stdout "…")  (assert_stderr "…"))
//! ```
//!
//! The lists may come in any order, and none is needed. A folder is looked for beside the script, then one level higher, where
//! the original keeps the folders that its scripts share.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use thiserror::Error;
use wasmill::{
    CompileError, ExportError, Instance, InstantiationError, Module, RuntimeError, Store,
};
use wasmill_wasi::{Pipe, WasiEnv, WasiError, WasiFile, WasiState, WasiStateCreationError};
use wast::lexer::{Lexer, TokenKind};
use wast::parser::{self, Parse, ParseBuffer, Parser};

/// How much a program may write to one of its streams.
const MAX_OUTPUT: usize = 64 << 20;

/// A WASI program, how it is run, and what must come of it.
///
/// ```
/// use wasmill::Store;
/// use wasmill_wast::WasiTest;
///
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("leave.wat"), r#"(module
///     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
///     (memory (export "memory") 1)
///     (func (export "_start") (call $exit (i32.const 3))))"#)?;
/// let text = r#"(wasi_test "leave.wat" (assert_return (i64.const 3)) (assert_stdout ""))"#;
/// let tokens = WasiTest::lex_string(text)?;
/// let test = WasiTest::parse_tokens(&tokens)?;
/// test.run(&Store::default(), folder.path().to_str().unwrap())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WasiTest<'a> {
    wasm_path: &'a str,
    args: Vec<&'a str>,
    envs: Vec<(&'a str, &'a str)>,
    preopens: Vec<&'a str>,
    mapped_dirs: Vec<(&'a str, &'a str)>,
    temp_dirs: Vec<&'a str>,
    stdin: &'a str,
    exit_code: Option<i64>,
    stdout: Option<&'a str>,
    stderr: Option<&'a str>,
}

/// Why a [`WasiTest`] did not pass.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wast::{WasiTest, WasiTestError};
/// let tokens = WasiTest::lex_string(r#"(wasi_test "nothing.wasm")"#).unwrap();
/// let test = WasiTest::parse_tokens(&tokens).unwrap();
/// let error = test.run(&Store::default(), "/no/such/folder").unwrap_err();
/// assert!(matches!(error, WasiTestError::Io { .. }), "{error}");
/// ```
#[derive(Debug, Error)]
pub enum WasiTestError {
    /// The module cannot be read, or a folder not be made.
    #[error("cannot use `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The module cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The module is not a WASI program.
    #[error("this is not a WASI program: {0}")]
    NoProgram(String),
    /// The module cannot be instantiated.
    #[error(transparent)]
    Instantiation(#[from] InstantiationError),
    /// What the program shall see cannot be set up.
    #[error(transparent)]
    State(#[from] WasiStateCreationError),
    /// The program trapped.
    #[error(
        "the program trapped: {error}\nstandard output: {stdout:?}\nstandard error: {stderr:?}"
    )]
    Trap {
        /// How.
        error: RuntimeError,
        /// What it wrote before.
        stdout: String,
        /// What it complained of before.
        stderr: String,
    },
    /// Something is not as it must be.
    #[error("{what} is\n  {found}\ninstead of\n  {expected}")]
    Differs {
        /// What is not: the exit code, or one of the streams.
        what: &'static str,
        /// How it must be.
        expected: String,
        /// How it is.
        found: String,
    },
}

impl From<ExportError> for WasiTestError {
    fn from(error: ExportError) -> Self {
        Self::NoProgram(error.to_string())
    }
}

impl<'a> WasiTest<'a> {
    /// Splits a text into tokens, for [`parse_tokens`](Self::parse_tokens).
    ///
    /// ```
    /// # use wasmill_wast::WasiTest;
    /// let tokens = WasiTest::lex_string(r#"(wasi_test "a.wasm" (args "one"))"#)?;
    /// assert!(WasiTest::parse_tokens(&tokens).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not made of tokens; some mistakes are found by `parse_tokens` only.
    pub fn lex_string(wast: &'a str) -> parser::Result<ParseBuffer<'a>> {
        let mut lexer = Lexer::new(wast);
        lexer.allow_confusing_unicode(true);
        ParseBuffer::new_with_lexer(lexer)
    }

    /// Makes a test of the tokens.
    ///
    /// ```
    /// # use wasmill_wast::WasiTest;
    /// let tokens = WasiTest::lex_string("(module)").unwrap();
    /// let error = WasiTest::parse_tokens(&tokens).unwrap_err();
    /// assert!(error.message().contains("wasi_test"));
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not one test.
    pub fn parse_tokens(tokens: &'a ParseBuffer<'a>) -> parser::Result<Self> {
        parser::parse(tokens)
    }

    /// Runs the program, whose module is in the folder `base_path`, and compares what comes of it. True, or an error.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::WasiTest;
    /// # let folder = tempfile::tempdir()?;
    /// std::fs::write(folder.path().join("nothing.wat"), r#"(module
    ///     (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
    ///     (memory (export "memory") 1)
    ///     (func (export "_start")))"#)?;
    /// let tokens = WasiTest::lex_string(r#"(wasi_test "nothing.wat" (assert_stdout "x"))"#)?;
    /// let test = WasiTest::parse_tokens(&tokens)?;
    /// let error = test.run(&Store::default(), folder.path().to_str().unwrap()).unwrap_err();
    /// assert!(error.to_string().starts_with("standard output is"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the program cannot be run, traps, or does something else than it must.
    pub fn run(&self, store: &Store, base_path: &str) -> Result<bool, WasiTestError> {
        let base = Path::new(base_path);
        let path = base.join(self.wasm_path);
        let wasm = fs::read(&path).map_err(|source| WasiTestError::Io { path, source })?;
        let module = Module::new(store, wasm)?;
        let (mut env, _temp_dirs) = self.environment(base)?;
        let imports = env
            .import_object(&module)
            .map_err(|error| WasiTestError::NoProgram(error.to_string()))?;
        let instance = Instance::new(&module, &imports)?;
        let outcome = instance.exports.get_function("_start")?.call(&[]);
        let stdout = taken(&env, |state| state.fs.stdout_mut());
        let stderr = taken(&env, |state| state.fs.stderr_mut());
        let code = match outcome.map_err(RuntimeError::downcast::<WasiError>) {
            Ok(_) => 0,
            Err(Ok(WasiError::Exit(code))) => i64::from(code),
            Err(Ok(error)) => return Err(WasiTestError::NoProgram(error.to_string())),
            Err(Err(error)) => {
                return Err(WasiTestError::Trap {
                    error,
                    stdout,
                    stderr,
                });
            }
        };
        same("the exit code", Some(self.exit_code.unwrap_or(0)), code)?;
        same("standard output", self.stdout, stdout.as_str())?;
        same("standard error", self.stderr, stderr.as_str())?;
        Ok(true)
    }

    /// What the program sees, and the folders that are gone with it.
    fn environment(&self, base: &Path) -> Result<(WasiEnv, Vec<TempDir>), WasiTestError> {
        let mut builder = WasiState::new(self.wasm_path);
        builder.args(&self.args).envs(self.envs.iter().copied());
        for (guest, host) in &self.mapped_dirs {
            builder.map_dir(guest, folder(base, host))?;
        }
        for name in &self.preopens {
            builder.map_dir(name, folder(base, name))?;
        }
        let mut temp_dirs = Vec::new();
        for guest in &self.temp_dirs {
            let dir = tempfile::tempdir().map_err(|source| WasiTestError::Io {
                path: std::env::temp_dir(),
                source,
            })?;
            builder.map_dir(guest, dir.path())?;
            temp_dirs.push(dir);
        }
        let mut stdin = Pipe::new();
        stdin
            .write_all(self.stdin.as_bytes())
            .expect("a pipe without a limit takes all");
        let env = builder
            .stdin(Box::new(stdin))
            .stdout(Box::new(Pipe::bounded(MAX_OUTPUT)))
            .stderr(Box::new(Pipe::bounded(MAX_OUTPUT)))
            .finalize()?;
        Ok((env, temp_dirs))
    }
}

/// A folder beside the script, or one level higher.
fn folder(base: &Path, name: &str) -> PathBuf {
    let beside = base.join(name);
    let shared = base.join("..").join(name);
    if !beside.exists() && shared.exists() {
        shared
    } else {
        beside
    }
}

/// What was written to one of the streams.
fn taken<E>(
    env: &WasiEnv,
    stream: impl Fn(&mut WasiState) -> Result<&mut Option<Box<dyn WasiFile>>, E>,
) -> String {
    let mut bytes = Vec::new();
    if let Ok(Some(file)) = stream(&mut env.state()) {
        // A pipe has no errors.
        let _ = file.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Compares, if there is something to compare with.
fn same<T: PartialEq + std::fmt::Debug>(
    what: &'static str,
    expected: Option<T>,
    found: T,
) -> Result<(), WasiTestError> {
    match expected {
        Some(expected) if expected != found => Err(WasiTestError::Differs {
            what,
            expected: format!("{expected:?}"),
            found: format!("{found:?}"),
        }),
        _ => Ok(()),
    }
}

/// The words of the dialect.
mod words {
    wast::custom_keyword!(wasi_test);
    wast::custom_keyword!(envs);
    wast::custom_keyword!(args);
    wast::custom_keyword!(preopens);
    wast::custom_keyword!(map_dirs);
    wast::custom_keyword!(temp_dirs);
    wast::custom_keyword!(stdin);
    wast::custom_keyword!(provide_stdin);
    wast::custom_keyword!(assert_return);
    wast::custom_keyword!(assert_stdout);
    wast::custom_keyword!(assert_stderr);
    wast::custom_keyword!(i64_const = "i64.const");
}

impl<'a> Parse<'a> for WasiTest<'a> {
    fn parse(parser: Parser<'a>) -> parser::Result<Self> {
        parser.parens(|parser| {
            parser.parse::<words::wasi_test>()?;
            let mut test = WasiTest {
                wasm_path: parser.parse()?,
                args: Vec::new(),
                envs: Vec::new(),
                preopens: Vec::new(),
                mapped_dirs: Vec::new(),
                temp_dirs: Vec::new(),
                stdin: "",
                exit_code: None,
                stdout: None,
                stderr: None,
            };
            while !parser.is_empty() {
                parser.parens(|parser| test.parse_list(parser))?;
            }
            Ok(test)
        })
    }
}

impl<'a> WasiTest<'a> {
    /// One of the lists of a test.
    fn parse_list(&mut self, parser: Parser<'a>) -> parser::Result<()> {
        let mut look = parser.lookahead1();
        if look.peek::<words::args>()? {
            parser.parse::<words::args>()?;
            self.args.extend(strings(parser)?);
        } else if look.peek::<words::envs>()? {
            parser.parse::<words::envs>()?;
            self.envs.extend(pairs(parser, '=')?);
        } else if look.peek::<words::preopens>()? {
            parser.parse::<words::preopens>()?;
            self.preopens.extend(strings(parser)?);
        } else if look.peek::<words::map_dirs>()? {
            parser.parse::<words::map_dirs>()?;
            self.mapped_dirs.extend(pairs(parser, ':')?);
        } else if look.peek::<words::temp_dirs>()? {
            parser.parse::<words::temp_dirs>()?;
            self.temp_dirs.extend(strings(parser)?);
        } else if look.peek::<words::stdin>()? {
            parser.parse::<words::stdin>()?;
            self.stdin = parser.parse()?;
        } else if look.peek::<words::provide_stdin>()? {
            parser.parse::<words::provide_stdin>()?;
            self.stdin = parser.parse()?;
        } else if look.peek::<words::assert_return>()? {
            parser.parse::<words::assert_return>()?;
            self.exit_code = Some(parser.parens(|parser| {
                parser.parse::<words::i64_const>()?;
                parser.parse()
            })?);
        } else if look.peek::<words::assert_stdout>()? {
            parser.parse::<words::assert_stdout>()?;
            self.stdout = Some(parser.parse()?);
        } else if look.peek::<words::assert_stderr>()? {
            parser.parse::<words::assert_stderr>()?;
            self.stderr = Some(parser.parse()?);
        } else {
            return Err(look.error());
        }
        Ok(())
    }
}

fn strings<'a>(parser: Parser<'a>) -> parser::Result<Vec<&'a str>> {
    let mut strings = Vec::new();
    while !parser.is_empty() {
        strings.push(parser.parse()?);
    }
    Ok(strings)
}

/// Strings of two parts each.
fn pairs<'a>(parser: Parser<'a>, between: char) -> parser::Result<Vec<(&'a str, &'a str)>> {
    let mut pairs = Vec::new();
    while !parser.is_empty() {
        let span = parser.cur_span();
        let text: &str = parser.parse()?;
        let pair = text.split_once(between).ok_or_else(|| {
            let message = format!("`{text}` must have a `{between}` between its two parts");
            wast::Error::new(span, message)
        })?;
        pairs.push(pair);
    }
    Ok(pairs)
}

/// The tests of a script, if it is one of this dialect.
pub(crate) struct WasiTests<'a>(pub(crate) Vec<(wast::token::Span, WasiTest<'a>)>);

impl WasiTests<'_> {
    /// Whether a script is of this dialect: it begins with such a test.
    pub(crate) fn are_in(text: &str) -> bool {
        use TokenKind::{BlockComment, LineComment, Whitespace};
        let lexer = Lexer::new(text);
        let mut tokens = lexer
            .iter(0)
            .filter_map(Result::ok)
            .filter(|token| !matches!(token.kind, Whitespace | LineComment | BlockComment));
        let mut next = || tokens.next().map(|token| token.src(text));
        next() == Some("(") && next() == Some("wasi_test")
    }
}

impl<'a> Parse<'a> for WasiTests<'a> {
    fn parse(parser: Parser<'a>) -> parser::Result<Self> {
        let mut tests = Vec::new();
        while !parser.is_empty() {
            tests.push((parser.cur_span(), parser.parse()?));
        }
        Ok(Self(tests))
    }
}
