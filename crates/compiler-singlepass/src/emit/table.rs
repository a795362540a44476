//! Tables.
//!
//! A table whose size never changes has a constant length and a base in the context; others are reached through their
//! definition. An index out of bounds makes a conditional move replace the element's address by null, where the access
//! faults with its trap code: no branch that could be mispredicted past.
//!
//! Elements of function tables are pointers, with two special values: one for null and one for "ask the runtime".

use std::mem::offset_of;
use wasmill_abi::{
    Builtin, EXTERNREF_ELEMENT_SIZE, FUNCREF_ELEMENT_SIZE, NULL_ELEMENT, TrapCode,
    VMTableDefinition, VMTableRef,
};
use wasmill_types::{ElemIndex, TableIndex};

use super::call::Argument;
use super::memory::{at, context};
use crate::generator::{Generator, SCRATCH};
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::{Label, Mem, Rm};
use crate::x64::opcodes::{Alu, condition};
use crate::x64::registers::{Gpr, RAX};

impl Generator<'_> {
    pub(super) fn emit_table_get(&mut self, table: TableIndex) {
        if self.environment.info.is_function_table(table) {
            let index = self.pop();
            // It may become a call.
            let index = self.own(index);
            self.leave_registers(0);
            self.lose_pins();
            let reference = self.load_function(table, index, None, 0);
            return self.push_gpr(Kind::I64, reference);
        }
        let index = self.pop();
        let place = self.element(table, index);
        self.trap_site(TrapCode::TableAccessOutOfBounds);
        self.asm().mov(false, place, at(place, 0).into());
        self.push_gpr(Kind::I32, place);
    }

    pub(super) fn emit_table_set(&mut self, table: TableIndex) {
        let (value, index) = (self.pop(), self.pop());
        let is_function = self.environment.info.is_function_table(table);
        let mut value = value;
        if is_function {
            // Null is the only reference at or below the element that stands for it.
            let reg = self.gpr_to_change(value, None);
            value.loc = Loc::Gpr(reg);
            self.asm().mov_imm(SCRATCH, NULL_ELEMENT as u64);
            self.asm().alu(Alu::Cmp, true, reg, SCRATCH.into());
            self.asm().cmov(condition::BELOW, true, reg, SCRATCH.into());
        }
        let from = self.gpr(&mut value);
        let place = self.element(table, index);
        self.trap_site(TrapCode::TableAccessOutOfBounds);
        self.asm().mov_to(is_function, at(place, 0), from);
        self.free_gpr(place);
        self.release(value);
    }

    /// The reference in a function table, in a register that belongs to the hook; traps if the index is out of bounds. Null
    /// is null, or a trap: asked where elements are special anyway, so that it costs nothing.
    ///
    /// The runtime may be asked for it: all operands but the topmost `live` ones have left their registers, and pinned
    /// locals are stale.
    pub(super) fn load_function(
        &mut self,
        table: TableIndex,
        mut index: Operand,
        null: Option<TrapCode>,
        live: usize,
    ) -> Gpr {
        // The index is needed again if the runtime is asked.
        let number = self.gpr(&mut index);
        let copy = Operand {
            loc: Loc::Gpr(number),
            ..index
        };
        let to = self.element_of(table, number);
        self.trap_site(TrapCode::TableAccessOutOfBounds);
        self.asm().mov(true, to, at(to, 0).into());
        self.asm()
            .alu_imm(Alu::Cmp, true, to.into(), NULL_ELEMENT as i32);
        let mut ready = Label::new();
        self.asm().jump_if(condition::ABOVE, &mut ready);

        let from = self.height() - live;
        for at in from..self.height() {
            self.save_for_a_while(at);
        }
        let args = [Argument::Number(table.as_u32()), Argument::Value(copy)];
        self.call_builtin_with(Builtin::TableGetLazy, &args);
        self.asm().mov(true, to, RAX.into());
        if let Some(code) = null {
            self.asm().test(true, to, to);
            self.raise_if(condition::EQUAL, code);
        }
        for at in from..self.height() {
            self.restore(at, to);
        }
        self.asm().bind(&mut ready);
        self.release(index);
        to
    }

    /// An operand in a register of its own, which no local is pinned to.
    pub(super) fn own(&mut self, operand: Operand) -> Operand {
        Operand {
            loc: Loc::Gpr(self.gpr_to_change(operand, None)),
            ..operand
        }
    }

    /// Stores an operand in its slot, though it stays in its register.
    fn save_for_a_while(&mut self, at: usize) {
        let operand = self.tables.stack[at];
        if operand.is_own_gpr() || operand.is_own_xmm() {
            self.store_operand(Self::slot(operand.slot), &operand);
        }
    }

    fn restore(&mut self, at: usize, other: Gpr) {
        let operand = self.tables.stack[at];
        debug_assert_ne!(operand.loc, Loc::Gpr(other));
        if operand.is_own_gpr() || operand.is_own_xmm() {
            let from = Operand {
                loc: Loc::Slot,
                ..operand
            };
            self.load_operand(operand.loc, &from);
        }
    }

    /// The address of an element, in a register that belongs to the hook. If the index is out of bounds, access to it
    /// traps. The index is gone.
    fn element(&mut self, table: TableIndex, mut index: Operand) -> Gpr {
        let number = self.gpr(&mut index);
        let to = self.element_of(table, number);
        self.release(index);
        to
    }

    fn element_of(&mut self, table: TableIndex, index: Gpr) -> Gpr {
        let size = match self.environment.info.is_function_table(table) {
            true => FUNCREF_ELEMENT_SIZE,
            false => EXTERNREF_ELEMENT_SIZE,
        };
        let place = self.environment.info.layout.table(table) as i32;
        let to = self.new_gpr();
        if let Some(length) = self.environment.info.fixed_table_length(table) {
            let base = context(place + offset_of!(VMTableRef, base) as i32);
            self.asm().mov(true, to, base.into());
            let length = length as i32;
            self.asm().alu_imm(Alu::Cmp, false, index.into(), length);
        } else {
            let definition = context(place + offset_of!(VMTableRef, definition) as i32);
            self.asm().mov(true, to, definition.into());
            let length = at(to, offset_of!(VMTableDefinition, current_elements) as i32);
            self.asm().alu(Alu::Cmp, false, index, length.into());
            let base = at(to, offset_of!(VMTableDefinition, base) as i32);
            self.asm().mov(true, to, base.into());
        }
        let element = Mem::Index {
            base: to,
            index,
            scale: size.trailing_zeros() as u8,
            disp: 0,
        };
        self.asm().lea(true, to, element);
        let null = self.asm().constant64(0);
        self.asm()
            .cmov(condition::ABOVE_EQUAL, true, to, Rm::Mem(null));
        to
    }

    pub(super) fn emit_table_size(&mut self, table: TableIndex) {
        if let Some(length) = self.environment.info.fixed_table_length(table) {
            return self.push(Kind::I32, Loc::Const(length.into()), None);
        }
        let place = self.environment.info.layout.table(table) as i32;
        let to = self.new_gpr();
        let definition = context(place + offset_of!(VMTableRef, definition) as i32);
        self.asm().mov(true, to, definition.into());
        let length = at(to, offset_of!(VMTableDefinition, current_elements) as i32);
        self.asm().mov(false, to, length.into());
        self.push_gpr(Kind::I32, to);
    }

    pub(super) fn emit_table_grow(&mut self, table: TableIndex) {
        let builtin = match self.environment.info.is_function_table(table) {
            true => Builtin::TableGrowFunc,
            false => Builtin::TableGrowRef,
        };
        let (delta, value) = (self.pop(), self.pop());
        let args = [
            Argument::Number(table.as_u32()),
            Argument::Value(delta),
            Argument::Value(value),
        ];
        self.call_builtin_value(builtin, &args, Kind::I32);
    }

    pub(super) fn emit_table_fill(&mut self, table: TableIndex) {
        let builtin = match self.environment.info.is_function_table(table) {
            true => Builtin::TableFillFunc,
            false => Builtin::TableFillRef,
        };
        let [offset, value, length] = self.pop_three();
        self.call_builtin(
            builtin,
            &[Argument::Number(table.as_u32()), offset, value, length],
        );
    }

    pub(super) fn emit_table_copy(&mut self, to: TableIndex, from: TableIndex) {
        let [to_offset, from_offset, length] = self.pop_three();
        let (to, from) = (
            Argument::Number(to.as_u32()),
            Argument::Number(from.as_u32()),
        );
        let args = [to, to_offset, from, from_offset, length];
        self.call_builtin(Builtin::TableCopy, &args);
    }

    pub(super) fn emit_table_init(&mut self, table: TableIndex, segment: ElemIndex) {
        let [to_offset, from_offset, length] = self.pop_three();
        let (table, segment) = (
            Argument::Number(table.as_u32()),
            Argument::Number(segment.as_u32()),
        );
        let args = [table, segment, to_offset, from_offset, length];
        self.call_builtin(Builtin::TableInit, &args);
    }

    pub(super) fn emit_elem_drop(&mut self, segment: ElemIndex) {
        let segment = Argument::Number(segment.as_u32());
        self.call_builtin(Builtin::ElemDrop, &[segment]);
    }

    /// Takes three operands, the topmost last, as arguments of a built-in.
    pub(super) fn pop_three(&mut self) -> [Argument; 3] {
        let (third, second, first) = (self.pop(), self.pop(), self.pop());
        [first, second, third].map(Argument::Value)
    }
}
