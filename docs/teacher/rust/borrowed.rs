//! `move`: the thread gets a copy of the number. (A `thread::scope` would do too: it waits for its threads.)

use std::thread;

fn main() {
    let places = 64;
    let session = thread::spawn(move || println!("the session knows of {places} places"));
    session.join().unwrap();
    println!("the server has {places} places");
}
