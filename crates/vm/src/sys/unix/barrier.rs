//! Barriers that one thread imposes on all others.

use std::sync::OnceLock;

const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;
const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the system call takes no pointers.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Whether [`process_barrier`] works. To be asked before the first use.
pub(crate) fn has_process_barrier() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED.get_or_init(|| membarrier(REGISTER_PRIVATE_EXPEDITED))
}

/// Makes every other thread of the process pass a full memory barrier between the start and the end of this call.
///
/// # Panics
///
/// If there is no such barrier: a lock that relied on it would be broken.
pub(crate) fn process_barrier() {
    assert!(
        has_process_barrier() && membarrier(PRIVATE_EXPEDITED),
        "membarrier was registered"
    );
}
