//! The options that switch proposals of WebAssembly, and the advice for modules that need others than are on.

use anyhow::{Error, anyhow};
use clap::Args;
use wasmill::{CompileError, Features, wat2wasm};
use wasmill_compiler::wasmparser::{Validator, WasmFeatures};

/// A proposal that the library can switch.
struct Proposal {
    /// As options have it.
    name: &'static str,
    /// What modules use.
    what: &'static str,
    set: fn(&mut Features, bool),
    is_on: fn(&Features) -> bool,
    parser: WasmFeatures,
}

macro_rules! proposals {
    ($($field:ident, $enable:ident, $disable:ident, $name:literal, $what:literal, $parser:expr, $set:expr;)*) => {
        /// Which proposals of WebAssembly modules may use.
        #[derive(Args, Debug, Default)]
        #[command(next_help_heading = "WebAssembly features")]
        pub(crate) struct FeatureOptions {
            $(
                #[arg(
                    long,
                    help = concat!("Let modules use ", $what),
                    overrides_with = stringify!($disable),
                )]
                $enable: bool,
                #[arg(
                    long,
                    hide_short_help = true,
                    help = concat!("Refuse modules that use ", $what),
                    overrides_with = stringify!($enable),
                )]
                $disable: bool,
            )*

            /// Let modules use everything that is supported.
            #[arg(long)]
            enable_all: bool,
        }

        const PROPOSALS: &[Proposal] = &[$(Proposal {
            name: $name,
            what: $what,
            set: $set,
            is_on: |features| features.$field,
            parser: $parser,
        }),*];

        impl FeatureOptions {
            /// Of each proposal whether it was asked for, and whether it was forbidden.
            fn wishes(&self) -> impl Iterator<Item = (&'static Proposal, bool, bool)> {
                PROPOSALS.iter().zip([$((self.$enable, self.$disable)),*])
                    .map(|(proposal, (on, off))| (proposal, on, off))
            }
        }
    };
}

proposals! {
    simd, enable_simd, disable_simd, "simd", "vectors", WasmFeatures::SIMD, |f, on| { f.simd(on); };
    bulk_memory, enable_bulk_memory, disable_bulk_memory, "bulk-memory", "bulk operations", WasmFeatures::BULK_MEMORY, |f, on| { f.bulk_memory(on); };
    reference_types, enable_reference_types, disable_reference_types, "reference-types", "reference types", WasmFeatures::REFERENCE_TYPES, |f, on| { f.reference_types(on); };
    multi_value, enable_multi_value, disable_multi_value, "multi-value", "several results", WasmFeatures::MULTI_VALUE, |f, on| { f.multi_value(on); };
    multi_memory, enable_multi_memory, disable_multi_memory, "multi-memory", "several memories", WasmFeatures::MULTI_MEMORY, |f, on| { f.multi_memory(on); };
    threads, enable_threads, disable_threads, "threads", "shared memories and atomic operators", WasmFeatures::THREADS, |f, on| { f.threads(on); };
    tail_call, enable_tail_call, disable_tail_call, "tail-call", "tail calls", WasmFeatures::TAIL_CALL, |f, on| { f.tail_call(on); };
    memory64, enable_memory64, disable_memory64, "memory64", "memories with 64-bit indices", WasmFeatures::MEMORY64, |f, on| { f.memory64(on); };
    module_linking, enable_module_linking, disable_module_linking, "module-linking", "other modules", WasmFeatures::empty(), |f, on| { f.module_linking(on); };
    exceptions, enable_exceptions, disable_exceptions, "exceptions", "exceptions", WasmFeatures::EXCEPTIONS, |f, on| f.exceptions = on;
}

impl Proposal {
    /// Whether it works in this version.
    fn is_supported(&self) -> bool {
        let mut features = Features::default();
        (self.set)(&mut features, true);
        features.to_wasmparser().is_ok()
    }

    /// What to do for a module that needs it, while it is off.
    fn advice(&self) -> String {
        let Self { name, what, .. } = self;
        if !self.is_supported() {
            return unsupported(what, name);
        }
        match (self.is_on)(&Features::default()) {
            true => format!(
                "The module uses {what}, which are switched off: run it without --disable-{name}"
            ),
            false => format!("The module uses {what}: try --enable-{name}"),
        }
    }
}

