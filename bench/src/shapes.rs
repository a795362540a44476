//! Modules of any size that show whether compiling is linear: one of ordinary functions, and many that nobody writes but
//! somebody may craft.
//!
//! All have the same frame: a few types, a memory, a table, a global, three helpers, then as many functions
//! `(i32, i32, i64, f64) -> i32` as make the size. A [`Shape`] fills those. Equal sizes give equal bytes.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, Function, FunctionSection,
    GlobalSection, GlobalType, InstructionSink, MemArg, MemArgTarget, MemorySection, MemoryType,
    Module, RefType, TableSection, TableType, TypeSection, ValType,
};

/// A way to fill functions.
pub(crate) struct Shape {
    /// What the command line and the report call it.
    pub(crate) name: &'static str,
    /// What is in it.
    pub(crate) what: &'static str,
    /// The size of the largest function; larger modules have more functions.
    largest: usize,
    /// How many locals a function has above its parameters, all `i32`.
    locals: u32,
    /// Fills a function up to about this many bytes, and leaves its result on the stack.
    fill: fn(&mut Function, usize),
}

/// The most parameters, and results, that a function may have.
const WIDE: usize = 1000;
/// The most locals that a function may have, less some for parameters.
const MANY_LOCALS: u32 = 49_990;
/// Nested blocks where their number is not the point.
const NESTED: u32 = 1000;
/// The first local that is no parameter.
const FIRST_LOCAL: u32 = 4;

/// The limit for functions is 7.6 MB.
const HUGE: usize = 4 << 20;
/// The limit for operands is a million.
const STACK: usize = 2 << 20;

const NOP: u32 = 0;
const TAKES_WIDE: u32 = 1;
const GIVES_WIDE: u32 = 2;
/// The types of the helpers have their indices; this one is of the functions to compile.
const FILLED: u32 = 3;

const fn shape(
    name: &'static str,
    what: &'static str,
    largest: usize,
    locals: u32,
    fill: fn(&mut Function, usize),
) -> Shape {
    Shape {
        name,
        what,
        largest,
        locals,
        fill,
    }
}

/// All shapes. The first one is what the others are compared with.
pub(crate) const SHAPES: [Shape; 33] = [
    shape(
        "functions",
        "ordinary functions of 1 KB",
        1 << 10,
        20,
        ordinary,
    ),
    shape("small", "ordinary functions of 80 bytes", 80, 3, ordinary),
    shape("huge", "one ordinary function", HUGE, 20, ordinary),
    shape(
        "blocks",
        "nested blocks, with `br_if` at every end",
        HUGE,
        0,
        blocks,
    ),
    shape(
        "loops",
        "nested loops, with `br_if` at every end",
        HUGE,
        0,
        loops,
    ),
    shape(
        "nested_ifs",
        "nested `if`s with `else`",
        HUGE,
        0,
        nested_ifs,
    ),
    shape(
        "nested_values",
        "nested blocks, a value below and out of each",
        STACK,
        0,
        nested_values,
    ),
    shape(
        "br_if_far",
        "`br_if` out of 1 to 1000 blocks",
        HUGE,
        0,
        br_if_far,
    ),
    shape("br_table", "one `br_table`", HUGE, 0, br_table),
    shape(
        "br_tables",
        "`br_table`s out of 1000 blocks",
        HUGE,
        0,
        br_tables,
    ),
    shape(
        "br_table_values",
        "the same, with a value, to another height each",
        HUGE,
        0,
        br_table_values,
    ),
    shape(
        "locals",
        "50,000 locals, read and written",
        HUGE,
        MANY_LOCALS,
        locals,
    ),
    shape(
        "locals_ifs",
        "50,000 locals and `if`s",
        HUGE,
        MANY_LOCALS,
        ifs,
    ),
    shape(
        "locals_loops",
        "50,000 locals and loops",
        HUGE,
        MANY_LOCALS,
        short_loops,
    ),
    shape(
        "locals_calls",
        "50,000 locals and calls",
        HUGE,
        MANY_LOCALS,
        calls,
    ),
    shape("operands", "all pushed, then added", STACK, 0, |f, n| {
        under_stack(f, n, 0, |_, _| {})
    }),
    shape(
        "constants_pushed",
        "the same with constants",
        STACK,
        0,
        constants_pushed,
    ),
    shape(
        "stack_sets",
        "local.set below a deep stack",
        STACK,
        0,
        |f, n| under_stack(f, n, 4, set),
    ),
    shape("stack_ifs", "`if`s above a deep stack", STACK, 0, |f, n| {
        under_stack(f, n, 5, empty_if)
    }),
    shape(
        "stack_blocks",
        "blocks above a deep stack",
        STACK,
        0,
        |f, n| under_stack(f, n, 7, empty_block),
    ),
    shape(
        "stack_loops",
        "loops above a deep stack",
        STACK,
        0,
        |f, n| under_stack(f, n, 7, empty_loop),
    ),
    shape(
        "stack_calls",
        "calls above a deep stack",
        STACK,
        0,
        |f, n| under_stack(f, n, 2, call),
    ),
    shape(
        "pending_sets",
        "a pending local.get, then its local.set, stacked",
        STACK,
        0,
        pending_sets,
    ),
    shape(
        "call_arguments",
        "calls with 1000 arguments",
        HUGE,
        0,
        call_arguments,
    ),
    shape(
        "call_results",
        "calls with 1000 results",
        HUGE,
        0,
        call_results,
    ),
    shape(
        "constants",
        "different i64 and f64 constants",
        HUGE,
        0,
        constants,
    ),
    shape("selects", "a chain of `select`s", HUGE, 0, selects),
    shape("ifs", "a chain of `if`s with `else`", HUGE, 0, ifs),
    shape(
        "if_values",
        "a chain of `if`s, each result the next condition",
        HUGE,
        0,
        if_values,
    ),
    shape("compares", "a chain of comparisons", HUGE, 0, compares),
    shape(
        "divisions",
        "divisions, which have traps",
        HUGE,
        0,
        divisions,
    ),
    shape(
        "exits",
        "conditional branches to the function's end",
        HUGE,
        0,
        exits,
    ),
    shape("dead", "code that cannot be reached", HUGE, 0, dead),
];

