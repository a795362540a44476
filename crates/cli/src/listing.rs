//! A function as WebAssembly beside its machine code: each operator, and below it what was made of it.
//!
//! Code is shown in its own order. Operators that no code before belongs to come along in theirs, so that each is there; where code
//! of an operator follows that was there before, the operator is shown again, in brackets. Singlepass notes places of operators that
//! trap or call only: what is between belongs to those around.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Result;
use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, Mnemonic, OpKind};
use wasmill_compiler::{CompiledFunction, RelocationTarget};
use wasmill_types::{FunctionIndex, ModuleInfo};

/// The operators of a module as text, by their offset in it.
pub(crate) struct Operators(BTreeMap<u32, String>);

impl Operators {
    /// Those of a module that is valid.
    pub(crate) fn read(wasm: &[u8]) -> Result<Self> {
        let mut text = String::new();
        let mut config = wasmprinter::Config::new();
        config
            .print_offsets(true)
            .print(wasm, &mut wasmprinter::PrintFmtWrite(&mut text))?;
        Ok(Self(text.lines().filter_map(line).collect()))
    }
}

/// A line of the printer, `(;@3a   ;)   local.get 0`: where it is, and the operator.
fn line(line: &str) -> Option<(u32, String)> {
    let (offset, text) = line.strip_prefix("(;@")?.split_once(";)")?;
    let offset = u32::from_str_radix(offset.trim(), 16).ok()?;
    let text = match text.trim() {
        // The function's own line: who shows it says that otherwise.
        head if head.starts_with("(func ") => return None,
        ")" => "end",
        operator => operator,
    };
    Some((offset, text.to_owned()))
}

/// A function's text.
pub(crate) fn text(
    operators: &Operators,
    module: &ModuleInfo,
    function: &CompiledFunction,
) -> String {
    let mut listing = Listing {
        operators,
        module,
        function,
        shown: function.start_offset,
        text: String::new(),
    };
    listing.write();
    listing.text
}

/// What a function is called, for people.
pub(crate) fn name(module: &ModuleInfo, index: FunctionIndex) -> String {
    let name = module.function_names.get(&index);
    let name = name.map(|name| format!(" {name:?}")).unwrap_or_default();
    format!("function {}{name}", index.as_u32())
}

struct Listing<'a> {
    operators: &'a Operators,
    module: &'a ModuleInfo,
    function: &'a CompiledFunction,
    /// Operators before this were shown.
    shown: u32,
    text: String,
}

impl Listing<'_> {
    fn write(&mut self) {
        let mut formatter = IntelFormatter::new();
        let options = formatter.options_mut();
        options.set_hex_prefix("0x");
        options.set_hex_suffix("");
        options.set_uppercase_hex(false);
        options.set_space_after_operand_separator(true);
        options.set_branch_leading_zeros(false);
        options.set_show_branch_size(false);
        options.set_rip_relative_addresses(true);
        let mut operator = None;
        for item in items(&self.function.code) {
            let at = match &item {
                Item::Instruction(instruction) => instruction.ip() as u32,
                Item::Data(start, _) => *start as u32,
            };
            let now = self.operator(at);
            if now != operator {
                self.write_operators(now);
                operator = now;
            }
            self.write_item(&item, at, &mut formatter);
        }
        self.write_rest();
    }

    /// The operator that code belongs to.
    fn operator(&self, at: u32) -> Option<u32> {
        let map = &self.function.address_map;
        let next = map.partition_point(|entry| entry.offset <= at);
        let entry = map[..next].last()?;
        let is_known = self.operators.0.contains_key(&entry.module_offset);
        is_known.then_some(entry.module_offset)
    }

    fn write_operators(&mut self, operator: Option<u32>) {
        let Some(operator) = operator else {
            return;
        };
        let is_here = (self.shown..self.function.end_offset).contains(&operator);
        if is_here {
            for (offset, text) in self.operators.0.range(self.shown..=operator) {
                let _ = writeln!(self.text, "  {offset:#08x}  {text}");
            }
            self.shown = operator + 1;
        } else {
            let _ = writeln!(
                self.text,
                "  {operator:#08x}  ({})",
                self.operators.0[&operator]
            );
        }
    }

    fn write_rest(&mut self) {
        let rest = self.shown..self.function.end_offset.max(self.shown);
        for (offset, text) in self.operators.0.range(rest) {
            let _ = writeln!(self.text, "  {offset:#08x}  {text}");
        }
    }

    fn write_item(&mut self, item: &Item, at: u32, formatter: &mut IntelFormatter) {
        let _ = write!(self.text, "            {at:6x}  ");
        match item {
            Item::Instruction(instruction) => {
                formatter.format(instruction, &mut self.text);
                self.write_meaning(instruction, at);
            }
            Item::Data(start, end) => {
                self.text.push_str("data");
                for byte in &self.function.code[*start..*end] {
                    let _ = write!(self.text, " {byte:02x}");
                }
            }
        }
        self.text.push('\n');
    }

    /// What cannot be seen in an instruction: whom it calls, and what its fault means.
    fn write_meaning(&mut self, instruction: &Instruction, at: u32) {
        let place = at..at + instruction.len() as u32;
        let mut relocations = self.function.relocations.iter();
        if let Some(relocation) = relocations.find(|r| place.contains(&r.offset)) {
            let RelocationTarget::Function(local) = relocation.target;
            let name = name(self.module, self.module.func_index(local));
            let _ = write!(self.text, "  ; {name}");
        }
        if let Some(trap) = self.function.traps.iter().find(|trap| trap.offset == at) {
            let _ = write!(self.text, "  ; traps: {}", trap.code);
        }
    }
}

