//! Machine code as text that stays the same when code around it changes: places have names instead of addresses.
//!
//! `L1`, `L2` are places that jumps go to, in order; `k0` is the first word of the constants behind the code; the tables of
//! `br_table`s are told from code by the jump in front of them. What an instruction's fault means stands behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, MemorySizeOptions, Mnemonic,
    OpKind, Register, SymbolResolver, SymbolResult,
};
use wasmill_compiler::{
    CompileError, CompileModuleInfo, CompiledFunction, Compiler, FunctionBodyData,
    RelocationTarget, Target,
};
use wasmill_types::{FunctionIndex, LocalFunctionIndex, PrimaryMap};

use crate::compiler::SinglepassCompiler;

impl SinglepassCompiler {
    /// Compiles a module and gives the machine code of each function that it defines as text, in order.
    ///
    /// # Errors
    ///
    /// If the module cannot be compiled.
    pub fn inspect_module(
        &self,
        target: &Target,
        module: &CompileModuleInfo,
        bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    ) -> Result<Vec<(FunctionIndex, String)>, CompileError> {
        let compilation = self.compile_module(target, module, bodies)?;
        let functions = compilation.functions.iter();
        let text = |(index, function)| (module.module.func_index(index), disassemble(function));
        Ok(functions.map(text).collect())
    }
}

/// The text of a function's code.
fn disassemble(function: &CompiledFunction) -> String {
    let listing = Listing::read(&function.code);
    let mut formatter = IntelFormatter::with_options(
        Some(Box::new(Names {
            labels: listing.labels.clone(),
            pool: listing.pool,
        })),
        None,
    );
    let options = formatter.options_mut();
    options.set_uppercase_all(false);
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_memory_size_options(MemorySizeOptions::Minimal);
    options.set_show_branch_size(false);
    let mut text = String::new();
    for item in &listing.items {
        let at = item.offset();
        if let Some(number) = listing.labels.get(&at) {
            writeln!(text, "L{number}:").expect("memory");
        }
        match item {
            Item::Entry(_, to) => {
                let name = listing.labels[to];
                writeln!(text, "  .entry L{number}", number = name).expect("memory");
            }
            Item::Instruction(instruction) => {
                let mut line = String::new();
                if let Some(callee) = callee(function, instruction) {
                    line.push_str(&callee);
                } else {
                    formatter.format(instruction, &mut line);
                }
                let trap = function.traps.iter().find(|trap| trap.offset == at);
                if let Some(trap) = trap {
                    write!(line, "   ; {:?}", trap.code).expect("memory");
                }
                writeln!(text, "  {line}").expect("memory");
            }
        }
    }
    let words = function.code[listing.pool as usize..].chunks_exact(8);
    for (number, word) in words.enumerate() {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        writeln!(text, "k{number}: {word:#018x}").expect("memory");
    }
    text
}

/// A call within the module.
fn callee(function: &CompiledFunction, call: &Instruction) -> Option<String> {
    let end = call.next_ip() as u32;
    let field = end.checked_sub(4)?;
    let mut relocations = function.relocations.iter();
    let relocation = relocations.find(|relocation| relocation.offset == field)?;
    let RelocationTarget::Function(index) = relocation.target;
    let behind = match relocation.addend + 4 {
        0 => "",
        _ => ".inner",
    };
    Some(format!("call local function {}{behind}", index.as_u32()))
}

enum Item {
    Instruction(Instruction),
    /// An entry of a table: where it is, and where it leads.
    Entry(u32, u32),
}

impl Item {
    fn offset(&self) -> u32 {
        match self {
            Self::Instruction(instruction) => instruction.ip() as u32,
            Self::Entry(at, _) => *at,
        }
    }
}

struct Listing {
    items: Vec<Item>,
    /// Places that something leads to, and their numbers.
    labels: BTreeMap<u32, usize>,
    /// Where constants start.
    pool: u32,
}

impl Listing {
    fn read(code: &[u8]) -> Self {
        let mut items = Vec::new();
        let mut places = BTreeSet::new();
        let (mut at, mut end) = (0, code.len() as u32);
        let mut table = None;
        while at < end {
            let bytes = &code[at as usize..];
            let mut decoder = Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE);
            let instruction = decoder.decode();
            assert!(!instruction.is_invalid(), "no instruction at {at:#x}");
            if instruction.mnemonic() == Mnemonic::Int3 {
                // What lies between code and constants.
                break;
            }
            at = instruction.next_ip() as u32;
            if instruction.is_ip_rel_memory_operand() {
                let place = instruction.ip_rel_memory_address() as u32;
                match instruction.mnemonic() {
                    Mnemonic::Lea => table = Some(place),
                    _ => end = end.min(place),
                }
            }
            if matches!(instruction.op0_kind(), OpKind::NearBranch64)
                && instruction.mnemonic() != Mnemonic::Call
            {
                places.insert(instruction.near_branch64() as u32);
            }
            let is_jump = instruction.mnemonic() == Mnemonic::Jmp;
            items.push(Item::Instruction(instruction));
            if is_jump && table == Some(at) {
                Self::read_table(code, &mut at, end, &mut items, &mut places);
            }
        }
        let start = |item: &&Item| places.contains(&item.offset());
        let labels = items.iter().filter(start).map(Item::offset);
        let labels = labels.enumerate().map(|(nth, at)| (at, nth + 1)).collect();
        Self {
            items,
            labels,
            pool: end,
        }
    }

    /// A table ends where the first of the places behind it is that something leads to.
    fn read_table(
        code: &[u8],
        at: &mut u32,
        end: u32,
        items: &mut Vec<Item>,
        places: &mut BTreeSet<u32>,
    ) {
        let start = *at;
        while *at + 4 <= end
            && places
                .range(start..)
                .next()
                .is_none_or(|&place| *at < place)
        {
            let bytes = code[*at as usize..][..4].try_into().expect("four bytes");
            let to = at.wrapping_add(u32::from_le_bytes(bytes));
            places.insert(to);
            items.push(Item::Entry(*at, to));
            *at += 4;
        }
    }
}

struct Names {
    labels: BTreeMap<u32, usize>,
    pool: u32,
}

impl SymbolResolver for Names {
    fn symbol(
        &mut self,
        instruction: &Instruction,
        _operand: u32,
        _instruction_operand: Option<u32>,
        address: u64,
        _size: u32,
    ) -> Option<SymbolResult<'_>> {
        let place = address as u32;
        let is_jump = instruction.op0_kind() == OpKind::NearBranch64;
        let is_relative = instruction.memory_base() == Register::RIP;
        let name = match self.labels.get(&place) {
            Some(number) if is_jump => format!("L{number}"),
            _ if is_jump => format!(".{:+}", place as i32 - instruction.ip() as i32),
            _ if !is_relative => return None,
            _ if place >= self.pool => format!("k{}", (place - self.pool) / 8),
            _ => "table".to_owned(),
        };
        Some(SymbolResult::with_string(address, name))
    }
}
