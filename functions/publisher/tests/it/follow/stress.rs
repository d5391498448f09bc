//! A manager that writes, rotates and compresses at full speed beside a follower that is killed again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use publisher::follow::{Follower, Start};

use super::manager::{Manager, number, padded};

#[test]
fn nothing_is_lost_between_rotations_compressions_and_restarts_at_full_speed() {
    check(40_000, 400);
}

/// The last alert of a file is written in the moment before its rotation.
#[test]
fn nothing_is_lost_when_files_are_short() {
    check(1_000, 4);
}

fn check(alerts: u64, alerts_per_file: u64) {
    let mut manager = Manager::started();
    let options = manager.options(Start::End);
    let mut follower = Follower::open(options.clone()).unwrap();
    let is_done = AtomicBool::new(false);
    let (mut read, mut committed, mut restarts) = (0, 0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            write(&mut manager, alerts, alerts_per_file);
            is_done.store(true, Ordering::Release);
        });
        loop {
            let was_done = is_done.load(Ordering::Acquire);
            let batch = follower.read(fastrand::usize(1..60_000)).unwrap();
            assert!(batch.notices().is_empty(), "{:?}", batch.notices());
            for line in batch.alerts() {
                assert_eq!(number(line), read, "after {restarts} restarts");
                read += 1;
            }
            let (position, is_idle) = (batch.position(), batch.is_idle());
            if fastrand::u8(..10) == 0 {
                follower.commit(&position).unwrap();
                committed = read;
            }
            if is_idle && was_done {
                break;
            }
            if is_idle && fastrand::bool() {
                follower.wait(Duration::from_millis(100)).unwrap();
            }
            if fastrand::u8(..30) == 0 {
                follower = Follower::open(options.clone()).unwrap();
                (read, restarts) = (committed, restarts + 1);
            }
        }
    });
    assert_eq!(read, alerts);
}

fn write(manager: &mut Manager, alerts: u64, alerts_per_file: u64) {
    let mut closed = Vec::new();
    for number in 0..alerts {
        manager.write(padded(number, fastrand::usize(..500)) + "\n");
        if fastrand::u64(..alerts_per_file) == 0 {
            closed.push(manager.current());
            if fastrand::bool() { manager.rotate() } else { manager.rotate_part() }
        }
        if fastrand::u64(..alerts_per_file * 2) == 0 && !closed.is_empty() {
            let (day, part) = closed.swap_remove(fastrand::usize(..closed.len()));
            manager.compress(day, part);
        }
    }
}
