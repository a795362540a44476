//! Loops written down as LLVM's passes leave them, run by hand to see whether what the guard let through was right.

use std::mem::offset_of;

use inkwell::memory_buffer::MemoryBuffer;
use inkwell::passes::PassBuilderOptions;
use inkwell::values::InstructionOpcode;
use wasmill_abi::VMMemoryRef;
use wasmill_compiler_testing::{plan, unchecked, x86_64};
use wasmill_types::MemoryIndex;

use super::*;
use crate::config::LLVMOptLevel;
use crate::diagnostics::Session;
use crate::{machine, pipeline};

/// The size of the memory, which never grows.
const BYTES: u64 = 1 << 16;

/// In each round, `size` bytes are written at `zext(number) * scale + offset`; it goes on while `counter predicate bound`.
#[derive(Clone, Copy, Debug)]
struct Written {
    start: u32,
    step: u32,
    scale: u64,
    offset: u64,
    size: u64,
    first: u32,
    counts: u32,
    predicate: &'static str,
    bound: u32,
}

/// A plain one, over the first 100 words.
const PLAIN: Written = Written {
    start: 0,
    step: 4,
    scale: 1,
    offset: 0,
    size: 4,
    first: 0,
    counts: 1,
    predicate: "ult",
    bound: 100,
};

impl Written {
    fn ir(&self, context_bytes: u32, base: u32) -> String {
        let &Self {
            start,
            step,
            scale,
            offset,
            size,
            first,
            counts,
            predicate,
            bound,
        } = self;
        let bits = size * 8;
        format!(
            "define void @f0(ptr dereferenceable({context_bytes}) %context) {{
             entry:
               %place = getelementptr i8, ptr %context, i64 {base}
               %base = load ptr, ptr %place, align 8, !invariant.load !0
               br label %loop
             loop:
               %number = phi i32 [ {start}, %entry ], [ %next_number, %loop ]
               %counter = phi i32 [ {first}, %entry ], [ %next_counter, %loop ]
               %wide = zext i32 %number to i64
               %scaled = mul i64 %wide, {scale}
               %start = getelementptr i8, ptr %base, i64 %scaled
               %pointer = getelementptr i8, ptr %start, i64 {offset}
               store volatile i{bits} 0, ptr %pointer, align 1
               %next_number = add i32 %number, {step}
               %next_counter = add i32 %counter, {counts}
               %again = icmp {predicate} i32 %next_counter, {bound}
               br i1 %again, label %loop, label %exit
             exit:
               ret void
             }}
             !0 = !{{}}"
        )
    }

    /// Whether the pass gives it a copy.
    fn is_copied(&self) -> bool {
        self.ways()[0]
    }

    /// Whether the pass gives it a copy, and whether that is still reached when LLVM has made vectors.
    fn ways(&self) -> [bool; 2] {
        let wasm = wat::parse_str("(module (memory 1 1) (func))").expect("a module");
        let (info, _) = plan(&wasm, &unchecked()).expect("a valid module");
        let target = x86_64();
        let environment = Environment::new(&info, target.triple().architecture, false);
        let machine = machine::build(LLVMOptLevel::Aggressive, &target).expect("a machine");
        let session = Session::new();
        let unit = Unit::new(session.context(), &machine, true);
        let memory = info.layout.memory(MemoryIndex::new(0));
        let ir = self.ir(
            info.layout.size(),
            memory + offset_of!(VMMemoryRef, base) as u32,
        );
        let text = MemoryBuffer::create_from_memory_range_copy(ir.as_bytes(), "loop");
        let parsed = session.context().create_module_from_ir(text).expect("IR");
        unit.module.link_in_module(parsed).expect("one module");
        check_once(&unit, &environment, &machine.get_target_data());
        unit.debug.finalize();
        unit.module.verify().expect("valid IR");
        let function = unit.module.get_function("f0").expect("the function");
        // The copy is left over one.
        let has_fence = || {
            let mut blocks = function.get_basic_block_iter();
            blocks.any(|block| {
                let mut instructions = block.get_instructions();
                instructions.any(|one| one.get_opcode() == InstructionOpcode::Fence)
            })
        };
        let is_copied = has_fence();
        let run = |passes| {
            let options = PassBuilderOptions::create();
            let done = unit.module.run_passes(passes, &machine, options);
            done.expect("LLVM has the passes");
        };
        run(pipeline::WIDEN);
        drop_useless(&unit);
        unit.module.verify().expect("valid IR");
        run("function(simplifycfg)");
        [is_copied, has_fence()]
    }

    /// Whether all its accesses are in bounds; a number that moves cannot stay there for more rounds than there are bytes.
    fn is_in_bounds(&self) -> bool {
        let (mut number, mut counter) = (self.start, self.first);
        for _ in 0..=BYTES {
            let end = u128::from(number) * u128::from(self.scale)
                + u128::from(self.offset)
                + u128::from(self.size);
            if end > BYTES.into() {
                return false;
            }
            number = number.wrapping_add(self.step);
            counter = counter.wrapping_add(self.counts);
            let (a, b) = (counter, self.bound);
            let goes_on = match self.predicate {
                "ult" => a < b,
                "ule" => a <= b,
                "ugt" => a > b,
                "slt" => a.cast_signed() < b.cast_signed(),
                "sge" => a.cast_signed() >= b.cast_signed(),
                "ne" => a != b,
                other => panic!("{other}"),
            };
            if !goes_on {
                break;
            }
        }
        true
    }
}

