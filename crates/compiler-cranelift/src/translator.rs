//! One function on its way from operators to Cranelift's IR.
//!
//! The driver walks the body and calls the hooks in `emit/`; they append instructions through the [`FunctionBuilder`]
//! here. Locals are the builder's variables, operands are IR values, control frames hold IR blocks that are made when
//! something branches to them.
//!
//! A call to a small function may be replaced by its body (`inline.rs`): then the driver walks that body with this very
//! translator, one [`Scope`] deeper, whose parameters are the call's arguments and whose results are the call's.

use std::collections::HashMap;

use cranelift_codegen::ir::{
    self, Block, BlockArg, ExtFuncData, ExternalName, FuncRef, InstBuilder, MemFlagsData, SigRef,
    StackSlot, StackSlotData, StackSlotKind, UserExternalName, Value, ValueDef,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use smallvec::SmallVec;
use wasmill_abi::{Builtin, RawValue, TrapCode, VMContext};
use wasmill_compiler::{CompileError, DriverState};
use wasmill_types::{FunctionIndex, LocalFunctionIndex, SignatureIndex, Type};

use crate::emit::Frame;
use crate::environment::Environment;
use crate::inline::{Inlining, Locations};
use crate::regions::{self, Region};
use crate::traps;
use crate::types::{self, POINTER};

/// The types of the values that a block takes.
pub(crate) type Types = SmallVec<[ir::Type; 2]>;
/// Values on their way to a block.
pub(crate) type Arguments = SmallVec<[BlockArg; 4]>;

/// Most loops around one point where locals are values: nobody writes more, and both finding a local's value and optimising
/// look through all of them.
const MAX_LOOPS: usize = 100;

/// Where locals are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locals {
    /// As values: every local may need one of its own wherever paths meet.
    Values,
    /// In the frame: slower code, in time and space linear in the body.
    Frame,
}

/// Where one local is kept.
#[derive(Clone, Copy)]
pub(crate) enum LocalPlace {
    Variable(Variable),
    Slot(StackSlot),
}

impl Locals {
    /// How many values a body of `length` bytes may become. The limit for locals that are values is several times what code
    /// made by compilers needs; register allocation takes more than linear time.
    fn max_values(self, length: usize) -> usize {
        match self {
            Self::Values => 10_000 + 6 * length,
            Self::Frame => 1_000_000 + 16 * length,
        }
    }
}

/// Bytes of a result that goes through memory.
const RESULT_SIZE: u32 = size_of::<RawValue>() as u32;

/// A function whose body is being walked: the one that is compiled, or one that is inlined into it.
pub(crate) struct Scope {
    /// Which.
    pub(crate) function: LocalFunctionIndex,
    /// The variable of its local 0.
    pub(crate) first_local: usize,
    /// The values of its parameters, until they are in their locals.
    pub(crate) arguments: Vec<Value>,
    /// Its results, once its end was reached; inlined functions only.
    pub(crate) results: Option<Vec<Value>>,
    /// The location of the call that it replaces; inlined functions only.
    pub(crate) inlined_at: Option<u32>,
}

/// What of a translation can be used again for the next function, to save allocations.
#[derive(Default)]
pub(crate) struct Tables {
    pub(crate) locals: Vec<(LocalPlace, ir::Type)>,
    functions: HashMap<FunctionIndex, FuncRef>,
    signatures: HashMap<SignatureIndex, SigRef>,
    builtins: HashMap<Builtin, SigRef>,
    /// The driver's memory for inlined bodies.
    pub(crate) drivers: Vec<DriverState<Value, Frame>>,
}

impl Tables {
    fn clear(&mut self) {
        self.locals.clear();
        self.functions.clear();
        self.signatures.clear();
        self.builtins.clear();
    }
}

/// The translation of one function.
pub(crate) struct Translator<'a> {
    pub(crate) environment: &'a Environment<'a>,
    pub(crate) builder: FunctionBuilder<'a>,
    pub(crate) tables: &'a mut Tables,
    /// The first block.
    pub(crate) entry: Block,
    /// The context of the instance that runs.
    pub(crate) context: Value,
    /// Where results go that do not fit the return register.
    results_pointer: Option<Value>,
    /// Where callees put such results: one area, large enough for all calls.
    results_slot: Option<StackSlot>,
    /// The function that is compiled, then what is inlined at this point.
    pub(crate) scopes: Vec<Scope>,
    /// What the locations in the IR stand for.
    pub(crate) locations: Locations,
    /// How many loops are around this point.
    pub(crate) loop_depth: usize,
    /// Bytes of bodies that may still be inlined here.
    pub(crate) inline_budget: usize,
    /// The same for bodies that are inlined into themselves.
    pub(crate) recursion_budget: usize,
    /// Where locals are kept.
    pub(crate) locals: Locals,
    /// How many values the IR may have: see [`Translator::check_size`].
    max_values: usize,
    /// Whether it has more.
    outgrown: bool,
    /// What went wrong where a hook could not say.
    pub(crate) failure: Option<CompileError>,
}

