//! Tunables that wrap the usual ones: each path that makes something asks them, and nothing that they give back can do
//! harm. Limits of stores.

#![allow(unsafe_code, reason = "tunables have methods that are unsafe")]

mod support;

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use support::DefaultCompiler;
use wasmill::vm::{self, MemoryError, MemoryStyle, TableStyle};
use wasmill::vm::{VMMemoryDefinition, VMTableDefinition};
use wasmill::{
    BaseTunables, Global, GlobalType, ImportObject, Instance, LinkError, Memory, MemoryType,
    Module, Pages, RuntimeError, Store, StoreLimits, StoreUsage, Table, TableType, Target,
    Tunables, Type, Universal, UniversalEngine, Value, imports,
};

fn engine() -> UniversalEngine {
    Universal::new(DefaultCompiler::default()).engine()
}

fn base() -> BaseTunables {
    BaseTunables::for_target(&Target::default())
}

fn instance(store: &Store, text: &str) -> Instance {
    instance_with(store, text, &imports! {}).unwrap()
}

fn instance_with(
    store: &Store,
    text: &str,
    imports: &ImportObject,
) -> Result<Instance, wasmill::InstantiationError> {
    Instance::new(&Module::new(store, text).unwrap(), imports)
}

/// Why a module cannot be linked.
fn link_error(store: &Store, text: &str) -> LinkError {
    match instance_with(store, text, &imports! {}).unwrap_err() {
        wasmill::InstantiationError::Link(error) => error,
        other => panic!("{other}"),
    }
}

fn call(instance: &Instance, name: &str, argument: i32) -> Result<i32, RuntimeError> {
    let function = instance.exports.get_native_function::<i32, i32>(name);
    function.unwrap().call(argument)
}

/// As programs for the original write it: a cap on the pages of every memory.
struct LimitingTunables<T: Tunables> {
    limit: Pages,
    base: T,
}

impl<T: Tunables> LimitingTunables<T> {
    fn adjust(&self, requested: &MemoryType) -> MemoryType {
        let mut adjusted = *requested;
        if requested.maximum.is_none() {
            adjusted.maximum = Some(self.limit);
        }
        adjusted
    }

    fn validate(&self, ty: &MemoryType) -> Result<(), MemoryError> {
        if ty.minimum > self.limit {
            return Err(MemoryError::Generic(
                "the minimum is above the limit".to_string(),
            ));
        }
        match ty.maximum {
            Some(maximum) if maximum > self.limit => Err(MemoryError::Generic(
                "the maximum is above the limit".to_string(),
            )),
            Some(_) => Ok(()),
            None => Err(MemoryError::Generic("no maximum".to_string())),
        }
    }
}

impl<T: Tunables> Tunables for LimitingTunables<T> {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        let adjusted = self.adjust(memory);
        self.base.memory_style(&adjusted)
    }
    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }
    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        let adjusted = self.adjust(ty);
        self.validate(&adjusted)?;
        self.base.create_host_memory(&adjusted, style)
    }
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        vm_definition_location: NonNull<VMMemoryDefinition>,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        let adjusted = self.adjust(ty);
        self.validate(&adjusted)?;
        // SAFETY: passed on.
        unsafe {
            self.base
                .create_vm_memory(&adjusted, style, vm_definition_location)
        }
    }
    fn create_host_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
    ) -> Result<Arc<dyn vm::Table>, String> {
        self.base.create_host_table(ty, style)
    }
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        vm_definition_location: NonNull<VMTableDefinition>,
    ) -> Result<Arc<dyn vm::Table>, String> {
        // SAFETY: passed on.
        unsafe { self.base.create_vm_table(ty, style, vm_definition_location) }
    }
}

