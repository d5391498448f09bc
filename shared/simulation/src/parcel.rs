//! Messages that are moved together.

use std::collections::VecDeque;
use std::time::Duration;

/// Messages of one kind that came at about the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    /// When Wazuh wrote the alert.
    pub origin: Duration,
    /// When the message came into its queue.
    pub sent: Duration,
    pub messages: u64,
    /// Alerts whose end these messages decide; an update's notice decides none.
    pub alerts: u64,
    pub is_storm: bool,
    /// Severe notices have a gate of their own.
    pub is_severe: bool,
    pub receives: u32,
}

impl Parcel {
    /// Takes `messages` of them out, with their part of the alerts.
    pub fn split(&mut self, messages: u64) -> Self {
        let messages = messages.min(self.messages);
        let part = u128::from(self.alerts) * u128::from(messages) / u128::from(self.messages.max(1));
        let alerts = u64::try_from(part).unwrap_or(self.alerts);
        self.messages -= messages;
        self.alerts -= alerts;
        Self { messages, alerts, ..*self }
    }

    fn goes_with(&self, other: &Self) -> bool {
        (self.is_storm, self.is_severe, self.receives) == (other.is_storm, other.is_severe, other.receives)
    }
}

/// Parcels in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcels {
    parcels: VecDeque<Parcel>,
    messages: u64,
}

impl Parcels {
    /// From here on what comes within a second is one parcel: a backlog of a day fits into memory.
    const MANY: usize = 4_096;

    pub fn push(&mut self, parcel: Parcel) {
        if parcel.messages == 0 {
            return;
        }
        self.messages += parcel.messages;
        let is_crowded = self.parcels.len() > Self::MANY;
        if let Some(last) = self.parcels.back_mut().filter(|last| is_crowded && last.goes_with(&parcel))
            && parcel.sent.saturating_sub(last.sent) < Duration::from_secs(1)
        {
            last.messages += parcel.messages;
            last.alerts += parcel.alerts;
            return;
        }
        self.parcels.push_back(parcel);
    }

    pub fn take(&mut self, messages: u64) -> Self {
        let mut taken = Self::default();
        while taken.messages < messages {
            let Some(first) = self.parcels.front_mut() else { break };
            let part = first.split(messages - taken.messages);
            if first.messages == 0 {
                self.parcels.pop_front();
            }
            self.messages -= part.messages;
            taken.messages += part.messages;
            taken.parcels.push_back(part);
        }
        taken
    }

    /// Takes out what has been there since before `since`.
    pub fn take_older(&mut self, since: Duration) -> Self {
        let mut taken = Self::default();
        while let Some(first) = self.parcels.front().copied().filter(|first| first.sent < since) {
            self.parcels.pop_front();
            self.messages -= first.messages;
            taken.push(first);
        }
        taken
    }

    pub fn messages(&self) -> u64 {
        self.messages
    }

    pub fn alerts(&self) -> u64 {
        self.parcels.iter().map(|parcel| parcel.alerts).sum()
    }

    pub fn oldest(&self) -> Option<Duration> {
        self.parcels.front().map(|parcel| parcel.sent)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Parcel> {
        self.parcels.iter()
    }
}

impl IntoIterator for Parcels {
    type Item = Parcel;
    type IntoIter = std::collections::vec_deque::IntoIter<Parcel>;

    fn into_iter(self) -> Self::IntoIter {
        self.parcels.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parcel(messages: u64, alerts: u64) -> Parcel {
        let time = Duration::ZERO;
        Parcel { origin: time, sent: time, messages, alerts, is_storm: false, is_severe: false, receives: 0 }
    }

    proptest! {
        #[test]
        fn what_is_taken_apart_is_as_much_as_before(
            parcels in prop::collection::vec((1_u64..50, 0_u64..2_000), 0..20),
            takes in prop::collection::vec(0_u64..100, 0..20),
        ) {
            let mut waiting = Parcels::default();
            for (messages, alerts) in &parcels {
                waiting.push(parcel(*messages, *alerts));
            }
            let before = (waiting.messages(), waiting.alerts());
            let taken: Vec<Parcels> = takes.iter().map(|messages| waiting.take(*messages)).collect();
            let messages = taken.iter().map(Parcels::messages).sum::<u64>() + waiting.messages();
            let alerts = taken.iter().map(Parcels::alerts).sum::<u64>() + waiting.alerts();
            prop_assert_eq!((messages, alerts), before);
            prop_assert!(taken.iter().zip(&takes).all(|(taken, asked)| taken.messages() <= *asked));
        }
    }
}
