//! Artifacts as bytes: one image that can be executed where it lies.
//!
//! ```text
//!   ┌────────┬──────────┬─────────────┬───────────────────────────────┬─────────────────────────────────────┬─ page ─┐
//!   │ header │ settings │ description │ types and places of functions │ other tables, segments, data, names │ code   │
//!   └────────┴──────────┴─────────────┴───────────────────────────────┴─────────────────────────────────────┴────────┘
//!    lengths,  target,    decoded:       read in place                   not read before they are needed       mapped
//!    checksums compiler   ModuleInfo                                                                           executable
//! ```
//!
//! - `header`: the fixed part. `seal`: checksums that wait. `settings`: what it was made for. `description`: what the module
//!   declares. `check`: whether that makes sense. `describe`: the same of any artifact, without loading it. `file`: writing and mapping. `shared_object`: the same as the Native engine has it;
//!   `static_object`: as linkers take it.
//!
//! There are two ways to load. The *checked* one verifies a checksum over everything first. The *mapped* one is for artifacts of any
//! size: what is read for loading is verified then, a small part; of the rest, each section is verified before it is used
//! (`Seal`), and the code is not. If all but the code is small, it is verified at once all the same. On both ways what is decoded is
//! checked; loading never looks at single functions, but for a scan of the ranges of their code.
//!
//! The bytes depend on nothing but the module, the settings and the version: the same ones give the same bytes, and a
//! loaded artifact serializes to what it was loaded from. Hosts are little-endian and have 64 bits.

mod check;
mod describe;
mod description;
mod file;
mod header;
mod seal;
mod settings;
mod shared_object;
mod static_object;

use crate::artifact::{Code, Compiled, PublishedCode};
use crate::link::resolve_absolute;
use crate::metadata::{CodeMap, TABLES};
use crate::{AbsoluteAddress, DeserializeError, Form, SerializeError, VERSION};
use description::Described;
use header::{Header, SECTIONS};
use seal::Seal;
use std::borrow::Cow;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::Arc;
use wasmill_abi::ContextLayout;
use wasmill_compiler::CompileError;
#[cfg(feature = "compiler")]
use wasmill_compiler::Target;
use wasmill_types::{ModuleInfo, Seal as _, SharedBytes};
use wasmill_vm::{CodeMemory, MappedFile, SharedObject, WritableCode};

pub(crate) use check::check_contents;
pub use describe::ArtifactDescription;
pub(crate) use header::MAGIC;
pub(crate) use settings::Origin;
pub(crate) use shared_object::debug_file;

/// What every artifact says of the program that made it. Only programs of which this is the same load each other's.
///
/// ```
/// assert!(wasmill_engine::artifact_build().starts_with(wasmill_engine::VERSION));
/// ```
pub fn artifact_build() -> String {
    format!("{VERSION} {} {:016x}", header::FORMAT, settings::abi())
}

#[cfg(not(all(target_endian = "little", target_pointer_width = "64")))]
compile_error!("artifacts are read in place, which little-endian machines with 64 bits can do");

/// What lies between the header and the code, in this order.
#[derive(Clone, Copy)]
enum Section {
    Settings,
    Description,
    FunctionTypes,
    Escaping,
    /// The tables of [`CodeMap::tables`], which start with those that say where functions are.
    FirstTable,
    ElementSegments = Self::FirstTable as isize + TABLES as isize,
    DataSegments,
    Data,
    Custom,
    NamedFunctions,
    NameEnds,
    NameText,
}

const _: () = assert!(Section::NameText as usize + 1 == SECTIONS);

/// The sections that loading reads: those before the third table. The others wait until they are needed …
const READ: usize = Section::FirstTable as usize + 2;
/// … unless they have no more bytes than this together, which takes a fraction of a millisecond.
const AT_ONCE: usize = 2 << 20;

