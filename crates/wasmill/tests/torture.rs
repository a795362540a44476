//! Everything at once, in random order: threads that instantiate, link, call, grow, read and write, trap, fail, panic,
//! interrupt and drop, on things that all of them share. Results are right, nothing is used after it is gone, and in the
//! end nothing is left.
//!
//! `WASMILL_TORTURE_SECONDS` says how long (two seconds by default), `WASMILL_TORTURE_SEED` in which order; the seed is
//! printed. (Threads still take turns as the system likes.) `cargo xtask torture` sets both. `WASMILL_TORTURE_SPIN=0` leaves
//! out loops without an end, for tools that keep signals back until the host is called.
//!
//! Host functions here stay in the domain that they are called from, so that no two threads wait for each other
//! (`RATIONALE.md`).

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wasmill::*;

/// Things of each kind that a world holds at most.
const ROOM: usize = 12;
const THREADS: u64 = 4;

/// What links to others: its memory, table and globals come from elsewhere.
const USER: &str = r#"(module $user
    (type $unary (func (param i32) (result i32)))
    (import "env" "memory" (memory 1 16))
    (import "env" "table" (table $t 8 200 funcref))
    (import "env" "count" (global $count (mut i32)))
    (import "env" "function" (global $function (mut funcref)))
    (import "env" "host" (func $host (type $unary)))
    (import "env" "fail" (func $fail))
    (import "env" "panic" (func $panic))
    (import "env" "again" (func $again (type $unary)))
    (elem declare func $odd)
    (func $odd (export "odd") (type $unary)
      (i32.add (i32.mul (local.get 0) (i32.const 2)) (i32.const 1)))
    (func (export "through host") (type $unary) (call $host (local.get 0)))
    (func (export "through table") (param i32 i32) (result i32)
      (call_indirect $t (type $unary) (local.get 0) (local.get 1)))
    (func (export "publish") (param i32)
      (table.set $t (local.get 0) (ref.func $odd)) (global.set $function (ref.func $odd)))
    (func (export "add") (param i32 i32) (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (i32.add (local.get 0) (local.get 1)))
    (func (export "fill") (param i32) (result i32) (local i32)
      (memory.fill (i32.const 256) (local.get 0) (i32.const 20000))
      (local.set 1 (i32.const 256))
      (loop
        (if (i32.ne (i32.load8_u (local.get 1)) (local.get 0)) (then (return (i32.const 0))))
        (local.set 1 (i32.add (local.get 1) (i32.const 97)))
        (br_if 0 (i32.lt_u (local.get 1) (i32.const 20256))))
      (i32.const 1))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "grow table") (result i32) (table.grow $t (ref.func $odd) (i32.const 1)))
    (func (export "fail") (call $fail))
    (func (export "panic") (call $panic))
    (func (export "spin") (loop (br 0)))
    (func (export "spin and call") (loop (drop (call $host (i32.const 1))) (br 0)))
    (func $deep (export "deep") (param i32) (result i32)
      (i32.add (call $deep (local.get 0)) (i32.const 1)))
    (func (export "unreachable") (unreachable))
    (func (export "outside") (drop (i32.load (i32.const -1))))
    (func (export "again") (type $unary)
      (if (result i32) (local.get 0)
        (then (i32.add (call $again (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 0)))))"#;

/// What exports what users link to.
const LIBRARY: &str = r#"(module $library
    (memory (export "memory") 1 16)
    (table (export "table") 8 200 funcref)
    (elem (i32.const 0) $odd $odd)
    (global (export "count") (mut i32) (i32.const 0))
    (global (export "function") (mut funcref) (ref.null func))
    (func $odd (export "odd") (param i32) (result i32)
      (i32.add (i32.mul (local.get 0) (i32.const 2)) (i32.const 1))))"#;

