//! The signals that hardware faults arrive as, and the one that interrupts a thread.
//!
//! One handler for the four signals of faults, installed once per process. A fault that is not ours goes to the action that was there
//! before, called as the kernel would have called it (but for the stack it runs on): with its signal mask, with or
//! without the extra arguments, and once only if it asked for that. A default action is restored and the faulting
//! instruction runs again, so that the process dies of the fault itself, where a debugger or a core dump shows it.
//!
//! The handler is installed with an empty mask and `SA_NODEFER`: it blocks nothing, so that a nested fault in someone
//! else's handler is delivered rather than fatal.
//!
//! Rust's handler for stack overflows of the host is one of those before us: it keeps working.
//!
//! The signal for interruptions is `SIGURG`: the one of the old signals that programs ignore unless they ask for it, and that
//! debuggers pass on in silence. One that was not meant for us is passed on in the same way. It is blocked while its own
//! handler or ours for faults runs.

use crate::sys::{Fault, FaultHandler, FaultKind, SignalHandler};
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

/// What interrupts a thread.
pub(super) const INTERRUPTION: libc::c_int = libc::SIGURG;

const SIGNALS: [libc::c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    INTERRUPTION,
];

/// The action that was there before ours.
struct Previous {
    action: UnsafeCell<MaybeUninit<libc::sigaction>>,
    /// The action was for one signal only and has had it (`SA_RESETHAND`).
    used_up: AtomicBool,
}

// SAFETY: `action` is written before the handler that reads it is installed, and never again.
unsafe impl Sync for Previous {}

static PREVIOUS: [Previous; SIGNALS.len()] = [const {
    Previous {
        action: UnsafeCell::new(MaybeUninit::uninit()),
        used_up: AtomicBool::new(false),
    }
}; SIGNALS.len()];

static HANDLERS: OnceLock<(FaultHandler, SignalHandler)> = OnceLock::new();

/// Passes faults and interruptions to these functions from now on. Only the first call does something.
pub(crate) fn install_handlers(faults: FaultHandler, interruptions: SignalHandler) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = HANDLERS.set((faults, interruptions));
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS) {
            install(signal, previous);
        }
    });
}

fn install(signal: libc::c_int, previous: &Previous) {
    // SAFETY: `sigaction` reads and fills what it is given. The previous action is stored before the handler can run;
    // the second store only matters if someone else installed a handler at the same moment.
    unsafe {
        let mut ours: libc::sigaction = std::mem::zeroed();
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigemptyset(&mut ours.sa_mask);
        libc::sigaddset(&mut ours.sa_mask, INTERRUPTION);
        if signal == INTERRUPTION {
            ours.sa_sigaction = handle_interruption as *const () as usize;
        } else {
            ours.sa_sigaction = handle as *const () as usize;
            ours.sa_flags |= libc::SA_NODEFER;
        }
        let place = previous.action.get();
        let known = libc::sigaction(signal, ptr::null(), (*place).as_mut_ptr()) == 0;
        let installed = libc::sigaction(signal, &ours, (*place).as_mut_ptr()) == 0;
        assert!(
            known && installed,
            "the handler of a hardware fault can be installed"
        );
    }
}

extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes valid pointers.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr().addr()) };
    let fault = Fault {
        kind: match signal {
            libc::SIGSEGV | libc::SIGBUS => FaultKind::Memory,
            _ => FaultKind::Instruction,
        },
        is_synchronous: is_synchronous(signal, code),
        address,
        context,
        signal,
        info,
    };
    let ours = HANDLERS.get().is_some_and(|(faults, _)| faults(&fault));
    if !ours {
        pass_on(signal, fault.is_synchronous, info, context);
    }
}

extern "C" fn handle_interruption(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    let ours = HANDLERS
        .get()
        .is_some_and(|(_, interruptions)| interruptions(context));
    if !ours {
        pass_on(signal, false, info, context);
    }
}

/// Whether the interrupted instruction caused the signal: not if a process sent it, and not if it reports a failure of the
/// machine's memory.
fn is_synchronous(signal: libc::c_int, code: libc::c_int) -> bool {
    const MACHINE_CHECKS: [libc::c_int; 2] = [libc::BUS_MCEERR_AR, libc::BUS_MCEERR_AO];
    code > 0 && !(signal == libc::SIGBUS && MACHINE_CHECKS.contains(&code))
}

/// Does what the previous action would have done.
fn pass_on(
    signal: libc::c_int,
    is_synchronous: bool,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    let Some(nth) = SIGNALS.iter().position(|each| *each == signal) else {
        return;
    };
    let previous = &PREVIOUS[nth];
    // SAFETY: filled before the handler was installed.
    let action = unsafe { (*previous.action.get()).assume_init_ref() };
    match action.sa_sigaction {
        libc::SIG_IGN if !is_synchronous => {}
        // The kernel does not let a fault be ignored: it takes the default action.
        libc::SIG_IGN | libc::SIG_DFL => default_action(signal, is_synchronous),
        _ if previous.used_up.load(Ordering::Relaxed) => default_action(signal, is_synchronous),
        _ => {
            if action.sa_flags & libc::SA_RESETHAND != 0 {
                previous.used_up.store(true, Ordering::Relaxed);
            }
            call(signal, action, info, context);
        }
    }
}

/// Calls a handler with the signals blocked that it asked for.
fn call(
    signal: libc::c_int,
    action: &libc::sigaction,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    // SAFETY: the handler is called with the arguments that its flags ask for; the masks are initialised by the calls
    // that come before.
    unsafe {
        let mut blocked = action.sa_mask;
        if action.sa_flags & libc::SA_NODEFER == 0 {
            libc::sigaddset(&mut blocked, signal);
        }
        // What the interrupted code had blocked, without what our own handler blocks.
        let mut before = MaybeUninit::uninit();
        libc::pthread_sigmask(
            libc::SIG_SETMASK,
            interrupted_mask(context),
            before.as_mut_ptr(),
        );
        libc::pthread_sigmask(libc::SIG_BLOCK, &blocked, ptr::null_mut());
        if action.sa_flags & libc::SA_SIGINFO != 0 {
            type WithInfo = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut c_void);
            let handler: WithInfo = std::mem::transmute(action.sa_sigaction);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(libc::c_int) = std::mem::transmute(action.sa_sigaction);
            handler(signal);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
    }
}

/// The signals that were blocked in the code that a signal met.
fn interrupted_mask(context: *mut c_void) -> *const libc::sigset_t {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel's context; only the address of a field is taken.
    unsafe { &raw const (*context).uc_sigmask }
}

/// Restores the default action, which ends the process: by the instruction's fault happening again, or by sending the
/// signal again if no instruction caused it. That of an interruption is to do nothing.
fn default_action(signal: libc::c_int, is_synchronous: bool) {
    if signal == INTERRUPTION {
        return;
    }
    // SAFETY: plain system calls; a zeroed action with `SIG_DFL` is valid.
    unsafe {
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &default, ptr::null_mut());
        if !is_synchronous {
            libc::raise(signal);
        }
    }
}
