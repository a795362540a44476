//! The host module that scripts expect under the name `spectest`.

use std::io::Write;

use wasmill::{
    Exports, Function, Global, ImportObject, Memory, MemoryType, Pages, Store, Table, TableType,
    Type, Val,
};

/// `spectest`, with functions that print what they are given.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wast::spectest_importobject;
/// let imports = spectest_importobject(&Store::default());
/// assert!(imports.get_export("spectest", "print_i32").is_some());
/// ```
pub fn spectest_importobject(store: &Store) -> ImportObject {
    spectest(store, true)
}

/// `spectest`. With `echo`, its functions print their arguments as lines `value: type`; without, they do nothing.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wast::{Wast, spectest};
/// let store = Store::default();
/// let silent = spectest(&store, false);
/// let mut script = Wast::new(store, silent);
/// script.run_buffer("quiet.wast", br#"
///     (module (import "spectest" "print_i32" (func $print (param i32)))
///         (func (export "run") (call $print (i32.const 1))))
///     (assert_return (invoke "run"))
/// "#)?;
/// # Ok::<(), wasmill_wast::WastError>(())
/// ```
///
/// # Panics
///
/// If the store's tunables refuse a memory of one page or a table of ten elements.
pub fn spectest(store: &Store, echo: bool) -> ImportObject {
    let say = move |text: String| {
        if echo {
            // A reader that went away is no reason to fail a script.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    };
    let mut exports = Exports::new();
    exports.insert("print", Function::new_native(store, || {}));
    exports.insert(
        "print_i32",
        Function::new_native(store, move |a: i32| say(format!("{a}: i32"))),
    );
    exports.insert(
        "print_i64",
        Function::new_native(store, move |a: i64| say(format!("{a}: i64"))),
    );
    exports.insert(
        "print_f32",
        Function::new_native(store, move |a: f32| say(format!("{a}: f32"))),
    );
    exports.insert(
        "print_f64",
        Function::new_native(store, move |a: f64| say(format!("{a}: f64"))),
    );
    exports.insert(
        "print_i32_f32",
        Function::new_native(store, move |a: i32, b: f32| {
            say(format!("{a}: i32\n{b}: f32"));
        }),
    );
    exports.insert(
        "print_f64_f64",
        Function::new_native(store, move |a: f64, b: f64| {
            say(format!("{a}: f64\n{b}: f64"));
        }),
    );
    for (name, value) in [
        ("global_i32", Val::I32(666)),
        ("global_i64", Val::I64(666)),
        ("global_f32", Val::F32(666.6)),
        ("global_f64", Val::F64(666.6)),
    ] {
        exports.insert(name, Global::new(store, value));
    }
    let memory = MemoryType::new(Pages(1), Some(Pages(2)), false);
    let memory = Memory::new(store, memory).expect("one page of memory");
    exports.insert("memory", memory);
    let table = TableType::new(Type::FuncRef, 10, Some(20));
    let table = Table::new(store, table, Val::FuncRef(None)).expect("ten elements of a table");
    exports.insert("table", table);

    let mut imports = ImportObject::new();
    imports.register("spectest", exports);
    imports
}
