//! Golden tests: modules with the machine code that must come out, in the format of `wasmill_compiler_testing`.
//!
//! What counts is which instructions there are, and in which order. Registers (but for those of the frame) and addresses, which
//! another release of LLVM would choose otherwise, are left out: `r32` is any register of 32 bits, `x` any vector register, `L1` a
//! place that is jumped to, `[constants]` a place behind the code. `nans = canonical` makes NaNs canonical. The first function of
//! a module is not shown: constants lie behind it.
//!
//! Run with `BLESS=1` to write them anew, then read the difference.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write;
use std::path::Path;

use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, MemorySizeOptions, Mnemonic,
    OpKind,
};
use wasmill_compiler::{CompiledFunction, Compiler, CompilerConfig, RelocationTarget};
use wasmill_compiler_llvm::{LLVM, LLVMCompiler};
use wasmill_compiler_testing::{Golden, check_golden, plan, x86_64};
use wasmill_types::FunctionIndex;

fn compile(golden: &Golden) -> Vec<(FunctionIndex, String)> {
    let (info, translation) = plan(&golden.wasm, &golden.memory).expect("a valid module");
    let mut config = LLVM::new();
    config.enable_verifier();
    config.canonicalize_nans(golden.setting("nans") == Some("canonical"));
    let compilation = LLVMCompiler::new(config)
        .compile_module(&x86_64(), &info, translation.bodies)
        .expect("code");
    let functions = compilation.functions.iter().skip(1);
    let text = |(index, function)| (info.module.func_index(index), disassemble(function));
    functions.map(text).collect()
}

fn disassemble(function: &CompiledFunction) -> String {
    if function.code == [0xf4] {
        return "inlined everywhere".into();
    }
    let decoder = Decoder::with_ip(64, &function.code, 0, DecoderOptions::NONE);
    let instructions: Vec<Instruction> = decoder.into_iter().collect();
    let labels = labels(&instructions);
    let mut text = String::new();
    for instruction in &instructions {
        if let Some(number) = labels.get(&instruction.ip()) {
            writeln!(text, "L{number}:").expect("memory");
        }
        if instruction.mnemonic() != Mnemonic::Nop {
            let line = line(function, instruction, &labels);
            writeln!(text, "  {line}").expect("memory");
        }
    }
    text
}

/// The places that are jumped to, numbered in order.
fn labels(instructions: &[Instruction]) -> BTreeMap<u64, usize> {
    let places = instructions.iter().filter_map(jump).map(|place| (place, 0));
    let places: BTreeMap<u64, usize> = places.collect();
    places.into_keys().zip(1..).collect()
}

/// Where a jump leads.
fn jump(instruction: &Instruction) -> Option<u64> {
    let jumps = is_direct(instruction) && instruction.mnemonic() != Mnemonic::Call;
    jumps.then(|| instruction.near_branch_target())
}

fn is_direct(instruction: &Instruction) -> bool {
    instruction.op_count() == 1 && instruction.op0_kind() == OpKind::NearBranch64
}

fn line(
    function: &CompiledFunction,
    instruction: &Instruction,
    labels: &BTreeMap<u64, usize>,
) -> String {
    let mut traps = function.traps.iter();
    if let Some(trap) = traps.find(|trap| u64::from(trap.offset) == instruction.ip()) {
        return format!("trap {:?}", trap.code);
    }
    if let Some(place) = jump(instruction) {
        let name = format!("{:?}", instruction.mnemonic()).to_lowercase();
        return format!("{name} L{}", labels[&place]);
    }
    if !is_direct(instruction) {
        return formatted(instruction);
    }
    let range = instruction.ip()..instruction.next_ip();
    let mut relocations = function.relocations.iter();
    let relocation = relocations.find(|relocation| range.contains(&relocation.offset.into()));
    match relocation.map(|relocation| relocation.target) {
        Some(RelocationTarget::Function(callee)) => format!("call function {}", callee.as_u32()),
        None => "call itself".into(),
    }
}

fn formatted(instruction: &Instruction) -> String {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_uppercase_all(false);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_memory_size_options(MemorySizeOptions::Always);
    let mut line = String::new();
    formatter.format(instruction, &mut line);
    if instruction.is_ip_rel_memory_operand() {
        let (start, rest) = line.split_once('[').expect("an operand in memory");
        let (_, end) = rest.split_once(']').expect("its end");
        line = format!("{start}[constants]{end}");
    }
    without_registers(&line)
}

/// A line with kinds of registers instead of registers.
fn without_registers(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric());
        let (word, after) = rest.split_at(word.unwrap_or(rest.len()));
        text.push_str(kind(word));
        let other = after.find(|c: char| c.is_ascii_alphanumeric());
        let (other, after) = after.split_at(other.unwrap_or(after.len()));
        text.push_str(other);
        rest = after;
    }
    text
}

fn kind(word: &str) -> &str {
    let low = ["ax", "bx", "cx", "dx", "si", "di"];
    let numbered = word
        .strip_prefix('r')
        .and_then(|rest| rest.strip_prefix(|c: char| c.is_ascii_digit()))
        .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    match (numbered, word.split_at_checked(1)) {
        (Some(""), _) => "r64",
        (Some("d"), _) => "r32",
        (Some("w"), _) => "r16",
        (Some("b"), _) => "r8",
        (_, Some(("r", name))) if low.contains(&name) => "r64",
        (_, Some(("e", name))) if low.contains(&name) => "r32",
        _ if low.contains(&word) => "r16",
        _ if ["al", "bl", "cl", "dl", "sil", "dil"].contains(&word) => "r8",
        _ if word.starts_with("xmm") && word.len() > 3 => "x",
        _ if word.starts_with("ymm") && word.len() > 3 => "y",
        _ => word,
    }
}

#[test]
fn output_is_as_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = env::var_os("BLESS").is_some();
    check_golden(&folder, 8, bless, compile);
}
