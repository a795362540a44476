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
use wasmparser::{BinaryReader, OperatorsReader};

/// Where a middleware puts what an operator becomes.
#[derive(Debug, Default)]
pub struct MiddlewareReaderState<'a> {
    pending: VecDeque<Operator<'a>>,
}

impl<'a> MiddlewareReaderState<'a> {
    /// Puts one operator behind those that are there.
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
pub struct MiddlewareBinaryReader<'a> {
    operators: OperatorsReader<'a>,
    chain: Vec<Box<dyn FunctionMiddleware>>,
    /// What the chain has made and nobody has read.
    state: MiddlewareReaderState<'a>,
    /// Where the operator that this was made of starts.
    origin: u64,
}

impl<'a> MiddlewareBinaryReader<'a> {
    /// Reads operators from bytes that start at an offset in a module. There are no middlewares yet.
    pub fn new_with_offset(data: &'a [u8], original_offset: usize) -> Self {
        Self::new(BinaryReader::new(data, original_offset as u64))
    }

    pub(super) fn new(reader: BinaryReader<'a>) -> Self {
        Self {
            origin: reader.original_position(),
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
        match self.next_operator()? {
            Some(operator) => Ok(operator),
            None => Err(WasmError::InvalidWebAssembly {
                message: "no operator is left".to_owned(),
                offset: self.operators.original_position() as usize,
            }),
        }
    }

    /// The same, or `None` at the end.
    pub(super) fn next_operator(&mut self) -> WasmResult<Option<Operator<'a>>> {
        while self.state.pending.is_empty() && !self.operators.eof() {
            self.origin = self.operators.original_position();
            let operator = self.operators.read().map_err(malformed)?;
            self.state.push_operator(operator.into());
            run(&mut self.chain, &mut self.state)?;
        }
        Ok(self.state.pending.pop_front())
    }

    /// Where the operator starts, in the module, that the last one to come out was made of.
    pub(super) fn origin(&self) -> u64 {
        self.origin
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