/// The sections of an artifact.
struct Sections {
    sections: [SharedBytes; SECTIONS],
    seals: [Arc<Seal>; SECTIONS],
}

impl Sections {
    /// The sections in the head of an artifact, for which its header was found right.
    fn new(head: &SharedBytes, header: &Header) -> Self {
        let layout = &header.layout;
        let slice = |range| head.slice(range).expect("checked against the size");
        let seals = std::array::from_fn(|nth| {
            let filled = slice(layout.filled(nth));
            Arc::new(Seal::new(filled, header.checksums[nth]))
        });
        Self {
            sections: std::array::from_fn(|nth| {
                slice(layout.sections[nth].clone()).sealed(Arc::clone(&seals[nth]) as _)
            }),
            seals,
        }
    }

    fn get(&self, section: Section) -> SharedBytes {
        self.sections[section as usize].clone()
    }

    fn tables(&self) -> [SharedBytes; TABLES] {
        let first = Section::FirstTable as usize;
        std::array::from_fn(|nth| self.sections[first + nth].clone())
    }

    /// Checks what loading reads, and with `whole` the rest. Whether it has checked the rest.
    fn check(&self, whole: bool) -> Result<bool, DeserializeError> {
        let (read, others) = self.seals.split_at(READ);
        let length: usize = self.sections[READ..].iter().map(|s| s.len()).sum();
        let others = match whole || length <= AT_ONCE {
            true => others,
            false => &[],
        };
        match read.iter().chain(others).all(|seal| seal.is_whole()) {
            true => Ok(!others.is_empty()),
            false => Err(corrupted("the checksum of its description does not match")),
        }
    }
}

fn corrupted(text: impl Into<String>) -> DeserializeError {
    DeserializeError::CorruptedBinary(text.into())
}

/// Decodes a whole section.
fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DeserializeError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(corrupted("its description goes on behind its end")),
        Err(error) => Err(corrupted(format!(
            "its description cannot be decoded: {error}"
        ))),
    }
}

/// Serializes a module: everything before the code, the code, and what fills its last page.
fn parts<'a>(
    info: &ModuleInfo,
    compiled: &'a Compiled,
) -> Result<[Cow<'a, [u8]>; 3], SerializeError> {
    if !are_whole(info, compiled) {
        let text = "it was loaded from a file that is damaged".to_owned();
        return Err(SerializeError::Generic(text));
    }
    let settings = settings::write(&compiled.target, &compiled.features, &compiled.origin);
    let written = description::write(
        info,
        &compiled.memory_styles,
        &compiled.table_styles,
        &compiled.absolute,
    );
    let mut sections = [&[][..]; SECTIONS];
    for (section, bytes) in [
        (Section::Settings, &*settings),
        (Section::Description, &*written.description),
        (Section::FunctionTypes, &*written.function_types),
        (Section::Escaping, &*written.escaping),
        (Section::ElementSegments, &*written.element_segments),
        (Section::DataSegments, &*written.data_segments),
        (Section::Data, &*written.data),
        (Section::Custom, &*written.custom),
        (Section::NamedFunctions, &*written.names.functions),
        (Section::NameEnds, &*written.names.ends),
        (Section::NameText, &*written.names.text),
    ] {
        sections[section as usize] = bytes;
    }
    sections[Section::FirstTable as usize..][..TABLES].copy_from_slice(&compiled.map.tables());
    let code = code_at_no_address(compiled);
    let alignment = page_size(compiled);
    let fill = code.len().next_multiple_of(alignment) - code.len();
    let fill = vec![crate::padding_byte(compiled.target.triple().architecture); fill];
    let head = header::write(&sections, &[&code, &fill], alignment as u64);
    let head =
        head.ok_or_else(|| SerializeError::Generic("the artifact is too large".to_owned()))?;
    Ok([head.into(), code, fill.into()])
}

