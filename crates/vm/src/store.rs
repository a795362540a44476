//! What the objects of one engine's stores share.

use crate::domain::Domain;
use crate::refs::RefHeap;
use crate::signatures::SignatureRegistry;
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
