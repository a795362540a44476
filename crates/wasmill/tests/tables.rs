//! Tables: what the host can do with them, and every text when it cannot.

use wasmill::*;

const OUT_OF_BOUNDS: &str = "undefined element: out of bounds table access";
const NULL: Val = Val::FuncRef(None);

fn table(store: &Store, minimum: u32, maximum: Option<u32>) -> Table {
    Table::new(store, TableType::new(Type::FuncRef, minimum, maximum), NULL).unwrap()
}

/// A host function that gives a number.
fn giving(store: &Store, number: i32) -> Val {
    Function::new_native(store, move || number).into()
}

/// What the function at `index` gives.
fn given(table: &Table, index: u32) -> Option<i32> {
    match table.get(index) {
        Some(Val::FuncRef(Some(function))) => {
            Some(function.native::<(), i32>().unwrap().call().unwrap())
        }
        Some(Val::FuncRef(None)) => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn read_and_write() {
    let store = Store::default();
    let table = table(&store, 3, None);
    assert_eq!((table.size(), table.store()), (3, &store));
    assert_eq!(table.get(0), Some(NULL));
    assert_eq!(table.get(3), None);
    table.set(1, giving(&store, 7)).unwrap();
    assert_eq!(
        (given(&table, 0), given(&table, 1), given(&table, 2)),
        (None, Some(7), None)
    );
    table.set(1, NULL).unwrap();
    assert_eq!(given(&table, 1), None);
    let again = table.clone();
    again.set(0, giving(&store, 8)).unwrap();
    assert_eq!(given(&table, 0), Some(8));
    assert!(table.same(&again));
    assert!(!table.same(&self::table(&store, 3, None)));
}

#[test]
fn the_first_value_fills_the_table() {
    let store = Store::default();
    let filled = Table::new(
        &store,
        TableType::new(Type::FuncRef, 3, Some(4)),
        giving(&store, 5),
    )
    .unwrap();
    assert_eq!((given(&filled, 0), given(&filled, 2)), (Some(5), Some(5)));
    assert_eq!(filled.get(0), filled.get(2));
    assert_eq!(filled.grow(1, giving(&store, 6)).unwrap(), 3);
    assert_eq!((given(&filled, 2), given(&filled, 3)), (Some(5), Some(6)));
}

#[test]
fn growth_changes_the_size_and_not_the_type() {
    let store = Store::default();
    let table = table(&store, 2, Some(10));
    assert_eq!(table.grow(3, NULL).unwrap(), 2);
    assert_eq!(table.grow(0, NULL).unwrap(), 5);
    assert_eq!(table.size(), 5);
    assert_eq!(*table.ty(), TableType::new(Type::FuncRef, 2, Some(10)));
    let message = |delta| table.grow(delta, NULL).unwrap_err().message();
    assert_eq!(message(6), "failed to grow table by `6`");
    assert_eq!(message(u32::MAX), "failed to grow table by `4294967295`");
    assert_eq!(table.size(), 5);
    assert_eq!(table.grow(5, NULL).unwrap(), 5);
    // Without a maximum there still is one.
    let open = self::table(&store, 0, None);
    assert_eq!(
        open.grow(12_000_000, NULL).unwrap_err().message(),
        "failed to grow table by `12000000`"
    );
    assert_eq!(open.size(), 0);
}

#[test]
fn texts_of_what_is_refused() {
    let store = Store::default();
    let make = |ty, init| match Table::new(&store, ty, init) {
        Ok(_) => panic!("the table was made"),
        Err(error) => error.message(),
    };
    let funcref = |minimum, maximum| TableType::new(Type::FuncRef, minimum, maximum);
    assert_eq!(
        make(TableType::new(Type::I32, 1, None), NULL),
        "tables of types other than funcref or externref (I32)"
    );
    assert_eq!(
        make(funcref(5, Some(2)), NULL),
        "Table minimum (5) is larger than maximum (2)!"
    );
    assert_eq!(make(funcref(1, None), Val::I32(0)), "val is not reference");
    let wrong = "Attempted to set a table of type FuncRef with the value of type ExternRef";
    assert_eq!(make(funcref(1, None), Val::null()), wrong);
    assert!(make(funcref(10_000_001, None), NULL).contains("10000001"));

    let table = table(&store, 2, None);
    let set = |index, val| table.set(index, val).unwrap_err();
    assert_eq!(set(2, NULL).message(), OUT_OF_BOUNDS);
    assert_eq!(
        set(u32::MAX, NULL).to_trap(),
        Some(TrapCode::TableAccessOutOfBounds)
    );
    assert_eq!(set(0, Val::F64(1.0)).message(), "val is not reference");
    assert_eq!(set(0, Val::null()).message(), wrong);
    assert_eq!(
        table.grow(1, Val::I64(1)).unwrap_err().message(),
        "val is not reference"
    );
    assert_eq!(table.grow(1, Val::null()).unwrap_err().message(), wrong);
    let externs = Table::new(
        &store,
        TableType::new(Type::ExternRef, 1, None),
        Val::null(),
    )
    .unwrap();
    assert_eq!(
        externs.set(0, NULL).unwrap_err().message(),
        "Attempted to set a table of type ExternRef with the value of type FuncRef"
    );
}

#[test]
fn values_of_another_store() {
    let (store, other) = (Store::default(), Store::default());
    let foreign = giving(&other, 1);
    let text = "cross-`Store` values are not supported";
    let ty = TableType::new(Type::FuncRef, 1, None);
    assert_eq!(
        Table::new(&store, ty, foreign.clone())
            .err()
            .unwrap()
            .message(),
        text
    );
    let table = table(&store, 1, None);
    assert_eq!(table.set(0, foreign.clone()).unwrap_err().message(), text);
    assert_eq!(table.grow(1, foreign).unwrap_err().message(), text);
    let there = self::table(&other, 1, None);
    assert_eq!(
        Table::copy(&table, 0, &there, 0, 1).unwrap_err().message(),
        "cross-`Store` table copies are not supported"
    );
}

#[test]
fn copies() {
    let store = Store::default();
    let numbers = |table: &Table| {
        (0..table.size())
            .map(|index| given(table, index))
            .collect::<Vec<_>>()
    };
    let filled = || {
        let table = table(&store, 5, None);
        (0..5).for_each(|index| table.set(index, giving(&store, index as i32)).unwrap());
        table
    };
    let table = filled();
    Table::copy(&table, 1, &table, 0, 4).unwrap();
    assert_eq!(numbers(&table), [0, 0, 1, 2, 3].map(Some));
    let table = filled();
    Table::copy(&table, 0, &table, 1, 4).unwrap();
    assert_eq!(numbers(&table), [1, 2, 3, 4, 4].map(Some));
    let target = self::table(&store, 2, None);
    Table::copy(&target, 1, &table, 4, 1).unwrap();
    assert_eq!(numbers(&target), [None, Some(4)]);
    Table::copy(&target, 2, &table, 5, 0).unwrap();
    for (to, from, length) in [
        (0, 0, 3),
        (2, 0, 1),
        (0, 5, 1),
        (3, 0, 0),
        (0, 6, 0),
        (0, 4, u32::MAX),
    ] {
        let error = Table::copy(&target, to, &table, from, length).unwrap_err();
        assert_eq!(error.message(), OUT_OF_BOUNDS);
    }
    assert_eq!(numbers(&target), [None, Some(4)]);
    let externs = Table::new(
        &store,
        TableType::new(Type::ExternRef, 1, None),
        Val::null(),
    )
    .unwrap();
    assert!(Table::copy(&target, 0, &externs, 0, 1).is_err());
}

#[test]
fn host_and_guest_see_the_same_table() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module
            (type $give (func (result i32)))
            (import "env" "t" (table $t 2 funcref))
            (elem declare func $nine)
            (func $nine (type $give) (i32.const 9))
            (func (export "call") (param i32) (result i32) (call_indirect $t (type $give) (local.get 0)))
            (func (export "put") (param i32) (table.set $t (local.get 0) (ref.func $nine)))
            (func (export "clear") (param i32) (table.set $t (local.get 0) (ref.null func)))
            (func (export "grow") (param i32) (result i32)
              (table.grow $t (ref.func $nine) (local.get 0)))
            (func (export "size") (result i32) (table.size $t))
            (export "t" (table $t)))"#,
    )
    .unwrap();
    let table = table(&store, 2, Some(6));
    let instance = Instance::new(&module, &imports! { "env" => { "t" => table.clone() } }).unwrap();
    let exports = &instance.exports;
    assert!(exports.get_table("t").unwrap().same(&table));
    let call = exports.get_native_function::<i32, i32>("call").unwrap();
    let put = exports.get_native_function::<i32, ()>("put").unwrap();
    let clear = exports.get_native_function::<i32, ()>("clear").unwrap();
    let grow = exports.get_native_function::<i32, i32>("grow").unwrap();
    let size = exports.get_native_function::<(), i32>("size").unwrap();

    assert_eq!(call.call(0).unwrap_err().message(), "uninitialized element");
    table.set(0, giving(&store, 3)).unwrap();
    assert_eq!(call.call(0).unwrap(), 3);
    put.call(1).unwrap();
    assert_eq!(given(&table, 1), Some(9));
    clear.call(1).unwrap();
    assert_eq!(given(&table, 1), None);
    assert_eq!(table.grow(1, giving(&store, 4)).unwrap(), 2);
    assert_eq!((size.call().unwrap(), call.call(2).unwrap()), (3, 4));
    assert_eq!(grow.call(2).unwrap(), 3);
    assert_eq!((table.size(), given(&table, 4)), (5, Some(9)));
    assert_eq!(grow.call(2).unwrap(), -1);
    assert_eq!(call.call(5).unwrap_err().message(), OUT_OF_BOUNDS);
    assert_eq!(call.call(-1).unwrap_err().message(), OUT_OF_BOUNDS);
    // A function of another type.
    table
        .set(0, Function::new_native(&store, |_: i64| {}).into())
        .unwrap();
    assert_eq!(
        call.call(0).unwrap_err().message(),
        "indirect call type mismatch"
    );
}