/// Whether everything that was not verified when it was loaded is what was written.
fn are_whole(info: &ModuleInfo, compiled: &Compiled) -> bool {
    info.data.are_whole()
        && info.element_segments.is_sound()
        && info.data_segments.is_sound()
        && info
            .custom_sections_data
            .values()
            .all(SharedBytes::are_whole)
        && info.function_names.are_whole()
        && compiled.map.is_whole()
}

/// The code without what depends on where it lies.
fn code_at_no_address(compiled: &Compiled) -> Cow<'_, [u8]> {
    let mut code = Cow::Borrowed(compiled.code.as_slice());
    for word in &compiled.absolute {
        let at = word.offset as usize;
        code.to_mut()[at..at + 8].fill(0);
    }
    code
}

/// The largest pages that systems of the target have: the code must start with one to be mapped.
fn page_size(compiled: &Compiled) -> usize {
    match compiled.target.triple().architecture {
        target_lexicon::Architecture::X86_64 => 0x1000,
        _ => 0x1_0000,
    }
}

/// Checks that there can be artifacts for a target, with this prefix of their symbols.
#[cfg(feature = "compiler")]
pub(crate) fn check_target(form: Form, target: &Target, prefix: &str) -> Result<(), CompileError> {
    match form {
        Form::Universal => Ok(()),
        Form::Native => shared_object::check(target, prefix),
        Form::Static => static_object::check(target, prefix),
    }
}

/// Serializes into memory.
pub(crate) fn to_bytes(
    form: Form,
    info: &ModuleInfo,
    compiled: &Compiled,
) -> Result<Vec<u8>, SerializeError> {
    let parts = parts(info, compiled)?;
    match form {
        Form::Universal => Ok(parts.concat()),
        Form::Native => Ok(shared_object::write(compiled, &parts)?.0),
        Form::Static => static_object::write(compiled, &parts),
    }
}

/// Serializes into a file, which appears when it is complete.
pub(crate) fn to_file(
    form: Form,
    info: &ModuleInfo,
    compiled: &Compiled,
    path: &Path,
) -> Result<(), SerializeError> {
    match form {
        Form::Universal => {
            let parts = parts(info, compiled)?;
            Ok(file::write(path, &[&parts[0], &parts[1], &parts[2]])?)
        }
        _ => Ok(file::write(path, &[&to_bytes(form, info, compiled)?])?),
    }
}

/// Bytes of what comes before the code.
pub(crate) fn metadata_length(
    info: &ModuleInfo,
    compiled: &Compiled,
) -> Result<usize, SerializeError> {
    Ok(parts(info, compiled)?[0].len())
}

/// Loads what was just compiled, as a shared object.
#[cfg(feature = "compiler")]
pub(crate) fn load_object(
    info: &ModuleInfo,
    compiled: &Compiled,
) -> Result<CodeMemory, CompileError> {
    let unwritable = |error: SerializeError| CompileError::Resource(error.to_string());
    let parts = parts(info, compiled).map_err(unwritable)?;
    let (bytes, place) = shared_object::write(compiled, &parts).map_err(unwritable)?;
    #[allow(unsafe_code, reason = "what was compiled becomes executable")]
    // SAFETY: we have written it, into a file that nobody can change.
    let load = |file| unsafe { shared_object::load(file, &bytes, &place) };
    let code = SharedObject::file(&bytes).and_then(load);
    code.map_err(|error| CompileError::Resource(format!("memory for code: {error}")))
}

/// A loaded module.
pub(crate) type Loaded = (Arc<ModuleInfo>, Compiled);

