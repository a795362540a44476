//! Where code comes from in its source, told by the DWARF that a module brings in custom sections.
//!
//! ```text
//!   offset in the module ─ start of the code section ─► address ─┬─ units: which one has it
//!                                                                ├─ its line program ─► file, line, column     (search)
//!                                                                └─ its entries ─► the functions around it     (scopes)
//! ```
//!
//! Debug information is a guest's and may be anything: what makes no sense is left out, and nothing of it is an error. It is read
//! from front to back for all places of a trace at once, only when somebody looks, and only as far as a [`meter::Meter`]
//! goes; what is kept meanwhile is what was found. It is never fetched from elsewhere: names of files are only shown.

mod meter;
mod scopes;
mod search;

use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmill_types::ModuleInfo;

/// A place in the source of a module: of a frame, or of a call that the module's own compiler replaced by the callee's code.
///
/// ```
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # let module = wat::parse_file(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/dwarf/guest.wat")).unwrap();
/// # let artifact = engine.compile(&module, &tunables).unwrap();
/// # let runtime = artifact.runtime().unwrap();
/// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
/// # let export = instance.export(runtime.info().exports["stop"]);
/// # let wasmill_vm::VMExtern::Function(stop) = export else { unreachable!() };
/// # let trap = stop.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
/// # let error = RuntimeError::from_early_end(trap);
/// let symbol = &error.trace()[0].symbols()[0];
/// assert_eq!((symbol.name(), symbol.file()), (Some("stop"), Some("/src/guest.c")));
/// assert_eq!((symbol.line(), symbol.column()), (Some(23), Some(5)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameSymbol {
    name: Option<String>,
    place: Place,
}

/// A file, and what is known of where in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

impl FrameSymbol {
    /// The function's name in the source: made readable if it is one of Rust's.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
    /// The source file, as the module's compiler names it.
    pub fn file(&self) -> Option<&str> {
        self.place.file.as_deref()
    }
    /// The line, counted from 1.
    pub fn line(&self) -> Option<u32> {
        self.place.line
    }
    /// The column, counted from 1.
    pub fn column(&self) -> Option<u32> {
        self.place.column
    }
}

impl fmt::Display for FrameSymbol {
    /// `NAME (FILE:LINE:COLUMN)`, as far as it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name(), self.file()) {
            (Some(name), Some(_)) => write!(f, "{name} ({})", self.place),
            (None, Some(_)) => self.place.fmt(f),
            (name, None) => f.write_str(name.unwrap_or("<unnamed>")),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("<unknown>"))?;
        // Without a line, a column means nothing.
        let column = self.line.and(self.column);
        for number in self.line.into_iter().chain(column) {
            write!(f, ":{number}")?;
        }
        Ok(())
    }
}

/// The places of a trace in one module, looked up when somebody asks for the first one.
pub(crate) struct Sources {
    info: Arc<ModuleInfo>,
    /// Offsets in the module.
    offsets: Vec<u32>,
    found: OnceLock<Vec<Vec<FrameSymbol>>>,
}

impl Sources {
    /// Nothing if the module has no debug information.
    pub(crate) fn new(info: Arc<ModuleInfo>, offsets: Vec<u32>) -> Option<Self> {
        let mut names = info.custom_sections.iter().map(|(name, _)| name);
        let has_lines = names.any(|name| name == ".debug_line");
        has_lines.then_some(Self {
            info,
            offsets,
            found: OnceLock::new(),
        })
    }

    /// The symbols of a place, by its position among the offsets; those that the compiler inlined come first.
    pub(crate) fn symbols(&self, nth: usize) -> &[FrameSymbol] {
        let find = || search::find(&self.info, &self.offsets);
        &self.found.get_or_init(find)[nth]
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("found", &self.found.get())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_says_what_is_known() {
        let text = |name: Option<&str>, file: Option<&str>, line, column| {
            let (name, file) = (name.map(str::to_owned), file.map(str::to_owned));
            let place = Place { file, line, column };
            FrameSymbol { name, place }.to_string()
        };
        let file = Some("a.c");
        assert_eq!(text(Some("f"), file, Some(3), Some(7)), "f (a.c:3:7)");
        assert_eq!(text(Some("f"), file, Some(3), None), "f (a.c:3)");
        assert_eq!(text(Some("f"), file, None, Some(7)), "f (a.c)");
        assert_eq!(text(Some("f"), None, None, None), "f");
        assert_eq!(text(None, file, Some(3), Some(7)), "a.c:3:7");
        assert_eq!(text(None, None, None, None), "<unnamed>");
    }
}
