//! Middlewares: what they can make of a module, in which order, and what they cannot.

mod support;

use std::fmt;
use std::sync::{Arc, Mutex};
use support::DefaultCompiler;
use wasmill::wasmparser::{Operator, Type as BlockType, TypeOrFuncType};
use wasmill::*;

/// Where operators go.
type State<'s, 'a> = &'s mut MiddlewareReaderState<'a>;
type Outcome = Result<(), MiddlewareError>;

/// A middleware that does the same with all functions.
#[derive(Clone)]
struct Each<F>(F);

fn each<F>(feed: F) -> Arc<dyn ModuleMiddleware>
where
    F: for<'a> Fn(Operator<'a>, State<'_, 'a>) -> Outcome + Clone + Send + Sync + 'static,
{
    Arc::new(Each(feed))
}

impl<F> fmt::Debug for Each<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Each")
    }
}

impl<F> ModuleMiddleware for Each<F>
where
    F: for<'a> Fn(Operator<'a>, State<'_, 'a>) -> Outcome + Clone + Send + Sync + 'static,
{
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        Box::new(self.clone())
    }
}

impl<F> FunctionMiddleware for Each<F>
where
    F: for<'a> Fn(Operator<'a>, State<'_, 'a>) -> Outcome,
{
    fn feed<'a>(&mut self, operator: Operator<'a>, state: State<'_, 'a>) -> Outcome {
        (self.0)(operator, state)
    }
}

/// A middleware that changes what the module declares, and no code.
struct Declares<F>(F);

impl<F> fmt::Debug for Declares<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Declares")
    }
}

impl<F: Fn(&mut ModuleInfo) + Send + Sync> ModuleMiddleware for Declares<F> {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        #[derive(Debug)]
        struct Nothing;
        impl FunctionMiddleware for Nothing {}
        Box::new(Nothing)
    }
    fn transform_module_info(&self, info: &mut ModuleInfo) {
        (self.0)(info);
    }
}

fn declares(change: impl Fn(&mut ModuleInfo) + Send + Sync + 'static) -> Arc<dyn ModuleMiddleware> {
    Arc::new(Declares(change))
}

fn store(chain: impl IntoIterator<Item = Arc<dyn ModuleMiddleware>>) -> Store {
    let mut compiler = DefaultCompiler::default();
    for middleware in chain {
        compiler.push_middleware(middleware);
    }
    Store::new(&Universal::new(compiler).engine())
}

fn compile(
    chain: impl IntoIterator<Item = Arc<dyn ModuleMiddleware>>,
    wat: &str,
) -> Result<Module, CompileError> {
    Module::new(&store(chain), wat)
}

fn instance(chain: impl IntoIterator<Item = Arc<dyn ModuleMiddleware>>, wat: &str) -> Instance {
    Instance::new(&compile(chain, wat).unwrap(), &imports! {}).unwrap()
}

/// What the export `f` gives.
fn run(chain: impl IntoIterator<Item = Arc<dyn ModuleMiddleware>>, wat: &str) -> i32 {
    let instance = instance(chain, wat);
    let function = instance.exports.get_native_function::<(), i32>("f");
    function.unwrap().call().unwrap()
}

