//! Compiling what middlewares make of a module.
//!
//! Each function goes through a chain of its own, on all threads. What comes out is encoded, with the description that the
//! middlewares have changed, as a module of its own ([`Rewritten`]), which is read like any other: so all that is derived
//! from a description or limited in it is derived and limited anew.
//!
//! # Offsets
//!
//! Offsets that the outside sees are those of the original module. [`Origins`] remembers for every operator of the new
//! module which operator it was made of; afterwards everything in the compiled functions that is an offset in the
//! module is translated back, in [`Rewritten::restore`].

use super::encode::encode;
use super::{MiddlewareBinaryReader, ModuleMiddleware, ModuleMiddlewareChain, Operator};
use crate::convert::{invalid, limit_exceeded};
use crate::{
    AddressMapEntry, Compilation, CompileError, CompileStage, Features, FunctionBodyData,
    MAX_MODULE_SIZE, Progress, Translation, compile_functions, translate,
};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_encoder::Encode;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmill_types::{EntityRef, LocalFunctionIndex, ModuleInfo, PrimaryMap};
use wasmparser::{FuncValidatorAllocations, Parser, Payload, Validator};

/// Lets `compile` have what the middlewares make of a module; without middlewares, the module itself. What `compile` gives
/// beside the code is passed on.
///
/// # Errors
///
/// If a middleware refuses, if the module is not valid before or after, if `progress` is stopped, and those of `compile`.
pub fn compile_through<M>(
    middlewares: &[Arc<dyn ModuleMiddleware>],
    translation: Translation<'_>,
    features: &Features,
    progress: &Progress,
    compile: impl FnOnce(Translation<'_>) -> Result<(M, Compilation), CompileError>,
) -> Result<(M, Compilation), CompileError> {
    if middlewares.is_empty() {
        return compile(translation);
    }
    let (rewritten, info) = Rewritten::new(middlewares, translation, features, progress)?;
    match rewritten.translate(info, features).and_then(compile) {
        Ok((module, mut compilation)) => {
            rewritten.restore(&mut compilation);
            Ok((module, compilation))
        }
        Err(error) => Err(rewritten.explain(error, features)),
    }
}

/// A module that middlewares have made of another.
struct Rewritten {
    wasm: Vec<u8>,
    origins: Origins,
    /// Where the bodies lie in the original module.
    bodies: PrimaryMap<LocalFunctionIndex, Range<u32>>,
}

impl Rewritten {
    /// The module, and the description that it was encoded from.
    fn new(
        middlewares: &[Arc<dyn ModuleMiddleware>],
        translation: Translation<'_>,
        features: &Features,
        progress: &Progress,
    ) -> Result<(Self, ModuleInfo), CompileError> {
        let Translation { mut info, bodies } = translation;
        let ranges = bodies.values();
        let ranges = ranges.map(|body| body.start_offset()..body.end_offset());
        let ranges = ranges.collect();
        validate(&bodies, progress)?;
        middlewares.apply_on_module_info(&mut info);
        let bodies = rewrite(middlewares, bodies, progress)?;
        let bytes = bodies.values().map(|body| &body.bytes[..]);
        let wasm = encode(&info, bytes, features).map_err(|what| made_invalid(what, None))?;
        let rewritten = Self {
            origins: Origins::new(&wasm, bodies.values()),
            wasm,
            bodies: ranges,
        };
        Ok((rewritten, info))
    }

    /// Reads the module. What its bytes do not hold comes from the description they were made from.
    fn translate(
        &self,
        made_from: ModuleInfo,
        features: &Features,
    ) -> Result<Translation<'_>, CompileError> {
        let mut translation = translate(&self.wasm, features)?;
        let info = &mut translation.info;
        info.id = made_from.id;
        info.name = made_from.name;
        info.function_names = made_from.function_names;
        let count = info.functions.len();
        info.function_names
            .retain(|function, _| function.index() < count);
        info.custom_sections = made_from.custom_sections;
        info.custom_sections_data = made_from.custom_sections_data;
        info.code_section_start = made_from.code_section_start;
        Ok(translation)
    }

    /// Translates the offsets in compiled functions back.
    fn restore(&self, compilation: &mut Compilation) {
        let functions = compilation.functions.values_mut();
        for (function, body) in functions.zip(self.bodies.values()) {
            (function.start_offset, function.end_offset) = (body.start, body.end);
            for entry in &mut function.address_map {
                if entry.module_offset != AddressMapEntry::NO_OPERATOR {
                    entry.module_offset = self.origins.find(entry.module_offset);
                }
            }
            function
                .address_map
                .dedup_by_key(|entry| entry.module_offset);
            for part in &mut function.inlined {
                part.call = self.origins.find(part.call);
            }
        }
    }

    /// The same error, in words that do not speak of a module that nobody has seen.
    fn explain(&self, error: CompileError, features: &Features) -> CompileError {
        let (CompileError::Validate(_), Ok(features)) = (&error, features.to_wasmparser()) else {
            return error;
        };
        let mut validator = Validator::new_with_features(features);
        match validator.validate_all(&self.wasm) {
            Ok(_) => error,
            Err(wrong) => made_invalid(wrong.message(), self.origins.of_code(wrong.offset())),
        }
    }
}

