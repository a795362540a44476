//! x86-64, System V convention.
//!
//! # The stack while WebAssembly runs
//!
//! ```text
//!  high │ Rust frame of the caller, with its `Activation`        callee-saved registers of the caller are in
//!       │ stack arguments of the call, if any                    activation.saved, with the stub's return address
//!       ├─────────────────────────────────────────── ◄── saved.sp (16-byte aligned)
//!       │ return address into `entry`                  the slot in which the stub's own return address was
//!       │ rbp of the caller                          ◄── rbp of the outermost WebAssembly function
//!       │ … WebAssembly frames, linked by rbp …
//!       ├───────────────────────────────────────────
//!       │ return address into WebAssembly            ◄── exit_sp (rsp before the thunk's first instruction)
//!       │ Rust frames of a host function or built-in     exit_fp is the rbp of the WebAssembly caller
//!  low  ▼
//! ```
//!
//! The entry stub has no frame: it moves its return address from the stack into the activation, so that stack arguments
//! are where the callee expects them, and puts it back to return. Every `call` is met by a `ret` to the same place, which
//! keeps the processor's return stack (and a shadow stack, on the way without traps) right.
//!
//! # What the stub keeps
//!
//! rbx holds the activation over the call: it is callee-saved, so it has survived when the call is over. On a trap,
//! rbx, rbp, rsp and r12 to r15 come from the activation, all that the C convention promises to a caller. MXCSR, the x87
//! control word and the direction flag belong to the host and are never written: WebAssembly code leaves them as they are.
//! Nothing is kept below rsp (the red zone) across the stub, so signals may arrive at every instruction.
//!
//! # Shadow stacks
//!
//! A trap leaves return addresses of skipped frames on a user shadow stack. The platform switches one on only for
//! programs whose every part is marked for it, which Rust programs are not; `resume` and `redirect` would have to pop
//! it.

use super::Frame;
use crate::thread::ThreadState;
#[cfg(not(miri))]
use std::arch::global_asm;
use std::arch::{asm, naked_asm};
use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::ptr;

use crate::traps::Activation;

/// How C passes a vector of 16 bytes.
pub(crate) type Vector = std::arch::x86_64::__m128i;

/// Names the thread-local storage. Versions of this crate in one program have storage of their own.
macro_rules! thread_state_symbol {
    () => {
        concat!(
            "wasmill_thread_state_",
            env!("CARGO_PKG_VERSION_MAJOR"),
            "_",
            env!("CARGO_PKG_VERSION_MINOR"),
            "_",
            env!("CARGO_PKG_VERSION_PATCH")
        )
    };
}
pub(crate) use thread_state_symbol;

/// What an entry saves and a trap restores.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Saved {
    /// Where the entry stub returns to.
    pub(crate) ret: usize,
    /// The stack pointer of the caller behind the call.
    pub(crate) sp: usize,
    rbx: usize,
    rbp: usize,
    r12: usize,
    r13: usize,
    r14: usize,
    r15: usize,
}

/// The entry stub. It is called with the C signature of `activation.target`; see `wasmill_abi::call`.
///
/// # Safety
///
/// The thread's innermost activation is the caller's, and its target has the signature that the caller uses.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn entry() {
    naked_asm!(
        // rax, r10 and r11 carry no argument. What the caller keeps in rbx comes back by way of this address: so it is not
        // read from anything that the caller may have got from rbx, and one call need not wait for another.
        concat!("mov rax, qword ptr [rip + ", thread_state_symbol!(), "@GOTTPOFF]"),
        "mov rax, qword ptr fs:[rax + {activation}]",
        "pop qword ptr [rax + {ret}]",
        "mov [rax + {sp}], rsp",
        "mov [rax + {rbx}], rbx",
        "mov [rax + {rbp}], rbp",
        "mov [rax + {r12}], r12",
        "mov [rax + {r13}], r13",
        "mov [rax + {r14}], r14",
        "mov [rax + {r15}], r15",
        "mov rbx, rax",
        "call [rax + {target}]",
        "push qword ptr [rbx + {ret}]",
        "mov rbx, [rbx + {rbx}]",
        "ret",
        activation = const offset_of!(ThreadState, activation),
        target = const offset_of!(Activation, target),
        ret = const offset_of!(Saved, ret),
        sp = const offset_of!(Saved, sp),
        rbx = const offset_of!(Saved, rbx),
        rbp = const offset_of!(Saved, rbp),
        r12 = const offset_of!(Saved, r12),
        r13 = const offset_of!(Saved, r13),
        r14 = const offset_of!(Saved, r14),
        r15 = const offset_of!(Saved, r15),
    );
}

