//! What `wasmi` 2.0.0 is known to get wrong. Only asked when the compilers agree and it differs.
//!
//! The newest version is the one that is used; when another one is, this is to be looked through.

use wasmparser::{
    BrTable, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody, Operator,
    Parser, Result, ValType, ValidPayload, Validator, WasmModuleResources,
};

/// Whether a module has something of it.
pub(crate) fn excuses_wasmi(wasm: &[u8]) -> bool {
    chooses_by_zero(wasm) || looks_through(wasm).expect("it was compiled")
}

/// A `select` whose condition is an `eqz` takes the other operand if the first is a constant. The generator guards each
/// division that way.
fn chooses_by_zero(wasm: &[u8]) -> bool {
    let (i32_eqz, i64_eqz, select, typed_select) = (0x45, 0x50, 0x1b, 0x1c);
    wasm.windows(2).any(|codes| {
        [i32_eqz, i64_eqz].contains(&codes[0]) && [select, typed_select].contains(&codes[1])
    })
}

/// Looks for what depends on the operands.
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
                _ => keeps_name(&operator, pops, pushes, &mut operands),
            };
        if excuses {
            return Ok(true);
        }
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
        InstructionSink, Module, TypeSection, ValType,
    };

    use super::excuses_wasmi;
    use crate::case::{Case, Floats, Setup};
    use crate::check::Checker;

    /// A module of one function, from a number to a number.
    fn module(write: impl FnOnce(&mut InstructionSink)) -> Vec<u8> {
        let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
        types.ty().function([ValType::I64], [ValType::I64]);
        types.ty().function([ValType::I64], []);
        types.ty().function([], [ValType::I64; 2]);
        functions.function(0);
        let (mut exports, mut codes) = (ExportSection::new(), CodeSection::new());
        exports.export("f", ExportKind::Func, 0);
        let mut function = Function::new([]);
        write(function.instructions().local_get(0));
        function.instructions().end();
        codes.function(&function);
        let mut module = Module::new();
        module.section(&types).section(&functions);
        module.section(&exports).section(&codes);
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

    /// How often `wasmi` was excused.
    fn excused(wasm: Vec<u8>) -> u64 {
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
        checker.counts.excused
    }

    #[test]
    fn only_what_is_wrong_is_excused() {
        for (right, wrong) in [(block(true), block(false)), (table(false), table(true))] {
            assert!(excuses_wasmi(&wrong) && !excuses_wasmi(&right));
            assert_eq!(excused(right), 0);
            assert_eq!(excused(wrong), 1, "wasmi does it right now");
        }
    }
}
