//! What each operator does to operands, frames and the back end: the rows of the table, and the operators that are of no
//! regular form.
//!
//! The validator has accepted each operator before it comes here.

use super::{Driver, Outcome};
use crate::control::Frames;
use crate::convert::{invalid, memory_arg, reference_type, unsupported, value_type};
use crate::operators::{define_visitors, for_each_scalar_operator, for_each_vector_operator};
use crate::ops::*;
use crate::{BranchTargets, Emit, FrameEnd, FrameKind};
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, GlobalIndex, GlobalInit, MemoryIndex, SignatureIndex,
    TableIndex, Type,
};
use wasmparser::{
    BlockType, BrTable, HeapType, Ieee32, Ieee64, MemArg, V128, ValType, VisitOperator,
    VisitSimdOperator, for_each_visit_operator, for_each_visit_simd_operator,
};

/// Operators of proposals that no back end supports yet. The supported proposals are left out here: forgetting one of
/// their operators stops the build.
macro_rules! define_unsupported {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $( define_unsupported!(one @$proposal $visit $($($argty)*)?); )*
    };
    (one @mvp $($rest:tt)*) => {};
    (one @sign_extension $($rest:tt)*) => {};
    (one @saturating_float_to_int $($rest:tt)*) => {};
    (one @bulk_memory $($rest:tt)*) => {};
    (one @reference_types $($rest:tt)*) => {};
    (one @simd $($rest:tt)*) => {};
    (one @$proposal:ident $visit:ident $($argty:ty)*) => {
        fn $visit(&mut self $(, _: $argty)*) -> Outcome {
            Err(unsupported(stringify!($proposal)))
        }
    };
}

impl<'a, E: Emit> VisitSimdOperator<'a> for Driver<'_, E> {
    for_each_vector_operator!(define_visitors);
    for_each_visit_simd_operator!(define_unsupported);

    fn visit_v128_const(&mut self, value: V128) -> Outcome {
        self.constant(Const::V128(value.i128() as u128))
    }
    fn visit_i8x16_shuffle(&mut self, lanes: [u8; 16]) -> Outcome {
        if self.reachable {
            let [a, b] = self.pop_n();
            let value = self.emit.shuffle(lanes, a, b);
            self.push(value);
        }
        Ok(())
    }
    fn visit_v128_bitselect(&mut self) -> Outcome {
        if self.reachable {
            let [a, b, mask] = self.pop_n();
            let value = self.emit.bitselect(a, b, mask);
            self.push(value);
        }
        Ok(())
    }
}

