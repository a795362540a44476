//! What happens when nobody reads any more what the guest prints.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;

/// Lets a reader that goes away (`| head`) end the process, as it ends every program of the system, silently. Otherwise guests would
/// see an error, and say so where nobody wants to know. Where standard output is no pipe, nothing changes.
pub(crate) fn end_with_reader() {
    let Ok(output) = io::stdout().as_fd().try_clone_to_owned() else {
        return;
    };
    let Ok(metadata) = File::from(output).metadata() else {
        return;
    };
    if metadata.file_type().is_fifo() || metadata.file_type().is_socket() {
        #[allow(unsafe_code, reason = "the standard library cannot do it")]
        // SAFETY: the default action is no function, and nobody else has one for this signal.
        unsafe {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        }
    }
}
