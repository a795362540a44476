//! Linux.

mod barrier;
mod libraries;
mod mappings;
mod signals;
mod stacks;
mod threads;

pub(crate) use barrier::*;
pub(crate) use libraries::{Library, sealed_file};
pub(crate) use mappings::*;
pub(crate) use signals::install_handlers;
pub(crate) use stacks::{SignalStack, stack_bounds, use_signal_stack};
pub(crate) use threads::ThreadName;