fn unsupported(what: &str, name: &str) -> String {
    format!("The module uses {what} (the proposal `{name}`), which Wasmill does not support yet")
}

impl FeatureOptions {
    /// The default ones, and what was asked for.
    pub(crate) fn features(&self) -> Features {
        let mut features = Features::default();
        for (proposal, on, _) in self.wishes() {
            if on || self.enable_all && proposal.is_supported() {
                (proposal.set)(&mut features, true);
            }
        }
        for (proposal, ..) in self.wishes().filter(|(.., off)| *off) {
            (proposal.set)(&mut features, false);
        }
        features
    }

    /// The error of a module that cannot be compiled, with what to try if a proposal is the reason.
    pub(crate) fn explain(&self, error: CompileError, bytes: &[u8]) -> Error {
        let advice = match &error {
            CompileError::UnsupportedFeature(name) => Some(format!(
                "Modules that do not need it run without --enable-{}",
                name.replace('_', "-")
            )),
            CompileError::Validate(_) | CompileError::Wasm(_) => advice(bytes, &self.features()),
            _ => None,
        };
        match advice {
            Some(advice) => anyhow!("{error}\n{advice}"),
            None => error.into(),
        }
    }
}

/// What to try for a module that is not valid, if it is with another proposal, or is wrong at a later place then.
fn advice(bytes: &[u8], features: &Features) -> Option<String> {
    let wasm = wat2wasm(bytes).ok()?;
    let on = features.to_wasmparser().ok()?;
    let first_error = |features| {
        let validated = Validator::new_with_features(features).validate_all(&wasm);
        validated.err().map(|error| error.offset())
    };
    let at = first_error(on)?;
    let helps = |more| first_error(on | more).is_none_or(|later| later > at);
    if !helps(WasmFeatures::all()) {
        return None;
    }
    if let Some(proposal) = PROPOSALS.iter().find(|proposal| helps(proposal.parser)) {
        return Some(proposal.advice());
    }
    let others = WasmFeatures::all().iter_names();
    let name = others
        .filter(|(_, proposal)| !on.contains(*proposal))
        .find_map(|(name, proposal)| helps(proposal).then_some(name));
    Some(match name {
        Some(name) => {
            let name = name.to_lowercase().replace('_', "-");
            unsupported("what is not in WebAssembly 2.0", &name)
        }
        None => "The module uses several proposals that are switched off or not supported yet: --enable-all switches on those that are".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(options: &FeatureOptions, text: &str) -> String {
        let store = wasmill::Store::new(
            &wasmill::Universal::new(wasmill::Cranelift::new())
                .features(options.features())
                .engine(),
        );
        let error = wasmill::Module::new(&store, text).unwrap_err();
        options.explain(error, text.as_bytes()).to_string()
    }

    #[test]
    fn options_switch() {
        let default = FeatureOptions::default();
        assert_eq!(default.features(), Features::default());
        let all = FeatureOptions {
            enable_all: true,
            disable_simd: true,
            ..Default::default()
        };
        let features = all.features();
        assert!(features.multi_memory && !features.simd);
        assert!(features.to_wasmparser().is_ok());
        let without = FeatureOptions {
            disable_bulk_memory: true,
            ..Default::default()
        };
        assert!(!without.features().reference_types);
    }

    #[test]
    fn advice_names_the_option() {
        let default = FeatureOptions::default();
        let two = explained(&default, "(module (memory 1) (memory 1))");
        assert!(
            two.ends_with("\nThe module uses several memories: try --enable-multi-memory"),
            "{two}"
        );
        let vectors = "(module (func (param v128)))";
        let off = FeatureOptions {
            disable_simd: true,
            ..Default::default()
        };
        let off = explained(&off, vectors);
        assert!(off.ends_with("without --disable-simd"), "{off}");
        let wrong = explained(&default, "(module (func (result i32)))");
        assert!(!wrong.contains('\n'), "{wrong}");
        let gc = explained(&default, "(module (type (struct)))");
        assert!(gc.contains("(the proposal `gc"), "{gc}");
        let enabled = FeatureOptions {
            enable_exceptions: true,
            ..Default::default()
        };
        let enabled = explained(&enabled, "(module)");
        assert!(
            enabled.ends_with("without --enable-exceptions"),
            "{enabled}"
        );
    }
}
