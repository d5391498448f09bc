//! Signs about one account or one source within an hour are one finding: one story for whoever reads it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::Sighting;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::kind::Kind;
use crate::sign::{Sign, evidence_line, short_hash};

/// What a hunt tells. Never without a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The account, or the network of a source.
    pub subject: String,
    /// The one that says most first.
    pub signs: Vec<Sign>,
}

impl Finding {
    /// Most login lines that are shown for one finding.
    pub const MOST_EVIDENCE: usize = 12;

    /// From its signs alone: found again, it has the same.
    pub fn id(&self) -> String {
        let mut ids: Vec<String> = self.signs.iter().map(Sign::id).collect();
        ids.sort();
        short_hash(&ids.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// 0 to 100. Each sign takes its share of what the others leave open, so that many weak ones weigh something and
    /// none weighs twice.
    pub fn score(&self) -> u8 {
        let open =
            self.signs.iter().fold(100.0, |open: f64, sign| open * (100.0 - f64::from(sign.score)) / 100.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
        let score = (100.0 - open).round() as u8;
        score.min(100)
    }

    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for sign in &self.signs {
            if !kinds.contains(&sign.kind) {
                kinds.push(sign.kind);
            }
        }
        kinds
    }

    /// `alice: success after failures, impossible travel`
    pub fn title(&self) -> String {
        let titles: Vec<&str> = self.kinds().into_iter().map(Kind::title).collect();
        format!("{}: {}", self.subject, titles.join(", "))
    }

    pub fn technique_ids(&self) -> Vec<&'static str> {
        let mut ids: Vec<&str> = self.kinds().into_iter().flat_map(Kind::technique_ids).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// When the last of it happened.
    pub fn at(&self) -> Timestamp {
        self.signs.iter().map(|sign| sign.at).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The logins behind it, oldest first, each once: those of the strongest signs where there are too many.
    pub fn evidence(&self) -> Vec<Arc<Sighting>> {
        let mut shown: Vec<Arc<Sighting>> = Vec::new();
        for sighting in self.signs.iter().flat_map(|sign| &sign.evidence) {
            let known = shown.iter().any(|known| known.alert_key == sighting.alert_key);
            if !known && shown.len() < Self::MOST_EVIDENCE {
                shown.push(Arc::clone(sighting));
            }
        }
        shown.sort_by(|one, other| (one.at, &one.alert_key).cmp(&(other.at, &other.alert_key)));
        shown
    }

    /// The finding as JSON: the same in an alert, in an event for Wazuh and on the command line. Names stay; new ones
    /// may come.
    pub fn document(&self) -> Value {
        let sign = |sign: &Sign| json!({"kind": sign.kind, "score": sign.score, "at": sign.at, "sentence": sign.sentence});
        let evidence: Vec<String> = self.evidence().iter().map(|sighting| evidence_line(sighting)).collect();
        json!({
            "schema": 1,
            "id": self.id(),
            "subject": self.subject,
            "at": self.at(),
            "score": self.score(),
            "kinds": self.kinds(),
            "technique_ids": self.technique_ids(),
            "signs": self.signs.iter().map(sign).collect::<Vec<_>>(),
            "evidence": evidence,
            "check_next": self.kinds().into_iter().map(Kind::check_next).collect::<Vec<_>>(),
        })
    }
}

/// Puts signs together while they come.
#[derive(Debug, Default)]
pub struct Gatherer {
    open: BTreeMap<String, Vec<Sign>>,
    /// Signs of findings that are over, by id: each is told once.
    told: BTreeMap<String, Timestamp>,
}

impl Gatherer {
    /// Signs that are further from the first one are another finding.
    pub const TOGETHER: Duration = Duration::from_hours(1);

    /// Longer than the day that a sign's id is good for.
    const REMEMBERED: Duration = Duration::from_hours(48);

    /// Takes a sign; gives the finding that it does not belong to any more. The same sign again replaces what is known
    /// of it if it says more: a source that tries ever more accounts is one sign.
    pub fn add(&mut self, sign: Sign) -> Option<Finding> {
        let subject = sign.subject.clone();
        let signs = self.open.entry(subject.clone()).or_default();
        let id = sign.id();
        if let Some(known) = signs.iter_mut().find(|known| known.id() == id) {
            if sign.score >= known.score {
                // The time it began stays.
                *known = Sign { at: known.at, ..sign };
            }
            return None;
        }
        if self.told.contains_key(&id) {
            return None;
        }
        let first = signs.iter().map(|known| known.at).min().unwrap_or(sign.at);
        if sign.at <= first + Self::TOGETHER {
            signs.push(sign);
            return None;
        }
        let over = std::mem::replace(signs, vec![sign]);
        self.close(subject, over)
    }

    /// The findings to which nothing can come any more when time has come this far.
    pub fn settled(&mut self, now: Timestamp) -> Vec<Finding> {
        let over = |signs: &Vec<Sign>| signs.iter().all(|sign| sign.at + Self::TOGETHER < now);
        let subjects: Vec<String> =
            self.open.iter().filter(|(_, signs)| over(signs)).map(|(subject, _)| subject.clone()).collect();
        let signs = |subject: String| self.open.remove(&subject).map(|signs| (subject, signs));
        subjects
            .into_iter()
            .filter_map(signs)
            .filter_map(|(subject, signs)| finding(subject, signs))
            .collect()
    }

    /// All that is left.
    pub fn finish(self) -> Vec<Finding> {
        self.open.into_iter().filter_map(|(subject, signs)| finding(subject, signs)).collect()
    }

    fn close(&mut self, subject: String, signs: Vec<Sign>) -> Option<Finding> {
        let latest = signs.iter().map(|sign| sign.at).max()?;
        self.told.retain(|_, at| *at + Self::REMEMBERED > latest);
        self.told.extend(signs.iter().map(|sign| (sign.id(), sign.at)));
        finding(subject, signs)
    }
}

fn finding(subject: String, mut signs: Vec<Sign>) -> Option<Finding> {
    signs.sort_by(|one, other| {
        (other.score, one.at, one.kind, &one.mark).cmp(&(one.score, other.at, other.kind, &other.mark))
    });
    (!signs.is_empty()).then_some(Finding { subject, signs })
}
