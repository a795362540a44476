//! From the bytes of a module to its description and its function bodies.
//!
//! ```text
//!   bytes ─► Parser ─► payload ─► Validator ─► Sections ─► ModuleInfo
//!                                     └──────► FunctionBodyData, validated later, by the driver
//! ```
//!
//! Every payload is validated before it is read, so `sections/` meets nothing malformed. Memory grows with what has been
//! read, never with a count that the module claims: a section is read item by item.

use crate::convert::{invalid, limit_exceeded, too_large};
use crate::sections::Sections;
use crate::{CompileError, Features};
use wasmill_types::{FunctionIndex, LocalFunctionIndex, ModuleInfo, PrimaryMap};
use wasmparser::{
    FuncToValidate, FunctionBody, Parser, ValidPayload, Validator, ValidatorResources,
};

/// Most bytes of a module. Offsets in a module are 32 bits wide everywhere.
pub const MAX_MODULE_SIZE: usize = 1 << 30;

/// Most locals of a function, as the validator has it.
const MAX_LOCALS: u64 = 50_000;
/// Most locals that all functions together may declare for each byte of code. Code made by compilers stays far below
/// one.
const LOCALS_PER_BYTE: u64 = 16;
/// As [`LOCALS_PER_BYTE`], for the module as a whole.
const LOCALS_PER_MODULE: u64 = 1_000_000;

/// A function body that is not yet validated, with what validating it takes.
#[derive(Debug)]
pub struct FunctionBodyData<'a> {
    /// The bytes: declarations of locals, then operators.
    pub body: FunctionBody<'a>,
    /// Validates the body.
    pub validator: FuncToValidate<ValidatorResources>,
}

impl<'a> FunctionBodyData<'a> {
    /// The same body once more, not yet validated.
    pub fn again(&self) -> FunctionBodyData<'a> {
        let FuncToValidate {
            ref resources,
            index,
            ty,
            features,
        } = self.validator;
        FunctionBodyData {
            body: self.body.clone(),
            validator: FuncToValidate {
                resources: resources.clone(),
                index,
                ty,
                features,
            },
        }
    }
    /// Which function this is the body of.
    pub fn index(&self) -> FunctionIndex {
        FunctionIndex::from_u32(self.validator.index)
    }
    /// Bytes of the body.
    pub fn len(&self) -> usize {
        self.body.as_bytes().len()
    }
    /// Whether there is no byte; such a body is not valid.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Where the body starts in the module.
    pub fn start_offset(&self) -> u32 {
        self.body.range().start as u32
    }
    /// Where the body ends in the module.
    pub fn end_offset(&self) -> u32 {
        self.body.range().end as u32
    }
}

/// A module that has been read: all is validated but for the function bodies.
#[derive(Debug)]
pub struct Translation<'a> {
    /// What the module declares.
    pub info: ModuleInfo,
    /// The bodies of the functions that it defines.
    pub bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'a>>,
}

/// Reads a module.
///
/// # Errors
///
/// If the module is not valid with these features (bodies aside), uses what is not supported, or is above a limit.
pub fn translate<'a>(wasm: &'a [u8], features: &Features) -> Result<Translation<'a>, CompileError> {
    read(wasm, features).map_err(|error| *error)
}

/// Whether a module is valid, bodies included.
///
/// # Errors
///
/// If it is not valid with these features, uses what is not supported, or is above a limit.
pub fn validate(wasm: &[u8], features: &Features) -> Result<(), CompileError> {
    let translation = translate(wasm, features)?;
    let mut allocations = Default::default();
    for data in translation.bodies.into_values() {
        let mut validator = data.validator.into_validator(allocations);
        let outcome = validator.validate(&data.body);
        outcome.map_err(|error| *invalid(error))?;
        allocations = validator.into_allocations();
    }
    Ok(())
}

fn read<'a>(wasm: &'a [u8], features: &Features) -> Result<Translation<'a>, Box<CompileError>> {
    if wasm.len() > MAX_MODULE_SIZE {
        return Err(limit_exceeded());
    }
    let features = features.to_wasmparser().map_err(Box::new)?;
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut sections = Sections::new(wasm);
    let mut bodies = PrimaryMap::new();
    let mut locals_left = LOCALS_PER_MODULE;
    for payload in parser.parse_all(wasm) {
        let payload = payload.map_err(invalid)?;
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Func(validator, body) => {
                locals_left = (locals_left + LOCALS_PER_BYTE * body.as_bytes().len() as u64)
                    .checked_sub(declared_locals(&body))
                    .ok_or_else(|| too_large("locals"))?;
                bodies.push(FunctionBodyData { body, validator });
            }
            _ => sections.add(payload)?,
        }
    }
    Ok(Translation {
        info: sections.finish(),
        bodies,
    })
}

/// How many locals a body declares: six bytes can declare 50,000, for which a back end may have to do something each.
/// What is malformed or too much for one function, the validator finds.
fn declared_locals(body: &FunctionBody<'_>) -> u64 {
    let Ok(runs) = body.get_locals_reader() else {
        return 0;
    };
    let counts = runs.into_iter().map_while(Result::ok);
    let sum = counts.map(|(count, _)| u64::from(count)).sum::<u64>();
    sum.min(MAX_LOCALS)
}
