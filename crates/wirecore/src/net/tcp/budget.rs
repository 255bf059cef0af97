//! One bound on what all flows together hold out of order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use crate::limits::Limits;

/// A shared count of bytes, cloned into each flow.
#[derive(Clone, Debug)]
pub struct Budget {
    used: Arc<AtomicUsize>,
    bound: usize,
}

impl Budget {
    /// Bounded by `Limits::reorder_total_bytes`.
    pub fn new(limits: &Limits) -> Self {
        Budget {
            used: Arc::new(AtomicUsize::new(0)),
            bound: limits.reorder_total_bytes,
        }
    }

    /// Bytes held now.
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    pub(crate) fn exceeded(&self) -> bool {
        self.used() > self.bound
    }

    /// A flow's holding went from `before` to `after` bytes.
    pub(crate) fn change(&self, before: usize, after: usize) {
        if after >= before {
            self.used.fetch_add(after - before, Ordering::Relaxed);
        } else {
            self.used.fetch_sub(before - after, Ordering::Relaxed);
        }
    }
}
