//! [`Wast`]: the state of a running script, and what each directive does.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use wasmill::{CompileError, Extern, ImportObject, Instance, Module, Store, Val};
use wasmill_compiler::modernise_wat;
use wast::lexer::Lexer;
use wast::parser::{ParseBuffer, parse};
use wast::token::Id;
use wast::{QuoteWat, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

use crate::error::{DirectiveError, DirectiveErrors, Failure, WastError, script};
use crate::wasi::{WasiTest, WasiTests};
use crate::{messages, spectest_importobject, values};

/// Runs scripts on a store. Instances and registered names stay from one script to the next.
///
/// ```
/// # use wasmill::Store;
/// # use wasmill_wast::{Wast, WastError};
/// let mut script = Wast::new_with_spectest(Store::default());
/// script.run_buffer("first.wast", b"(module $lib (func (export \"f\"))) (register \"lib\" $lib)")?;
/// // What was registered stays.
/// script.run_buffer("second.wast", b"(module (import \"lib\" \"f\" (func)))")?;
/// # Ok::<(), WastError>(())
/// ```
pub struct Wast {
    /// Whether to stop at the first directive that fails (the default), or to go on and collect all that fail.
    pub fail_fast: bool,
    /// Makes a module of its binary form: [`Module::new`], unless something else is to be tried.
    pub load: fn(&Store, &[u8]) -> Result<Module, CompileError>,
    store: Store,
    imports: ImportObject,
    /// What directives without a name mean.
    current: Option<Instance>,
    instances: HashMap<String, Instance>,
    /// The last module that was only defined.
    last_definition: Option<Module>,
    definitions: HashMap<String, Module>,
    allowed_instantiation_failures: Vec<String>,
    allowed_trap_messages: HashMap<String, String>,
    skip_traps: bool,
}

impl Wast {
    /// A runner whose modules may import what `import_object` holds.
    ///
    /// ```
    /// # use wasmill::{Function, Store, imports};
    /// # use wasmill_wast::Wast;
    /// let store = Store::default();
    /// let imports = imports! { "host" => { "answer" => Function::new_native(&store, || 42) } };
    /// Wast::new(store, imports).run_buffer("host.wast", br#"
    ///     (module (import "host" "answer" (func $f (result i32))) (export "f" (func $f)))
    ///     (assert_return (invoke "f") (i32.const 42))
    /// "#)?;
    /// # Ok::<(), wasmill_wast::WastError>(())
    /// ```
    pub fn new(store: Store, import_object: ImportObject) -> Self {
        Self {
            fail_fast: true,
            load: |store, wasm| Module::new(store, wasm),
            store,
            imports: import_object,
            current: None,
            instances: HashMap::new(),
            last_definition: None,
            definitions: HashMap::new(),
            allowed_instantiation_failures: Vec::new(),
            allowed_trap_messages: HashMap::new(),
            skip_traps: false,
        }
    }

    /// A runner whose modules may import the usual host module.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::{Wast, WastError};
    /// let mut script = Wast::new_with_spectest(Store::default());
    /// script.run_buffer("s.wast", b"(module (import \"spectest\" \"memory\" (memory 1)))")?;
    /// # Ok::<(), WastError>(())
    /// ```
    pub fn new_with_spectest(store: Store) -> Self {
        let imports = spectest_importobject(&store);
        Self::new(store, imports)
    }

    /// A module that cannot be instantiated does not fail the script if the reason contains one of these texts.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::{Wast, WastError};
    /// let mut script = Wast::new_with_spectest(Store::default());
    /// script.allow_instantiation_failures(&["unknown import"]);
    /// script.run_buffer("s.wast", b"(module (import \"not\" \"there\" (func)))")?;
    /// # Ok::<(), WastError>(())
    /// ```
    pub fn allow_instantiation_failures(&mut self, failures: &[&str]) {
        let failures = failures.iter().map(|text| (*text).to_owned());
        self.allowed_instantiation_failures.extend(failures);
    }

    /// Where a script expects the trap `expected`, one whose message contains `allowed` will do too.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::{Wast, WastError};
    /// let mut script = Wast::new_with_spectest(Store::default());
    /// script.allow_trap_message("stop", "unreachable");
    /// script.run_buffer("s.wast", br#"
    ///     (module (func (export "f") unreachable))
    ///     (assert_trap (invoke "f") "stop")
    /// "#)?;
    /// # Ok::<(), WastError>(())
    /// ```
    pub fn allow_trap_message(&mut self, expected: &str, allowed: &str) {
        self.allowed_trap_messages
            .insert(expected.into(), allowed.into());
    }

    /// Skips `assert_trap` and `assert_exhaustion`.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::{Wast, WastError};
    /// let mut script = Wast::new_with_spectest(Store::default());
    /// script.disable_assert_and_exhaustion();
    /// script.run_buffer("s.wast", br#"
    ///     (module (func (export "f")))
    ///     (assert_trap (invoke "f") "never looked at")
    /// "#)?;
    /// # Ok::<(), WastError>(())
    /// ```
    pub fn disable_assert_and_exhaustion(&mut self) {
        self.skip_traps = true;
    }

    /// Runs the script in a file. It may be one of the dialect for WASI programs ([`WasiTest`](crate::WasiTest)), too.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::{Wast, WastError};
    /// let mut script = Wast::new_with_spectest(Store::default());
    /// # let path = std::env::temp_dir().join(format!("wasmill-script-{}.wast", std::process::id()));
    /// std::fs::write(&path, "(module)").unwrap();
    /// script.run_file(&path)?;
    /// # std::fs::remove_file(&path).unwrap();
    /// assert!(matches!(script.run_file(&path), Err(WastError::Io { .. })), "it is gone");
    /// # Ok::<(), WastError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file cannot be read, the script is malformed, or a directive fails.
    pub fn run_file(&mut self, path: &Path) -> Result<(), WastError> {
        let bytes = fs::read(path).map_err(|source| WastError::Io {
            path: path.to_owned(),
            source,
        })?;
        match str::from_utf8(&bytes) {
            Ok(text) if WasiTests::are_in(text) => self.run_wasi_tests(path, text),
            _ => self.run_buffer(&path.display().to_string(), &bytes),
        }
    }

    /// Runs the tests of WASI programs, whose modules are beside the script.
    fn run_wasi_tests(&self, path: &Path, text: &str) -> Result<(), WastError> {
        let base = path.parent().unwrap_or(Path::new("")).to_string_lossy();
        let run = || -> Result<Vec<DirectiveError>, wast::Error> {
            let tokens = WasiTest::lex_string(text)?;
            let mut errors = Vec::new();
            for (span, test) in parse::<WasiTests<'_>>(&tokens)?.0 {
                if let Err(error) = test.run(&self.store, &base) {
                    errors.push(DirectiveError::new(span, text, error.to_string()));
                    if self.fail_fast {
                        break;
                    }
                }
            }
            Ok(errors)
        };
        let errors = run().unwrap_or_else(|error| malformed(text, &error));
        if errors.is_empty() {
            return Ok(());
        }
        Err(WastError::Directives(DirectiveErrors {
            filename: path.display().to_string(),
            errors,
        }))
    }

    /// Runs a script; `filename` is what messages call it.
    ///
    /// ```
    /// # use wasmill::Store;
    /// # use wasmill_wast::{Wast, WastError};
    /// let mut script = Wast::new_with_spectest(Store::default());
    /// let error = script.run_buffer("wrong.wast", b"(module").unwrap_err();
    /// assert!(error.to_string().contains("wrong.wast"));
    /// ```
    ///
    /// # Errors
    ///
    /// If the script is malformed, or a directive fails.
    pub fn run_buffer(&mut self, filename: &str, wast: &[u8]) -> Result<(), WastError> {
        self.run_bytes(wast).map_err(|errors| {
            WastError::Directives(DirectiveErrors {
                filename: filename.to_owned(),
                errors,
            })
        })
    }

    /// Parses and runs. Old spellings of operators are replaced only where today's syntax fails, and never inside of the
    /// strings that quote modules: scripts assert that those are malformed.
    fn run_bytes(&mut self, wast: &[u8]) -> Result<(), Vec<DirectiveError>> {
        let text = str::from_utf8(wast).map_err(|error| {
            vec![DirectiveError {
                line: 1,
                col: 1,
                message: format!("the script is not UTF-8: {error}"),
            }]
        })?;
        let buffer = tokens(text)?;
        match parse::<wast::Wast<'_>>(&buffer) {
            Ok(script) => self.run_directives(text, script.directives),
            Err(error) => {
                let modern = modernise_wat(text).ok_or_else(|| malformed(text, &error))?;
                let buffer = tokens(&modern)?;
                let script = parse::<wast::Wast<'_>>(&buffer);
                let script = script.map_err(|error| malformed(&modern, &error))?;
                self.run_directives(&modern, script.directives)
            }
        }
    }

    fn run_directives(
        &mut self,
        text: &str,
        directives: Vec<WastDirective<'_>>,
    ) -> Result<(), Vec<DirectiveError>> {
        let mut errors = Vec::new();
        for directive in directives {
            let span = directive.span();
            if let Err(failure) = self.run_directive(directive) {
                errors.push(DirectiveError::new(span, text, failure.to_string()));
                if self.fail_fast {
                    break;
                }
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    fn run_directive(&mut self, directive: WastDirective<'_>) -> Result<(), Failure> {
        use WastDirective as Directive;
        match directive {
            Directive::Module(module) => self.module(module),
            Directive::ModuleDefinition(module) => self.define(module),
            Directive::ModuleInstance {
                instance, module, ..
            } => self.instantiate_definition(instance, module),
            Directive::Register { name, module, .. } => self.register(name, module),
            Directive::Invoke(call) => self.invoke(&call).map(drop),
            Directive::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            Directive::AssertTrap { exec, message, .. } => self.assert_trap(exec, message),
            Directive::AssertExhaustion { call, message, .. } => {
                self.assert_trap(WastExecute::Invoke(call), message)
            }
            Directive::AssertUnlinkable {
                module, message, ..
            } => self.assert_unlinkable(module, message),
            Directive::AssertMalformed {
                mut module,
                message,
                ..
            }
            | Directive::AssertMalformedCustom {
                mut module,
                message,
                ..
            }
            | Directive::AssertInvalid {
                mut module,
                message,
                ..
            }
            | Directive::AssertInvalidCustom {
                mut module,
                message,
                ..
            } => self.assert_refused(&mut module, message),
            Directive::AssertException { .. } => unsupported("assert_exception"),
            Directive::AssertSuspension { .. } => unsupported("assert_suspension"),
            Directive::Thread(_) => unsupported("thread"),
            Directive::Wait { .. } => unsupported("wait"),
        }
    }

    fn compile(&self, module: &mut QuoteWat<'_>) -> Result<Module, Failure> {
        let wasm = module.encode()?;
        Ok((self.load)(&self.store, &wasm)?)
    }

    fn instantiate(&self, module: &Module) -> Result<Instance, Failure> {
        Ok(Instance::new(module, &self.imports)?)
    }

    /// Makes an instance the current one, under its name if it has one.
    fn enter(&mut self, name: Option<Id<'_>>, instance: Instance) {
        if let Some(name) = name {
            self.instances
                .insert(name.name().to_owned(), instance.clone());
        }
        self.current = Some(instance);
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Result<(), Failure> {
        let name = module.name();
        self.current = None;
        let compiled = self.compile(&mut module)?;
        match self.instantiate(&compiled) {
            Ok(instance) => {
                self.enter(name, instance);
                Ok(())
            }
            Err(failure) if self.may_fail(&failure) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn may_fail(&self, failure: &Failure) -> bool {
        let message = failure.to_string();
        let allowed = &self.allowed_instantiation_failures;
        allowed.iter().any(|allowed| message.contains(allowed))
    }

    fn define(&mut self, mut module: QuoteWat<'_>) -> Result<(), Failure> {
        let compiled = self.compile(&mut module)?;
        if let Some(name) = module.name() {
            self.definitions
                .insert(name.name().to_owned(), compiled.clone());
        }
        self.last_definition = Some(compiled);
        Ok(())
    }

    fn instantiate_definition(
        &mut self,
        instance: Option<Id<'_>>,
        module: Option<Id<'_>>,
    ) -> Result<(), Failure> {
        let definition = match module {
            Some(name) => self.definitions.get(name.name()),
            None => self.last_definition.as_ref(),
        };
        let definition = definition.ok_or_else(|| missing("module definition", module))?;
        let made = self.instantiate(definition)?;
        self.enter(instance, made);
        Ok(())
    }

    fn instance(&self, name: Option<Id<'_>>) -> Result<&Instance, Failure> {
        let instance = match name {
            Some(name) => self.instances.get(name.name()),
            None => self.current.as_ref(),
        };
        instance.ok_or_else(|| missing("instance", name))
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Result<(), Failure> {
        let exports = self.instance(module)?.exports.clone();
        self.imports.register(name, exports);
        Ok(())
    }

    fn invoke(&self, call: &WastInvoke<'_>) -> Result<Vec<Val>, Failure> {
        let Some(Extern::Function(function)) = self.export(call.module, call.name)? else {
            return Err(script(format!("no function {:?} is exported", call.name)));
        };
        let arguments = call
            .args
            .iter()
            .map(|argument: &WastArg<'_>| values::argument(argument));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        Ok(function.call(&arguments)?.into_vec())
    }

    fn export(&self, instance: Option<Id<'_>>, name: &str) -> Result<Option<&Extern>, Failure> {
        Ok(self.instance(instance)?.exports.get_extern(name))
    }

    fn execute(&self, action: WastExecute<'_>) -> Result<Vec<Val>, Failure> {
        match action {
            WastExecute::Invoke(call) => self.invoke(&call),
            WastExecute::Wat(module) => {
                let module = self.compile(&mut QuoteWat::Wat(module))?;
                self.instantiate(&module).map(|_| Vec::new())
            }
            WastExecute::Get { module, global, .. } => match self.export(module, global)? {
                Some(Extern::Global(global)) => Ok(vec![global.get()]),
                _ => Err(script(format!("no global {global:?} is exported"))),
            },
        }
    }

    fn assert_return(
        &self,
        action: WastExecute<'_>,
        results: &[WastRet<'_>],
    ) -> Result<(), Failure> {
        values::compare(&self.execute(action)?, results)
    }

    fn assert_trap(&self, action: WastExecute<'_>, message: &str) -> Result<(), Failure> {
        if self.skip_traps {
            return Ok(());
        }
        match self.execute(action) {
            Err(Failure::Trap(error) | Failure::LinkTrap(error)) => {
                let actual = error.message();
                let allowed = self.allowed_trap_messages.get(message);
                if messages::is_trap(message, &actual)
                    || allowed.is_some_and(|allowed| actual.contains(allowed.as_str()))
                {
                    Ok(())
                } else {
                    Err(script(format!(
                        "expected the trap {message:?}, got {error}"
                    )))
                }
            }
            Err(failure) => Err(failure),
            Ok(results) => Err(script(format!(
                "expected the trap {message:?}, got {results:?}"
            ))),
        }
    }

    fn assert_unlinkable(&self, module: Wat<'_>, message: &str) -> Result<(), Failure> {
        let module = self.compile(&mut QuoteWat::Wat(module))?;
        let Err(failure) = self.instantiate(&module) else {
            return Err(script(format!("expected the link error {message:?}")));
        };
        let fits = match &failure {
            Failure::Link(error) => messages::is_link_error(message, &error.to_string()),
            Failure::LinkTrap(error) => messages::is_segment_error(message, &error.message()),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(script(format!(
            "expected the link error {message:?}, got {failure}"
        )))
    }

    /// A malformed or invalid module must be refused for what it is: by the text's parser, or by validation, alone and
    /// while compiling. (What is malformed to the reference interpreter may be invalid to us, and what was malformed to
    /// early versions of the text format may be invalid today.)
    fn assert_refused(&self, module: &mut QuoteWat<'_>, message: &str) -> Result<(), Failure> {
        let Ok(wasm) = module.encode() else {
            return Ok(());
        };
        let validated = Module::validate(&self.store, &wasm);
        let compiled = Module::from_binary(&self.store, &wasm).map(drop);
        for outcome in [validated, compiled] {
            match outcome {
                Err(CompileError::Validate(_)) => {}
                Err(error) => {
                    return Err(script(format!("expected {message:?}, got {error}")));
                }
                Ok(()) => return Err(script(format!("expected {message:?}, but it is valid"))),
            }
        }
        Ok(())
    }
}

/// Divides a script into tokens. Scripts have all sorts of Unicode in strings and comments.
fn tokens(text: &str) -> Result<ParseBuffer<'_>, Vec<DirectiveError>> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer).map_err(|error| malformed(text, &error))
}

fn malformed(text: &str, error: &wast::Error) -> Vec<DirectiveError> {
    vec![DirectiveError::new(error.span(), text, error.message())]
}

fn missing(what: &str, name: Option<Id<'_>>) -> Failure {
    match name {
        Some(name) => script(format!("there is no {what} named ${}", name.name())),
        None => script(format!("there is no {what} before this directive")),
    }
}

fn unsupported(directive: &str) -> Result<(), Failure> {
    Err(script(format!("`{directive}` is not supported")))
}
