//! A handle for each thread: `Arc::clone` before each `move`.

use std::sync::{Arc, Mutex};
use std::thread;

fn main() {
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let (one, other) = (Arc::clone(&sessions), Arc::clone(&sessions));
    let first = thread::spawn(move || one.lock().unwrap().push("session 1"));
    let second = thread::spawn(move || other.lock().unwrap().push("session 2"));
    first.join().unwrap();
    second.join().unwrap();
    println!("{} sessions", sessions.lock().unwrap().len());
}
