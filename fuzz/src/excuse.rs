//! What `wasmi` 2.0.0 is known to get wrong. Only asked when the compilers agree and it differs.
//!
//! The newest version is the one that is used; when another one is, this is to be looked through.

use wasmparser::{
    BrTable, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
    Parser, Result, ValType, ValidPayload, Validator, WasmModuleResources,
};

/// Whether a module has something of it.
pub(crate) fn excuses_wasmi(wasm: &[u8]) -> bool {
    looks_through(wasm).expect("it was compiled")
}

fn looks_through(wasm: &[u8]) -> Result<bool> {
    let mut validator = Validator::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)?
            && looks_through_function(function, &body)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn looks_through_function<R: WasmModuleResources>(
    function: FuncToValidate<R>,
    body: &FunctionBody<'_>,
) -> Result<bool> {
    let mut validator = function.into_validator(FuncValidatorAllocations::default());
    validator.read_locals(&mut body.get_binary_reader())?;
    let (mut operators, mut operands) = (body.get_operators_reader()?, Vec::new());
    let mut compared = false;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        let frame = validator.get_control_frame(0).expect("it is open");
        let is_reachable = !frame.unreachable;
        let arity = operator.operator_arity(&validator);
        let (pops, pushes) = arity.expect("it is valid");
        let (pops, pushes) = (pops as usize, pushes as usize);
        let excuses = is_reachable
            && match &operator {
                Operator::BrTable { targets } => misplaces(targets, pops - 1, &validator)?,
                Operator::Select | Operator::TypedSelect { .. } if compared => true,
                _ => keeps_name(&operator, pops, pushes, &mut operands),
            };
        if excuses {
            return Ok(true);
        }
        compared = compares(&operator, compared);
        validator.op(offset, &operator)?;
        let height = validator.operand_stack_height() as usize;
        if let Operator::Else = operator {
            operands.truncate(height - pushes);
            operands.resize(height, Operand::Either);
        }
        // Where code is not reached, only this is known, and enough.
        operands.resize(height, Operand::Value);
    }
    Ok(false)
}

/// Whether what was last written is a comparison of an `i32` or a reference, maybe with zero: then a `select` leaves it out and
/// takes what it compares for its condition (`try_fuse_select`), but always looks for that in a register, where it may not be.
fn compares(operator: &Operator, compared: bool) -> bool {
    match operator {
        Operator::I32Eqz | Operator::I32Eq | Operator::I32Ne | Operator::RefIsNull => true,
        // Nothing is written for these, or the comparison is replaced by its opposite.
        Operator::Nop
        | Operator::I64ExtendI32U
        | Operator::I64Const { value: 0 }
        | Operator::I64Eqz
        | Operator::I64Eq
        | Operator::I64Ne => compared,
        _ => false,
    }
}

/// A `br_table` moves what it passes to where its target expects it only if its targets expect it in different places. If they
/// do not, it may still be elsewhere, with other operands below. The topmost ones, one of each kind, go through registers.
fn misplaces<R: WasmModuleResources>(
    targets: &BrTable<'_>,
    passed: usize,
    validator: &FuncValidator<R>,
) -> Result<bool> {
    let mut kinds = Vec::new();
    for depth in 1..=passed {
        let kind = match validator.get_operand_type(depth).flatten() {
            Some(ValType::V128) => break,
            Some(ty @ (ValType::F32 | ValType::F64)) => ty,
            _ => ValType::I64,
        };
        if kinds.contains(&kind) {
            break;
        }
        kinds.push(kind);
    }
    let height = |depth: u32| {
        let frame = validator.get_control_frame(depth as usize);
        frame.expect("it is valid").height
    };
    let expected = height(targets.default());
    for target in targets.targets() {
        if height(target?) != expected {
            return Ok(false);
        }
    }
    let are = validator.operand_stack_height() as usize - 1 - passed;
    Ok(kinds.len() < passed && are != expected)
}

/// An operand, as `wasmi` has it.
#[derive(Clone, Copy, PartialEq)]
enum Operand {
    Value,
    /// The name of this local.
    Name(u32),
    /// One or the other.
    Either,
}

/// Whether an operator is a block that leaves a name below; what it does to the operands, else.
///
/// What a `local.get` pushes is only the local's name, until a block is entered: then names become values, but for those among
/// its parameters. `wasmi` leaves out as many *names* as there are parameters (`PreservedAllLocalsIter`), so where a parameter
/// is something else, a name below the block stays one. It becomes a value within the block, on one of several ways (at the
/// next block, for example), and after the block there is a value on all ways, or whatever was in its place.
fn keeps_name(
    operator: &Operator,
    pops: usize,
    pushes: usize,
    operands: &mut Vec<Operand>,
) -> bool {
    if let Operator::If { .. } | Operator::BrIf { .. } = operator {
        operands.pop();
    }
    match *operator {
        Operator::LocalGet { local_index } => operands.push(Operand::Name(local_index)),
        Operator::LocalSet { local_index } => set(operands, local_index),
        Operator::LocalTee { local_index } => {
            set(operands, local_index);
            operands.push(Operand::Either);
        }
        Operator::Block { .. } | Operator::If { .. } => return enter(operands, pushes),
        Operator::Loop { .. } => {
            let keeps = enter(operands, pushes);
            operands.fill(Operand::Value);
            return keeps;
        }
        Operator::BrIf { .. } | Operator::End | Operator::Else => {
            let results = operands.len() - pushes.min(operands.len());
            for operand in &mut operands[results..] {
                if *operand != Operand::Value {
                    *operand = Operand::Either;
                }
            }
        }
        _ => {
            operands.truncate(operands.len() - pops);
            operands.resize(operands.len() + pushes, Operand::Value);
        }
    }
    false
}

