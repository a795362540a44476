//! Middlewares: code of the host that rewrites functions before they are compiled.
//!
//! ```text
//!   bytes ─► translate ─┬───────────────── no middlewares ────────────────► compiler
//!                       │                                                      ▲
//!                       └─► validate ─► chain ─► encode ─► translate ──────────┘   (offsets are those of the original)
//! ```
//!
//! Compilers know nothing of them: what a chain makes is a module again, in bytes, which is read and validated like any
//! other (`rewrite.rs`). So a middleware can make code that does the wrong thing, but none that breaks out. A function is
//! validated before middlewares see it, too: an original that is not valid must not become so by what they add, and code
//! must not name what only they declare.

mod encode;
mod immediates;
mod operator;
mod reader;
mod rewrite;

pub use immediates::{BrTable, MemoryImmediate, Type, TypeOrFuncType};
pub use operator::Operator;
pub use reader::{MiddlewareBinaryReader, MiddlewareReaderState};
pub use rewrite::compile_through;

use crate::MiddlewareError;
use std::fmt;
use std::ops::Deref;
use wasmill_types::{LocalFunctionIndex, ModuleInfo};

/// Rewrites a module: makes a [`FunctionMiddleware`] for each of its functions.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use wasmill_compiler::{FunctionMiddleware, ModuleMiddleware};
/// # use wasmill_types::LocalFunctionIndex;
///
/// /// Changes nothing, but knows how many functions there were.
/// #[derive(Debug, Default)]
/// struct Counted(AtomicU32);
///
/// /// What it does with each function: as the default has it, nothing.
/// #[derive(Debug)]
/// struct Unchanged;
/// impl FunctionMiddleware for Unchanged {}
///
/// impl ModuleMiddleware for Counted {
///     fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         Box::new(Unchanged)
///     }
/// }
///
/// let counted = Counted::default();
/// counted.generate_function_middleware(LocalFunctionIndex::from_u32(0));
/// assert_eq!(counted.0.into_inner(), 1);
/// ```
pub trait ModuleMiddleware: fmt::Debug + Send + Sync {
    /// Makes the middleware of one function. Called once for each that the module defines, in no particular order, and on
    /// several threads at once.
    ///
    /// The index tells functions apart; what all of them share is in the middleware itself.
    ///
    /// ```
    /// # use wasmill_compiler::{FunctionMiddleware, ModuleMiddleware};
    /// # use wasmill_types::LocalFunctionIndex;
    /// # #[derive(Debug)]
    /// # struct Tracer;
    /// #[derive(Debug)]
    /// struct OfFunction(LocalFunctionIndex);
    /// impl FunctionMiddleware for OfFunction {}
    ///
    /// impl ModuleMiddleware for Tracer {
    ///     fn generate_function_middleware(&self, index: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
    ///         Box::new(OfFunction(index))
    ///     }
    /// }
    /// let made = Tracer.generate_function_middleware(LocalFunctionIndex::from_u32(3));
    /// assert_eq!(format!("{made:?}"), "OfFunction(LocalFunctionIndex(3))");
    /// ```
    fn generate_function_middleware(
        &self,
        local_function_index: LocalFunctionIndex,
    ) -> Box<dyn FunctionMiddleware>;

    /// Changes what the module declares. Called once, before anything is asked about its functions.
    ///
    /// What is not consistent afterwards makes the compilation fail.
    ///
    /// ```
    /// # use wasmill_compiler::{FunctionMiddleware, ModuleMiddleware};
    /// # use wasmill_types::{ExportIndex, GlobalInit, GlobalType, LocalFunctionIndex, ModuleInfo, Mutability, Type};
    /// # #[derive(Debug)]
    /// # struct Counter;
    /// # #[derive(Debug)]
    /// # struct Unchanged;
    /// # impl FunctionMiddleware for Unchanged {}
    /// impl ModuleMiddleware for Counter {
    ///     fn transform_module_info(&self, info: &mut ModuleInfo) {
    ///         let global = info.globals.push(GlobalType::new(Type::I64, Mutability::Var));
    ///         info.global_initializers.push(GlobalInit::I64Const(0));
    ///         info.exports.insert("counter".to_owned(), ExportIndex::Global(global));
    ///     }
    /// #   fn generate_function_middleware(&self, _: LocalFunctionIndex) -> Box<dyn FunctionMiddleware> {
    /// #       Box::new(Unchanged)
    /// #   }
    /// }
    ///
    /// let mut info = ModuleInfo::new();
    /// Counter.transform_module_info(&mut info);
    /// assert!(info.exports.contains_key("counter"));
    /// ```
    fn transform_module_info(&self, _: &mut ModuleInfo) {}
}

