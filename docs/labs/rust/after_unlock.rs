//! The mutex is released before the name is printed. See ../6-sharing.en.md, part 6.

use std::sync::Mutex;

fn main() {
    let sessions = Mutex::new(vec![String::from("session 1")]);
    let guard = sessions.lock().unwrap();
    let first = &guard[0];
    drop(guard); // The mutex is free from here on.
    println!("{first}");
}
