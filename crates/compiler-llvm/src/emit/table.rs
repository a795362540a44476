//! Tables.
//!
//! A table whose size never changes has a constant length and a base that is an invariant of the instance; others are reached
//! through their definition. An index is compared with the length, and code that never comes back tells of one out of bounds.
//!
//! Elements of function tables are pointers, with two special values: one for null and one for "ask the runtime", which a
//! cold call does.

use std::mem::offset_of;

use inkwell::IntPredicate;
use inkwell::values::{BasicValue, IntValue, PointerValue};
use wasmill_abi::{
    Builtin, EXTERNREF_ELEMENT_SIZE, FUNCREF_ELEMENT_SIZE, NULL_ELEMENT, TrapCode,
    VMTableDefinition, VMTableRef,
};
use wasmill_types::{ElemIndex, TableIndex};

use super::Value;
use super::memory::Place;
use crate::metadata::Region;
use crate::translator::{Translator, built};

impl<'ctx> Translator<'_, 'ctx> {
    pub(super) fn emit_table_get(&mut self, table: TableIndex, index: Value<'ctx>) -> Value<'ctx> {
        let index = self.i32(index);
        if self.environment.info.is_function_table(table) {
            return self.load_function(table, index, None).into();
        }
        let place = self.element(table, index);
        self.load_at(self.types.i32, place)
    }

    pub(super) fn emit_table_set(
        &mut self,
        table: TableIndex,
        index: Value<'ctx>,
        value: Value<'ctx>,
    ) {
        let index = self.i32(index);
        let place = self.element(table, index);
        let value = match value {
            Value::PointerValue(reference) => {
                let is_null = built(self.builder.build_is_null(reference, ""));
                let null = self.null_element();
                built(self.builder.build_select(is_null, null, reference, ""))
            }
            _ => value,
        };
        self.store_at(value, place);
    }

    /// The element that stands for null.
    fn null_element(&self) -> PointerValue<'ctx> {
        let null = self.types.i64.const_int(NULL_ELEMENT as u64, false);
        null.const_to_pointer(self.types.pointer)
    }

    /// The reference in a function table; traps if the index is out of bounds. Null is null, or a trap: asked where elements are
    /// special anyway, so that it costs nothing.
    pub(super) fn load_function(
        &self,
        table: TableIndex,
        index: IntValue<'ctx>,
        null: Option<TrapCode>,
    ) -> PointerValue<'ctx> {
        let pointer = self.types.pointer;
        let place = self.element(table, index);
        let element = self.load_at(pointer, place).into_pointer_value();
        let at_most = IntPredicate::ULE;
        let special = self
            .builder
            .build_int_compare(at_most, element, self.null_element(), "");
        let (lazy, ready) = (self.new_block(), self.new_block());
        let branch = built(
            self.builder
                .build_conditional_branch(built(special), lazy, ready),
        );
        self.unit.metadata.set_rare(branch);
        let before = self.current_block();

        self.builder.position_at_end(lazy);
        let table = self.number(table.as_u32()).into();
        let wide = self.wide(index.into()).into();
        let found = self.call_builtin_value(Builtin::TableGetLazy, &[table, wide]);
        let found = found.into_pointer_value();
        if let Some(code) = null {
            let is_null = built(self.builder.build_is_null(found, ""));
            self.trap_if(is_null, code);
        }
        let after = self.current_block();
        built(self.builder.build_unconditional_branch(ready));

        self.builder.position_at_end(ready);
        let reference = built(self.builder.build_phi(pointer, ""));
        let found: &dyn BasicValue<'ctx> = &found;
        reference.add_incoming(&[(&element, before), (found, after)]);
        reference.as_basic_value().into_pointer_value()
    }

    /// Where an element is; traps if the index is out of bounds.
    fn element(&self, table: TableIndex, index: IntValue<'ctx>) -> Place<'ctx> {
        let size = match self.environment.info.is_function_table(table) {
            true => FUNCREF_ELEMENT_SIZE,
            false => EXTERNREF_ELEMENT_SIZE,
        };
        let (base, length) = self.table_base_and_length(table);
        let outside = IntPredicate::UGE;
        let outside = built(self.builder.build_int_compare(outside, index, length, ""));
        self.trap_if(outside, TrapCode::TableAccessOutOfBounds);
        let size_wide = self.types.i64.const_int(size.into(), false);
        let displacement = built(self.builder.build_int_mul(
            self.wide(index.into()),
            size_wide,
            "",
        ));
        Place {
            pointer: self.add_offset(base, displacement),
            region: Region::table(self.module(), table),
            faults: false,
            align: size,
        }
    }

    fn table_base_and_length(&self, table: TableIndex) -> (PointerValue<'ctx>, IntValue<'ctx>) {
        if let Some(length) = self.environment.info.fixed_table_length(table) {
            let table = self.environment.info.layout.table(table);
            let base = self.load_invariant(table + offset_of!(VMTableRef, base) as u32);
            return (base, self.number(length));
        }
        let definition = self.table_definition(table);
        let base = offset_of!(VMTableDefinition, base) as u32;
        let region = Some(Region::Definitions);
        let base = self.load(self.types.pointer, definition, base, region);
        (base.into_pointer_value(), self.current_elements(definition))
    }

    fn table_definition(&self, table: TableIndex) -> PointerValue<'ctx> {
        let table = self.environment.info.layout.table(table);
        self.load_invariant(table + offset_of!(VMTableRef, definition) as u32)
    }

    fn current_elements(&self, definition: PointerValue<'ctx>) -> IntValue<'ctx> {
        let offset = offset_of!(VMTableDefinition, current_elements) as u32;
        let region = Some(Region::Definitions);
        self.load(self.types.i32, definition, offset, region)
            .into_int_value()
    }

    pub(super) fn emit_table_size(&mut self, table: TableIndex) -> Value<'ctx> {
        match self.environment.info.fixed_table_length(table) {
            Some(length) => self.number(length).into(),
            None => {
                let definition = self.table_definition(table);
                self.current_elements(definition).into()
            }
        }
    }

    pub(super) fn emit_table_grow(
        &mut self,
        table: TableIndex,
        value: Value<'ctx>,
        delta: Value<'ctx>,
    ) -> Value<'ctx> {
        let builtin = match self.environment.info.is_function_table(table) {
            true => Builtin::TableGrowFunc,
            false => Builtin::TableGrowRef,
        };
        let table = self.number(table.as_u32()).into();
        let delta = self.wide(delta).into();
        let old = self.call_builtin_value(builtin, &[table, delta, value.into()]);
        built(
            self.builder
                .build_int_truncate(old.into_int_value(), self.types.i32, ""),
        )
        .into()
    }

    pub(super) fn emit_table_fill(
        &mut self,
        table: TableIndex,
        [offset, value, length]: [Value<'ctx>; 3],
    ) {
        let builtin = match self.environment.info.is_function_table(table) {
            true => Builtin::TableFillFunc,
            false => Builtin::TableFillRef,
        };
        let table = self.number(table.as_u32()).into();
        let (offset, length) = (self.wide(offset).into(), self.wide(length).into());
        self.call_builtin(builtin, &[table, offset, value.into(), length]);
    }

    pub(super) fn emit_table_copy(
        &mut self,
        to: TableIndex,
        from: TableIndex,
        operands: [Value<'ctx>; 3],
    ) {
        let (to, from) = (
            self.number(to.as_u32()).into(),
            self.number(from.as_u32()).into(),
        );
        let [to_offset, from_offset, length] = operands.map(|value| self.wide(value).into());
        let args = [to, to_offset, from, from_offset, length];
        self.call_builtin(Builtin::TableCopy, &args);
    }

    pub(super) fn emit_table_init(
        &mut self,
        table: TableIndex,
        segment: ElemIndex,
        operands: [Value<'ctx>; 3],
    ) {
        self.init(
            Builtin::TableInit,
            table.as_u32(),
            segment.as_u32(),
            operands,
        );
    }

    pub(super) fn emit_elem_drop(&mut self, segment: ElemIndex) {
        let segment = self.number(segment.as_u32());
        self.call_builtin(Builtin::ElemDrop, &[segment.into()]);
    }

    /// Copies from a segment, of elements or data.
    pub(super) fn init(
        &self,
        builtin: Builtin,
        to: u32,
        segment: u32,
        [to_offset, from_offset, length]: [Value<'ctx>; 3],
    ) {
        let (to, segment) = (self.number(to), self.number(segment));
        let to_offset = self.wide(to_offset);
        let (from_offset, length) = (self.i32(from_offset), self.i32(length));
        let args = [to, segment, to_offset, from_offset, length].map(Into::into);
        self.call_builtin(builtin, &args);
    }
}