impl<'a> Translator<'a> {
    /// Starts the translation of `function`, whose body has `length` bytes; `builder` is empty but for the name.
    pub(crate) fn new(
        environment: &'a Environment<'a>,
        mut builder: FunctionBuilder<'a>,
        tables: &'a mut Tables,
        function: LocalFunctionIndex,
        length: usize,
        locals: Locals,
    ) -> Self {
        tables.clear();
        let (inline_budget, recursion_budget) = match locals {
            Locals::Values => Inlining::budgets(length),
            Locals::Frame => (0, 0),
        };
        let module = environment.module();
        let signature = module.functions[module.func_index(function)];
        builder.func.signature = environment.signatures[signature].clone();

        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        let params = builder.block_params(entry);
        let hidden = types::returns_through_memory(&module.signatures[signature]);
        let (context, results_pointer) = (params[0], hidden.then(|| params[1]));
        let arguments = params[1 + usize::from(hidden)..].to_vec();

        Self {
            environment,
            builder,
            tables,
            entry,
            context,
            results_pointer,
            results_slot: None,
            scopes: vec![Scope {
                function,
                first_local: 0,
                arguments,
                results: None,
                inlined_at: None,
            }],
            locations: Locations::default(),
            loop_depth: 0,
            inline_budget,
            recursion_budget,
            locals,
            max_values: locals.max_values(length),
            outgrown: false,
            failure: None,
        }
    }

    /// Ends the translation; gives what the locations in the IR mean. `None` if the IR became too large because of how
    /// locals are kept.
    pub(crate) fn finish(self) -> Result<Option<Locations>, CompileError> {
        if self.outgrown && self.locals == Locals::Values {
            return Ok(None);
        }
        if let Some(error) = self.failure {
            return Err(error);
        }
        self.builder
            .finalize(self.environment.isa.frontend_config());
        Ok(Some(self.locations))
    }

    /// Gives up a function that becomes too large. Every local may need a value of its own wherever paths meet, so the IR
    /// may grow with the product of both, which a short body can make huge. Called for every operator; none makes more
    /// values than there are blocks.
    pub(crate) fn check_size(&mut self) {
        if self.builder.func.dfg.num_values() > self.max_values {
            self.give_up();
        }
    }

    /// Notes that one more loop starts around what follows.
    pub(crate) fn enter_loop(&mut self) {
        self.loop_depth += 1;
        if self.loop_depth > MAX_LOOPS && self.locals == Locals::Values {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        if self.failure.is_none() {
            let what = "too many locals and branches in a function";
            self.outgrown = true;
            self.failure = Some(CompileError::Resource(what.into()));
        }
    }

    /// The function whose body is being walked.
    pub(crate) fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("the outermost scope stays")
    }

    /// Whether an inlined body is being walked.
    pub(crate) fn is_inlining(&self) -> bool {
        self.scopes.len() > 1
    }

    /// The type that a value has in the IR.
    pub(crate) fn type_of(&self, value: Value) -> ir::Type {
        self.builder.func.dfg.value_type(value)
    }

    /// Gives a value the type that its use needs.
    ///
    /// An operand of type `i32` that is the result of a comparison is kept as the byte that Cranelift made (branches and
    /// selections take it as it is) and extended here; a vector is reinterpreted in the lanes wanted.
    pub(crate) fn coerce(&mut self, value: Value, ty: ir::Type) -> Value {
        let has = self.type_of(value);
        if has == ty {
            value
        } else if has == ir::types::I8 {
            self.builder.ins().uextend(ty, value)
        } else {
            debug_assert!(has.is_vector() && ty.is_vector(), "{has} as {ty}");
            let flags = MemFlagsData::new().with_endianness(ir::Endianness::Little);
            self.builder.ins().bitcast(ty, flags, value)
        }
    }

    /// Gives a value the type of a WebAssembly value.
    pub(crate) fn canonical(&mut self, value: Value, ty: Type) -> Value {
        self.coerce(value, types::value_type(ty))
    }

    /// The constant that a value is, if it is one.
    pub(crate) fn as_constant(&self, value: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        match dfg.value_def(value) {
            ValueDef::Result(inst, _) => match dfg.insts[inst] {
                ir::InstructionData::UnaryImm {
                    opcode: ir::Opcode::Iconst,
                    imm,
                } => Some(imm.bits() as u64),
                _ => None,
            },
            _ => None,
        }
    }

    /// An integer constant; the bits above its type must be zero.
    pub(crate) fn iconst(&mut self, ty: ir::Type, bits: u64) -> Value {
        self.builder.ins().iconst(ty, bits as i64)
    }

    /// A zero of any type.
    pub(crate) fn zero(&mut self, ty: ir::Type) -> Value {
        if ty == ir::types::F32 {
            self.builder.ins().f32const(0.0)
        } else if ty == ir::types::F64 {
            self.builder.ins().f64const(0.0)
        } else if ty.is_vector() {
            self.vconst(ty, 0)
        } else {
            self.iconst(ty, 0)
        }
    }

