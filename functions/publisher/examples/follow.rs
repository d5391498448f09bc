//! Follows a file of alerts from its beginning, or from where an earlier run stopped, and writes a line for each batch:
//! the time in nanoseconds, the alerts until then, and the most memory that it ever had. `make bench` reads them.
//!
//! `follow ALERTS CHECKPOINT COUNT` ends after so many alerts.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use publisher::follow::{FollowOptions, Follower, Start};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [alerts, checkpoint, count] = words.as_slice() else { return Err("ALERTS CHECKPOINT COUNT".into()) };
    let (alerts, checkpoint, count) = (PathBuf::from(alerts), PathBuf::from(checkpoint), count.parse()?);
    let options = FollowOptions { alerts, start: Start::Beginning, ..FollowOptions::new(&checkpoint) };
    let mut follower = Follower::open(options)?;
    tell(0)?;
    let mut committed = Instant::now();
    loop {
        let batch = follower.read(256 * 1024)?;
        let (position, is_idle) = (batch.position(), batch.is_idle());
        let accepted = follower.counts().accepted;
        if !is_idle {
            tell(accepted)?;
        }
        if accepted >= count {
            return Ok(follower.commit(&position)?);
        }
        if committed.elapsed() > Duration::from_millis(100) {
            follower.commit(&position)?;
            committed = Instant::now();
        }
        if is_idle {
            follower.wait(Duration::from_secs(1))?;
        }
    }
}

fn tell(alerts: u64) -> Result<(), Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let peak_kib = peak.trim().trim_end_matches(" kB");
    writeln!(io::stdout(), "{} {alerts} {peak_kib}", Timestamp::now().as_nanosecond())?;
    Ok(())
}