#[test]
fn a_cap_of_24_pages_holds_on_every_path() {
    let tunables = LimitingTunables {
        limit: Pages(24),
        base: base(),
    };
    let store = Store::new_with_tunables(&engine(), tunables);
    let text = r#"(module (memory (export "memory") 7) (data (i32.const 9) "x")
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let instance = instance(&store, text);
    let memory = instance.exports.get_memory("memory").unwrap();
    assert_eq!(memory.ty(), MemoryType::new(7, Some(24), false));
    assert_eq!(call(&instance, "load", 9).unwrap(), i32::from(b'x'));
    assert_eq!(call(&instance, "grow", 18).unwrap(), -1);
    assert_eq!(call(&instance, "grow", 17).unwrap(), 7);
    assert!(memory.grow(1).is_err());
    assert_eq!(call(&instance, "load", 24 * 65536 - 1).unwrap(), 0);
    call(&instance, "load", 24 * 65536).unwrap_err();

    let LinkError::Resource(text) = link_error(&store, "(module (memory 25))") else {
        panic!("another error");
    };
    assert_eq!(
        text,
        "Failed to create memory: A user-defined error occurred: the minimum is above the limit"
    );
    let error = link_error(&store, "(module (memory 1 25))").to_string();
    assert_eq!(
        error,
        "Insufficient resources: Failed to create memory: A user-defined error occurred: the maximum is above the limit"
    );

    let memory = Memory::new(&store, MemoryType::new(1, None, false)).unwrap();
    assert_eq!(memory.ty().maximum, Some(Pages(24)));
    assert_eq!(
        Memory::new(&store, MemoryType::new(25, None, false)).unwrap_err(),
        MemoryError::Generic("the minimum is above the limit".to_string())
    );
    // It can be imported where a memory without a maximum is asked for.
    let imports = imports! { "env" => { "memory" => memory } };
    instance_with(
        &store,
        r#"(module (import "env" "memory" (memory 1)))"#,
        &imports,
    )
    .unwrap();
}

/// Calls a function in each place where something is made; what it gives is what is made.
struct Hooked {
    base: BaseTunables,
    memory: MemoryHook,
    table: TableHook,
    counts: Arc<Counts>,
}

type MemoryHook = Box<
    dyn Fn(&BaseTunables, &MemoryType, &MemoryStyle) -> Result<Arc<dyn vm::Memory>, MemoryError>
        + Send
        + Sync,
>;
type TableHook = Box<
    dyn Fn(&BaseTunables, &TableType, &TableStyle) -> Result<Arc<dyn vm::Table>, String>
        + Send
        + Sync,
>;

#[derive(Default, Debug)]
struct Counts {
    host_memories: AtomicUsize,
    vm_memories: AtomicUsize,
    host_tables: AtomicUsize,
    vm_tables: AtomicUsize,
    globals: AtomicUsize,
}

impl Counts {
    fn all(&self) -> [usize; 5] {
        [
            &self.host_memories,
            &self.vm_memories,
            &self.host_tables,
            &self.vm_tables,
            &self.globals,
        ]
        .map(|count| count.load(Ordering::Relaxed))
    }
}

impl Hooked {
    fn new() -> Self {
        Self {
            base: base(),
            memory: Box::new(|base, ty, style| base.create_host_memory(ty, style)),
            table: Box::new(|base, ty, style| base.create_host_table(ty, style)),
            counts: Arc::default(),
        }
    }

    fn memories(
        hook: impl Fn(
            &BaseTunables,
            &MemoryType,
            &MemoryStyle,
        ) -> Result<Arc<dyn vm::Memory>, MemoryError>
        + Send
        + Sync
        + 'static,
    ) -> Store {
        let hooked = Self {
            memory: Box::new(hook),
            ..Self::new()
        };
        Store::new_with_tunables(&engine(), hooked)
    }

