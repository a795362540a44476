//! What happens when nobody reads any more what the guest prints.

use std::io;

use rustix::fs::{FileType, fstat};

/// Lets a reader that goes away (`| head`) end the process, as it ends every program of the system, silently. Otherwise guests would
/// see an error, and say so where nobody wants to know. Where standard output is no pipe, nothing changes, and neither does it for
/// other pipes and sockets.
pub(crate) fn end_with_reader() {
    let kind = fstat(io::stdout()).map(|output| FileType::from_raw_mode(output.st_mode));
    if matches!(kind, Ok(FileType::Fifo | FileType::Socket)) {
        let handler: extern "C" fn(libc::c_int) = on_closed_pipe;
        #[allow(unsafe_code, reason = "the standard library cannot do it")]
        // SAFETY: it is a handler for signals that does nothing but what one may do.
        unsafe {
            libc::signal(libc::SIGPIPE, handler as libc::sighandler_t);
        }
    }
}

/// Something was written into a pipe without a reader. If it was standard output, the signal comes again when this returns, and ends
/// the process.
extern "C" fn on_closed_pipe(signal: libc::c_int) {
    let mut output = libc::pollfd {
        fd: libc::STDOUT_FILENO,
        events: 0,
        revents: 0,
    };
    #[allow(unsafe_code, reason = "the standard library cannot do it")]
    // SAFETY: handlers of signals may call these functions, and the descriptor is one.
    unsafe {
        if libc::poll(&raw mut output, 1, 0) == 1 && output.revents & libc::POLLERR != 0 {
            libc::signal(signal, libc::SIG_DFL);
            libc::raise(signal);
        }
    }
}