    /// A vector constant, lane 0 lowest.
    pub(crate) fn vconst(&mut self, ty: ir::Type, bits: u128) -> Value {
        let bytes = bits.to_le_bytes().as_slice().into();
        let constant = self.builder.func.dfg.constants.insert(bytes);
        self.builder.ins().vconst(ty, constant)
    }

    /// Stops with a trap if a condition is not zero.
    pub(crate) fn trap_if(&mut self, condition: Value, code: TrapCode) {
        let code = traps::to_cranelift(code);
        self.builder.ins().trapnz(condition, code);
    }

    /// Loads a pointer from the context that stays the same for the life of the instance.
    pub(crate) fn load_invariant(&mut self, offset: u32) -> Value {
        let flags = regions::invariant();
        self.load_context(POINTER, flags, offset)
    }

    /// Loads from the context.
    pub(crate) fn load_context(&mut self, ty: ir::Type, flags: MemFlagsData, offset: u32) -> Value {
        let context = self.context;
        self.builder.ins().load(ty, flags, context, offset as i32)
    }

    /// A type of the module in the IR.
    pub(crate) fn signature(&mut self, index: SignatureIndex) -> SigRef {
        let (environment, builder) = (self.environment, &mut self.builder);
        let signatures = &mut self.tables.signatures;
        *signatures
            .entry(index)
            .or_insert_with(|| builder.import_signature(environment.signatures[index].clone()))
    }

    /// A function that the module defines, in the IR; named by its index in the module.
    pub(crate) fn function_reference(&mut self, index: FunctionIndex) -> FuncRef {
        if let Some(&reference) = self.tables.functions.get(&index) {
            return reference;
        }
        let signature = self.signature(self.environment.module().functions[index]);
        let name = UserExternalName::new(0, index.as_u32());
        let name = self.builder.func.declare_imported_user_function(name);
        let reference = self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.tables.functions.insert(index, reference);
        reference
    }

    /// Calls a built-in; gives its result, if it has one.
    pub(crate) fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Option<Value> {
        let (call_conv, builder) = (self.environment.call_conv, &mut self.builder);
        let signature = *self.tables.builtins.entry(builtin).or_insert_with(|| {
            builder.import_signature(types::builtin_signature(builtin, call_conv))
        });
        let flags = regions::at_use();
        let table = std::mem::offset_of!(VMContext, builtins) as u32;
        let table = self.load_context(POINTER, flags, table);
        let offset = builtin.table_offset() as i32;
        let code = self.builder.ins().load(POINTER, flags, table, offset);
        let mut all: SmallVec<[Value; 8]> = SmallVec::new();
        all.push(self.context);
        all.extend_from_slice(args);
        let call = self.builder.ins().call_indirect(signature, code, &all);
        self.builder.inst_results(call).first().copied()
    }

    /// The same for a built-in that always has a result.
    pub(crate) fn call_builtin_value(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        let result = self.call_builtin(builtin, args);
        result.expect("the table of built-ins gives this one a result")
    }

    /// Returns from the function that is compiled.
    pub(crate) fn return_(&mut self, results: &[Value]) {
        match self.results_pointer {
            None => {
                let ty = self.builder.func.signature.returns.first();
                let ty = ty.map(|param| param.value_type);
                let result = results.first().zip(ty);
                let result = result.map(|(&value, ty)| self.coerce(value, ty));
                self.builder.ins().return_(result.as_slice());
            }
            Some(pointer) => {
                let module = self.environment.module();
                let function = module.func_index(self.scopes[0].function);
                let types = module.function_type(function).results();
                let flags = Region::Stack.trusted(self.builder.func);
                for (nth, (&value, &ty)) in results.iter().zip(types).enumerate() {
                    let value = self.canonical(value, ty);
                    let offset = nth as i32 * RESULT_SIZE as i32;
                    self.builder.ins().store(flags, value, pointer, offset);
                }
                self.builder.ins().return_(&[]);
            }
        }
    }

    /// The address of the area where a callee puts `count` results.
    pub(crate) fn results_area(&mut self, count: usize) -> Value {
        let size = count as u32 * RESULT_SIZE;
        let slot = *self.results_slot.get_or_insert_with(|| {
            let align = RESULT_SIZE.trailing_zeros() as u8;
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, size, align);
            self.builder.create_sized_stack_slot(slot)
        });
        let slot_data = &mut self.builder.func.sized_stack_slots[slot];
        slot_data.size = slot_data.size.max(size);
        self.builder.ins().stack_addr(POINTER, slot, 0)
    }

    /// Loads the `nth` result from such an area.
    pub(crate) fn load_result(&mut self, area: Value, nth: usize, ty: Type) -> Value {
        let flags = Region::Stack.trusted(self.builder.func);
        let ty = types::value_type(ty);
        let offset = nth as i32 * RESULT_SIZE as i32;
        self.builder.ins().load(ty, flags, area, offset)
    }
}