/// What holds values of the host.
const KEEPER: &str = r#"(module $keeper
    (import "env" "values" (table $t 8 100 externref))
    (import "env" "value" (global $value (mut externref)))
    (func (export "pass") (param externref) (result externref) (local.get 0))
    (func (export "keep") (param i32 externref)
      (table.set $t (local.get 0) (local.get 1)) (global.set $value (local.get 1)))
    (func (export "kept") (param i32) (result externref) (table.get $t (local.get 0)))
    (func (export "fill") (param externref)
      (table.fill $t (i32.const 0) (local.get 0) (i32.const 8))))"#;

#[derive(Debug)]
struct Refused;
impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}
impl std::error::Error for Refused {}

/// Counts how many of it are alive.
struct Live(Arc<AtomicI64>, u64);

impl Live {
    fn new(count: &Arc<AtomicI64>, value: u64) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone(), value)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let before = self.0.fetch_sub(1, Ordering::SeqCst);
        assert!(before > 0, "dropped twice");
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Things of one kind that all threads take from and put into.
struct Pool<T>(Mutex<Vec<T>>);

impl<T: Clone> Pool<T> {
    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }
    fn any(&self, random: &mut Random) -> Option<T> {
        let things = self.0.lock().unwrap();
        (!things.is_empty()).then(|| things[random.below(things.len())].clone())
    }
    /// Puts one in, in the place of another if there is no more room. What is dropped is dropped outside of the lock.
    fn put(&self, thing: T, random: &mut Random) {
        let mut things = self.0.lock().unwrap();
        let old = match things.len() {
            ..ROOM => {
                things.push(thing);
                None
            }
            full => Some(std::mem::replace(&mut things[random.below(full)], thing)),
        };
        drop(things);
        drop(old);
    }
    fn take(&self, random: &mut Random) -> Option<T> {
        let mut things = self.0.lock().unwrap();
        let nth = random.below(things.len().max(1));
        (!things.is_empty()).then(|| things.swap_remove(nth))
    }
    fn clear(&self) {
        let things = std::mem::take(&mut *self.0.lock().unwrap());
        drop(things);
    }
}

/// A store with what lives in it.
struct World {
    store: Store,
    modules: [Module; 3],
    live: Arc<AtomicI64>,
    users: Pool<Instance>,
    keepers: Pool<Instance>,
    memories: Pool<Memory>,
    tables: Pool<Table>,
    value_tables: Pool<Table>,
    globals: Pool<Global>,
    function_globals: Pool<Global>,
    value_globals: Pool<Global>,
    functions: Pool<Function>,
    handles: Pool<InterruptHandle>,
    /// Whether calls are made that do not end by themselves.
    spins: bool,
    /// Of such calls, with a number for each.
    spinning: Mutex<Vec<(u64, InterruptHandle)>>,
}

thread_local! {
    /// What "again" calls.
    static AGAIN: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// What a call of a guest gave; `None` if it was interrupted.
fn outcome<T>(result: Result<T, RuntimeError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) if error.clone().to_trap() == Some(TrapCode::Interrupted) => None,
        Err(error) => panic!("a call failed: {error}"),
    }
}

fn assert_trap<T: fmt::Debug>(result: Result<T, RuntimeError>, expected: TrapCode) {
    let code = result.unwrap_err().to_trap();
    assert!(
        [Some(expected), Some(TrapCode::Interrupted)].contains(&code),
        "{code:?}"
    );
}

impl World {
    fn new(live: &Arc<AtomicI64>) -> Self {
        let store = Store::default();
        Self {
            modules: [USER, LIBRARY, KEEPER].map(|wat| Module::new(&store, wat).unwrap()),
            store,
            live: live.clone(),
            users: Pool::new(),
            keepers: Pool::new(),
            memories: Pool::new(),
            tables: Pool::new(),
            value_tables: Pool::new(),
            globals: Pool::new(),
            function_globals: Pool::new(),
            value_globals: Pool::new(),
            functions: Pool::new(),
            handles: Pool::new(),
            spins: number("WASMILL_TORTURE_SPIN") != Some(0),
            spinning: Mutex::default(),
        }
    }