/// Returns from the entry stub that filled `saved`, leaving all frames below it.
///
/// # Safety
///
/// The stub's callee has not returned, and no frame that is left has a destructor to run.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn resume(saved: *const Saved) -> ! {
    naked_asm!(
        "mov rsp, [rdi + {sp}]",
        "mov rbx, [rdi + {rbx}]",
        "mov rbp, [rdi + {rbp}]",
        "mov r12, [rdi + {r12}]",
        "mov r13, [rdi + {r13}]",
        "mov r14, [rdi + {r14}]",
        "mov r15, [rdi + {r15}]",
        "jmp [rdi + {ret}]",
        ret = const offset_of!(Saved, ret),
        sp = const offset_of!(Saved, sp),
        rbx = const offset_of!(Saved, rbx),
        rbp = const offset_of!(Saved, rbp),
        r12 = const offset_of!(Saved, r12),
        r13 = const offset_of!(Saved, r13),
        r14 = const offset_of!(Saved, r14),
        r15 = const offset_of!(Saved, r15),
    );
}

/// Integer and pointer arguments that travel in registers.
pub(crate) const GPR_ARGS: usize = 6;
/// Float and vector arguments that travel in registers.
pub(crate) const XMM_ARGS: usize = 8;

/// The arguments of a call, sorted by the C convention: rdi to r9, xmm0 to xmm7, and the words on the stack.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct RegisterArgs {
    /// rdi, rsi, rdx, rcx, r8, r9.
    pub(crate) gpr: [u64; GPR_ARGS],
    /// xmm0 to xmm7.
    pub(crate) xmm: [u128; XMM_ARGS],
    /// The words that go on the stack, lowest address first; the first one lands 16-byte aligned.
    pub(crate) stack: *const u64,
    /// How many there are.
    pub(crate) stack_words: usize,
}

impl Default for RegisterArgs {
    fn default() -> Self {
        Self {
            gpr: [0; GPR_ARGS],
            xmm: [0; XMM_ARGS],
            stack: ptr::null(),
            stack_words: 0,
        }
    }
}

/// The registers that hold a result.
#[repr(C)]
#[derive(Debug, Default)]
pub(crate) struct RegisterResults {
    /// xmm0.
    pub(crate) xmm0: u128,
    /// rax.
    pub(crate) rax: u64,
}

/// Calls `target` with these arguments.
///
/// # Safety
///
/// `target` is a C function for which `args` are sorted correctly, with at most one result and that in rax or xmm0;
/// `args.stack` is valid for `args.stack_words` words. What else `target` demands holds.
#[inline(always)]
pub(crate) unsafe fn invoke_raw(target: *const c_void, args: &RegisterArgs) -> RegisterResults {
    let mut results = RegisterResults::default();
    // SAFETY: the caller vouches for target and arguments; `results` is live and of the layout that `invoke` fills.
    unsafe { invoke(target, args, &mut results) };
    results
}

