//! Freezing a state into bytes, and making one of such bytes again.
//!
//! The bytes are a mark, a sum over the rest, and the rest: arguments, environment and files as data (see `ctx/freeze.rs`). The sum
//! finds damage; against forgery it does nothing, and so nothing is believed that the rest says.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

use super::WasiState;
use crate::ctx::{FrozenFs, Resolve, WasiFs};

/// What frozen states begin with; the last character counts the form's versions.
const MARK: &[u8; 8] = b"wasistt1";

const HEAD: usize = MARK.len() + size_of::<u64>();

#[derive(Serialize, Deserialize)]
struct FrozenState {
    args: Vec<Vec<u8>>,
    envs: Vec<Vec<u8>>,
    fs: FrozenFs,
}

impl FrozenState {
    fn thaw(self, resolve: Resolve<'_>) -> Option<WasiState> {
        // A NUL would end a string early for the guest.
        if self
            .args
            .iter()
            .chain(&self.envs)
            .any(|text| text.contains(&0))
        {
            return None;
        }
        Some(WasiState {
            fs: self.fs.thaw(resolve)?,
            args: self.args,
            envs: self.envs,
        })
    }
}

impl WasiState {
    fn frozen(&self) -> Option<FrozenState> {
        Some(FrozenState {
            args: self.args.clone(),
            envs: self.envs.clone(),
            fs: self.fs.freeze()?,
        })
    }

    /// The state as bytes, from which [`unfreeze`](Self::unfreeze) makes it again: arguments, environment, descriptors with their
    /// rights, flags and positions, pipes and other files of the host program, and file systems in memory with all that is in them.
    ///
    /// `None` if it holds something that cannot be found again: a socket, a pipe of the host, a file of the host that has no name
    /// any more, or a file of the host program that cannot be serialized or is in use.
    ///
    /// The bytes name folders of the host and types of the host program's files, and who changes them decides which. Keep them as safe as the host
    /// program's own configuration, or use [`unfreeze_with`](Self::unfreeze_with).
    ///
    /// ```
    /// # use std::io::{Read, Write};
    /// # use wasmill_wasi::{MemoryFs, Pipe, WasiState};
    /// let fs = MemoryFs::new();
    /// fs.write("file", "text")?;
    /// let mut state = WasiState::new("program").stdin(Box::new(Pipe::new())).map_memory("/data", &fs)?.build()?;
    /// state.fs.stdin_mut()?.as_mut().unwrap().write_all(b"input")?;
    ///
    /// let bytes = state.freeze().unwrap();
    /// let mut again = WasiState::unfreeze(&bytes).unwrap();
    /// let mut input = String::new();
    /// again.fs.stdin_mut()?.as_mut().unwrap().read_to_string(&mut input)?;
    /// assert_eq!(input, "input");
    /// // Files of its own now, which look the same.
    /// assert_eq!(again.fs.memory_fs("/data").unwrap().read("file")?, b"text");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn freeze(&self) -> Option<Vec<u8>> {
        let body = postcard::to_allocvec(&self.frozen()?).ok()?;
        let sum = xxh3_64(&body).to_le_bytes();
        Some([MARK, &sum[..], &body].concat())
    }

    /// The state that these bytes were made of; preopened folders of the host are opened where they were. See
    /// [`freeze`](Self::freeze) for how far the bytes must be trusted.
    ///
    /// `None` if the bytes are damaged, of another version, or name a folder or file that is not there any more.
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let mut bytes = WasiState::new("program").arg("--help").build()?.freeze().unwrap();
    /// assert_eq!(WasiState::unfreeze(&bytes).unwrap().args[1], b"--help");
    /// bytes[20] ^= 1;
    /// assert!(WasiState::unfreeze(&bytes).is_none());
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn unfreeze(bytes: &[u8]) -> Option<Self> {
        Self::unfreeze_with(bytes, |_, path| Some(path.to_owned()))
    }

    /// The state that these bytes were made of, with the host program's say about folders of the host: `resolve` gets the name that
    /// the guest knows a folder by and the path that it had, and gives the path to open, or `None`, by which all fails.
    ///
    /// What the guest may do in the folder, and with everything else, the bytes say. `None` as for [`unfreeze`](Self::unfreeze).
    ///
    /// ```
    /// # use wasmill_wasi::WasiState;
    /// let bytes = WasiState::new("program").map_dir("data", ".")?.build()?.freeze().unwrap();
    /// let moved = |alias: &str, _: &std::path::Path| (alias == "data").then(|| "src".into());
    /// assert!(WasiState::unfreeze_with(&bytes, moved).is_some());
    /// assert!(WasiState::unfreeze_with(&bytes, |_, _| None).is_none());
    /// # Ok::<(), wasmill_wasi::WasiStateCreationError>(())
    /// ```
    pub fn unfreeze_with(
        bytes: &[u8],
        mut resolve: impl FnMut(&str, &Path) -> Option<PathBuf>,
    ) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(HEAD)?;
        if head[..MARK.len()] != MARK[..] || head[MARK.len()..] != xxh3_64(body).to_le_bytes() {
            return None;
        }
        let (frozen, rest) = postcard::take_from_bytes::<FrozenState>(body).ok()?;
        if !rest.is_empty() {
            return None;
        }
        frozen.thaw(&mut resolve)
    }
}

const NOT_WHOLE: &str =
    "the state cannot be unfrozen: a folder is gone, or its parts do not fit together";
const NOT_FOUND: &str =
    "the state cannot be frozen: it holds something that could not be found again";

impl Serialize for WasiState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let frozen = self
            .frozen()
            .ok_or_else(|| serde::ser::Error::custom(NOT_FOUND))?;
        frozen.serialize(serializer)
    }
}

/// As [`WasiState::unfreeze`], which opens folders of the host.
impl<'de> Deserialize<'de> for WasiState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let frozen = FrozenState::deserialize(deserializer)?;
        let state = frozen.thaw(&mut |_, path| Some(path.to_owned()));
        state.ok_or_else(|| serde::de::Error::custom(NOT_WHOLE))
    }
}

impl Serialize for WasiFs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let frozen = self
            .freeze()
            .ok_or_else(|| serde::ser::Error::custom(NOT_FOUND))?;
        frozen.serialize(serializer)
    }
}

/// As [`WasiState::unfreeze`], which opens folders of the host.
impl<'de> Deserialize<'de> for WasiFs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let frozen = FrozenFs::deserialize(deserializer)?;
        let fs = frozen.thaw(&mut |_, path| Some(path.to_owned()));
        fs.ok_or_else(|| serde::de::Error::custom(NOT_WHOLE))
    }
}
