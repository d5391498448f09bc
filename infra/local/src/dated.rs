//! Samples of what happened minutes ago: hunting goes by the alerts' own times.
//!
//! `@9min@` is nine minutes ago as Wazuh writes times, `@9min syslog@` as syslog does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The file itself if it has no such mark, else a copy of it with times.
pub(crate) fn file(path: &Path, copy: &Path, now: Timestamp) -> Result<PathBuf> {
    let text = fs::read(path).with_context(|| format!("could not read {}", path.display()))?;
    let Some(dated) = str::from_utf8(&text).ok().and_then(|text| dated(text, now)) else {
        return Ok(path.to_owned());
    };
    fs::write(copy, dated).with_context(|| format!("could not write {}", copy.display()))?;
    Ok(copy.to_owned())
}

/// Nothing where there is no mark.
fn dated(text: &str, now: Timestamp) -> Option<String> {
    let mut pieces = text.split('@');
    let mut dated = pieces.next()?.to_owned();
    let (mut marks, mut is_mark) = (0_usize, false);
    for piece in pieces {
        if let Some(time) = time(piece, now).filter(|_| !is_mark) {
            dated.push_str(&time);
            (marks, is_mark) = (marks + 1, true);
        } else {
            dated.push_str(if is_mark { "" } else { "@" });
            dated.push_str(piece);
            is_mark = false;
        }
    }
    (marks > 0).then_some(dated)
}

fn time(mark: &str, now: Timestamp) -> Option<String> {
    let (minutes, form) = mark.split_once("min")?;
    let at = (now - minutes.parse::<i64>().ok()?.minutes()).to_zoned(TimeZone::UTC);
    match form {
        "" => Some(at.strftime("%Y-%m-%dT%H:%M:%S.%3f%z").to_string()),
        " syslog" => Some(at.strftime("%b %e %H:%M:%S").to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_become_times() {
        let now = "2026-11-03T14:22:07.5Z".parse().unwrap();
        for (text, expected) in [
            (
                r#"{"timestamp":"@9min@","a":"b@c"}"#,
                Some(r#"{"timestamp":"2026-11-03T14:13:07.500+0000","a":"b@c"}"#),
            ),
            ("a@b.example @30min syslog@ jump-01", Some("a@b.example Nov  3 13:52:07 jump-01")),
            ("@1min@@2min@", Some("2026-11-03T14:21:07.500+00002026-11-03T14:20:07.500+0000")),
            ("mail of a@b.example", None),
            ("@9min later@", None),
            ("", None),
        ] {
            assert_eq!(dated(text, now).as_deref(), expected, "{text}");
        }
    }
}
