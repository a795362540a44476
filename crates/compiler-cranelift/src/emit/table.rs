//! Tables.
//!
//! A table whose size never changes has a constant length and a base that is an invariant of the instance; others are
//! reached through their definition. An index out of bounds makes a conditional move replace the element's address by
//! null, where the access faults with its trap code: no branch that could be mispredicted past.
//!
//! Elements of function tables are pointers, with two special values: one for null and one for "ask the runtime", which
//! a cold call does.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use std::mem::offset_of;
use wasmill_abi::{
    Builtin, EXTERNREF_ELEMENT_SIZE, FUNCREF_ELEMENT_SIZE, NULL_ELEMENT, TrapCode,
    VMTableDefinition, VMTableRef,
};
use wasmill_types::{ElemIndex, TableIndex};

use super::memory::Place;
use crate::regions::Region;
use crate::translator::Translator;
use crate::types::POINTER;

impl Translator<'_> {
    pub(super) fn emit_table_get(&mut self, table: TableIndex, index: Value) -> Value {
        let index = self.coerce(index, types::I32);
        if self.environment.info.is_function_table(table) {
            return self.load_function(table, index, None);
        }
        let place = self.element(table, index);
        self.load_at(types::I32, place)
    }

    pub(super) fn emit_table_set(&mut self, table: TableIndex, index: Value, value: Value) {
        let index = self.coerce(index, types::I32);
        let place = self.element(table, index);
        let value = if self.environment.info.is_function_table(table) {
            // Null is the only reference at or below the element that stands for it.
            let null = self.iconst(POINTER, NULL_ELEMENT as u64);
            self.builder.ins().umax(value, null)
        } else {
            value
        };
        self.store_at(value, place);
    }

    /// The reference in a function table; traps if the index (`i32`) is out of bounds. Null is null, or a trap: asked
    /// where elements are special anyway, so that it costs nothing.
    pub(super) fn load_function(
        &mut self,
        table: TableIndex,
        index: Value,
        null: Option<TrapCode>,
    ) -> Value {
        let place = self.element(table, index);
        let element = self.load_at(POINTER, place);
        let at_most = IntCC::UnsignedLessThanOrEqual;
        let special = self
            .builder
            .ins()
            .icmp_imm_u(at_most, element, NULL_ELEMENT as i64);

        let lazy = self.builder.create_block();
        let ready = self.builder.create_block();
        let reference = self.builder.append_block_param(ready, POINTER);
        self.builder.set_cold_block(lazy);
        self.builder
            .ins()
            .brif(special, lazy, &[], ready, &[element.into()]);
        self.builder.seal_block(lazy);

        self.builder.switch_to_block(lazy);
        let table = self.iconst(types::I32, table.as_u32().into());
        let index = self.index(index);
        let element = self.call_builtin_value(Builtin::TableGetLazy, &[table, index]);
        if let Some(code) = null {
            let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, element, 0);
            self.trap_if(is_null, code);
        }
        self.builder.ins().jump(ready, &[element.into()]);
        self.builder.seal_block(ready);
        self.builder.switch_to_block(ready);
        reference
    }

    /// Where an element is. If the index (`i32`) is out of bounds, access to the place traps.
    fn element(&mut self, table: TableIndex, index: Value) -> Place {
        let size = match self.environment.info.is_function_table(table) {
            true => FUNCREF_ELEMENT_SIZE,
            false => EXTERNREF_ELEMENT_SIZE,
        };
        let fixed = self.environment.info.fixed_table_length(table);
        let constant = self.as_constant(index);
        let in_bounds =
            constant.is_some_and(|index| fixed.is_some_and(|length| index < length.into()));
        let trap = (!in_bounds).then_some(TrapCode::TableAccessOutOfBounds);
        let region = Region::table(self.environment.module(), table);
        let flags = region.guest(self.builder.func, trap).with_aligned();

        let (base, length) = self.table_base_and_length(table, fixed);
        let wide = self.index(index);
        let shift = i64::from(size.trailing_zeros());
        let displacement = self.builder.ins().ishl_imm_u(wide, shift);
        let mut address = self.builder.ins().iadd(base, displacement);
        if !in_bounds {
            let at_least = IntCC::UnsignedGreaterThanOrEqual;
            let outside = self.builder.ins().icmp(at_least, index, length);
            let null = self.iconst(POINTER, 0);
            address = self
                .builder
                .ins()
                .select_spectre_guard(outside, null, address);
        }
        Place {
            flags,
            address,
            offset: 0,
        }
    }

    fn table_base_and_length(&mut self, table: TableIndex, fixed: Option<u32>) -> (Value, Value) {
        if let Some(length) = fixed {
            let table = self.environment.info.layout.table(table);
            let base = self.load_invariant(table + offset_of!(VMTableRef, base) as u32);
            return (base, self.iconst(types::I32, length.into()));
        }
        let definition = self.table_definition(table);
        let flags = Region::Definitions.trusted(self.builder.func);
        let base = offset_of!(VMTableDefinition, base) as i32;
        let base = self.builder.ins().load(POINTER, flags, definition, base);
        (base, self.current_elements(definition))
    }

    fn table_definition(&mut self, table: TableIndex) -> Value {
        let table = self.environment.info.layout.table(table);
        self.load_invariant(table + offset_of!(VMTableRef, definition) as u32)
    }

    fn current_elements(&mut self, definition: Value) -> Value {
        let flags = Region::Definitions.trusted(self.builder.func);
        let offset = offset_of!(VMTableDefinition, current_elements) as i32;
        self.builder
            .ins()
            .load(types::I32, flags, definition, offset)
    }

    pub(super) fn emit_table_size(&mut self, table: TableIndex) -> Value {
        match self.environment.info.fixed_table_length(table) {
            Some(length) => self.iconst(types::I32, length.into()),
            None => {
                let definition = self.table_definition(table);
                self.current_elements(definition)
            }
        }
    }

    pub(super) fn emit_table_grow(
        &mut self,
        table: TableIndex,
        value: Value,
        delta: Value,
    ) -> Value {
        let builtin = match self.environment.info.is_function_table(table) {
            true => Builtin::TableGrowFunc,
            false => Builtin::TableGrowRef,
        };
        let table = self.number(table.as_u32());
        let delta = self.index(delta);
        let old = self.call_builtin_value(builtin, &[table, delta, value]);
        self.builder.ins().ireduce(types::I32, old)
    }

    pub(super) fn emit_table_fill(
        &mut self,
        table: TableIndex,
        [offset, value, length]: [Value; 3],
    ) {
        let builtin = match self.environment.info.is_function_table(table) {
            true => Builtin::TableFillFunc,
            false => Builtin::TableFillRef,
        };
        let table = self.number(table.as_u32());
        let (offset, length) = (self.index(offset), self.index(length));
        self.call_builtin(builtin, &[table, offset, value, length]);
    }

    pub(super) fn emit_table_copy(
        &mut self,
        to: TableIndex,
        from: TableIndex,
        operands: [Value; 3],
    ) {
        let (to, from) = (self.number(to.as_u32()), self.number(from.as_u32()));
        let [to_offset, from_offset, length] = operands.map(|value| self.index(value));
        let args = [to, to_offset, from, from_offset, length];
        self.call_builtin(Builtin::TableCopy, &args);
    }

    pub(super) fn emit_table_init(
        &mut self,
        table: TableIndex,
        segment: ElemIndex,
        [to_offset, from_offset, length]: [Value; 3],
    ) {
        let (table, segment) = (self.number(table.as_u32()), self.number(segment.as_u32()));
        let to_offset = self.index(to_offset);
        let from_offset = self.coerce(from_offset, types::I32);
        let length = self.coerce(length, types::I32);
        let args = [table, segment, to_offset, from_offset, length];
        self.call_builtin(Builtin::TableInit, &args);
    }

    pub(super) fn emit_elem_drop(&mut self, segment: ElemIndex) {
        let segment = self.number(segment.as_u32());
        self.call_builtin(Builtin::ElemDrop, &[segment]);
    }

    /// A number for a built-in.
    fn number(&mut self, number: u32) -> Value {
        self.iconst(types::I32, number.into())
    }
}