#[test]
fn loops_over_arrays_are_copied() {
    let ends = |written: Written| {
        assert!(written.is_copied(), "{written:?}");
        assert!(written.is_in_bounds(), "{written:?}");
    };
    ends(PLAIN);
    let downwards = Written {
        start: 396,
        step: -4_i32 as u32,
        first: 100,
        counts: u32::MAX,
        predicate: "ne",
        bound: 0,
        ..PLAIN
    };
    ends(downwards);
    let scaled = Written {
        step: 1,
        scale: 8,
        size: 8,
        offset: 16,
        ..PLAIN
    };
    ends(scaled);
    let up_to_the_end = Written {
        bound: (BYTES / 4) as u32,
        ..PLAIN
    };
    ends(up_to_the_end);
    let beyond = Written {
        bound: (BYTES / 4) as u32 + 1,
        ..PLAIN
    };
    assert!(!beyond.is_copied());
}

/// Words that follow each other become vectors; words that lie across each other do not.
#[test]
fn copies_without_vectors_are_dropped() {
    assert_eq!(PLAIN.ways(), [true, true]);
    let across = Written { step: 1, ..PLAIN };
    assert_eq!(across.ways(), [true, false]);
}

/// The number times 256 is zero modulo 2^64 where it is the largest.
#[test]
fn products_do_not_wrap_around() {
    let wraps = Written {
        step: 1 << 24,
        scale: 256,
        size: 1,
        ..PLAIN
    };
    for bound in [2, 256, 257, u32::MAX] {
        assert!(!Written { bound, ..wraps }.is_copied(), "{bound}");
    }
}

/// Numbers at which something wraps around or ends, and their neighbours.
fn edge(random: &mut impl FnMut(u64) -> u64) -> u32 {
    let edges = [0, 1 << 8, 1 << 15, 1 << 16, 1 << 24, 1 << 31, 1 << 20];
    let edge: u32 = edges[random(edges.len() as u64) as usize];
    let distance = (random(2) * random(140)) as u32;
    match random(2) {
        0 => edge.wrapping_add(distance),
        _ => edge.wrapping_sub(distance),
    }
}

#[test]
fn only_loops_in_bounds_are_copied() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % below
    };
    let (mut copied, mut fine) = (0, 0);
    for _ in 0..4000 {
        let small = |random: &mut dyn FnMut(u64) -> u64| (random(9) as u32).wrapping_sub(4);
        let written = Written {
            start: edge(&mut random),
            step: match random(4) {
                0 => edge(&mut random),
                _ => small(&mut random),
            },
            scale: [1, 2, 4, 8, 255, 256][random(6) as usize],
            offset: [0, 1, 1 << 15, BYTES - 1, 1 << 32][random(5) as usize],
            size: [1, 4, 8][random(3) as usize],
            first: edge(&mut random),
            counts: small(&mut random),
            predicate: ["ult", "ule", "ugt", "slt", "sge", "ne"][random(6) as usize],
            bound: edge(&mut random),
        };
        let is_copied = written.is_copied();
        let is_in_bounds = written.is_in_bounds();
        assert!(!is_copied || is_in_bounds, "{written:?}");
        copied += u32::from(is_copied);
        fine += u32::from(is_in_bounds);
    }
    assert!(copied * 3 > fine, "{copied} of {fine} that could be");
}
