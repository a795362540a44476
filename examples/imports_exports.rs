//! Everything that can be imported and exported: functions, globals, tables, memories; and how to look at what a module
//! wants before giving it anything.
//!
//! `cargo run --example imports-exports`

use wasmill::{
    ExternType, Function, Global, Instance, Memory, MemoryType, Module, Pages, Store, Table,
    TableType, Type, Value, imports,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::default();
    // Names are any text, also the empty one.
    let module = Module::new(
        &store,
        r#"(module
             (import "host" "function" (func (result i32)))
             (import "host" "global" (global i32))
             (import "" "table" (table 1 funcref))
             (import "" "memory" (memory 1))
             (func (export "function") (result i32) (i32.load (i32.const 0)))
             (global (export "global") f32 (f32.const 1))
             (table (export "table") 2 4 funcref)
             (export "memory" (memory 0)))"#,
    )?;

    // A module tells what it imports and exports, in order and with types.
    for import in module.imports() {
        println!(
            "import {:?}.{:?}: {:?}",
            import.module(),
            import.name(),
            import.ty()
        );
    }
    for export in module.exports() {
        println!("export {:?}: {:?}", export.name(), export.ty());
    }
    let functions: Vec<_> = module.exports().functions().collect();
    assert_eq!(functions[0].ty().results(), [Type::I32]);
    assert!(module.imports().all(|import| match import.ty() {
        ExternType::Function(_) | ExternType::Global(_) => import.module() == "host",
        ExternType::Table(_) | ExternType::Memory(_) => import.module().is_empty(),
    }));

    // One of each kind. A memory or table may be larger than the module asks for.
    let memory = Memory::new(&store, MemoryType::new(2, None, false))?;
    let table = Table::new(
        &store,
        TableType::new(Type::FuncRef, 5, None),
        Value::FuncRef(None),
    )?;
    let import_object = imports! {
        "host" => {
            "function" => Function::new_native(&store, || 7),
            "global" => Global::new(&store, Value::I32(1)),
        },
        "" => {
            "table" => table,
            "memory" => memory.clone(),
        },
    };
    let instance = Instance::new(&module, &import_object)?;

    // Exports are found by name and kind.
    let exports = &instance.exports;
    let names: Vec<_> = exports.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["function", "global", "table", "memory"]);
    assert_eq!(exports.get_global("global")?.get(), Value::F32(1.0));
    assert_eq!(exports.get_table("table")?.size(), 2);
    let error = exports.get_memory("table").unwrap_err();
    println!("asking for a memory called \"table\": {error}");

    // The memory was passed through: it is the host's own.
    assert!(exports.get_memory("memory")?.same(&memory));
    assert_eq!(memory.size(), Pages(2));
    memory.view::<u32>()[0].set(99);
    assert_eq!(
        exports.get_native_function::<(), u32>("function")?.call()?,
        99
    );
    Ok(())
}
