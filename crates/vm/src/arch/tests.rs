//! Hand-written "WebAssembly" code, and tests of the assembly that needs no traps.
//!
//! The guest functions below follow the rules of compiled code (frame pointers, C convention, traps only at registered
//! sites), so that everything around compiled code can be tested without a compiler.

use super::*;
use crate::code::{self, CodeMetadata, CodeRegistration};
use crate::traps::{EarlyEnd, enter};
use std::any::Any;
use std::arch::global_asm;
use std::arch::x86_64::{__m128i, _mm_set_epi64x};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use wasmill_abi::{ContextHeader, TrapCode};

global_asm!(
    ".pushsection .text",
    // The symbols are used from other code generation units too.
    ".globl wasmill_guest_add, wasmill_guest_call, wasmill_guest_divide",
    ".globl wasmill_guest_dump, wasmill_guest_end, wasmill_guest_load",
    ".globl wasmill_guest_outer, wasmill_guest_recurse, wasmill_guest_recurse_large",
    ".globl wasmill_guest_spin, wasmill_guest_start, wasmill_guest_stray, wasmill_guest_unreachable",
    ".globl wasmill_site_divide, wasmill_site_load, wasmill_site_unreachable",
    ".p2align 4",
    "wasmill_guest_start:",
    // add(context, i32, i32) -> i32
    "wasmill_guest_add: push rbp; mov rbp, rsp; lea eax, [rsi + rdx]; pop rbp; ret",
    // unreachable(context): spoils every callee-saved register first
    "wasmill_guest_unreachable:",
    "push rbp; mov rbp, rsp; push rbx; push r12; push r13; push r14; push r15",
    "mov rbx, -1; mov r12, -2; mov r13, -3; mov r14, -4; mov r15, -5",
    "wasmill_site_unreachable: ud2",
    // load(context, address) -> i32
    "wasmill_guest_load: push rbp; mov rbp, rsp",
    "wasmill_site_load: mov eax, [rsi]",
    "pop rbp; ret",
    // divide(context, i32, i32) -> i32
    "wasmill_guest_divide: push rbp; mov rbp, rsp; mov eax, esi; mov ecx, edx; cdq",
    "wasmill_site_divide: idiv ecx",
    "pop rbp; ret",
    // recurse(context): without end, small frames
    "wasmill_guest_recurse: push rbp; mov rbp, rsp; call wasmill_guest_recurse; pop rbp; ret",
    // recurse_large(context): without end, frames of 40 KiB that probe each page before they move the stack pointer
    "wasmill_guest_recurse_large: push rbp; mov rbp, rsp",
    "mov [rsp - 4096], esp; mov [rsp - 8192], esp; mov [rsp - 12288], esp; mov [rsp - 16384], esp",
    "mov [rsp - 20480], esp; mov [rsp - 24576], esp; mov [rsp - 28672], esp; mov [rsp - 32768], esp",
    "mov [rsp - 36864], esp; mov [rsp - 40960], esp",
    "sub rsp, 40960; call wasmill_guest_recurse_large; leave; ret",
    // call(context, code, callee_context, i64) -> i64: what the callee returns, plus one
    "wasmill_guest_call: push rbp; mov rbp, rsp; mov rax, rsi; mov rdi, rdx; mov rsi, rcx; call rax",
    "inc rax; pop rbp; ret",
    // outer(context, code, callee_context, i64): calls `call`
    "wasmill_guest_outer: push rbp; mov rbp, rsp; call wasmill_guest_call; pop rbp; ret",
    // dump(context, out, stack words, …): argument registers from rcx on, xmm0 to xmm7, and the words on the stack
    "wasmill_guest_dump: push rbp; mov rbp, rsp",
    "mov [rsi], rcx; mov [rsi + 8], r8; mov [rsi + 16], r9",
    "movups [rsi + 32], xmm0; movups [rsi + 48], xmm1; movups [rsi + 64], xmm2; movups [rsi + 80], xmm3",
    "movups [rsi + 96], xmm4; movups [rsi + 112], xmm5; movups [rsi + 128], xmm6; movups [rsi + 144], xmm7",
    "xor eax, eax",
    "2: cmp rax, rdx; jae 3f; mov rcx, [rbp + 16 + rax * 8]; mov [rsi + 160 + rax * 8], rcx; inc rax; jmp 2b",
    "3: mov rax, rsp; and rax, 15; movups xmm0, [rsi + 32]; pop rbp; ret",
    // stray(context): a fault that no table knows
    "wasmill_guest_stray: push rbp; mov rbp, rsp; mov eax, [0x1000]; pop rbp; ret",
    // spin(context): for ever
    "wasmill_guest_spin: push rbp; mov rbp, rsp; 2: jmp 2b",
    "wasmill_guest_end:",
    ".popsection",
);

