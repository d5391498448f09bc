use std::collections::BTreeMap;

/// What became of a feed's entries in one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Handed over.
    pub rows: usize,
    pub left_out: BTreeMap<LeftOut, usize>,
}

/// Why an entry is not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// Listed twice: the two are one row.
    Duplicate,
    /// Shown as context, not as something bad.
    Context,
    /// Its time is over, as the feed itself or its age says.
    Ended,
    /// Of a type that no alert is searched for: mail addresses, mutexes, vulnerabilities, …
    OtherType,
    /// No address that a host on the internet has: private, reserved, set aside for examples.
    NotGlobal,
    /// A service that everybody uses, or a network around one.
    WellKnown,
    /// Not readable, or a network wider than /8 (/16 for IPv6).
    Unreadable,
}

impl LeftOut {
    pub fn name(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Context => "context",
            Self::Ended => "ended",
            Self::OtherType => "other_type",
            Self::NotGlobal => "not_global",
            Self::WellKnown => "well_known",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Tally {
    /// Whether more was unreadable than all the rest: then it is not the feed that it was.
    pub(super) fn is_mostly_unreadable(&self) -> bool {
        let unreadable = self.left_out.get(&LeftOut::Unreadable).copied().unwrap_or_default();
        let left_out: usize = self.left_out.values().sum();
        unreadable > self.rows + (left_out - unreadable)
    }

    pub fn leave_out(&mut self, reason: LeftOut, entries: usize) {
        if entries > 0 {
            *self.left_out.entry(reason).or_default() += entries;
        }
    }
}
