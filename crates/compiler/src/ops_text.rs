//! A back end that writes the hooks it is called with as text: what the driver tells every back end.
//!
//! ```text
//!   function 0 [I32] -> [I32]
//!     v0 = local.get 0
//!     v1 = constant I32(1)
//!     v2 = binary IAdd I32 v0 v1
//!     end @0 fallthrough(v2)
//! ```
//!
//! Values are numbered in the order in which they come up, frames too (`@0` is that of the function itself). Lines are
//! indented by open frames. Used by `wasmill … --emit=ops`, and by the driver's own tests.

use crate::ops::*;
use crate::{
    BranchTargets, CompileError, DriverState, Emit, Features, FrameEnd, FrameKind, LocalRun, drive,
    translate,
};
use std::fmt::{self, Write};
use wasmill_types::{
    DataIndex, ElemIndex, FunctionIndex, FunctionType, GlobalIndex, MemoryIndex, ModuleInfo,
    SignatureIndex, TableIndex, Type,
};

/// The hooks that the functions of a module call, as text; with `offsets`, each line starts with the place of its
/// operator in the module.
///
/// # Errors
///
/// If the module is not valid with these features, uses what is not supported, or is above a limit.
pub fn ops_text(wasm: &[u8], features: &Features, offsets: bool) -> Result<String, CompileError> {
    let module = translate(wasm, features)?;
    let mut state = DriverState::new();
    let info = &module.info;
    let mut out = String::new();
    for body in module.bodies.into_values() {
        let mut text = OpsText {
            module: info,
            out,
            offsets,
            offset: 0,
            indent: 0,
            values: 0,
            frames: 0,
        };
        text.start(body.index());
        drive(info, body, &mut state, &mut text)?;
        out = text.out;
    }
    Ok(out)
}

/// The back end.
struct OpsText<'m> {
    module: &'m ModuleInfo,
    out: String,
    offsets: bool,
    offset: u32,
    indent: usize,
    values: u32,
    frames: u32,
}

/// An operand, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Value(u32);

/// A control frame, by number.
#[derive(Debug)]
struct Label {
    number: u32,
    results: usize,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.number)
    }
}

/// Values with a space before each.
struct Args<'a>(&'a [Value]);

impl fmt::Display for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|value| write!(f, " {value}"))
    }
}

/// The immediates of a memory access, as in the text format; what is usual is left out.
struct Place(MemoryArg);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "memory {} offset {}",
            self.0.memory.as_u32(),
            self.0.offset
        )?;
        write!(f, " align {}", 1u64 << self.0.align)
    }
}

impl OpsText<'_> {
    fn start(&mut self, function: FunctionIndex) {
        let number = function.as_u32();
        let name = self.module.function_names.get(&function);
        // Names come from the module: they may hold anything.
        let _ = match name {
            Some(name) => write!(self.out, "function {number} {name:?}"),
            None => write!(self.out, "function {number}"),
        };
    }

    fn line(&mut self, text: fmt::Arguments<'_>) {
        if self.offsets {
            let _ = write!(self.out, "{:#08x} ", self.offset);
        }
        let _ = writeln!(self.out, "{:width$}{text}", "", width = self.indent * 2);
    }

    fn new_value(&mut self) -> Value {
        self.values += 1;
        Value(self.values - 1)
    }

    /// A line that defines a value.
    fn value(&mut self, text: fmt::Arguments<'_>) -> Value {
        let value = self.new_value();
        self.line(format_args!("{value} = {text}"));
        value
    }

    /// A line that defines as many values as wanted.
    fn values(&mut self, count: usize, results: &mut Vec<Value>, text: fmt::Arguments<'_>) {
        let first = results.len();
        results.extend((0..count).map(|nth| Value(self.values + nth as u32)));
        self.values += count as u32;
        if count == 0 {
            self.line(text);
        } else {
            let values = Args(&results[first..]).to_string();
            self.line(format_args!("{} = {text}", values.trim_start()));
        }
    }

    fn open(&mut self, results: usize) -> Label {
        self.indent += 1;
        self.frames += 1;
        Label {
            number: self.frames - 1,
            results,
        }
    }
}

