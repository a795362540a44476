//! Metering: instances have points, execution costs some, and without enough of them it ends.
//!
//! The host says what each operator costs ([`Metering::new`]). The points that are left are a global of the instance, so
//! they work the same after a module was stored and loaded without a compiler:
//!
//! | export | type | |
//! |---|---|---|
//! | `wasmer_metering_remaining_points` | mutable `i64` | the points that are left, as an unsigned number |
//! | `wasmer_metering_points_exhausted` | mutable `i32` | 1 once they were not enough |
//!
//! Code cannot reach these globals: it is validated before they are there, and exports of a module that have these names
//! already are replaced.
//!
//! # What is charged when
//!
//! Costs are summed up over operators that are executed one after another, and paid right before the first of them that
//! may end the row, that one included. These are
//!
//! - operators that control leaves at, or that it may enter behind: branches, `return`, calls, `if`, `else`, `loop`,
//!   `end`, `unreachable`, exceptions;
//! - operators that may trap: accesses to memories and tables, divisions, conversions to integers.
//!
//! If there are fewer points than that, the instance is marked as exhausted and `unreachable` ends the call; otherwise they
//! are subtracted. So at every call, return and trap, exactly those operators have been paid for that were executed. An
//! operator counts as executed when control reaches it: `loop` once, however often is branched to it; `else` and `end`
//! only at the end of the code before them.
//!
//! The cost of an operator does not depend on its operands: `memory.fill` costs the same for one byte and for a million, so
//! give operators of this kind a cost that fits what you allow.
//!
//! ```
//! use std::sync::Arc;
//! use wasmill::wasmparser::Operator;
//! use wasmill::{CompilerConfig, Cranelift, Instance, Module, Store, Universal, imports};
//! use wasmill_middlewares::Metering;
//! use wasmill_middlewares::metering::{
//!     MeteringPoints, get_remaining_points, set_remaining_points,
//! };
//!
//! let cost = |operator: &Operator| match operator {
//!     Operator::LocalGet { .. } | Operator::I32Const { .. } => 1,
//!     Operator::I32Add => 2,
//!     _ => 0,
//! };
//! let mut compiler = Cranelift::default();
//! compiler.push_middleware(Arc::new(Metering::new(10, cost)));
//! let store = Store::new(&Universal::new(compiler).engine());
//! let module = Module::new(
//!     &store,
//!     r#"(module
//!          (func (export "add_one") (param i32) (result i32)
//!            (i32.add (local.get 0) (i32.const 1))))"#,
//! )?;
//! let instance = Instance::new(&module, &imports! {})?;
//! let add_one = instance.exports.get_native_function::<i32, i32>("add_one")?;
//!
//! assert_eq!(add_one.call(1)?, 2);
//! assert_eq!(add_one.call(2)?, 3);
//! assert_eq!(get_remaining_points(&instance), MeteringPoints::Remaining(2));
//! assert!(add_one.call(3).is_err());
//! assert_eq!(get_remaining_points(&instance), MeteringPoints::Exhausted);
//!
//! set_remaining_points(&instance, 4);
//! assert_eq!(add_one.call(3)?, 4);
//! assert_eq!(get_remaining_points(&instance), MeteringPoints::Remaining(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod rows;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use wasmill::wasmparser::{Operator, Type as BlockType, TypeOrFuncType};
use wasmill::{
    ExportIndex, FunctionMiddleware, Global, GlobalInit, GlobalType, Instance, LocalFunctionIndex,
    MiddlewareError, MiddlewareReaderState, ModuleInfo, ModuleMiddleware, Mutability, Type, Value,
};

/// The export that holds the points.
const REMAINING: &str = "wasmer_metering_remaining_points";
/// The export that says whether they were not enough.
const EXHAUSTED: &str = "wasmer_metering_points_exhausted";

/// The middleware that makes a module pay for what it executes: see the [module](self).
///
/// It is for one module: make another for each.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill::{CompilerConfig, Cranelift, Module, Store, Universal};
/// # use wasmill_middlewares::Metering;
/// let mut compiler = Cranelift::default();
/// compiler.push_middleware(Arc::new(Metering::new(1_000, |_| 1)));
/// let store = Store::new(&Universal::new(compiler).engine());
/// let module = Module::new(&store, "(module)").unwrap();
/// let names: Vec<_> = module.exports().map(|export| export.name().to_owned()).collect();
/// assert!(names.contains(&"wasmer_metering_remaining_points".to_owned()));
/// ```
pub struct Metering<F: Fn(&Operator) -> u64 + Send + Sync> {
    initial_limit: u64,
    cost_function: Arc<F>,
    globals: Mutex<Option<Globals>>,
}

