//! A case: a module, how it is compiled, and what is done with it. All of it follows from a seed and a length.

use std::path::PathBuf;

use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices, Module};
use wasmill::{ExternType, ImportType, Type};
use wasmparser::{Operator, Parser, Payload};

use crate::native::Kind;
use crate::outcome::Bits;
use crate::random::Random;

/// Function entries and turns of loops before a run is ended.
const FUEL: u32 = 200;
/// Calls of exported functions, at most.
const CALLS: usize = 8;

/// Who makes the bits of NaNs the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// The module itself, after every operation: all engines agree.
    Module,
    /// There are none.
    None,
    /// The compilers; the interpreter does not, and stays out.
    Compilers,
}

/// How a compiler is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    /// NaNs get deterministic bits.
    pub canonical: bool,
    /// Memories reserve all that an index can reach, and are not checked.
    pub reserved: bool,
    /// The processor has nothing beyond SSE4.1.
    pub plain_cpu: bool,
    /// How hard compilers that optimise try: not at all, to the most.
    pub effort: u8,
    /// The host is reached through an instance that this other compiler compiled.
    pub linked: Option<Kind>,
}

/// The most effort.
const MOST: u8 = 3;

/// A module and its settings.
pub struct Case {
    pub seed: u64,
    pub wasm: Vec<u8>,
    pub floats: Floats,
    /// `wasmi` runs it, too.
    pub interpreted: bool,
    pub singlepass: Setup,
    pub cranelift: Setup,
    #[cfg(feature = "llvm")]
    pub llvm: Setup,
}

impl Case {
    /// The case of a seed; `length` bounds how many random bytes become a module. `None` if they do not make one.
    pub fn new(seed: u64, length: usize) -> Option<Self> {
        Self::generate(seed, |random| {
            let most = 100 + random.below(1100) as usize;
            random.bytes(most.min(length))
        })
    }

    /// The case of bytes that somebody else chooses: the seed, and what becomes the module. `None` if they do not make one.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seed, rest) = bytes.split_first_chunk()?;
        Self::generate(u64::from_le_bytes(*seed), |_| rest.to_vec())
    }

    fn generate(seed: u64, bytes: impl FnOnce(&mut Random) -> Vec<u8>) -> Option<Self> {
        let mut random = Random::new(seed);
        let floats = match random.below(8) {
            0 => Floats::None,
            1 | 2 => Floats::Compilers,
            _ => Floats::Module,
        };
        let mut singlepass = setup(&mut random, floats);
        let mut cranelift = setup(&mut random, floats);
        // Both are linked through the other now and then, and then for the same processor.
        singlepass.linked = random.once_in(16).then_some(Kind::Cranelift);
        cranelift.linked = random.once_in(32).then_some(Kind::Singlepass);
        let config = config(&mut random, floats);
        let bytes = bytes(&mut random);
        let mut module = Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
        module.ensure_termination(FUEL).ok()?;
        let wasm = module.to_bytes();
        let mut interpreted = floats != Floats::Compilers && !uses(&wasm, confuses_wasmi);
        #[cfg(feature = "llvm")]
        let mut llvm = llvm_setup(seed, floats, [&mut singlepass, &mut cranelift]);
        if floats == Floats::Module && uses(&wasm, changes_width) {
            cranelift.canonical = singlepass.canonical;
            #[cfg(feature = "llvm")]
            {
                llvm.canonical = singlepass.canonical;
            }
            interpreted &= !singlepass.canonical;
        }
        Some(Self {
            seed,
            wasm,
            floats,
            interpreted,
            singlepass,
            cranelift,
            #[cfg(feature = "llvm")]
            llvm,
        })
    }

    /// How a compiler is set up.
    pub(crate) fn setup(&self, kind: Kind) -> Setup {
        match kind {
            Kind::Singlepass => self.singlepass,
            Kind::Cranelift => self.cranelift,
            #[cfg(feature = "llvm")]
            Kind::Llvm => self.llvm,
        }
    }
}

impl Case {
    /// What somebody who looks into a difference needs. Writes the module.
    pub fn report(&self, difference: &str) -> String {
        let Self { seed, floats, .. } = self;
        let setups = Kind::ALL.map(|kind| format!("{kind:?} {:?}", self.setup(kind)));
        let setups = setups.join("\n  ");
        let written = match self.write() {
            Ok(path) => path.display().to_string(),
            Err(error) => format!("cannot write the module: {error:#}"),
        };
        format!("case {seed}: {difference}\n  {floats:?}\n  {setups}\n  {written}")
    }

    /// Writes the module, in both formats, into the folder for temporary files.
    ///
    /// # Errors
    ///
    /// If a file cannot be written.
    pub fn write(&self) -> anyhow::Result<PathBuf> {
        let path = std::env::temp_dir().join(format!("wasmill-fuzz-{}.wasm", self.seed));
        std::fs::write(&path, &self.wasm)?;
        let text = wasmprinter::print_bytes(&self.wasm)?;
        std::fs::write(path.with_extension("wat"), text)?;
        Ok(path)
    }
}