/// The text of the error with which the module is refused.
fn refused(chain: impl IntoIterator<Item = Arc<dyn ModuleMiddleware>>, wat: &str) -> String {
    match compile(chain, wat) {
        Err(error @ CompileError::Validate(_)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn add_to_mul() -> Arc<dyn ModuleMiddleware> {
    each(|operator, state| {
        state.push_operator(match operator {
            Operator::I32Add => Operator::I32Mul,
            other => other,
        });
        Ok(())
    })
}

fn mul_to_sub() -> Arc<dyn ModuleMiddleware> {
    each(|operator, state| {
        state.push_operator(match operator {
            Operator::I32Mul => Operator::I32Sub,
            other => other,
        });
        Ok(())
    })
}

const SUM: &str =
    r#"(module (func (export "f") (result i32) (i32.add (i32.const 9) (i32.const 5))))"#;

#[test]
fn an_operator_becomes_another() {
    assert_eq!(run([], SUM), 14);
    assert_eq!(run([add_to_mul()], SUM), 45);
}

#[test]
fn an_operator_becomes_several_or_none() {
    let doubled = each(|operator, state| {
        if matches!(operator, Operator::I32Add) {
            let double = [Operator::I32Const { value: 2 }, Operator::I32Mul];
            state.push_operator(operator);
            state.extend(&double);
            state.extend(double);
        } else {
            state.push_operator(operator);
        }
        Ok(())
    });
    assert_eq!(run([doubled], SUM), 56);
    let without_negation = each(|operator, state| {
        if !matches!(operator, Operator::I32Eqz | Operator::Nop) {
            state.push_operator(operator);
        }
        Ok(())
    });
    let negated =
        r#"(module (func (export "f") (result i32) (nop) (i32.eqz (i32.const 7)) (nop)))"#;
    assert_eq!(run([], negated), 0);
    assert_eq!(run([without_negation], negated), 7);
}

#[test]
fn each_stage_gets_all_that_the_one_before_makes() {
    assert_eq!(run([add_to_mul(), mul_to_sub()], SUM), 4);
    assert_eq!(run([mul_to_sub(), add_to_mul()], SUM), 45);
    // Each constant becomes the sum of two, and the next stage sees both and the sum.
    let split = || {
        each(|operator, state| {
            match operator {
                Operator::I32Const { value } => state.extend([
                    Operator::I32Const { value },
                    Operator::I32Const { value: 1 },
                    Operator::I32Add,
                ]),
                other => state.push_operator(other),
            }
            Ok(())
        })
    };
    assert_eq!(run([split()], SUM), 16);
    // 9 → 9+1 → (9+1)+(1+1)
    assert_eq!(
        run([split(), split()], SUM),
        (9 + 1 + 1 + 1) + (5 + 1 + 1 + 1)
    );
    assert_eq!(run([split(), add_to_mul()], SUM), 45);
    assert_eq!(run([add_to_mul(), split()], SUM), 10 * 6);
}

/// Replaces the constants of each function by 1, 2, 3 …, and notes for which functions it was made.
#[derive(Debug, Default)]
struct Numbers {
    functions: Mutex<Vec<u32>>,
}

impl ModuleMiddleware for Numbers {
    fn generate_function_middleware(
        &self,
        function: LocalFunctionIndex,
    ) -> Box<dyn FunctionMiddleware> {
        self.functions.lock().unwrap().push(function.as_u32());
        Box::new(NumbersOfFunction { last: 0 })
    }
}

#[derive(Debug)]
struct NumbersOfFunction {
    last: i32,
}

impl FunctionMiddleware for NumbersOfFunction {
    fn feed<'a>(&mut self, operator: Operator<'a>, state: State<'_, 'a>) -> Outcome {
        if let Operator::I32Const { .. } = operator {
            self.last += 1;
            state.push_operator(Operator::I32Const { value: self.last });
        } else {
            state.push_operator(operator);
        }
        Ok(())
    }
}

#[test]
fn each_function_has_a_middleware_of_its_own() {
    let numbers = Arc::new(Numbers::default());
    let store = store([numbers.clone() as Arc<dyn ModuleMiddleware>]);
    let wat = r#"(module (import "e" "f" (func))
        (func (export "f") (result i32)
          (i32.add (i32.mul (i32.const 0) (i32.const 0)) (i32.mul (call 2) (i32.const 0))))
        (func (result i32) (i32.add (i32.const 0) (i32.const 0))))"#;
    let module = Module::new(&store, wat).unwrap();
    let nothing = Function::new_native(&store, || ());
    let imports = imports! { "e" => { "f" => nothing } };
    let instance = Instance::new(&module, &imports).unwrap();
    let f = instance
        .exports
        .get_native_function::<(), i32>("f")
        .unwrap();
    assert_eq!(f.call().unwrap(), 2 + (1 + 2) * 3);
    let mut functions = numbers.functions.lock().unwrap().clone();
    functions.sort_unstable();
    assert_eq!(functions, [0, 1]);
}

#[test]
fn a_middleware_can_refuse() {
    let strict = each(|operator, state| match operator {
        Operator::I32Add => Err(MiddlewareError::new("strict", "no sums")),
        other => {
            state.push_operator(other);
            Ok(())
        }
    });
    let error = compile([strict], SUM).unwrap_err();
    assert!(
        matches!(&error, CompileError::Wasm(WasmError::Middleware(error)) if error.name == "strict"),
        "{error:?}"
    );
    let text = "WebAssembly translation error: Error in middleware strict: no sums";
    assert_eq!(error.to_string(), text);
}

/// A middleware that puts operators in the place of each `nop`.
fn instead_of_nop(operators: &'static [Operator<'static>]) -> Arc<dyn ModuleMiddleware> {
    each(move |operator, state| {
        match operator {
            Operator::Nop => state.extend(operators),
            other => state.push_operator(other),
        }
        Ok(())
    })
}

