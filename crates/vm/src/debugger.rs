//! Tells debuggers that are attached to this process of code that is in no file: GDB's interface for it, which others read too.
//!
//! A debugger knows two symbols by name. It reads the list that one of them starts, and has a breakpoint in the other, which we
//! call after each change:
//!
//! ```text
//!   __jit_debug_descriptor { version, action, relevant, first } ──► entry ──► entry      each with an ELF file in memory
//!   __jit_debug_register_code()                                                          does nothing
//! ```
//!
//! Other code generators in this process may define the same symbols (LLVM's library does), so ours are weak: whichever is taken,
//! there is one list, or the debugger reads both.
//!
//! Invariants:
//! - D1: `LOCK` is held by whoever changes the descriptor or the entries, except for an entry that is not linked yet, or no longer.
//!   The lock is a symbol as well: several copies of this crate in one process have one.
//! - D2: an entry, and the file that it points to, lives until it has left the list.

use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

/// One file, in the debugger's form.
#[repr(C)]
struct Entry {
    next: *mut Entry,
    previous: *mut Entry,
    file: *const u8,
    size: u64,
}

/// The list, in the debugger's form.
#[repr(C)]
struct Descriptor {
    version: u32,
    action: u32,
    relevant: *mut Entry,
    first: *mut Entry,
}

const REGISTER: u32 = 1;
const UNREGISTER: u32 = 2;

#[cfg(not(miri))]
std::arch::global_asm!(
    ".pushsection .text.__jit_debug_register_code, \"ax\", %progbits",
    ".weak __jit_debug_register_code",
    ".type __jit_debug_register_code, %function",
    "__jit_debug_register_code: ret",
    ".size __jit_debug_register_code, . - __jit_debug_register_code",
    ".popsection",
    ".pushsection .data.__jit_debug_descriptor, \"aw\", %progbits",
    ".balign 8",
    ".weak __jit_debug_descriptor",
    ".type __jit_debug_descriptor, %object",
    "__jit_debug_descriptor: .4byte 1, 0",
    ".8byte 0, 0",
    ".size __jit_debug_descriptor, 24",
    ".weak wasmill_jit_debug_lock",
    ".type wasmill_jit_debug_lock, %object",
    "wasmill_jit_debug_lock: .4byte 0",
    ".size wasmill_jit_debug_lock, 4",
    ".popsection",
);

#[cfg(not(miri))]
unsafe extern "C" {
    #[link_name = "__jit_debug_register_code"]
    safe fn tell();
    #[link_name = "__jit_debug_descriptor"]
    static mut DESCRIPTOR: Descriptor;
    #[link_name = "wasmill_jit_debug_lock"]
    safe static LOCK: AtomicU32;
}

#[cfg(miri)]
static LOCK: AtomicU32 = AtomicU32::new(0);
#[cfg(miri)]
static mut DESCRIPTOR: Descriptor = Descriptor {
    version: 1,
    action: 0,
    relevant: ptr::null_mut(),
    first: ptr::null_mut(),
};
#[cfg(miri)]
fn tell() {}

/// Holds the lock.
struct Locked;

impl Locked {
    /// Waits for it. It is held for some instructions only, or while a debugger has stopped everybody.
    fn new() -> Self {
        while LOCK.swap(1, Ordering::Acquire) != 0 {
            std::thread::yield_now();
        }
        Self
    }

    /// Changes the list, and tells the debugger.
    fn change(&self, action: u32, entry: *mut Entry, change: impl FnOnce(&mut Descriptor)) {
        // SAFETY: D1; the reference ends before the debugger looks.
        let descriptor = unsafe { &mut *ptr::addr_of_mut!(DESCRIPTOR) };
        change(descriptor);
        descriptor.action = action;
        descriptor.relevant = entry;
        tell();
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        LOCK.store(0, Ordering::Release);
    }
}

/// Code that debuggers know of, as long as this lives.
pub struct DebuggerRegistration {
    entry: *mut Entry,
    /// What the entry points to. No `Box`: to move one ends the pointers into it.
    file: *mut [u8],
}