    fn tables(
        hook: impl Fn(&BaseTunables, &TableType, &TableStyle) -> Result<Arc<dyn vm::Table>, String>
        + Send
        + Sync
        + 'static,
    ) -> Store {
        let hooked = Self {
            table: Box::new(hook),
            ..Self::new()
        };
        Store::new_with_tunables(&engine(), hooked)
    }
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Tunables for Hooked {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base.memory_style(memory)
    }
    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }
    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        count(&self.counts.host_memories);
        (self.memory)(&self.base, ty, style)
    }
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        place: NonNull<VMMemoryDefinition>,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        count(&self.counts.vm_memories);
        // What stands there is nobody's business afterwards.
        let nonsense = VMMemoryDefinition {
            base: std::ptr::without_provenance_mut(8),
            current_length: usize::MAX,
        };
        // SAFETY: the place can be written to.
        unsafe { place.write(nonsense) };
        (self.memory)(&self.base, ty, style)
    }
    fn create_host_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
    ) -> Result<Arc<dyn vm::Table>, String> {
        count(&self.counts.host_tables);
        (self.table)(&self.base, ty, style)
    }
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        _place: NonNull<VMTableDefinition>,
    ) -> Result<Arc<dyn vm::Table>, String> {
        count(&self.counts.vm_tables);
        (self.table)(&self.base, ty, style)
    }
    fn create_global(&self, ty: GlobalType) -> Result<Arc<vm::Global>, String> {
        count(&self.counts.globals);
        self.base.create_global(ty)
    }
}

const EVERYTHING: &str = r#"(module
    (import "env" "n" (global i32))
    (memory (export "memory") 2) (memory 1)
    (table (export "table") 3 funcref) (table 1 externref)
    (global $a (export "a") (mut i32) (i32.const 1)) (global i64 (i64.const 2))
    (data (i32.const 65535) "ab") (data (memory 1) (i32.const 0) "c")
    (elem (i32.const 1) $f)
    (func $f (result i32) (i32.add (i32.const 40) (global.get $a)))
    (func (export "indirect") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "other") (param i32) (result i32) (i32.load8_u 1 (local.get 0)))
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;

/// A store whose modules may have several memories.
fn store_of(hooked: Hooked) -> Store {
    let mut features = wasmill::Features::default();
    features.multi_memory(true);
    let engine = Universal::new(DefaultCompiler::default()).features(features);
    Store::new_with_tunables(&engine.engine(), hooked)
}

#[test]
fn each_path_asks_the_tunables_once_for_each_thing() {
    let hooked = Hooked::new();
    let counts = hooked.counts.clone();
    let store = store_of(hooked);
    Memory::new(&store, MemoryType::new(1, None, false)).unwrap();
    assert_eq!(counts.all(), [1, 0, 0, 0, 0]);
    Table::new(
        &store,
        TableType::new(Type::FuncRef, 1, None),
        Value::FuncRef(None),
    )
    .unwrap();
    assert_eq!(counts.all(), [1, 0, 1, 0, 0]);
    let n = Global::new(&store, Value::I32(7));
    assert_eq!((n.get(), counts.all()), (Value::I32(7), [1, 0, 1, 0, 1]));
    let module = Module::new(&store, EVERYTHING).unwrap();
    let imports = imports! { "env" => { "n" => n } };
    let instance = Instance::new(&module, &imports).unwrap();
    assert_eq!(counts.all(), [1, 2, 1, 2, 3]);

    // And what they made is what runs.
    assert_eq!(call(&instance, "indirect", 1).unwrap(), 41);
    instance
        .exports
        .get_global("a")
        .unwrap()
        .set(Value::I32(2))
        .unwrap();
    assert_eq!(call(&instance, "indirect", 1).unwrap(), 42);
    assert!(call(&instance, "indirect", 0).is_err());
    assert_eq!(call(&instance, "load", 65536).unwrap(), i32::from(b'b'));
    assert_eq!(call(&instance, "other", 0).unwrap(), i32::from(b'c'));
    assert_eq!(call(&instance, "grow", 2).unwrap(), 3);
    assert_eq!(instance.exports.get_table("table").unwrap().size(), 5);
}

#[test]
fn active_segments_go_over_what_the_tunables_wrote() {
    let hook = |base: &BaseTunables, ty: &MemoryType, style: &MemoryStyle| {
        let memory = base.create_host_memory(ty, style)?;
        // SAFETY: the memory has two pages, and nobody else knows of it.
        let bytes = unsafe {
            let definition = memory.vmmemory().as_ref();
            std::slice::from_raw_parts_mut(definition.base, definition.current_length)
        };
        bytes.fill(b'-');
        Ok(memory)
    };
    let store = Hooked::memories(hook);
    let text = r#"(module (memory (export "memory") 2)
        (data (i32.const 65535) "abc") (data (i32.const 65536) "B"))"#;
    let instance = instance(&store, text);
    let mut bytes = [0; 6];
    let memory = instance.exports.get_memory("memory").unwrap();
    memory.read(65534, &mut bytes).unwrap();
    assert_eq!(&bytes, b"-aBc--");
}