#[test]
fn what_middlewares_make_must_be_valid() {
    use Operator::{Drop, End, I32Add, LocalGet, TypedSelect};
    let wat = r#"(module (func (export "f") (result i32) (local i32) (nop) (i32.const 1)))"#;
    let binary = wat2wasm(wat.as_bytes()).unwrap();
    let nop = binary
        .windows(2)
        .rposition(|bytes| bytes == [1, 0x41])
        .unwrap();
    let cases: [(&'static [Operator<'static>], &str); 5] = [
        (
            &[Drop],
            "type mismatch: expected a type but nothing on stack",
        ),
        (
            &[I32Add],
            "type mismatch: expected i32 but nothing on stack",
        ),
        (
            &[LocalGet { local_index: 1 }],
            "unknown local 1: local index out of bounds",
        ),
        (
            &[LocalGet { local_index: 0 }, End],
            "operators remaining after end of function body or expression",
        ),
        (
            &[TypedSelect {
                ty: BlockType::EmptyBlockType,
            }],
            "an operator has immediates that mean nothing",
        ),
    ];
    for (operators, message) in cases {
        let error = refused([instead_of_nop(operators)], wat);
        let start = "Validation error: middlewares made the module invalid: ";
        let rest = error
            .strip_prefix(start)
            .unwrap_or_else(|| panic!("{error}"));
        assert!(rest.starts_with(message), "{error}");
        let place = match operators {
            // The end of the code is too much, not what was put there.
            [.., End] => nop + 1,
            _ => nop,
        };
        let place = format!(" (made of the code at offset {place})");
        assert!(rest.ends_with(&place), "{error}, {place}");
    }
    let nothing = each(|_, _| Ok(()));
    let error = refused([nothing], wat);
    assert!(
        error.contains("middlewares made the module invalid"),
        "{error}"
    );
    let open = TypeOrFuncType::Type(BlockType::EmptyBlockType);
    let endless = each(move |operator, state| {
        state.extend([Operator::Loop { ty: open }, operator]);
        Ok(())
    });
    let error = refused([endless], wat);
    assert!(
        error.contains("middlewares made the module invalid"),
        "{error}"
    );
}

#[test]
fn the_original_must_be_valid_by_itself() {
    let counter = || {
        declares(|info| {
            let ty = GlobalType::new(Type::I32, Mutability::Var);
            let global = info.globals.push(ty);
            info.global_initializers.push(GlobalInit::I32Const(0));
            info.exports
                .insert("counter".into(), ExportIndex::Global(global));
        })
    };
    // With 1, valid after the middleware has added its global, and only then.
    let binary = |global: u8| {
        let mut wasm = wat2wasm(
            br#"(module (global (mut i32) (i32.const 0)) (func (export "f") (global.set 0 (i32.const 1))))"#,
        )
        .unwrap()
        .into_owned();
        let set = wasm
            .windows(2)
            .rposition(|bytes| bytes == [0x24, 0])
            .unwrap();
        wasm[set + 1] = global;
        wasm
    };
    let store = store([counter()]);
    assert!(Module::new(&store, binary(0)).is_ok());
    let error = Module::new(&store, binary(1)).unwrap_err().to_string();
    assert!(
        error.starts_with("Validation error: unknown global"),
        "{error}"
    );
    // Nor does a middleware see code that is not valid.
    let blind = each(|operator, _| panic!("{operator:?}"));
    let error = refused(
        [blind],
        r#"(module (func (result i32) (i32.add (i32.const 1))))"#,
    );
    assert!(
        error.starts_with("Validation error: type mismatch"),
        "{error}"
    );
}