/// The original code must be valid by itself.
fn validate(
    bodies: &PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    progress: &Progress,
) -> Result<(), CompileError> {
    let bodies = bodies.values().map(FunctionBodyData::again).collect();
    compile_functions(
        progress,
        CompileStage::Reading,
        bodies,
        FuncValidatorAllocations::default,
        |allocations, _, data| {
            let FunctionBodyData { body, validator } = data;
            let mut validator = validator.into_validator(std::mem::take(allocations));
            let outcome = validator.validate(&body);
            *allocations = validator.into_allocations();
            outcome.map_err(|error| *invalid(error))
        },
    )?;
    Ok(())
}

/// Sends all bodies through their chains.
fn rewrite(
    middlewares: &[Arc<dyn ModuleMiddleware>],
    bodies: PrimaryMap<LocalFunctionIndex, FunctionBodyData<'_>>,
    progress: &Progress,
) -> Result<PrimaryMap<LocalFunctionIndex, Body>, CompileError> {
    let size = AtomicUsize::new(0);
    let rewrite = |_: &mut (), index, body: FunctionBodyData<'_>| {
        let chain = middlewares.generate_function_middleware_chain(index);
        let body = Body::new(&body, chain)?;
        let others = size.fetch_add(body.bytes.len(), Ordering::Relaxed);
        fits(others + body.bytes.len())?;
        Ok(body)
    };
    compile_functions(progress, CompileStage::Rewriting, bodies, || (), rewrite)
}

fn fits(size: usize) -> Result<(), CompileError> {
    match size > MAX_MODULE_SIZE {
        true => Err(*limit_exceeded()),
        false => Ok(()),
    }
}

#[cold]
fn made_invalid(what: &str, origin: Option<u32>) -> CompileError {
    let place = origin.map(|offset| format!(" (made of the code at offset {offset})"));
    CompileError::Validate(format!(
        "middlewares made the module invalid: {what}{}",
        place.unwrap_or_default()
    ))
}

/// A function body that went through a chain.
struct Body {
    bytes: Vec<u8>,
    /// Ascending; each holds up to the next. Offsets are those in `bytes`.
    runs: Vec<Run>,
}

/// A piece of new code.
#[derive(Clone, Copy)]
struct Run {
    /// Where it starts.
    start: u32,
    /// Where what it was made of starts, in the original module.
    origin: u32,
    /// Whether it is the original's code, byte for byte; otherwise, all of it was made of one operator.
    is_same: bool,
}

impl Run {
    /// Where the code at `offset`, of this run, came from.
    fn find(&self, offset: u32) -> u32 {
        match self.is_same {
            true => self.origin + (offset - self.start),
            false => self.origin,
        }
    }
}

impl Body {
    fn new(
        data: &FunctionBodyData<'_>,
        chain: Vec<Box<dyn super::FunctionMiddleware>>,
    ) -> Result<Self, CompileError> {
        let operators = data.body.get_binary_reader_for_operators();
        let operators = operators.map_err(|error| *invalid(error))?;
        let start = data.start_offset();
        let locals = operators.original_position() as usize - start as usize;
        let mut body = Self {
            bytes: data.body.as_bytes()[..locals].to_vec(),
            runs: Vec::new(),
        };
        body.add_run(0, start, true);
        let mut reader = MiddlewareBinaryReader::new(operators);
        reader.set_middleware_chain(chain);
        while let Some(origin) = reader.feed()? {
            body.push(reader.made(), origin)?;
        }
        Ok(body)
    }

