//! Files that are no WebAssembly modules: what they are, and what to do with them.

use std::fs::File;
use std::path::Path;

use anyhow::{Result, bail};

use crate::executable;

/// How a module in the binary format starts.
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// How other things start, what they are, and what to try.
const KNOWN: [(&[u8], &str, &str); 17] = [
    (b"\x1f\x8b", "compressed (gzip)", "unpack it with `gunzip`"),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed (zstd)",
        "unpack it with `zstd -d`",
    ),
    (b"\xfd7zXZ\0", "compressed (xz)", "unpack it with `unxz`"),
    (b"BZh", "compressed (bzip2)", "unpack it with `bunzip2`"),
    (b"PK\x03\x04", "a zip archive", "unpack it with `unzip`"),
    (
        b"!<arch>\n",
        "a library of object files",
        "link it into a module with `wasm-ld`",
    ),
    (
        b"BC\xc0\xde",
        "LLVM bitcode",
        "compile it with `clang --target=wasm32-wasi`",
    ),
    (b"MZ", "a program for Windows", "build it for wasm32-wasip1"),
    (
        b"\xcf\xfa\xed\xfe",
        "a program for macOS",
        "build it for wasm32-wasip1",
    ),
    (
        b"\xca\xfe\xba\xbe",
        "a Java class or a program for macOS",
        "build it for wasm32-wasip1",
    ),
    (b"%PDF", "a PDF document", "give a module"),
    (b"\x89PNG", "an image", "give a module"),
    (
        b"SQLite format 3\0",
        "a database of SQLite",
        "give a module",
    ),
    (b"#!", "a script", "run it with its interpreter"),
    (
        b"version https://git-lfs",
        "a pointer to a file in Git LFS",
        "fetch it with `git lfs pull`",
    ),
    (b"\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (b"\xff\xfe", "text in UTF-16", "save it as UTF-8"),
];

/// Refuses what starts like something that is known to be no module.
pub(crate) fn check_head(head: &[u8], path: &Path) -> Result<()> {
    if head.starts_with(MODULE) {
        return Ok(());
    }
    if head.is_empty() {
        bail!("it is empty");
    }
    if let Some(rest) = head.strip_prefix(b"\0asm") {
        bail!("{}", other_version(rest));
    }
    if head.starts_with(b"\0wasmill-universal") {
        bail!(
            "it is a module that was compiled already\nRun it with `wasmill run`, and give the module that it was made of here"
        );
    }
    if let Some(what) = elf(head, path).or_else(|| known(head)) {
        bail!("{what}");
    }
    Ok(())
}

/// Refuses what is neither binary nor text. Text is for the parser to judge.
pub(crate) fn check_text(bytes: &[u8]) -> Result<()> {
    if bytes.starts_with(MODULE) {
        return Ok(());
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let start: Vec<String> = bytes
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        bail!(
            "it is no WebAssembly module: a binary one starts with 00 61 73 6d (this with {}), and text is UTF-8 (this is not, at offset {})",
            start.join(" "),
            error.valid_up_to()
        );
    }
    Ok(())
}

/// What starts like a binary module, of another version or kind.
fn other_version(rest: &[u8]) -> String {
    match rest {
        [version, 0, 1, 0, ..] => format!(
            "it is a component (version {version} of the component model), and Wasmill runs modules\n\
             Build it for wasm32-wasip1, or take the module out of it: `wasm-tools component unbundle`"
        ),
        [a, b, c, d, ..] => format!(
            "it is of version {} of the binary format, and Wasmill reads version 1",
            u32::from_le_bytes([*a, *b, *c, *d])
        ),
        _ => "it ends within its first eight bytes: it was cut off".to_owned(),
    }
}

fn known(head: &[u8]) -> Option<String> {
    let text = head.trim_ascii_start();
    if text.starts_with(b"<") {
        let what = "it is no module, but a web page or another document with `<` in front";
        return Some(format!(
            "{what}\nIf it was downloaded, look whether the address is right"
        ));
    }
    if text.starts_with(b"{") {
        return Some("it is no module, but JSON or the like".to_owned());
    }
    let (_, what, advice) = KNOWN.iter().find(|(start, ..)| head.starts_with(start))?;
    Some(format!("it is no module, but {what}\nTry this: {advice}"))
}

/// What a file in ELF's format is, if it is one, and no module that we have compiled.
pub(crate) fn elf(head: &[u8], path: &Path) -> Option<String> {
    if !head.starts_with(b"\x7fELF") {
        return None;
    }
    let ours = || {
        let file = File::open(path).ok();
        executable::is_marked(head) && file.is_some_and(|file| executable::read(&file).is_some())
    };
    Some(match head.get(16) {
        Some(1) => "it is an object file: link it into a program, or give the module that it was made of".to_owned(),
        _ if ours() => format!("it is an executable that `wasmill create-exe` made: start it as it is, {}", path.display()),
        _ => "it is a program or a library of the system (ELF), not WebAssembly\nIf there is source, build it for wasm32-wasip1".to_owned(),
    })
}
