//! What running a script can end with: places in the script, and why they failed.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use wasmill::{CompileError, InstantiationError, LinkError, RuntimeError};
use wast::token::Span;

/// A script could not be run to its end, or something it asserts does not hold.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wast::{Wast, WastError};
/// let mut script = Wast::new_with_spectest(Store::default());
/// match script.run_buffer("wrong.wast", b"(module)\n(assert_return (invoke \"f\"))") {
///     Err(WastError::Directives(failed)) => assert_eq!(failed.errors[0].line, 2),
///     other => panic!("there is no `f`: {other:?}"),
/// }
/// ```
#[derive(Debug, Error)]
pub enum WastError {
    /// The script's file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The script is malformed, or directives failed.
    #[error(transparent)]
    Directives(#[from] DirectiveErrors),
}

/// The directives of one script that failed.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wast::{Wast, WastError};
/// let mut script = Wast::new_with_spectest(Store::default());
/// script.fail_fast = false;
/// let wrong = b"(module)\n(assert_return (invoke \"f\"))\n(assert_return (invoke \"g\"))";
/// let Err(WastError::Directives(failed)) = script.run_buffer("wrong.wast", wrong) else {
///     panic!("two directives fail");
/// };
/// assert_eq!((failed.filename.as_str(), failed.errors.len()), ("wrong.wast", 2));
/// ```
#[derive(Debug)]
pub struct DirectiveErrors {
    /// The script.
    pub filename: String,
    /// What failed, in the order of the script. Never empty.
    pub errors: Vec<DirectiveError>,
}

/// A directive that failed.
///
/// ```
/// # use wasmill_wast::DirectiveError;
/// let error = DirectiveError { line: 2, col: 1, message: "no such function".to_owned() };
/// assert_eq!((error.line, error.col), (2, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectiveError {
    /// Its line in the script, counted from one.
    pub line: usize,
    /// Its column, counted from one.
    pub col: usize,
    /// What is wrong.
    pub message: String,
}

impl DirectiveError {
    pub(crate) fn new(span: Span, text: &str, message: String) -> Self {
        let (line, column) = span.linecol_in(text);
        Self {
            line: line + 1,
            col: column + 1,
            message,
        }
    }
}

impl fmt::Display for DirectiveErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.errors.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            let DirectiveError { line, col, message } = error;
            write!(f, "{}:{line}:{col}: {message}", self.filename)?;
        }
        Ok(())
    }
}

impl std::error::Error for DirectiveErrors {}

/// Why an action of a directive did not succeed. Assertions look at which kind it is.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// A module's text is malformed.
    #[error("malformed text: {}", .0.message())]
    Text(#[from] wast::Error),
    /// A module could not be compiled.
    #[error("{0}")]
    Compile(#[from] CompileError),
    /// A module could not be linked.
    #[error("{0}")]
    Link(Box<LinkError>),
    /// A segment does not fit, by the rules of WebAssembly 1.0: nothing was written.
    #[error("{0}")]
    LinkTrap(RuntimeError),
    /// Code, or the initialisation of an instance, trapped.
    #[error("{0}")]
    Trap(#[from] RuntimeError),
    /// The script asks for what is not there, or asserts what does not hold.
    #[error("{0}")]
    Script(String),
}

impl From<InstantiationError> for Failure {
    fn from(error: InstantiationError) -> Self {
        match error {
            InstantiationError::Link(LinkError::Trap(error)) => Self::LinkTrap(error),
            InstantiationError::Link(error) => Self::Link(Box::new(error)),
            InstantiationError::Start(error) => Self::Trap(error),
            other => Self::Script(other.to_string()),
        }
    }
}

/// The failure of a script that asks for what is not there.
pub(crate) fn script(message: impl Into<String>) -> Failure {
    Failure::Script(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_places() {
        let text = "(module)\n  (bad)";
        let error = |offset, message: &str| {
            DirectiveError::new(Span::from_offset(offset), text, message.into())
        };
        let errors = DirectiveErrors {
            filename: "a.wast".into(),
            errors: vec![error(0, "first"), error(11, "second")],
        };
        assert_eq!(
            WastError::from(errors).to_string(),
            "a.wast:1:1: first\na.wast:2:3: second"
        );
    }
}