    /// Appends what was made of the operator that lies at `origin` in the module.
    fn push<'a>(
        &mut self,
        made: impl Iterator<Item = Operator<'a>>,
        origin: Range<u32>,
    ) -> Result<(), CompileError> {
        let at = self.bytes.len();
        let mut count = 0;
        for operator in made {
            count += 1;
            self.encode(operator, origin.start)?;
        }
        // An operator can only be another of the same length, too: then its offsets are right all the same.
        let is_same = count == 1 && self.bytes.len() - at == origin.len();
        if count > 0 {
            self.add_run(at as u32, origin.start, is_same);
        }
        fits(self.bytes.len())
    }

    fn encode(&mut self, operator: Operator<'_>, origin: u32) -> Result<(), CompileError> {
        let newer = operator.into_newer();
        let instruction = newer.and_then(|newer| RoundtripReencoder.instruction(newer).ok());
        let unknown = || made_invalid("an operator has immediates that mean nothing", Some(origin));
        instruction.ok_or_else(unknown)?.encode(&mut self.bytes);
        Ok(())
    }

    /// Appends a run, or makes the last one longer.
    fn add_run(&mut self, start: u32, origin: u32, is_same: bool) {
        let goes_on = |last: &Run| last.is_same && is_same && last.find(start) == origin;
        if !self.runs.last().is_some_and(goes_on) {
            self.runs.push(Run {
                start,
                origin,
                is_same,
            });
        }
    }
}

/// From offsets in the code of a rewritten module to offsets in the original.
struct Origins {
    /// As in [`Body`], but offsets are those in the module.
    runs: Vec<Run>,
    /// Where the code ends.
    end: u32,
}

impl Origins {
    fn new<'b>(wasm: &[u8], bodies: impl Iterator<Item = &'b Body>) -> Self {
        let places = Parser::new(0).parse_all(wasm);
        let places = places.filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => Some(body.range()),
            _ => None,
        });
        let mut origins = Self {
            runs: Vec::new(),
            end: 0,
        };
        for (body, place) in bodies.zip(places) {
            let runs = body.runs.iter().map(|run| Run {
                start: place.start as u32 + run.start,
                ..*run
            });
            origins.runs.extend(runs);
            origins.end = place.end as u32;
        }
        origins
    }

    /// Where the code at `offset` came from.
    fn find(&self, offset: u32) -> u32 {
        let behind = self.runs.partition_point(|run| run.start <= offset);
        let run = behind.checked_sub(1).map(|at| self.runs[at]);
        run.map_or(offset, |run| run.find(offset))
    }

    /// The same, if there is code at `offset`. An error may be found at the end of the code.
    fn of_code(&self, offset: u64) -> Option<u32> {
        let first = self.runs.first()?.start;
        let code = u64::from(first)..=u64::from(self.end);
        code.contains(&offset).then(|| self.find(offset as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_to_what_the_code_was_made_of() {
        let mut body = Body {
            bytes: Vec::new(),
            runs: Vec::new(),
        };
        // Locals; two operators as they were; one that became three bytes; one that became nothing (of one byte, at 36);
        // two as they were.
        let runs = [
            (0, 30, true),
            (1, 31, true),
            (3, 33, true),
            (5, 35, false),
            (8, 37, true),
            (9, 38, true),
        ];
        for (start, origin, is_same) in runs {
            body.add_run(start, origin, is_same);
        }
        assert_eq!(body.runs.len(), 3);
        let origins = Origins {
            runs: body.runs,
            end: 10,
        };
        let found: Vec<_> = (0..10).map(|offset| origins.find(offset)).collect();
        assert_eq!(found, [30, 31, 32, 33, 34, 35, 35, 35, 37, 38]);
        let of_code = [0, 10, 11].map(|offset| origins.of_code(offset));
        assert_eq!(of_code, [Some(30), Some(39), None]);
    }
}
