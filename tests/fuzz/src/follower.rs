//! The follower: an alert written behind any bytes arrives, once, and so does what it took from the bytes.

use std::fs;
use std::path::Path;

use domain::Alert;
use publisher::follow::{FollowOptions, Follower, Start};

use crate::Kept;

const LAST: &[u8] =
    br#"{"timestamp":"2026-10-03T12:00:00.000+0000","rule":{"level":3,"id":"5501"},"id":"1791028800.1"}"#;

pub fn check(bytes: &[u8]) -> Kept {
    let folder = tempfile::tempdir().expect("a folder");
    let file = [bytes, b"\n", LAST, b"\n"].concat();
    fs::write(folder.path().join("alerts.json"), &file).expect("a file");
    let whole = follow(folder.path(), usize::MAX);
    assert_eq!(whole.last().map(Vec::as_slice), Some(LAST), "the alert behind the bytes");
    for line in &whole {
        let text = String::from_utf8_lossy(line);
        assert!(Alert::parse(&text).is_ok(), "{text:?} is no alert");
        assert!(file.windows(line.len()).any(|part| part == line), "{text:?} stands nowhere");
    }
    // Stopped after each read and begun again from the checkpoint it gives the same.
    let mut stopped = Vec::new();
    let checkpoint = folder.path().join("stopped.json");
    for _ in 0..=file.len() {
        let mut follower = Follower::open(options(folder.path(), &checkpoint)).expect("a follower");
        let batch = follower.read(4 * 1024).expect("a batch");
        stopped.extend(batch.alerts().map(<[u8]>::to_vec));
        let (position, is_idle) = (batch.position(), batch.is_idle());
        follower.commit(&position).expect("a checkpoint");
        if is_idle {
            break;
        }
    }
    assert_eq!(stopped, whole);
    if whole.len() > 1 { Kept::Read } else { Kept::Refused }
}

fn follow(folder: &Path, limit_bytes: usize) -> Vec<Vec<u8>> {
    let mut follower = Follower::open(options(folder, &folder.join("checkpoint.json"))).expect("a follower");
    let mut alerts = Vec::new();
    loop {
        let batch = follower.read(limit_bytes).expect("a batch");
        alerts.extend(batch.alerts().map(<[u8]>::to_vec));
        if batch.is_idle() {
            return alerts;
        }
    }
}

fn options(folder: &Path, checkpoint: &Path) -> FollowOptions {
    FollowOptions {
        alerts: folder.join("alerts.json"),
        start: Start::Beginning,
        ..FollowOptions::new(checkpoint)
    }
}
