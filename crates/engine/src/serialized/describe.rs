//! What an artifact says of itself: read without anything of it being mapped or run, whoever made it and whatever machine it is for.

use super::description::{self, Described};
use super::settings::{self, Made};
use super::{
    Aligned, Header, Section, Sections, check, check_contents, corrupted, shared_object,
    static_object,
};
use crate::{DeserializeError, Form};
use std::ops::Range;
use std::sync::Arc;
use wasmill_types::{ModuleInfo, SharedBytes};

/// What an artifact says of itself. Its code is looked at as bytes only, so that artifacts of strangers can be described, and those
/// for other machines.
///
/// ```
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{ArtifactDescription, BaseTunables, Engine, Form, Native};
/// # let engine = Native::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// # let module = wat::parse_str(r#"(module (func (export "f")))"#).unwrap();
/// let bytes = engine.compile(&module, &tunables).unwrap().serialize().unwrap();
/// let description = ArtifactDescription::read(&bytes).unwrap();
/// assert_eq!(description.form, Form::Native);
/// assert!(description.compiler.starts_with("cranelift"));
/// assert!(description.info.exports.contains_key("f"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ArtifactDescription {
    /// The engine that it is for.
    pub form: Form,
    /// What the module declares.
    pub info: ModuleInfo,
    /// The compiler that made its code.
    pub compiler: String,
    /// The machine that its code is for.
    pub triple: String,
    /// What the processor must be able to do.
    pub cpu_features: Vec<String>,
    /// Bytes of code.
    pub code: usize,
}

impl ArtifactDescription {
    /// Reads it from the bytes of an artifact.
    ///
    /// # Errors
    ///
    /// - [`DeserializeError::Incompatible`] if this is no artifact, or one of another version;
    /// - [`DeserializeError::CorruptedBinary`] if it is damaged.
    pub fn read(bytes: &[u8]) -> Result<Self, DeserializeError> {
        let (form, place) = find(bytes)?;
        let artifact = bytes
            .get(place)
            .ok_or_else(|| corrupted("it goes on behind the end of its file"))?;
        let header = Header::read(artifact)?;
        header.check_code(artifact)?;
        let code = header.layout.code.clone();
        let head = SharedBytes::new(Arc::new(Aligned::copy(&artifact[..code.start])));
        let sections = Sections::new(&head, &header);
        sections.check(true)?;
        let made = settings::made(&sections.get(Section::Settings))?;
        let described = description::read(&sections)?;
        check::check(&described).map_err(corrupted)?;
        check_contents(&described.info).map_err(corrupted)?;
        Ok(Self::new(form, made, described, code.len()))
    }

    fn new(form: Form, made: Made, described: Described, code: usize) -> Self {
        Self {
            form,
            info: described.info,
            compiler: made.compiler,
            triple: made.triple,
            cpu_features: made.cpu_features,
            code,
        }
    }
}

/// Where in a file the artifact is.
fn find(bytes: &[u8]) -> Result<(Form, Range<usize>), DeserializeError> {
    if !Form::Native.starts(bytes) {
        return Ok((Form::Universal, 0..bytes.len()));
    }
    // The kind of ELF file: one that is to be linked.
    match bytes.get(16..18) {
        Some([1, 0]) => Ok((Form::Static, static_object::find(bytes)?)),
        _ => Ok((Form::Native, shared_object::find(bytes)?)),
    }
}
