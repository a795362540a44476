//! Entering WebAssembly code, leaving it, and leaving it early.
//!
//! # How a trap travels
//!
//! ```text
//!  hardware: signal ─► handle_fault: pc in code? trap site? ─┐ note frames; activation.trap = code
//!                                                            ├─► registers of activation.saved ─► entry stub "returns"
//!  host: raise(reason): put reason aside ────────────────────┘ note frames; activation.trap = PENDING        │
//!                                                                                                            v
//!  enter(): activation.trap != NONE ─► EarlyEnd { reason, backtrace from the noted frames } ─► Err
//! ```
//!
//! Frames are noted before the stack below the activation is given up, into a buffer of the thread: no allocation
//! in the handler. Their metadata is looked up afterwards.
//!
//! # Invariants
//!
//! - I1: between an entry stub and the trap that leaves it there are only WebAssembly frames, thunks, and frames of host
//!   glue that has nothing left to drop. Whoever calls [`raise`] promises it.
//! - I2: while an activation is innermost, the WebAssembly code below it runs on this thread and stays mapped: its
//!   island is held by whoever called [`enter`].
//! - I3: code in the registry is compiled code: it keeps frame pointers, does not write MXCSR, the x87 control word or
//!   the direction flag, and faults only at registered trap sites or for want of stack.
//! - I4: `exit_sp` of an activation is zero, or what the last exit thunk below it recorded. While Rust code runs on behalf
//!   of WebAssembly (all but the activation that is being entered), the thunk that led to it has not returned, so
//!   everything from `exit_sp` up to `saved.sp` is live stack.

use crate::arch::{self, Caller, FaultRegisters, Frame, Saved};
use crate::code::{self, CodeMetadata};
use crate::interrupt;
use crate::sys::{self, Fault, FaultKind};
use crate::thread::{self, Departure, ThreadState};
use std::any::Any;
use std::error::Error;
use std::ffi::c_void;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{Ordering, compiler_fence};
use wasmill_abi::{ContextHeader, TrapCode};

/// One entry from the host into WebAssembly. It lies in the frame of the Rust function that enters.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Activation {
    /// Filled by the entry stub.
    pub(crate) saved: Saved,
    /// What the entry stub calls.
    pub(crate) target: *const c_void,
    /// The activation around this one.
    prev: *mut Activation,
    /// Frame pointer of the WebAssembly code that called the host last.
    pub(crate) exit_fp: usize,
    /// Stack pointer at that call; zero if there was none yet.
    pub(crate) exit_sp: usize,
    /// [`NONE`], [`PENDING`], [`MARKED`], or a trap code plus [`FIRST_CODE`].
    trap: usize,
    /// The context that was entered.
    context: *const ContextHeader,
}

impl Activation {
    /// The last in a chain of activations, from the innermost outwards, for which this holds; null if there is none.
    ///
    /// # Safety
    ///
    /// T1 holds for `innermost`.
    pub(crate) unsafe fn outermost(
        innermost: *mut Self,
        mut holds: impl FnMut(*mut Self, *const ContextHeader) -> bool,
    ) -> *mut Self {
        let (mut next, mut found) = (innermost, ptr::null_mut());
        while !next.is_null() {
            // SAFETY: T1: a chain of live activations.
            let (context, prev) = unsafe { ((*next).context, (*next).prev) };
            if holds(next, context) {
                found = next;
            }
            next = prev;
        }
        found
    }

    /// Makes the activation end with [`TrapCode::Interrupted`] when the code in it returns, if it does not end otherwise
    /// before.
    ///
    /// # Safety
    ///
    /// It is part of this thread's chain (T1).
    pub(crate) unsafe fn mark(activation: *mut Self) {
        // SAFETY: it lives, and whatever writes this word does so on this thread.
        unsafe {
            let trap = &raw mut (*activation).trap;
            if trap.read_volatile() == NONE {
                trap.write_volatile(MARKED);
            }
        }
    }
}

/// No trap: the code returned.
const NONE: usize = 0;
/// The reason is in the thread's `pending`.
const PENDING: usize = 1;
/// The code is to be interrupted, but was not caught inside yet (`interrupt.rs`).
const MARKED: usize = 2;
/// Added to the trap codes of traps that signals raise.
const FIRST_CODE: usize = 3;

