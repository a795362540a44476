//! The C header of an object file: what can be called in it, and with what.
//!
//! Functions follow the boundary convention of `wasmill_abi::call`, which is that of C. What of a context C may set is said by its
//! offset; all else in it is the runtime's.

use crate::artifact::Compiled;
use crate::symbols::visible;
use std::fmt::Write;
use wasmill_types::{ExportIndex, FunctionIndex, MemoryIndex, ModuleInfo, Type};

/// What is common to all headers.
const COMMON: &str = "#ifndef WASMILL_TYPES
#define WASMILL_TYPES
#include <stdint.h>
/* A value that is too wide for one register, or one of several results. */
typedef struct { _Alignas(16) uint8_t bytes[16]; } wasmill_value;
typedef int64_t wasmill_v128 __attribute__((vector_size(16)));
/* A memory: where it starts, and how many bytes it has. */
typedef struct { uint8_t *base; uintptr_t length; } wasmill_definition;
/* What a context has at the offset of a memory: where it starts, again, and the above. Code may read either. */
typedef struct { uint8_t *base; wasmill_definition *definition; } wasmill_memory;
#endif
";

pub(crate) fn write(info: &ModuleInfo, compiled: &Compiled) -> String {
    let (prefix, layout) = (&compiled.origin.prefix, &compiled.layout);
    let mut text = format!(
        "/* {} */\n{COMMON}\nextern const uint8_t wasmill_metadata_{prefix}[], wasmill_code_{prefix}[];\n\n\
         /* A context: so many bytes, aligned to 16. */\n#define WASMILL_CONTEXT_{prefix} {}\n",
        comment(&info.name()),
        layout.size()
    );
    for nth in 0..info.memories.len() as u32 {
        let offset = layout.memory(MemoryIndex::from_u32(nth));
        let _ = writeln!(text, "#define WASMILL_MEMORY_{prefix}_{nth} {offset}");
    }
    for (name, export) in &info.exports {
        if let ExportIndex::Function(index) = *export
            && let Some(local) = info.local_func_index(index)
        {
            let symbol = format!("wasmill_function_{prefix}_{}", local.as_u32());
            let declared = declaration(info, index, &symbol);
            let _ = write!(text, "\n/* {} */\n{declared};\n", comment(name));
        }
    }
    text
}

/// Text of somebody else in a comment, which it must not end.
fn comment(text: &str) -> String {
    visible(text.as_bytes()).replace("*/", "* /")
}

fn declaration(info: &ModuleInfo, index: FunctionIndex, symbol: &str) -> String {
    let ty = info.function_type(index);
    let mut parameters = vec!["void *context"];
    let result = match ty.results() {
        [] => "void",
        [one] => c_type(*one),
        _ => {
            parameters.push("wasmill_value *results");
            "void"
        }
    };
    parameters.extend(ty.params().iter().map(|ty| c_type(*ty)));
    format!("{result} {symbol}({})", parameters.join(", "))
}

fn c_type(ty: Type) -> &'static str {
    match ty {
        Type::I32 => "int32_t",
        Type::I64 => "int64_t",
        Type::F32 => "float",
        Type::F64 => "double",
        Type::V128 => "wasmill_v128",
        Type::ExternRef => "uint32_t",
        Type::FuncRef => "const void *",
    }
}