impl Shape {
    /// Whether a module of this size has no function of more than the largest size.
    pub(crate) fn is_one_function(&self) -> bool {
        self.largest >= STACK
    }

    /// The size of the largest function.
    pub(crate) fn largest(&self) -> usize {
        self.largest
    }

    /// A module of about this size.
    pub(crate) fn module(&self, bytes: usize) -> Vec<u8> {
        let mut codes = helpers();
        while codes.byte_len() < bytes {
            let mut function = Function::new([(self.locals, ValType::I32)]);
            (self.fill)(&mut function, self.largest.min(bytes));
            function.instructions().end();
            codes.function(&function);
        }
        framed(&codes)
    }
}

/// The bodies of [`NOP`], [`TAKES_WIDE`] and [`GIVES_WIDE`].
fn helpers() -> CodeSection {
    let mut codes = CodeSection::new();
    let mut helper = |fill: fn(&mut InstructionSink<'_>)| {
        let mut function = Function::new([]);
        fill(&mut function.instructions());
        function.instructions().end();
        codes.function(&function);
    };
    helper(|_| {});
    helper(|code| {
        code.local_get(0);
    });
    helper(|code| {
        for number in 0..WIDE {
            code.i32_const(number as i32);
        }
    });
    codes
}

/// Everything else of a module with this code.
fn framed(codes: &CodeSection) -> Vec<u8> {
    use ValType::{F64, I32, I64};
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function(vec![I32; WIDE], [I32]);
    types.ty().function([], vec![I32; WIDE]);
    types.ty().function([I32, I32, I64, F64], [I32]);
    let mut functions = FunctionSection::new();
    for index in 0..codes.len() {
        functions.function(index.min(FILLED));
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: Some(1),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let global = GlobalType {
        val_type: I32,
        mutable: true,
        shared: false,
    };
    globals.global(global, &ConstExpr::i32_const(0));
    let mut elements = ElementSection::new();
    elements.active(
        None,
        &ConstExpr::i32_const(0),
        Elements::Functions([NOP][..].into()),
    );
    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&globals)
        .section(&elements)
        .section(codes);
    module.finish()
}

/// Does `step` with a running number until the function has this many bytes.
fn until(
    function: &mut Function,
    bytes: usize,
    mut step: impl FnMut(&mut InstructionSink<'_>, u32),
) {
    let mut number = 0;
    while function.byte_len() < bytes {
        step(&mut function.instructions(), number);
        number += 1;
    }
}

/// A sequence of numbers without a pattern, always the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u32) -> u32 {
        (self.next() >> 33) as u32 % limit
    }
}

