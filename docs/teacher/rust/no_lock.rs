//! A `Mutex` in the `Arc`: what several threads have, one may change only under a lock.

use std::sync::{Arc, Mutex};
use std::thread;

fn main() {
    let sessions = Arc::new(Mutex::new(vec!["session 1"]));
    let shared = Arc::clone(&sessions);
    let second = thread::spawn(move || shared.lock().unwrap().push("session 2"));
    second.join().unwrap();
    println!("{} sessions", sessions.lock().unwrap().len());
}