impl Emit for OpsText<'_> {
    type Value = Value;
    type Frame = Label;

    fn location(&mut self, module_offset: u32) {
        self.offset = module_offset;
    }

    fn constant(&mut self, value: Const) -> Value {
        self.value(format_args!("constant {value:?}"))
    }
    fn unary(&mut self, op: Unary, shape: Shape, a: Value) -> Value {
        self.value(format_args!("unary {op:?} {shape:?} {a}"))
    }
    fn test(&mut self, op: Test, shape: Shape, a: Value) -> Value {
        self.value(format_args!("test {op:?} {shape:?} {a}"))
    }
    fn binary(&mut self, op: Binary, shape: Shape, a: Value, b: Value) -> Value {
        self.value(format_args!("binary {op:?} {shape:?} {a} {b}"))
    }
    fn compare(&mut self, op: Compare, shape: Shape, a: Value, b: Value) -> Value {
        self.value(format_args!("compare {op:?} {shape:?} {a} {b}"))
    }
    fn shift(&mut self, op: Shift, shape: Shape, a: Value, by: Value) -> Value {
        self.value(format_args!("shift {op:?} {shape:?} {a} by {by}"))
    }
    fn convert(&mut self, op: Convert, from: Shape, to: Shape, a: Value) -> Value {
        self.value(format_args!("convert {op:?} {from:?} {to:?} {a}"))
    }
    fn select(&mut self, ty: Type, condition: Value, a: Value, b: Value) -> Value {
        self.value(format_args!("select {ty} {condition} ? {a} : {b}"))
    }
    fn splat(&mut self, shape: Shape, a: Value) -> Value {
        self.value(format_args!("splat {shape:?} {a}"))
    }
    fn extract_lane(&mut self, shape: Shape, extend: LaneExtend, lane: u8, a: Value) -> Value {
        self.value(format_args!("extract_lane {shape:?} {extend:?} {lane} {a}"))
    }
    fn replace_lane(&mut self, shape: Shape, lane: u8, a: Value, scalar: Value) -> Value {
        self.value(format_args!("replace_lane {shape:?} {lane} {a} {scalar}"))
    }
    fn shuffle(&mut self, lanes: [u8; 16], a: Value, b: Value) -> Value {
        self.value(format_args!("shuffle {lanes:?} {a} {b}"))
    }
    fn bitselect(&mut self, a: Value, b: Value, mask: Value) -> Value {
        self.value(format_args!("bitselect {mask} ? {a} : {b}"))
    }

    fn load(&mut self, op: Load, shape: Shape, arg: MemoryArg, address: Value) -> Value {
        let place = Place(arg);
        self.value(format_args!("load {op:?} {shape:?} {place} {address}"))
    }
    fn store(&mut self, op: Store, shape: Shape, arg: MemoryArg, address: Value, value: Value) {
        let place = Place(arg);
        self.line(format_args!(
            "store {op:?} {shape:?} {place} {address} {value}"
        ));
    }
    fn load_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value,
        vector: Value,
    ) -> Value {
        let place = Place(arg);
        self.value(format_args!(
            "load_lane {shape:?} {lane} {place} {address} {vector}"
        ))
    }
    fn store_lane(
        &mut self,
        shape: Shape,
        lane: u8,
        arg: MemoryArg,
        address: Value,
        vector: Value,
    ) {
        let place = Place(arg);
        self.line(format_args!(
            "store_lane {shape:?} {lane} {place} {address} {vector}"
        ));
    }
    fn memory_size(&mut self, memory: MemoryIndex) -> Value {
        self.value(format_args!("memory.size {}", memory.as_u32()))
    }
    fn memory_grow(&mut self, memory: MemoryIndex, delta: Value) -> Value {
        self.value(format_args!("memory.grow {} {delta}", memory.as_u32()))
    }
    fn memory_copy(
        &mut self,
        to: MemoryIndex,
        from: MemoryIndex,
        to_offset: Value,
        from_offset: Value,
        length: Value,
    ) {
        let (to, from) = (to.as_u32(), from.as_u32());
        self.line(format_args!(
            "memory.copy {to}[{to_offset}] from {from}[{from_offset}] length {length}"
        ));
    }
    fn memory_fill(&mut self, memory: MemoryIndex, offset: Value, byte: Value, length: Value) {
        let memory = memory.as_u32();
        self.line(format_args!(
            "memory.fill {memory}[{offset}] with {byte} length {length}"
        ));
    }
    fn memory_init(
        &mut self,
        memory: MemoryIndex,
        segment: DataIndex,
        to_offset: Value,
        from_offset: Value,
        length: Value,
    ) {
        let (to, from) = (memory.as_u32(), segment.as_u32());
        self.line(format_args!(
            "memory.init {to}[{to_offset}] from {from}[{from_offset}] length {length}"
        ));
    }
    fn data_drop(&mut self, segment: DataIndex) {
        self.line(format_args!("data.drop {}", segment.as_u32()));
    }

    fn local_get(&mut self, local: u32) -> Value {
        self.value(format_args!("local.get {local}"))
    }
    fn local_set(&mut self, local: u32, value: Value) {
        self.line(format_args!("local.set {local} {value}"));
    }
    fn local_tee(&mut self, local: u32, value: Value) -> Value {
        self.value(format_args!("local.tee {local} {value}"))
    }
    fn global_get(&mut self, global: GlobalIndex) -> Value {
        self.value(format_args!("global.get {}", global.as_u32()))
    }
    fn global_set(&mut self, global: GlobalIndex, value: Value) {
        self.line(format_args!("global.set {} {value}", global.as_u32()));
    }
    fn drop(&mut self, value: Value) {
        self.line(format_args!("drop {value}"));
    }

    fn ref_null(&mut self, ty: Type) -> Value {
        self.value(format_args!("ref.null {ty}"))
    }
    fn ref_is_null(&mut self, ty: Type, reference: Value) -> Value {
        self.value(format_args!("ref.is_null {ty} {reference}"))
    }
    fn ref_func(&mut self, function: FunctionIndex) -> Value {
        self.value(format_args!("ref.func {}", function.as_u32()))
    }
    fn table_get(&mut self, table: TableIndex, index: Value) -> Value {
        self.value(format_args!("table.get {}[{index}]", table.as_u32()))
    }
    fn table_set(&mut self, table: TableIndex, index: Value, value: Value) {
        self.line(format_args!(
            "table.set {}[{index}] {value}",
            table.as_u32()
        ));
    }
    fn table_size(&mut self, table: TableIndex) -> Value {
        self.value(format_args!("table.size {}", table.as_u32()))
    }
    fn table_grow(&mut self, table: TableIndex, value: Value, delta: Value) -> Value {
        self.value(format_args!(
            "table.grow {} {delta} with {value}",
            table.as_u32()
        ))
    }
    fn table_fill(&mut self, table: TableIndex, offset: Value, value: Value, length: Value) {
        let table = table.as_u32();
        self.line(format_args!(
            "table.fill {table}[{offset}] with {value} length {length}"
        ));
    }
    fn table_copy(
        &mut self,
        to: TableIndex,
        from: TableIndex,
        to_offset: Value,
        from_offset: Value,
        length: Value,
    ) {
        let (to, from) = (to.as_u32(), from.as_u32());
        self.line(format_args!(
            "table.copy {to}[{to_offset}] from {from}[{from_offset}] length {length}"
        ));
    }
    fn table_init(
        &mut self,
        table: TableIndex,
        segment: ElemIndex,
        to_offset: Value,
        from_offset: Value,
        length: Value,
    ) {
        let (to, from) = (table.as_u32(), segment.as_u32());
        self.line(format_args!(
            "table.init {to}[{to_offset}] from {from}[{from_offset}] length {length}"
        ));
    }
    fn elem_drop(&mut self, segment: ElemIndex) {
        self.line(format_args!("elem.drop {}", segment.as_u32()));
    }

    fn call(&mut self, function: FunctionIndex, args: &[Value], results: &mut Vec<Value>) {
        let count = self.module.function_type(function).results().len();
        let (function, args) = (function.as_u32(), Args(args));
        self.values(count, results, format_args!("call {function}{args}"));
    }
    fn call_indirect(
        &mut self,
        ty: SignatureIndex,
        table: TableIndex,
        index: Value,
        args: &[Value],
        results: &mut Vec<Value>,
    ) {
        let count = self.module.signatures[ty].results().len();
        let (ty, table, args) = (ty.as_u32(), table.as_u32(), Args(args));
        self.values(
            count,
            results,
            format_args!("call_indirect {table}[{index}] type {ty}{args}"),
        );
    }

    fn function(&mut self, ty: &FunctionType, locals: &[LocalRun]) -> Label {
        let _ = write!(self.out, " {ty}");
        for LocalRun { count, ty } in locals {
            let _ = write!(self.out, ", {count} x {ty}");
        }
        self.out.push('\n');
        self.open(ty.results().len())
    }
    fn block(&mut self, _params: &[Type], results: &[Type]) -> Label {
        let number = self.frames;
        self.line(format_args!("block @{number} {results:?}"));
        self.open(results.len())
    }
    fn loop_(&mut self, params: &[Type], values: &mut [Value]) -> Label {
        let before = Args(values).to_string();
        values
            .iter_mut()
            .for_each(|value| *value = self.new_value());
        let (number, after) = (self.frames, Args(values));
        self.line(format_args!("loop @{number} {params:?}{before} as{after}"));
        // A branch to it takes its parameters; what its end gives, only `end` knows.
        self.open(params.len())
    }
    fn if_(&mut self, condition: Value, _params: &[Type], results: &[Type]) -> Label {
        let number = self.frames;
        self.line(format_args!("if @{number} {condition} {results:?}"));
        self.open(results.len())
    }
    fn else_(&mut self, frame: &mut Label, results: Option<&[Value]>) {
        self.indent -= 1;
        match results {
            Some(results) => self.line(format_args!(
                "else {frame} fallthrough({})",
                Args(results).to_string().trim_start()
            )),
            None => self.line(format_args!("else {frame}")),
        }
        self.indent += 1;
    }
    fn end(&mut self, frame: Label, end: FrameEnd<'_, Value>, results: &mut Vec<Value>) {
        self.indent -= 1;
        let mut text = format!("end {frame}");
        let mut part = |what, values: &[Value]| {
            let _ = write!(text, " {what}({})", Args(values).to_string().trim_start());
        };
        if let Some(values) = end.fallthrough {
            part("fallthrough", values);
        }
        if let Some(values) = end.otherwise {
            part("otherwise", values);
        }
        if end.branched_to {
            text.push_str(" branched_to");
        }
        match (end.kind, end.fallthrough) {
            // Nothing branches to the end of a loop: its results are what the code before gives.
            (FrameKind::Loop, values) => {
                results.extend_from_slice(values.unwrap_or_default());
                self.line(format_args!("{text}"));
            }
            (FrameKind::Function, _) => self.line(format_args!("{text}")),
            _ if !end.is_live() => self.line(format_args!("{text} dead")),
            _ => self.values(frame.results, results, format_args!("{text}")),
        }
    }
    fn br(&mut self, to: &mut Label, args: &[Value]) {
        self.line(format_args!("br {to}{}", Args(args)));
    }
    fn br_if(&mut self, condition: Value, to: &mut Label, args: &[Value]) {
        self.line(format_args!("br_if {condition} {to}{}", Args(args)));
    }
    fn br_table(&mut self, index: Value, targets: BranchTargets<'_, Label>, args: &[Value]) {
        let mut cases = String::new();
        for case in targets.cases {
            let _ = write!(cases, " {}", targets.frames.frame(*case));
        }
        self.line(format_args!(
            "br_table {index} to{cases} with{}",
            Args(args)
        ));
    }
    fn unreachable(&mut self) {
        self.line(format_args!("unreachable"));
    }
}