fn setup(random: &mut Random, floats: Floats) -> Setup {
    Setup {
        canonical: random.once_in(2) || floats == Floats::Compilers,
        reserved: random.once_in(2),
        plain_cpu: random.once_in(3),
        effort: if random.once_in(2) { MOST } else { 0 },
        linked: None,
    }
}

/// LLVM's setup, from numbers of its own: without LLVM, the case of a seed is the same. The others are linked through LLVM half of
/// the time that they are linked.
#[cfg(feature = "llvm")]
fn llvm_setup(seed: u64, floats: Floats, others: [&mut Setup; 2]) -> Setup {
    let mut random = Random::new(seed ^ 0x11f0_0d5e);
    let mut llvm = setup(&mut random, floats);
    // Mostly what is the default, since most happens there.
    if llvm.effort == 0 {
        llvm.effort = random.below(u64::from(MOST)) as u8;
    }
    let other = [Kind::Singlepass, Kind::Cranelift][random.below(2) as usize];
    llvm.linked = random.once_in(16).then_some(other);
    for other in others {
        if other.linked.is_some() && random.once_in(2) {
            other.linked = Some(Kind::Llvm);
        }
    }
    llvm
}

/// Whether floats are promoted or demoted: then the module leaves the bits of NaNs to us after all.
fn changes_width(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::F64PromoteF32
            | Operator::F32DemoteF64
            | Operator::F64x2PromoteLowF32x4
            | Operator::F32x4DemoteF64x2Zero
    )
}

/// Whether `wasmi` 2.0.0 reads its own code wrongly behind this: it traps, or ends the process.
fn confuses_wasmi(operator: &Operator) -> bool {
    matches!(
        operator,
        Operator::V128Store8Lane { .. }
            | Operator::V128Store16Lane { .. }
            | Operator::V128Store32Lane { .. }
            | Operator::V128Store64Lane { .. }
    )
}

/// Whether a module has such an operator.
fn uses(wasm: &[u8], such: fn(&Operator) -> bool) -> bool {
    let bodies = Parser::new(0)
        .parse_all(wasm)
        .filter_map(|part| match part {
            Ok(Payload::CodeSectionEntry(body)) => body.get_operators_reader().ok(),
            _ => None,
        });
    bodies
        .flatten()
        .any(|operator| operator.is_ok_and(|operator| such(&operator)))
}

/// What the generator may use: all that the front end has.
fn config(random: &mut Random, floats: Floats) -> Config {
    Config {
        allow_floats: floats != Floats::None,
        canonicalize_nans: floats == Floats::Module,
        disallow_traps: random.once_in(2),
        simd_enabled: random.once_in(2),
        export_everything: true,
        // Beyond the front end.
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        // Small, so that there are many.
        min_funcs: 1,
        max_funcs: 1 + random.below(6) as usize,
        max_instructions: 10 + random.below(150) as usize,
        max_imports: random.below(6) as usize,
        max_types: 8,
        max_globals: 6,
        max_memories: 1,
        min_memories: u32::from(!random.once_in(4)),
        max_memory32_bytes: 2 * 65536,
        memory_max_size_required: true,
        memory_offset_choices: MemoryOffsetChoices(80, 15, 5),
        max_tables: 3,
        max_table_elements: 16,
        table_max_size_required: true,
        max_element_segments: 4,
        max_elements: 8,
        max_data_segments: 4,
        ..Config::default()
    }
}

/// What is done with an instance: calls, and what they are given.
pub(crate) struct Plan {
    pub(crate) imports: Vec<ImportType>,
    /// Names of all exports, in the module's order.
    pub(crate) exports: Vec<String>,
    pub(crate) calls: Vec<(String, Vec<Bits>)>,
}

impl Plan {
    /// The plan for a compiled module.
    pub(crate) fn new(seed: u64, module: &wasmill::Module) -> Self {
        let mut random = Random::new(seed ^ 0x0a11_ca11);
        let mut functions = Vec::new();
        let mut exports = Vec::new();
        for export in module.exports() {
            if let ExternType::Function(ty) = export.ty() {
                functions.push((export.name().to_owned(), ty.params().to_vec()));
            }
            exports.push(export.name().to_owned());
        }
        let count = if functions.is_empty() { 0 } else { CALLS };
        let calls = (0..count).map(|index| call(&mut random, &functions, index));
        Self {
            calls: calls.collect(),
            imports: module.imports().collect(),
            exports,
        }
    }
}

/// The first calls take the functions in turn, the others any.
fn call(
    random: &mut Random,
    functions: &[(String, Vec<Type>)],
    index: usize,
) -> (String, Vec<Bits>) {
    let any = random.below(functions.len() as u64) as usize;
    let (name, params) = functions.get(index).unwrap_or(&functions[any]);
    let arguments = params.iter().map(|ty| random.value(*ty)).collect();
    (name.clone(), arguments)
}
