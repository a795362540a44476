//! How a function uses its locals: a look ahead for back ends that cannot look back.
//!
//! A body's bytes are read once, without validation, before it is compiled: how often is each local used, and how often is
//! something called, each weighted by the loops around? And is a local set to results of float arithmetic only? What comes out is a guess:
//! nothing may depend on it for correctness that does not check it.
//!
//! Time counts more than anything here: a baseline compiler is hardly slower than reading operators properly, so this only
//! knows how long the immediates of each are. What it does not know has none; if that is wrong, so is the guess.

use crate::FunctionBodyData;
use crate::ops::Shape;

/// What one loop around a use multiplies it by, as a power of two.
const LOOP_SHIFT: u32 = 3;
/// Deeper loops count like this one.
const MAX_DEPTH: u32 = 4;
/// Of more copies from local to local nothing is known.
const MAX_COPIES: usize = 256;

/// The uses of a function's locals.
#[derive(Debug)]
pub struct LocalUsage {
    /// How often each local is used, weighted. Those with higher numbers are not counted.
    pub locals: [u32; Self::COUNTED],
    /// How often something is called, weighted.
    pub calls: u32,
    /// What each local is set to.
    sources: [Source; Self::COUNTED],
    /// What the last operator gives.
    last: Source,
    /// Which local is set to which other one.
    copies: Vec<(u8, u8)>,
    /// Whether any is set to a result of arithmetic.
    any_arithmetic: bool,
    /// For each open block, whether it is a loop.
    blocks: Vec<bool>,
    /// How many of them are.
    loops: u32,
    /// What a use counts here.
    weight: u32,
}

impl Default for LocalUsage {
    fn default() -> Self {
        Self {
            locals: [0; Self::COUNTED],
            calls: 0,
            sources: [Source::Number; Self::COUNTED],
            last: Source::Other,
            copies: Vec::new(),
            any_arithmetic: false,
            blocks: Vec::new(),
            loops: 0,
            weight: 1,
        }
    }
}

impl LocalUsage {
    /// How many locals are counted.
    pub const COUNTED: usize = 128;

    /// Reads a body. What is malformed makes the guess a wrong one: validation reports it later.
    /// The first so many locals are parameters, which are set by others.
    pub fn read(&mut self, body: &FunctionBodyData<'_>, params: usize) {
        self.locals = [0; Self::COUNTED];
        self.calls = 0;
        self.set_loops(0);
        self.sources = [Source::Number; Self::COUNTED];
        self.sources[..params.min(Self::COUNTED)].fill(Source::Other);
        self.last = Source::Other;
        self.copies.clear();
        self.any_arithmetic = false;
        self.blocks.clear();
        let Ok(operators) = body.body.get_operators_reader() else {
            return;
        };
        let mut reader = operators.get_binary_reader();
        if let Ok(bytes) = reader.read_bytes(reader.bytes_remaining()) {
            let mut bytes = Bytes(bytes);
            while let Some(operator) = bytes.next() {
                self.operator(operator, &mut bytes);
            }
        }
        if self.any_arithmetic {
            self.follow_copies();
        }
    }

    /// The shape of what a local is set to, if that is, everywhere, a number, or the result of an operation on floats right
    /// before that makes new NaNs.
    pub fn arithmetic(&self, local: usize) -> Option<Shape> {
        match self.sources.get(local) {
            Some(&Source::Arithmetic(shape)) => Some(shape),
            _ => None,
        }
    }

    /// Forgets what locals are set to: a guess that was wrong.
    pub fn forget_arithmetic(&mut self) {
        self.sources.fill(Source::Other);
    }

