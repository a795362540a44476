//! Functions: every form of host function, every number of arguments and results, calls in all four directions
//! (host and guest, typed and dynamic), references to functions and to host values.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};
use wasmill::*;

fn instance(store: &Store, wat: &str, imports: &ImportObject) -> Instance {
    Instance::new(&Module::new(store, wat).unwrap(), imports).unwrap()
}

fn call(function: &Function, args: &[Val]) -> Vec<Val> {
    function.call(args).unwrap().into_vec()
}

#[derive(Debug, PartialEq)]
struct Refused(i32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl std::error::Error for Refused {}

/// A guest `run` that passes its arguments to an imported `f` of the same type, and gives what that gives.
fn pass_on(store: &Store, function: &Function) -> Function {
    let ty = function.ty();
    let list = |types: &[Type]| {
        types
            .iter()
            .map(|ty| ty.to_string().to_lowercase())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let signature = format!(
        "(param {}) (result {})",
        list(ty.params()),
        list(ty.results())
    );
    let args: String = (0..ty.params().len())
        .map(|nth| format!("(local.get {nth})"))
        .collect();
    let wat = format!(
        "(module (import \"env\" \"f\" (func $f {signature})) (func (export \"run\") {signature} (call $f {args})))"
    );
    let imports = imports! { "env" => { "f" => function.clone() } };
    instance(store, &wat, &imports)
        .exports
        .get_function("run")
        .unwrap()
        .clone()
}

/// Checks a function that gives its arguments back, with as many of them as there are names; then one name fewer.
macro_rules! identities {
    ($store:ident) => { identities!(@check $store) };
    ($store:ident $first:ident: $ty:ident $($name:ident: $rest:ident)*) => {
        identities!(@check $store $first: $ty $($name: $rest)*);
        identities!($store $($name: $rest)*);
    };
    (@check $store:ident $($name:ident: $ty:ident)*) => {{
        let host = Function::new_native(&$store, |$($name: $ty),*| ($($name),*));
        let mut _numbers = 1..;
        $( let $name = _numbers.next().unwrap() as u16 as $ty; )*
        let values: Vec<Val> = vec![$($name.into()),*];
        let types: Vec<Type> = values.iter().map(Val::ty).collect();
        assert_eq!(*host.ty(), FunctionType::new(types.clone(), types));
        assert_eq!((host.param_arity(), host.result_arity()), (values.len(), values.len()));
        let dynamic = Function::new(&$store, host.ty(), |args| Ok(args.to_vec()));
        let guest = pass_on(&$store, &host);
        let guest_of_dynamic = pass_on(&$store, &dynamic);
        for function in [host, dynamic, guest, guest_of_dynamic] {
            assert_eq!(call(&function, &values), values);
            let native = function.native::<($($ty),*), ($($ty),*)>().unwrap();
            let ($($name),*) = native.call($($name),*).unwrap();
            let results: Vec<Val> = vec![$($name.into()),*];
            assert_eq!(results, values);
            assert_eq!(Function::from(native), function);
        }
    }};
}

#[test]
#[allow(
    unused_parens,
    clippy::let_unit_value,
    reason = "one form serves all lengths"
)]
fn up_to_26_arguments_and_results_of_all_types() {
    let store = Store::default();
    identities!(store
        a: i32 b: i64 c: f32 d: f64 e: i64 f: f32 g: i32 h: f64 i: i32 j: i32 k: i64 l: i64 m: f32
        n: f32 o: f64 p: f64 q: i32 r: f32 s: i64 t: f64 u: f64 v: f32 w: i64 x: i32 y: f32 z: i64);
}

/// A guest calls the host with all bits set, and gives back what the host answered.
macro_rules! widths {
    ($store:ident: $($ty:ident $wasm:ident all_bits $value:expr, comes_back $back:expr;)*) => { $(
        let host = Function::new_native(&$store, |value: $ty| { assert_eq!(value, $value); value });
        let guest = pass_on(&$store, &host);
        assert_eq!(call(&guest, &[Val::$wasm(-1)]), [Val::$wasm($back)]);
        assert_eq!(call(&host, &[Val::$wasm(-1)]), [Val::$wasm($back)]);
        let native = guest.native::<$ty, $ty>().unwrap();
        assert_eq!(native.call($value).unwrap(), $value);
    )* };
}

