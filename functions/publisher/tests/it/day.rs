//! A day on a manager, in some seconds: everything goes wrong that can, and at its end the ledger closes.
//!
//! Three actors work at once, each with its own dice from one seed: Wazuh, which writes and rotates `alerts.json`;
//! integratord, which hands alerts over; and trouble, which kills the service and takes SQS away. Another day is played
//! with `WAZUH_TRIAGE_DAY=<seed>`.

mod ledger;

use std::collections::HashSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;

use crate::bench::{Bench, QUEUE, Service, text, until};
use crate::fake_sqs::Answer;
use crate::follow::manager::Manager;

use ledger::{Fate, Ledger};

const BURSTS: u32 = 200;
const CALLS: u32 = 100;
const DEFAULT_SEED: u64 = 20_261_122;

#[test]
fn a_day_of_rotations_outages_and_kills_closes_the_ledger() {
    #[expect(clippy::disallowed_methods, reason = "a person at a terminal chooses the day")]
    let seed = std::env::var("WAZUH_TRIAGE_DAY").map_or(DEFAULT_SEED, |seed| seed.parse().unwrap());
    println!("WAZUH_TRIAGE_DAY={seed}");
    let mut seeds = Rng::with_seed(seed);
    let day = Day::new();
    let [mut wazuh, mut integratord, mut trouble] = [(); 3].map(|()| seeds.fork());
    let mut manager = Manager::started();
    let mut troubles = Troubles::begin(&day, &manager);
    let followed = thread::scope(|scope| {
        let handed_over = scope.spawn(|| day.hand_over(&mut integratord));
        let written = scope.spawn(|| day.write(&mut manager, &mut wazuh));
        while !written.is_finished() || !handed_over.is_finished() {
            troubles.next(&mut trouble);
        }
        let mut ledger = written.join().unwrap();
        ledger.add(handed_over.join().unwrap());
        ledger
    });
    let lives = troubles.end();
    let rejected: Vec<String> =
        day.bench.rejected().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    followed.close(&day.bench.sqs.messages(), &rejected, &day.bench.log(), &lives);
    assert!(day.bench.waiting().is_empty());
}

struct Day {
    bench: Bench,
    /// Followed alerts that were written so far and must arrive.
    due: AtomicUsize,
}

impl Day {
    fn new() -> Self {
        let day = Self { bench: Bench::new(), due: AtomicUsize::new(0) };
        day.bench.sqs.poison("poison");
        day
    }

    fn hand_over(&self, dice: &mut Rng) -> Ledger {
        let mut ledger = Ledger::default();
        for number in 0..CALLS {
            let id = format!("call.{number}");
            let output = self.bench.call(&alert(&id, 10, "sshd", dice), QUEUE);
            assert!(output.status.success(), "{}", text(&output));
            ledger.expect(id, Fate::HandedOver);
            thread::sleep(Duration::from_millis(dice.u64(..60)));
        }
        ledger
    }

    /// What Wazuh does from morning to night.
    fn write(&self, manager: &mut Manager, dice: &mut Rng) -> Ledger {
        let mut ledger = Ledger::default();
        let mut closed = Vec::new();
        for burst in 0..BURSTS {
            for number in 0..dice.u32(1..30) {
                self.write_line(&format!("{burst}.{number}"), manager, dice, &mut ledger);
            }
            if burst == BURSTS / 2 {
                // What nobody has read by now is nowhere any more, so everything has been.
                until("all arrive before the file is emptied", || {
                    self.arrived() >= self.due.load(Ordering::SeqCst)
                });
                manager.copy_truncate();
            }
            let before = manager.current();
            match dice.u8(..40) {
                0 => manager.rotate(),
                1 => manager.rotate_by_rename(),
                2..5 => manager.rotate_part(),
                5..9 => {
                    for (day, part) in closed.drain(..) {
                        manager.compress(day, part);
                    }
                }
                _ => {}
            }
            if manager.current() != before {
                closed.push(before);
            }
            thread::sleep(Duration::from_millis(dice.u64(..50)));
        }
        ledger
    }

    fn write_line(&self, id: &str, manager: &mut Manager, dice: &mut Rng, ledger: &mut Ledger) {
        let (line, fate) = match dice.u8(..100) {
            0 => ("{\"rule\":".to_owned() + &"[".repeat(300), Fate::LeftOut(manager.size_bytes())),
            1 => (format!("{{\"id\":\"{id}\"}}"), Fate::LeftOut(manager.size_bytes())),
            2 => (alert(id, 10, "poison", dice), Fate::Rejected),
            3..10 => (alert(id, 5, "sshd", dice), Fate::Filtered),
            10..13 => (alert(id, 3, "authentication_success", dice), Fate::Followed),
            _ => (alert(id, 6 + dice.u8(..10), "sshd", dice), Fate::Followed),
        };
        if dice.u8(..50) == 0 {
            // Half of it now: not an alert before its end is there.
            let (half, rest) = line.split_at(line.len() / 2);
            manager.write(half);
            thread::sleep(Duration::from_millis(dice.u64(..10)));
            manager.write(format!("{rest}\n"));
        } else {
            manager.write(line + "\n");
        }
        if fate == Fate::Followed {
            self.due.fetch_add(1, Ordering::SeqCst);
        }
        ledger.expect(id.to_owned(), fate);
    }