#[test]
fn the_same_memory_or_table_twice_is_refused() {
    let kept: Mutex<Option<Arc<dyn vm::Memory>>> = Mutex::default();
    let store = Hooked::memories(move |base, ty, style| {
        let mut kept = kept.lock().unwrap();
        let memory = match &*kept {
            Some(memory) => memory.clone(),
            None => base.create_host_memory(ty, style)?,
        };
        Ok(kept.insert(memory).clone())
    });
    let ty = MemoryType::new(1, None, false);
    let _first = Memory::new(&store, ty).unwrap();
    let text = "the tunables made a memory that is in use already";
    assert_eq!(
        Memory::new(&store, ty).unwrap_err(),
        MemoryError::Generic(text.to_string())
    );
    let error = link_error(&store, "(module (memory 1))").to_string();
    assert_eq!(
        error,
        format!(
            "Insufficient resources: Failed to create memory: A user-defined error occurred: {text}"
        )
    );

    let kept: Mutex<Option<Arc<dyn vm::Table>>> = Mutex::default();
    let store = Hooked::tables(move |base, ty, style| {
        let mut kept = kept.lock().unwrap();
        let table = match &*kept {
            Some(table) => table.clone(),
            None => base.create_host_table(ty, style)?,
        };
        Ok(kept.insert(table).clone())
    });
    let error = link_error(&store, "(module (table 1 funcref) (table 1 funcref))").to_string();
    let text = "the tunables made a table that is in use already";
    assert_eq!(error, format!("Insufficient resources: {text}"));
    let ty = TableType::new(Type::FuncRef, 1, None);
    let error = Table::new(&store, ty, Value::FuncRef(None)).err().unwrap();
    assert_eq!(error.message(), text);
}

#[test]
fn what_does_not_fit_is_refused() {
    let smaller = Hooked::memories(|base, ty, style| {
        base.create_host_memory(&MemoryType::new(Pages(0), ty.maximum, ty.shared), style)
    });
    // Compiled code does not check what lies below the minimum.
    let text = r#"(module (memory 1) (func (export "f") (param i32) (result i32) (i32.load (i32.const 0))))"#;
    let error = link_error(&smaller, text).to_string();
    let expected = "the tunables made a memory that is not shared (0 pages..) where not shared (1 pages..) is asked for";
    assert!(error.ends_with(expected), "{error}");
    let ty = MemoryType::new(1, None, false);
    let error = Memory::new(&smaller, ty).unwrap_err().to_string();
    assert!(error.ends_with(expected), "{error}");

    let unprotected = Hooked::memories(|base, ty, _| {
        let style = MemoryStyle::Dynamic {
            offset_guard_size: 0,
        };
        base.create_host_memory(ty, &style)
    });
    let error = link_error(&unprotected, text).to_string();
    assert!(
        error.contains("the tunables made a memory laid out as Dynamic"),
        "{error}"
    );
    // The host may have it: only code that relies on more may not.
    let memory = Memory::new(&unprotected, ty).unwrap();
    let imports = imports! { "env" => { "memory" => memory } };
    let importer = r#"(module (import "env" "memory" (memory 1)))"#;
    let error = instance_with(&unprotected, importer, &imports).unwrap_err();
    assert!(error.to_string().starts_with(
        "Error while importing \"env\".\"memory\": incompatible memory layout. Expected Static"
    ));

    let wrong = Hooked::tables(|base, ty, style| {
        base.create_host_table(
            &TableType::new(Type::ExternRef, ty.minimum, ty.maximum),
            style,
        )
    });
    let error = link_error(&wrong, "(module (table 1 2 funcref))").to_string();
    let expected =
        "the tunables made a table that is ExternRef (1..2) where FuncRef (1..2) is asked for";
    assert_eq!(error, format!("Insufficient resources: {expected}"));
    // A table of fixed size never moves.
    let larger = Hooked::tables(|base, ty, style| {
        base.create_host_table(&TableType::new(ty.ty, ty.minimum, None), style)
    });
    link_error(&larger, "(module (table 1 1 funcref))");
    let refusing = Hooked::tables(|_, _, _| Err("no tables today".to_string()));
    let error = link_error(&refusing, "(module (table 1 funcref))").to_string();
    assert_eq!(error, "Insufficient resources: no tables today");
    let ty = TableType::new(Type::FuncRef, 1, None);
    let error = Table::new(&refusing, ty, Value::FuncRef(None))
        .err()
        .unwrap();
    assert_eq!(error.message(), "no tables today");
}