#[test]
fn integers_of_every_width() {
    let store = Store::default();
    widths! { store:
        i8 I32 all_bits -1, comes_back -1;
        u8 I32 all_bits u8::MAX, comes_back 255;
        i16 I32 all_bits -1, comes_back -1;
        u16 I32 all_bits u16::MAX, comes_back 65_535;
        i32 I32 all_bits -1, comes_back -1;
        u32 I32 all_bits u32::MAX, comes_back -1;
        i64 I64 all_bits -1, comes_back -1;
        u64 I64 all_bits u64::MAX, comes_back -1;
    }
    // What does not fit is cut off; signs are kept.
    let narrow = Function::new_native(&store, |a: i8, b: u8, c: i16, d: u16| (a, b, c, d));
    let args = [0x1_80, 0x1_80, 0x1_8000, 0x1_8000].map(Val::I32);
    assert_eq!(
        call(&pass_on(&store, &narrow), &args),
        [-128, 128, -32_768, 32_768].map(Val::I32)
    );
    let pointer = Function::new_native(&store, |p: WasmPtr<u8>| p.offset());
    assert_eq!(
        call(&pass_on(&store, &pointer), &[Val::I32(-2)]),
        [Val::I32(-2)]
    );
}

#[test]
fn floats_keep_their_bits() {
    let store = Store::default();
    let host = Function::new_native(&store, |a: f32, b: f64| (b, a));
    let guest = pass_on(&store, &host);
    let (a, b) = (
        f32::from_bits(0x7fa0_1234),
        f64::from_bits(0xfff4_0000_0000_0abc),
    );
    for function in [host, guest] {
        let results = call(&function, &[Val::F32(a), Val::F64(b)]);
        assert_eq!(results[0].unwrap_f64().to_bits(), b.to_bits());
        assert_eq!(results[1].unwrap_f32().to_bits(), a.to_bits());
    }
}

#[test]
fn what_a_host_function_may_return() {
    let store = Store::default();
    let results = |function: Function| {
        let outcome = function
            .call(&[])
            .map(Vec::from)
            .map_err(|error| error.downcast::<Refused>().unwrap());
        let guest = pass_on(&store, &function);
        let through = guest
            .call(&[])
            .map(Vec::from)
            .map_err(|error| error.downcast::<Refused>().unwrap());
        assert_eq!(outcome, through);
        outcome
    };
    let new =
        |number| -> Result<i32, Refused> { (number < 5).then_some(number).ok_or(Refused(number)) };
    assert_eq!(results(Function::new_native(&store, || ())), Ok(vec![]));
    assert_eq!(
        results(Function::new_native(&store, || 1u8)),
        Ok(vec![Val::I32(1)])
    );
    assert_eq!(
        results(Function::new_native(&store, || (1u64, 2f32))),
        Ok(vec![Val::I64(1), Val::F32(2.0)])
    );
    assert_eq!(
        results(Function::new_native(&store, move || new(4))),
        Ok(vec![Val::I32(4)])
    );
    assert_eq!(
        results(Function::new_native(&store, move || new(5))),
        Err(Refused(5))
    );
    assert_eq!(
        results(Function::new_native(&store, move || new(4).map(drop))),
        Ok(vec![])
    );
    assert_eq!(
        results(Function::new_native(&store, move || new(6).map(drop))),
        Err(Refused(6))
    );
    assert_eq!(
        results(Function::new_native(&store, move || new(3).map(|x| (x, 1.5f64)))),
        Ok(vec![Val::I32(3), Val::F64(1.5)])
    );
    assert_eq!(
        results(Function::new_native(&store, move || new(7).map(|x| (x, x)))),
        Err(Refused(7))
    );
    let never = || -> Result<Infallible, Refused> { Err(Refused(8)) };
    let never = Function::new_native(&store, never);
    assert_eq!(*never.ty(), FunctionType::new([], []));
    assert_eq!(results(never), Err(Refused(8)));
    fn gives_up() -> Infallible {
        RuntimeError::raise(Box::new(Refused(9)))
    }
    let gives_up = pass_on(&store, &Function::new_native(&store, gives_up));
    assert_eq!(
        gives_up
            .call(&[])
            .unwrap_err()
            .downcast::<Refused>()
            .unwrap(),
        Refused(9)
    );
}

