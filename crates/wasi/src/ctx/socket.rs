//! The `sock_*` functions. The host program has no way yet to hand a socket to the guest, and the guest cannot make one, so
//! every descriptor is something else: EBADF if it is not open, ENOTSOCK if it is.

use super::Ctx;
use crate::types::*;

impl Ctx<'_> {
    /// What any operation on a socket comes to.
    pub(crate) fn not_a_socket(self, fd: __wasi_fd_t) -> Errno {
        match self.lock().fs.entry(fd) {
            Ok(_) => Errno::NOTSOCK,
            Err(errno) => errno,
        }
    }
}
