//! Ending calls from another thread, at no cost to the code that runs.
//!
//! Compiled code never asks whether it should stop. The interrupting thread sends a signal to the thread that runs, and
//! the handler there ends the call as a fault would.
//!
//! ```text
//!   interrupt(): whose turn is it in the domain? ─► that thread's mailbox: ASKED(context) ─► signal ─► wait for the answer
//!   handler:     the outermost activation of that context, if there is one:
//!                  pc in compiled code ─────────► leave the innermost activation
//!                  more to leave, or elsewhere ─► mark the outermost;  stack_limit = MAX
//!   then:        a marked activation ends ─ at the next call of the host (the thunk finds the stack too short),
//!                                         ─ at the next signal that meets compiled code: a thread sends them until then,
//!                                         ─ or when its code returns: `enter` looks at its trap anyway
//! ```
//!
//! All activations inside a marked one end with it, innermost first: host code in between sees an error.
//!
//! # Why this is sound
//!
//! - *Compiled code can be left at every instruction*, not only at trap sites: what a trap needs are the registers that the
//!   entry saved and the stack above them (`arch`). Of what the runtime owns, compiled code changes only single words (an
//!   element of a table, a global), so everything is whole between two instructions. Frames are found at the start and
//!   at the end of a function, too (`arch::caller_without_frame`); every read is checked against the stack's bounds.
//! - *Host code is never left by a signal.* All but compiled code (thunks, built-ins, the entry stub, other handlers) is host
//!   code here. What the handler does there is to write three words: the mailbox's `marked`, the activation's trap, the
//!   stack limit. It takes no lock, allocates nothing, and is not interrupted by itself (the signal is blocked meanwhile).
//! - *No mark outlives its activation.* While an activation is in the chain, its mark is found in its trap (or it is being
//!   left with another trap); `enter` takes it out of the chain first and looks at its trap then, and everything but "no
//!   trap" goes through [`forget_mark`]. So what `marked` points to is in the chain, or on its way through there.
//! - *Nobody is hit who was not meant.* The handler acts on a request while the interrupting thread waits for the answer, or
//!   not at all (a request that was not seen in time is taken back). The context that is asked for cannot be freed
//!   meanwhile (`Target` is locked, and the instance's destructor waits for it), so its address names nothing else. A call
//!   that begins after [`InterruptHandle::interrupt`] has returned is never hit.
//! - *No signal goes to a thread that has ended.* A mailbox is closed before its thread ends; signals are sent under the lock
//!   that closing takes. Threads that cannot promise to close it (they run WebAssembly while their thread locals are
//!   destroyed) have none.
//! - *Nobody waits in a circle.* Whoever waits here waits for the handler of another thread, which runs whatever that thread
//!   is doing, unless it has the signal blocked: then the wait ends after [`PATIENCE`].
//!
//! # What is not interrupted
//!
//! Host functions, however long they take: their caller ends when they return. Those that wait ask ([`interrupted`]). The runtime's
//! own work for a guest is host code; what can take long (see `pieces`) asks in between ([`check`]). Code of another
//! instance that this one has called is part of the call; calls that others have made are not.

use crate::arch;
use crate::code;
use crate::domain::Domain;
use crate::sys::ThreadName;
use crate::thread::{self, ThreadState};
use crate::traps::{self, Activation};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::yield_now;
use std::time::{Duration, Instant};
use wasmill_abi::{ContextHeader, TrapCode};

/// How long an interrupting thread waits for a handler to run.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two reminders for a thread that runs.
const SOON: Duration = Duration::from_micros(250);
/// Between two looks at a thread that does not run.
const LATER: Duration = Duration::from_millis(1);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends calls that are running, from any thread. It keeps nothing alive.
///
/// ```
/// # use wasmill_vm::InterruptHandle;
/// let handle = InterruptHandle::for_current_thread();
/// let watchdog = std::thread::spawn(move || handle.interrupt());
/// assert!(!watchdog.join().unwrap(), "nothing was running");
/// ```
#[derive(Clone)]
pub struct InterruptHandle(Of);

#[derive(Clone)]
enum Of {
    Instance(Arc<Target>),
    Thread(Arc<Mailbox>),
}

/// An instance as those see it who interrupt it.
#[derive(Debug)]
pub(crate) struct Target {
    domain: Arc<Domain>,
    /// The address of the instance's context; zero once it is gone. Whoever holds the lock keeps it from going.
    context: Mutex<usize>,
}

