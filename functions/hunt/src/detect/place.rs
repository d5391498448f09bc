//! Whether anybody can be in two places.

use std::sync::Arc;

use domain::Sighting;

use crate::thresholds::Thresholds;

/// A way that nobody can have gone.
#[derive(Debug)]
pub(super) struct Way {
    pub before: Arc<Sighting>,
    /// At least so far.
    pub km: f64,
    pub minutes: i64,
}

/// Nothing for a way that somebody can have gone, or that may be short. Only countries are known, so it is measured
/// from border to border.
pub(super) fn way(before: &Arc<Sighting>, after: &Sighting, travel_kmh: u32) -> Option<Way> {
    let km = before.country?.least_distance_km(after.country?);
    let apart = after.at.duration_since(before.at).unsigned_abs();
    let hours = (apart + Thresholds::HEAD_START).as_secs_f64() / 3_600.0;
    let impossible = km >= Thresholds::LEAST_KM && km > hours * f64::from(travel_kmh);
    let minutes = i64::try_from(apart.as_secs() / 60).unwrap_or(i64::MAX);
    impossible.then(|| Way { before: Arc::clone(before), km, minutes })
}
