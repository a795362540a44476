//! The one trait an engine implements to take part.
//!
//! Each method prepares one kind of case and returns a closure that the harness calls under its clock. `Ok(None)` says
//! that the engine has no such thing (a pool, say): the cell stays empty. Caches are off everywhere; apart from what a
//! method asks for, engines run as their documentation configures them.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// Calls the export `run` of an instance once.
pub type Kernel = Box<dyn FnMut(i32) -> Result<i64>>;
/// Does something as many times as the argument says.
pub type Batch = Box<dyn FnMut(u64) -> Result<()>>;
/// Compiles or loads one module once. What it returns is dropped outside the clock.
pub type Compiler = Box<dyn FnMut() -> Result<Compiled>>;

/// A compiled module.
pub struct Compiled {
    /// The engine's module, kept alive until the clock has stopped.
    pub module: Box<dyn std::any::Any>,
    /// Bytes of machine code, where the engine tells.
    pub code_bytes: Option<u64>,
}

/// A call that ends only when another thread says so.
pub struct Endless {
    /// Calls the export `spin`; an error if the call ends in another way than by being interrupted.
    pub call: Box<dyn FnMut() -> Result<()>>,
    /// Ends the call, from another thread. False if it is not running yet.
    pub interrupt: Box<dyn Fn() -> bool + Send + Sync>,
}

/// A compiled module as it is kept.
pub enum Artifact {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file, which may be mapped and never changes.
    File(PathBuf),
}

/// Where compiled modules are loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// From memory.
    Bytes,
    /// From a file.
    File,
}

/// Machine code to look at.
pub struct Code {
    /// All of a module's.
    pub bytes: Vec<u8>,
    /// Its functions: name or index, offset, length.
    pub functions: Vec<(String, usize, usize)>,
}

/// How many threads may compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Threads {
    /// Only the calling one.
    One,
    /// As many as the engine likes.
    All,
}

/// How to instantiate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instantiation {
    /// From a pool of prepared slots, if the engine has one that is not always on.
    pub pooled: bool,
    /// After instantiating, call the export `touch`.
    pub touch: bool,
}

/// Which way a call goes, and how it is typed. The module is `modules/calls.wat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallKind {
    /// The host calls `nop` through a typed handle.
    TypedInNop,
    /// The host calls `add` through a typed handle.
    TypedInAdd,
    /// The export `call_nop` calls a typed host function.
    TypedOutNop,
    /// The export `call_add` calls a typed host function.
    TypedOutAdd,
    /// The same; the function reads a number from what the engine has for the host's own state: an environment, a store.
    TypedOutEnv,
    /// The same; the function is a closure that has captured a number.
    TypedOutClosure,
    /// The host calls `add` with a slice of values.
    DynamicInAdd,
    /// The export `call_add` calls a host function that takes a slice of values.
    DynamicOutAdd,
}

/// What the host does with the state of an instance, through handles that it has got before. The module is
/// `modules/state.wat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Gets the global `global`, an `i64`.
    GlobalGet,
    /// Sets it.
    GlobalSet,
    /// Gets an element of `table`, as a handle to a function, and drops the handle.
    TableGet,
    /// Sets an element of `table` to a function that the host has a handle to.
    TableSet,
    /// Reads one byte of `memory`, beginning with the handle to the memory.
    MemoryElement,
    /// Reads the `u32` at an offset that is not known to be inside of the memory or aligned.
    MemoryPointer,
    /// Adds up the first [`WALKED`] bytes of `memory`, one by one.
    MemoryWalk,
    /// Copies [`COPIED`] bytes out of `memory`.
    MemoryRead,
    /// Copies as many bytes into `memory`.
    MemoryWrite,
}

/// Elements that the table of `modules/state.wat` has.
pub const ELEMENTS: u64 = 16;
/// See [`Access::MemoryWalk`].
pub const WALKED: usize = 4096;
/// See [`Access::MemoryRead`].
pub const COPIED: usize = 64;

impl Access {
    /// The offset to access in turn `nth`: aligned, and another one each time.
    pub fn offset(nth: u64) -> usize {
        (nth as usize * 68) % 32_768
    }
}