#[test]
fn a_kept_memory_follows_the_instance_and_does_not_keep_it() {
    let kept: Arc<Mutex<Vec<Arc<dyn vm::Memory>>>> = Arc::default();
    let store = Hooked::memories({
        let kept = kept.clone();
        move |base, ty, style| {
            let memory = base.create_host_memory(ty, style)?;
            kept.lock().unwrap().push(memory.clone());
            Ok(memory)
        }
    });
    let text = r#"(module (memory (export "memory") 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let instance = instance(&store, text);
    let memory = kept.lock().unwrap()[0].clone();
    assert_eq!(call(&instance, "grow", 2).unwrap(), 1);
    assert_eq!(memory.size(), Pages(3));
    assert_eq!(memory.grow(Pages(1)), Ok(Pages(3)));
    assert_eq!(
        instance.exports.get_memory("memory").unwrap().size(),
        Pages(4)
    );
    // From other threads, too, while code runs.
    std::thread::scope(|scope| {
        scope.spawn(|| (0..100).for_each(|_| assert!(memory.size() >= Pages(4))));
        for _ in 0..100 {
            call(&instance, "grow", 1).unwrap();
        }
    });
    drop(instance);
    assert_eq!(
        (memory.size(), memory.ty().maximum),
        (Pages(0), Some(Pages(0)))
    );
    assert!(memory.grow(Pages(1)).is_err());
}

/// Makes a wrong number of memories.
struct Miscounting(BaseTunables, usize);

impl Tunables for Miscounting {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.0.memory_style(memory)
    }
    fn table_style(&self, table: &TableType) -> TableStyle {
        self.0.table_style(table)
    }
    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        self.0.create_host_memory(ty, style)
    }
    unsafe fn create_vm_memory(
        &self,
        _: &MemoryType,
        _: &MemoryStyle,
        _: NonNull<VMMemoryDefinition>,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        unreachable!("`create_memories` does not ask for it")
    }
    fn create_host_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
    ) -> Result<Arc<dyn vm::Table>, String> {
        self.0.create_host_table(ty, style)
    }
    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        place: NonNull<VMTableDefinition>,
    ) -> Result<Arc<dyn vm::Table>, String> {
        // SAFETY: passed on.
        unsafe { self.0.create_vm_table(ty, style, place) }
    }
    unsafe fn create_memories(
        &self,
        module: &wasmill::ModuleInfo,
        memory_styles: &wasmill_types::PrimaryMap<wasmill_types::MemoryIndex, MemoryStyle>,
        _: &[NonNull<VMMemoryDefinition>],
    ) -> Result<
        wasmill_types::PrimaryMap<wasmill_types::LocalMemoryIndex, Arc<dyn vm::Memory>>,
        LinkError,
    > {
        let first = module.memories.iter().next();
        let (index, ty) = first.expect("the test's module has one");
        let make = |_| self.create_host_memory(ty, &memory_styles[index]);
        Ok((0..self.1).map(|nth| make(nth).unwrap()).collect())
    }
}

#[test]
fn as_many_memories_as_the_module_has_are_asked_for() {
    let store = |count| Store::new_with_tunables(&engine(), Miscounting(base(), count));
    let text = r#"(module (memory (export "memory") 1))"#;
    for count in [0, 2] {
        assert_eq!(
            link_error(&store(count), text).to_string(),
            format!(
                "Insufficient resources: the tunables made {count} memories where 1 are asked for"
            )
        );
    }
    instance(&store(1), text);
}