impl Target {
    pub(crate) fn new(domain: Arc<Domain>, context: NonNull<ContextHeader>) -> Self {
        Self {
            domain,
            context: Mutex::new(context.addr().get()),
        }
    }

    /// Called when the instance goes.
    pub(crate) fn forget_context(&self) {
        *lock(&self.context) = 0;
    }

    fn interrupt(&self) -> bool {
        let context = lock(&self.context);
        if *context == 0 {
            return false;
        }
        let mailbox = lock(&MAILBOXES).get(&self.domain.holder()).cloned();
        mailbox.is_some_and(|mailbox| mailbox.interrupt(*context))
    }
}

impl InterruptHandle {
    pub(crate) fn of_instance(target: Arc<Target>) -> Self {
        Self(Of::Instance(target))
    }

    /// A handle that ends everything that is running on the current thread when it is used: calls into any instance, and
    /// instantiations whose start function runs.
    ///
    /// ```
    /// # use wasmill_vm::InterruptHandle;
    /// let handle = InterruptHandle::for_current_thread();
    /// assert!(!handle.interrupt(), "no guest is running on this thread");
    /// ```
    pub fn for_current_thread() -> Self {
        thread::prepare();
        let mailbox = thread::current().mailbox();
        Self(Of::Thread(mailbox.expect("it was prepared").clone()))
    }

    /// Ends the calls that the host has made into the instance and that are running now, with everything they have called:
    /// each returns an error whose trap code is [`TrapCode::Interrupted`], unless it ends with another error before.
    ///
    /// Gives false, and does nothing, if no such call is running. After true, a call that is in WebAssembly code ends at
    /// once, and one that is in a host function when the host function returns (or calls into WebAssembly again). Calls
    /// that begin later are not touched.
    ///
    /// It waits for the running thread to take notice: microseconds, if the machine is not overloaded. A thread that has
    /// `SIGURG` blocked cannot take notice, and after a second it gives up.
    ///
    /// ```
    /// # use std::thread;
    /// # use std::time::Duration;
    /// # use wasmill_vm::InterruptHandle;
    /// /// Ends what runs on the thread of `handle`, once there is something, but does not wait for ever.
    /// fn end(handle: &InterruptHandle, attempts: u32) -> bool {
    ///     (0..attempts).any(|_| handle.interrupt() || {
    ///         thread::sleep(Duration::from_millis(1));
    ///         false
    ///     })
    /// }
    ///
    /// assert!(!end(&InterruptHandle::for_current_thread(), 3));
    /// ```
    pub fn interrupt(&self) -> bool {
        match &self.0 {
            Of::Instance(target) => target.interrupt(),
            Of::Thread(mailbox) => mailbox.interrupt(ANY),
        }
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InterruptHandle")
    }
}

/// The mailboxes of all threads that can be interrupted, by their tokens.
static MAILBOXES: Mutex<BTreeMap<usize, Arc<Mailbox>>> = Mutex::new(BTreeMap::new());

/// Through which a thread is interrupted.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    /// The thread, as long as it is sure to live. Locked while signals are sent and answers awaited.
    thread: Mutex<Option<ThreadName>>,
    /// The state of the one request that there can be at a time.
    state: AtomicU32,
    /// The address of the context that is asked for, or [`ANY`].
    context: AtomicUsize,
    /// An activation to be left as soon as that is possible, with all inside it; null if there is none. Written by its own
    /// thread only.
    marked: AtomicPtr<Activation>,
}

/// Asks for all activations, whatever their context.
const ANY: usize = 0;

/// No request.
const IDLE: u32 = 0;
/// A request that was not seen yet.
const ASKED: u32 = 1;
/// A request that the handler is dealing with.
const SEEN: u32 = 2;
/// The answer: no such call is running.
const NOT_RUNNING: u32 = 3;
/// The answer: the call ends when the handler returns.
const ENDED: u32 = 4;
/// The answer: the call is marked.
const MARKED: u32 = 5;

impl Mailbox {
    /// From now on the current thread, whose token this is, can be interrupted.
    pub(crate) fn open(self: &Arc<Self>, token: usize) {
        *lock(&self.thread) = Some(ThreadName::current());
        lock(&MAILBOXES).insert(token, self.clone());
    }