    fn arrived(&self) -> usize {
        self.bench.sqs.look(|messages| {
            let ids = messages.iter().map(|message| ledger::id(&message.body));
            ids.filter(|id| !id.starts_with("call.")).collect::<HashSet<_>>().len()
        })
    }
}

fn alert(id: &str, level: u8, group: &str, dice: &mut Rng) -> String {
    let mut noise = String::new();
    for _ in 0..dice.u8(..60) {
        write!(noise, "{:x} ", dice.u64(..)).unwrap();
    }
    // `lot` is what SQS takes or not, when it takes only some.
    format!(
        r#"{{"timestamp":"2026-11-22T10:00:00.000+0000","rule":{{"level":{level},"id":"5763","groups":["{group}"]}},"id":"{id}","lot":"{}","full_log":"{noise}"}}"#,
        dice.u8(..10)
    )
}

/// What happened to the service and to SQS.
struct Troubles<'a> {
    bench: &'a Bench,
    manager: PathBuf,
    service: Option<Service>,
    lives: Vec<Life>,
}

/// One process of the service, known by the key that it signs with.
pub struct Life {
    key: String,
    /// How often its connections were cut.
    cuts: usize,
}

impl<'a> Troubles<'a> {
    fn begin(day: &'a Day, manager: &Manager) -> Self {
        let mut troubles =
            Self { bench: &day.bench, manager: manager.alerts(), service: None, lives: Vec::new() };
        troubles.start();
        // Its first position, which is the end of an empty file, is on the disk: from here on all is owed.
        until("it follows", || day.bench.spool().join("follow.json").exists());
        troubles
    }

    fn start(&mut self) {
        let key = format!("AKIDLIFE{}", self.lives.len());
        self.service = Some(Service::start_with(self.bench, |command| {
            command.env_remove("WAZUH_TRIAGE_INTAKE").env("WAZUH_TRIAGE_QUEUE_URL", QUEUE);
            command.env("WAZUH_TRIAGE_FOLLOW_FILE", &self.manager).env("AWS_ACCESS_KEY_ID", &key);
        }));
        self.lives.push(Life { key, cuts: 0 });
    }

    fn next(&mut self, dice: &mut Rng) {
        match dice.u8(..10) {
            0..3 => self.kill(dice),
            3 => {
                self.bench.sqs.go_away();
                self.lives.last_mut().unwrap().cuts += 1;
                self.outlast(dice);
                self.bench.sqs.come_back();
            }
            outage @ 4.. => {
                self.bench.sqs.answer(match outage {
                    4 => Answer::Error(500, "InternalError"),
                    5 => Answer::Error(400, "RequestThrottled"),
                    6 | 7 => Answer::ThrottleAbove(2),
                    _ => Answer::FailEntries("\"lot\":\"7\"", "InternalError"),
                });
                self.outlast(dice);
                self.bench.sqs.answer(Answer::Take);
            }
        }
        thread::sleep(Duration::from_millis(dice.u64(50..400)));
    }

    /// Until the outage ends; some services do not see its end.
    fn outlast(&mut self, dice: &mut Rng) {
        thread::sleep(Duration::from_millis(dice.u64(..400)));
        if dice.u8(..4) == 0 {
            self.kill(dice);
        }
    }

    fn kill(&mut self, dice: &mut Rng) {
        self.service.take().unwrap().kill();
        thread::sleep(Duration::from_millis(dice.u64(..60)));
        self.start();
    }

    /// The night: SQS is well, a new service finds everything, and stops in order.
    fn end(mut self) -> Vec<Life> {
        self.bench.sqs.answer(Answer::Take);
        self.service.take().unwrap().kill();
        self.start();
        until("nothing is behind, and nothing waits", || {
            let status = self.bench.publisher("status").arg("--json").output().unwrap();
            let status: Value = serde_json::from_slice(&status.stdout).unwrap();
            status["follow"]["lag_bytes"] == 0 && status["follow"]["lag_files"] == 0 && status["waiting"] == 0
        });
        assert!(self.service.take().unwrap().stop().success());
        self.lives
    }
}