#[test]
fn typed_calls_of_host_functions() {
    let store = Store::default();
    let nullary = Function::new_native(&store, || 42);
    assert_eq!(nullary.native::<(), i32>().unwrap().call().unwrap(), 42);
    let mixed = |a: i32, b: i64, c: f32, d: f64| {
        f64::from(a) * 1000.0 + b as f64 * 100.0 + f64::from(c.trunc()) * 10.0 + d
    };
    let typed = Function::new_native(&store, mixed);
    let dynamic = Function::new(&store, typed.ty(), move |args| {
        let [a, b, c, d] = args else {
            panic!("{args:?}")
        };
        Ok(vec![Val::F64(mixed(
            a.unwrap_i32(),
            b.unwrap_i64(),
            c.unwrap_f32(),
            d.unwrap_f64(),
        ))])
    });
    for function in [typed, dynamic] {
        let native = function.native::<(i32, i64, f32, f64), f64>().unwrap();
        assert_eq!(native.call(8, 4, 1.5, 5.0).unwrap(), 8415.0);
        let args = [Val::I32(8), Val::I64(4), Val::F32(1.5), Val::F64(5.0)];
        assert_eq!(call(&function, &args), [Val::F64(8415.0)]);
    }
    let fails = Function::new_native(&store, |a: i32| -> Result<i32, Refused> { Err(Refused(a)) });
    let error = fails.native::<i32, i32>().unwrap().call(3).unwrap_err();
    assert_eq!(error.message(), "refused: 3");
    assert_eq!(error.downcast::<Refused>().unwrap(), Refused(3));
    let fails = Function::new(&store, ([], []), |_| Err(RuntimeError::new("no")));
    assert_eq!(fails.call(&[]).unwrap_err().message(), "no");
    assert_eq!(
        fails
            .native::<(), ()>()
            .unwrap()
            .call()
            .unwrap_err()
            .to_string(),
        "RuntimeError: no"
    );
}

#[test]
fn panics_of_host_functions_go_on_in_the_caller() {
    let store = Store::default();
    fn fails(_: i32) -> i32 {
        panic!("of the host")
    }
    let typed = Function::new_native(&store, fails);
    let dynamic = Function::new(&store, typed.ty(), |_| panic!("of the host"));
    for (function, direct) in [
        (typed.clone(), true),
        (dynamic.clone(), true),
        (pass_on(&store, &typed), false),
        (pass_on(&store, &dynamic), false),
    ] {
        let native = function.native::<i32, i32>().unwrap();
        let run = std::panic::AssertUnwindSafe(|| native.call(1));
        match std::panic::catch_unwind(run) {
            // A native handle to the host's own function makes an error of it.
            Ok(outcome) => {
                assert!(direct);
                assert_eq!(outcome.unwrap_err().message(), "\"of the host\"");
            }
            Err(payload) => {
                assert!(!direct);
                assert_eq!(*payload.downcast_ref::<&str>().unwrap(), "of the host");
            }
        }
        let run = std::panic::AssertUnwindSafe(|| function.call(&[Val::I32(1)]));
        assert!(std::panic::catch_unwind(run).is_err());
    }
}

