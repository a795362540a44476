//! Reading a function body through middlewares.
//!
//! ```text
//!   bytes ─► operator ─► stage 1 ─► 0..n operators ─► stage 2 ─► … ─► out
//! ```

use super::FunctionMiddleware;
use crate::middleware::operator::Operator;
use crate::{MiddlewareError, WasmError, WasmResult};
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use wasmparser::{BinaryReader, OperatorsReader};

/// Where a middleware puts what an operator becomes.
///
/// ```
/// # use wasmill_compiler::MiddlewareReaderState;
/// # use wasmill_compiler::wasmparser::Operator;
/// // In `FunctionMiddleware::feed`, what comes in place of an operator:
/// fn twice<'a>(operator: Operator<'a>, state: &mut MiddlewareReaderState<'a>) {
///     state.extend([operator.clone(), operator]);
/// }
/// # let mut state = MiddlewareReaderState::default();
/// # twice(Operator::Nop, &mut state);
/// # assert!(format!("{state:?}").contains("[Nop, Nop]"));
/// ```
#[derive(Debug, Default)]
pub struct MiddlewareReaderState<'a> {
    pending: VecDeque<Operator<'a>>,
}

impl<'a> MiddlewareReaderState<'a> {
    /// Puts one operator behind those that are there.
    ///
    /// ```
    /// # use wasmill_compiler::MiddlewareReaderState;
    /// # use wasmill_compiler::wasmparser::Operator;
    /// let mut state = MiddlewareReaderState::default();
    /// state.push_operator(Operator::I32Const { value: 2 });
    /// state.push_operator(Operator::I32Mul);
    /// ```
    pub fn push_operator(&mut self, operator: Operator<'a>) {
        self.pending.push_back(operator);
    }
}

impl<'a> Extend<Operator<'a>> for MiddlewareReaderState<'a> {
    fn extend<I: IntoIterator<Item = Operator<'a>>>(&mut self, operators: I) {
        self.pending.extend(operators);
    }
}

impl<'a: 'b, 'b> Extend<&'b Operator<'a>> for MiddlewareReaderState<'a> {
    fn extend<I: IntoIterator<Item = &'b Operator<'a>>>(&mut self, operators: I) {
        self.pending.extend(operators.into_iter().cloned());
    }
}

/// Reads the operators of a function, and gives what a chain of middlewares makes of them.
///
/// ```
/// # use wasmill_compiler::MiddlewareBinaryReader;
/// # use wasmill_compiler::wasmparser::Operator;
/// let mut reader = MiddlewareBinaryReader::new_with_offset(&[0x41, 7, 0x0b], 0);
/// assert_eq!(reader.read_operator().unwrap(), Operator::I32Const { value: 7 });
/// assert_eq!(reader.read_operator().unwrap(), Operator::End);
/// ```
pub struct MiddlewareBinaryReader<'a> {
    operators: OperatorsReader<'a>,
    chain: Vec<Box<dyn FunctionMiddleware>>,
    /// What the chain has made and nobody has read.
    state: MiddlewareReaderState<'a>,
}

impl<'a> MiddlewareBinaryReader<'a> {
    /// Reads operators from bytes that start at an offset in a module. There are no middlewares yet.
    pub fn new_with_offset(data: &'a [u8], original_offset: usize) -> Self {
        Self::new(BinaryReader::new(data, original_offset as u64))
    }

    pub(super) fn new(reader: BinaryReader<'a>) -> Self {
        Self {
            operators: OperatorsReader::new(reader),
            chain: Vec::new(),
            state: MiddlewareReaderState::default(),
        }
    }

    /// Sets the middlewares, first to last.
    pub fn set_middleware_chain(&mut self, chain: Vec<Box<dyn FunctionMiddleware>>) {
        self.chain = chain;
    }

    /// The next operator that comes out of the chain.
    ///
    /// # Errors
    ///
    /// At the end, if the bytes are malformed, and if a middleware refuses.
    pub fn read_operator(&mut self) -> WasmResult<Operator<'a>> {
        loop {
            if let Some(operator) = self.state.pending.pop_front() {
                return Ok(operator);
            }
            if self.feed()?.is_none() {
                return Err(WasmError::InvalidWebAssembly {
                    message: "no operator is left".to_owned(),
                    offset: self.operators.original_position() as usize,
                });
            }
        }
    }

    /// Sends the next operator of the function into the chain. Gives where it lies in the module; `None` at the end.
    pub(super) fn feed(&mut self) -> WasmResult<Option<Range<u32>>> {
        if self.operators.eof() {
            return Ok(None);
        }
        let start = self.operators.original_position();
        let operator = self.operators.read().map_err(malformed)?;
        self.state.push_operator(operator.into());
        run(&mut self.chain, &mut self.state)?;
        // Modules are shorter than 4 GiB.
        let end = self.operators.original_position();
        Ok(Some(start as u32..end as u32))
    }

    /// What has come out of the chain.
    pub(super) fn made(&mut self) -> impl Iterator<Item = Operator<'a>> {
        self.state.pending.drain(..)
    }
}

/// Feeds what is there to the first stage, what that makes of it to the second, and so on.
fn run<'a>(
    chain: &mut [Box<dyn FunctionMiddleware>],
    state: &mut MiddlewareReaderState<'a>,
) -> Result<(), MiddlewareError> {
    for stage in chain {
        for operator in std::mem::take(&mut state.pending) {
            stage.feed(operator, state)?;
        }
    }
    Ok(())
}

fn malformed(error: wasmparser::Error) -> WasmError {
    WasmError::InvalidWebAssembly {
        message: error.message().to_owned(),
        offset: error.offset() as usize,
    }
}

impl fmt::Debug for MiddlewareBinaryReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MiddlewareBinaryReader")
            .field("chain", &self.chain)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