macro_rules! guests {
    ($($name:ident $symbol:ident;)*) => {
        unsafe extern "C" { $( fn $symbol(); )* }
        $( pub(crate) fn $name() -> *const c_void {
            $symbol as *const c_void
        } )*
    };
}

guests! {
    start wasmill_guest_start;
    end wasmill_guest_end;
    add wasmill_guest_add;
    unreachable wasmill_guest_unreachable;
    site_unreachable wasmill_site_unreachable;
    load wasmill_guest_load;
    site_load wasmill_site_load;
    divide wasmill_guest_divide;
    site_divide wasmill_site_divide;
    recurse wasmill_guest_recurse;
    recurse_large wasmill_guest_recurse_large;
    call wasmill_guest_call;
    outer wasmill_guest_outer;
    dump wasmill_guest_dump;
    stray wasmill_guest_stray;
    spin wasmill_guest_spin;
}

/// The metadata of the guest functions.
struct Guest;

impl CodeMetadata for Guest {
    fn trap_code(&self, offset: u32) -> Option<TrapCode> {
        let pc = start().addr() + offset as usize;
        let sites = [
            (site_unreachable(), TrapCode::UnreachableCodeReached),
            (site_load(), TrapCode::HeapAccessOutOfBounds),
            (site_divide(), TrapCode::IntegerDivisionByZero),
        ];
        sites
            .into_iter()
            .find(|(site, _)| site.addr() == pc)
            .map(|(_, code)| code)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Registers the guest functions, for as long as the process lives.
pub(crate) fn register_guests() {
    static REGISTERED: OnceLock<CodeRegistration> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        let len = end().addr() - start().addr();
        // SAFETY: the range is the assembly above and stays mapped.
        unsafe { code::register_range(start().cast(), len, Arc::new(Guest)) }
    });
}

/// A context with nothing but its header.
pub(crate) fn context() -> Box<ContextHeader> {
    Box::new(ContextHeader {
        owner: ptr::null_mut(),
        store: ptr::null(),
    })
}

/// Enters a guest function with these arguments behind the context: `enter_guest!(guest => fn(i32) -> i32, 1)`.
macro_rules! enter_guest {
    ($guest:expr => fn($($ty:ty),*) $(-> $result:ty)?, $($arg:expr),*) => {{
        $crate::arch::tests::register_guests();
        $crate::thread::prepare();
        let mut context = $crate::arch::tests::context();
        let context = &raw mut *context;
        // SAFETY: the guest functions have the signatures given where they are defined.
        unsafe {
            $crate::traps::enter(context, $guest, |stub| {
                type Entry = unsafe extern "C" fn(*mut wasmill_abi::ContextHeader, $($ty),*) $(-> $result)?;
                let entry: Entry = std::mem::transmute(stub);
                entry(context, $($arg),*)
            })
        }
    }};
}
pub(crate) use enter_guest;

#[test]
fn typed_entry_passes_arguments_and_results() {
    for n in 0..1000 {
        assert_eq!(
            enter_guest!(add() => fn(i32, i32) -> i32, n, 7).unwrap(),
            n + 7
        );
    }
}

/// What `dump` writes.
#[repr(C, align(16))]
#[derive(Debug, PartialEq, Clone)]
struct Dump {
    gpr: [u64; 3],
    padding: u64,
    xmm: [u128; 8],
    stack: [u64; 40],
}

const EMPTY: Dump = Dump {
    gpr: [0; 3],
    padding: 0,
    xmm: [0; 8],
    stack: [0; 40],
};

