//! The one way to take a lock in this project.
//!
//! Read first: nothing. It does not know what a lock protects: the comment at each `Mutex` says it.

use std::sync::Mutex;

/// Runs `work` under the lock: the closure is the lock's scope.
///
/// A rule for every `work`: it leaves no half-changed value behind, even if it panics. So poisoning (Rust marks a mutex
/// when a thread panics while it holds it) can be ignored.
pub fn locked<T, R>(shared: &Mutex<T>, work: impl FnOnce(&mut T) -> R) -> R {
    work(&mut shared.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
}
