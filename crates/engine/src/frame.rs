//! One WebAssembly frame of a stack trace, and the texts made from it.

use crate::source::{FrameSymbol, Sources};
use std::fmt;
use std::sync::Arc;

/// Where a function was when the trace was taken.
///
/// ```
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
/// # let engine = Universal::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
/// # let artifact = engine.compile(&module, &tunables).unwrap();
/// # let runtime = artifact.runtime().unwrap();
/// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
/// # let export = instance.export(runtime.info().exports["fail"]);
/// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
/// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
/// # let error = RuntimeError::from_early_end(trap);
/// let frame = &error.trace()[0];
/// assert_eq!((frame.module_name(), frame.function_name()), ("calculator", Some("fail")));
/// assert!(frame.to_string().starts_with("fail (calculator[0]:0x"));
/// ```
#[derive(Clone, Debug)]
pub struct FrameInfo {
    module_name: String,
    func_index: u32,
    function_name: Option<String>,
    func_start: u32,
    module_offset: u32,
    /// What knows the source, and the frame's position there.
    sources: Option<(Arc<Sources>, usize)>,
}

impl FrameInfo {
    pub(crate) fn new(
        module_name: String,
        func_index: u32,
        function_name: Option<String>,
        func_start: u32,
        module_offset: u32,
    ) -> Self {
        Self {
            module_name,
            func_index,
            function_name,
            func_start,
            module_offset,
            sources: None,
        }
    }

    /// Tells where to look for the places in the source.
    pub(crate) fn set_sources(&mut self, sources: &Arc<Sources>, nth: usize) {
        self.sources = Some((sources.clone(), nth));
    }

    /// The function's index in its module, imported functions counted.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// assert_eq!(error.trace()[0].func_index(), 0);
    /// ```
    pub fn func_index(&self) -> u32 {
        self.func_index
    }
    /// The module's name, or `<module>` if it has none.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// assert_eq!(error.trace()[0].module_name(), "calculator");
    /// ```
    pub fn module_name(&self) -> &str {
        &self.module_name
    }
    /// The function's name from the name section, as written there.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// assert_eq!(error.trace()[0].function_name(), Some("fail"));
    /// ```
    pub fn function_name(&self) -> Option<&str> {
        self.function_name.as_deref()
    }
    /// The operator's offset in the original module, in bytes.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// assert_eq!(module[error.trace()[0].module_offset()], 0x00, "the code of `unreachable`");
    /// ```
    pub fn module_offset(&self) -> usize {
        self.module_offset as usize
    }
    /// The operator's offset in the function's body, in bytes.
    ///
    /// ```
    /// # use wasmill_compiler_cranelift::Cranelift;
    /// # use wasmill_engine::{BaseTunables, Engine, NullResolver, Resources, RuntimeError, Universal, instantiate};
    /// # let engine = Universal::new(Cranelift::default()).engine();
    /// # let tunables = BaseTunables::for_target(engine.target());
    /// # let module = wat::parse_str("(module $calculator (func $fail (export \"fail\") unreachable))").unwrap();
    /// # let artifact = engine.compile(&module, &tunables).unwrap();
    /// # let runtime = artifact.runtime().unwrap();
    /// # let instance = instantiate(runtime, &NullResolver, Resources::default(), &mut |import| import.into()).unwrap();
    /// # let export = instance.export(runtime.info().exports["fail"]);
    /// # let wasmill_vm::VMExtern::Function(fail) = export else { unreachable!() };
    /// # let trap = fail.callee().call::<wasmill_vm::VMFunction>(&[], Clone::clone, |function| function).unwrap_err();
    /// # let error = RuntimeError::from_early_end(trap);
    /// let frame = &error.trace()[0];
    /// assert!(frame.func_offset() < frame.module_offset());
    /// ```
    pub fn func_offset(&self) -> usize {
        self.module_offset.saturating_sub(self.func_start) as usize
    }
    /// The places in the source, if the module has debug information (DWARF, in custom sections): the function's own comes last; before
    /// it, innermost first, come those of functions that the module's compiler put in the place of calls. Empty if nothing is
    /// known.
    ///
    /// They are looked up for the whole trace when the first frame is asked for them, which takes some milliseconds, and at most some
    /// tenths of a second, after which what is left has no symbols. What a guest says of itself need not be true.
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
    /// let symbols = error.trace()[0].symbols();
    /// assert_eq!(symbols.len(), 1, "nothing was inlined there");
    /// assert_eq!(symbols[0].to_string(), "stop (/src/guest.c:23:5)");
    /// ```
    pub fn symbols(&self) -> &[FrameSymbol] {
        let sources = self.sources.as_ref();
        sources.map_or(&[], |(sources, nth)| sources.symbols(*nth))
    }
}

impl fmt::Display for FrameInfo {
    /// `NAME (MODULE[INDEX]:0xOFFSET)`, with names of Rust functions made readable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function_name {
            Some(name) => write!(f, "{}", rustc_demangle::demangle(name))?,
            None => f.write_str("<unnamed>")?,
        }
        let Self {
            module_name,
            func_index,
            module_offset,
            ..
        } = self;
        write!(f, " ({module_name}[{func_index}]:0x{module_offset:x})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_and_without_names() {
        let frame = FrameInfo::new("<module>".into(), 3, None, 0x100, 0x12f);
        assert_eq!(frame.to_string(), "<unnamed> (<module>[3]:0x12f)");
        assert_eq!((frame.module_offset(), frame.func_offset()), (0x12f, 0x2f));
        let mangled = "_ZN4core9panicking5panic17h0123456789abcdefE";
        let frame = FrameInfo::new("m".into(), 0, Some(mangled.into()), 0, 16);
        assert!(frame.to_string().starts_with("core::panicking::panic"));
        assert!(frame.to_string().ends_with(" (m[0]:0x10)"));
        assert_eq!(frame.function_name(), Some(mangled));
    }

    #[test]
    fn offsets_before_the_body_do_not_wrap() {
        assert_eq!(
            FrameInfo::new(String::new(), 0, None, 9, 4).func_offset(),
            0
        );
    }
}
