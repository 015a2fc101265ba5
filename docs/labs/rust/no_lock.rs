//! A thread enters itself into a list that the main thread has too. See ../6-sharing.en.md, part 6.

use std::sync::Arc;
use std::thread;

fn main() {
    let sessions = Arc::new(vec!["session 1"]);
    let shared = Arc::clone(&sessions);
    let second = thread::spawn(move || shared.push("session 2"));
    second.join().unwrap();
    println!("{} sessions", sessions.len());
}