/// Where the globals are, among those of the module.
#[derive(Clone, Copy, Debug)]
struct Globals {
    remaining: u32,
    exhausted: u32,
}

impl<F: Fn(&Operator) -> u64 + Send + Sync> Metering<F> {
    /// Gives instances this many points, and operators the cost that the function tells.
    ///
    /// ```
    /// # use wasmill::wasmparser::Operator;
    /// # use wasmill_middlewares::Metering;
    /// // What may take long costs more.
    /// let metering = Metering::new(1_000_000, |operator: &Operator| match operator {
    ///     Operator::MemoryFill { .. } | Operator::MemoryCopy { .. } => 1_000,
    ///     Operator::I32DivU | Operator::I32DivS => 10,
    ///     _ => 1,
    /// });
    /// # assert!(format!("{metering:?}").contains("1000000"));
    /// ```
    pub fn new(initial_limit: u64, cost_function: F) -> Self {
        Self {
            initial_limit,
            cost_function: Arc::new(cost_function),
            globals: Mutex::new(None),
        }
    }

    fn globals(&self) -> std::sync::MutexGuard<'_, Option<Globals>> {
        self.globals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Fn(&Operator) -> u64 + Send + Sync> fmt::Debug for Metering<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metering")
            .field("initial_limit", &self.initial_limit)
            .field("globals", &*self.globals())
            .finish_non_exhaustive()
    }
}

impl<F: Fn(&Operator) -> u64 + Send + Sync + 'static> ModuleMiddleware for Metering<F> {
    fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
        let globals = self.globals();
        Box::new(FunctionMetering {
            cost_function: self.cost_function.clone(),
            globals: globals.expect("the module's description is transformed first"),
            row: 0,
        })
    }

    /// # Panics
    ///
    /// If this was used for a module before.
    fn transform_module_info(&self, module_info: &mut ModuleInfo) {
        let mut globals = self.globals();
        if globals.is_some() {
            drop(globals);
            panic!("Attempting to use a `Metering` middleware from multiple modules.");
        }
        let limit = GlobalInit::I64Const(self.initial_limit as i64);
        *globals = Some(Globals {
            remaining: add_global(module_info, REMAINING, Type::I64, limit),
            exhausted: add_global(module_info, EXHAUSTED, Type::I32, GlobalInit::I32Const(0)),
        });
    }
}

/// Adds an exported variable to a module.
fn add_global(info: &mut ModuleInfo, name: &str, ty: Type, value: GlobalInit) -> u32 {
    let index = info.globals.push(GlobalType::new(ty, Mutability::Var));
    info.global_initializers.push(value);
    let export = ExportIndex::Global(index);
    info.exports.insert(name.to_owned(), export);
    index.as_u32()
}

/// The part of [`Metering`] that rewrites one function.
///
/// ```
/// # use wasmill::{LocalFunctionIndex, ModuleInfo, ModuleMiddleware};
/// # use wasmill_middlewares::Metering;
/// // What a compilation does for each function of a module:
/// let metering = Metering::new(1_000, |_| 1);
/// metering.transform_module_info(&mut ModuleInfo::new());
/// let of_function = metering.generate_function_middleware(LocalFunctionIndex::from_u32(0));
/// assert!(format!("{of_function:?}").starts_with("FunctionMetering"));
/// ```
pub struct FunctionMetering<F: Fn(&Operator) -> u64 + Send + Sync> {
    cost_function: Arc<F>,
    globals: Globals,
    /// What the operators cost that have been fed and not been paid for.
    row: u64,
}

impl<F: Fn(&Operator) -> u64 + Send + Sync> fmt::Debug for FunctionMetering<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionMetering")
            .field("globals", &self.globals)
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

impl<F: Fn(&Operator) -> u64 + Send + Sync> FunctionMiddleware for FunctionMetering<F> {
    fn feed<'a>(
        &mut self,
        operator: Operator<'a>,
        state: &mut MiddlewareReaderState<'a>,
    ) -> Result<(), MiddlewareError> {
        self.row = self.row.saturating_add((self.cost_function)(&operator));
        if self.row > 0 && rows::may_end_a_row(&operator) {
            let cost = std::mem::take(&mut self.row);
            state.extend(&payment(self.globals, cost as i64));
        }
        state.push_operator(operator);
        Ok(())
    }
}