    #[inline]
    fn operator(&mut self, operator: u8, bytes: &mut Bytes<'_>) {
        let last = std::mem::replace(&mut self.last, Source::Other);
        match operator {
            0x20 => {
                let local = bytes.number();
                self.count(local);
                self.last = Source::local(local);
            }
            // local.set, local.tee
            0x21 | 0x22 => {
                let local = bytes.number();
                self.count(local);
                self.set(local, last);
                // Behind a `set`, the next one takes what was there before.
                if operator == 0x22 {
                    self.last = Source::local(local);
                }
            }
            // ceil, floor, trunc, nearest, sqrt, add, sub, mul, div, min, max; f32.demote_f64
            0x8d..=0x97 | 0xb6 => self.last = Source::Arithmetic(Shape::F32),
            // The same; f64.promote_f32
            0x9b..=0xa5 | 0xbb => self.last = Source::Arithmetic(Shape::F64),
            // i32.const, i64.const, global.get …, br, br_if
            0x41 | 0x42 | 0x23..=0x26 | 0x0c | 0x0d => bytes.skip_number(),
            // Loads and stores
            0x28..=0x3e => bytes.skip_memory_immediates(),
            // block, if
            0x02 | 0x04 => self.enter(false, bytes),
            0x03 => self.enter(true, bytes),
            0x0b => self.leave(),
            0x10 => self.call(1, bytes),
            // call_indirect
            0x11 => self.call(2, bytes),
            // memory.grow
            0x40 => self.call(1, bytes),
            // br_table
            0x0e => {
                let cases = bytes.number();
                bytes.skip_numbers(cases.saturating_add(1));
            }
            // select with types
            0x1c => {
                let types = bytes.number();
                bytes.skip_numbers(types);
            }
            // memory.size, ref.null, ref.func
            0x3f | 0xd0 | 0xd2 => bytes.skip_number(),
            // f32.const, f64.const
            0x43 => self.last = bytes.float_constant(4),
            0x44 => self.last = bytes.float_constant(8),
            0xfc => self.bulk_operator(bytes),
            0xfd => {
                let operator = bytes.number();
                self.last = vector_source(operator, bytes);
                bytes.skip_vector_immediates(operator);
            }
            _ => {}
        }
    }

    fn bulk_operator(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.number() {
            // Segments and memories, then tables: init, drop, copy; fill, grow, size
            8 | 10 | 12 | 14 => self.call(2, bytes),
            9 | 11 | 13 | 15..=17 => self.call(1, bytes),
            _ => {}
        }
    }

    fn count(&mut self, local: u32) {
        if let Some(count) = self.locals.get_mut(local as usize) {
            *count = count.saturating_add(self.weight);
        }
    }

    fn set(&mut self, local: u32, from: Source) {
        let Some(source) = self.sources.get_mut(local as usize) else {
            return;
        };
        match from {
            Source::Local(from) if self.copies.len() < MAX_COPIES => {
                self.copies.push((local as u8, from));
            }
            Source::Local(_) => *source = Source::Other,
            _ => {
                *source = source.or(from);
                self.any_arithmetic |= matches!(from, Source::Arithmetic(_));
            }
        }
    }

    /// A local that is set to another one is set to what that is set to. If one of them can be put off, both are.
    fn follow_copies(&mut self) {
        let mut changes = true;
        while std::mem::take(&mut changes) {
            for &(to, from) in &self.copies {
                let (to, from) = (usize::from(to), usize::from(from));
                let before = (self.sources[to], self.sources[from]);
                let to_now = before.0.or(before.1);
                let from_now = match before.1 {
                    Source::Number if to_now != Source::Other => to_now,
                    other => other,
                };
                self.sources[to] = to_now;
                self.sources[from] = from_now;
                changes |= before != (to_now, from_now);
            }
        }
    }

    fn call(&mut self, immediates: u32, bytes: &mut Bytes<'_>) {
        bytes.skip_numbers(immediates);
        self.calls = self.calls.saturating_add(self.weight);
    }

    fn enter(&mut self, is_loop: bool, bytes: &mut Bytes<'_>) {
        bytes.skip_number();
        self.blocks.push(is_loop);
        self.set_loops(self.loops + u32::from(is_loop));
    }

    fn leave(&mut self) {
        if self.blocks.pop() == Some(true) {
            self.set_loops(self.loops - 1);
        }
    }

    fn set_loops(&mut self, loops: u32) {
        self.loops = loops;
        self.weight = 1 << (LOOP_SHIFT * loops.min(MAX_DEPTH));
    }
}

/// Where a value comes from, to one who cares for the bits of NaNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// It is a constant without a NaN in it. A vector is zero.
    Number,
    /// A NaN among the results is one of arithmetic. The operations are those of scalars but `abs`, `neg` and `copysign`; on
    /// vectors not the minimum and maximum either.
    Arithmetic(Shape),
    /// It is what this local is; none of a local.
    Local(u8),
    Other,
}

impl Source {
    /// What this local is, if it is one of those that are counted.
    fn local(local: u32) -> Self {
        match u8::try_from(local) {
            Ok(number) if usize::from(number) < LocalUsage::COUNTED => Self::Local(number),
            _ => Self::Other,
        }
    }
    /// Of a value that comes from one or the other.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Number, source) | (source, Self::Number) => source,
            _ if self == other => self,
            _ => Self::Other,
        }
    }
}

