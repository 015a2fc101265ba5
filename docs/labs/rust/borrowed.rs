//! A thread reads a variable of the function that starts it. See ../6-sharing.en.md, part 6.

use std::thread;

fn main() {
    let places = 64;
    let session = thread::spawn(|| println!("the session knows of {places} places"));
    session.join().unwrap();
    println!("the server has {places} places");
}
