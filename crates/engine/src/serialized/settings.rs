//! What an artifact was made for and with, and whether this program and this machine can run it.

use super::{corrupted, decode};
use crate::DeserializeError;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::mem::offset_of;
use std::sync::OnceLock;
use wasmill_abi::{
    Builtin, ContextLayout, TrapCode, VMContext, VMFuncRef, VMFunctionImport, VMMemoryDefinition,
    VMMemoryRef, VMTableDefinition, VMTableRef,
};
use wasmill_compiler::{CpuFeature, Features, Target};
use wasmill_types::{
    FunctionIndex, GlobalType, MemoryType, ModuleInfo, Mutability, SignatureIndex, TableType, Type,
};
use xxhash_rust::xxh3::xxh3_64;

/// As they are in the artifact.
#[derive(Serialize, Deserialize)]
struct Settings<'a> {
    abi: u64,
    triple: &'a str,
    cpu_features: Vec<&'a str>,
    features: [bool; 10],
    compiler: &'a str,
    options: &'a str,
    prefix: &'a str,
}

/// Which compiler made code, and what influenced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) compiler: String,
    pub(crate) options: String,
    /// What the symbols of a shared object have in their names; empty where there are none.
    pub(crate) prefix: String,
}

pub(super) fn write(target: &Target, features: &Features, origin: &Origin) -> Vec<u8> {
    let names: Vec<_> = target
        .cpu_features()
        .iter()
        .map(|f| f.to_string())
        .collect();
    let settings = Settings {
        abi: abi(),
        triple: &target.triple().to_string(),
        cpu_features: names.iter().map(String::as_str).collect(),
        features: features_to_array(features),
        compiler: &origin.compiler,
        options: &origin.options,
        prefix: &origin.prefix,
    };
    postcard::to_allocvec(&settings).expect("plain data, into memory")
}

/// What code was made by and for, whatever that is.
pub(super) struct Made {
    pub(super) compiler: String,
    pub(super) triple: String,
    pub(super) cpu_features: Vec<String>,
}

/// Reads that.
pub(super) fn made(bytes: &[u8]) -> Result<Made, DeserializeError> {
    let settings = decoded(bytes)?;
    let names = settings.cpu_features.iter();
    Ok(Made {
        compiler: settings.compiler.to_owned(),
        triple: settings.triple.to_owned(),
        cpu_features: names.map(|name| (*name).to_owned()).collect(),
    })
}

fn decoded(bytes: &[u8]) -> Result<Settings<'_>, DeserializeError> {
    let settings: Settings<'_> = decode(bytes)?;
    match settings.abi == abi() {
        true => Ok(settings),
        false => Err(DeserializeError::Incompatible(
            "it was made by another build of this version of Wasmill: compile the module again"
                .to_owned(),
        )),
    }
}

/// Reads the settings, and refuses those that are not for here.
pub(super) fn read(bytes: &[u8]) -> Result<(Target, Features, Origin), DeserializeError> {
    let settings = decoded(bytes)?;
    let target = target(&settings)?;
    if !super::shared_object::is_prefix(settings.prefix) {
        return Err(corrupted("the prefix of its symbols is impossible"));
    }
    let origin = Origin {
        compiler: settings.compiler.to_owned(),
        options: settings.options.to_owned(),
        prefix: settings.prefix.to_owned(),
    };
    Ok((target, features_from_array(settings.features), origin))
}

/// The target, if this machine is one.
fn target(settings: &Settings<'_>) -> Result<Target, DeserializeError> {
    let host = Target::default();
    let other = || {
        DeserializeError::Incompatible(format!(
            "it was compiled for {}, and this machine is {}: compile the module for this target",
            settings.triple,
            host.triple()
        ))
    };
    let triple: target_lexicon::Triple = settings.triple.parse().map_err(|_| other())?;
    if triple.architecture != host.triple().architecture
        || triple.operating_system != host.triple().operating_system
    {
        return Err(other());
    }
    let features = settings
        .cpu_features
        .iter()
        .map(|name| name.parse::<CpuFeature>());
    let features = features
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| corrupted(error.to_string()))?;
    let missing: Vec<_> = features
        .iter()
        .filter(|f| !host.cpu_features().contains(**f))
        .collect();
    if !missing.is_empty() {
        let missing: Vec<_> = missing.iter().map(|feature| feature.to_string()).collect();
        return Err(DeserializeError::Incompatible(format!(
            "it was compiled for a processor with {}, which this one does not have: \
             compile the module here, or for a target without",
            missing.join(", ")
        )));
    }
    Ok(Target::new(triple, features.into_iter().collect()))
}

