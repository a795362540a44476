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
    Compilation, CompileError, Features, FunctionBodyData, MAX_MODULE_SIZE, Translation,
    compile_functions, translate,
};
use std::ops::Range;
use std::sync::Arc;
use wasm_encoder::Encode;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmill_types::{EntityRef, LocalFunctionIndex, ModuleInfo, PrimaryMap};
use wasmparser::{FuncValidatorAllocations, Parser, Payload, Validator};

/// Lets `compile` have what the middlewares make of a module; without middlewares, the module itself. What `compile` gives
/// beside the code is passed on.
///
/// # Errors
///
/// If a middleware refuses, if the module is not valid before or after, and those of `compile`.
pub fn compile_through<M>(
    middlewares: &[Arc<dyn ModuleMiddleware>],
    translation: Translation<'_>,
    features: &Features,
    compile: impl FnOnce(Translation<'_>) -> Result<(M, Compilation), CompileError>,
) -> Result<(M, Compilation), CompileError> {
    if middlewares.is_empty() {
        return compile(translation);
    }
    let (rewritten, info) = Rewritten::new(middlewares, translation, features)?;
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
    ) -> Result<(Self, ModuleInfo), CompileError> {
        let Translation { mut info, bodies } = translation;
        let ranges = bodies.values();
        let ranges = ranges.map(|body| body.start_offset()..body.end_offset());
        let ranges = ranges.collect();
        validate(&bodies)?;
        middlewares.apply_on_module_info(&mut info);
        let bodies = rewrite(middlewares, bodies)?;
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
        Ok(translation)
    }

    /// Translates the offsets in compiled functions back.
    fn restore(&self, compilation: &mut Compilation) {
        let functions = compilation.functions.values_mut();
        for (function, body) in functions.zip(self.bodies.values()) {
            (function.start_offset, function.end_offset) = (body.start, body.end);
            for entry in &mut function.address_map {
                entry.module_offset = self.origins.find(entry.module_offset);
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
) -> Result<(), CompileError> {
    let bodies = bodies.values().map(FunctionBodyData::again).collect();
    compile_functions(
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
) -> Result<PrimaryMap<LocalFunctionIndex, Body>, CompileError> {
    let rewrite = |_: &mut (), index, body: FunctionBodyData<'_>| {
        Body::new(&body, middlewares.generate_function_middleware_chain(index))
    };
    let bodies = compile_functions(bodies, || (), rewrite)?;
    let sizes = bodies.values().map(|body| body.bytes.len());
    if sizes.sum::<usize>() > MAX_MODULE_SIZE {
        return Err(*limit_exceeded());
    }
    Ok(bodies)
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
    /// Offsets in `bytes` where the code begins that was made of another operator, and where that was in the original.
    origins: Vec<(u32, u32)>,
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
            origins: vec![(0, start)],
        };
        let mut reader = MiddlewareBinaryReader::new(operators);
        reader.set_middleware_chain(chain);
        while let Some(operator) = reader.next_operator()? {
            body.push(operator, reader.origin() as u32)?;
        }
        Ok(body)
    }

    fn push(&mut self, operator: Operator<'_>, origin: u32) -> Result<(), CompileError> {
        if self.origins.last().is_none_or(|last| last.1 != origin) {
            self.origins.push((self.bytes.len() as u32, origin));
        }
        let newer = operator.into_newer();
        let instruction = newer.and_then(|newer| RoundtripReencoder.instruction(newer).ok());
        let unknown = || made_invalid("an operator has immediates that mean nothing", Some(origin));
        instruction.ok_or_else(unknown)?.encode(&mut self.bytes);
        if self.bytes.len() > MAX_MODULE_SIZE {
            return Err(*limit_exceeded());
        }
        Ok(())
    }
}

/// From offsets in the code of a rewritten module to offsets in the original.
struct Origins {
    /// Ascending; each holds up to the next.
    entries: Vec<(u32, u32)>,
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
            entries: Vec::new(),
            end: 0,
        };
        for (body, place) in bodies.zip(places) {
            let entries = body.origins.iter();
            let entries = entries.map(|(at, origin)| (place.start as u32 + at, *origin));
            origins.entries.extend(entries);
            origins.end = place.end as u32;
        }
        origins
    }

    /// Where the code at `offset` came from.
    fn find(&self, offset: u32) -> u32 {
        let behind = self.entries.partition_point(|(start, _)| *start <= offset);
        let entry = behind.checked_sub(1).map(|at| self.entries[at]);
        entry.map_or(offset, |(_, origin)| origin)
    }

    /// The same, if there is code at `offset`. An error may be found at the end of the code.
    fn of_code(&self, offset: u64) -> Option<u32> {
        let first = self.entries.first()?.0;
        let code = u64::from(first)..=u64::from(self.end);
        code.contains(&offset).then(|| self.find(offset as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_to_what_the_code_was_made_of() {
        let origins = Origins {
            entries: vec![(10, 30), (12, 31), (20, 33), (40, 60)],
            end: 45,
        };
        let found = [10, 11, 12, 19, 20, 39, 40, 99].map(|offset| origins.find(offset));
        assert_eq!(found, [30, 30, 31, 31, 33, 33, 60, 60]);
        let of_code = [9, 10, 45, 46].map(|offset| origins.of_code(offset));
        assert_eq!(of_code, [None, Some(30), Some(60), None]);
    }
}
