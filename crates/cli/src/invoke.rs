//! Calls an exported function with arguments that are words (`values.rs`), and prints its results.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use wasmill::{ExportError, Extern, Function, Instance, Val};

use crate::similar;
use crate::values::{self, Shape};

/// How many functions are suggested in place of one that is not there.
const SUGGESTIONS: usize = 3;

/// How many exports are named where none can be called.
const EXPORTS: usize = 5;

/// A call of an exported function, as words.
pub(crate) struct Call<'a> {
    /// The module's file.
    pub(crate) file: &'a Path,
    /// The function.
    pub(crate) name: &'a str,
    /// Its arguments.
    pub(crate) args: &'a [OsString],
}

impl Call<'_> {
    /// Calls the function, and prints the results, joined by a space.
    pub(crate) fn invoke(&self, instance: &Instance, shape: Shape) -> Result<()> {
        let function = self.find(instance)?;
        let values = self.values(function, instance)?;
        let results = function.call(&values)?;
        if !results.is_empty() {
            let exports = &instance.exports;
            let words = results
                .iter()
                .map(|value| values::print(value, shape, exports));
            let line = words.collect::<Vec<_>>().join(" ");
            writeln!(std::io::stdout(), "{line}").context("cannot print the results")?;
        }
        Ok(())
    }

    /// The exported function; if there is none, the error says what there is.
    pub(crate) fn find<'i>(&self, instance: &'i Instance) -> Result<&'i Function> {
        let name = self.name.escape_debug();
        let problem = match instance.exports.get_function(self.name) {
            Ok(function) => return Ok(function),
            Err(ExportError::Missing(_)) => format!("No export `{name}` found in the module."),
            Err(ExportError::IncompatibleType) => {
                format!("Export `{name}` found, but is not a function.")
            }
        };
        Err(anyhow!("{problem}\n{}", self.suggestion(instance)))
    }

    fn suggestion(&self, instance: &Instance) -> String {
        let functions = instance.exports.iter().functions();
        let mut names = similar::sorted(self.name, functions.map(|(name, _)| name.as_str()));
        let Some(first) = names.first() else {
            return self.without_functions(instance);
        };
        let mut command = format!(
            "wasmill {} -i {}",
            self.file.display(),
            first.escape_debug()
        );
        for arg in self.args {
            command += &format!(" {}", arg.display());
        }
        names.truncate(SUGGESTIONS);
        format!(
            "Similar functions found: {}.\nTry with: {command}",
            similar::quoted(&names)
        )
    }

    fn without_functions(&self, instance: &Instance) -> String {
        let exports = instance.exports.iter();
        let mut names: Vec<String> = exports
            .map(|(name, export)| described(name, export))
            .collect();
        if names.is_empty() {
            return "The module exports nothing, so nothing of it can be called. A program exports `_start`: was it linked as one?"
                .to_owned();
        }
        let more = if names.len() > EXPORTS { ", …" } else { "" };
        names.truncate(EXPORTS);
        format!(
            "The module exports no functions to call, but {}{more}.\nTry with: wasmill inspect {}",
            names.join(", "),
            self.file.display()
        )
    }

    /// The arguments as values of the function's parameters.
    fn values(&self, function: &Function, instance: &Instance) -> Result<Vec<Val>> {
        let params = function.ty().params();
        let words = self
            .args
            .iter()
            .map(|arg| arg.to_string_lossy().into_owned());
        let words: Vec<String> = words.collect();
        if params.len() != words.len() {
            bail!(
                "Function expected {} arguments, but received {}: \"{}\"",
                params.len(),
                words.len(),
                words.join(" ")
            );
        }
        let mut values = Vec::with_capacity(words.len());
        for (&ty, word) in params.iter().zip(&words) {
            let value = values::parse(ty, word, &instance.exports).with_context(|| {
                let (word, name) = (word.escape_debug(), ty.to_string().to_lowercase());
                let examples = values::examples(ty);
                format!("Can't convert `{word}` into a {name}\n{examples}")
            });
            values.push(value?);
        }
        Ok(values)
    }
}

fn described(name: &str, export: &Extern) -> String {
    let kind = match export {
        Extern::Function(_) => "function",
        Extern::Global(_) => "global",
        Extern::Table(_) => "table",
        Extern::Memory(_) => "memory",
    };
    format!("{kind} `{}`", name.escape_debug())
}