/// Why WebAssembly code was left early.
///
/// ```
/// # use wasmill_vm::{HostFunction, EndReason, VMFunction, VMStore};
/// # use std::io::Error;
/// let fail = HostFunction::typed(&VMStore::new(), || Err::<(), _>(Error::other("no more fuel")));
/// let trap = fail.callee().call::<VMFunction>(&[], Clone::clone, |f| f).unwrap_err();
/// assert!(matches!(trap.reason, EndReason::User(error) if error.to_string() == "no more fuel"));
/// ```
pub enum EndReason {
    /// A trap of WebAssembly.
    Wasm(TrapCode),
    /// An error from a host function.
    User(Box<dyn Error + Send + Sync>),
    /// A panic in a host function, to be resumed by the host code that called in.
    Panic(Box<dyn Any + Send>),
}

impl fmt::Debug for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wasm(code) => f.debug_tuple("Wasm").field(code).finish(),
            Self::User(error) => f.debug_tuple("User").field(error).finish(),
            Self::Panic(_) => f.write_str("Panic(..)"),
        }
    }
}

/// An early end of a call, and where it happened.
///
/// ```
/// # use wasmill_vm::{EndReason, HostFunction, VMFunction, VMStore};
/// # use std::io::Error;
/// let fail = HostFunction::typed(&VMStore::new(), || Err::<(), _>(Error::other("no more fuel")));
/// let trap = fail.callee().call::<VMFunction>(&[], Clone::clone, |f| f).unwrap_err();
/// assert!(trap.backtrace.frames.is_empty(), "no guest was on the stack");
/// ```
#[derive(Debug)]
pub struct EarlyEnd {
    /// Why.
    pub reason: EndReason,
    /// Where.
    pub backtrace: Backtrace,
}

/// A place in published code.
#[derive(Clone)]
pub struct CodeLocation {
    /// What was registered with the code.
    pub metadata: Arc<dyn CodeMetadata>,
    /// Bytes from the start of the code to an address inside the instruction: its first byte for the place of a trap,
    /// the last byte for calls.
    pub offset: u32,
}

impl fmt::Debug for CodeLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}+{:#x}",
            Arc::as_ptr(&self.metadata).cast::<()>(),
            self.offset
        )
    }
}

/// The WebAssembly frames of a thread's stack, innermost first; host frames between them are left out.
///
/// ```
/// # use wasmill_vm::{Backtrace, Trap, TrapCode};
/// let trap_code = TrapCode::StackOverflow;
/// let trap = Trap::Lib { trap_code, backtrace: Backtrace::default() };
/// assert!(matches!(trap, Trap::Lib { backtrace, .. } if backtrace.frames.is_empty()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    /// The frames, at most 128. Some may belong to code that stands for no operator.
    pub frames: Vec<CodeLocation>,
}

impl Backtrace {
    /// The frames that are on this thread's stack now. Empty outside of host functions that WebAssembly called.
    ///
    /// ```
    /// # use wasmill_vm::Backtrace;
    /// assert!(Backtrace::capture().frames.is_empty(), "no guest has called us");
    /// ```
    pub fn capture() -> Self {
        let thread = thread::current();
        let activation = thread.innermost();
        // (In a trap handler there is no token. No thunk has recorded where the code was left.)
        if activation.is_null() || thread::token() == 0 {
            return Self::default();
        }
        // SAFETY: T2: there is an activation, so the thread is prepared; the reference is not used by others meanwhile.
        let departure = unsafe { thread.departure() };
        // SAFETY: T1; Rust code runs, so the last exit of every activation is current (I4).
        unsafe { Frames::begin(departure).note_activations(activation) };
        Self::of_noted(departure)
    }

    /// Looks up the noted frames, innermost first.
    fn of_noted(departure: &Departure) -> Self {
        let frames = departure.frames().iter().filter_map(|pc| code::lookup(*pc));
        Self {
            frames: frames
                .map(|(metadata, offset)| CodeLocation { metadata, offset })
                .collect(),
        }
    }
}

/// Notes frames for a trap to take along.
struct Frames<'a> {
    departure: &'a mut Departure,
}

