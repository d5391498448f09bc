//! The account at the end: how alerts ended, and who was told of them.

use lambda::ledger::Outcome;

use crate::failure::Count;
use crate::stages::MailKind;

/// How many alerts ended how.
#[derive(Debug, Default)]
pub(super) struct Ends {
    notified: usize,
    counted: usize,
    observed: usize,
    ignored: usize,
    dead_lettered: usize,
}

/// In which mails some recipients were told of alerts.
#[derive(Debug, Default)]
pub(super) struct Telling {
    mails: usize,
    alerts: u64,
    storms: usize,
    digests: usize,
    held_back: u64,
}

impl Ends {
    pub fn add(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Notified => &mut self.notified,
            Outcome::Counted => &mut self.counted,
            Outcome::Observed => &mut self.observed,
            Outcome::Ignored => &mut self.ignored,
            Outcome::DeadLettered => &mut self.dead_lettered,
        } += 1;
    }

    /// `13 alerts = 6 notified + 3 counted + 1 observed + 2 ignored + 1 dead-lettered`
    pub fn account(&self) -> String {
        let Self { notified, counted, observed, ignored, dead_lettered } = self;
        let all = notified + counted + observed + ignored + dead_lettered;
        format!(
            "{} = {notified} notified + {counted} counted + {observed} observed + {ignored} ignored + \
             {dead_lettered} dead-lettered",
            Count(all, "alert")
        )
    }
}

impl Telling {
    pub fn add(&mut self, kind: MailKind, alerts: u64) {
        match kind {
            MailKind::Notice(_) => {
                self.mails += 1;
                self.alerts += alerts;
            }
            MailKind::Storm => self.storms += 1,
            MailKind::Digest => {
                self.digests += 1;
                self.held_back += alerts;
            }
        }
    }

    pub fn has_digests(&self) -> bool {
        self.digests > 0
    }

    /// `60 alerts told = 22 in 12 mails + 38 held back, in 2 digests (1 storm notice)`
    pub fn account(&self) -> String {
        let Self { mails, alerts, storms, digests, held_back } = self;
        let all = Count(usize::try_from(alerts + held_back).unwrap_or(usize::MAX), "alert");
        let (mails, digests) = (Count(*mails, "mail"), Count(*digests, "digest"));
        if *held_back == 0 {
            return format!("{all} told in {mails}");
        }
        let storms =
            if *storms > 0 { format!(" ({})", Count(*storms, "storm notice")) } else { String::new() };
        format!("{all} told = {alerts} in {mails} + {held_back} held back, in {digests}{storms}")
    }
}
