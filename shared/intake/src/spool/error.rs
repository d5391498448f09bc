//! Why the spool did not do what it was asked to.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the spool did not do what it was asked to: what, where, and what to do about it.
#[derive(Debug)]
pub enum SpoolError {
    Io {
        action: &'static str,
        path: PathBuf,
        cause: io::Error,
    },
    /// Nothing is dropped to make room: what came first goes first.
    Full {
        path: PathBuf,
        /// How much it holds.
        held: String,
    },
}

impl fmt::Display for SpoolError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { action, path, cause } => {
                let path = path.display();
                write!(
                    formatter,
                    "the spool is not usable: cannot {action} {path} ({cause}); {}",
                    advice(cause)
                )
            }
            Self::Full { path, held } => write!(
                formatter,
                "the spool {} is full ({held}): nothing was accepted; see why alerts do not leave it \
                 (wazuh-publisher status), or raise spool_max_bytes",
                path.display()
            ),
        }
    }
}

impl std::error::Error for SpoolError {}

impl SpoolError {
    pub fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { action, path: path.to_owned(), cause }
    }
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space there",
        io::ErrorKind::PermissionDenied => {
            "run this as the user who owns the spool (sudo -u wazuh), or give it to that user"
        }
        _ => "it must be a folder of the user wazuh: install -d -o wazuh -g wazuh -m 0750 SPOOL",
    }
}
