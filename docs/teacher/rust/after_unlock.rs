//! A copy is taken under the lock. It is used after the lock is released.

use std::sync::Mutex;

fn main() {
    let sessions = Mutex::new(vec![String::from("session 1")]);
    let guard = sessions.lock().unwrap();
    let first = guard[0].clone();
    drop(guard); // The mutex is free from here on.
    println!("{first}");
}
