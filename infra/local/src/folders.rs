//! A folder for each run, and locks between runs.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, test_kill_process};

/// A folder for one run alone, removed at its end.
#[derive(Debug)]
pub(crate) struct RunFolder(PathBuf);

impl RunFolder {
    /// Makes the folder of this process, and removes those of processes that were killed.
    pub(crate) fn create(local: &Path) -> Result<Self> {
        fs::create_dir_all(local)?;
        for entry in fs::read_dir(local)?.flatten() {
            if let Some(owner) = owner(&entry.path())
                && !is_alive(owner)
            {
                remove(&entry.path());
            }
        }
        let folder = local.join(format!("run-{}", std::process::id()));
        remove(&folder);
        fs::create_dir(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        fs::create_dir(folder.join("logs"))?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Output of children, a file each.
    pub(crate) fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// A lock between runs side by side; free again when the value goes, or its process.
pub(crate) async fn lock(path: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    for _ in 0..3000 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    bail!("another run has held {} for five minutes", path.display())
}

/// Copies a folder's files; `wanted` says by name what is copied and what is entered.
pub(crate) fn copy(from: &Path, to: &Path, wanted: fn(&str) -> bool) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("could not read {}", from.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if !wanted(&name.to_string_lossy()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to.join(&name), wanted)?;
        } else {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

fn owner(folder: &Path) -> Option<Pid> {
    let process = folder.file_name()?.to_str()?.strip_prefix("run-")?;
    Pid::from_raw(process.parse().ok()?)
}

fn is_alive(process: Pid) -> bool {
    test_kill_process(process) != Err(rustix::io::Errno::SRCH)
}

/// Removes a folder, more than once if a dying process still writes into it.
fn remove(folder: &Path) {
    for _ in 0..5 {
        if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_leaves_no_folder_and_clears_up_after_a_killed_one() {
        let local = tempfile::tempdir().unwrap();
        let killed = local.path().join("run-999999999");
        let alive = local.path().join("run-1");
        let other = local.path().join("runs");
        for folder in [&killed, &alive, &other] {
            fs::create_dir(folder).unwrap();
        }
        let run = RunFolder::create(local.path()).unwrap();
        fs::write(run.logs().join("x"), "y").unwrap();
        let path = run.path().to_owned();
        drop(run);
        for (folder, there) in [(path, false), (killed, false), (alive, true), (other, true)] {
            assert_eq!(folder.exists(), there, "{}", folder.display());
        }
    }

    #[tokio::test]
    async fn a_lock_waits_for_the_other_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = lock(&path).await.unwrap();
        let waiting = lock(&path);
        tokio::pin!(waiting);
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut waiting).await.is_err());
        drop(held);
        waiting.await.unwrap();
    }
}
