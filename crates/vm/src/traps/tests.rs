//! Traps of every origin, in every nesting, on several kinds of threads, and faults that are not ours.

use super::*;
use crate::arch::exit_thunk;
use crate::arch::tests::{self as guest, context, enter_guest, register_guests};
use crate::thread::MAX_FRAMES;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Output};
use std::thread::Builder;

fn code_of<R>(result: Result<R, EarlyEnd>) -> TrapCode {
    match result.map_err(|trap| trap.reason) {
        Err(EndReason::Wasm(code)) => code,
        Err(other) => panic!("another reason: {other:?}"),
        Ok(_) => panic!("no trap"),
    }
}

fn offset_of_code(pc: *const c_void) -> u32 {
    (pc.addr() - guest::start().addr()) as u32
}

fn all_hardware_traps() {
    assert_eq!(
        code_of(enter_guest!(guest::unreachable() => fn(),)),
        TrapCode::UnreachableCodeReached
    );
    assert_eq!(
        code_of(enter_guest!(guest::load() => fn(usize) -> i32, 8)),
        TrapCode::HeapAccessOutOfBounds
    );
    // Not even a canonical address: the kernel reports it differently.
    assert_eq!(
        code_of(enter_guest!(guest::load() => fn(usize) -> i32, 1 << 63)),
        TrapCode::HeapAccessOutOfBounds
    );
    assert_eq!(
        code_of(enter_guest!(guest::divide() => fn(i32, i32) -> i32, 1, 0)),
        TrapCode::IntegerDivisionByZero
    );
    assert_eq!(
        enter_guest!(guest::divide() => fn(i32, i32) -> i32, 42, 6).unwrap(),
        7
    );
}

#[test]
fn hardware_traps() {
    for _ in 0..100 {
        all_hardware_traps();
    }
}

#[test]
fn a_trap_restores_what_the_caller_kept_in_registers() {
    // Enough live values that some are in callee-saved registers.
    let mut values: [u64; 12] = std::array::from_fn(|n| std::hint::black_box(n as u64 + 1));
    for _ in 0..100 {
        let trapped = enter_guest!(guest::unreachable() => fn(),).is_err();
        for value in &mut values {
            *value = value.wrapping_mul(3) + u64::from(trapped);
        }
    }
    let mut expected: [u64; 12] = std::array::from_fn(|n| n as u64 + 1);
    for _ in 0..100 {
        for value in &mut expected {
            *value = value.wrapping_mul(3) + 1;
        }
    }
    assert_eq!(values, expected);
}

fn overflow_both_ways() {
    for _ in 0..3 {
        let small = enter_guest!(guest::recurse() => fn(),);
        assert_eq!(
            small.as_ref().unwrap_err().backtrace.frames.len(),
            MAX_FRAMES
        );
        assert_eq!(code_of(small), TrapCode::StackOverflow);
        let large = enter_guest!(guest::recurse_large() => fn(),);
        assert_eq!(code_of(large), TrapCode::StackOverflow);
        all_hardware_traps();
    }
}

#[test]
fn stack_overflow_on_a_test_thread() {
    overflow_both_ways();
}

#[test]
fn stack_overflow_on_small_threads() {
    for size in [128 << 10, 256 << 10, 1 << 20] {
        let thread = Builder::new()
            .stack_size(size)
            .spawn(overflow_both_ways)
            .unwrap();
        thread.join().unwrap();
    }
}

#[test]
fn several_threads_trap_at_once() {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            Builder::new()
                .stack_size(256 << 10)
                .spawn(|| {
                    for round in 0..300 {
                        all_hardware_traps();
                        if round % 100 == 0 {
                            overflow_both_ways();
                        }
                    }
                })
                .unwrap()
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_trap_in_a_destructor_of_a_thread_local() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            all_hardware_traps();
        }
    }
    thread_local!(static LATE: Late = const { Late });
    for prepare_first in [false, true] {
        let thread = std::thread::spawn(move || {
            if prepare_first {
                thread::prepare();
            }
            LATE.with(|_| {});
            all_hardware_traps();
        });
        thread.join().unwrap();
    }
}

// Host functions, as glue would make them: `extern "C"`, check the stack, catch panics.