impl<'a, E: Emit> VisitOperator<'a> for Driver<'_, E> {
    type Output = Outcome;

    for_each_scalar_operator!(define_visitors);
    for_each_visit_operator!(define_unsupported);

    // ---- control

    fn visit_nop(&mut self) -> Outcome {
        Ok(())
    }
    fn visit_unreachable(&mut self) -> Outcome {
        if self.reachable {
            self.emit.unreachable();
            self.stop();
        }
        Ok(())
    }
    fn visit_block(&mut self, ty: BlockType) -> Outcome {
        self.enter(FrameKind::Block, ty, None)
    }
    fn visit_loop(&mut self, ty: BlockType) -> Outcome {
        self.enter(FrameKind::Loop, ty, None)
    }
    fn visit_if(&mut self, ty: BlockType) -> Outcome {
        let condition = self.reachable.then(|| self.pop());
        self.enter(FrameKind::If, ty, condition)
    }
    fn visit_else(&mut self) -> Outcome {
        let state = &mut *self.state;
        let frame = state.frames.last_mut().expect("validated");
        frame.kind = FrameKind::Else;
        let Some(emit) = &mut frame.emit else {
            return Ok(());
        };
        // An `if` that is emitted makes both of its parts reachable.
        let results = self.reachable.then(|| &state.values[frame.height..]);
        frame.branched_to |= results.is_some();
        if results.is_none() {
            self.emit.location(self.offset as u32);
        }
        self.emit.else_(emit, results);
        state.values.truncate(frame.height);
        state.values.extend(state.if_params.drain(frame.saved..));
        self.reachable = true;
        self.charge(0)
    }
    fn visit_end(&mut self) -> Outcome {
        let state = &mut *self.state;
        let frame = state.frames.pop().expect("validated");
        let Some(emit) = frame.emit else {
            return Ok(());
        };
        if !self.reachable {
            self.emit.location(self.offset as u32);
        }
        let end = FrameEnd {
            kind: frame.kind,
            fallthrough: self.reachable.then(|| &state.values[frame.height..]),
            branched_to: frame.branched_to,
            otherwise: (frame.kind == FrameKind::If).then(|| &state.if_params[frame.saved..]),
        };
        self.reachable = end.is_live() && frame.kind != FrameKind::Function;
        self.emit.end(emit, end, &mut state.results);
        debug_assert_eq!(
            state.results.len(),
            if self.reachable { frame.results } else { 0 },
            "results of the frame that ends at {:#x}",
            self.offset
        );
        state.if_params.truncate(frame.saved);
        state.values.truncate(frame.height);
        state.values.append(&mut state.results);
        self.charge(frame.results)
    }
    fn visit_br(&mut self, depth: u32) -> Outcome {
        let (at, arity) = self.target(depth);
        self.charge(arity)?;
        if self.reachable {
            self.note_branch(at);
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - arity..];
            self.emit.br(state.frames[at].emitted(), args);
            self.stop();
        }
        Ok(())
    }
    fn visit_br_if(&mut self, depth: u32) -> Outcome {
        let (at, arity) = self.target(depth);
        self.charge(arity)?;
        if self.reachable {
            let condition = self.pop();
            self.note_branch(at);
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - arity..];
            self.emit.br_if(condition, state.frames[at].emitted(), args);
        }
        Ok(())
    }
    fn visit_br_table(&mut self, targets: BrTable<'a>) -> Outcome {
        if self.reachable {
            let index = self.pop();
            let (default, arity) = self.target(targets.default());
            let mut cases = std::mem::take(&mut self.state.cases);
            cases.clear();
            for depth in targets.targets() {
                let (at, _) = self.target(depth.map_err(invalid)?);
                self.note_branch(at);
                cases.push(at as u32);
            }
            self.note_branch(default);
            cases.push(default as u32);
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - arity..];
            let targets = BranchTargets {
                cases: &cases,
                frames: &mut Frames(&mut state.frames),
            };
            self.emit.br_table(index, targets, args);
            self.state.cases = cases;
            self.stop();
        }
        Ok(())
    }
    fn visit_return(&mut self) -> Outcome {
        self.visit_br(self.state.frames.len() as u32 - 1)
    }
    fn visit_call(&mut self, function: u32) -> Outcome {
        let function = FunctionIndex::from_u32(function);
        let ty = self.module.function_type(function);
        self.charge(ty.params().len() + ty.results().len())?;
        if self.reachable {
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - ty.params().len()..];
            self.emit.call(function, args, &mut state.results);
            self.replace(ty.params().len());
        }
        Ok(())
    }
    fn visit_call_indirect(&mut self, ty: u32, table: u32) -> Outcome {
        let index = SignatureIndex::from_u32(ty);
        let ty = &self.module.signatures[index];
        self.charge(ty.params().len() + ty.results().len())?;
        if self.reachable {
            let callee = self.pop();
            let state = &mut *self.state;
            let args = &state.values[state.values.len() - ty.params().len()..];
            let table = TableIndex::from_u32(table);
            self.emit
                .call_indirect(index, table, callee, args, &mut state.results);
            self.replace(ty.params().len());
        }
        Ok(())
    }

    // ---- operands

    fn visit_drop(&mut self) -> Outcome {
        if self.reachable {
            let value = self.pop();
            self.emit.drop(value);
        }
        Ok(())
    }
    fn visit_select(&mut self) -> Outcome {
        if self.reachable {
            // The validator has found the operands to be of one type, and pushed a result of it.
            let ty = self.validator.get_operand_type(0).flatten();
            self.select(ty.expect("validated"))?;
        }
        Ok(())
    }
    fn visit_typed_select(&mut self, ty: ValType) -> Outcome {
        if self.reachable {
            self.select(ty)?;
        }
        Ok(())
    }
    fn visit_typed_select_multi(&mut self, _: Vec<ValType>) -> Outcome {
        Err(unsupported("select with several results"))
    }
    fn visit_i32_const(&mut self, value: i32) -> Outcome {
        self.constant(Const::I32(value))
    }
    fn visit_i64_const(&mut self, value: i64) -> Outcome {
        self.constant(Const::I64(value))
    }
    fn visit_f32_const(&mut self, value: Ieee32) -> Outcome {
        self.constant(Const::F32(value.bits()))
    }
    fn visit_f64_const(&mut self, value: Ieee64) -> Outcome {
        self.constant(Const::F64(value.bits()))
    }

    // ---- variables

    fn visit_local_get(&mut self, local: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.local_get(local);
            self.push(value);
        }
        Ok(())
    }
    fn visit_local_set(&mut self, local: u32) -> Outcome {
        if self.reachable {
            let value = self.pop();
            self.emit.local_set(local, value);
        }
        Ok(())
    }
    fn visit_local_tee(&mut self, local: u32) -> Outcome {
        if self.reachable {
            let value = self.pop();
            let value = self.emit.local_tee(local, value);
            self.push(value);
        }
        Ok(())
    }
    fn visit_global_get(&mut self, global: u32) -> Outcome {
        if self.reachable {
            let global = GlobalIndex::from_u32(global);
            let value = match self.constant_global(global) {
                Some(value) => value,
                None => self.emit.global_get(global),
            };
            self.push(value);
        }
        Ok(())
    }
    fn visit_global_set(&mut self, global: u32) -> Outcome {
        if self.reachable {
            let value = self.pop();
            self.emit.global_set(GlobalIndex::from_u32(global), value);
        }
        Ok(())
    }

    // ---- memories

    fn visit_memory_size(&mut self, memory: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.memory_size(MemoryIndex::from_u32(memory));
            self.push(value);
        }
        Ok(())
    }
    fn visit_memory_grow(&mut self, memory: u32) -> Outcome {
        if self.reachable {
            let delta = self.pop();
            let value = self.emit.memory_grow(MemoryIndex::from_u32(memory), delta);
            self.push(value);
        }
        Ok(())
    }
    fn visit_memory_copy(&mut self, to: u32, from: u32) -> Outcome {
        if self.reachable {
            let (to, from) = (MemoryIndex::from_u32(to), MemoryIndex::from_u32(from));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .memory_copy(to, from, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_memory_fill(&mut self, memory: u32) -> Outcome {
        if self.reachable {
            let [offset, byte, length] = self.pop_n();
            self.emit
                .memory_fill(MemoryIndex::from_u32(memory), offset, byte, length);
        }
        Ok(())
    }
    fn visit_memory_init(&mut self, segment: u32, memory: u32) -> Outcome {
        if self.reachable {
            let (memory, segment) = (MemoryIndex::from_u32(memory), DataIndex::from_u32(segment));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .memory_init(memory, segment, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_data_drop(&mut self, segment: u32) -> Outcome {
        if self.reachable {
            self.emit.data_drop(DataIndex::from_u32(segment));
        }
        Ok(())
    }

    // ---- references and tables

    fn visit_ref_null(&mut self, ty: HeapType) -> Outcome {
        if self.reachable {
            let ty = reference_type(ty)?;
            let value = self.emit.ref_null(ty);
            self.push(value);
        }
        Ok(())
    }
    fn visit_ref_is_null(&mut self) -> Outcome {
        if self.reachable {
            let ty = match self.operand.expect("validated") {
                // What `ref.func` gives is a reference to that function's type, which no value of ours distinguishes.
                ValType::Ref(ty) if ty.is_concrete_type_ref() => Type::FuncRef,
                ty => value_type(ty)?,
            };
            let reference = self.pop();
            let value = self.emit.ref_is_null(ty, reference);
            self.push(value);
        }
        Ok(())
    }
    fn visit_ref_func(&mut self, function: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.ref_func(FunctionIndex::from_u32(function));
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_get(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let index = self.pop();
            let value = self.emit.table_get(TableIndex::from_u32(table), index);
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_set(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let [index, value] = self.pop_n();
            self.emit
                .table_set(TableIndex::from_u32(table), index, value);
        }
        Ok(())
    }
    fn visit_table_size(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let value = self.emit.table_size(TableIndex::from_u32(table));
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_grow(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let [value, delta] = self.pop_n();
            let value = self
                .emit
                .table_grow(TableIndex::from_u32(table), value, delta);
            self.push(value);
        }
        Ok(())
    }
    fn visit_table_fill(&mut self, table: u32) -> Outcome {
        if self.reachable {
            let [offset, value, length] = self.pop_n();
            self.emit
                .table_fill(TableIndex::from_u32(table), offset, value, length);
        }
        Ok(())
    }
    fn visit_table_copy(&mut self, to: u32, from: u32) -> Outcome {
        if self.reachable {
            let (to, from) = (TableIndex::from_u32(to), TableIndex::from_u32(from));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .table_copy(to, from, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_table_init(&mut self, segment: u32, table: u32) -> Outcome {
        if self.reachable {
            let (table, segment) = (TableIndex::from_u32(table), ElemIndex::from_u32(segment));
            let [to_offset, from_offset, length] = self.pop_n();
            self.emit
                .table_init(table, segment, to_offset, from_offset, length);
        }
        Ok(())
    }
    fn visit_elem_drop(&mut self, segment: u32) -> Outcome {
        if self.reachable {
            self.emit.elem_drop(ElemIndex::from_u32(segment));
        }
        Ok(())
    }
}

impl<E: Emit> Driver<'_, E> {
    fn constant(&mut self, value: Const) -> Outcome {
        if self.reachable {
            let value = self.emit.constant(value);
            self.push(value);
        }
        Ok(())
    }

    /// The value of a global that is the same in every instance.
    fn constant_global(&mut self, global: GlobalIndex) -> Option<E::Value> {
        let (module, ty) = (self.module, self.module.globals[global]);
        if ty.mutability.is_mutable() {
            return None;
        }
        let value = match module.global_initializers[module.local_global_index(global)?] {
            GlobalInit::I32Const(value) => Const::I32(value),
            GlobalInit::I64Const(value) => Const::I64(value),
            GlobalInit::F32Const(value) => Const::F32(value.to_bits()),
            GlobalInit::F64Const(value) => Const::F64(value.to_bits()),
            GlobalInit::V128Const(value) => Const::V128(value),
            GlobalInit::RefNullConst => return Some(self.emit.ref_null(ty.ty)),
            GlobalInit::GetGlobal(_) | GlobalInit::RefFunc(_) | GlobalInit::Expr(_) => return None,
        };
        Some(self.emit.constant(value))
    }

    fn select(&mut self, ty: ValType) -> Outcome {
        let ty = value_type(ty)?;
        let [a, b, condition] = self.pop_n();
        let value = self.emit.select(ty, condition, a, b);
        self.push(value);
        Ok(())
    }
}
