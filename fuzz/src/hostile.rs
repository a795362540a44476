//! Bytes from anyone: whatever is compiled or loaded, nothing panics or crashes.
//!
//! ```text
//!   kind, edits, rest ─┬─► rest ──────────────────────────────────────────► compile
//!                      ├─► a module made of rest, edited ─────────────────► compile
//!                      ├─► rest ──────────────────────────────────────────► load
//!                      └─► its artifact, edited, with right checksums ────► load
//! ```
//!
//! Nothing is run: code in an artifact is trusted. What its description says is not.

use wasmill::{Module, Store};
use xxhash_rust::xxh3::xxh3_64;

use crate::case::{Case, Setup};
use crate::check::CASES;
use crate::native::{Kind, Stores};

/// Bytes of one edit.
const EDIT: usize = 5;
/// Edits, at most.
const EDITS: usize = 16;

/// What one thread needs.
#[derive(Default)]
pub struct Hostile {
    stores: Stores,
    used: u32,
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
            self.stores = Stores::default();
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
            2 => load(&self.stores.get(Kind::Singlepass, SETUP), rest),
            _ => {
                if let Some(case) = Case::from_bytes(rest) {
                    self.load_edited(&case, edits, kind & 4 != 0);
                }
            }
        }
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

    fn load_edited(&mut self, case: &Case, edits: &[u8], cranelift: bool) {
        let kind = match cranelift {
            true => Kind::Cranelift,
            false => Kind::Singlepass,
        };
        let store = self.stores.get(kind, SETUP);
        let module = Module::from_binary(&store, &case.wasm).expect("a valid module");
        let bytes = module.serialize().expect("an artifact");
        load(&store, &with_checksums(edited(bytes, edits)));
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
fn load(store: &Store, bytes: &[u8]) {
    // SAFETY: none of its code is run.
    let Ok(module) = (unsafe { Module::deserialize(store, bytes) }) else {
        return;
    };
    let text = format!("{module:?} {:?}", module.name());
    let types: Vec<_> = module.imports().map(|import| import.ty().clone()).collect();
    let exports: Vec<_> = module.exports().collect();
    let sections: Vec<_> = module.custom_sections("name").collect();
    let again = module.serialize().expect("it was an artifact");
    std::hint::black_box((text, types, exports, sections, again));
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

/// The same artifact with the checksums that its contents have, so that they are looked at (`engine/src/serialized/header.rs`).
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let number = |at: usize| Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let start = || {
        let (code, alignment) = (number(64)?, number(72)?);
        let code = code.checked_next_multiple_of(alignment)?;
        let start = (bytes.len() as u64).checked_sub(code)?;
        (start >= 80).then_some(start as usize)
    };
    if let Some(start) = start() {
        let checksum = xxh3_64(&bytes[start..]);
        bytes[56..64].copy_from_slice(&checksum.to_le_bytes());
        let checksum = xxh3_64(&bytes[56..start]);
        bytes[48..56].copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Hostile, SETUP, edited, load, with_checksums};
    use crate::case::Case;
    use crate::native::Kind;
    use crate::random::Random;
    use wasmill::Module;

    /// Two seconds of random edits.
    #[test]
    fn smoke() {
        let (mut hostile, start) = (Hostile::default(), Instant::now());
        for seed in 0.. {
            let mut bytes = Random::new(seed).bytes(400);
            bytes[0] = bytes[0] & 0xfc | [1, 3][seed as usize % 2];
            hostile.check(&bytes);
            if start.elapsed() > Duration::from_secs(2) {
                break;
            }
        }
    }

    /// What is edited arrives: with right checksums the loader takes another length of the module's name.
    #[test]
    fn checksums_are_made_right() {
        let mut hostile = Hostile::default();
        let store = hostile.stores.get(Kind::Singlepass, SETUP);
        let case = (0..).find_map(|seed| Case::new(seed, 200)).unwrap();
        let bytes = Module::from_binary(&store, &case.wasm).unwrap();
        let bytes = bytes.serialize().unwrap();
        assert_eq!(with_checksums(bytes.clone()), bytes);
        let last = bytes.len() - 1;
        let place = u32::try_from(last).unwrap().to_be_bytes();
        let other = edited(bytes, &[4, 0, place[1], place[2], place[3]]);
        // SAFETY: none of its code is run.
        let damaged = unsafe { Module::deserialize(&store, &other) };
        assert!(damaged.is_err());
        let other = with_checksums(other);
        // SAFETY: none of its code is run.
        assert!(unsafe { Module::deserialize(&store, &other) }.is_ok());
        load(&store, &other);
    }
}
