//! Two threads enter themselves into one list, under a mutex. See ../6-sharing.en.md, part 6.

use std::sync::{Arc, Mutex};
use std::thread;

fn main() {
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let first = thread::spawn(move || sessions.lock().unwrap().push("session 1"));
    let second = thread::spawn(move || sessions.lock().unwrap().push("session 2"));
    first.join().unwrap();
    second.join().unwrap();
    println!("{} sessions", sessions.lock().unwrap().len());
}
