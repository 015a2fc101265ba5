//! `Arc` in place of `Rc`: it counts its handles with atomic instructions.

use std::sync::Arc;
use std::thread;

fn main() {
    let name = Arc::new(String::from("notes.txt"));
    let shared = Arc::clone(&name);
    let session = thread::spawn(move || println!("the session sends {shared}"));
    session.join().unwrap();
    println!("the server has sent {name}");
}
