//! Two threads use one name. See ../6-sharing.en.md, part 6.

use std::rc::Rc;
use std::thread;

fn main() {
    let name = Rc::new(String::from("notes.txt"));
    let shared = Rc::clone(&name);
    let session = thread::spawn(move || println!("the session sends {shared}"));
    session.join().unwrap();
    println!("the server has sent {name}");
}