#[test]
fn guards_count_for_checked_code_too() {
    // Checked code may touch what lies right behind a memory; without a guard there, that is somebody else's.
    let engine = engine();
    let store = |guard| {
        let tunables = BaseTunables {
            static_memory_bound: Pages(0),
            dynamic_memory_offset_guard_size: guard,
            ..base()
        };
        Store::new_with_tunables(&engine, tunables)
    };
    let (bare, guarded) = (store(0), store(0x1_0000));
    let import = |user: &Store, owner: &Store| {
        let memory = Memory::new(owner, MemoryType::new(1, Some(1), false)).unwrap();
        let imports = imports! { "env" => { "memory" => memory } };
        instance_with(
            user,
            r#"(module (import "env" "memory" (memory 1)))"#,
            &imports,
        )
    };
    let error = import(&guarded, &bare).unwrap_err().to_string();
    assert!(error.contains("incompatible memory layout"), "{error}");
    import(&bare, &guarded).unwrap();
    import(&bare, &bare).unwrap();
}

#[test]
fn layouts_beyond_reason_are_no_way_out_of_a_memory() {
    let tunables = BaseTunables {
        static_memory_bound: Pages(u32::MAX),
        static_memory_offset_guard_size: 0,
        dynamic_memory_offset_guard_size: u64::MAX,
    };
    let store = Store::new_with_tunables(&engine(), tunables);
    let text = r#"(module (memory 1) (func (export "f") (param i32) (result i32)
        (i32.load8_u offset=0xffffffff (local.get 0))))"#;
    let instance = instance(&store, text);
    for index in [0, 1, -1] {
        let error = call(&instance, "f", index).unwrap_err();
        assert_eq!(error.message(), "out of bounds memory access");
    }
}

const GROWING: &str = r#"(module (memory (export "memory") 1) (data (i32.const 3) "d")
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;

/// The size of the address space, in bytes.
fn address_space() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').next().unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
#[ignore = "part of the next test, which limits its process"]
fn a_thousand_memories_in_three_gigabytes() {
    let small = BaseTunables {
        static_memory_bound: Pages(0x100),
        static_memory_offset_guard_size: 0x1_0000,
        dynamic_memory_offset_guard_size: 0x1_0000,
    };
    // What the process may have is not enough for a single unchecked memory: the usual tunables see that.
    for tunables in [small, base()] {
        let store = Store::new_with_tunables(&engine(), tunables);
        let module = Module::new(&store, GROWING).unwrap();
        let before = address_space();
        let instances: Vec<_> = (0..1000)
            .map(|_| Instance::new(&module, &imports! {}).unwrap())
            .collect();
        let taken = (address_space() - before) / 1000;
        assert!(taken < 3 << 19, "{taken} bytes for each");
        // There is room for some to grow, all of them where they are.
        let base = |nth: usize| {
            instances[nth]
                .exports
                .get_memory("memory")
                .unwrap()
                .data_ptr()
        };
        for (nth, instance) in instances.iter().enumerate().step_by(250) {
            let place = base(nth);
            assert_eq!(call(instance, "grow", 1000).unwrap(), 1);
            assert_eq!(base(nth), place);
            assert_eq!(call(instance, "load", 3).unwrap(), i32::from(b'd'));
            assert_eq!(call(instance, "load", 1001 * 65536 - 1).unwrap(), 0);
            call(instance, "load", 1001 * 65536).unwrap_err();
        }
        // But not for everything.
        assert_eq!(call(&instances[1], "grow", 65_535).unwrap(), -1);
        let memory = instances[1].exports.get_memory("memory").unwrap();
        assert!(matches!(
            memory.grow(65_535),
            Err(MemoryError::CouldNotGrow { .. })
        ));
        assert_eq!(call(&instances[1], "grow", 1).unwrap(), 1);
    }
}

