//! What is looked at each second while alerts are on their way: programs and queues.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use local::aws::messages_in;
use tests::Site;

use crate::machine::Machine;

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Queues count approximately.
const QUIET_LOOKS: u32 = 5;
/// Where no queue becomes longer or shorter for so long, the run is stuck.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Watch {
    pub machine: Machine,
    /// The most messages that were seen in the alerts queue.
    pub most_waiting: usize,
}

impl Watch {
    pub(crate) fn new(publisher: u32) -> Self {
        Self { machine: Machine::new(publisher), most_waiting: 0 }
    }

    /// Until all is written and nothing is in any queue on the way.
    pub(crate) async fn until_quiet(&mut self, site: &Site, all_written: &Cell<bool>) -> Result<()> {
        let queues = &site.stack.outputs.queues;
        let (mut quiet, mut before, mut moved) = (0, [0; 3], Instant::now());
        while quiet < QUIET_LOOKS {
            tokio::time::sleep(LOOK_EVERY).await;
            self.machine.look();
            let mut waiting = [0; 3];
            for (waiting, queue) in
                waiting.iter_mut().zip([&queues.alerts, &queues.enriched, &queues.notices])
            {
                *waiting = messages_in(&site.sqs, queue).await?;
            }
            let [in_alerts, ..] = waiting;
            self.most_waiting = self.most_waiting.max(in_alerts);
            let is_empty = all_written.get() && waiting == [0; 3];
            quiet = if is_empty { quiet + 1 } else { 0 };
            if is_empty || waiting != before {
                (before, moved) = (waiting, Instant::now());
            }
            if moved.elapsed() > PATIENCE {
                let waiting: usize = waiting.iter().sum();
                bail!(
                    "{waiting} messages are in the queues, and nothing has moved for {} s",
                    PATIENCE.as_secs()
                );
            }
        }
        Ok(())
    }
}
