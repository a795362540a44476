//! Files with what LLVM is given and what it makes: `--llvm-debug-dir`.
//!
//! LLVM sees a module in one or several parts, on several threads. Each part has three files, named after it: `.preopt.ll`,
//! `.postopt.ll` and `.o`.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use wasmill_compiler_llvm::{CompiledKind, InkwellMemoryBuffer, InkwellModule, LLVMCallbacks};

/// Writes them.
#[derive(Debug)]
pub(crate) struct LlvmDump {
    folder: PathBuf,
    /// The part that a thread is at: an object file does not say it.
    parts: Mutex<HashMap<ThreadId, String>>,
}

impl LlvmDump {
    /// Writes into a folder, which is made when something is written.
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            parts: Mutex::default(),
        }
    }

    fn write(&self, part: &str, ending: &str, bytes: &[u8]) {
        let path = self.folder.join(format!("{part}.{ending}"));
        let written = std::fs::create_dir_all(&self.folder);
        if let Err(error) = written.and_then(|()| std::fs::write(&path, bytes)) {
            warn(&path, &error);
        }
    }

    fn write_ir(&self, module: &InkwellModule<'_>, ending: &str) {
        let part = module.get_name().to_string_lossy().into_owned();
        self.write(&part, ending, module.print_to_string().to_bytes());
        let mut parts = self.parts.lock().unwrap_or_else(|e| e.into_inner());
        parts.insert(thread::current().id(), part);
    }
}

/// What is only looked at does not stop a program.
fn warn(path: &Path, error: &io::Error) {
    eprintln!("warning: cannot write `{}`: {error}", path.display());
}

impl LLVMCallbacks for LlvmDump {
    fn preopt_ir(&self, _: &CompiledKind, module: &InkwellModule<'_>) {
        self.write_ir(module, "preopt.ll");
    }

    fn postopt_ir(&self, _: &CompiledKind, module: &InkwellModule<'_>) {
        self.write_ir(module, "postopt.ll");
    }

    fn obj_memory_buffer(&self, _: &CompiledKind, buffer: &InkwellMemoryBuffer) {
        let mut parts = self.parts.lock().unwrap_or_else(|e| e.into_inner());
        let part = parts.remove(&thread::current().id());
        drop(parts);
        if let Some(part) = part {
            self.write(&part, "o", buffer.as_slice());
        }
    }
}