    /// The current thread will soon be gone.
    pub(crate) fn close(&self, token: usize) {
        lock(&MAILBOXES).remove(&token);
        *lock(&self.thread) = None;
    }

    /// Ends what runs in a context, or in any, on this thread. False if nothing does.
    fn interrupt(self: &Arc<Self>, context: usize) -> bool {
        let thread = lock(&self.thread);
        let Some(name) = *thread else {
            return false;
        };
        self.context.store(context, Ordering::Relaxed);
        self.state.store(ASKED, Ordering::Release);
        // SAFETY: the thread does not end before the lock is released.
        unsafe { name.interrupt() };
        let answer = self.await_answer();
        drop(thread);
        if answer == MARKED {
            Reminders::add(self);
        }
        answer != NOT_RUNNING
    }

    fn await_answer(&self) -> u32 {
        let start = Instant::now();
        for turn in 0u32.. {
            match self.state.load(Ordering::Acquire) {
                ASKED if turn.is_multiple_of(64) && start.elapsed() > PATIENCE => {
                    let (success, failure) = (Ordering::Relaxed, Ordering::Relaxed);
                    let _ = self
                        .state
                        .compare_exchange(ASKED, NOT_RUNNING, success, failure);
                }
                ASKED | SEEN => match turn {
                    0..200 => std::hint::spin_loop(),
                    200..400 => yield_now(),
                    _ => std::thread::sleep(Duration::from_micros(50)),
                },
                answer => {
                    self.state.store(IDLE, Ordering::Relaxed);
                    return answer;
                }
            }
        }
        unreachable!("an answer comes, or patience ends")
    }

    /// The request, if there is one that nobody has taken back.
    fn take_request(&self) -> Option<usize> {
        let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
        let seen = self.state.compare_exchange(ASKED, SEEN, success, failure);
        seen.ok().map(|_| self.context.load(Ordering::Relaxed))
    }

    /// Whether the request finds an activation, and the outermost activation that is to end with all inside it: for the
    /// request, or because it is marked already. Null if there is none.
    fn what_ends(
        &self,
        innermost: *mut Activation,
        request: Option<usize>,
    ) -> (bool, *mut Activation) {
        let marked = self.marked.load(Ordering::Relaxed);
        let mut found = false;
        // SAFETY: T1.
        let outermost = unsafe {
            Activation::outermost(innermost, |activation, context| {
                let asked = request.is_some_and(|wanted| [ANY, context.addr()].contains(&wanted));
                found |= asked;
                asked || activation == marked
            })
        };
        (found, outermost)
    }

    fn answer(&self, answer: u32) {
        self.state.store(answer, Ordering::Release);
    }
}

/// What the signal's handler does. False if the signal was not one of ours.
pub(crate) fn handle_signal(context: *mut c_void) -> bool {
    let thread = thread::current();
    let Some(mailbox) = thread.mailbox() else {
        return false;
    };
    let request = mailbox.take_request();
    let was_marked = is_marked(thread);
    let (found, outermost) = mailbox.what_ends(thread.innermost(), request);
    if !outermost.is_null() {
        // SAFETY: the context is the kernel's.
        let in_code = code::is_wasm_pc(unsafe { arch::fault_registers(context) }.pc);
        if in_code {
            // SAFETY: the signal met WebAssembly code, and there is an activation.
            unsafe { traps::leave(thread, context, TrapCode::Interrupted) };
        }
        if !in_code || outermost != thread.innermost() {
            mark(thread, mailbox, outermost);
        }
    }
    if request.is_some() {
        mailbox.answer(match found {
            false => NOT_RUNNING,
            true if is_marked(thread) => MARKED,
            true => ENDED,
        });
    }
    request.is_some() || was_marked
}

/// Makes sure that an activation of this thread, and all inside it, end as soon as possible.
fn mark(thread: &ThreadState, mailbox: &Mailbox, activation: *mut Activation) {
    // SAFETY: the activation was found in this thread's chain, and the thread is in this handler.
    unsafe { Activation::mark(activation) };
    mailbox.marked.store(activation, Ordering::Relaxed);
    thread.stack_limit.store(usize::MAX, Ordering::Relaxed);
}

