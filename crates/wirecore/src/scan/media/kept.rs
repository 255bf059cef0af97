//! The bytes of images that span windows, kept until their end so that they can be looked at; all of a thread's
//! share one budget.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// Bytes of one image that are kept at most: a phone's largest photo.
const MOST: usize = 16 << 20;

/// How many bytes may still be kept.
#[derive(Debug)]
pub struct Budget(AtomicUsize);

impl Budget {
    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Arc<Self> {
        Arc::new(Budget(AtomicUsize::new(bytes)))
    }

    fn take(&self, bytes: usize) -> bool {
        let left = |left: usize| left.checked_sub(bytes);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left)
            .is_ok()
    }
}

/// Bytes of one image; gives its share of the budget back when dropped.
#[derive(Debug)]
pub struct Kept {
    bytes: Vec<u8>,
    budget: Arc<Budget>,
}

impl Kept {
    /// Begins to keep; none without a budget, or when it is spent.
    pub(super) fn begin(budget: Option<&Arc<Budget>>, bytes: &[u8]) -> Option<Self> {
        let kept = Kept {
            bytes: Vec::new(),
            budget: Arc::clone(budget?),
        };
        kept.and(bytes)
    }

    /// Keeps more; none (and nothing kept any longer) when it becomes too much.
    pub(super) fn and(mut self, more: &[u8]) -> Option<Self> {
        if self.bytes.len() + more.len() > MOST || !self.budget.take(more.len()) {
            return None;
        }
        self.bytes.extend_from_slice(more);
        Some(self)
    }

    /// What was kept.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_longer_kept_gives_its_share_back() {
        let budget = Budget::new(10);
        let first = Kept::begin(Some(&budget), b"seven by").and_then(|kept| kept.and(b"te"));
        assert_eq!(first.as_ref().map(Kept::bytes), Some(&b"seven byte"[..]));
        assert!(Kept::begin(Some(&budget), b"x").is_none());
        drop(first);
        assert!(Kept::begin(Some(&budget), b"ten bytes!").is_some());
        assert!(Kept::begin(Some(&budget), b"eleven bytes").is_none());
        assert!(Kept::begin(None, b"x").is_none());
    }
}
