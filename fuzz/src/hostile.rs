//! Bytes from anyone: whatever is compiled or loaded, nothing panics or crashes.
//!
//! ```text
//!   kind, edits, rest ─┬─► rest ──────────────────────────────────────────► compile
//!                      ├─► a module made of rest, edited ─────────────────► compile
//!                      ├─► rest ──────────────────────────────────────────► load
//!                      └─► its artifact, edited, with right checksums ────► load
//! ```
//!
//! Artifacts are those of both engines, loaded from bytes, or from a file on either way. Nothing is run: code in an artifact is
//! trusted. What its description says is not. What is around one in a shared object is edited, too, but keeps its checksum: it is
//! for the system's loader, which trusts what it loads.

use std::fs;
use std::ops::Range;

use wasmill::{DeserializeError, Module, Native, Singlepass, Store};
use xxhash_rust::xxh3::xxh3_64;

use crate::case::{Case, Setup};
use crate::check::CASES;
use crate::native::{Kind, Stores};
use crate::random::Random;

/// Bytes of one edit.
const EDIT: usize = 5;
/// Edits, at most.
const EDITS: usize = 16;

/// What one thread needs.
#[derive(Default)]
pub struct Hostile {
    stores: Stores,
    native: Option<Store>,
    used: u32,
}

/// How an artifact is loaded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Bytes,
    Mapped,
    Checked,
}

impl Hostile {
    /// Compiles or loads what these bytes say.
    ///
    /// # Panics
    ///
    /// If one compiler takes what another refuses.
    pub fn check(&mut self, bytes: &[u8]) {
        let [kind, edits, rest @ ..] = bytes else {
            return;
        };
        self.used += 1;
        if self.used.is_multiple_of(CASES) {
            (self.stores, self.native) = Default::default();
        }
        let edits = usize::from(*edits) % (EDITS + 1) * EDIT;
        let (edits, rest) = rest.split_at(edits.min(rest.len()));
        match kind % 4 {
            0 => self.compile(rest, kind & 4 != 0),
            1 => {
                if let Some(case) = Case::from_bytes(rest) {
                    self.compile(&edited(case.wasm, edits), kind & 4 != 0);
                }
            }
            2 => drop(load(&self.store(*kind), rest, Way::of(*kind))),
            _ => {
                if let Some(case) = Case::from_bytes(rest) {
                    self.load_edited(&case, edits, *kind);
                }
            }
        }
    }

    /// Compiles or loads random bytes: mostly artifacts that are edited, which take longest to meet.
    ///
    /// # Panics
    ///
    /// If one compiler takes what another refuses.
    pub fn check_seed(&mut self, seed: u64) {
        let mut bytes = Random::new(seed).bytes(400);
        bytes[0] = bytes[0] & 0xfc | [1, 3, 3][(seed % 3) as usize];
        // Most have few edits, which change no length: what has many meets the first checks only.
        if !seed.is_multiple_of(8) {
            let count = 1 + seed / 8 % 4;
            bytes[1] = count as u8;
            let (edits, _) = bytes[2..].as_chunks_mut::<EDIT>();
            edits
                .iter_mut()
                .take(count as usize)
                .for_each(|edit| edit[0] |= 4);
        }
        self.check(&bytes);
    }

    /// All compilers take a module, or all refuse it.
    fn compile(&mut self, wasm: &[u8], optimized: bool) {
        let effort = u8::from(optimized);
        let setup = Setup { effort, ..SETUP };
        let [first, others @ ..] = Kind::ALL
            .map(|kind| Module::from_binary(&self.stores.get(kind, setup), wasm).map(drop));
        for other in others {
            assert_eq!(first.is_ok(), other.is_ok(), "{first:?}, {other:?}");
        }
    }

    fn load_edited(&mut self, case: &Case, edits: &[u8], kind: u8) {
        let store = self.store(kind);
        let module = Module::from_binary(&store, &case.wasm).expect("a valid module");
        let bytes = module.serialize().expect("an artifact");
        let edited = with_checksums(edited(bytes, edits));
        let _ = load(&store, &edited, Way::of(kind));
    }

    /// The store of a compiler and an engine.
    fn store(&mut self, kind: u8) -> Store {
        let native = || Store::new(&Native::new(Singlepass::new()).engine());
        match (kind & 4 != 0, kind & 8 != 0) {
            (_, true) => self.native.get_or_insert_with(native).clone(),
            (true, false) => self.stores.get(Kind::Cranelift, SETUP),
            (false, false) => self.stores.get(Kind::Singlepass, SETUP),
        }
    }
}

impl Way {
    fn of(kind: u8) -> Self {
        match kind >> 4 & 3 {
            0 | 1 => Self::Bytes,
            2 => Self::Mapped,
            _ => Self::Checked,
        }
    }