/// What an operation on vectors gives, before its immediates are read.
fn vector_source(operator: u32, bytes: &Bytes<'_>) -> Source {
    match operator {
        // v128.const
        12 if bytes.0.starts_with(&[0; 16]) => Source::Number,
        // demote; ceil, floor, trunc, nearest; sqrt, add, sub, mul, div
        94 | 103..=106 | 227..=231 => Source::Arithmetic(Shape::F32x4),
        // promote; the same
        95 | 116 | 117 | 122 | 148 | 239..=243 => Source::Arithmetic(Shape::F64x2),
        _ => Source::Other,
    }
}

/// Bytes that are left.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }
    #[inline]
    fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }
    /// The low bits of a LEB128 number, nearly always one byte.
    #[inline]
    fn number(&mut self) -> u32 {
        match self.next() {
            Some(byte @ 0x80..) => self.long_number(byte),
            Some(byte) => byte.into(),
            None => 0,
        }
    }
    fn long_number(&mut self, first: u8) -> u32 {
        let (mut number, mut shift) = (u32::from(first & 0x7f), 7);
        while let Some(byte) = self.next() {
            number |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        number
    }
    /// Skips a LEB128 number.
    #[inline]
    fn skip_number(&mut self) {
        while let Some(0x80..) = self.next() {}
    }
    /// Skips so many LEB128 numbers, as far as there are any.
    fn skip_numbers(&mut self, count: u32) {
        for _ in 0..count {
            if self.0.is_empty() {
                return;
            }
            self.skip_number();
        }
    }
    /// Alignment and offset; between them a memory, if a bit of the former says so.
    #[inline]
    fn skip_memory_immediates(&mut self) {
        const HAS_MEMORY: u32 = 0x40;
        let has_memory = self.number() & HAS_MEMORY != 0;
        self.skip_number();
        if has_memory {
            self.skip_number();
        }
    }
    /// Skips a constant of so many bytes: its exponent is in the upper bits of the last two.
    #[inline]
    fn float_constant(&mut self, size: usize) -> Source {
        let is_finite = self.0.get(size - 2..size).is_some_and(|upper| {
            let exponent = if size == 4 { 0x7f80 } else { 0x7ff0 };
            u16::from_le_bytes([upper[0], upper[1]]) & exponent != exponent
        });
        self.skip(size);
        match is_finite {
            true => Source::Number,
            false => Source::Other,
        }
    }
    fn skip_vector_immediates(&mut self, operator: u32) {
        match operator {
            0..=11 | 92 | 93 => self.skip_memory_immediates(),
            // v128.const, i8x16.shuffle
            12 | 13 => self.skip(16),
            // Lanes
            21..=34 => self.skip(1),
            84..=91 => {
                self.skip_memory_immediates();
                self.skip(1);
            }
            _ => {}
        }
    }
}

#[cfg(all(test, feature = "wat"))]
mod tests {
    use super::*;
    use crate::{Features, translate, wat2wasm};

    fn usage(body: &str) -> LocalUsage {
        let wat = format!(
            "(module (memory 1) (table 1 funcref) (func $f (param i32) (local i32 i64) {body}))"
        );
        let wasm = wat2wasm(wat.as_bytes()).expect("a module");
        let translation = translate(&wasm, &Features::default()).expect("a valid module");
        let mut usage = LocalUsage::default();
        for body in translation.bodies.values() {
            usage.read(body, 1);
        }
        usage
    }

    #[test]
    fn uses_in_loops_count_more() {
        let usage = usage(
            "(local.set 1 (local.get 0))
             (loop (local.set 2 (i64.const 1)) (loop (drop (local.get 1))))
             (block (call $f (local.tee 0 (i32.const 1))))",
        );
        assert_eq!(usage.locals[..4], [2, 1 + 64, 8, 0]);
        assert_eq!(usage.calls, 1);
    }

