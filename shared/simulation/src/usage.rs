//! What one alert takes at each stage. Counts of calls follow the stages' code; the calculator of a month and the
//! simulation of a day both use them.

/// enrich, for each alert: claim, its completion and the dedup window in `claims`, one answer kept in `intel`.
pub const ENRICH_WRITES: f64 = ENRICH_CLAIM_WRITES + 1.0;
pub const ENRICH_CLAIM_WRITES: f64 = 3.0;
/// analyze: claim, then completion, incident and trail in a transaction, which counts twice.
pub const ANALYZE_WRITES: f64 = ANALYZE_CLAIM_WRITES + ANALYZE_INCIDENT_WRITES;
pub const ANALYZE_CLAIM_WRITES: f64 = 3.0;
pub const ANALYZE_INCIDENT_WRITES: f64 = 4.0;
/// notify: claim and its end, state and gate in a transaction, the state again; and the parcel, the notice taken and
/// sent in analyze.
pub const NOTIFY_WRITES: f64 = 14.0;
/// Turn, breaker, budget before and after, answer, record.
pub const QUESTION_WRITES: f64 = 5.0;

/// enrich: what is known of two indicators, eventually consistent.
pub const ENRICH_READS: f64 = 1.0;
/// Incident, trail and sightings.
pub const ANALYZE_READS: f64 = 3.0;
/// States, gates, account.
pub const NOTIFY_READS: f64 = 6.0;
pub const SWEEP_READS: f64 = 3.0;
pub const SWEEP_SECONDS: f64 = 0.05;

/// A schedule calls analyze and notify every minute.
pub const SWEEPS_A_DAY: f64 = 2.0 * 60.0 * 24.0;
/// Lambda asks each of three queues with five pollers of 20 s, and the publisher its one.
pub const IDLE_POLLS_A_DAY: f64 = (3.0 * 5.0 + 1.0) * 3.0 * 60.0 * 24.0;

/// A ledger line and metrics for each alert, and for each mail.
pub const ALERT_LOG_BYTES: f64 = 1_000.0;
pub const SWEEP_LOG_BYTES: f64 = 300.0;

/// The combinations of name and dimensions that a deployment uses, and an alarm for what needs a person.
pub const METRICS: f64 = 40.0;
pub const ALARMS: f64 = 15.0;

/// Memory of a function, unless Terraform says otherwise.
pub const MEMORY_GB: f64 = 128.0 / 1024.0;
