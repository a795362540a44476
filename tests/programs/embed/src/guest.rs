//! An instance of a library module with the few calls that the hosts need: typed functions, memory in and out.

use anyhow::{Context, Result};
use std::path::Path;
use wasmill::{
    Array, Instance, Memory, Module, NativeFunc, Store, Value, WasmPtr, WasmTypeList, imports,
};
use wasmill_wasi::{WasiState, is_wasi_module};

/// A running module and its memory.
pub(crate) struct Guest {
    instance: Instance,
    memory: Memory,
}

impl Guest {
    /// Compiles and instantiates a module; WASI is there if it asks for it, with nothing opened.
    pub(crate) fn new(store: &Store, path: &Path) -> Result<Guest> {
        let module = Module::from_file(store, path)?;
        let instance = if is_wasi_module(&module) {
            let mut wasi = WasiState::new("guest").finalize()?;
            Instance::new(&module, &wasi.import_object(&module)?)?
        } else {
            Instance::new(&module, &imports! {})?
        };
        let memory = instance.exports.get_memory("memory")?.clone();
        Ok(Guest { instance, memory })
    }

    /// An export with a type known here.
    pub(crate) fn function<Args: WasmTypeList, Rets: WasmTypeList>(
        &self,
        name: &str,
    ) -> Result<NativeFunc<Args, Rets>> {
        self.instance
            .exports
            .get_native_function(name)
            .with_context(|| format!("export {name}"))
    }

    /// Calls an export with addresses, whatever it returns.
    pub(crate) fn call(&self, name: &str, arguments: &[u32]) -> Result<Box<[Value]>> {
        let values: Vec<Value> = arguments
            .iter()
            .map(|&argument| Value::I32(argument.cast_signed()))
            .collect();
        Ok(self.instance.exports.get_function(name)?.call(&values)?)
    }

    /// Copies bytes into the guest.
    pub(crate) fn write(&self, address: u32, bytes: &[u8]) -> Result<()> {
        let size = u32::try_from(bytes.len())?;
        let cells = WasmPtr::<u8, Array>::new(address)
            .deref(&self.memory, 0, size)
            .context("outside the memory")?;
        for (cell, &byte) in cells.iter().zip(bytes) {
            cell.set(byte);
        }
        Ok(())
    }

    /// Copies bytes out of the guest.
    pub(crate) fn read(&self, address: u32, size: u32) -> Result<Vec<u8>> {
        let cells = WasmPtr::<u8, Array>::new(address)
            .deref(&self.memory, 0, size)
            .context("outside the memory")?;
        Ok(cells.iter().map(|cell| cell.get()).collect())
    }
}