#[test]
fn tables_of_host_values() {
    let store = Store::default();
    let module = Module::new(
        &store,
        r#"(module (table $t (export "t") 2 4 externref)
            (func (export "get") (param i32) (result externref) (table.get $t (local.get 0)))
            (func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
            (func (export "fill") (param externref)
              (table.fill $t (i32.const 0) (local.get 0) (table.size $t))))"#,
    )
    .unwrap();
    let instance = Instance::new(&module, &imports! {}).unwrap();
    let table = instance.exports.get_table("t").unwrap();
    let value = ExternRef::new(String::from("host"));
    table.set(1, Val::ExternRef(value.clone())).unwrap();
    let get = instance
        .exports
        .get_native_function::<i32, ExternRef>("get")
        .unwrap();
    assert_eq!(get.call(1).unwrap(), value);
    assert!(get.call(0).unwrap().is_null());
    assert_eq!(get.call(2).unwrap_err().message(), OUT_OF_BOUNDS);
    let set = instance
        .exports
        .get_native_function::<(i32, ExternRef), ()>("set")
        .unwrap();
    set.call(0, value.clone()).unwrap();
    assert_eq!(table.get(0), Some(Val::ExternRef(value.clone())));
    assert_eq!(
        set.call(7, value.clone()).unwrap_err().message(),
        OUT_OF_BOUNDS
    );
    instance
        .exports
        .get_native_function::<ExternRef, ()>("fill")
        .unwrap()
        .call(ExternRef::null())
        .unwrap();
    assert_eq!(
        (table.get(0), table.get(1)),
        (Some(Val::null()), Some(Val::null()))
    );
    assert_eq!(table.grow(2, Val::ExternRef(value.clone())).unwrap(), 2);
    assert_eq!(get.call(3).unwrap().downcast::<String>().unwrap(), "host");
}
