//! Ctrl-C, noticed between two steps: what was begun is finished, and what was taken is given back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

/// Whether the person wants it to end. Needs a runtime.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for SIGINT and SIGTERM from now on.
    pub fn listen() -> std::io::Result<Self> {
        let stop = Self::default();
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let mut signals = signal(kind)?;
            let stop = stop.clone();
            tokio::spawn(async move {
                signals.recv().await;
                stop.0.store(true, Ordering::Relaxed);
            });
        }
        Ok(stop)
    }

    pub fn is_asked_for(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