/// Runs a host function's body and raises what it gives.
unsafe fn glue(_header: *mut ContextHeader, body: impl FnOnce() -> Result<i64, EndReason>) -> i64 {
    // SAFETY: all callers are glue behind an exit thunk; nothing is left to drop when `raise` is called.
    unsafe {
        let result = match catch_unwind(AssertUnwindSafe(body)) {
            Ok(result) => result,
            Err(payload) => Err(EndReason::Panic(payload)),
        };
        match result {
            Ok(value) => value,
            Err(reason) => raise(reason),
        }
    }
}

macro_rules! host {
    ($name:ident, $target:ident, |$arg:ident| $body:expr) => {
        unsafe extern "C" fn $target(header: *mut ContextHeader, $arg: i64) -> i64 {
            let body = || $body;
            // SAFETY: reached through the thunk only.
            unsafe { glue(header, body) }
        }
        exit_thunk!(fn $name => $target);
    };
}

fn call_host(host: unsafe extern "C" fn(), arg: i64) -> Result<i64, EarlyEnd> {
    let mut host_context = context();
    let host_context = &raw mut *host_context;
    enter_guest!(
        guest::outer() => fn(*const c_void, *mut ContextHeader, i64) -> i64,
        host as *const c_void, host_context, arg
    )
}

host!(double, double_target, |n| Ok(n * 2));
host!(fail, fail_target, |n| Err(EndReason::User(
    format!("number {n}").into()
)));
host!(panics, panics_target, |n| panic!("number {n}"));
host!(divides, divides_target, |n| {
    enter_guest!(guest::divide() => fn(i32, i32) -> i32, 100, n as i32)
        .map(i64::from)
        .map_err(|trap| trap.reason)
});
// Traps inside, and goes on.
host!(catches, catches_target, |n| {
    let inner = call_host(divides, 0);
    assert_eq!(code_of(inner), TrapCode::IntegerDivisionByZero);
    Ok(n)
});
// Calls itself through WebAssembly.
host!(descends, descends_target, |n| {
    call_host(descends, n + 1).map_err(|trap| trap.reason)
});
host!(captures, captures_target, |n| {
    CAPTURED.with(|captured| captured.replace(Backtrace::capture()));
    match n {
        0 => Ok(0),
        n => call_host(captures, n - 1).map_err(|trap| trap.reason),
    }
});

thread_local! {
    static CAPTURED: RefCell<Backtrace> = const { RefCell::new(Backtrace { frames: Vec::new() }) };
}

#[test]
fn host_functions_return() {
    assert_eq!(call_host(double, 20).unwrap(), 41);
    assert_eq!(call_host(divides, 5).unwrap(), 21);
    assert_eq!(call_host(catches, 5).unwrap(), 6);
}

#[test]
fn errors_and_panics_travel_over_webassembly_frames() {
    match call_host(fail, 3).unwrap_err().reason {
        EndReason::User(error) => assert_eq!(error.to_string(), "number 3"),
        other => panic!("{other:?}"),
    }
    match call_host(panics, 4).unwrap_err().reason {
        EndReason::Panic(payload) => {
            assert_eq!(payload.downcast_ref::<String>().unwrap(), "number 4");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        code_of(call_host(divides, 0)),
        TrapCode::IntegerDivisionByZero
    );
    assert_eq!(call_host(double, 1).unwrap(), 3);
}

#[test]
fn a_host_function_keeps_its_reserve() {
    for size in [256 << 10, 1 << 20] {
        let thread = Builder::new().stack_size(size).spawn(|| {
            for _ in 0..3 {
                assert_eq!(code_of(call_host(descends, 0)), TrapCode::StackOverflow);
            }
        });
        thread.unwrap().join().unwrap();
    }
}

/// The functions of a backtrace, by name.
fn names(backtrace: &Backtrace) -> Vec<&'static str> {
    let functions = [
        ("add", guest::add()),
        ("unreachable", guest::unreachable()),
        ("load", guest::load()),
        ("divide", guest::divide()),
        ("recurse", guest::recurse()),
        ("recurse_large", guest::recurse_large()),
        ("call", guest::call()),
        ("outer", guest::outer()),
        ("spin", guest::spin()),
    ];
    let name = |offset: u32| {
        let before = functions
            .iter()
            .filter(|(_, start)| offset_of_code(*start) <= offset);
        before
            .max_by_key(|(_, start)| offset_of_code(*start))
            .unwrap()
            .0
    };
    backtrace
        .frames
        .iter()
        .map(|frame| name(frame.offset))
        .collect()
}