    fn load(self, store: &Store, bytes: &[u8]) -> Result<Module, DeserializeError> {
        if self == Self::Bytes {
            // SAFETY: none of its code is run.
            return unsafe { Module::deserialize(store, bytes) };
        }
        let file = format!(
            "wasmill-fuzz-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let path = std::env::temp_dir().join(file);
        fs::write(&path, bytes).expect("a file for a moment");
        // SAFETY: as above, and nobody changes the file: the next one is another.
        let module = match self {
            Self::Mapped => unsafe { Module::deserialize_from_file(store, &path) },
            _ => unsafe { Module::deserialize_from_file_checked(store, &path) },
        };
        fs::remove_file(&path).expect("just written");
        module
    }
}

const SETUP: Setup = Setup {
    canonical: true,
    reserved: true,
    plain_cpu: false,
    effort: 0,
    linked: None,
};

/// Loads an artifact, and asks for everything that it says.
fn load(store: &Store, bytes: &[u8], way: Way) -> Result<(), DeserializeError> {
    let module = way.load(store, bytes)?;
    let text = format!("{module:?} {:?}", module.name());
    let types: Vec<_> = module.imports().map(|import| import.ty().clone()).collect();
    let exports: Vec<_> = module.exports().collect();
    let sections: Vec<_> = module.custom_sections("name").collect();
    let again = module.serialize().expect("it was an artifact");
    std::hint::black_box((text, types, exports, sections, again));
    Ok(())
}

/// Bytes with some changed, put in, or taken away.
fn edited(mut bytes: Vec<u8>, edits: &[u8]) -> Vec<u8> {
    let (edits, _) = edits.as_chunks::<EDIT>();
    for &[how, value, place @ ..] in edits {
        let place = place
            .iter()
            .fold(0, |place, byte| place << 8 | usize::from(*byte));
        if bytes.is_empty() {
            break;
        }
        let place = place % bytes.len();
        match how % 8 {
            0 => bytes.insert(place, value),
            1 => _ = bytes.remove(place),
            2 => bytes.truncate(place),
            3 => bytes[place] = bytes[place].wrapping_add(value),
            4 => bytes[place] ^= 1 << (value % 8),
            _ => bytes[place] = value,
        }
    }
    bytes
}

/// Where the header of an artifact has the lengths and checksums of its sections (`engine/src/serialized/header.rs`).
const SECTIONS: Range<usize> = 80..80 + 24 * 16;

/// The same artifact with the checksums that its contents have, so that they are looked at.
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    // In a shared object, a note says where it is.
    let place = match bytes.starts_with(b"\x7fELF") {
        true => number(&bytes, 572).zip(number(&bytes, 580)),
        false => Some((0, bytes.len())),
    };
    let end = |(start, length): (usize, usize)| Some(start..start.checked_add(length)?);
    if let Some(artifact) = place.and_then(end).and_then(|range| bytes.get_mut(range)) {
        // Without a header there is nothing to make right.
        let _ = set_checksums(artifact);
    }
    bytes
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

fn set_checksums(artifact: &mut [u8]) -> Option<()> {
    let (code, alignment) = (number(artifact, 64)?, number(artifact, 72)?);
    let code = artifact
        .len()
        .checked_sub(code.checked_next_multiple_of(alignment)?)?;
    set(artifact, 56, code..artifact.len())?;
    let mut start = SECTIONS.end;
    for place in SECTIONS.step_by(16) {
        let end = start.checked_add(number(artifact, place)?)?;
        let next = match place + 16 == SECTIONS.end {
            true => code,
            false => end.checked_next_multiple_of(8)?,
        };
        // What cannot be is left to the loader; the header's checksum is right nevertheless.
        if set(artifact, place + 8, start..next).is_none() {
            break;
        }
        start = next;
    }
    set(artifact, 48, 56..SECTIONS.end)
}

/// Puts the checksum of a part at a place, if both are there.
fn set(artifact: &mut [u8], at: usize, part: Range<usize>) -> Option<()> {
    let checksum = xxh3_64(artifact.get(part)?);
    *artifact.get_mut(at..)?.first_chunk_mut()? = checksum.to_le_bytes();
    Some(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Hostile, Way, edited, load, number, with_checksums};
    use crate::case::Case;
    use wasmill::{Module, Store};

    /// Two seconds of random edits.
    #[test]
    fn smoke() {
        let (mut hostile, start) = (Hostile::default(), Instant::now());
        for seed in 0.. {
            hostile.check_seed(seed);
            if start.elapsed() > Duration::from_secs(2) {
                break;
            }
        }
    }

    /// What is edited arrives: with right checksums the loader takes other padding behind the code, on every way.
    #[test]
    fn checksums_are_made_right() {
        let mut hostile = Hostile::default();
        let compiled = |store: &Store, wasm: &[u8]| {
            let module = Module::from_binary(store, wasm).unwrap();
            module.serialize().unwrap()
        };
        let store = hostile.store(0);
        let has_code = |case: &Case| number(&compiled(&store, &case.wasm), 64) > Some(0);
        let mut cases = (0..).filter_map(|seed| Case::new(seed, 200));
        let case = cases.find(has_code).unwrap();
        for kind in [0, 4, 8] {
            let store = hostile.store(kind);
            let bytes = compiled(&store, &case.wasm);
            assert_eq!(with_checksums(bytes.clone()), bytes);
            let note = |at| number(&bytes, at).unwrap();
            let end = if kind == 8 {
                note(572) + note(580)
            } else {
                bytes.len()
            };
            let place = u32::try_from(end - 1).unwrap().to_be_bytes();
            let other = edited(bytes.clone(), &[4, 0, place[1], place[2], place[3]]);
            for way in [Way::Bytes, Way::Mapped, Way::Checked] {
                // The code is not looked at when a file is mapped.
                let is_taken = load(&store, &other, way).is_ok();
                assert_eq!(is_taken, way == Way::Mapped, "{kind} {way:?}");
                load(&store, &with_checksums(other.clone()), way).unwrap();
            }
        }
    }
}