impl<'a> Frames<'a> {
    fn begin(departure: &'a mut Departure) -> Self {
        departure.begin();
        Self { departure }
    }

    /// Notes `frame` and its callers up to the entry stub with this `entry_sp`. False if the buffer is full.
    ///
    /// # Safety
    ///
    /// `frame` is one of WebAssembly code below that entry; the stack is live from `lowest` up to `entry_sp`.
    unsafe fn note_chain(&mut self, frame: Frame, lowest: usize, entry_sp: usize) -> bool {
        let mut next = Some(frame);
        while let Some(frame) = next {
            if !self.departure.note(frame.pc) {
                return false;
            }
            // SAFETY: passed on.
            next = unsafe { arch::next_frame(frame, lowest, entry_sp) };
        }
        true
    }

    /// Notes the frames of an activation that the host was called from, and of all around it.
    ///
    /// # Safety
    ///
    /// T1 and I4 hold for `activation`, which may be null.
    unsafe fn note_activations(&mut self, activation: *mut Activation) {
        let mut next = activation;
        // SAFETY: T1: a chain of live activations.
        while let Some(activation) = unsafe { next.as_ref() } {
            if activation.exit_sp != 0 {
                // SAFETY: I4.
                let complete = unsafe {
                    let frame = arch::frame_at_exit(activation.exit_fp, activation.exit_sp);
                    self.note_chain(frame, activation.exit_sp, activation.saved.sp)
                };
                if !complete {
                    return;
                }
            }
            next = activation.prev;
        }
    }

    /// Notes the frames of code that a signal met, and those of the activations around it.
    ///
    /// # Safety
    ///
    /// The registers are those of a signal in WebAssembly code that runs in `activation`.
    unsafe fn note_fault(&mut self, registers: FaultRegisters, activation: &Activation) {
        let entry_sp = activation.saved.sp;
        let lowest = registers.sp;
        self.departure.note(registers.pc);
        // SAFETY: I3: frame pointers are kept, and the stack is live from the stack pointer up.
        let complete = unsafe {
            let own = Frame {
                pc: registers.pc,
                fp: registers.fp,
            };
            let caller = match arch::caller_without_frame(registers, entry_sp) {
                None => arch::next_frame(own, lowest, entry_sp),
                Some(Caller::Entry) => None,
                Some(Caller::Code(frame)) => Some(frame),
            };
            caller.is_none_or(|caller| self.note_chain(caller, lowest, entry_sp))
        };
        if complete {
            // SAFETY: T1, and the activations around the innermost one have called the host (I4).
            unsafe { self.note_activations(activation.prev) };
        }
    }
}

/// The address to cast to the C signature of the code that is entered.
#[inline(always)]
pub(crate) fn entry_stub() -> *const c_void {
    arch::entry as *const c_void
}

/// Runs `call` inside a new activation. `call` casts the stub it is given to the C signature of `code` and calls it once,
/// with `context` as the first argument.
///
/// # Errors
///
/// The trap that ended the code early.
///
/// # Safety
///
/// - The thread holds the domain of `context`, and so is prepared (T3).
/// - `context` is what `code` expects, and stays valid; so does `code` (I2).
/// - `call` owns nothing that must be dropped, and does nothing else of note: a trap leaves the stub with a garbage
///   result, so every bit pattern must be a valid `R`.
#[inline(always)]
pub(crate) unsafe fn enter<R>(
    context: *mut ContextHeader,
    code: *const c_void,
    call: impl FnOnce(*const c_void) -> R,
) -> Result<R, EarlyEnd> {
    let thread = thread::current();
    debug_assert_ne!(thread::token(), 0, "T3: whoever enters holds a domain");
    let mut activation = MaybeUninit::<Activation>::uninit();
    let activation = activation.as_mut_ptr();
    let prev = thread.innermost();
    // SAFETY: the place is ours. `saved` and `exit_fp` are written before anything reads them: by the stub, and by
    // exit thunks together with `exit_sp`. The caller vouches for the context.
    unsafe {
        (&raw mut (*activation).target).write(code);
        (&raw mut (*activation).prev).write(prev);
        (&raw mut (*activation).exit_sp).write(0);
        (&raw mut (*activation).trap).write(NONE);
        (&raw mut (*activation).context).write(context);
    }
    // Whoever interrupts finds the activation complete while it is in the chain, and leaves it alone afterwards: so its
    // trap is read when it is out.
    compiler_fence(Ordering::SeqCst);
    thread.activation.store(activation, Ordering::Relaxed);
    let result = call(entry_stub());
    thread.activation.store(prev, Ordering::Relaxed);
    compiler_fence(Ordering::SeqCst);
    // SAFETY: written above, and by whoever raised a trap. Volatile: the compiler cannot see the latter.
    let trap = unsafe { (&raw const (*activation).trap).read_volatile() };
    if trap != NONE {
        return Err(take_trap(thread, activation, trap));
    }
    Ok(result)
}

