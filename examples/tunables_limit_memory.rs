//! Limit how much memory guests can have, whatever their modules ask for.
//!
//! `cargo run --example tunables-limit-memory`
//!
//! Tunables make every memory and table of a store. Wrap the usual ones, and change what passes through.

#![allow(unsafe_code, reason = "two methods of the trait are unsafe")]

use std::ptr::NonNull;
use std::sync::Arc;
use wasmill::vm::{
    self, MemoryError, MemoryStyle, TableStyle, VMMemoryDefinition, VMTableDefinition,
};
use wasmill::{
    BaseTunables, Cranelift, Instance, Memory, MemoryType, Module, Pages, Store, TableType, Target,
    Tunables, Universal, imports,
};

/// Makes what `base` makes, but no memory of more than `limit` pages.
struct LimitingTunables<T: Tunables> {
    limit: Pages,
    base: T,
}

impl<T: Tunables> LimitingTunables<T> {
    /// The type with a maximum that is at most the limit; an error if it starts above it.
    fn limited(&self, requested: &MemoryType) -> Result<MemoryType, MemoryError> {
        if requested.minimum > self.limit {
            return Err(MemoryError::Generic(format!(
                "no guest gets more than {:?} here",
                self.limit
            )));
        }
        let mut ty = *requested;
        ty.maximum = Some(ty.maximum.map_or(self.limit, |most| most.min(self.limit)));
        Ok(ty)
    }
}

impl<T: Tunables> Tunables for LimitingTunables<T> {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base
            .memory_style(&self.limited(memory).unwrap_or(*memory))
    }
    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }
    // Memories that the host makes …
    fn create_host_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        self.base.create_host_memory(&self.limited(ty)?, style)
    }
    // … and those that modules define.
    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        vm_definition_location: NonNull<VMMemoryDefinition>,
    ) -> Result<Arc<dyn vm::Memory>, MemoryError> {
        let ty = self.limited(ty)?;
        // SAFETY: the caller vouches for the location.
        unsafe {
            self.base
                .create_vm_memory(&ty, style, vm_definition_location)
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
        // SAFETY: the caller vouches for the location.
        unsafe { self.base.create_vm_table(ty, style, vm_definition_location) }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Universal::new(Cranelift::default()).engine();
    let tunables = LimitingTunables {
        limit: Pages(24),
        base: BaseTunables::for_target(&Target::default()),
    };
    let store = Store::new_with_tunables(&engine, tunables);

    // A module that wants to grow without end.
    let module = Module::new(
        &store,
        r#"(module
             (memory (export "memory") 7)
             (func (export "grow") (param i32) (result i32)
               (memory.grow (local.get 0))))"#,
    )?;
    let instance = Instance::new(&module, &imports! {})?;
    let memory = instance.exports.get_memory("memory")?;
    println!("{}", memory.ty());
    assert_eq!(memory.ty(), MemoryType::new(7, Some(24), false));

    // It can, as far as it goes: -1 is WebAssembly's "no".
    let grow = instance.exports.get_native_function::<u32, i32>("grow")?;
    assert_eq!(grow.call(17)?, 7);
    assert_eq!(grow.call(1)?, -1);

    // The host's own memories are held to it too, and modules that begin above it are not instantiated.
    let error = Memory::new(&store, MemoryType::new(25, None, false)).unwrap_err();
    println!("{error}");
    let greedy = Module::new(&store, "(module (memory 25))")?;
    let error = Instance::new(&greedy, &imports! {}).unwrap_err();
    println!("{error}");
    assert!(
        error
            .to_string()
            .contains("no guest gets more than 24 pages here")
    );
    Ok(())
}