#[test]
fn backtraces_name_every_frame() {
    let trap = enter_guest!(guest::load() => fn(usize) -> i32, 0).unwrap_err();
    assert_eq!(names(&trap.backtrace), ["load"]);
    assert_eq!(
        trap.backtrace.frames[0].offset,
        offset_of_code(guest::site_load())
    );
    let trap = call_host(fail, 0).unwrap_err();
    assert_eq!(names(&trap.backtrace), ["call", "outer"]);
    assert!(Backtrace::capture().frames.is_empty());
}

#[test]
fn backtraces_span_activations() {
    thread_local! {
        static INNER: RefCell<Vec<Vec<&'static str>>> = const { RefCell::new(Vec::new()) };
    }
    host!(keeps_inner, keeps_inner_target, |n| {
        let note =
            |trap: &EarlyEnd| INNER.with(|inner| inner.borrow_mut().push(names(&trap.backtrace)));
        let inner = enter_guest!(guest::divide() => fn(i32, i32) -> i32, 1, 0).unwrap_err();
        note(&inner);
        let overflow = enter_guest!(guest::recurse() => fn(),).unwrap_err();
        note(&overflow);
        Ok(n)
    });
    assert_eq!(call_host(keeps_inner, 1).unwrap(), 2);
    INNER.with(|inner| {
        assert_eq!(inner.borrow()[0], ["divide", "call", "outer"]);
        assert_eq!(inner.borrow()[1], ["recurse"; MAX_FRAMES]);
    });
    assert_eq!(call_host(captures, 2).unwrap(), 3);
    CAPTURED.with(|captured| {
        assert_eq!(
            names(&captured.borrow()),
            ["call", "outer", "call", "outer", "call", "outer"]
        );
    });
}

#[test]
fn the_first_frame_counts_even_before_it_is_set_up() {
    // The guard page is met by `push rbp` or by `call`, depending on where the stack starts: shift it.
    fn at_depth(bytes: usize) {
        match bytes {
            0 => {
                let trap = enter_guest!(guest::recurse() => fn(),).unwrap_err();
                assert_eq!(names(&trap.backtrace), ["recurse"; MAX_FRAMES]);
            }
            bytes => at_depth(std::hint::black_box(bytes) - 1),
        }
    }
    for depth in 0..4 {
        at_depth(depth);
    }
}

/// Names of the frames, at each instruction of a guest that a thread executed step by step.
static STEPS: std::sync::Mutex<Vec<Vec<&str>>> = std::sync::Mutex::new(Vec::new());

extern "C" fn note_step(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the context is the kernel's.
    let registers = unsafe { arch::fault_registers(context) };
    if code::is_wasm_pc(registers.pc) {
        let thread = thread::current();
        // SAFETY: the signal met a guest, whose activation is the innermost.
        let departure = unsafe {
            Frames::begin(thread.departure()).note_fault(registers, &*thread.innermost());
            thread.departure()
        };
        // (No lock is held, and no memory being allocated, while a guest runs.)
        let frames = names(&Backtrace::of_noted(departure));
        STEPS.lock().unwrap().push(frames);
    }
}

/// Makes the processor stop after each instruction of this thread, or not any more.
fn single_step(on: bool) {
    const TRAP_FLAG: u64 = 1 << 8;
    // SAFETY: changes one flag, which no compiled code looks at.
    unsafe {
        if on {
            std::arch::asm!("pushfq", "or qword ptr [rsp], {}", "popfq", const TRAP_FLAG);
        } else {
            std::arch::asm!("pushfq", "and qword ptr [rsp], {}", "popfq", const !(TRAP_FLAG as i64));
        }
    }
}

#[test]
fn frames_are_found_at_every_instruction() {
    set_action(
        libc::SIGTRAP,
        note_step as *const () as usize,
        libc::SA_SIGINFO | libc::SA_ONSTACK,
    );
    register_guests();
    thread::prepare();
    single_step(true);
    let result = call_host(double, 4);
    single_step(false);
    assert_eq!(result.unwrap(), 9);
    let steps = std::mem::take(&mut *STEPS.lock().unwrap());
    for frames in &steps {
        let expected: &[_] = match frames[0] {
            "call" => &["call", "outer"],
            _ => &["outer"],
        };
        assert_eq!(frames, expected);
    }
    assert_eq!(steps.len(), 5 + 9, "each instruction of both functions");
}