/// Puts the trap together that an activation was left with.
#[cold]
#[inline(never)]
fn take_trap(thread: &ThreadState, activation: *mut Activation, trap: usize) -> EarlyEnd {
    interrupt::forget_mark(thread, activation);
    // SAFETY: T2: the activation that was left is gone, and what it left is for nobody else.
    let departure = unsafe { thread.departure() };
    if trap == MARKED {
        // The code has returned before it was caught: there are no frames.
        departure.begin();
    }
    let backtrace = Backtrace::of_noted(departure);
    let reason = match trap {
        PENDING => departure.reason.take().expect("raise stores a reason"),
        MARKED => EndReason::Wasm(TrapCode::Interrupted),
        code => EndReason::Wasm(
            TrapCode::from_u32((code - FIRST_CODE) as u32)
                .expect("signal handlers store a trap code"),
        ),
    };
    EarlyEnd { reason, backtrace }
}

/// Leaves the innermost activation with a trap.
///
/// # Safety
///
/// I1: no frame between this call and the entry stub has anything left to drop or to do, and all of them are frames of
/// WebAssembly code, thunks and glue. The thunk has recorded the exit.
#[cold]
#[inline(never)]
pub(crate) unsafe fn raise(reason: EndReason) -> ! {
    let thread = thread::current();
    let activation = thread.innermost();
    assert!(
        !activation.is_null(),
        "a trap was raised outside of a WebAssembly call"
    );
    // SAFETY: T2: there is an activation, so the thread is prepared; `take_trap` is done with what was there before.
    let departure = unsafe { thread.departure() };
    departure.reason = Some(reason);
    // SAFETY: T1, I4.
    unsafe { Frames::begin(departure).note_activations(activation) };
    // SAFETY: T1.
    unsafe { (&raw mut (*activation).trap).write_volatile(PENDING) };
    // SAFETY: the caller's promise (I1).
    unsafe { arch::resume(&raw const (*activation).saved) }
}

/// Raises a stack overflow unless host code has its reserve of stack. Entries that no exit thunk guards call it before host
/// code runs.
///
/// # Safety
///
/// As for [`raise`].
#[inline(always)]
pub(crate) unsafe fn check_host_stack() {
    let sp = arch::stack_pointer();
    if sp < thread::current().stack_limit.load(Ordering::Relaxed) {
        // SAFETY: passed on.
        unsafe { short_of_stack(sp) };
    }
}

/// What happens when the stack pointer of host code is below the thread's limit.
///
/// # Safety
///
/// As for [`raise`].
#[cold]
#[inline(never)]
pub(crate) unsafe extern "C" fn short_of_stack(sp: usize) {
    let thread = thread::current();
    let own = thread.stack.get();
    // On a stack that is not the thread's own (a coroutine's) nothing is known about its end.
    if sp < own.limit() && sp >= own.low.saturating_sub(own.guard) {
        // SAFETY: passed on.
        unsafe { raise(EndReason::Wasm(TrapCode::StackOverflow)) };
    }
    // Not for want of stack, then.
    if interrupt::is_marked(thread) {
        // SAFETY: passed on.
        unsafe { raise(EndReason::Wasm(TrapCode::Interrupted)) };
    }
}