/// Rewrites one function.
///
/// ```
/// use wasmill_compiler::wasmparser::Operator;
/// use wasmill_compiler::{
///     FunctionMiddleware, MiddlewareBinaryReader, MiddlewareError, MiddlewareReaderState,
/// };
///
/// /// Multiplies by two where the code adds.
/// #[derive(Debug)]
/// struct Twice;
///
/// impl FunctionMiddleware for Twice {
///     fn feed<'a>(
///         &mut self,
///         operator: Operator<'a>,
///         state: &mut MiddlewareReaderState<'a>,
///     ) -> Result<(), MiddlewareError> {
///         match operator {
///             Operator::I32Add => state.extend([Operator::I32Const { value: 2 }, Operator::I32Mul]),
///             other => state.push_operator(other),
///         }
///         Ok(())
///     }
/// }
///
/// // Code that adds, and ends.
/// let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x6a, 0x0b], 0);
/// reader.set_middleware_chain(vec![Box::new(Twice)]);
/// assert_eq!(reader.read_operator()?, Operator::I32Const { value: 2 });
/// assert_eq!(reader.read_operator()?, Operator::I32Mul);
/// assert_eq!(reader.read_operator()?, Operator::End);
/// assert!(reader.read_operator().is_err());
/// # Ok::<(), wasmill_compiler::WasmError>(())
/// ```
pub trait FunctionMiddleware: fmt::Debug {
    /// Takes the next operator; whatever it puts into `state` comes in its place. The declarations of locals are no
    /// operators and stay.
    ///
    /// ```
    /// # use wasmill_compiler::wasmparser::Operator;
    /// # use wasmill_compiler::{FunctionMiddleware, MiddlewareError, MiddlewareReaderState};
    /// /// Drops what does nothing.
    /// #[derive(Debug)]
    /// struct NoNops;
    ///
    /// impl FunctionMiddleware for NoNops {
    ///     fn feed<'a>(
    ///         &mut self,
    ///         operator: Operator<'a>,
    ///         state: &mut MiddlewareReaderState<'a>,
    ///     ) -> Result<(), MiddlewareError> {
    ///         if operator != Operator::Nop {
    ///             state.push_operator(operator);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    /// # use wasmill_compiler::MiddlewareBinaryReader;
    /// let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x01, 0x01, 0x0b], 0);
    /// reader.set_middleware_chain(vec![Box::new(NoNops)]);
    /// assert_eq!(reader.read_operator().unwrap(), Operator::End);
    /// ```
    ///
    /// # Errors
    ///
    /// To make the compilation fail.
    fn feed<'a>(
        &mut self,
        operator: Operator<'a>,
        state: &mut MiddlewareReaderState<'a>,
    ) -> Result<(), MiddlewareError> {
        state.push_operator(operator);
        Ok(())
    }
}

/// Several middlewares in a row.
pub trait ModuleMiddlewareChain {
    /// The middlewares of one function, in order.
    fn generate_function_middleware_chain(
        &self,
        local_function_index: LocalFunctionIndex,
    ) -> Vec<Box<dyn FunctionMiddleware>>;

    /// Lets each change what the module declares, in order.
    fn apply_on_module_info(&self, module_info: &mut ModuleInfo);
}

impl<T: Deref<Target = dyn ModuleMiddleware>> ModuleMiddlewareChain for [T] {
    fn generate_function_middleware_chain(
        &self,
        local_function_index: LocalFunctionIndex,
    ) -> Vec<Box<dyn FunctionMiddleware>> {
        self.iter()
            .map(|middleware| middleware.generate_function_middleware(local_function_index))
            .collect()
    }

    fn apply_on_module_info(&self, module_info: &mut ModuleInfo) {
        for middleware in self {
            middleware.transform_module_info(module_info);
        }
    }
}