/// Loads from bytes, on the checked way. They are copied.
pub(crate) fn from_bytes(form: Form, bytes: &[u8]) -> Result<Loaded, DeserializeError> {
    if !form.starts(bytes) {
        return Err(form.not_ours());
    }
    if form == Form::Native {
        let file = SharedObject::file(bytes)?;
        #[allow(unsafe_code, reason = "as for any file")]
        // SAFETY: nobody can change the file.
        return unsafe { from_open_file(form, file, None, true) };
    }
    let bytes = match form {
        Form::Static => &bytes[static_object::find(bytes)?],
        _ => bytes,
    };
    let header = Header::read(bytes)?;
    header.check_code(bytes)?;
    let code = header.layout.code.clone();
    let head = SharedBytes::new(Arc::new(Aligned::copy(&bytes[..code.start])));
    let code = CodeSource::Bytes(&bytes[code]);
    load(&Sections::new(&head, &header), code, true)
}

/// Loads from a file that stays mapped, or from a part of it, on the checked way (`whole`) or the mapped one.
///
/// # Safety
///
/// As long as anything of it is in use, nobody changes the file's contents or makes it shorter.
#[allow(unsafe_code, reason = "the promise is the caller's")]
pub(crate) unsafe fn from_file(
    form: Form,
    path: &Path,
    part: Option<Range<usize>>,
    whole: bool,
) -> Result<Loaded, DeserializeError> {
    let file = file::open(path)?.ok_or_else(|| form.not_ours())?;
    // SAFETY: as the caller promises.
    unsafe { from_open_file(form, file, part, whole) }
}

/// # Safety
///
/// As for [`from_file`].
#[allow(unsafe_code, reason = "the promise is the caller's")]
unsafe fn from_open_file(
    form: Form,
    file: File,
    part: Option<Range<usize>>,
    whole: bool,
) -> Result<Loaded, DeserializeError> {
    // SAFETY: as the caller promises.
    let mapped = Arc::new(unsafe { MappedFile::new(&file) }?);
    let all = SharedBytes::new(mapped.clone());
    let artifact = match form {
        Form::Universal => part.unwrap_or(0..all.len()),
        Form::Native => shared_object::find(&all)?,
        Form::Static => static_object::find(&all)?,
    };
    let head = all.slice(artifact.clone());
    let head = head.ok_or_else(|| corrupted("it goes on behind the end of its file"))?;
    let header = Header::read(&head)?;
    if whole {
        header.check_code(&head)?;
    }
    let code = &header.layout.code;
    let code = artifact.start + code.start..artifact.start + code.end;
    let code = match form {
        Form::Universal | Form::Static => CodeSource::File(&mapped, code),
        Form::Native => CodeSource::Object(file, &mapped, shared_object::Place { artifact, code }),
    };
    load(&Sections::new(&head, &header), code, whole)
}

/// Loads what is linked into this program.
///
/// # Safety
///
/// `metadata` and `code` are the parts of an artifact, as a linker has put them into this program: readable, the code executable as
/// well, and nobody writes to them. Nobody else uses the code as long as the module is in use. The code is trusted.
#[allow(unsafe_code, reason = "the promise is the caller's")]
pub(crate) unsafe fn from_program(
    metadata: *const u8,
    code: *const u8,
) -> Result<Loaded, DeserializeError> {
    // SAFETY: there is a header at least.
    let start = unsafe { std::slice::from_raw_parts(metadata, header::HEADER) };
    let header = Header::read_front(start)?;
    // SAFETY: it says how long the parts are.
    let (head, code) = unsafe {
        let range = &header.layout.code;
        let head: &'static [u8] = std::slice::from_raw_parts(metadata, range.start);
        (head, std::slice::from_raw_parts(code, range.len()))
    };
    let head = SharedBytes::new(Arc::new(head));
    load(
        &Sections::new(&head, &header),
        CodeSource::Program(code),
        false,
    )
}

