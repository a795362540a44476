//! Globals: constants and variables of every type, shared by host and guests, and every text when something is refused.

use std::panic::catch_unwind;
use wasmill::*;

#[test]
fn every_type_can_be_a_constant_or_a_variable() {
    let store = Store::default();
    let function = Function::new_native(&store, || 5i32);
    let values = [
        Val::I32(-1),
        Val::I64(i64::MIN),
        Val::F32(1.5),
        Val::F64(-0.25),
        Val::V128(u128::MAX - 7),
        Val::null(),
        Val::ExternRef(ExternRef::new(3u8)),
        Val::FuncRef(None),
        function.into(),
    ];
    for value in values {
        let constant = Global::new(&store, value.clone());
        assert_eq!(
            *constant.ty(),
            GlobalType::new(value.ty(), Mutability::Const)
        );
        assert_eq!(constant.get(), value);
        let error = constant.set(value.clone()).unwrap_err();
        assert_eq!(error.message(), "Attempted to set an immutable global");

        let variable = Global::new_mut(&store, value.clone());
        assert_eq!(*variable.ty(), GlobalType::new(value.ty(), Mutability::Var));
        assert_eq!((variable.get(), variable.store()), (value.clone(), &store));
        variable.set(value.clone()).unwrap();
        assert_eq!(variable.get(), value);
    }
}

#[test]
fn texts_of_what_is_refused() {
    let (store, other) = (Store::default(), Store::default());
    let variable = Global::new_mut(&store, Val::I32(1));
    let set = |val| variable.set(val).unwrap_err().message();
    assert_eq!(
        set(Val::I64(1)),
        "Attempted to operate on a global of type I32 as a global of type I64"
    );
    assert_eq!(
        set(Val::FuncRef(None)),
        "Attempted to operate on a global of type I32 as a global of type FuncRef"
    );
    assert_eq!(variable.get(), Val::I32(1));

    // The store is looked at first, then mutability, then the type.
    let foreign: Val = Function::new_native(&other, || ()).into();
    let text = "cross-`Store` values are not supported";
    assert_eq!(set(foreign.clone()), text);
    let constant = Global::new(&store, Val::I32(1));
    assert_eq!(constant.set(foreign.clone()).unwrap_err().message(), text);
    assert_eq!(
        constant.set(Val::I64(1)).unwrap_err().message(),
        "Attempted to set an immutable global"
    );

    for make in [Global::new, Global::new_mut] {
        let (store, foreign) = (store.clone(), foreign.clone());
        let panic =
            catch_unwind(std::panic::AssertUnwindSafe(|| make(&store, foreign))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), text);
    }
}

#[test]
fn handles() {
    let store = Store::default();
    let global = Global::new_mut(&store, Val::I32(1));
    let again = global.clone();
    again.set(Val::I32(2)).unwrap();
    assert_eq!(global.get(), Val::I32(2));
    assert!(global.same(&again));
    assert!(!global.same(&Global::new_mut(&store, Val::I32(2))));
    assert_eq!(
        format!("{global:?}"),
        "Global { ty: GlobalType { ty: I32, mutability: Var }, value: I32(2) }"
    );
}

#[test]
fn host_and_guests_see_the_same_variable() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
            (import "env" "n" (global $n (mut i64)))
            (import "env" "c" (global $c f32))
            (global $own (export "own") (mut v128) (v128.const i64x2 1 2))
            (global $copy (export "copy") f32 (global.get $c))
            (export "n" (global $n))
            (func (export "double") (global.set $n (i64.add (global.get $n) (global.get $n))))
            (func (export "set_own") (param v128) (global.set $own (local.get 0))))"#,
    )
    .unwrap();
    let n = Global::new_mut(&store, Val::I64(21));
    let imports =
        imports! { "env" => { "n" => n.clone(), "c" => Global::new(&store, Val::F32(0.5)) } };
    let instances = [(); 2].map(|()| Instance::new(&module, &imports).unwrap());
    for instance in &instances {
        assert!(instance.exports.get_global("n").unwrap().same(&n));
        assert_eq!(
            instance.exports.get_global("copy").unwrap().get(),
            Val::F32(0.5)
        );
        instance
            .exports
            .get_native_function::<(), ()>("double")
            .unwrap()
            .call()
            .unwrap();
    }
    assert_eq!(n.get(), Val::I64(84));
    let [own, others] = instances.map(|instance| instance.exports);
    let value = Val::V128(7 << 100);
    own.get_function("set_own")
        .unwrap()
        .call(std::slice::from_ref(&value))
        .unwrap();
    assert_eq!(own.get_global("own").unwrap().get(), value);
    assert_eq!(
        others.get_global("own").unwrap().get(),
        Val::V128((2 << 64) | 1)
    );
    own.get_global("own").unwrap().set(Val::V128(9)).unwrap();
    assert_eq!(own.get_global("own").unwrap().get(), Val::V128(9));
}

#[test]
fn references_in_globals() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
            (global $f (export "f") (mut funcref) (ref.null func))
            (global $x (export "x") (mut externref) (ref.null extern))
            (table 1 funcref)
            (func $seven (export "seven") (result i32) (i32.const 7))
            (func (export "keep") (global.set $f (ref.func $seven)))
            (func (export "call") (result i32)
              (table.set (i32.const 0) (global.get $f))
              (call_indirect (result i32) (i32.const 0)))
            (func (export "x_is_null") (result i32) (ref.is_null (global.get $x))))"#,
    )
    .unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let (f, x) = (
        instance.exports.get_global("f").unwrap(),
        instance.exports.get_global("x").unwrap(),
    );
    let call = instance
        .exports
        .get_native_function::<(), i32>("call")
        .unwrap();
    assert_eq!(f.get(), Val::FuncRef(None));
    assert_eq!(call.call().unwrap_err().message(), "uninitialized element");
    instance
        .exports
        .get_native_function::<(), ()>("keep")
        .unwrap()
        .call()
        .unwrap();
    assert_eq!(
        f.get(),
        instance
            .exports
            .get_function("seven")
            .unwrap()
            .clone()
            .into()
    );
    let factor = 6;
    f.set(Function::new_native(&store, move || factor * 7).into())
        .unwrap();
    assert_eq!(call.call().unwrap(), 42);

    let is_null = instance
        .exports
        .get_native_function::<(), i32>("x_is_null")
        .unwrap();
    assert_eq!(is_null.call().unwrap(), 1);
    let value = ExternRef::new(1);
    x.set(Val::ExternRef(value.clone())).unwrap();
    assert_eq!(is_null.call().unwrap(), 0);
    assert_eq!(x.get(), Val::ExternRef(value));
}

#[test]
fn imports_must_match_exactly() {
    let store = Store::default();
    let module = Module::new(&store, r#"(module (import "env" "g" (global i32)))"#).unwrap();
    let import = |global: Global| {
        Instance::new(&module, &imports! { "env" => { "g" => global } })
            .map(drop)
            .map_err(|e| e.to_string())
    };
    import(Global::new(&store, Val::I32(1))).unwrap();
    assert_eq!(
        import(Global::new_mut(&store, Val::I32(1))).unwrap_err(),
        "Error while importing \"env\".\"g\": incompatible import type. Expected \
         Global(GlobalType { ty: I32, mutability: Const }) but received Global(GlobalType { ty: I32, mutability: Var })"
    );
    assert_eq!(
        import(Global::new(&store, Val::I64(1))).unwrap_err(),
        "Error while importing \"env\".\"g\": incompatible import type. Expected \
         Global(GlobalType { ty: I32, mutability: Const }) but received Global(GlobalType { ty: I64, mutability: Const })"
    );
}