    fn value(&self, random: &mut Random) -> (u64, ExternRef) {
        let value = random.next();
        (value, ExternRef::new(Live::new(&self.live, value)))
    }

    /// A host function that captures something, of one of three kinds.
    fn host(&self, random: &mut Random) -> Function {
        let live = Live::new(&self.live, 1);
        match random.below(3) {
            0 => Function::new_native(&self.store, |n: i32| n.wrapping_mul(2).wrapping_add(1)),
            1 => Function::new_native(&self.store, move |n: i32| {
                n.wrapping_mul(2).wrapping_add(live.1 as i32)
            }),
            _ => {
                let ty = ([ValType::I32], [ValType::I32]);
                Function::new(&self.store, ty, move |args| {
                    let n = args[0].unwrap_i32();
                    Ok(vec![Val::I32(
                        n.wrapping_mul(2).wrapping_add(live.1 as i32),
                    )])
                })
            }
        }
    }

    fn again(&self) -> Function {
        Function::new(&self.store, ([ValType::I32], [ValType::I32]), |args| {
            let callee = AGAIN.with(|again| again.borrow().clone());
            Ok(callee.unwrap().call(args)?.into_vec())
        })
    }

    /// New things of the host, or from a library.
    fn provide(&self, random: &mut Random) {
        let odd = self.host(random);
        self.functions.put(odd.clone(), random);
        if random.below(2) == 0 {
            let library = Instance::new(&self.modules[1], &imports! {}).unwrap();
            let exports = &library.exports;
            self.memories
                .put(exports.get_memory("memory").unwrap().clone(), random);
            self.tables
                .put(exports.get_table("table").unwrap().clone(), random);
            self.globals
                .put(exports.get_global("count").unwrap().clone(), random);
            self.function_globals
                .put(exports.get_global("function").unwrap().clone(), random);
            self.functions
                .put(exports.get_function("odd").unwrap().clone(), random);
            return;
        }
        let store = &self.store;
        let memory = Memory::new(store, MemoryType::new(1, Some(16), false)).unwrap();
        let functions = TableType::new(Type::FuncRef, 8, Some(200));
        let values = TableType::new(Type::ExternRef, 8, Some(100));
        let value = Val::ExternRef(self.value(random).1);
        self.memories.put(memory, random);
        self.tables.put(
            Table::new(store, functions, Val::FuncRef(Some(odd.clone()))).unwrap(),
            random,
        );
        self.value_tables
            .put(Table::new(store, values, value.clone()).unwrap(), random);
        self.globals
            .put(Global::new_mut(store, Val::I32(0)), random);
        self.function_globals
            .put(Global::new_mut(store, Val::FuncRef(Some(odd))), random);
        self.value_globals
            .put(Global::new_mut(store, value), random);
    }

    fn instantiate(&self, random: &mut Random) -> Option<()> {
        let host = self.host(random);
        let live = Live::new(&self.live, 0);
        let imports = imports! { "env" => {
            "memory" => self.memories.any(random)?,
            "table" => self.tables.any(random)?,
            "count" => self.globals.any(random)?,
            "function" => self.function_globals.any(random)?,
            "host" => host,
            "fail" => Function::new_native(&self.store, || -> Result<(), Refused> { Err(Refused) }),
            "panic" => Function::new_native(&self.store, move || if live.1 == 0 { resume_unwind(Box::new(live.1)) }),
            "again" => self.again(),
        } };
        let user = Instance::new(&self.modules[0], &imports).unwrap();
        self.functions
            .put(user.exports.get_function("odd").unwrap().clone(), random);
        self.handles.put(user.interrupt_handle(), random);
        self.users.put(user, random);
        let imports = imports! { "env" => {
            "values" => self.value_tables.any(random)?,
            "value" => self.value_globals.any(random)?,
        } };
        let keeper = Instance::new(&self.modules[2], &imports).unwrap();
        self.handles.put(keeper.interrupt_handle(), random);
        self.keepers.put(keeper, random);
        Some(())
    }

