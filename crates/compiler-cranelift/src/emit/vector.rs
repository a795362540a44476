//! Operations on vectors that take more than one instruction, and rounding.
//!
//! Cranelift would call functions of its own choosing for rounding without SSE4.1 and for byte shuffles without SSSE3.
//! Nothing in a module may refer to such functions, so these are spelled out here where the target lacks them.

use cranelift_codegen::ir::{
    self, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value, types,
};
use wasmill_abi::Builtin;
use wasmill_compiler::ops::{LaneExtend, Shape, Unary};

use crate::regions::Region;
use crate::translator::Translator;
use crate::types::{POINTER, VECTOR, shape_type};

impl Translator<'_> {
    /// Rounds a scalar or each lane of a vector; `op` is one of the four roundings, `a` has the shape's type.
    pub(super) fn emit_rounding(&mut self, op: Unary, shape: Shape, a: Value) -> Value {
        if self.environment.abilities.rounds {
            return match op {
                Unary::FCeil => self.builder.ins().ceil(a),
                Unary::FFloor => self.builder.ins().floor(a),
                Unary::FTrunc => self.builder.ins().trunc(a),
                _ => self.builder.ins().nearest(a),
            };
        }
        let single = shape.lane_bytes() == 4;
        let builtin = match op {
            Unary::FCeil if single => Builtin::CeilF32,
            Unary::FCeil => Builtin::CeilF64,
            Unary::FFloor if single => Builtin::FloorF32,
            Unary::FFloor => Builtin::FloorF64,
            Unary::FTrunc if single => Builtin::TruncF32,
            Unary::FTrunc => Builtin::TruncF64,
            _ if single => Builtin::NearestF32,
            _ => Builtin::NearestF64,
        };
        // Functions of the platform may give a signalling NaN back as it is; multiplying by one makes it quiet.
        let one = self.one(shape_type(shape));
        let a = self.builder.ins().fmul(a, one);
        if !shape.is_vector() {
            return self.call_builtin_value(builtin, &[a]);
        }
        let mut result = a;
        for lane in 0..(shape.bytes() / shape.lane_bytes()) as u8 {
            let value = self.builder.ins().extractlane(a, lane);
            let value = self.call_builtin_value(builtin, &[value]);
            result = self.builder.ins().insertlane(result, value, lane);
        }
        result
    }

    /// One, in each lane of a vector of floats.
    fn one(&mut self, ty: ir::Type) -> Value {
        let one = match ty.lane_type() {
            types::F32 => self.builder.ins().f32const(1.0),
            _ => self.builder.ins().f64const(1.0),
        };
        match ty.is_vector() {
            true => self.builder.ins().splat(ty, one),
            false => one,
        }
    }

    /// `a` and `b` are `I16x8`.
    pub(super) fn emit_dot(&mut self, a: Value, b: Value) -> Value {
        let (a_low, b_low) = (
            self.builder.ins().swiden_low(a),
            self.builder.ins().swiden_low(b),
        );
        let low = self.builder.ins().imul(a_low, b_low);
        let (a_high, b_high) = (
            self.builder.ins().swiden_high(a),
            self.builder.ins().swiden_high(b),
        );
        let high = self.builder.ins().imul(a_high, b_high);
        self.builder.ins().iadd_pairwise(low, high)
    }

    pub(super) fn emit_splat(&mut self, shape: Shape, a: Value) -> Value {
        let a = self.lane_scalar(shape, a);
        self.builder.ins().splat(shape_type(shape), a)
    }

    pub(super) fn emit_extract_lane(
        &mut self,
        shape: Shape,
        extend: LaneExtend,
        lane: u8,
        a: Value,
    ) -> Value {
        let a = self.coerce(a, shape_type(shape));
        let lane = self.builder.ins().extractlane(a, lane);
        match extend {
            LaneExtend::None => lane,
            LaneExtend::Signed => self.builder.ins().sextend(types::I32, lane),
            LaneExtend::Unsigned => self.builder.ins().uextend(types::I32, lane),
        }
    }

    pub(super) fn emit_replace_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        a: Value,
        scalar: Value,
    ) -> Value {
        let a = self.coerce(a, shape_type(shape));
        let scalar = self.lane_scalar(shape, scalar);
        self.builder.ins().insertlane(a, scalar, lane)
    }

    /// A scalar operand as wide as a lane.
    fn lane_scalar(&mut self, shape: Shape, scalar: Value) -> Value {
        let lane = shape_type(shape).lane_type();
        if lane == types::I8 || lane == types::I16 {
            let scalar = self.coerce(scalar, types::I32);
            self.builder.ins().ireduce(lane, scalar)
        } else {
            self.coerce(scalar, lane)
        }
    }

    pub(super) fn emit_bitselect(&mut self, a: Value, b: Value, mask: Value) -> Value {
        let (a, b) = (self.coerce(a, VECTOR), self.coerce(b, VECTOR));
        let mask = self.coerce(mask, VECTOR);
        self.builder.ins().bitselect(mask, a, b)
    }

    pub(super) fn emit_shuffle(&mut self, lanes: [u8; 16], a: Value, b: Value) -> Value {
        let (a, b) = (self.coerce(a, VECTOR), self.coerce(b, VECTOR));
        if self.environment.abilities.shuffles {
            let lanes = lanes.as_slice().into();
            let lanes = self.builder.func.dfg.immediates.push(lanes);
            return self.builder.ins().shuffle(a, b, lanes);
        }
        let from = self.bytes_in_memory(&[a, b]);
        let (to, flags) = (self.scratch(1), self.scratch_flags());
        for (at, &lane) in lanes.iter().enumerate() {
            let byte = self
                .builder
                .ins()
                .load(types::I8, flags, from, i32::from(lane));
            self.builder.ins().store(flags, byte, to, at as i32);
        }
        self.builder.ins().load(VECTOR, flags, to, 0)
    }

    /// `a` and `indices` are `I8x16`.
    pub(super) fn emit_swizzle(&mut self, a: Value, indices: Value) -> Value {
        if self.environment.abilities.shuffles {
            return self.builder.ins().swizzle(a, indices);
        }
        // Indices above 15 read from a second vector, which is zero.
        let zero = self.vconst(VECTOR, 0);
        let limit = self.vconst(VECTOR, u128::from_le_bytes([16; 16]));
        let indices = self.builder.ins().umin(indices, limit);
        let from = self.bytes_in_memory(&[a, zero]);
        let (to, flags) = (self.scratch(1), self.scratch_flags());
        for lane in 0..16 {
            let index = self.builder.ins().extractlane(indices, lane);
            let index = self.builder.ins().uextend(POINTER, index);
            let address = self.builder.ins().iadd(from, index);
            let byte = self.builder.ins().load(types::I8, flags, address, 0);
            self.builder.ins().store(flags, byte, to, i32::from(lane));
        }
        self.builder.ins().load(VECTOR, flags, to, 0)
    }

    /// Stores vectors one after the other; gives the address of the first.
    fn bytes_in_memory(&mut self, vectors: &[Value]) -> Value {
        let (address, flags) = (self.scratch(vectors.len() as u32), self.scratch_flags());
        for (nth, &vector) in vectors.iter().enumerate() {
            self.builder
                .ins()
                .store(flags, vector, address, nth as i32 * 16);
        }
        address
    }

    /// The address of a new place on the stack for some vectors.
    fn scratch(&mut self, vectors: u32) -> Value {
        let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, vectors * 16, 4);
        let slot = self.builder.create_sized_stack_slot(slot);
        self.builder.ins().stack_addr(POINTER, slot, 0)
    }

    /// Bytes are written and read back as vectors, so what one store says about another's place does not hold: no region.
    fn scratch_flags(&mut self) -> MemFlagsData {
        let region = Region::Stack.trusted(self.builder.func);
        region
            .with_alias_region(None)
            .with_endianness(ir::Endianness::Little)
    }
}
