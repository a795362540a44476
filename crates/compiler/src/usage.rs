//! How a function uses its locals: a look ahead for back ends that cannot look back.
//!
//! A body's bytes are read once, without validation, before it is compiled: how often is each local used, and how often is
//! something called, each weighted by the loops around? What comes out is a guess about speed; nothing may depend on it for
//! correctness.
//!
//! Time counts more than anything here: a baseline compiler is hardly slower than reading operators properly, so this only
//! knows how long the immediates of each are. What it does not know has none; if that is wrong, so is the guess.

use crate::FunctionBodyData;

/// What one loop around a use multiplies it by, as a power of two.
const LOOP_SHIFT: u32 = 3;
/// Deeper loops count like this one.
const MAX_DEPTH: u32 = 4;

/// The uses of a function's locals.
#[derive(Debug)]
pub struct LocalUsage {
    /// How often each local is used, weighted. Those with higher numbers are not counted.
    pub locals: [u32; Self::COUNTED],
    /// How often something is called, weighted.
    pub calls: u32,
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
    pub fn read(&mut self, body: &FunctionBodyData<'_>) {
        self.locals = [0; Self::COUNTED];
        self.calls = 0;
        self.set_loops(0);
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
    }

    #[inline]
    fn operator(&mut self, operator: u8, bytes: &mut Bytes<'_>) {
        match operator {
            // local.get, local.set, local.tee
            0x20..=0x22 => {
                let local = bytes.number();
                self.count(local);
            }
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
            0x43 => bytes.skip(4),
            0x44 => bytes.skip(8),
            0xfc => self.bulk_operator(bytes),
            0xfd => bytes.skip_vector_immediates(),
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
    fn skip_vector_immediates(&mut self) {
        match self.number() {
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
            usage.read(body);
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
    fn deep_loops_do_not_overflow() {
        let (open, close) = ("(loop ".repeat(500), ")".repeat(500));
        let usage = usage(&format!(
            "{open}(drop (local.get 0)){close}(drop (local.get 2))"
        ));
        assert_eq!(usage.locals[..3], [1 << 12, 0, 1]);
    }
}
