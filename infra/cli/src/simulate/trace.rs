//! The times of alerts in a file, counted by the second.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::failure::{Count, Failure};
use crate::input::Arrivals;
use crate::trouble::Trouble;

/// So many alerts in each second, from the first alert on; in the file they stand in any order.
pub(super) fn of(file: PathBuf) -> Result<Vec<(u32, u64)>, Failure> {
    let (mut seconds, mut trouble) = (BTreeMap::<i64, u64>::new(), Trouble::default());
    for arrival in Arrivals::of(vec![file]) {
        let Some(subject) = trouble.sort_out(arrival) else { continue };
        if let Some(time) = trouble.taken(&subject).and_then(domain::Alert::timestamp) {
            *seconds.entry(time.as_second()).or_default() += 1;
        }
    }
    trouble.conclude()?;
    let Some(first) = seconds.keys().next().copied() else {
        return Err(Failure::BadAlerts(Count(1, "file without a time")));
    };
    let since = |second: i64| u32::try_from(second.saturating_sub(first)).unwrap_or(u32::MAX);
    Ok(seconds.into_iter().map(|(second, alerts)| (since(second), alerts)).collect())
}