/// What compilers of C and Rust make, in about their proportions: locals, constants, arithmetic, memory, few calls.
fn ordinary(function: &mut Function, bytes: usize) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ bytes as u64);
    let mut open = Vec::new();
    until(function, bytes, |code, _| {
        statement(code, &mut random, &mut open)
    });
    for is_loop in open {
        close(&mut function.instructions(), is_loop);
    }
    function.instructions().local_get(0);
}

/// `open` says of each open block whether it is a loop.
fn statement(code: &mut InstructionSink<'_>, random: &mut Random, open: &mut Vec<bool>) {
    // The first ordinary shape has 20 locals, the small one 3: both have these.
    let any = |random: &mut Random| match random.below(5) {
        0 => 0,
        1 => 1,
        other => FIRST_LOCAL + other - 2,
    };
    let (from, to) = (any(random), any(random));
    let memory = MemArg {
        offset: u64::from(random.below(1 << 10)),
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    };
    match random.below(20) {
        0..=2 => code.local_get(from).i32_load(memory).local_set(to),
        3..=4 => code.local_get(from).local_get(to).i32_store(memory),
        5..=7 => code.local_get(from).local_get(to).i32_add().local_set(from),
        8 => code
            .local_get(from)
            .i32_const(random.below(99) as i32)
            .i32_shl()
            .local_tee(to)
            .drop(),
        9..=10 => code
            .local_get(from)
            .i32_const(random.below(1 << 20) as i32)
            .i32_add()
            .local_set(to),
        11 => code
            .local_get(2)
            .i64_const(random.next() as i64 >> 40)
            .i64_mul()
            .local_set(2),
        12 => code
            .local_get(3)
            .f64_const((random.below(100) as f64).into())
            .f64_add()
            .local_set(3),
        13 => code
            .local_get(from)
            .local_get(to)
            .local_get(0)
            .select()
            .local_set(from),
        14 => code
            .global_get(0)
            .i32_const(16)
            .i32_sub()
            .local_tee(from)
            .global_set(0),
        15 => code
            .local_get(from)
            .local_get(to)
            .local_get(2)
            .local_get(3)
            .call(FILLED)
            .local_set(to),
        16..=17 if open.len() < 6 => {
            let is_loop = random.below(3) == 0;
            open.push(is_loop);
            if is_loop {
                code.loop_(BlockType::Empty)
            } else {
                code.local_get(from)
                    .local_get(to)
                    .i32_lt_s()
                    .if_(BlockType::Empty)
            }
        }
        18 if !open.is_empty() => code.local_get(from).i32_eqz().br_if(open.len() as u32 - 1),
        _ => match open.pop() {
            Some(is_loop) => close(code, is_loop),
            None => code
                .local_get(from)
                .i32_load8_u(memory)
                .i32_const(255)
                .i32_xor()
                .local_set(to),
        },
    };
}

fn close<'a, 'b>(code: &'b mut InstructionSink<'a>, is_loop: bool) -> &'b mut InstructionSink<'a> {
    if is_loop {
        code.local_get(1).br_if(0);
    }
    code.end()
}

/// `opens` as often as `closes` brings the function to its size.
fn nested(
    function: &mut Function,
    bytes: usize,
    each: usize,
    opens: fn(&mut InstructionSink<'_>),
    innermost: fn(&mut InstructionSink<'_>),
    closes: fn(&mut InstructionSink<'_>),
) {
    let mut code = function.instructions();
    let depth = bytes / each;
    (0..depth).for_each(|_| opens(&mut code));
    innermost(&mut code);
    (0..depth).for_each(|_| closes(&mut code));
}

fn branch_and_end(code: &mut InstructionSink<'_>) {
    code.local_get(0).br_if(0).end();
}

fn blocks(function: &mut Function, bytes: usize) {
    let opens = |code: &mut InstructionSink<'_>| {
        code.block(BlockType::Empty);
    };
    nested(function, bytes, 7, opens, |_| {}, branch_and_end);
    function.instructions().local_get(0);
}

fn loops(function: &mut Function, bytes: usize) {
    let opens = |code: &mut InstructionSink<'_>| {
        code.loop_(BlockType::Empty);
    };
    nested(function, bytes, 7, opens, |_| {}, branch_and_end);
    function.instructions().local_get(0);
}

fn nested_ifs(function: &mut Function, bytes: usize) {
    let opens = |code: &mut InstructionSink<'_>| {
        code.local_get(0).if_(BlockType::Empty);
    };
    let closes = |code: &mut InstructionSink<'_>| {
        code.else_().local_get(1).local_set(0).end();
    };
    nested(function, bytes, 10, opens, |_| {}, closes);
    function.instructions().local_get(0);
}