#[test]
fn typed_entry_passes_26_integers() {
    let mut out = EMPTY;
    macro_rules! call {
        ($($n:literal)*) => {
            enter_guest!(
                dump() => fn(*mut Dump, u64 $(, call!(@ty $n))*) -> u64, &mut out, 20 $(, $n)*
            )
        };
        (@ty $n:literal) => { u64 };
    }
    let misalignment =
        call!(3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25).unwrap();
    assert_eq!(misalignment, 0);
    assert_eq!(out.gpr, [3, 4, 5]);
    assert_eq!(
        out.stack[..20],
        std::array::from_fn::<u64, 20, _>(|n| n as u64 + 6)
    );
}

#[test]
#[allow(
    improper_ctypes_definitions,
    reason = "the C type of a vector is what is tested"
)]
fn typed_entry_passes_vectors_and_floats_on_the_stack() {
    let mut out = EMPTY;
    // SAFETY: SSE2 is part of x86-64.
    let vector = |n: i64| unsafe { _mm_set_epi64x(n, -n) };
    macro_rules! call {
        ($($n:literal)*) => {
            enter_guest!(
                dump() => fn(*mut Dump, u64 $(, call!(@ty $n))*, f64, __m128i) -> __m128i,
                &mut out, 8 $(, vector($n))*, 1.5, vector(99)
            )
        };
        (@ty $n:literal) => { __m128i };
    }
    // Eight in registers, two on the stack, then eight bytes of float, eight of padding, and a vector.
    let result = call!(1 2 3 4 5 6 7 8 9 10).unwrap();
    let bits = |n: i64| (n as u64 as u128) << 64 | (-n) as u64 as u128;
    for n in 1..=8 {
        assert_eq!(out.xmm[n - 1], bits(n as i64));
    }
    let word = |n: i64| [(-n) as u64, n as u64];
    assert_eq!(out.stack[..2], word(9));
    assert_eq!(out.stack[2..4], word(10));
    assert_eq!(out.stack[4], 1.5f64.to_bits());
    assert_eq!(out.stack[6..8], word(99));
    // SAFETY: both are sixteen bytes of plain data.
    let result = unsafe { std::mem::transmute::<__m128i, u128>(result) };
    assert_eq!(result, bits(1));
}

fn invoke_dump(words: &[u64]) -> Result<(RegisterResults, Dump), EarlyEnd> {
    register_guests();
    crate::thread::prepare();
    let mut out = EMPTY;
    let mut context = context();
    let context = &raw mut *context;
    let args = RegisterArgs {
        gpr: [
            context.addr() as u64,
            (&raw mut out).addr() as u64,
            words.len() as u64,
            3,
            4,
            5,
        ],
        xmm: std::array::from_fn(|n| u128::MAX / (n as u128 + 2)),
        stack: words.as_ptr(),
        stack_words: words.len(),
    };
    // SAFETY: the arguments are sorted as `dump` expects them.
    let results = unsafe { enter(context, dump(), |stub| invoke_raw(stub, &args)) }?;
    Ok((results, out))
}

#[test]
fn dynamic_entry_passes_everything() {
    for count in 0..40 {
        let words: Vec<u64> = (100..100 + count).collect();
        let (results, out) = invoke_dump(&words).unwrap();
        assert_eq!(
            results.rax, 0,
            "the stack is aligned with {count} words on it"
        );
        assert_eq!(results.xmm0, u128::MAX / 2);
        assert_eq!(out.gpr, [3, 4, 5]);
        assert_eq!(
            out.xmm,
            std::array::from_fn(|n| u128::MAX / (n as u128 + 2))
        );
        assert_eq!(out.stack[..words.len()], words);
    }
}

#[test]
fn dynamic_entry_survives_a_trap() {
    register_guests();
    crate::thread::prepare();
    let args = RegisterArgs {
        gpr: [0; 6],
        xmm: [0; 8],
        stack: ptr::null(),
        stack_words: 0,
    };
    for _ in 0..10 {
        let mut context = context();
        let context = &raw mut *context;
        let args = RegisterArgs {
            gpr: [context.addr() as u64, 0, 0, 0, 0, 0],
            ..args
        };
        // SAFETY: `unreachable` takes a context only.
        let result = unsafe { enter(context, unreachable(), |stub| invoke_raw(stub, &args)) };
        assert!(result.is_err());
    }
}

