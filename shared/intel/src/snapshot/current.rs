use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Snapshot;
use crate::Latest;

/// The snapshot in use. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Current(Latest<Snapshot>);

impl Current {
    /// An older one is not believed: whoever builds them has stopped, and the store knows more.
    pub const MOST_AGE: Duration = Duration::from_hours(24);

    pub fn swap(&self, snapshot: Snapshot) {
        self.0.swap(snapshot);
    }

    /// Nothing if there is none, or none that is young enough to be believed.
    pub fn believed(&self, now: Timestamp) -> Option<Arc<Snapshot>> {
        self.0.get().filter(|snapshot| snapshot.built_at() + Self::MOST_AGE > now)
    }

    /// How old the snapshot in use is; nothing where there is none.
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        let built_at = self.0.get()?.built_at();
        Some(Duration::try_from(now.duration_since(built_at)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Builder;

    #[test]
    fn an_old_snapshot_is_not_believed() {
        let built_at: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        let current = Current::default();
        assert!(current.believed(built_at).is_none());
        assert_eq!(current.age(built_at), None);
        current.swap(Snapshot::read(Builder::new(built_at).build()).unwrap());
        for (hours, believed) in [(0, true), (23, true), (24, false)] {
            let now = built_at + Duration::from_hours(hours);
            assert_eq!(current.believed(now).is_some(), believed, "{hours}");
            assert_eq!(current.age(now), Some(Duration::from_hours(hours)));
        }
    }
}