#[unsafe(naked)]
unsafe extern "C" fn invoke(
    target: *const c_void,
    args: *const RegisterArgs,
    results: *mut RegisterResults,
) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push rbx", // aligns
        "mov rbx, rdx",
        "mov rax, rsi",
        "mov r11, rdi",
        // Room for the stack words, a multiple of 16 bytes; then copy from the last to the first.
        "mov rcx, [rax + {stack_words}]",
        "test rcx, rcx",
        "jz 3f",
        "mov rsi, [rax + {stack}]",
        "lea rdx, [rcx * 8 + 15]",
        "and rdx, -16",
        // Touch every page on the way down, as any C function with a large frame must.
        "4:",
        "cmp rdx, 4096",
        "jb 5f",
        "sub rsp, 4096",
        "or qword ptr [rsp], 0",
        "sub rdx, 4096",
        "jmp 4b",
        "5:",
        "sub rsp, rdx",
        "2:",
        "mov rdx, [rsi + rcx * 8 - 8]",
        "mov [rsp + rcx * 8 - 8], rdx",
        "dec rcx",
        "jnz 2b",
        "3:",
        "movups xmm0, [rax + {xmm}]",
        "movups xmm1, [rax + {xmm} + 16]",
        "movups xmm2, [rax + {xmm} + 32]",
        "movups xmm3, [rax + {xmm} + 48]",
        "movups xmm4, [rax + {xmm} + 64]",
        "movups xmm5, [rax + {xmm} + 80]",
        "movups xmm6, [rax + {xmm} + 96]",
        "movups xmm7, [rax + {xmm} + 112]",
        "mov rdi, [rax + {gpr}]",
        "mov rsi, [rax + {gpr} + 8]",
        "mov rdx, [rax + {gpr} + 16]",
        "mov rcx, [rax + {gpr} + 24]",
        "mov r8, [rax + {gpr} + 32]",
        "mov r9, [rax + {gpr} + 40]",
        "call r11",
        "mov [rbx + {rax}], rax",
        "movups [rbx + {xmm0}], xmm0",
        "mov rbx, [rbp - 8]",
        "leave",
        "ret",
        gpr = const offset_of!(RegisterArgs, gpr),
        xmm = const offset_of!(RegisterArgs, xmm),
        stack = const offset_of!(RegisterArgs, stack),
        stack_words = const offset_of!(RegisterArgs, stack_words),
        rax = const offset_of!(RegisterResults, rax),
        xmm0 = const offset_of!(RegisterResults, xmm0),
    );
}

/// What an entry made by `dynamic_host_entry!` hands to Rust: the arguments as they came, and room for a result.
///
/// `xmm` and `gpr` hold the arguments; the words on the stack start at `stack`. Before it returns, the Rust function puts
/// a result into `gpr[0]` or `xmm[0]`.
#[repr(C, align(16))]
#[derive(Debug)]
pub(crate) struct DynamicFrame {
    /// xmm0 to xmm7; `xmm[0]` takes a float or vector result.
    pub(crate) xmm: [u128; XMM_ARGS],
    /// rdi to r9, the first of them the context; `gpr[0]` takes an integer or reference result.
    pub(crate) gpr: [u64; GPR_ARGS],
    saved_rbp: u64,
    return_address: u64,
    /// The first word of the stack arguments. More follow: only the function's type says how many.
    pub(crate) stack: [u64; 0],
}

/// Bytes below the saved rbp in a [`DynamicFrame`].
pub(crate) const DYNAMIC_FRAME_SIZE: usize = offset_of!(DynamicFrame, saved_rbp);
const _: () = assert!(DYNAMIC_FRAME_SIZE.is_multiple_of(16));
const _: () = assert!(size_of::<DynamicFrame>() == DYNAMIC_FRAME_SIZE + 16);

/// Where exit thunks go when the host's reserve of stack is touched: raises a stack overflow, or goes on in the function
/// whose address is in rax if nothing is known of the stack.
///
/// # Safety
///
/// Only thunks jump here, with a C function's arguments in place.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn exit_short_of_stack() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rax",
        "push rdi",
        "push rsi",
        "push rdx",
        "push rcx",
        "push r8",
        "push r9",
        "sub rsp, 136", // eight vectors, aligned
        "movaps [rsp], xmm0",
        "movaps [rsp + 16], xmm1",
        "movaps [rsp + 32], xmm2",
        "movaps [rsp + 48], xmm3",
        "movaps [rsp + 64], xmm4",
        "movaps [rsp + 80], xmm5",
        "movaps [rsp + 96], xmm6",
        "movaps [rsp + 112], xmm7",
        "mov rdi, rsp",
        "call {short_of_stack}",
        "movaps xmm0, [rsp]",
        "movaps xmm1, [rsp + 16]",
        "movaps xmm2, [rsp + 32]",
        "movaps xmm3, [rsp + 48]",
        "movaps xmm4, [rsp + 64]",
        "movaps xmm5, [rsp + 80]",
        "movaps xmm6, [rsp + 96]",
        "movaps xmm7, [rsp + 112]",
        "add rsp, 136",
        "pop r9",
        "pop r8",
        "pop rcx",
        "pop rdx",
        "pop rsi",
        "pop rdi",
        "pop rax",
        "pop rbp",
        "jmp rax",
        short_of_stack = sym crate::traps::short_of_stack,
    );
}

