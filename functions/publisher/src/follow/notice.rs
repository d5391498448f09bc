//! What the follower has to say about the lines it did not hand on.

use std::fmt;
use std::path::PathBuf;

/// Lines and bytes since the follower was opened. Every line is in exactly one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub accepted: u64,
    pub filtered: u64,
    /// From before the start.
    pub too_old: u64,
    pub empty: u64,
    pub not_json: u64,
    pub not_alerts: u64,
    pub oversized: u64,
    /// Bytes that a crash left as zeros.
    pub hole_bytes: u64,
}

/// Something that a person may want to look at; holds no alert data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub trouble: Trouble,
    pub path: PathBuf,
    pub offset: u64,
    /// Of the line, where it is about one.
    pub length_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Oversized,
    NotJson,
    /// Without a rule id or a rule level.
    NotAnAlert,
    Hole,
    /// Truncated or written anew: what is there now is read from its beginning.
    Replaced,
    /// The checkpoint's file is not to be found; reading goes on with the next.
    Gone,
    /// A compressed file ends too early.
    Damaged,
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trouble, path, offset, length_bytes } = self;
        let path = path.display();
        match trouble {
            Trouble::Oversized => {
                write!(
                    formatter,
                    "{path}: the line at byte {offset} is left out: {length_bytes} bytes are too long"
                )
            }
            Trouble::NotJson => {
                write!(
                    formatter,
                    "{path}: the line at byte {offset} ({length_bytes} bytes) is left out: it is not JSON"
                )
            }
            Trouble::NotAnAlert => write!(
                formatter,
                "{path}: the line at byte {offset} ({length_bytes} bytes) is left out: \
                 it has no rule with an id and a level from 0 to 16"
            ),
            Trouble::Hole => {
                write!(formatter, "{path}: {length_bytes} zeros at byte {offset}, as a crash leaves them")
            }
            Trouble::Replaced => {
                write!(
                    formatter,
                    "{path}: it is not what was read up to byte {offset}; read again from its beginning"
                )
            }
            Trouble::Gone => write!(
                formatter,
                "the file that was read up to byte {offset} is gone, with what was in it after that; going on with {path}"
            ),
            Trouble::Damaged => write!(formatter, "{path}: it is damaged and ends at byte {offset}"),
        }
    }
}
