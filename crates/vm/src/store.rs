//! What the objects of one store share.

use crate::domain::Domain;
use crate::refs::RefHeap;
use std::sync::Arc;

/// The identity of a store, and the heap of host references that its guests hold.
#[derive(Debug)]
pub struct VMStore {
    refs: RefHeap,
    ref_domain: Arc<Domain>,
}

impl VMStore {
    /// A store of its own.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            refs: RefHeap::default(),
            ref_domain: Domain::new(),
        })
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
