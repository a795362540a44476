//! What the objects of one engine's stores share.

use crate::domain::Domain;
use crate::refs::RefHeap;
use crate::signatures::SignatureRegistry;
use crate::thread;
use crate::trap_handlers::TrapHandlerFn;
use std::sync::Arc;

/// The identity of an engine's stores, the numbers of their function types, and the heap of host references that their
/// guests hold.
#[derive(Debug)]
pub struct VMStore {
    refs: RefHeap,
    ref_domain: Arc<Domain>,
    signatures: Arc<SignatureRegistry>,
}

impl VMStore {
    /// A store of its own.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            refs: RefHeap::default(),
            ref_domain: Domain::new(),
            signatures: Arc::new(SignatureRegistry::new()),
        })
    }

    /// Sets the handler that is asked first about faults of this store's code on the current thread, or removes it.
    ///
    /// # Panics
    ///
    /// If it is called by such a handler.
    pub fn set_trap_handler(self: &Arc<Self>, handler: Option<Box<TrapHandlerFn>>) {
        thread::prepare();
        thread::current().set_trap_handler(self, handler);
    }

    /// The numbers of function types, which compiled code compares.
    pub fn signatures(&self) -> &Arc<SignatureRegistry> {
        &self.signatures
    }

    /// The values that `externref`s refer to.
    pub fn refs(&self) -> &RefHeap {
        &self.refs
    }

    /// The domain of everything that can hold an `externref`, so that a collection sees all of them at rest.
    pub fn ref_domain(&self) -> &Arc<Domain> {
        &self.ref_domain
    }
}