/// Which trap to take. The module is `modules/trap.wat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrapKind {
    /// `unreachable` in the called function.
    Shallow,
    /// The same below 32 frames.
    Deep,
}

impl TrapKind {
    /// The export that traps.
    pub fn export(self) -> &'static str {
        match self {
            TrapKind::Shallow => "trap",
            TrapKind::Deep => "trap_deep",
        }
    }
}

/// A batch that does `each` with the number of the turn.
pub fn repeat(mut each: impl FnMut(u64) -> Result<()> + 'static) -> Batch {
    Box::new(move |iterations| {
        for nth in 0..iterations {
            each(nth)?;
        }
        Ok(())
    })
}

/// A batch of calls of `add`: each adds 3 to the sum before.
pub fn add_up(mut add: impl FnMut(i32) -> Result<i32> + 'static) -> Batch {
    Box::new(move |iterations| {
        let mut sum = 0;
        for _ in 0..iterations {
            sum = add(sum)?;
        }
        black_box(sum);
        Ok(())
    })
}

/// A batch that is one call of a Wasm loop: its argument is the number of turns.
pub fn turns(mut call: impl FnMut(i32) -> Result<()> + 'static) -> Batch {
    Box::new(move |iterations| call(i32::try_from(iterations)?))
}

/// The same for a loop that adds 3 in each turn and gives the sum.
pub fn adding_turns(mut call: impl FnMut(i32) -> Result<i32> + 'static) -> Batch {
    turns(move |turns| {
        ensure!(call(turns)? == turns.wrapping_mul(3), "wrong sum");
        Ok(())
    })
}

/// A batch of calls that trap; `call` says whether it did.
pub fn trapping(mut call: impl FnMut() -> bool + 'static) -> Batch {
    repeat(move |_| {
        ensure!(call(), "it did not trap");
        Ok(())
    })
}

/// The bytes of a module.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// An engine with one of its compilers.
pub trait Peer {
    /// Instantiates a module without imports and returns its export `run: [i32] -> [i64]`.
    fn kernel(&self, wasm: &[u8]) -> Result<Option<Kernel>>;

    /// The same of a module in a file, for whom it is not the module that counts but what lies beside it.
    fn kernel_of(&self, module: &Path) -> Result<Option<Kernel>> {
        self.kernel(&read(module)?)
    }

    /// Compiles a module that may import anything.
    fn compiler(&self, _wasm: Vec<u8>, _threads: Threads) -> Result<Option<Compiler>> {
        Ok(None)
    }

    /// Validates a module on one thread, without compiling it.
    fn validator(&self, _wasm: Vec<u8>) -> Result<Option<Batch>> {
        Ok(None)
    }

    /// Instantiates a module without imports and drops the instance again.
    fn instantiate(&self, _wasm: &[u8], _how: Instantiation) -> Result<Option<Batch>> {
        Ok(None)
    }

    /// Crosses the boundary.
    fn call(&self, _wasm: &[u8], _kind: CallKind) -> Result<Option<Batch>> {
        Ok(None)
    }

    /// Looks into an instance's state, or changes it.
    fn access(&self, _wasm: &[u8], _kind: Access) -> Result<Option<Batch>> {
        Ok(None)
    }

    /// Traps and catches the error.
    fn trap(&self, _wasm: &[u8], _kind: TrapKind) -> Result<Option<Batch>> {
        Ok(None)
    }

    /// A call that can be ended from another thread. The module is `modules/spin.wat`.
    fn endless(&self, _wasm: &[u8]) -> Result<Option<Endless>> {
        Ok(None)
    }

    /// Compiles a module to be loaded later.
    fn artifact(&self, _wasm: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    /// Loads what [`Peer::artifact`] gave.
    fn loader(&self, _artifact: Artifact) -> Result<Option<Compiler>> {
        Ok(None)
    }

    /// The machine code of a module, for those who want to read it.
    fn code(&self, _wasm: &[u8]) -> Result<Option<Code>> {
        Ok(None)
    }
}