/// Takes the mark from an activation that has ended, if it has one. (A handler can run between any two steps, and mark
/// another activation.)
pub(crate) fn forget_mark(thread: &ThreadState, activation: *mut Activation) {
    let Some(mailbox) = thread.mailbox() else {
        return;
    };
    if mailbox.marked.load(Ordering::Relaxed) == activation {
        let limit = thread.stack.get().limit();
        thread.stack_limit.store(limit, Ordering::Relaxed);
        let (new, order) = (ptr::null_mut(), Ordering::SeqCst);
        let _ = mailbox
            .marked
            .compare_exchange(activation, new, order, Ordering::Relaxed);
    }
}

/// Whether the innermost activation of the current thread is to be left.
pub(crate) fn is_marked(thread: &ThreadState) -> bool {
    thread
        .mailbox()
        .is_some_and(|mailbox| !mailbox.marked.load(Ordering::Relaxed).is_null())
}

/// For work on behalf of a guest that takes long: to be asked in between, and an error to be raised.
///
/// # Errors
///
/// If the guest is to stop.
#[inline]
pub(crate) fn check() -> Result<(), TrapCode> {
    let thread = thread::current();
    match thread.stack_limit.load(Ordering::Relaxed) {
        usize::MAX if is_marked(thread) => Err(TrapCode::Interrupted),
        _ => Ok(()),
    }
}

/// Whether the guest that called the host function which asks is to end: a function that waits long for something should
/// then return, whatever it returns. Nothing else ends a wait by itself, but for the one signal that comes with the
/// interruption: system calls such as `poll` end early by it. As it may come just before one begins, waits should be short.
///
/// ```
/// assert!(!wasmill_vm::interrupted(), "there is no guest");
/// ```
pub fn interrupted() -> bool {
    check().is_err()
}

/// Sends signals to threads with a marked activation until it has ended: it may be on its way into a loop that calls nobody.
///
/// A thread that waits gets no signals: they would make its system calls return early.
struct Reminders {
    list: Vec<Reminder>,
    /// Whether the reminding thread runs.
    running: bool,
}

struct Reminder {
    mailbox: Arc<Mailbox>,
    /// How much the thread had run when it was looked at last.
    cpu_time: u64,
}

static REMINDERS: Mutex<Reminders> = Mutex::new(Reminders {
    list: Vec::new(),
    running: false,
});

impl Reminders {
    fn add(mailbox: &Arc<Mailbox>) {
        let mut reminders = lock(&REMINDERS);
        let known = |reminder: &Reminder| Arc::ptr_eq(&reminder.mailbox, mailbox);
        if !reminders.list.iter().any(known) {
            reminders.list.push(Reminder {
                mailbox: mailbox.clone(),
                cpu_time: 0,
            });
        }
        if !reminders.running {
            let thread = std::thread::Builder::new().name("wasmill-interrupt".to_owned());
            // Without a thread the activation still ends when it calls the host, and at the next interruption.
            reminders.running = thread.spawn(Self::run).is_ok();
        }
    }

    /// The reminding thread: it ends when nobody is left to remind.
    fn run() {
        let mut pause = SOON;
        loop {
            {
                let mut reminders = lock(&REMINDERS);
                let mut reminded = false;
                reminders.list.retain_mut(|reminder| {
                    let running = reminder.remind();
                    reminded |= running == Some(true);
                    running.is_some()
                });
                if reminders.list.is_empty() {
                    reminders.running = false;
                    return;
                }
                pause = if reminded {
                    SOON
                } else {
                    (pause * 2).min(LATER)
                };
            }
            std::thread::sleep(pause);
        }
    }
}

impl Reminder {
    /// Sends a signal if the thread has run since. `None` if that is not needed any more, or else whether it has run.
    fn remind(&mut self) -> Option<bool> {
        if self.mailbox.marked.load(Ordering::Relaxed).is_null() {
            return None;
        }
        // Locked: somebody is interrupting the thread at this moment, which is a reminder as well.
        let Ok(thread) = self.mailbox.thread.try_lock() else {
            return Some(true);
        };
        let name = (*thread)?;
        // SAFETY: the thread does not end before the lock is released.
        unsafe {
            let cpu_time = name.cpu_time();
            let has_run = cpu_time != std::mem::replace(&mut self.cpu_time, cpu_time);
            if has_run {
                name.interrupt();
            }
            Some(has_run)
        }
    }
}

#[cfg(all(test, not(miri)))]
mod tests;
