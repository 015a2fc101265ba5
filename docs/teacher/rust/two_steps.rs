//! Reading and writing are under one lock.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

fn main() {
    let active = Arc::new(Mutex::new(0));
    let count_one_more = |active: Arc<Mutex<i32>>| {
        thread::sleep(Duration::from_millis(200)); // As before, but where it does no harm.
        *active.lock().unwrap() += 1;
    };
    let (one, other) = (Arc::clone(&active), Arc::clone(&active));
    let first = thread::spawn(move || count_one_more(one));
    let second = thread::spawn(move || count_one_more(other));
    first.join().unwrap();
    second.join().unwrap();
    println!("{} active", active.lock().unwrap());
}
