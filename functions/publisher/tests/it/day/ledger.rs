//! What was written and what became of it.

use std::collections::{HashMap, HashSet};

use crate::fake_sqs::Received;

use super::Life;

/// What is to become of a line or an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Arrives, by `alerts.json`.
    Followed,
    /// Arrives, by integratord.
    HandedOver,
    /// Is kept in `rejected/`, and named: SQS does not take it.
    Rejected,
    /// Is named in the log by its offset: no alert.
    LeftOut(u64),
    /// Does not arrive: below the level.
    Filtered,
}

#[derive(Default)]
pub struct Ledger {
    fates: HashMap<String, Fate>,
}

/// What a kill repeats of `alerts.json`: one chunk, and the line that reaches over its end.
const CHUNK_BYTES: usize = 512 * 1024 + 4096;

/// What is under way at once, and not acknowledged when its process or its connection ends.
const UNDER_WAY: usize = 16 * 10;

impl Ledger {
    pub fn expect(&mut self, id: String, fate: Fate) {
        assert_eq!(self.fates.insert(id, fate), None);
    }

    pub fn add(&mut self, other: Self) {
        self.fates.extend(other.fates);
    }

    /// Every alert in exactly one place, none missing, and repeats only of what was not acknowledged.
    pub fn close(&self, messages: &[Received], rejected: &[String], log: &str, lives: &[Life]) {
        let arrived: HashSet<_> = messages.iter().map(|message| id(&message.body)).collect();
        let rejected: HashSet<_> = rejected.iter().map(|body| id(body)).collect();
        let mut counts = [0; 5];
        for (id, fate) in &self.fates {
            let has_arrived = arrived.contains(id.as_str());
            let is_rejected = rejected.contains(id.as_str());
            let is_named = match fate {
                Fate::Rejected => log.contains(&format!("could not send alert {id} to ")),
                Fate::LeftOut(offset) => log.contains(&format!("the line at byte {offset} ")),
                Fate::Followed | Fate::HandedOver | Fate::Filtered => false,
            };
            let (number, expected) = match fate {
                Fate::Followed => (0, (true, false, false)),
                Fate::HandedOver => (1, (true, false, false)),
                Fate::Rejected => (2, (false, true, true)),
                Fate::LeftOut(_) => (3, (false, false, true)),
                Fate::Filtered => (4, (false, false, false)),
            };
            counts[number] += 1;
            assert_eq!((has_arrived, is_rejected, is_named), expected, "{id}: {fate:?}");
        }
        assert!(arrived.iter().all(|id| self.fates.contains_key(*id)), "something arrived that nobody wrote");
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
        let repeats = self.check_repeats(messages, lives);
        println!(
            "{} followed, {} handed over, {} rejected, {} left out, {} filtered; {} lives, {repeats} repeats",
            counts[0],
            counts[1],
            counts[2],
            counts[3],
            counts[4],
            lives.len(),
        );
    }

    /// Those of one life: what it read again of the life before, and what its own cut connections left open.
    fn check_repeats(&self, messages: &[Received], lives: &[Life]) -> usize {
        let mut seen = HashSet::new();
        let mut repeated = HashMap::<&str, (usize, usize, usize)>::new();
        for message in messages {
            if seen.insert(id(&message.body)) {
                continue;
            }
            let (followed, bytes, handed_over) = repeated.entry(&message.signed_by).or_default();
            if self.fates.get(id(&message.body)) == Some(&Fate::HandedOver) {
                *handed_over += 1;
            } else {
                *followed += 1;
                *bytes += message.body.len();
            }
        }
        for Life { key, cuts } in lives {
            let (_, bytes, handed_over) = repeated.get(key.as_str()).copied().unwrap_or_default();
            assert!(handed_over <= UNDER_WAY * (1 + cuts), "{key}: {handed_over} handed over twice");
            // A message is about a kilobyte.
            assert!(bytes <= CHUNK_BYTES + UNDER_WAY * cuts * 2048, "{key}: {bytes} bytes were read twice");
        }
        repeated.values().map(|(followed, _, handed_over)| followed + handed_over).sum()
    }
}

/// Of an alert, without a parser: the tests write them all alike.
pub fn id(body: &str) -> &str {
    let rest = body.split_once("\"id\":\"5763\"").map_or(body, |(_, rest)| rest);
    rest.split_once("\"id\":\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}