#[test]
fn what_a_module_declares_can_change() {
    let more = declares(|info| {
        let ty = GlobalType::new(Type::I64, Mutability::Var);
        let global = info.globals.push(ty);
        info.global_initializers.push(GlobalInit::I64Const(77));
        info.exports
            .insert("extra".into(), ExportIndex::Global(global));
        // The last function was reachable by calls only.
        let hidden = info.functions.keys().next_back().unwrap();
        info.exports
            .insert("hidden".into(), ExportIndex::Function(hidden));
        info.name = Some("changed".into());
    });
    let bump = each(|operator, state| {
        if matches!(operator, Operator::End) {
            let extra = 1;
            state.extend([
                Operator::GlobalGet {
                    global_index: extra,
                },
                Operator::I64Const { value: 1 },
                Operator::I64Add,
                Operator::GlobalSet {
                    global_index: extra,
                },
            ]);
        }
        state.push_operator(operator);
        Ok(())
    });
    let wat = r#"(module $original (global (export "own") i32 (i32.const 3))
        (memory (export "m") 1) (data (i32.const 4) "abc")
        (func (export "f") (result i32) (call 1))
        (func (result i32) (i32.load8_u (i32.const 5))))"#;
    let instance = instance([more, bump], wat);
    let names: Vec<_> = instance
        .exports
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(names, ["own", "m", "f", "extra", "hidden"]);
    let call = |name| {
        let function = instance.exports.get_native_function::<(), i32>(name);
        function.unwrap().call().unwrap()
    };
    let extra = instance.exports.get_global("extra").unwrap();
    assert_eq!(extra.get(), Val::I64(77));
    assert_eq!((call("f"), call("hidden")), ('b' as i32, 'b' as i32));
    assert_eq!(extra.get(), Val::I64(80));
    let own = instance.exports.get_global("own").unwrap();
    assert_eq!(own.get(), Val::I32(3));
    assert_eq!(instance.module().name(), Some("changed"));
}

#[test]
fn references_to_functions_can_be_added() {
    let declared = declares(|info| {
        let table = info.tables.push(TableType::new(Type::FuncRef, 2, None));
        info.table_initializers.push(GlobalInit::RefNullConst);
        info.exports.insert("t".into(), ExportIndex::Table(table));
        let hidden = info.functions.keys().next_back().unwrap();
        let ty = GlobalType::new(Type::FuncRef, Mutability::Const);
        info.globals.push(ty);
        info.global_initializers.push(GlobalInit::RefFunc(hidden));
    });
    let wat = r#"(module (func (export "f") (result i32) (nop) (i32.const 1))
        (func $hidden (result i32) (i32.const 5)))"#;
    static STORE: [Operator<'static>; 3] = [
        Operator::I32Const { value: 1 },
        Operator::RefFunc { function_index: 1 },
        Operator::TableSet { table: 0 },
    ];
    let instance = instance([declared, instead_of_nop(&STORE)], wat);
    let f = instance
        .exports
        .get_native_function::<(), i32>("f")
        .unwrap();
    assert_eq!(f.call().unwrap(), 1);
    let element = instance.exports.get_table("t").unwrap().get(1).unwrap();
    let hidden = element.unwrap_funcref().as_ref().unwrap();
    assert_eq!(hidden.call(&[]).unwrap()[..], [Val::I32(5)]);
}

