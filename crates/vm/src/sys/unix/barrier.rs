//! Barriers that one thread imposes on all others.

use std::sync::OnceLock;

const QUERY: libc::c_int = 0;
const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

fn membarrier(command: libc::c_int) -> libc::c_long {
    // SAFETY: the system call takes no pointers.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }
}

/// Whether [`process_barrier`] works. To be asked before the first use.
pub(crate) fn has_process_barrier() -> bool {
    const NEEDED: libc::c_long = (PRIVATE_EXPEDITED | REGISTER_PRIVATE_EXPEDITED) as libc::c_long;
    static SUPPORTED: OnceLock<bool> = OnceLock::new();
    *SUPPORTED.get_or_init(|| {
        let supported = membarrier(QUERY);
        supported > 0 && supported & NEEDED == NEEDED
    })
}

/// Makes every other thread of the process pass a full memory barrier between the start and the end of this call.
///
/// The process is registered for that at the first call: in one that has several threads it takes the kernel ten milliseconds, which
/// most processes never need.
///
/// # Panics
///
/// If there is no such barrier: a lock that relied on it would be broken.
pub(crate) fn process_barrier() {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let is_registered = *REGISTERED.get_or_init(|| membarrier(REGISTER_PRIVATE_EXPEDITED) == 0);
    assert!(
        is_registered && membarrier(PRIVATE_EXPEDITED) == 0,
        "the system has this barrier, as was asked before"
    );
}