fn features_to_array(features: &Features) -> [bool; 10] {
    let &Features {
        threads,
        reference_types,
        simd,
        bulk_memory,
        multi_value,
        tail_call,
        module_linking,
        multi_memory,
        memory64,
        exceptions,
    } = features;
    [
        threads,
        reference_types,
        simd,
        bulk_memory,
        multi_value,
        tail_call,
        module_linking,
        multi_memory,
        memory64,
        exceptions,
    ]
}

fn features_from_array(array: [bool; 10]) -> Features {
    let [
        threads,
        reference_types,
        simd,
        bulk_memory,
        multi_value,
        tail_call,
        module_linking,
        multi_memory,
        memory64,
        exceptions,
    ] = array;
    Features {
        threads,
        reference_types,
        simd,
        bulk_memory,
        multi_value,
        tail_call,
        module_linking,
        multi_memory,
        memory64,
        exceptions,
    }
}

/// A number for everything that compiled code and this program must agree about. Versions alone do not tell: while one is
/// being worked on, there are many builds of it.
pub(super) fn abi() -> u64 {
    static ABI: OnceLock<u64> = OnceLock::new();
    *ABI.get_or_init(|| xxh3_64(abi_text().as_bytes()))
}

fn abi_text() -> String {
    let mut text = String::new();
    for builtin in Builtin::ALL {
        let (name, params, result) = (builtin.name(), builtin.params(), builtin.result());
        let _ = write!(text, "{name} {params:?} {result:?} ");
    }
    for code in TrapCode::ALL {
        let _ = write!(text, "{code:?} {} ", *code as u32);
    }
    macro_rules! fields {
        ($($ty:ident { $($field:ident),* })*) => { $(
            let _ = write!(text, "{} ", size_of::<$ty>());
            $( let _ = write!(text, "{} ", offset_of!($ty, $field)); )*
        )* };
    }
    fields! {
        VMContext { header, builtins }
        VMFuncRef { code, context, type_id, tail_code }
        VMFunctionImport { code, context, funcref }
        VMMemoryDefinition { base, current_length }
        VMMemoryRef { base, definition }
        VMTableDefinition { base, current_elements }
        VMTableRef { base, definition }
    }
    let _ = write!(text, "{:?}", ContextLayout::new(&sample()));
    text
}

/// A module with one or two of everything that has a place in a context.
fn sample() -> ModuleInfo {
    let mut info = ModuleInfo::new();
    info.signatures.push(([], []).into());
    info.functions = [SignatureIndex::from_u32(0); 3].into_iter().collect();
    info.memories.push(MemoryType::new(0, None, false));
    info.tables.push(TableType::new(Type::FuncRef, 0, None));
    info.globals = [GlobalType::new(Type::I32, Mutability::Const); 3]
        .into_iter()
        .collect();
    info.num_imported_functions = 1;
    info.num_imported_globals = 1;
    info.escaping_functions = vec![FunctionIndex::from_u32(1)];
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roundtrip(target: &Target) -> Result<(Target, Features, Origin), DeserializeError> {
        let origin = Origin {
            compiler: "none".into(),
            options: "fast".into(),
            prefix: "p".into(),
        };
        read(&write(target, &Features::default(), &origin))
    }

    #[test]
    fn this_machine_is_accepted() {
        let mut features = Features::default();
        features.multi_memory(true);
        let origin = Origin {
            compiler: "none".into(),
            options: "fast".into(),
            prefix: "p".into(),
        };
        let host = Target::default();
        let read = read(&write(&host, &features, &origin)).unwrap();
        assert_eq!(read, (host, features, origin));
        assert_eq!(
            features_to_array(&Features::default())
                .iter()
                .filter(|on| **on)
                .count(),
            4
        );
    }

    #[test]
    fn another_architecture_is_refused_by_name() {
        let target = Target::new(
            "s390x-unknown-linux-gnu".parse().unwrap(),
            CpuFeature::set(),
        );
        let error = roundtrip(&target).unwrap_err().to_string();
        assert!(error.starts_with("incompatible binary: it was compiled for s390x-unknown-linux-gnu, and this machine is "), "{error}");
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn missing_features_are_listed() {
        let all = wasmill_compiler::target::EnumSet::<CpuFeature>::all();
        let missing = all - CpuFeature::for_host();
        let target = Target::new(target_lexicon::Triple::host(), all);
        match (missing.is_empty(), roundtrip(&target)) {
            (true, accepted) => assert_eq!(accepted.unwrap().0, target),
            (false, refused) => {
                let error = refused.unwrap_err().to_string();
                assert!(
                    missing
                        .iter()
                        .all(|feature| error.contains(&feature.to_string())),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn the_abi_is_told_by_what_makes_it() {
        let text = abi_text();
        for part in [
            "memory_grow [I32, I64] Some(I64)",
            "StackOverflow 0",
            "type_ids: ",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}