/// A local gets the topmost operand: its names become values, unless it has that value already.
fn set(operands: &mut Vec<Operand>, local: u32) {
    if operands.pop() != Some(Operand::Name(local)) {
        let names = operands.iter_mut();
        let names = names.filter(|operand| **operand == Operand::Name(local));
        names.for_each(|name| *name = Operand::Value);
    }
}

/// A block is entered.
fn enter(operands: &mut [Operand], params: usize) -> bool {
    let (below, params) = operands.split_at_mut(operands.len() - params);
    let keeps = below.iter().any(|operand| *operand != Operand::Value)
        && params
            .iter()
            .any(|operand| !matches!(operand, Operand::Name(_)));
    below.fill(Operand::Value);
    keeps
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection,
        InstructionSink, MemArg, MemArgTarget, MemorySection, MemoryType, Module, TypeSection,
        ValType,
    };

    use super::excuses_wasmi;
    use crate::case::{Case, Floats, Setup};
    use crate::check::{Checker, Counts};

    /// A module of one function, from a number to a number, and a page of memory.
    fn module(write: impl FnOnce(&mut InstructionSink)) -> Vec<u8> {
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        types.ty().function([ValType::I64], [ValType::I64]);
        types.ty().function([ValType::I64], []);
        types.ty().function([], [ValType::I64; 2]);
        functions.function(0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: Some(1),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let (mut exports, mut codes) = (ExportSection::new(), CodeSection::new());
        exports.export("f", ExportKind::Func, 0);
        let mut function = Function::new([(1, ValType::I32), (1, ValType::EXTERNREF)]);
        write(function.instructions().local_get(0));
        function.instructions().end();
        codes.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&functions);
        module.section(&memories).section(&exports).section(&codes);
        module.finish()
    }

    /// The function's parameter is below a block that takes the parameter too, or a constant.
    fn block(takes_name: bool) -> Vec<u8> {
        module(|code| {
            match takes_name {
                true => code.local_get(0),
                false => code.i64_const(1),
            };
            code.block(BlockType::FunctionType(1)).drop();
            code.local_get(0).i64_eqz().i32_eqz().br_if(0);
            code.block(BlockType::Empty).end().end();
        })
    }

    /// Two values are passed to one of two blocks, with something else below or not.
    fn table(is_above: bool) -> Vec<u8> {
        module(|code| {
            let ty = BlockType::FunctionType(2);
            code.block(ty).block(ty);
            if is_above {
                code.i64_const(5);
            }
            code.local_get(0).i64_const(3);
            code.local_get(0).i64_eqz().br_table([0, 1], 0);
            code.end().end().i64_xor().i64_xor();
        })
    }

    /// One of two numbers is chosen by a condition, while the register for it holds something else.
    fn choice(condition: impl FnOnce(&mut InstructionSink)) -> Vec<u8> {
        module(|code| {
            code.i64_const(1).i64_or().drop();
            condition(code.i64_const(2).i64_const(3));
            code.select();
        })
    }

    /// What is in a register is stored where the same register says, which has a form for small offsets only.
    fn store(offset: u64) -> Vec<u8> {
        let place = MemArg {
            offset,
            align: 0,
            target: MemArgTarget::Memory(0),
            ordering: None,
        };
        module(|code| {
            code.i32_wrap_i64().local_tee(1).local_get(1);
            code.i32_store8(place).i64_const(0);
        })
    }

    /// What is counted of a case.
    fn counts(wasm: Vec<u8>) -> Counts {
        let setup = Setup {
            canonical: true,
            reserved: true,
            plain_cpu: false,
            effort: 0,
            linked: None,
        };
        let case = Case {
            seed: 1,
            wasm,
            floats: Floats::None,
            interpreted: true,
            singlepass: setup,
            cranelift: setup,
            #[cfg(feature = "llvm")]
            llvm: setup,
        };
        let mut checker = Checker::default();
        let checked = checker.check(&case);
        checked.unwrap_or_else(|difference| panic!("{difference}"));
        checker.counts
    }

    #[test]
    fn only_what_is_wrong_is_excused() {
        let less = || choice(|code| _ = code.local_get(1).i32_const(1).i32_lt_u());
        let zero = choice(|code| _ = code.local_get(1).i32_eqz().nop());
        let null = choice(|code| _ = code.local_get(2).ref_is_null());
        let not = choice(|code| _ = code.local_get(1).i32_eqz().i64_extend_i32_u().i64_eqz());
        for (right, wrong) in [
            (block(true), block(false)),
            (table(false), table(true)),
            (less(), zero),
            (less(), null),
            (less(), not),
        ] {
            assert!(excuses_wasmi(&wrong) && !excuses_wasmi(&right));
            assert_eq!(counts(right).excused, 0);
            assert_eq!(counts(wrong).excused, 1, "wasmi does it right now");
        }
    }

    #[test]
    fn what_panics_is_counted() {
        let (right, wrong) = (counts(store(0xffff)), counts(store(0x1_0000)));
        assert_eq!((right.interpreted, right.panicked), (1, 0));
        assert_eq!((wrong.cases, wrong.interpreted), (1, 0));
        assert_eq!(wrong.panicked, 1, "wasmi does not panic now");
    }
}