fn nested_values(function: &mut Function, bytes: usize) {
    let opens = |code: &mut InstructionSink<'_>| {
        code.local_get(0).block(BlockType::Result(ValType::I32));
    };
    let innermost = |code: &mut InstructionSink<'_>| {
        code.local_get(1);
    };
    let closes = |code: &mut InstructionSink<'_>| {
        code.local_get(0).br_if(0).end().i32_add();
    };
    nested(function, bytes, 10, opens, innermost, closes);
}

/// `inside` of [`NESTED`] blocks.
fn in_blocks(
    function: &mut Function,
    bytes: usize,
    inside: impl FnMut(&mut InstructionSink<'_>, u32),
) {
    for _ in 0..NESTED {
        function.instructions().block(BlockType::Empty);
    }
    until(function, bytes, inside);
    for _ in 0..NESTED {
        function.instructions().end();
    }
    function.instructions().local_get(0);
}

fn br_if_far(function: &mut Function, bytes: usize) {
    in_blocks(function, bytes, |code, number| {
        code.local_get(0).br_if(number % NESTED);
    });
}

fn br_table(function: &mut Function, bytes: usize) {
    let targets: Vec<u32> = (0..bytes as u32).map(|number| number % 100).collect();
    for _ in 0..100 {
        function.instructions().block(BlockType::Empty);
    }
    function.instructions().local_get(0).br_table(targets, 0);
    for _ in 0..100 {
        function.instructions().end();
    }
    function.instructions().local_get(0);
}

fn br_tables(function: &mut Function, bytes: usize) {
    in_blocks(function, bytes, |code, _| {
        code.block(BlockType::Empty);
        code.local_get(0).br_table(1..NESTED + 1, 0).end();
    });
}

fn br_table_values(function: &mut Function, bytes: usize) {
    for _ in 0..NESTED {
        let mut code = function.instructions();
        code.local_get(1).block(BlockType::Result(ValType::I32));
    }
    until(function, bytes, |code, _| {
        code.block(BlockType::Result(ValType::I32));
        code.local_get(1)
            .local_get(0)
            .br_table(1..NESTED + 1, 0)
            .end()
            .drop();
    });
    function.instructions().local_get(0);
    for _ in 0..NESTED {
        function.instructions().end().i32_add();
    }
}

fn locals(function: &mut Function, bytes: usize) {
    until(function, bytes, |code, number| {
        let local = |factor: u32| FIRST_LOCAL + number.wrapping_mul(factor) % MANY_LOCALS;
        code.local_get(local(7919))
            .local_get(local(104_729))
            .i32_add();
        code.local_set(local(1));
    });
    function.instructions().local_get(0);
}

fn ifs(function: &mut Function, bytes: usize) {
    until(function, bytes, |code, _| {
        code.local_get(0)
            .if_(BlockType::Empty)
            .local_get(1)
            .local_set(0);
        code.else_().local_get(0).local_set(1).end();
    });
    function.instructions().local_get(0);
}

fn short_loops(function: &mut Function, bytes: usize) {
    until(function, bytes, empty_loop);
    function.instructions().local_get(0);
}

fn calls(function: &mut Function, bytes: usize) {
    until(function, bytes, call);
    function.instructions().local_get(0);
}

fn constants_pushed(function: &mut Function, bytes: usize) {
    let start = function.byte_len();
    let mut pushed = 0;
    // A push and its addition take six bytes.
    until(function, start + bytes * 5 / 6, |code, number| {
        code.i32_const(0x1000_0000 + number as i32);
        pushed += 1;
    });
    (1..pushed).for_each(|_| {
        function.instructions().i32_add();
    });
}

/// Pushes operands, does `event`s of `length` bytes with as many bytes as the operands take, then adds all operands.
fn under_stack(
    function: &mut Function,
    bytes: usize,
    length: usize,
    event: fn(&mut InstructionSink<'_>, u32),
) {
    let each = if length == 0 { 3 } else { 5 };
    let operands = (bytes / each).max(1) as u32;
    let events = if length == 0 {
        0
    } else {
        bytes * 2 / 5 / length
    } as u32;
    let mut code = function.instructions();
    (0..operands).for_each(|number| {
        code.local_get(number % 2);
    });
    (0..events).for_each(|number| event(&mut code, number));
    (1..operands).for_each(|_| {
        code.i32_add();
    });
}

fn set(code: &mut InstructionSink<'_>, _: u32) {
    code.local_get(1).local_set(0);
}

fn empty_if(code: &mut InstructionSink<'_>, _: u32) {
    code.local_get(0).if_(BlockType::Empty).end();
}

fn empty_block(code: &mut InstructionSink<'_>, _: u32) {
    code.block(BlockType::Empty).local_get(0).br_if(0).end();
}

fn empty_loop(code: &mut InstructionSink<'_>, _: u32) {
    code.loop_(BlockType::Empty).local_get(0).br_if(0).end();
}

fn call(code: &mut InstructionSink<'_>, _: u32) {
    code.call(NOP);
}

fn pending_sets(function: &mut Function, bytes: usize) {
    let mut code = function.instructions();
    let steps = (bytes / 7).max(1);
    for _ in 0..steps {
        code.local_get(0).local_get(1).local_set(0);
    }
    (1..steps).for_each(|_| {
        code.i32_add();
    });
}

fn call_arguments(function: &mut Function, bytes: usize) {
    until(function, bytes, |code, _| {
        (0..WIDE as u32).for_each(|number| {
            code.local_get(number % 2);
        });
        code.call(TAKES_WIDE).local_set(0);
    });
    function.instructions().local_get(0);
}

fn call_results(function: &mut Function, bytes: usize) {
    until(function, bytes, |code, _| {
        code.call(GIVES_WIDE);
        (0..WIDE).for_each(|_| {
            code.local_set(0);
        });
    });
    function.instructions().local_get(0);
}

fn constants(function: &mut Function, bytes: usize) {
    let mut random = Random(1);
    until(function, bytes, |code, _| {
        code.i64_const(random.next() as i64).local_set(2);
        code.f64_const(f64::from_bits(random.next()).into())
            .local_set(3);
    });
    function.instructions().local_get(0);
}

fn selects(function: &mut Function, bytes: usize) {
    function.instructions().local_get(0);
    until(function, bytes, |code, _| {
        code.local_get(1).local_get(0).select();
    });
}

fn if_values(function: &mut Function, bytes: usize) {
    function.instructions().local_get(0);
    until(function, bytes, |code, _| {
        code.if_(BlockType::Result(ValType::I32)).local_get(0);
        code.else_().local_get(1).end();
    });
}

fn compares(function: &mut Function, bytes: usize) {
    function.instructions().local_get(0);
    until(function, bytes, |code, _| {
        code.local_get(1).i32_lt_s().i32_eqz();
    });
}

fn divisions(function: &mut Function, bytes: usize) {
    until(function, bytes, |code, _| {
        code.local_get(0).local_get(1).i32_div_s().local_set(0);
    });
    function.instructions().local_get(0);
}

fn exits(function: &mut Function, bytes: usize) {
    until(function, bytes, |code, _| {
        code.local_get(1).local_get(0).br_if(0).drop();
    });
    function.instructions().local_get(0);
}

fn dead(function: &mut Function, bytes: usize) {
    function.instructions().unreachable();
    until(function, bytes, |code, _| {
        code.block(BlockType::Empty)
            .local_get(0)
            .i32_const(7)
            .i32_add()
            .drop();
        code.br(0).end();
    });
    function.instructions().local_get(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_their_size_and_are_the_same_every_time() {
        for shape in &SHAPES {
            let module = shape.module(100_000);
            assert!(
                (95_000..115_000).contains(&module.len()),
                "{}: {}",
                shape.name,
                module.len()
            );
            assert_eq!(module, shape.module(100_000), "{}", shape.name);
        }
    }

    #[test]
    fn modules_are_valid() {
        for shape in &SHAPES {
            let outcome = wasmparser::validate(&shape.module(100_000));
            assert!(outcome.is_ok(), "{}: {:?}", shape.name, outcome.err());
        }
    }
}