#[test]
fn closures_may_capture() {
    let store = Store::default();
    let (factor, text, count) = (3, String::from("abc"), Arc::new(AtomicI32::new(0)));
    let counted = count.clone();
    let typed = Function::new_native(&store, move |x: i32| {
        counted.fetch_add(1, Ordering::Relaxed) + x * factor + text.len() as i32
    });
    assert_eq!(
        call(&pass_on(&store, &typed), &[Val::I32(10)]),
        [Val::I32(33)]
    );
    assert_eq!(
        call(&pass_on(&store, &typed), &[Val::I32(10)]),
        [Val::I32(34)]
    );
    let counted = count.clone();
    let dynamic = Function::new(&store, ([], [Type::I32]), move |_| {
        Ok(vec![counted.load(Ordering::Relaxed).into()])
    });
    assert_eq!(call(&pass_on(&store, &dynamic), &[]), [Val::I32(2)]);
    assert_eq!(Arc::strong_count(&count), 3);
    drop((typed, dynamic));
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn environments() {
    #[derive(Clone)]
    struct Env {
        own: Arc<Mutex<i32>>,
        base: i32,
    }
    impl WasmerEnv for Env {}
    let store = Store::default();
    let env = Env {
        own: Arc::new(Mutex::new(0)),
        base: 100,
    };
    let typed = Function::new_native_with_env(&store, env.clone(), |env: &Env, x: i32| {
        *env.own.lock().unwrap() += x;
        env.base + x
    });
    let dynamic = Function::new_with_env(&store, typed.ty(), env.clone(), |env, args| {
        *env.own.lock().unwrap() += args[0].unwrap_i32();
        Ok(vec![Val::I32(env.base + args[0].unwrap_i32())])
    });
    let fallible = Function::new_native_with_env(&store, env.clone(), |env: &Env, x: i32| {
        (x < 5).then_some(env.base + x).ok_or(Refused(x))
    });
    for function in [&typed, &dynamic, &fallible] {
        // Also when no instance has imported it yet.
        assert_eq!(call(function, &[Val::I32(2)]), [Val::I32(102)]);
        assert_eq!(
            call(&pass_on(&store, function), &[Val::I32(3)]),
            [Val::I32(103)]
        );
        assert_eq!(
            call(&pass_on(&store, function), &[Val::I32(4)]),
            [Val::I32(104)]
        );
    }
    assert_eq!(*env.own.lock().unwrap(), 2 * (2 + 3 + 4));
    let error = pass_on(&store, &fallible).call(&[Val::I32(5)]).unwrap_err();
    assert_eq!(error.downcast::<Refused>().unwrap(), Refused(5));
    // Many arguments beside the environment.
    let many = Function::new_native_with_env(
        &store,
        7i64,
        |env: &i64, a: i32, b: i64, c: f64, d: f32, e: i32, f: i64, g: i32, h: i32| {
            (*env + i64::from(a) + b, c + f64::from(d), e + g - h, f)
        },
    );
    let args = [
        Val::I32(1),
        Val::I64(2),
        Val::F64(3.0),
        Val::F32(4.0),
        Val::I32(5),
        Val::I64(6),
        Val::I32(7),
        Val::I32(8),
    ];
    let expected = [Val::I64(10), Val::F64(7.0), Val::I32(4), Val::I64(6)];
    assert_eq!(call(&pass_on(&store, &many), &args), expected);
}

#[test]
fn vectors_in_dynamic_signatures() {
    let store = Store::default();
    let swap = Function::new(
        &store,
        (
            [Type::V128, Type::I32, Type::V128],
            [Type::V128, Type::V128, Type::I32],
        ),
        |args| Ok(vec![args[2].clone(), args[0].clone(), args[1].clone()]),
    );
    let (a, b) = (
        Val::V128(u128::MAX << 3),
        Val::V128(0x0123_4567_89ab_cdef_0011_2233_4455_6677),
    );
    for function in [swap.clone(), pass_on(&store, &swap)] {
        let results = call(&function, &[a.clone(), Val::I32(5), b.clone()]);
        assert_eq!(results, [b.clone(), a.clone(), Val::I32(5)]);
    }
    let one = Function::new(&store, ([Type::V128; 1], [Type::V128; 1]), |args| {
        Ok(args.to_vec())
    });
    assert_eq!(call(&pass_on(&store, &one), std::slice::from_ref(&b)), [b]);
    // More than there are registers, between numbers, so that some lie on the stack at even and odd places.
    let types: Vec<Type> = [Type::I64, Type::V128, Type::F32].repeat(9);
    let many = Function::new(
        &store,
        FunctionType::new(types.clone(), types.clone()),
        |args| Ok(args.to_vec()),
    );
    let value = |(nth, ty): (usize, &Type)| match ty {
        Type::I64 => Val::I64(nth as i64),
        Type::V128 => Val::V128((nth as u128) << 90 | 1),
        _ => Val::F32(nth as f32),
    };
    let values: Vec<Val> = types.iter().enumerate().map(value).collect();
    assert_eq!(call(&many, &values), values);
    assert_eq!(call(&pass_on(&store, &many), &values), values);
}

#[test]
fn many_dynamic_arguments_and_results() {
    let store = Store::default();
    for count in [27, 100, 1_000] {
        let types: Vec<Type> = [Type::I32, Type::F64, Type::I64, Type::FuncRef]
            .into_iter()
            .cycle()
            .take(count)
            .collect();
        let ty = FunctionType::new(types.clone(), types.clone());
        let reversed = Function::new(&store, &ty, |args| Ok(args.to_vec()));
        let value = |(nth, ty): (usize, &Type)| match ty {
            Type::I32 => Val::I32(nth as i32),
            Type::F64 => Val::F64(nth as f64),
            Type::I64 => Val::I64(nth as i64),
            _ => Val::FuncRef(None),
        };
        let values: Vec<Val> = types.iter().enumerate().map(value).collect();
        assert_eq!(call(&reversed, &values), values);
        assert_eq!(call(&pass_on(&store, &reversed), &values), values);
    }
}

#[test]
fn texts_of_what_is_refused() {
    let store = Store::default();
    let takes = Function::new(&store, ([Type::I32], []), |_| Ok(vec![]));
    let message = |args: &[Val]| takes.call(args).unwrap_err().message();
    assert_eq!(
        message(&[Val::I32(1), Val::F64(2.0)]),
        "Parameters of type [I32, F64] did not match signature [I32] -> []"
    );
    assert_eq!(
        message(&[]),
        "Parameters of type [] did not match signature [I32] -> []"
    );
    assert_eq!(
        message(&[Val::null()]),
        "Parameters of type [ExternRef] did not match signature [I32] -> []"
    );

    let add = Function::new_native(&store, |a: i32, b: i32| a + b);
    assert_eq!(
        add.native::<i64, i32>().err().unwrap().message(),
        "given types (`[I64]`) for the function arguments don't match the actual types (`[I32, I32]`)"
    );
    assert_eq!(
        add.native::<(i32, i32), ()>().err().unwrap().message(),
        "given types (`[]`) for the function results don't match the actual types (`[I32]`)"
    );

    let other = Store::default();
    let takes_function = Function::new(&store, ([Type::FuncRef], []), |_| Ok(vec![]));
    let foreign = Function::new_native(&other, || ());
    assert_eq!(
        takes_function
            .call(&[foreign.clone().into()])
            .unwrap_err()
            .message(),
        "cross-`Store` values are not supported"
    );
    let of_env = |foreign: &Foreign, _: &[Val]| Ok(vec![foreign.0.clone().into()]);
    let by_env = Foreign(foreign.clone());
    let by_env = Function::new_with_env(&store, ([], [Type::FuncRef]), by_env, of_env);
    let gives_foreign = Function::new(&store, ([], [Type::FuncRef]), move |_| {
        Ok(vec![foreign.clone().into()])
    });
    let gives_foreign = [by_env, gives_foreign];
    let by_guests = gives_foreign
        .each_ref()
        .map(|function| pass_on(&store, function));
    for function in by_guests.into_iter().chain(gives_foreign) {
        assert_eq!(
            function.call(&[]).unwrap_err().message(),
            "cross-`Store` values are not supported"
        );
    }
}

/// An environment that is a function of another store.
#[derive(Clone)]
struct Foreign(Function);

impl WasmerEnv for Foreign {}

/// A vector that crosses by C's own type for it.
#[derive(Debug, PartialEq)]
struct Lanes(u128);

#[allow(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: sixteen bytes, of any value.
unsafe impl FromToNativeWasmType for Lanes {
    type Native = u128;
    fn from_native(native: u128) -> Self {
        Self(native)
    }
    fn to_native(self) -> u128 {
        self.0
    }
}

#[test]
fn vectors_in_typed_functions() {
    const BITS: u128 = 0x0123_4567_89ab_cdef_0011_2233_4455_6677;
    let store = Store::default();
    let invert = Function::new_native(&store, |n: i64, lanes: Lanes| {
        Lanes(!lanes.0 ^ u128::from(n as u64))
    });
    let both = Function::new_native(&store, |lanes: Lanes, n: i32| (n, lanes));
    for function in [pass_on(&store, &invert), invert] {
        let native = function.native::<(i64, Lanes), Lanes>().unwrap();
        assert_eq!(native.call(5, Lanes(BITS)).unwrap(), Lanes(!BITS ^ 5));
        let results = call(&function, &[Val::I64(0), Val::V128(BITS)]);
        assert_eq!(results, [Val::V128(!BITS)]);
    }
    for function in [pass_on(&store, &both), both] {
        let native = function.native::<(Lanes, i32), (i32, Lanes)>().unwrap();
        assert_eq!(native.call(Lanes(BITS), -3).unwrap(), (-3, Lanes(BITS)));
    }
    // More than registers hold: one number on the stack, and behind it a vector, which is aligned there.
    type N = i64;
    type L = Lanes;
    let last = |_: N,
                _: N,
                _: N,
                _: N,
                _: N,
                n: N,
                _: L,
                _: L,
                _: L,
                _: L,
                _: L,
                _: L,
                _: L,
                _: L,
                last: L,
                small: i32| { (n, last, small) };
    let last = Function::new_native(&store, last);
    let mut args: Vec<Val> = (1..=6).map(Val::I64).collect();
    args.extend((0..9).map(|nth| Val::V128(BITS << nth)));
    args.push(Val::I32(-9));
    for function in [pass_on(&store, &last), last] {
        let expected = [Val::I64(6), Val::V128(BITS << 8), Val::I32(-9)];
        assert_eq!(call(&function, &args), expected);
        type Args = (N, N, N, N, N, N, L, L, L, L, L, L, L, L, L, i32);
        let native = function.native::<Args, (N, L, i32)>().unwrap();
        let mut lanes = (0..9).map(|nth| Lanes(BITS << nth));
        let mut next = || lanes.next().unwrap();
        let results = native.call(
            1,
            2,
            3,
            4,
            5,
            6,
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            next(),
            -9,
        );
        assert_eq!(results.unwrap(), (6, Lanes(BITS << 8), -9));
    }
}

#[test]
fn values_through_raw_places() {
    let store = Store::default();
    let function = Function::new_native(&store, || 7);
    let mut place = 0;
    #[allow(unsafe_code, reason = "the functions are unsafe")]
    // SAFETY: the place is one for an `i128`; what was written is read once.
    let read = unsafe {
        Val::from(function.clone()).write_value_to(&mut place);
        Val::read_value_from(&store, &place, Type::FuncRef)
    };
    assert_eq!(read, Val::FuncRef(Some(function)));
    let function = read.unwrap_funcref().clone().unwrap();
    assert_eq!(call(&function, &[]), [Val::I32(7)]);
}

#[test]
fn wrong_results_of_dynamic_functions() {
    let store = Store::default();
    for (given, text) in [
        (
            vec![Val::I64(1)],
            "Dynamic function returned wrong signature. Expected [I32] but got [I64]",
        ),
        (
            vec![],
            "Dynamic function returned wrong signature. Expected [I32] but got []",
        ),
        (
            vec![Val::I32(1), Val::null()],
            "Dynamic function returned wrong signature. Expected [I32] but got [I32, ExternRef]",
        ),
    ] {
        let function = Function::new(&store, ([], [Type::I32]), move |_| Ok(given.clone()));
        assert_eq!(function.call(&[]).unwrap_err().message(), text);
        assert_eq!(
            pass_on(&store, &function).call(&[]).unwrap_err().message(),
            text
        );
    }
}

#[test]
fn equality_is_identity() {
    let store = Store::default();
    fn same(x: i32) -> i32 {
        x
    }
    let (a, b) = (
        Function::new_native(&store, same),
        Function::new_native(&store, same),
    );
    assert!(a == a.clone() && a != b);
    let wat = r#"(module (import "env" "a" (func $a (param i32) (result i32)))
        (func $f (param i32) (result i32) (local.get 0)) (export "f" (func $f)) (export "g" (func $f))
        (func (export "h") (param i32) (result i32) (local.get 0)) (export "a" (func $a)))"#;
    let imports = imports! { "env" => { "a" => a.clone() } };
    let (first, second) = (
        instance(&store, wat, &imports),
        instance(&store, wat, &imports),
    );
    let get =
        |instance: &Instance, name: &str| instance.exports.get_function(name).unwrap().clone();
    assert!(get(&first, "f") == get(&first, "f"));
    assert!(get(&first, "f") == get(&first, "g"));
    assert!(get(&first, "f") != get(&first, "h"));
    assert!(get(&first, "f") != get(&second, "f"));
    assert!(get(&first, "a") == a && get(&second, "a") == a);
    assert_eq!(
        format!("{a:?}"),
        "Function { ty: FunctionType { params: [I32], results: [I32] } }"
    );
    assert_eq!(a.store(), &store);
}