#[test]
fn a_trap_handler_may_change_where_the_code_goes_on() {
    let store = crate::store::VMStore::new();
    store.set_trap_handler(Some(Box::new(|signal, _, context| {
        let load = signal == libc::SIGSEGV;
        if load {
            let context = context.cast::<libc::ucontext_t>().cast_mut();
            // SAFETY: the kernel's context of a fault at `site_load`, which is two bytes long.
            unsafe {
                (*context).uc_mcontext.gregs[libc::REG_RIP as usize] += 2;
                (*context).uc_mcontext.gregs[libc::REG_RAX as usize] = 77;
            }
        }
        load
    })));
    register_guests();
    let mut context = context();
    context.store = Arc::as_ptr(&store).cast();
    let context = &raw mut *context;
    type Load = unsafe extern "C" fn(*mut ContextHeader, usize) -> i32;
    // SAFETY: the guest has this type.
    let loaded = unsafe {
        enter(context, guest::load(), |stub| {
            std::mem::transmute::<*const c_void, Load>(stub)(context, 8)
        })
    };
    assert_eq!(loaded.unwrap(), 77);
    // Contexts of other stores have no handler.
    let other = enter_guest!(guest::load() => fn(usize) -> i32, 8);
    assert_eq!(code_of(other), TrapCode::HeapAccessOutOfBounds);
}

#[test]
fn scanning_finds_values_in_frames_and_registers() {
    host!(scans, scans_target, |n| {
        let mut found = false;
        scan_stack(|word| found |= word == n as u32);
        Ok(i64::from(found))
    });
    // `n` is in the host's frames; the guest's frames are in between.
    assert_eq!(call_host(scans, 0x5eed_1234).unwrap(), 2);
    let mut calls = 0;
    scan_stack(|_| calls += 1);
    assert_eq!(calls, 0, "there is nothing to scan outside of a call");
}

#[test]
fn raising_outside_of_a_call_is_refused() {
    let result = catch_unwind(|| {
        // SAFETY: not inside of a call: it only panics.
        unsafe { raise(EndReason::Wasm(TrapCode::OutOfBounds)) }
    });
    assert!(result.is_err());
}

// What must happen in a process of its own: this test binary runs itself with a scenario's name in the environment.

const SCENARIO: &str = "WASMILL_TEST_SCENARIO";

fn run_scenario(name: &str) -> Output {
    scenario_command(name).output().unwrap()
}

fn scenario_command(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "traps::tests::scenario",
            "--test-threads=1",
            "--nocapture",
            "--include-ignored",
        ])
        .env(SCENARIO, name);
    command
}

fn signal_of(output: &Output) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&output.status)
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn overflow_the_host(depth: u64) -> u64 {
    let array = std::hint::black_box([depth; 64]);
    overflow_the_host(depth + 1) + array[depth as usize % 64]
}

fn null() -> *const u32 {
    std::hint::black_box(ptr::null())
}

extern "C" fn previous_with_info(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    // SAFETY: the kernel's arguments, passed on; the other calls are fine in handlers.
    unsafe {
        let mut mask = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &mut mask);
        let as_asked = signal == libc::SIGSEGV
            && (*info).si_addr().addr() == 0
            && !context.is_null()
            && libc::sigismember(&mask, libc::SIGUSR1) == 1
            && libc::sigismember(&mask, libc::SIGSEGV) == 1;
        libc::_exit(if as_asked { 42 } else { 43 });
    }
}

extern "C" fn previous_plain(signal: libc::c_int) {
    // SAFETY: fine in handlers.
    unsafe {
        libc::_exit(match signal {
            libc::SIGFPE => 44,
            libc::SIGURG => 46,
            _ => 45,
        })
    }
}

fn set_action(signal: libc::c_int, handler: usize, flags: libc::c_int) {
    // SAFETY: handlers above, valid arguments.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigaddset(&mut action.sa_mask, libc::SIGUSR1);
        assert_eq!(libc::sigaction(signal, &action, ptr::null_mut()), 0);
    }
}