/// Passes every aligned 32-bit word that WebAssembly code on this thread could hold to `visit`: the stack from here to the
/// outermost entry, and the callee-saved registers.
pub(crate) fn scan_stack(mut visit: impl FnMut(u32)) {
    let thread = thread::current();
    let mut outermost = NonNull::new(thread.innermost());
    let mut entry_sp = 0;
    while let Some(activation) = outermost {
        // SAFETY: T1: a chain of live activations, each with its entry's stack pointer.
        let activation = unsafe { activation.as_ref() };
        entry_sp = activation.saved.sp;
        outermost = NonNull::new(activation.prev);
    }
    if entry_sp == 0 {
        return;
    }
    let end = end_of_arguments(thread, entry_sp);
    arch::with_saved_registers(|lowest| {
        let mut word = lowest as *const u32;
        while word.addr() < end {
            // SAFETY: between the current frame and the end of the outermost entry's arguments everything is live stack
            // of this thread.
            visit(unsafe { arch::read_untyped(word) });
            word = word.wrapping_add(1);
        }
    });
}

/// An address behind the stack arguments of an entry: at most 1000 parameters of 16 bytes.
fn end_of_arguments(thread: &ThreadState, entry_sp: usize) -> usize {
    const MOST_ARGUMENTS: usize = 1002 * 16;
    match thread.stack.get().high {
        high if high > entry_sp => high.min(entry_sp + MOST_ARGUMENTS),
        // Another stack, whose end is unknown: what is surely there is the frame of the caller with its activation.
        _ => entry_sp,
    }
}

/// Decides about a fault: if it is a trap of WebAssembly code, makes the handler's return leave the innermost activation.
///
/// This runs in a signal handler: no allocation, no lock, no panic, but in a trap handler of the embedder's own, which is
/// asked first.
pub(crate) fn handle_fault(fault: &Fault) -> bool {
    // A signal that somebody sent says nothing about the instruction it happened to meet.
    if !fault.is_synchronous {
        return false;
    }
    // SAFETY: the context is the kernel's.
    let registers = unsafe { arch::fault_registers(fault.context) };
    let Some(meaning) = code::fault_meaning(registers.pc) else {
        return false;
    };
    // The thread local is touched only now: on threads that never ran WebAssembly it might not be there yet.
    let thread = thread::current();
    let activation = thread.innermost();
    if activation.is_null() {
        return false;
    }
    // SAFETY: T1; the context is valid while the activation lives (I2).
    let store = unsafe { (*(*activation).context).store.cast() };
    if thread.ask_trap_handler(store, fault) {
        return true;
    }
    let exhausted =
        || is_stack_overflow(thread, fault, registers.sp).then_some(TrapCode::StackOverflow);
    let code = meaning.site.or_else(exhausted).or(meaning.otherwise);
    let Some(code) = code else {
        return false;
    };
    // SAFETY: the activation is not null, and the pc is in WebAssembly code.
    unsafe { leave(thread, fault.context, code) };
    true
}

/// Makes the return from a signal handler leave the innermost activation with a trap.
///
/// # Safety
///
/// `context` is that of a signal that met WebAssembly code on this thread, which has an activation, therefore.
pub(crate) unsafe fn leave(thread: &ThreadState, context: *mut c_void, code: TrapCode) {
    let activation = thread.innermost();
    // SAFETY: T1; WebAssembly code runs in the innermost activation. Below it are WebAssembly frames only: nothing to drop
    // (I1).
    unsafe {
        let registers = arch::fault_registers(context);
        Frames::begin(thread.departure()).note_fault(registers, &*activation);
        (&raw mut (*activation).trap).write_volatile(code as usize + FIRST_CODE);
        arch::redirect(context, &raw const (*activation).saved);
    }
}

/// Farther below the stack than any probe of a new frame reaches.
const MOST_PROBED: usize = 16 << 20;

/// Whether code that can fault for want of stack only (I3) did so: the address lies below the stack's end or shortly
/// below the stack pointer.
fn is_stack_overflow(thread: &ThreadState, fault: &Fault, sp: usize) -> bool {
    if fault.kind != FaultKind::Memory {
        return false;
    }
    let stack = thread.stack.get();
    let below =
        |end: usize| end != 0 && (end.saturating_sub(MOST_PROBED)..end).contains(&fault.address);
    below(stack.low + stack.guard) || below(sp + sys::page_size())
}

#[cfg(all(test, not(miri)))]
mod tests;
