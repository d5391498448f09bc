//! What was held back, and is told later in one mail.

use domain::Notice;
use domain::assessment::Priority;
use domain::incident::IncidentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::links::Target;
use crate::opening::{Opening, untold};

/// Why mails are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    Storm,
    QuietHours,
}

impl Held {
    /// The end of a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Storm => "more mails than the limit allows",
            Self::QuietHours => "quiet hours",
        }
    }
}

/// Everything that was held back for one group of recipients, by incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Unique; the same digest, sent twice, is recognised. That of a storm is the storm's own.
    pub id: String,
    pub why: Held,
    pub since: Timestamp,
    pub until: Timestamp,
    /// In any order; each incident once.
    pub incidents: Vec<HeldIncident>,
}

/// One incident's notices that were not sent, and what they would have told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldIncident {
    pub incident: IncidentId,
    pub opening: Opening,
    /// The highest of the notices'.
    pub priority: Priority,
    /// Alerts that only these notices tell of.
    pub alerts: u64,
    pub notices: u64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// The alert of the notice with the highest priority.
    pub target: Target,
}

impl HeldIncident {
    pub fn of(notice: &Notice) -> Self {
        let summary = &notice.summary;
        Self {
            incident: notice.incident.clone(),
            opening: Opening::of(notice),
            priority: notice.priority(),
            alerts: untold(notice),
            notices: 1,
            first_at: summary.before.as_ref().map_or(summary.first_seen, |before| before.at),
            last_at: summary.last_seen,
            target: Target::of(&notice.alert, notice.opened_at),
        }
    }

    /// Both as one: the same, whichever comes first.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        let later = |held: &Self| (held.priority, held.last_at, held.target.alert_id.clone());
        let (lower, higher) = if later(&self) <= later(&other) { (self, other) } else { (other, self) };
        Self {
            alerts: lower.alerts.saturating_add(higher.alerts),
            notices: lower.notices.saturating_add(higher.notices),
            first_at: lower.first_at.min(higher.first_at),
            last_at: lower.last_at.max(higher.last_at),
            ..higher
        }
    }
}

impl Digest {
    /// The most severe first, then the most frequent.
    pub(crate) fn ordered(&self) -> Vec<&HeldIncident> {
        let mut ordered: Vec<&HeldIncident> = self.incidents.iter().collect();
        ordered.sort_by(|one, other| {
            let key = |held: &HeldIncident| (held.priority, held.alerts, held.last_at);
            key(other).cmp(&key(one)).then_with(|| one.incident.as_str().cmp(other.incident.as_str()))
        });
        ordered
    }

    pub(crate) fn worst(&self) -> Priority {
        self.incidents.iter().map(|held| held.priority).max().unwrap_or(Priority::Low)
    }
}

/// Alerts in them, all told.
pub(crate) fn alerts<'a>(held: impl IntoIterator<Item = &'a HeldIncident>) -> u64 {
    held.into_iter().fold(0, |sum, held| sum.saturating_add(held.alerts))
}

/// The beginning of a storm, as it stands when it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storm {
    /// The same as that of its digest: both are one conversation.
    pub id: String,
    pub began_at: Timestamp,
    pub alerts: u64,
    pub incidents: u64,
    pub worst: Priority,
    /// The group's limit: so many at once, and an hour after that.
    pub mails_at_once: u32,
    pub mails_per_hour: u32,
    /// When the digest comes.
    pub digest_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goldens;

    #[test]
    fn what_is_held_adds_up_in_any_order() {
        let mut one = HeldIncident::of(&goldens::sshd());
        let mut other = one.clone();
        (one.alerts, one.notices) = (40, 2);
        (other.alerts, other.priority) = (2, Priority::Critical);
        other.last_at = "2026-10-03T13:00:00Z".parse().unwrap();
        other.target.alert_id = "9.9".into();
        let joined = one.clone().join(other.clone());
        assert_eq!(joined, other.join(one));
        assert_eq!((joined.alerts, joined.notices, joined.priority), (42, 3, Priority::Critical));
        assert_eq!(joined.target.alert_id, "9.9");
        assert!(joined.first_at < joined.last_at);
    }

    #[test]
    fn the_most_severe_comes_first() {
        let digest = goldens::held::quiet_hours();
        let order: Vec<(Priority, u64)> =
            digest.ordered().iter().map(|held| (held.priority, held.alerts)).collect();
        assert!(order.is_sorted_by(|one, other| one >= other), "{order:?}");
        assert_eq!(alerts(digest.ordered()), alerts(&digest.incidents));
    }
}