    fn call(&self, random: &mut Random) -> Option<()> {
        let user = self.users.any(random)?;
        let exports = &user.exports;
        let n = random.next() as i32;
        let odd = n.wrapping_mul(2).wrapping_add(1);
        match random.below(6) {
            0 => {
                let add = exports
                    .get_native_function::<(i32, i32), i32>("add")
                    .unwrap();
                assert_eq!(outcome(add.call(n, 5))?, n.wrapping_add(5));
            }
            1 => {
                let add = exports.get_function("add").unwrap();
                let sum = outcome(add.call(&[Val::I32(n), Val::I32(7)]))?;
                assert_eq!(*sum, [Val::I32(n.wrapping_add(7))]);
            }
            2 => {
                let host = exports
                    .get_native_function::<i32, i32>("through host")
                    .unwrap();
                assert_eq!(outcome(host.call(n))?, odd);
            }
            3 => {
                let fill = exports.get_native_function::<i32, i32>("fill").unwrap();
                assert_eq!(outcome(fill.call(n & 0xff))?, 1);
            }
            4 => {
                let function = exports
                    .get_native_function::<(i32, i32), i32>("through table")
                    .unwrap();
                let slot = random.below(8) as i32;
                match function.call(n, slot) {
                    Err(error) if error.message() == "uninitialized element" => {}
                    other => assert_eq!(outcome(other)?, odd),
                }
            }
            _ => {
                let function = self.functions.any(random)?;
                assert_eq!(*outcome(function.call(&[Val::I32(n)]))?, [Val::I32(odd)]);
                let function = function.native::<i32, i32>().unwrap();
                assert_eq!(outcome(function.call(n))?, odd);
            }
        }
        Some(())
    }

    fn grow(&self, random: &mut Random) -> Option<()> {
        let user = self.users.any(random)?;
        let export = ["grow", "grow table"][random.below(2)];
        let grow = user.exports.get_native_function::<(), i32>(export).unwrap();
        assert!((-1..200).contains(&outcome(grow.call())?));
        let memory = self.memories.any(random)?;
        let before = memory.size();
        if memory.grow(1).is_ok() {
            assert!(memory.size() > before);
        }
        let table = self.tables.any(random)?;
        let _ = table.grow(1, Val::FuncRef(self.functions.any(random)));
        assert!((8..=200).contains(&table.size()));
        Some(())
    }

    fn exchange(&self, random: &mut Random) -> Option<()> {
        let n = random.next() as i32;
        let odd = n.wrapping_mul(2).wrapping_add(1);
        let check = |value: Val| match value {
            Val::FuncRef(Some(function)) => outcome(function.call(&[Val::I32(n)]))
                .map(|result| assert_eq!(*result, [Val::I32(odd)])),
            _ => Some(()),
        };
        let table = self.tables.any(random)?;
        check(table.get(random.below(8) as u32).unwrap())?;
        table
            .set(
                random.below(8) as u32,
                Val::FuncRef(self.functions.any(random)),
            )
            .unwrap();
        let global = self.function_globals.any(random)?;
        check(global.get())?;
        global
            .set(Val::FuncRef(self.functions.any(random)))
            .unwrap();
        let user = self.users.any(random)?;
        let publish = user
            .exports
            .get_native_function::<i32, ()>("publish")
            .unwrap();
        outcome(publish.call(random.below(8) as i32))?;
        let (to, from) = (self.tables.any(random)?, self.tables.any(random)?);
        Table::copy(&to, 0, &from, 4, 4).unwrap();
        Some(())
    }

