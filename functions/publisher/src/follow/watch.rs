//! Sleeping until there may be something new.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;

use super::FollowError;

/// Asks the kernel where it can, and looks every 50 ms where it cannot.
pub(super) struct Watch {
    /// Where `alerts.json` gets a new file.
    folder: PathBuf,
    kernel: Option<Kernel>,
}

struct Kernel {
    events: File,
    folder: Option<i32>,
    file: Option<i32>,
}

impl Watch {
    pub fn new(folder: &Path) -> Self {
        let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok();
        let kernel = events.map(|events: OwnedFd| Kernel { events: events.into(), folder: None, file: None });
        Self { folder: folder.to_owned(), kernel }
    }

    /// Watches this file from now on, by whatever name it is written.
    pub fn set_file(&mut self, file: Option<&File>) {
        let Some(kernel) = &mut self.kernel else { return };
        let added = file.and_then(|file| {
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            inotify::add_watch(&kernel.events, path, WatchFlags::MODIFY).ok()
        });
        if let Some(old) = kernel.file.filter(|old| Some(*old) != added) {
            // It goes by itself with a file that is gone.
            let _ = inotify::remove_watch(&kernel.events, old);
        }
        kernel.file = added;
    }

    pub fn wait(&mut self, timeout: Duration) -> Result<(), FollowError> {
        let deadline = Instant::now() + timeout;
        if let Some(kernel) = &mut self.kernel
            && kernel.is_complete(&self.folder)
        {
            if kernel.sleep(timeout.min(TRUST))? {
                // Whoever writes one alert mostly writes more: better one read of ten alerts than ten of one.
                thread::sleep(GATHER.min(deadline.saturating_duration_since(Instant::now())));
                kernel.drain()?;
            }
        } else {
            thread::sleep(timeout.min(LOOK_EVERY));
        }
        Ok(())
    }
}

impl Kernel {
    /// Whether it would say so if the file grew, or another took its place.
    fn is_complete(&mut self, folder: &Path) -> bool {
        if self.folder.is_none() {
            let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
            self.folder = inotify::add_watch(&self.events, folder, flags).ok();
            // What came before the watch is not announced: look once more before the first sleep.
            return false;
        }
        self.file.is_some()
    }

    fn sleep(&self, timeout: Duration) -> Result<bool, FollowError> {
        let timeout = Timespec::try_from(timeout).ok();
        match poll(&mut [PollFd::new(&self.events, PollFlags::IN)], timeout.as_ref()) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(true),
            Err(error) => Err(FollowError::Wait(error.into())),
        }
    }

    /// What the events say does not matter: the follower looks for itself.
    fn drain(&mut self) -> Result<(), FollowError> {
        let mut block = [0; 16 * 1024];
        loop {
            match self.events.read(&mut block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(FollowError::Wait(error)),
            }
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The longest sleep: no events come from a folder that was removed, or from a disk of another host.
const TRUST: Duration = Duration::from_secs(1);

const GATHER: Duration = Duration::from_millis(5);