enum Item {
    Instruction(Instruction),
    /// Constants, or the table of a jump: so many bytes from here to there, eight at most.
    Data(usize, usize),
}

/// The instructions of code, told from the data between and behind them.
fn items(code: &[u8]) -> Vec<Item> {
    let marks = Marks::read(code);
    let mut items = Vec::new();
    let mut at = 0;
    while at < code.len() {
        if marks.data.contains_key(&at) {
            let end = marks.end(code, at);
            while at < end {
                let next = end.min(at + 8);
                items.push(Item::Data(at, next));
                at = next;
            }
            continue;
        }
        let instruction = decode(code, at);
        at += instruction.len().max(1);
        items.push(Item::Instruction(instruction));
    }
    items
}

fn decode(code: &[u8], at: usize) -> Instruction {
    Decoder::with_ip(64, &code[at..], at as u64, DecoderOptions::NONE).decode()
}

/// Where the code goes on, and where data starts, as its own instructions say. It is the compilers' code, not a guest's, but all of
/// this is right only as far as they follow their habits.
#[derive(Default)]
struct Marks {
    /// With whether it is the table of a jump.
    data: BTreeMap<usize, bool>,
    targets: BTreeMap<usize, ()>,
}

impl Marks {
    fn read(code: &[u8]) -> Self {
        let mut marks = Self::default();
        let mut at = 0;
        while at < code.len() {
            if marks.data.contains_key(&at) {
                at = marks.end(code, at);
                continue;
            }
            let instruction = decode(code, at);
            marks.add(&instruction, code.len());
            at += instruction.len().max(1);
        }
        marks
    }

    fn add(&mut self, instruction: &Instruction, length: usize) {
        let inside = |address: u64| usize::try_from(address).ok().filter(|at| *at < length);
        if instruction.is_ip_rel_memory_operand() {
            let is_table = instruction.mnemonic() == Mnemonic::Lea;
            if let Some(at) = inside(instruction.ip_rel_memory_address()) {
                self.data.insert(at, is_table);
            }
        }
        let is_branch = instruction.op0_kind() == OpKind::NearBranch64;
        if is_branch && instruction.mnemonic() != Mnemonic::Call {
            self.targets
                .extend(inside(instruction.near_branch_target()).map(|at| (at, ())));
        }
    }

    /// Where data ends: at other data, or where a jump goes to, the table's own jumps included.
    fn end(&self, code: &[u8], start: usize) -> usize {
        let next_data = self.data.range(start + 1..).next().map(|(at, _)| *at);
        let next_target = self.targets.range(start + 1..).next().map(|(at, ())| *at);
        let mut end = code.len().min(next_data.unwrap_or(code.len()));
        end = end.min(next_target.unwrap_or(code.len()));
        if self.data.get(&start) != Some(&true) {
            return end;
        }
        let mut at = start;
        while let Some(entry) = code.get(at..at + 4).filter(|_| at < end) {
            let distance = i32::from_le_bytes(entry.try_into().expect("four bytes"));
            let target = start as i64 + i64::from(distance);
            if let Some(target) = usize::try_from(target).ok().filter(|target| *target > at) {
                end = end.min(target.max(at + 4));
            }
            at += 4;
        }
        end
    }
}