    fn values(&self, random: &mut Random) -> Option<()> {
        let alive = |value: &ExternRef| match value.downcast::<Live>() {
            Some(live) => assert!(live.0.load(Ordering::SeqCst) > 0),
            None => assert!(value.is_null()),
        };
        let keeper = self.keepers.any(random)?;
        let (number, value) = self.value(random);
        let pass = keeper
            .exports
            .get_native_function::<ExternRef, ExternRef>("pass")
            .unwrap();
        let passed = outcome(pass.call(value.clone()))?;
        assert_eq!(passed.downcast::<Live>().unwrap().1, number);
        let slot = random.below(8) as i32;
        let keep = keeper
            .exports
            .get_native_function::<(i32, ExternRef), ()>("keep")
            .unwrap();
        outcome(keep.call(slot, value.clone()))?;
        let kept = keeper
            .exports
            .get_native_function::<i32, ExternRef>("kept")
            .unwrap();
        alive(&outcome(kept.call(slot))?);
        let fill = keeper
            .exports
            .get_native_function::<ExternRef, ()>("fill")
            .unwrap();
        outcome(fill.call(value))?;
        let table = self.value_tables.any(random)?;
        table
            .set(random.below(8) as u32, Val::ExternRef(self.value(random).1))
            .unwrap();
        if let Val::ExternRef(value) = table.get(random.below(8) as u32).unwrap() {
            alive(&value);
        }
        let global = self.value_globals.any(random)?;
        if let Val::ExternRef(value) = global.get() {
            alive(&value);
        }
        global.set(Val::ExternRef(self.value(random).1)).unwrap();
        Some(())
    }

    fn look(&self, random: &mut Random) -> Option<()> {
        let memory = self.memories.any(random)?;
        let number = random.next() as u32;
        let view = memory.view::<u32>();
        for cell in &view[8..16] {
            cell.set(number);
        }
        assert!(view[8..16].iter().all(|cell| cell.get() == number));
        let pointer = WasmPtr::<u32>::new(32);
        assert_eq!(pointer.deref(&memory).unwrap().get(), number);
        // It is still there when something larger takes the memory's place.
        let _ = memory.grow(1);
        assert_eq!(view[15].get(), number);
        drop(view);
        if let Val::I32(count) = self.globals.any(random)?.get() {
            assert!(count >= 0);
        }
        Some(())
    }

    fn fail(&self, random: &mut Random) -> Option<()> {
        let user = self.users.any(random)?;
        let call = |export: &str| {
            user.exports
                .get_native_function::<(), ()>(export)
                .unwrap()
                .call()
        };
        match random.below(5) {
            0 => assert_trap(call("unreachable"), TrapCode::UnreachableCodeReached),
            1 => assert_trap(call("outside"), TrapCode::HeapAccessOutOfBounds),
            2 => {
                let deep = user
                    .exports
                    .get_native_function::<i32, i32>("deep")
                    .unwrap();
                assert_trap(deep.call(1), TrapCode::StackOverflow);
            }
            3 => {
                let error = call("fail").unwrap_err();
                assert!(error.is::<Refused>() || outcome::<()>(Err(error)).is_none());
            }
            _ => match catch_unwind(AssertUnwindSafe(|| call("panic"))) {
                Ok(result) => assert!(outcome(result).is_none()),
                Err(payload) => assert_eq!(*payload.downcast::<u64>().unwrap(), 0),
            },
        }
        Some(())
    }

    fn reenter(&self, random: &mut Random) -> Option<()> {
        let user = self.users.any(random)?;
        let again = user.exports.get_function("again").unwrap();
        let before = AGAIN.with(|place| place.replace(Some(again.clone())));
        let depth = random.below(6) as i32;
        let result = again.call(&[Val::I32(depth)]);
        AGAIN.with(|place| place.replace(before));
        assert_eq!(*outcome(result)?, [Val::I32(depth)]);
        Some(())
    }

    fn spin(&self, random: &mut Random) -> Option<()> {
        let user = self.users.any(random)?;
        let export = ["spin", "spin and call"][random.below(2)];
        let spin = user.exports.get_native_function::<(), ()>(export).unwrap();
        let number = random.next();
        let handle = user.interrupt_handle();
        self.spinning.lock().unwrap().push((number, handle));
        assert!(outcome(spin.call()).is_none(), "an endless loop has ended");
        self.spinning
            .lock()
            .unwrap()
            .retain(|(each, _)| *each != number);
        Some(())
    }