// SAFETY: the entry and the file belong to this, and to the list (D1).
unsafe impl Send for DebuggerRegistration {}
// SAFETY: as above; there is nothing that a shared reference could do.
unsafe impl Sync for DebuggerRegistration {}

impl DebuggerRegistration {
    /// Tells debuggers of an ELF file: its symbols and frames are at the addresses that it says.
    pub fn new(file: Box<[u8]>) -> Self {
        let file = Box::into_raw(file);
        let entry = Box::into_raw(Box::new(Entry {
            next: ptr::null_mut(),
            previous: ptr::null_mut(),
            file: file.cast(),
            size: file.len() as u64,
        }));
        let locked = Locked::new();
        locked.change(REGISTER, entry, |descriptor| {
            let next = descriptor.first;
            // SAFETY: D2; ours is not linked yet, and the lock is held.
            unsafe {
                (*entry).next = next;
                if let Some(next) = next.as_mut() {
                    next.previous = entry;
                }
            }
            descriptor.first = entry;
        });
        Self { entry, file }
    }
}

impl Drop for DebuggerRegistration {
    fn drop(&mut self) {
        let entry = self.entry;
        let locked = Locked::new();
        locked.change(UNREGISTER, entry, |descriptor| {
            // SAFETY: D2; the lock is held.
            unsafe {
                let (next, previous) = ((*entry).next, (*entry).previous);
                match previous.as_mut() {
                    Some(previous) => previous.next = next,
                    None => descriptor.first = next,
                }
                if let Some(next) = next.as_mut() {
                    next.previous = previous;
                }
            }
        });
        drop(locked);
        // SAFETY: D2; both were made by `Box::into_raw`, and nothing points to them: the debugger has looked while we told it.
        unsafe {
            drop(Box::from_raw(entry));
            drop(Box::from_raw(self.file));
        }
    }
}

impl fmt::Debug for DebuggerRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DebuggerRegistration({} bytes)", self.file.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a debugger reads, of the files of this test: they start with a number of its own.
    fn files() -> Vec<Vec<u8>> {
        let _locked = Locked::new();
        let mut files = Vec::new();
        // SAFETY: D1, D2.
        unsafe {
            let mut entry = (*ptr::addr_of!(DESCRIPTOR)).first;
            let mut previous = ptr::null_mut();
            while let Some(this) = entry.as_ref() {
                assert_eq!(this.previous, previous);
                files.push(std::slice::from_raw_parts(this.file, this.size as usize).to_vec());
                previous = std::mem::replace(&mut entry, this.next);
            }
        }
        files.retain(|file| file.starts_with(b"list"));
        files
    }

    #[test]
    fn debuggers_find_what_is_registered_and_nothing_else() {
        let register = |name: &str| DebuggerRegistration::new(name.as_bytes().into());
        let [first, second, third] = ["list 1", "list 2", "list 3"].map(register);
        assert_eq!(files(), [b"list 3", b"list 2", b"list 1"]);
        drop(second);
        assert_eq!(files(), [b"list 3", b"list 1"]);
        drop(third);
        assert_eq!(files(), [b"list 1"]);
        drop(first);
        assert_eq!(files(), [b""; 0]);
    }

    #[test]
    fn threads_register_at_once() {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for _ in 0..50 {
                        let name = format!("other {thread}");
                        let pair =
                            [(); 2].map(|()| DebuggerRegistration::new(name.as_bytes().into()));
                        drop(pair);
                    }
                });
            }
        });
        let _locked = Locked::new();
        // SAFETY: D1.
        let first = unsafe { (*ptr::addr_of!(DESCRIPTOR)).first };
        // SAFETY: D2.
        let is_of_this_test = unsafe { first.as_ref() }.is_some_and(|entry| {
            // SAFETY: as above.
            let file = unsafe { std::slice::from_raw_parts(entry.file, entry.size as usize) };
            file.starts_with(b"other")
        });
        assert!(!is_of_this_test);
    }
}