/// Defines the entry of a host function or built-in: it records the WebAssembly caller in the innermost activation, makes
/// sure that the host has its reserve of stack, and goes on in a C function of the same signature.
///
/// `exit_thunk!(fn name => target)`, or with generics `exit_thunk!(fn name[F: Fn() + 'static] => target::<F>)`.
/// The name becomes an `unsafe extern "C" fn()`: only its address is of use.
macro_rules! exit_thunk {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $([$($generics:tt)*])? => $($target:tt)+) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name $(<$($generics)*>)? () {
            ::std::arch::naked_asm!(
                ::std::concat!("mov rax, qword ptr [rip + ", $crate::arch::thread_state_symbol!(), "@GOTTPOFF]"),
                "cmp rsp, qword ptr fs:[rax + {limit}]",
                "mov rax, qword ptr fs:[rax + {activation}]",
                "mov [rax + {exit_fp}], rbp",
                "mov [rax + {exit_sp}], rsp",
                // (A jump to a jump would cost more than the stores.)
                "jae {target}",
                "lea rax, [rip + {target}]",
                "jmp {short}",
                activation = const ::std::mem::offset_of!($crate::thread::ThreadState, activation),
                exit_fp = const ::std::mem::offset_of!($crate::traps::Activation, exit_fp),
                exit_sp = const ::std::mem::offset_of!($crate::traps::Activation, exit_sp),
                limit = const ::std::mem::offset_of!($crate::thread::ThreadState, stack_limit),
                short = sym $crate::arch::exit_short_of_stack,
                target = sym $($target)+,
            );
        }
    };
}
pub(crate) use exit_thunk;

/// Defines an entry for host functions whose type is known only at run time: it records the WebAssembly caller, spills all
/// argument registers into a `DynamicFrame`, calls `target(frame: *mut DynamicFrame)` (an `extern "C"` function) and
/// returns what that left in the frame.
macro_rules! dynamic_host_entry {
    ($(#[$meta:meta])* $vis:vis fn $name:ident => $target:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name() {
            ::std::arch::naked_asm!(
                ::std::concat!("mov rax, qword ptr [rip + ", $crate::arch::thread_state_symbol!(), "@GOTTPOFF]"),
                "mov rax, qword ptr fs:[rax + {activation}]",
                "mov [rax + {exit_fp}], rbp",
                "mov [rax + {exit_sp}], rsp",
                "push rbp",
                "mov rbp, rsp",
                "sub rsp, {size}",
                "movaps [rsp + {xmm}], xmm0",
                "movaps [rsp + {xmm} + 16], xmm1",
                "movaps [rsp + {xmm} + 32], xmm2",
                "movaps [rsp + {xmm} + 48], xmm3",
                "movaps [rsp + {xmm} + 64], xmm4",
                "movaps [rsp + {xmm} + 80], xmm5",
                "movaps [rsp + {xmm} + 96], xmm6",
                "movaps [rsp + {xmm} + 112], xmm7",
                "mov [rsp + {gpr}], rdi",
                "mov [rsp + {gpr} + 8], rsi",
                "mov [rsp + {gpr} + 16], rdx",
                "mov [rsp + {gpr} + 24], rcx",
                "mov [rsp + {gpr} + 32], r8",
                "mov [rsp + {gpr} + 40], r9",
                "mov rdi, rsp",
                "call {target}",
                "mov rax, [rsp + {gpr}]",
                "movaps xmm0, [rsp + {xmm}]",
                "leave",
                "ret",
                activation = const ::std::mem::offset_of!($crate::thread::ThreadState, activation),
                exit_fp = const ::std::mem::offset_of!($crate::traps::Activation, exit_fp),
                exit_sp = const ::std::mem::offset_of!($crate::traps::Activation, exit_sp),
                size = const $crate::arch::DYNAMIC_FRAME_SIZE,
                xmm = const ::std::mem::offset_of!($crate::arch::DynamicFrame, xmm),
                gpr = const ::std::mem::offset_of!($crate::arch::DynamicFrame, gpr),
                target = sym $target,
            );
        }
    };
}
pub(crate) use dynamic_host_entry;