    fn interrupt(&self, random: &mut Random) -> Option<()> {
        self.handles.any(random)?.interrupt();
        Some(())
    }

    fn drop_something(&self, random: &mut Random) -> Option<()> {
        match random.below(11) {
            0 => drop(self.users.take(random)),
            1 => drop(self.keepers.take(random)),
            2 => drop(self.memories.take(random)),
            3 => drop(self.tables.take(random)),
            4 => drop(self.value_tables.take(random)),
            5 => drop(self.globals.take(random)),
            6 => drop(self.function_globals.take(random)),
            7 => drop(self.value_globals.take(random)),
            8 => drop(self.functions.take(random)),
            9 => drop(self.handles.take(random)),
            _ if random.below(50) == 0 => self.clear(),
            _ => {}
        }
        Some(())
    }

    /// Drops everything, kind by kind.
    fn clear(&self) {
        self.functions.clear();
        self.users.clear();
        self.tables.clear();
        self.memories.clear();
        self.keepers.clear();
        self.value_tables.clear();
        self.globals.clear();
        self.function_globals.clear();
        self.value_globals.clear();
        self.handles.clear();
    }

    fn act(&self, random: &mut Random) {
        // `None`: what it takes was not there, or the guest was interrupted.
        let _ = match random.below(40) {
            0..3 => {
                self.provide(random);
                Some(())
            }
            3..6 => self.instantiate(random),
            6..14 => self.call(random),
            14..17 => self.grow(random),
            17..21 => self.exchange(random),
            21..25 => self.values(random),
            25..28 => self.look(random),
            28..31 => self.fail(random),
            31..34 => self.reenter(random),
            34 if self.spins => self.spin(random),
            35..37 => self.interrupt(random),
            _ => self.drop_something(random),
        };
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Bytes of memory that the process uses.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}

#[test]
fn everything_at_once() {
    let seconds = number("WASMILL_TORTURE_SECONDS").unwrap_or(2);
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("WASMILL_TORTURE_SEED").unwrap_or_else(|| clock().as_nanos() as u64);
    println!("seed {seed}, {seconds} seconds");
    let end = Instant::now() + Duration::from_secs(seconds);
    let live = Arc::new(AtomicI64::new(0));
    let actions = AtomicU64::new(0);
    let mut first_size = None;
    // Each round has new worlds, so that not everything is linked to everything most of the time.
    for round in 0.. {
        let worlds: Vec<_> = (0..3).map(|_| World::new(&live)).collect();
        let stop = AtomicBool::new(false);
        let round_end = end.min(Instant::now() + Duration::from_secs(3));
        thread::scope(|scope| {
            // It waits for nobody, so what spins ends in any case.
            let reaper = scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    for world in &worlds {
                        let spinning = world.spinning.lock().unwrap().clone();
                        for (_, handle) in &spinning {
                            handle.interrupt();
                        }
                    }
                    thread::sleep(Duration::from_micros(500));
                }
            });
            let threads: Vec<_> = (0..THREADS)
                .map(|nth| {
                    let (worlds, actions) = (&worlds, &actions);
                    scope.spawn(move || {
                        let mut random = Random(seed ^ (round << 32) ^ nth);
                        while Instant::now() < round_end {
                            worlds[random.below(worlds.len())].act(&mut random);
                            actions.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                })
                .collect();
            let outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            stop.store(true, Ordering::Relaxed);
            reaper.join().unwrap();
            outcomes.into_iter().for_each(|outcome| outcome.unwrap());
        });
        drop(worlds);
        assert_eq!(
            live.load(Ordering::SeqCst),
            0,
            "objects of the host are left"
        );
        let size = *first_size.get_or_insert_with(resident);
        assert!(
            resident() < size + (128 << 20),
            "memory grows: {size}, {}",
            resident()
        );
        if Instant::now() >= end {
            break;
        }
    }
    println!("{} actions", actions.into_inner());
}