/// Subtracts the cost from the points, or traps if they are not enough.
fn payment(globals: Globals, cost: i64) -> [Operator<'static>; 12] {
    let Globals {
        remaining,
        exhausted,
    } = globals;
    let get_remaining = Operator::GlobalGet {
        global_index: remaining,
    };
    [
        get_remaining.clone(),
        Operator::I64Const { value: cost },
        Operator::I64LtU,
        Operator::If {
            ty: TypeOrFuncType::Type(BlockType::EmptyBlockType),
        },
        Operator::I32Const { value: 1 },
        Operator::GlobalSet {
            global_index: exhausted,
        },
        Operator::Unreachable,
        Operator::End,
        get_remaining,
        Operator::I64Const { value: cost },
        Operator::I64Sub,
        Operator::GlobalSet {
            global_index: remaining,
        },
    ]
}

/// The points of an instance.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill::{CompilerConfig, Cranelift, Instance, Module, Store, Universal, imports};
/// # use wasmill_middlewares::Metering;
/// # use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};
/// # let mut compiler = Cranelift::default();
/// # compiler.push_middleware(Arc::new(Metering::new(10, |_| 1)));
/// # let store = Store::new(&Universal::new(compiler).engine());
/// # let module = Module::new(&store, "(module (func (export \"f\") nop nop))").unwrap();
/// # let instance = Instance::new(&module, &imports! {}).unwrap();
/// assert_eq!(get_remaining_points(&instance), MeteringPoints::Remaining(10));
/// set_remaining_points(&instance, 0);
/// assert_eq!(get_remaining_points(&instance), MeteringPoints::Remaining(0), "not exhausted yet");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeteringPoints {
    /// So many are left. None at all is no harm yet: what was executed is paid for.
    Remaining(u64),
    /// They were not enough for what the instance tried to execute.
    Exhausted,
}

/// The points that an instance has left.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill::{CompilerConfig, Cranelift, Instance, Module, Store, Universal, imports};
/// # use wasmill_middlewares::Metering;
/// # use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};
/// # let mut compiler = Cranelift::default();
/// # compiler.push_middleware(Arc::new(Metering::new(10, |_| 1)));
/// # let store = Store::new(&Universal::new(compiler).engine());
/// # let module = Module::new(&store, "(module (func (export \"f\") nop nop))").unwrap();
/// # let instance = Instance::new(&module, &imports! {}).unwrap();
/// // Two operators and the end, for one point each:
/// instance.exports.get_function("f").unwrap().call(&[]).unwrap();
/// assert_eq!(get_remaining_points(&instance), MeteringPoints::Remaining(7));
/// ```
///
/// # Panics
///
/// If the instance is not metered.
pub fn get_remaining_points(instance: &Instance) -> MeteringPoints {
    match (
        global(instance, EXHAUSTED).get(),
        global(instance, REMAINING).get(),
    ) {
        (Value::I32(0), Value::I64(points)) => MeteringPoints::Remaining(points as u64),
        (Value::I32(_), Value::I64(_)) => MeteringPoints::Exhausted,
        _ => panic!("the instance is not metered: its globals have other types"),
    }
}

/// Gives an instance this many points, and lets it go on if it was exhausted.
///
/// ```
/// # use std::sync::Arc;
/// # use wasmill::{CompilerConfig, Cranelift, Instance, Module, Store, Universal, imports};
/// # use wasmill_middlewares::Metering;
/// # use wasmill_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};
/// # let mut compiler = Cranelift::default();
/// # compiler.push_middleware(Arc::new(Metering::new(10, |_| 1)));
/// # let store = Store::new(&Universal::new(compiler).engine());
/// # let module = Module::new(&store, "(module (func (export \"f\") nop nop))").unwrap();
/// # let instance = Instance::new(&module, &imports! {}).unwrap();
/// let f = instance.exports.get_function("f").unwrap();
/// set_remaining_points(&instance, 2);
/// assert!(f.call(&[]).is_err());
/// assert_eq!(get_remaining_points(&instance), MeteringPoints::Exhausted);
/// set_remaining_points(&instance, 3);
/// assert!(f.call(&[]).is_ok());
/// ```
///
/// # Panics
///
/// If the instance is not metered.
pub fn set_remaining_points(instance: &Instance, points: u64) {
    set(instance, REMAINING, Value::I64(points as i64));
    set(instance, EXHAUSTED, Value::I32(0));
}

fn set(instance: &Instance, name: &str, value: Value) {
    if let Err(error) = global(instance, name).set(value) {
        panic!("the instance is not metered: {error}");
    }
}

fn global<'i>(instance: &'i Instance, name: &str) -> &'i Global {
    match instance.exports.get_global(name) {
        Ok(global) => global,
        Err(error) => panic!("the instance is not metered: {error}"),
    }
}