#[test]
fn many_stack_words_probe_the_stack() {
    let words: Vec<u64> = (0..30_000).collect();
    extern "C" fn first_two(
        _: u64,
        _: u64,
        _: u64,
        _: u64,
        _: u64,
        _: u64,
        first: u64,
        second: u64,
    ) -> u64 {
        first * 10 + second
    }
    let args = RegisterArgs {
        gpr: [0; 6],
        xmm: [0; 8],
        stack: words[1..].as_ptr(),
        stack_words: 29_999,
    };
    // SAFETY: the function takes six integers in registers, and ignores all stack words but two.
    let results = unsafe { invoke_raw(first_two as *const c_void, &args) };
    assert_eq!(results.rax, 12);
}

#[test]
fn dynamic_host_entry_spills_and_returns() {
    extern "C" fn target(frame: *mut DynamicFrame) {
        // SAFETY: the thunk below passes a frame of its own.
        let frame = unsafe { &mut *frame };
        assert_eq!(frame.gpr[1..], [2, 3, 4, 5, 6]);
        assert_eq!(frame.xmm[7] as u64, 8f64.to_bits());
        // SAFETY: the call below passes two words on the stack.
        let stack = unsafe { [*frame.stack.as_ptr(), *frame.stack.as_ptr().add(1)] };
        frame.gpr[0] = stack[0] + stack[1];
        frame.xmm[0] = u128::from(0.25f64.to_bits());
    }
    dynamic_host_entry!(fn entry => target);
    type Integers = extern "C" fn(
        *mut ContextHeader,
        u64,
        u64,
        u64,
        u64,
        u64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        u64,
        u64,
    ) -> u64;
    type Floats = extern "C" fn(
        *mut ContextHeader,
        u64,
        u64,
        u64,
        u64,
        u64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        f64,
        u64,
        u64,
    ) -> f64;
    let mut header = context();
    let header = &raw mut *header;
    let code = entry as *const c_void;
    crate::thread::prepare();
    // SAFETY: the entry serves every signature; the closures own nothing.
    let (integers, floats) = unsafe {
        (
            enter(header, code, |stub| {
                let entry = std::mem::transmute::<*const c_void, Integers>(stub);
                entry(
                    header, 2, 3, 4, 5, 6, 1., 2., 3., 4., 5., 6., 7., 8., 30, 12,
                )
            }),
            enter(header, code, |stub| {
                let entry = std::mem::transmute::<*const c_void, Floats>(stub);
                entry(
                    header, 2, 3, 4, 5, 6, 1., 2., 3., 4., 5., 6., 7., 8., 30, 12,
                )
            }),
        )
    };
    assert_eq!(integers.unwrap(), 42);
    assert_eq!(floats.unwrap(), 0.25);
}

#[test]
fn a_thunk_on_a_foreign_stack_passes_everything_on() {
    unsafe extern "C" fn target(
        _: *mut ContextHeader,
        a: u64,
        b: u64,
        c: u64,
        d: u64,
        e: u64,
        x: f64,
        y: f64,
        z: f64,
        on_stack: u64,
    ) -> f64 {
        assert_eq!([a, b, c, d, e, on_stack], [1, 2, 3, 4, 5, 6]);
        x + y * z
    }
    exit_thunk!(fn thunk => target);
    type Target =
        extern "C" fn(*mut ContextHeader, u64, u64, u64, u64, u64, f64, f64, f64, u64) -> f64;
    let mut header = context();
    let header = &raw mut *header;
    crate::thread::prepare();
    let state = crate::thread::current();
    let (stack, limit) = (state.stack.get(), state.stack_limit.load(Ordering::Relaxed));
    // Nothing is known of a stack that lies below the thread's own.
    let far = 1 << 62;
    state.stack.set(crate::thread::StackBounds {
        low: far,
        high: far,
        guard: 0,
    });
    state.stack_limit.store(usize::MAX, Ordering::Relaxed);
    // SAFETY: the thunk leads to a function of this type; the closure owns nothing.
    let result = unsafe {
        enter(header, thunk as *const c_void, |stub| {
            let entry = std::mem::transmute::<*const c_void, Target>(stub);
            entry(header, 1, 2, 3, 4, 5, 0.5, 2., 3., 6)
        })
    };
    state.stack.set(stack);
    state.stack_limit.store(limit, Ordering::Relaxed);
    assert_eq!(result.unwrap(), 6.5);
}
