//! Shared by the tests: where modules come from, a builder for large ones, and a back end that checks the driver.

#![allow(dead_code, reason = "each test binary uses a part of this")]

pub(crate) mod checker;

use std::fs;
use std::path::Path;
use wasmill_compiler::{CompileError, DriverState, Features, drive, translate};

/// The modules of `tests/ops`, with their names.
pub(crate) fn ops_modules() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ops");
    let mut modules = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        modules.push((name, wat::parse_file(&path).unwrap()));
    }
    modules.sort();
    assert!(modules.len() >= 4, "the modules are missing");
    modules
}

/// Reads a module and drives the checking back end over all its functions. Gives how many hooks were called.
pub(crate) fn check(wasm: &[u8], features: &Features) -> Result<u64, CompileError> {
    let module = translate(wasm, features)?;
    let mut state = DriverState::new();
    let mut hooks = 0;
    for body in module.bodies.into_values() {
        let mut checker = checker::Checker::new(&module.info, &body);
        drive(&module.info, body, &mut state, &mut checker)?;
        hooks += checker.finish();
    }
    Ok(hooks)
}

/// Builds modules section by section, for what text would be too long for.
#[derive(Default)]
pub(crate) struct Builder(Vec<u8>);

impl Builder {
    pub(crate) fn new() -> Self {
        Self(b"\0asm\x01\0\0\0".to_vec())
    }
    /// Appends a section.
    pub(crate) fn section(mut self, id: u8, content: &[u8]) -> Self {
        self.0.push(id);
        self.0.extend(leb(content.len() as u64));
        self.0.extend_from_slice(content);
        self
    }
    /// Appends a section that holds `items`, each given as bytes.
    pub(crate) fn items(self, id: u8, items: &[Vec<u8>]) -> Self {
        let mut content = leb(items.len() as u64);
        items.iter().for_each(|item| content.extend(item));
        self.section(id, &content)
    }
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// A module whose functions have the types and bodies given; bodies start with the declarations of locals.
pub(crate) fn module(types: &[Vec<u8>], functions: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let indices: Vec<_> = functions
        .iter()
        .map(|(ty, _)| leb(u64::from(*ty)))
        .collect();
    let bodies: Vec<_> = functions.iter().map(|(_, body)| sized(body)).collect();
    Builder::new()
        .items(1, types)
        .items(3, &indices)
        .items(10, &bodies)
        .finish()
}

/// A function type of so many `i32` parameters and results.
pub(crate) fn function_type(params: usize, results: usize) -> Vec<u8> {
    let mut ty = vec![0x60];
    for count in [params, results] {
        ty.extend(leb(count as u64));
        ty.extend(std::iter::repeat_n(0x7f, count));
    }
    ty
}

/// Bytes with their length in front.
pub(crate) fn sized(bytes: &[u8]) -> Vec<u8> {
    let mut sized = leb(bytes.len() as u64);
    sized.extend_from_slice(bytes);
    sized
}

/// An unsigned number in LEB128.
pub(crate) fn leb(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