#[test]
fn references_to_functions() {
    let store = Store::default();
    let (seen, sum) = (Arc::new(Mutex::new(Vec::new())), 16);
    let log = seen.clone();
    let imports = imports! { "env" => {
        "take" => Function::new(&store, ([Type::FuncRef], [Type::I32]), move |args| {
            let Val::FuncRef(function) = &args[0] else { panic!("{args:?}") };
            log.lock().unwrap().push(function.is_some());
            let Some(function) = function else { return Ok(vec![Val::I32(-1)]) };
            let product = function.native::<(i32, i32), i32>()?.call(7, 9)?;
            Ok(vec![Val::I32(product)])
        }),
        "give" => Function::new(&store, ([Type::I32], [Type::FuncRef]), {
            let weak = store.clone();
            move |args| match args[0].unwrap_i32() {
                0 => Ok(vec![Val::FuncRef(None)]),
                number => Ok(vec![Function::new_native(&weak, move |a: i32, b: i32| a + b + number).into()]),
            }
        }),
    } };
    let wat = r#"(module
        (type $binary (func (param i32 i32) (result i32)))
        (import "env" "take" (func $take (param funcref) (result i32)))
        (import "env" "give" (func $give (param i32) (result funcref)))
        (table $t 1 funcref)
        (elem declare func $mul)
        (func $mul (export "mul") (type $binary) (i32.mul (local.get 0) (local.get 1)))
        (func (export "pass_mul") (result i32) (call $take (ref.func $mul)))
        (func (export "pass_null") (result i32) (call $take (ref.null func)))
        (func (export "pass") (param funcref) (result i32) (call $take (local.get 0)))
        (func (export "same") (param funcref) (result funcref) (local.get 0))
        (func $indirect (export "indirect") (param funcref i32 i32) (result i32)
          (table.set $t (i32.const 0) (local.get 0))
          (call_indirect $t (type $binary) (local.get 1) (local.get 2) (i32.const 0)))
        (func (export "given") (param i32) (result i32)
          (call $indirect (call $give (local.get 0)) (i32.const 3) (i32.const 4))))"#;
    let instance = instance(&store, wat, &imports);
    let get = |name: &str| instance.exports.get_function(name).unwrap();

    // A guest's function to the host, which calls it.
    assert_eq!(call(get("pass_mul"), &[]), [Val::I32(63)]);
    assert_eq!(call(get("pass_null"), &[]), [Val::I32(-1)]);
    assert_eq!(*seen.lock().unwrap(), [true, false]);
    // A host function to a guest, which calls it.
    let add = Function::new_native(&store, move |a: i32, b: i32| a + b + sum - 16);
    let args = |function: &Function| [function.clone().into(), Val::I32(7), Val::I32(9)];
    assert_eq!(call(get("indirect"), &args(&add)), [Val::I32(16)]);
    let dynamic = Function::new(&store, add.ty(), |args| {
        Ok(vec![Val::I32(args[0].unwrap_i32() - args[1].unwrap_i32())])
    });
    assert_eq!(call(get("indirect"), &args(&dynamic)), [Val::I32(-2)]);
    assert_eq!(call(get("indirect"), &args(get("mul"))), [Val::I32(63)]);
    let other = Function::new_native(&store, |a: i32| a);
    assert_eq!(
        get("indirect").call(&args(&other)).unwrap_err().message(),
        "indirect call type mismatch"
    );
    let null = [Val::FuncRef(None), Val::I32(1), Val::I32(2)];
    assert_eq!(
        get("indirect").call(&null).unwrap_err().message(),
        "uninitialized element"
    );
    // There and back it stays the same function.
    for function in [&add, &dynamic, get("mul")] {
        assert_eq!(
            call(get("same"), &[function.clone().into()]),
            [Val::FuncRef(Some(function.clone()))]
        );
    }
    assert_eq!(
        call(get("same"), &[Val::FuncRef(None)]),
        [Val::FuncRef(None)]
    );
    assert_eq!(call(get("pass"), &[add.into()]), [Val::I32(16)]);
    // Made by the host on request, called at once, a thousand times.
    for number in 1..1_000 {
        assert_eq!(
            call(get("given"), &[Val::I32(number)]),
            [Val::I32(7 + number)]
        );
    }
    assert_eq!(
        get("given").call(&[Val::I32(0)]).unwrap_err().message(),
        "uninitialized element"
    );
    // An error of what is called inside comes through both.
    let error = get("pass").call(&[other.into()]).unwrap_err();
    assert!(
        error
            .message()
            .starts_with("given types (`[I32, I32]`) for the function arguments")
    );
}