// Not `thread_local!`: in a library, the compiler reaches those through a function call that spoils all registers, even
// where the linker later replaces the call. The storage is small enough for libraries that are loaded at run time, too.
#[cfg(not(miri))]
global_asm!(
    concat!(".pushsection .tbss.", thread_state_symbol!(), ",\"awT\",@nobits"),
    ".p2align {align}",
    concat!(".globl ", thread_state_symbol!()),
    concat!(".type ", thread_state_symbol!(), ", @object"),
    concat!(".size ", thread_state_symbol!(), ", {size}"),
    concat!(thread_state_symbol!(), ": .zero {size}"),
    ".popsection",
    align = const align_of::<ThreadState>().trailing_zeros(),
    size = const size_of::<ThreadState>(),
);

/// The current thread's state: storage that is all zero when the thread starts.
#[cfg(not(miri))]
#[inline(always)]
pub(crate) fn thread_state() -> *const ThreadState {
    let state;
    // SAFETY: computes an address; the result is the same as long as the thread runs, and code does not change threads.
    unsafe {
        asm!(
            "mov {0}, qword ptr fs:[0]",
            concat!("add {0}, qword ptr [rip + ", thread_state_symbol!(), "@GOTTPOFF]"),
            out(reg) state, options(pure, nomem, nostack)
        );
    }
    state
}

#[cfg(miri)]
pub(crate) fn thread_state() -> *const ThreadState {
    // SAFETY: all zero is a valid state.
    thread_local!(static STATE: ThreadState = const { unsafe { std::mem::zeroed() } });
    STATE.with(ptr::from_ref)
}

/// The current stack pointer.
#[cfg(not(miri))]
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    let sp;
    // SAFETY: only reads a register.
    unsafe { asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// An address on no stack that anybody knows of.
#[cfg(miri)]
pub(crate) fn stack_pointer() -> usize {
    usize::MAX
}

/// Reads a word of the stack of which nothing is known: the compiler must not assume that its bytes have a type, and
/// AddressSanitizer not that they belong to a variable.
///
/// # Safety
///
/// The address is aligned and readable.
#[inline(always)]
pub(crate) unsafe fn read_untyped(address: *const u32) -> u32 {
    let word;
    // SAFETY: as the caller promises.
    unsafe {
        asm!("mov {0:e}, [{1}]", out(reg) word, in(reg) address, options(readonly, nostack, preserves_flags));
    };
    word
}

/// Calls `f` with the callee-saved registers spilled to the stack and the address below which nothing of interest lies.
#[inline(never)]
pub(crate) fn with_saved_registers<R>(f: impl FnOnce(usize) -> R) -> R {
    let mut registers = [0usize; 6];
    // SAFETY: stores six registers into an array of six.
    unsafe {
        asm!(
            "mov [{0}], rbx", "mov [{0} + 8], rbp", "mov [{0} + 16], r12",
            "mov [{0} + 24], r13", "mov [{0} + 32], r14", "mov [{0} + 40], r15",
            in(reg) registers.as_mut_ptr(), options(nostack, preserves_flags)
        );
    }
    let registers = std::hint::black_box(&registers);
    f(registers.as_ptr().addr())
}

/// The frame of the WebAssembly function that called out with these values in its callee's context header.
///
/// # Safety
///
/// They were stored by an exit thunk that has not returned.
pub(crate) unsafe fn frame_at_exit(exit_fp: usize, exit_sp: usize) -> Frame {
    // SAFETY: the thunk's caller has pushed its return address there.
    let return_address = unsafe { (exit_sp as *const usize).read() };
    Frame {
        pc: return_address - 1,
        fp: exit_fp,
    }
}

/// The registers of interest in code that a signal met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultRegisters {
    pub(crate) pc: usize,
    pub(crate) fp: usize,
    pub(crate) sp: usize,
}

