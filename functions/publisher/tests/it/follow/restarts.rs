//! Whatever happens in whatever order: every alert comes, in order, and none twice but after a restart.

use proptest::prelude::*;
use publisher::follow::{Follower, Position, Start};

use super::manager::{Manager, number, padded};

#[derive(Clone, Debug)]
enum Event {
    /// This many alerts with padding of this many bytes.
    Alerts(u64, usize),
    /// The beginning of the next alert; the rest comes with the next event that writes.
    HalfAlert(usize),
    Rubbish,
    NewDay,
    NewPart,
    /// Every file but the current one, as often as the manager likes.
    Compress,
    Read(usize),
    Commit,
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1_u64..20, 0_usize..3000).prop_map(|(count, padding)| Event::Alerts(count, padding)),
        1 => (1_usize..100).prop_map(Event::HalfAlert),
        1 => Just(Event::Rubbish),
        2 => Just(Event::NewDay),
        2 => Just(Event::NewPart),
        1 => Just(Event::Compress),
        6 => (1_usize..20_000).prop_map(Event::Read),
        3 => Just(Event::Commit),
        2 => Just(Event::Restart),
    ]
}

/// The follower with what is expected of it.
struct Play {
    manager: Manager,
    files: Vec<(u32, u32)>,
    follower: Follower,
    /// The next alert that is written, read, and read after a restart.
    written: u64,
    read: u64,
    committed: u64,
    position: Option<Position>,
    /// What is missing of a half-written alert.
    rest: String,
}

impl Play {
    fn new() -> Self {
        let manager = Manager::started();
        let follower = manager.follower(Start::End);
        let files = vec![(1, 0)];
        Self {
            manager,
            files,
            follower,
            written: 0,
            read: 0,
            committed: 0,
            position: None,
            rest: String::new(),
        }
    }

    fn play(&mut self, event: &Event) {
        match event {
            Event::Alerts(count, padding) => {
                self.complete();
                for _ in 0..*count {
                    self.manager.write(padded(self.written, *padding) + "\n");
                    self.written += 1;
                }
            }
            Event::HalfAlert(length) => {
                self.complete();
                let text = padded(self.written, 50) + "\n";
                let (half, rest) = text.split_at(*length);
                self.manager.write(half);
                rest.clone_into(&mut self.rest);
            }
            Event::Rubbish => {
                self.complete();
                self.manager.write("\0\0{\n\n[1]\nx\0");
            }
            Event::NewDay | Event::NewPart => {
                self.complete();
                if matches!(event, Event::NewDay) {
                    self.manager.rotate();
                } else {
                    self.manager.rotate_part();
                }
                self.files.push(self.manager.current());
            }
            Event::Compress => {
                for (day, part) in self.files.drain(..self.files.len() - 1) {
                    self.manager.compress(day, part);
                }
            }
            Event::Read(limit) => drop(self.read(*limit)),
            Event::Commit => {
                if let Some(position) = &self.position {
                    self.follower.commit(position).unwrap();
                    self.committed = self.read;
                }
            }
            Event::Restart => {
                self.follower = self.manager.follower(Start::End);
                (self.read, self.position) = (self.committed, None);
            }
        }
    }

    fn complete(&mut self) {
        if !self.rest.is_empty() {
            self.manager.write(std::mem::take(&mut self.rest));
            self.written += 1;
        }
    }

    /// Whether there was nothing.
    fn read(&mut self, limit: usize) -> bool {
        let batch = self.follower.read(limit).unwrap();
        for line in batch.alerts() {
            assert_eq!(number(line), self.read);
            self.read += 1;
        }
        self.position = Some(batch.position());
        batch.is_idle()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_alert_comes_in_order_and_twice_only_after_a_restart(events in prop::collection::vec(event(), 1..60)) {
        let mut play = Play::new();
        for event in &events {
            play.play(event);
        }
        play.complete();
        while !play.read(100_000) {}
        prop_assert_eq!(play.read, play.written);
    }
}
