//! What LLVM has to say of its work.
//!
//! Where nobody listens, LLVM prints an error and ends the process. Here errors are kept, for the unit's compilation to fail with.

use std::cell::RefCell;
use std::ffi::{CStr, c_void};

use inkwell::context::Context;
use inkwell::llvm_sys::LLVMDiagnosticSeverity::LLVMDSError;
use inkwell::llvm_sys::core::{
    LLVMContextSetDiagnosticHandler, LLVMDisposeMessage, LLVMGetDiagInfoDescription,
    LLVMGetDiagInfoSeverity,
};
use inkwell::llvm_sys::prelude::LLVMDiagnosticInfoRef;
use wasmill_compiler::CompileError;

type Errors = RefCell<Vec<String>>;

/// A context of LLVM's whose errors are heard.
pub(crate) struct Session {
    // Before the errors: it goes first.
    context: Context,
    errors: Box<Errors>,
}

impl Session {
    #[expect(unsafe_code, reason = "inkwell has no handlers of diagnostics")]
    pub(crate) fn new() -> Self {
        let context = Context::create();
        let errors = Box::<Errors>::default();
        let place = (&raw const *errors).cast_mut().cast::<c_void>();
        // SAFETY: the errors lie in a box of their own, which goes after the context; `record` takes them for what they are.
        unsafe { LLVMContextSetDiagnosticHandler(context.raw(), Some(record), place) };
        Self { context, errors }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Fails with what LLVM had to say, if it was an error.
    pub(crate) fn check(&self) -> Result<(), CompileError> {
        let errors = self.errors.take();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(CompileError::Codegen(format!(
                "LLVM: {}",
                errors.join("; ")
            ))),
        }
    }
}

/// Keeps an error; remarks and warnings are of no interest.
#[expect(unsafe_code, reason = "LLVM calls it")]
extern "C" fn record(diagnostic: LLVMDiagnosticInfoRef, errors: *mut c_void) {
    // SAFETY: LLVM passes a diagnostic that lives for the call, and what `Session::new` gave it; the description is ours to dispose of.
    unsafe {
        if LLVMGetDiagInfoSeverity(diagnostic) != LLVMDSError {
            return;
        }
        let description = LLVMGetDiagInfoDescription(diagnostic);
        let text = CStr::from_ptr(description).to_string_lossy().into_owned();
        LLVMDisposeMessage(description);
        (*errors.cast::<Errors>().cast_const())
            .borrow_mut()
            .push(text);
    }
}
