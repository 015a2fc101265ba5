//! One way to take a lock, for all that threads share here.
//!
//! Read first: nothing. It does not know what a lock protects: that stands beside each `Mutex`.

use std::sync::Mutex;

/// Runs `work` under the lock, and no longer: the closure is the lock's scope. A thread that panicked under it left
/// whole values behind (that is a rule for every `work`), so a poisoned lock is as good as any other.
pub fn locked<T, R>(shared: &Mutex<T>, work: impl FnOnce(&mut T) -> R) -> R {
    work(&mut shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
}