#[test]
fn a_description_that_contradicts_itself_is_refused() {
    let wat = r#"(module (import "e" "f" (func)) (import "e" "g" (global i32))
        (table 1 funcref) (memory 1) (global i32 (i32.add (i32.const 1) (i32.const 2)))
        (data (i32.const 0) "abc") (elem (i32.const 0) 0) (func (export "x")))"#;
    type Change = fn(&mut ModuleInfo);
    let changes: [(&str, Change); 16] = [
        ("imported functions", |info| info.num_imported_functions = 0),
        ("imported globals", |info| info.num_imported_globals = 2),
        ("imported tables", |info| info.num_imported_tables = 1),
        ("imported memories", |info| {
            info.num_imported_memories = usize::MAX;
        }),
        ("initializer missing", |info| {
            info.globals
                .push(GlobalType::new(Type::I32, Mutability::Const));
        }),
        ("initializer too many", |info| {
            info.global_initializers.push(GlobalInit::I32Const(1));
        }),
        ("initializer of another type", |info| {
            let initializers = info.global_initializers.values_mut();
            initializers.for_each(|init| *init = GlobalInit::F32Const(1.0));
        }),
        ("initializer of a later global", |info| {
            let own = info.globals.keys().next_back().unwrap();
            let initializers = info.global_initializers.values_mut();
            initializers.for_each(|init| *init = GlobalInit::GetGlobal(own));
        }),
        ("expression missing", |info| {
            info.const_exprs = Default::default();
        }),
        ("function without a body", |info| {
            let ty = *info.functions.values().next().unwrap();
            info.functions.push(ty);
        }),
        ("type missing", |info| info.signatures = Default::default()),
        ("table elements missing", |info| {
            info.table_initializers = Default::default();
        }),
        ("table of numbers", |info| {
            info.tables
                .values_mut()
                .for_each(|table| table.ty = Type::I32);
        }),
        ("data missing", |info| info.data = Default::default()),
        ("no memory", |info| info.memories = Default::default()),
        ("start function of another type", |info| {
            let ty = FunctionType::new([Type::I32], []);
            info.signatures.push(ty);
            let number = info.signatures.keys().next_back().unwrap();
            info.functions.values_mut().for_each(|ty| *ty = number);
            info.start_function = info.functions.keys().next_back();
        }),
    ];
    for (name, change) in changes {
        let outcome = compile([declares(change)], wat);
        let Err(CompileError::Validate(text)) = outcome else {
            panic!("{name}: {outcome:?}");
        };
        assert!(
            text.starts_with("middlewares made the module invalid: "),
            "{name}: {text}"
        );
    }
    let too_many = declares(|info| {
        for _ in 0..200 {
            info.tables.push(TableType::new(Type::FuncRef, 1, None));
            info.table_initializers.push(GlobalInit::RefNullConst);
        }
    });
    let error = compile([too_many], wat).unwrap_err();
    assert!(matches!(error, CompileError::Resource(_)), "{error:?}");
}

#[test]
fn exports_that_do_not_exist_are_refused() {
    let wrong = declares(|info| {
        let global = info
            .globals
            .push(GlobalType::new(Type::I32, Mutability::Const));
        info.exports.insert("y".into(), ExportIndex::Global(global));
        info.globals = Default::default();
    });
    let error = refused([wrong], r#"(module (func (export "x")))"#);
    assert!(error.contains("unknown global 0"), "{error}");
}

#[test]
fn frames_tell_offsets_of_the_original() {
    let wat = r#"(module $m (memory 1)
        (func $first (export "f") (param i32) (nop) (nop) (call $second (local.get 0)) (nop))
        (func $second (param i32) (local i64) (local f32)
          (block (loop (nop) (drop (i32.div_u (i32.const 1) (local.get 0)))))
          (call $third (local.get 0)))
        (func $third (param i32) (nop) (drop (i32.load (i32.const -1)))))"#;
    let trace = |chain: Vec<Arc<dyn ModuleMiddleware>>, arg: i32| {
        let instance = instance(chain, wat);
        let f = instance
            .exports
            .get_native_function::<i32, ()>("f")
            .unwrap();
        let error = f.call(arg).unwrap_err();
        let frames = error.trace().iter();
        let frames = frames.map(|frame| {
            (
                frame.func_index(),
                frame.function_name().map(str::to_owned),
                frame.module_offset(),
                frame.func_offset(),
            )
        });
        (error.message(), frames.collect::<Vec<_>>())
    };
    let padded = || {
        each(|operator, state| {
            state.extend([
                Operator::Nop,
                Operator::I64Const { value: -1 },
                Operator::Drop,
            ]);
            state.push_operator(operator);
            Ok(())
        })
    };
    for arg in [0, 1] {
        let plain = trace(vec![], arg);
        assert_eq!(plain.1.len(), 3 - usize::from(arg == 0), "{plain:?}");
        assert_eq!(trace(vec![padded(), padded()], arg), plain);
    }
    // What a middleware inserts belongs to the operator that it was fed.
    let strict = each(|operator, state| {
        if matches!(operator, Operator::I32DivU) {
            state.push_operator(Operator::Unreachable);
        }
        state.push_operator(operator);
        Ok(())
    });
    let division = trace(vec![], 0);
    let (message, frames) = trace(vec![strict, padded()], 1);
    assert_eq!((message.as_str(), frames), ("unreachable", division.1));
    // Places in the source are found by these offsets.
    let divide = |chain| {
        let share = instance(chain, include_str!("../../engine/tests/dwarf/guest.wat"));
        let share = share.exports.get_function("share").unwrap();
        share.call(&[Val::I32(1), Val::I32(0)]).unwrap_err()
    };
    let plain = divide(vec![]).to_string();
    assert!(plain.contains("guest.c:4:16"), "{plain}");
    assert_eq!(divide(vec![padded()]).to_string(), plain);
}

