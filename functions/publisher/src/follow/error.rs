//! What stops the follower: what it did, where, and what to do about it.

use std::io;
use std::path::PathBuf;

/// Lines are never among these: a bad one is reported in the batch, and its neighbours go on.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(
        "{} is {_1}, not a file; Wazuh makes it as a hard link, with <jsonout_output>yes</jsonout_output> in ossec.conf",
        _0.display()
    )]
    NotAFile(PathBuf, &'static str),
    #[error("cannot read {}; run this as the user wazuh, on the disk where Wazuh writes", _0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error(
        "the checkpoint {} is damaged; remove it, and set the start to the time from when on alerts are to be sent \
         (again)",
        _0.display()
    )]
    Checkpoint(PathBuf, #[source] serde_json::Error),
    #[error(
        "the checkpoint {} has version {_1}, which this program does not know; go back to the program that wrote it, \
         or remove it and set the start to the time from when on alerts are to be sent (again)",
        _0.display()
    )]
    Version(PathBuf, u32),
    #[error(
        "the checkpoint {} belongs to {}; give every followed file a checkpoint of its own",
        _0.display(), _1.display()
    )]
    Foreign(PathBuf, PathBuf),
    #[error("cannot write the checkpoint {}; it needs a folder of the user wazuh with free space", _0.display())]
    Commit(PathBuf, #[source] io::Error),
    #[error("cannot ask the kernel whether there is something new")]
    Wait(#[source] io::Error),
}

impl FollowError {
    /// Whether it may work later without a person's help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Read(..) | Self::Commit(..) | Self::Wait(_) => true,
            Self::NotAFile(..) | Self::Checkpoint(..) | Self::Version(..) | Self::Foreign(..) => false,
        }
    }
}
