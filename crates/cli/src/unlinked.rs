//! Modules that cannot be instantiated: what to try.

use anyhow::{Error, anyhow};
use wasmill::{ImportError, InstantiationError, LinkError};

/// What imports tell of the tool that made a module: their namespace, how their names start, what it is, what to try.
const ORIGINS: [(&str, &str, &str); 16] = [
    ("wbg", "", BINDGEN),
    ("__wbindgen", "", BINDGEN),
    ("./", "", BINDGEN),
    ("gojs", "", GO),
    ("go", "", GO),
    ("a", "", EMSCRIPTEN),
    ("env", "emscripten_", EMSCRIPTEN),
    ("env", "invoke_", EMSCRIPTEN),
    ("env", "__syscall", EMSCRIPTEN),
    (
        "wasi",
        "thread-spawn",
        "It was built with threads: build it without, since Wasmill does not support them yet",
    ),
    (
        "wasi_snapshot_preview1",
        "",
        "WASI preview 1 has no such function",
    ),
    (
        "wasi_unstable",
        "",
        "That version of WASI has no such function",
    ),
    (
        "wasi:",
        "",
        "It is a part of a component: build it for wasm32-wasip1",
    ),
    (
        "wasix_",
        "",
        "It was built for WASIX: build it for wasm32-wasip1",
    ),
    (
        "wasi_ephemeral_",
        "",
        "It needs a proposal of WASI that Wasmill does not support",
    ),
    (
        "",
        "",
        "There is nothing but WASI here. If that is for a host program, run it there, or write one with the library",
    ),
];

const BINDGEN: &str = "It was made for JavaScript (wasm-bindgen): build it for wasm32-wasip1";
const GO: &str = "It was made for JavaScript (Go): build it with GOOS=wasip1";
const EMSCRIPTEN: &str =
    "It was made for JavaScript (Emscripten): build it with `-sSTANDALONE_WASM`";

/// The error with what to try, if there is something.
pub(crate) fn explain(error: InstantiationError) -> Error {
    let advice = match &error {
        InstantiationError::Link(LinkError::Import(
            namespace,
            name,
            ImportError::UnknownImport(_),
        )) => Some(origin(namespace, name)),
        InstantiationError::Link(LinkError::Resource(text)) => limit(text),
        _ => None,
    };
    match advice {
        Some(advice) => anyhow!("{error}\n{advice}"),
        None => error.into(),
    }
}

fn origin(namespace: &str, name: &str) -> &'static str {
    let fits = |known: &str, start: &str| {
        let is_whole = known.chars().all(|c| c.is_ascii_alphanumeric()) && !known.is_empty();
        let same = if is_whole {
            namespace == known
        } else {
            namespace.starts_with(known)
        };
        same && name.starts_with(start)
    };
    let mut origins = ORIGINS.iter();
    let found = origins.find(|(known, start, _)| fits(known, start));
    found.expect("the last one fits all").2
}

/// The option of a limit that was not enough. The error has the library's words.
fn limit(text: &str) -> Option<&'static str> {
    if !text.contains("the store's limit") {
        return None;
    }
    Some(match text.contains("memory is exceeded") {
        true => "The module needs more from the start: give it more with --max-memory",
        false => "The module needs more from the start: give it more with --max-table-elements",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_tell_where_modules_come_from() {
        for (namespace, name, advice) in [
            ("wbg", "__wbg_log", BINDGEN),
            ("__wbindgen_placeholder__", "f", BINDGEN),
            ("./snippets/a.js", "f", BINDGEN),
            ("go", "runtime.wasmExit", GO),
            ("env", "invoke_vii", EMSCRIPTEN),
            ("a", "b", EMSCRIPTEN),
        ] {
            assert_eq!(origin(namespace, name), advice, "{namespace}.{name}");
        }
        assert!(origin("env", "log").starts_with("There is nothing but WASI"));
        assert!(origin("gogo", "x").starts_with("There is nothing but WASI"));
        assert!(origin("wasi:cli/run", "x").contains("component"));
    }
}