#[test]
fn references_to_host_values() {
    let store = Store::default();
    let host = Function::new_native(&store, |x: ExternRef| x);
    let dynamic = Function::new(&store, host.ty(), |args| Ok(args.to_vec()));
    let map = HashMap::from([(String::from("a"), 1), (String::from("b"), 2)]);
    let value = ExternRef::new(map);
    assert_eq!(value.strong_count(), 1);
    let functions = [
        host.clone(),
        dynamic.clone(),
        pass_on(&store, &host),
        pass_on(&store, &dynamic),
    ];
    for function in &functions {
        let [Val::ExternRef(same)] = &call(function, &[Val::ExternRef(value.clone())])[..] else {
            panic!("one reference")
        };
        assert_eq!(*same, value);
        assert_eq!(same.downcast::<HashMap<String, i32>>().unwrap()["b"], 2);
        assert!(same.downcast::<String>().is_none());
        assert_eq!(call(function, &[Val::null()]), [Val::null()]);
        let native = function.native::<ExternRef, ExternRef>().unwrap();
        assert_eq!(native.call(value.clone()).unwrap(), value);
        assert!(native.call(ExternRef::null()).unwrap().is_null());
    }
    assert_ne!(ExternRef::new(1), ExternRef::new(1));
    assert_eq!(ExternRef::null(), ExternRef::null());
    // Guests compare with null only, and may mix references with numbers.
    let wat = r#"(module (func (export "null") (param f64 externref i32) (result i32 externref)
        (ref.is_null (local.get 1)) (local.get 1)))"#;
    let instance = instance(&store, wat, &imports! {});
    let null = instance
        .exports
        .get_native_function::<(f64, ExternRef, i32), (i32, ExternRef)>("null")
        .unwrap();
    assert_eq!(null.call(1.0, value.clone(), 2).unwrap(), (0, value));
    assert_eq!(
        null.call(1.0, ExternRef::null(), 2).unwrap(),
        (1, ExternRef::null())
    );
}

#[test]
fn functions_of_one_instance_serve_another() {
    let store = Store::default();
    let library = instance(
        &store,
        r#"(module (global $n (mut i32) (i32.const 0))
            (func (export "next") (result i32)
              (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
            (func (export "divide") (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1))))"#,
        &imports! {},
    );
    let exports = library.exports.clone();
    drop(library);
    let next = pass_on(&store, exports.get_function("next").unwrap());
    let divide = pass_on(&store, exports.get_function("divide").unwrap());
    drop(exports);
    assert_eq!(
        (call(&next, &[]), call(&next, &[])),
        (vec![Val::I32(1)], vec![Val::I32(2)])
    );
    assert_eq!(call(&divide, &[Val::I32(84), Val::I32(2)]), [Val::I32(42)]);
    let error = divide.call(&[Val::I32(1), Val::I32(0)]).unwrap_err();
    assert_eq!(error.message(), "integer divide by zero");
    assert_eq!(error.trace().len(), 2);
}