/// The caller, if a signal met a function at its start or end, where it has no frame: then rbp is still, or again, the
/// caller's.
///
/// # Safety
///
/// The registers are those of a signal in WebAssembly code below an entry with this `entry_sp`.
pub(crate) unsafe fn caller_without_frame(
    registers: FaultRegisters,
    entry_sp: usize,
) -> Option<Caller> {
    const PUSH_RBP: u8 = 0x55;
    const WIDE: u8 = 0x48;
    /// Behind the prefix; compilers differ in which of the two encodings they choose.
    const MOV_RBP_RSP: [[u8; 2]; 2] = [[0x89, 0xe5], [0x8b, 0xec]];
    const RET: u8 = 0xc3;
    let instruction = registers.pc as *const u8;
    // SAFETY: the instruction at pc was about to be executed; the bytes after the first are read if that is the start of
    // the longer one.
    let pushed = unsafe {
        match instruction.read() {
            PUSH_RBP | RET => 0,
            WIDE => {
                let next = [instruction.add(1).read(), instruction.add(2).read()];
                if !MOV_RBP_RSP.contains(&next) {
                    return None;
                }
                size_of::<usize>()
            }
            _ => return None,
        }
    };
    let place = registers.sp + pushed;
    if place + size_of::<usize>() >= entry_sp {
        return Some(Caller::Entry);
    }
    // SAFETY: the return address is on top of the stack, or below what was pushed; that is less than `entry_sp`.
    let return_address = unsafe { (place as *const usize).read() };
    Some(Caller::Code(Frame {
        pc: return_address - 1,
        fp: registers.fp,
    }))
}

/// Who called a function that has no frame.
#[derive(Debug)]
pub(crate) enum Caller {
    /// The entry stub.
    Entry,
    /// Another WebAssembly function.
    Code(Frame),
}

/// The caller's frame, or `None` if the entry stub with this `entry_sp` is the caller.
///
/// # Safety
///
/// `frame` is one of WebAssembly code below that entry, and `lowest` is the lowest live address of the stack.
#[inline]
pub(crate) unsafe fn next_frame(frame: Frame, lowest: usize, entry_sp: usize) -> Option<Frame> {
    let record_end = frame.fp.checked_add(2 * size_of::<usize>())?;
    // The check against `lowest` and `entry_sp` keeps reads inside the stack even if a frame pointer is garbage.
    if frame.fp < lowest || record_end >= entry_sp || !frame.fp.is_multiple_of(size_of::<usize>()) {
        return None;
    }
    let record = frame.fp as *const [usize; 2];
    // SAFETY: the record lies between `lowest` and `entry_sp`, which is live stack.
    let [fp, return_address] = unsafe { record.read() };
    (fp > frame.fp && return_address > 0).then_some(Frame {
        pc: return_address - 1,
        fp,
    })
}

/// The registers of a signal's context.
///
/// # Safety
///
/// `context` is what the kernel passed to a signal handler.
#[cfg(target_os = "linux")]
pub(crate) unsafe fn fault_registers(context: *const c_void) -> FaultRegisters {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the caller vouches for the context.
    let registers = unsafe { &(*context).uc_mcontext.gregs };
    FaultRegisters {
        pc: registers[libc::REG_RIP as usize] as usize,
        fp: registers[libc::REG_RBP as usize] as usize,
        sp: registers[libc::REG_RSP as usize] as usize,
    }
}

/// Makes the handler's return do what [`resume`] does.
///
/// # Safety
///
/// As for [`resume`], and as for [`fault_registers`].
#[cfg(target_os = "linux")]
pub(crate) unsafe fn redirect(context: *mut c_void, saved: *const Saved) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the caller vouches for the context and that the activation lives.
    let (registers, saved) = unsafe { (&mut (*context).uc_mcontext.gregs, &*saved) };
    let mut set = |register: libc::c_int, value: usize| registers[register as usize] = value as i64;
    set(libc::REG_RIP, saved.ret);
    set(libc::REG_RSP, saved.sp);
    set(libc::REG_RBX, saved.rbx);
    set(libc::REG_RBP, saved.rbp);
    set(libc::REG_R12, saved.r12);
    set(libc::REG_R13, saved.r13);
    set(libc::REG_R14, saved.r14);
    set(libc::REG_R15, saved.r15);
}