#[test]
fn programs_can_name_what_operators_carry() {
    use wasmill::wasmparser::{BinaryReader, Ieee64, MemoryImmediate, Parser, Payload, Validator};
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = seen.clone();
    let look = each(move |operator, state| {
        let mut seen = note.lock().unwrap();
        match &operator {
            Operator::Block {
                ty: TypeOrFuncType::Type(BlockType::EmptyBlockType),
            } => seen.push("empty block".into()),
            Operator::If {
                ty: TypeOrFuncType::Type(BlockType::F64),
            } => seen.push("if".into()),
            Operator::Loop {
                ty: TypeOrFuncType::FuncType(index),
            } => seen.push(format!("loop {index}")),
            Operator::BrTable { table } => {
                let targets: Result<Vec<(u32, bool)>, _> = table.targets().collect();
                seen.push(format!("{} {:?}", table.len(), targets.unwrap()));
            }
            Operator::I32Load {
                memarg:
                    MemoryImmediate {
                        align,
                        offset,
                        memory,
                    },
            } => {
                seen.push(format!("load {align} {offset} {memory}"));
            }
            Operator::F64Const { value } => {
                seen.push(f64::from_bits(Ieee64::bits(*value)).to_string());
            }
            Operator::V128Const { value } => seen.push(format!("{:?}", value.bytes()[0])),
            Operator::CallIndirect { index, table_index } => {
                seen.push(format!("call {index} {table_index}"));
            }
            Operator::MemoryCopy { src, dst } => seen.push(format!("copy {src} {dst}")),
            Operator::RefNull {
                ty: BlockType::ExternRef,
            } => seen.push("null".into()),
            Operator::I8x16RoundingAverageU => seen.push("average".into()),
            _ => {}
        }
        drop(seen);
        state.push_operator(operator);
        Ok(())
    });
    let wat = r#"(module (memory 1) (table 1 externref) (table 1 funcref) (type (func)) (type (func (param i32)))
        (func (param i32)
          (block (br_table 0 1 0 (local.get 0)))
          (drop (if (result f64) (i32.const 1) (then (f64.const 1.5)) (else (f64.const 2))))
          (local.get 0) (loop (type 1) drop)
          (drop (i32.load offset=7 align=2 (i32.const 0)))
          (drop (i8x16.avgr_u (v128.const i8x16 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0) (v128.const i64x2 0 0)))
          (table.set 0 (i32.const 0) (ref.null extern))
          (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))
          (call_indirect 1 (type 0) (i32.const 0))))"#;
    compile([look], wat).unwrap();
    let expected = [
        "empty block",
        "2 [(0, false), (1, false), (0, true)]",
        "if",
        "1.5",
        "2",
        "loop 1",
        "load 1 7 0",
        "9",
        "0",
        "average",
        "null",
        "copy 0 0",
        "call 0 1",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    // The reader and the validator are there too.
    let binary = wat2wasm(wat.as_bytes()).unwrap();
    Validator::new().validate_all(&binary).unwrap();
    let payloads = Parser::new(0).parse_all(&binary);
    let bodies = payloads.filter(|payload| matches!(payload, Ok(Payload::CodeSectionEntry(_))));
    assert_eq!(bodies.count(), 1);
    assert_eq!(
        BinaryReader::new(&[0x80, 1], 0).read_var_u32().unwrap(),
        128
    );
}
