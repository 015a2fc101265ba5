//! Races that happen once in a thousand times. Here they happen each time: a barrier stops every thread at the worst
//! moment until all have come. docs/THREADS.md explains them.

use std::sync::{Arc, Mutex};
use std::thread;

use file_transfer::server::limits::Limits;
use file_transfer::server::registry::Registry;

use crate::sessions::some_connection;

/// Holds threads until so many have come: `std::sync::Barrier`, made of a mutex.
struct Barrier {
    missing: Mutex<usize>,
}

impl Barrier {
    fn of(threads: usize) -> Barrier {
        Barrier { missing: Mutex::new(threads) }
    }

    fn wait(&self) {
        *self.missing.lock().unwrap() -= 1;
        while *self.missing.lock().unwrap() > 0 {
            thread::yield_now();
        }
    }
}

const THREADS: usize = 8;

/// Runs the work on so many threads at once, and returns what each returned.
fn on_threads<T: Send>(work: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_check_and_an_act_under_two_locks_let_every_thread_take_the_last_place() {
    const PLACES: usize = 1;
    let taken = Mutex::new(0);
    let all_have_looked = Barrier::of(THREADS);
    on_threads(|| {
        let is_free = *taken.lock().unwrap() < PLACES;
        // The lock is free again. Without the barrier the other threads come here sometimes; with it, always.
        all_have_looked.wait();
        if is_free {
            *taken.lock().unwrap() += 1;
        }
    });
    assert_eq!(*taken.lock().unwrap(), THREADS, "each of them saw the place free, and each took it");
}

#[test]
fn a_check_and_an_act_under_one_lock_give_the_last_place_to_one_thread() {
    const PLACES: usize = 1;
    let taken = Mutex::new(0);
    let all_are_here = Barrier::of(THREADS);
    on_threads(|| {
        all_are_here.wait();
        let mut taken = taken.lock().unwrap();
        if *taken < PLACES {
            *taken += 1;
        }
    });
    assert_eq!(*taken.lock().unwrap(), PLACES);
}

#[test]
fn the_registry_gives_its_last_place_to_one_of_the_threads_that_come_together() {
    let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
    let connection = some_connection();
    let peer = connection.local_addr().unwrap();
    let all_are_here = Barrier::of(THREADS);
    let places = on_threads(|| {
        all_are_here.wait();
        registry.admit(peer, &connection).ok()
    });
    assert_eq!(places.iter().flatten().count(), 1);
}

#[test]
fn two_locks_taken_in_opposite_order_wait_for_each_other_for_ever() {
    let (first, second) = (Mutex::new(()), Mutex::new(()));
    let both_hold_one = Barrier::of(2);
    let both_have_tried = Barrier::of(2);
    // `try_lock` says what `lock` would do: with that, this test would never end.
    let would_wait = |mine: &Mutex<()>, others: &Mutex<()>| {
        let _mine = mine.lock().unwrap();
        both_hold_one.wait();
        let would_wait = others.try_lock().is_err();
        both_have_tried.wait();
        would_wait
    };
    thread::scope(|scope| {
        let one = scope.spawn(|| would_wait(&first, &second));
        let other = scope.spawn(|| would_wait(&second, &first));
        assert!(one.join().unwrap() && other.join().unwrap());
    });
}

#[test]
fn a_panic_under_the_lock_poisons_it_and_what_it_protects_can_still_be_had() {
    let shared = Arc::new(Mutex::new(vec![1, 2]));
    let panics = Arc::clone(&shared);
    let ended = thread::spawn(move || {
        let mut held = panics.lock().unwrap();
        held.push(3);
        panic!("this test wants it");
    });
    assert!(ended.join().is_err());
    let poisoned = shared.lock().unwrap_err();
    assert_eq!(*poisoned.into_inner(), [1, 2, 3]);
}
