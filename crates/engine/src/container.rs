//! The forms that compiled modules have, and the names of what makes and holds them.
//!
//! Universal, Native and Staticlib differ in what is around an image, and in who maps it: [`Form`] is looked at where that matters,
//! and nowhere else.

use crate::{DeserializeError, EngineBuilder, ModuleArtifact, ModuleEngine};
use target_lexicon::{OperatingSystem, Triple};

/// Builds a [`UniversalEngine`].
pub type Universal = EngineBuilder<InMemory>;
/// An engine that maps code into this process by itself.
pub type UniversalEngine = ModuleEngine<InMemory>;
/// The artifact of the Universal engine: code mapped into this process.
pub type UniversalArtifact = ModuleArtifact<InMemory>;

/// Builds a [`NativeEngine`].
///
/// ```
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{BaseTunables, Engine, Native, NativeArtifact};
/// let engine = Native::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// let artifact = engine.compile(b"\0asm\x01\0\0\0", &tunables).unwrap();
/// let bytes = artifact.serialize().unwrap();
/// assert!(bytes.starts_with(b"\x7fELF"));
/// assert!(NativeArtifact::is_deserializable(&bytes));
/// ```
pub type Native = EngineBuilder<InSharedObject>;
/// An engine whose modules are shared objects, loaded as the system loads libraries: debuggers and profilers know what is in them.
pub type NativeEngine = ModuleEngine<InSharedObject>;
/// The artifact of the Native engine: a shared object.
pub type NativeArtifact = ModuleArtifact<InSharedObject>;

/// The other name of [`Native`].
pub type Dylib = Native;
/// The other name of [`NativeEngine`].
pub type DylibEngine = NativeEngine;
/// The other name of [`NativeArtifact`].
pub type DylibArtifact = NativeArtifact;

/// Builds a [`StaticlibEngine`].
///
/// ```
/// # use wasmill_compiler_cranelift::Cranelift;
/// # use wasmill_engine::{BaseTunables, Engine, Staticlib, StaticlibArtifact};
/// let engine = Staticlib::new(Cranelift::default()).engine();
/// # let tunables = BaseTunables::for_target(engine.target());
/// let artifact = engine.compile(b"\0asm\x01\0\0\0", &tunables).unwrap();
/// let object = artifact.serialize().unwrap();
/// assert!(StaticlibArtifact::is_deserializable(&object));
/// // SAFETY: just made.
/// let loaded = unsafe { engine.deserialize(&object) }.unwrap();
/// assert_eq!(loaded.code(), artifact.code());
/// ```
pub type Staticlib = EngineBuilder<InStaticObject>;
/// An engine whose modules are object files, to be linked into programs: see [`StaticlibArtifact::linked`] and
/// [`StaticlibArtifact::c_header`].
pub type StaticlibEngine = ModuleEngine<InStaticObject>;
/// The artifact of the Staticlib engine: an object file.
pub type StaticlibArtifact = ModuleArtifact<InStaticObject>;

/// A form that compiled modules have: one of the types here.
///
/// ```
/// # use wasmill_engine::{Container, Form, InMemory, InSharedObject};
/// assert_eq!(InMemory::FORM, Form::Universal);
/// assert_eq!(InSharedObject::FORM, Form::Native);
/// ```
pub trait Container: sealed::Sealed + Send + Sync + 'static {
    /// Which one.
    const FORM: Form;
}

/// An image of code that is mapped as it is.
#[derive(Debug)]
pub enum InMemory {}

/// The same image in a shared object.
#[derive(Debug)]
pub enum InSharedObject {}

/// The same image in an object file for linkers.
#[derive(Debug)]
pub enum InStaticObject {}

/// A form in which functions have symbols.
///
/// ```
/// # use wasmill_engine::{Form, InSharedObject, WithSymbols};
/// fn form<C: WithSymbols>() -> Form {
///     C::FORM
/// }
/// assert_eq!(form::<InSharedObject>(), Form::Native);
/// ```
pub trait WithSymbols: Container {}
impl WithSymbols for InSharedObject {}
impl WithSymbols for InStaticObject {}

impl Container for InMemory {
    const FORM: Form = Form::Universal;
}

impl Container for InSharedObject {
    const FORM: Form = Form::Native;
}

impl Container for InStaticObject {
    const FORM: Form = Form::Static;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::InMemory {}
    impl Sealed for super::InSharedObject {}
    impl Sealed for super::InStaticObject {}
}

/// A form that compiled modules have, as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Of the Universal engine.
    Universal,
    /// Of the Native engine.
    Native,
    /// Of the Staticlib engine.
    Static,
}

/// How files start that some system has for native code: ELF of 32 and 64 bits, Mach-O of 64 bits, Windows.
const NATIVE: [&[u8]; 4] = [
    b"\x7fELF\x01",
    b"\x7fELF\x02",
    &[0xcf, 0xfa, 0xed, 0xfe],
    b"MZ",
];

impl Form {
    /// The engine, as messages name it.
    pub(crate) fn engine(self) -> &'static str {
        match self {
            Self::Universal => "UniversalEngine",
            Self::Native => "`DylibEngine`",
            Self::Static => "`StaticlibEngine`",
        }
    }

    /// The type of the artifact.
    pub(crate) fn artifact(self) -> &'static str {
        match self {
            Self::Universal => "UniversalArtifact",
            Self::Native => "DylibArtifact",
            Self::Static => "StaticlibArtifact",
        }
    }

    /// Whether bytes start like an artifact.
    pub(crate) fn starts(self, bytes: &[u8]) -> bool {
        match self {
            Self::Universal => bytes.starts_with(crate::serialized::MAGIC),
            _ => NATIVE.iter().any(|start| bytes.starts_with(start)),
        }
    }

    /// The error for bytes that start otherwise.
    pub(crate) fn not_ours(self) -> DeserializeError {
        let text = match self {
            Self::Universal => "The provided bytes are not wasmill-universal",
            _ => "The provided bytes are not in any native format Wasmill can understand",
        };
        DeserializeError::Incompatible(text.to_owned())
    }

    /// How files are usually called.
    pub(crate) fn extension(self, triple: &Triple) -> &'static str {
        match (self, triple.operating_system) {
            (Self::Universal, _) => "wasmu",
            (Self::Static, OperatingSystem::Windows) => "obj",
            (Self::Static, _) => "o",
            (Self::Native, OperatingSystem::Windows) => "dll",
            (
                Self::Native,
                OperatingSystem::Darwin(_) | OperatingSystem::IOS(_) | OperatingSystem::MacOSX(_),
            ) => "dylib",
            (Self::Native, _) => "so",
        }
    }
}