    #[test]
    fn immediates_are_skipped() {
        // Immediates look like uses of local 1, or like ends.
        let mark = "(drop (local.get 0))";
        let operators = [
            "(drop (i32.const 288)) (drop (i64.const -81))",
            "(drop (f32.const 1.5)) (drop (f64.const 0x1.1012001200120p+30))",
            "(drop (v128.const i32x4 0x01200120 0x0b0b0b0b 0x01200120 0x0b0b0b0b))",
            "(drop (i8x16.shuffle 11 11 11 11 1 1 1 1 11 11 11 11 1 1 1 1 (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "(drop (i8x16.extract_lane_s 11 (v128.const i64x2 0 0)))",
            "(drop (v128.load8_lane offset=288 11 (i32.const 0) (v128.const i64x2 0 0)))",
            "(drop (v128.load32_zero offset=11 (i32.const 0)))",
            "(drop (i32.load offset=0x1012 (i32.const 11)))",
            "(i64.store8 offset=11 (i32.const 11) (i64.const 11))",
            "(block (block (br_table 0 1 1 0 1 (i32.const 11))))",
            "(drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))",
            "(call_indirect (i32.const 0)) (drop (table.size 0)) (drop (memory.size))",
            "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
            "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (drop (ref.null func))",
            "(drop (i32.trunc_sat_f64_u (f64.const 11)))",
        ];
        let body: String = operators.iter().flat_map(|text| [*text, mark]).collect();
        let usage = usage(&body);
        assert_eq!(usage.locals[0], operators.len() as u32);
        assert!(usage.locals[1..].iter().all(|&count| count == 0));
        assert!(usage.blocks.is_empty());
    }

    #[test]
    fn locals_of_arithmetic() {
        let arithmetic = |local: &str, body: &str| {
            let wat = format!("(module (memory 1) (func (local {local}) {body}))");
            let wasm = wat2wasm(wat.as_bytes()).expect("a module");
            let translation = translate(&wasm, &Features::default()).expect("a valid module");
            let mut usage = LocalUsage::default();
            let bodies = translation.bodies.values();
            bodies.for_each(|body| usage.read(body, 0));
            usage.arithmetic(0)
        };
        let double = |body| arithmetic("f64", body);
        let set = "(local.set 0 (f64.add (local.get 0) (local.get 0)))";
        assert_eq!(double(set), Some(Shape::F64));
        let sum = "(local.set 0 (f64.const 1.5))
                   (drop (local.tee 0 (f64.min (local.get 0) (f64.load (i32.const 0)))))";
        assert_eq!(double(sum), Some(Shape::F64));
        // Never set; numbers only; NaNs; bits of others.
        for body in [
            "(drop (local.get 0))",
            "(local.set 0 (f64.const 1))",
            "(local.set 0 (f64.sqrt (local.get 0))) (local.set 0 (f64.const nan:0x4000000000001))",
            "(local.set 0 (f64.sqrt (local.get 0))) (local.set 0 (f64.load (i32.const 0)))",
            "(local.set 0 (f64.neg (local.get 0)))",
            "(local.set 0 (block (result f64) (f64.sqrt (local.get 0))))",
            "(f64.load (i32.const 0)) (f64.sqrt (local.get 0)) (local.set 0) (local.set 0)",
        ] {
            assert_eq!(double(body), None, "{body}");
        }
        let vector = |body: &str| arithmetic("v128", body);
        let zero = "(local.set 0 (v128.const i64x2 0 0))";
        let singles = "(local.set 0 (f32x4.mul (local.get 0) (local.get 0)))";
        let doubles = "(local.set 0 (f64x2.trunc (local.get 0)))";
        // Copies are what they are copied from, one way or the other.
        let copies = |sets: &str| {
            let gets = "(local.set 2 (local.get 1)) (local.set 1 (local.get 0))";
            arithmetic("f64 f64 f64", &format!("{gets} {sets}"))
        };
        assert_eq!(
            copies("(local.set 2 (f64.sqrt (local.tee 1 (f64.const 1))))"),
            Some(Shape::F64)
        );
        assert_eq!(copies("(local.set 0 (f64.load (i32.const 0)))"), None);
        assert_eq!(copies(""), None);
        let bound = "(local.set 0 (f32x4.pmin (local.get 0) (local.get 0)))";
        assert_eq!(vector(&format!("{zero} {singles}")), Some(Shape::F32x4));
        assert_eq!(vector(&format!("{doubles} {zero}")), Some(Shape::F64x2));
        assert_eq!(vector(&format!("{doubles} {singles}")), None);
        assert_eq!(vector(bound), None);
    }

    #[test]
    fn deep_loops_do_not_overflow() {
        let (open, close) = ("(loop ".repeat(500), ")".repeat(500));
        let usage = usage(&format!(
            "{open}(drop (local.get 0)){close}(drop (local.get 2))"
        ));
        assert_eq!(usage.locals[..3], [1 << 12, 0, 1]);
    }
}