#[test]
fn small_reservations_make_do_with_little_address_space() {
    let output = std::process::Command::new("sh")
        .args(["-c", r#"ulimit -v 3145728 && exec "$0" "$@""#])
        .arg(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_thousand_memories_in_three_gigabytes",
            "--ignored",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[test]
fn a_checked_memory_may_have_all_pages() {
    let tunables = BaseTunables {
        static_memory_bound: Pages(0x100),
        ..base()
    };
    let store = Store::new_with_tunables(&engine(), tunables);
    let instance = instance(&store, GROWING);
    assert_eq!(call(&instance, "grow", 65_534).unwrap(), 1);
    assert_eq!(call(&instance, "grow", 1).unwrap(), 65_535);
    assert_eq!(call(&instance, "grow", 1).unwrap(), -1);
    assert_eq!(call(&instance, "load", -1).unwrap(), 0);
    let memory = instance.exports.get_memory("memory").unwrap();
    assert_eq!(memory.data_size(), 1 << 32);
}

#[test]
fn code_without_checks_refuses_a_memory_that_needs_them() {
    let engine = engine();
    let small = BaseTunables {
        static_memory_bound: Pages(0x100),
        ..base()
    };
    let (unchecked, checked) = (
        Store::new(&engine),
        Store::new_with_tunables(&engine, small),
    );
    let import = |user: &Store, owner: &Store| {
        let memory = Memory::new(owner, MemoryType::new(1, None, false)).unwrap();
        let imports = imports! { "env" => { "memory" => memory } };
        instance_with(
            user,
            r#"(module (import "env" "memory" (memory 1)))"#,
            &imports,
        )
    };
    let error = import(&unchecked, &checked).unwrap_err();
    assert!(matches!(
        &error,
        wasmill::InstantiationError::Link(LinkError::Import(..))
    ));
    assert_eq!(
        error.to_string(),
        "Error while importing \"env\".\"memory\": incompatible memory layout. \
         Expected Static { bound: 65536 pages, offset_guard_size: 4294967296 } \
         but received Dynamic { offset_guard_size: 65536 }"
    );
    import(&checked, &unchecked).unwrap();
}

fn limited(limits: StoreLimits) -> Store {
    Store::new_with_limits(&engine(), base(), limits)
}

const PAGE: u64 = 65_536;

#[test]
fn a_store_limits_the_bytes_of_all_memories() {
    let store = limited(StoreLimits::new().memory_bytes(4 * PAGE));
    assert_eq!(
        store.limits(),
        Some(&StoreLimits::new().memory_bytes(4 * PAGE))
    );
    assert_eq!(Store::new(&engine()).usage(), None);
    let text = "the store's limit of 262144 bytes of memory is exceeded";
    let module = r#"(module (memory (export "memory") 2)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let first = instance(&store, module);
    let memory = Memory::new(&store.clone(), MemoryType::new(1, None, false)).unwrap();
    assert_eq!(store.usage().unwrap().memory_bytes, 3 * PAGE);
    assert_eq!(
        link_error(&store, module).to_string(),
        format!(
            "Insufficient resources: Failed to create memory: A user-defined error occurred: {text}"
        )
    );
    assert_eq!(
        Memory::new(&store, MemoryType::new(2, None, false)).unwrap_err(),
        MemoryError::Generic(text.to_string())
    );
    assert_eq!(call(&first, "grow", 2).unwrap(), -1);
    assert_eq!(call(&first, "grow", 1).unwrap(), 2);
    assert_eq!(
        memory.grow(1).unwrap_err(),
        MemoryError::CouldNotGrow {
            current: Pages(1),
            attempted_delta: Pages(1)
        }
    );
    drop(first);
    memory.grow(3).unwrap();
    drop(memory);
    assert_eq!(store.usage(), Some(StoreUsage::default()));
    instance(&store, module);
}

#[test]
fn a_store_limits_tables_and_instances() {
    let limits = StoreLimits::new()
        .table_elements(10)
        .tables(2)
        .memories(1)
        .instances(2);
    let store = limited(limits);
    let ty = TableType::new(Type::FuncRef, 4, None);
    let table = Table::new(&store, ty, Value::FuncRef(None)).unwrap();
    let module = r#"(module (table 4 externref)
        (func (export "grow") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0))))"#;
    let first = instance(&store, module);
    assert_eq!(
        Table::new(&store, ty, Value::FuncRef(None))
            .err()
            .unwrap()
            .message(),
        "the store's limit of 2 tables is exceeded"
    );
    assert_eq!(call(&first, "grow", 3).unwrap(), -1);
    assert_eq!(call(&first, "grow", 2).unwrap(), 4);
    assert_eq!(
        table.grow(1, Value::FuncRef(None)).unwrap_err().message(),
        "failed to grow table by `1`"
    );
    drop(table);
    assert_eq!(
        link_error(&store, "(module (table 5 funcref))").to_string(),
        "Insufficient resources: the store's limit of 10 table elements is exceeded"
    );
    let second = instance(&store, "(module (memory 1))");
    assert_eq!(
        link_error(&store, "(module)").to_string(),
        "Insufficient resources: the store's limit of 2 instances is exceeded"
    );
    drop(first);
    assert_eq!(
        link_error(&store, "(module (memory 1))").to_string(),
        "Insufficient resources: Failed to create memory: A user-defined error occurred: \
         the store's limit of 1 memories is exceeded"
    );
    let usage = store.usage().unwrap();
    assert_eq!((usage.instances, usage.memories, usage.tables), (1, 1, 0));
    drop(second);
    assert_eq!(store.usage(), Some(StoreUsage::default()));
}

#[test]
fn what_fails_half_way_takes_nothing_and_leaves_nothing_behind() {
    // The importer would become part of the exporter's island, and stay.
    let limits = StoreLimits::new().table_elements(5);
    let wrapped = LimitingTunables {
        limit: Pages(24),
        base: base(),
    };
    for store in [
        Store::new_with_limits(&engine(), base(), limits),
        Store::new_with_limits(&engine(), wrapped, limits),
    ] {
        let exporter = instance(&store, r#"(module (table (export "table") 1 funcref))"#);
        let before = store.usage();
        let text = r#"(module (import "exporter" "table" (table 1 funcref))
            (memory 1) (table 2 funcref) (table 3 externref) (global i32 (i32.const 1)))"#;
        let module = Module::new(&store, text).unwrap();
        let exports = exporter.exports.clone();
        let imports = imports! { "exporter" => exports };
        for _ in 0..3 {
            let error = Instance::new(&module, &imports).unwrap_err().to_string();
            let expected = "the store's limit of 5 table elements is exceeded";
            assert_eq!(error, format!("Insufficient resources: {expected}"));
            assert_eq!(store.usage(), before);
        }
    }
}

#[test]
fn limits_hold_with_wrapped_tunables_and_on_many_threads() {
    let tunables = LimitingTunables {
        limit: Pages(3),
        base: base(),
    };
    let limits = StoreLimits::new().memory_bytes(5 * PAGE);
    let store = Store::new_with_limits(&engine(), tunables, limits);
    let text = r#"(module (memory 1) (data (i32.const 0) "a")
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let module = Module::new(&store, text).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    // Either may be refused, now and then.
                    if let Ok(instance) = Instance::new(&module, &imports! {}) {
                        let grown = call(&instance, "grow", 2).unwrap();
                        assert!(grown == 1 || grown == -1);
                    }
                    assert!(store.usage().unwrap().memory_bytes <= 5 * PAGE);
                }
            });
        }
    });
    assert_eq!(store.usage(), Some(StoreUsage::default()));
}

#[test]
fn a_table_cannot_grow_without_end() {
    let store = Store::default();
    let text = r#"(module (table 1 funcref)
        (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let instance = instance(&store, text);
    assert_eq!(call(&instance, "grow", 10_000_000).unwrap(), -1);
    assert_eq!(call(&instance, "grow", -1).unwrap(), -1);
    let ty = TableType::new(Type::FuncRef, 10_000_001, None);
    let error = Table::new(&store, ty, Value::FuncRef(None)).err().unwrap();
    assert_eq!(
        error.message(),
        "table of 10000001 elements exceeds the limit of 10000000"
    );
}