/// Makes a module of sections.
fn load(
    sections: &Sections,
    code: CodeSource<'_>,
    whole: bool,
) -> Result<Loaded, DeserializeError> {
    let is_whole = sections.check(whole)?;
    let (target, features, origin) = settings::read(&sections.get(Section::Settings))?;
    let described = description::read(sections)?;
    check::check(&described).map_err(corrupted)?;
    if is_whole {
        check_contents(&described.info).map_err(corrupted)?;
    }
    let Described {
        info,
        memory_styles,
        table_styles,
        absolute,
    } = described;
    let layout = ContextLayout::new(&info);
    let layout = layout.map_err(|_| corrupted("it declares too much for one instance"))?;
    let functions = info.functions.len() - info.num_imported_functions;
    let code_length = code_length(code.as_slice(), &absolute)?;
    let info = Arc::new(info);
    let map = CodeMap::in_place(sections.tables(), functions, code_length, info.clone());
    let map = map.ok_or_else(|| corrupted("its tables do not belong together"))?;
    let code = code.publish(&absolute)?;
    let compiled = Compiled {
        layout: Arc::new(layout),
        target,
        features,
        origin,
        memory_styles,
        table_styles,
        absolute,
        code: Code::Executable(Arc::new(PublishedCode::new(code))),
        map: Arc::new(map),
        contents_are_checked: is_whole,
    };
    Ok((info, compiled))
}

/// The length of the code, if it can be, and if the words that depend on its address lie in it.
fn code_length(code: &[u8], absolute: &[AbsoluteAddress]) -> Result<u32, DeserializeError> {
    let length = u32::try_from(code.len()).map_err(|_| corrupted("its code is too large"))?;
    let mut words = absolute.iter();
    match words.all(|word| word.offset.checked_add(8).is_some_and(|end| end <= length)) {
        true => Ok(length),
        false => Err(corrupted("a relocation lies outside of its code")),
    }
}

/// Where code comes from.
enum CodeSource<'a> {
    Bytes(&'a [u8]),
    File(&'a Arc<MappedFile>, Range<usize>),
    Object(File, &'a Arc<MappedFile>, shared_object::Place),
    Program(&'static [u8]),
}

impl CodeSource<'_> {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Bytes(code) | Self::Program(code) => code,
            Self::File(file, range) => &(***file).as_ref()[range.clone()],
            Self::Object(_, file, place) => &(***file).as_ref()[place.code.clone()],
        }
    }

    /// Makes the code executable: where it lies if that is in a file, unless the system does not allow it there, or the
    /// code depends on its address. Of shared objects the system's loader does all that, and the linker where code is a part of
    /// this program.
    fn publish(self, absolute: &[AbsoluteAddress]) -> Result<CodeMemory, DeserializeError> {
        if let Self::Object(file, mapped, place) = self {
            #[allow(unsafe_code, reason = "machine code is trusted")]
            // SAFETY: it was found whole; that its code may be run, and stays, is what whoever loads artifacts promises.
            let code = unsafe { shared_object::load(file, (**mapped).as_ref(), &place) };
            return code.map_err(|error| corrupted(format!("Library loading failed: {error}")));
        }
        if let Self::Program(code) = self {
            #[allow(unsafe_code, reason = "machine code is trusted")]
            // SAFETY: as whoever loads it promises: it stays where it is, and nobody else has it.
            return Ok(unsafe { CodeMemory::in_program(NonNull::from(code).cast(), code.len()) });
        }
        if let (Self::File(file, range), []) = (&self, absolute) {
            match CodeMemory::in_file(file, range.clone()) {
                Ok(code) => return Ok(code),
                Err(error) => tracing::debug!(%error, "code is copied"),
            }
        }
        let no_memory = |error| CompileError::Resource(format!("memory for code: {error}"));
        let mut code = WritableCode::copy(self.as_slice()).map_err(no_memory)?;
        let address = code.address();
        resolve_absolute(absolute, code.bytes(), address);
        Ok(code.publish().map_err(no_memory)?)
    }
}

/// A copy of bytes that is aligned for every table.
struct Aligned {
    words: Vec<u64>,
    len: usize,
}

impl Aligned {
    fn copy(bytes: &[u8]) -> Self {
        let mut words = vec![0; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        let len = bytes.len();
        Self { words, len }
    }
}

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }
}
