//! A small disk of its own, to fill and to turn read-only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::{Bench, until};

pub struct Disk(PathBuf);

impl Disk {
    /// Nothing where this user may not mount.
    pub fn mount(bench: &Bench, options: &str) -> Option<Self> {
        let path = bench.folder.path().join("disk");
        fs::create_dir(&path).unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&path);
        command.output().is_ok_and(|output| output.status.success()).then_some(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn remount(&self, mode: &str) {
        let options = format!("remount,{mode}");
        // A program that has a file open for writing is in the way.
        until("the disk is mounted anew", || {
            Command::new("mount").args(["-o", &options]).arg(&self.0).output().unwrap().status.success()
        });
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