/// Run by [`run_scenario`] only.
#[test]
#[ignore = "part of other tests"]
fn scenario() {
    let Ok(name) = std::env::var(SCENARIO) else {
        return;
    };
    register_guests();
    match &*name {
        "host overflow" => {
            thread::prepare();
            overflow_both_ways();
            overflow_the_host(0);
        }
        "host overflow on a thread" => {
            let thread = std::thread::spawn(|| {
                overflow_both_ways();
                overflow_the_host(0);
            });
            let _ = thread.join();
        }
        "host fault" => {
            thread::prepare();
            // SAFETY: none: the test wants the fault.
            std::hint::black_box(unsafe { null().read_volatile() });
        }
        "host fault inside a call" => {
            host!(faults, faults_target, |_n| {
                // SAFETY: none: the test wants the fault.
                Ok(i64::from(unsafe { null().read_volatile() }))
            });
            let _ = call_host(faults, 0);
        }
        "stray guest fault" => {
            let _ = enter_guest!(guest::stray() => fn(),);
        }
        "previous with info" => {
            set_action(
                libc::SIGSEGV,
                previous_with_info as *const () as usize,
                libc::SA_SIGINFO,
            );
            all_hardware_traps();
            // SAFETY: none: the test wants the fault.
            std::hint::black_box(unsafe { null().read_volatile() });
        }
        "previous plain" => {
            set_action(libc::SIGFPE, previous_plain as *const () as usize, 0);
            all_hardware_traps();
            // SAFETY: only sends a signal.
            unsafe { libc::raise(libc::SIGFPE) };
        }
        "ignored" => {
            set_action(libc::SIGBUS, libc::SIG_IGN, 0);
            all_hardware_traps();
            // SAFETY: only sends a signal.
            unsafe { libc::raise(libc::SIGBUS) };
            println!("survived");
        }
        "urgent" => {
            set_action(libc::SIGURG, previous_plain as *const () as usize, 0);
            all_hardware_traps();
            // SAFETY: only sends a signal.
            unsafe { libc::raise(libc::SIGURG) };
        }
        "urgent by default" => {
            all_hardware_traps();
            // SAFETY: only sends a signal.
            unsafe { libc::raise(libc::SIGURG) };
            println!("survived");
        }
        "sent" => {
            set_action(libc::SIGILL, libc::SIG_DFL, 0);
            all_hardware_traps();
            // SAFETY: only sends a signal.
            unsafe { libc::raise(libc::SIGILL) };
        }
        other => panic!("no scenario {other}"),
    }
}

/// The test harness runs no test on the main thread: this runs before it, there.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = {
    extern "C" fn before_main() {
        if std::env::var(SCENARIO).is_ok_and(|name| name == "main thread") {
            // SAFETY: no arguments.
            let main = unsafe { libc::getpid() == libc::gettid() };
            assert!(main, "not on the main thread");
            overflow_both_ways();
            assert_eq!(code_of(call_host(descends, 0)), TrapCode::StackOverflow);
            overflow_both_ways();
            println!("survived");
            std::process::exit(0);
        }
    }
    before_main
};

#[test]
fn the_main_thread() {
    let output = run_scenario("main thread");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("survived"));
}

#[test]
fn a_main_thread_without_a_limit_has_one_all_the_same() {
    use std::os::unix::process::CommandExt;
    let mut command = scenario_command("main thread");
    let no_limit = || {
        let none = libc::rlimit {
            rlim_cur: libc::RLIM_INFINITY,
            rlim_max: libc::RLIM_INFINITY,
        };
        // SAFETY: the limits are a local.
        match unsafe { libc::setrlimit(libc::RLIMIT_STACK, &none) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: it only makes a system call.
    let started = unsafe { command.pre_exec(no_limit) }.output();
    match started {
        Ok(output) => assert!(String::from_utf8_lossy(&output.stdout).contains("survived")),
        // Only a privileged process may raise a limit that was set for it.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    }
}

#[test]
fn overflows_of_the_host_are_still_reported_by_rust() {
    for name in ["host overflow", "host overflow on a thread"] {
        let output = run_scenario(name);
        assert_eq!(
            signal_of(&output),
            Some(libc::SIGABRT),
            "{name}: {output:?}"
        );
        assert!(String::from_utf8_lossy(&output.stderr).contains("has overflowed its stack"));
    }
}

#[test]
fn faults_of_the_host_end_the_process() {
    for name in [
        "host fault",
        "host fault inside a call",
        "stray guest fault",
    ] {
        assert_eq!(
            signal_of(&run_scenario(name)),
            Some(libc::SIGSEGV),
            "{name}"
        );
    }
}

#[test]
fn the_previous_action_is_taken() {
    assert_eq!(run_scenario("previous with info").status.code(), Some(42));
    assert_eq!(run_scenario("previous plain").status.code(), Some(44));
    assert_eq!(run_scenario("urgent").status.code(), Some(46));
    for name in ["ignored", "urgent by default"] {
        let ignored = run_scenario(name);
        assert!(ignored.status.success(), "{ignored:?}");
    }
    assert_eq!(signal_of(&run_scenario("sent")), Some(libc::SIGILL));
}
