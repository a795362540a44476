//! What a compiler gives: machine code and what the runtime must know about it.

use wasmill_abi::TrapCode;
use wasmill_types::{LocalFunctionIndex, PrimaryMap};

/// A place in code whose address is known only when all functions are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Where, in bytes from the function's start.
    pub offset: u32,
    /// How the address is encoded.
    pub kind: RelocationKind,
    /// Whose address.
    pub target: RelocationTarget,
    /// Added to the address.
    pub addend: i64,
}

/// How an address is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationKind {
    /// 64-bit absolute.
    Abs8,
    /// 32 bits relative to the place (in x86-64's instructions the addend accounts for the field's own size).
    PcRel4,
    /// AArch64: the 26-bit field of `bl` and `b`.
    Arm64Call,
    /// AArch64: `adrp`, from the place's page of 4 KiB to the address's.
    Arm64Page,
    /// AArch64: the address's offset in its page, in the 12-bit field of `add` or of an access of `1 << scale` bytes.
    Arm64PageOffset {
        /// The offset is a multiple of `1 << scale`, and is counted in that.
        scale: u8,
    },
    /// RISC-V: `auipc` and `jalr`.
    RiscvCall,
    /// RISC-V: `auipc`, whose other half is one of the next two.
    RiscvHigh,
    /// RISC-V: the low half in a load or `addi`. The distance is the one from the `auipc`, so the addend accounts for what is
    /// between the two.
    RiscvLow,
    /// RISC-V: the same in a store.
    RiscvLowStore,
}

/// Whose address a relocation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationTarget {
    /// A function of the same module.
    Function(LocalFunctionIndex),
}

/// An instruction that can trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrapSite {
    /// The instruction's start, in bytes from the function's.
    pub offset: u32,
    /// What its fault means.
    pub code: TrapCode,
}

/// From here on (until the next entry), code belongs to the operator at `module_offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressMapEntry {
    /// In bytes from the function's start.
    pub offset: u32,
    /// In bytes from the start of the original module.
    pub module_offset: u32,
}

impl AddressMapEntry {
    /// The `module_offset` of code that belongs to no operator: a frame that is there is not listed.
    pub const NO_OPERATOR: u32 = u32::MAX;
}

/// Code of a function that was put in the place of a call. It has no frame of its own, so whoever lists frames finds the
/// caller's here: a place in code is in the function of its operator (see [`AddressMapEntry`]), which was called from
/// `call` of the innermost range around it, and so on outwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlinedRange {
    /// The first byte, from the function's start.
    pub start: u32,
    /// The byte behind the last one.
    pub end: u32,
    /// The call: where its operator starts in the original module.
    pub call: u32,
}

/// One compiled function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompiledFunction {
    /// The machine code, with constants behind it where the compiler puts them.
    pub code: Vec<u8>,
    /// The alignment that the code needs, a power of two.
    pub alignment: u32,
    /// Places to fill in, by offset.
    pub relocations: Vec<Relocation>,
    /// Instructions that can trap, by offset.
    pub traps: Vec<TrapSite>,
    /// The map from code to operators, by offset.
    pub address_map: Vec<AddressMapEntry>,
    /// Inlined code, by start; a range comes before those inside of it.
    pub inlined: Vec<InlinedRange>,
    /// Where the body starts in the original module.
    pub start_offset: u32,
    /// Where the body ends in the original module.
    pub end_offset: u32,
}

/// All compiled functions of a module.
#[derive(Clone, Debug, Default)]
pub struct Compilation {
    /// The functions that the module defines, in order.
    pub functions: PrimaryMap<LocalFunctionIndex, CompiledFunction>,
    /// What a fault in their code means elsewhere than at a [`TrapSite`]; if it means nothing, such a fault ends the process.
    pub other_faults: Option<TrapCode>,
}
