//! An account that may not send: nobody tries for a while, and what comes meanwhile waits.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::trouble::AccountTrouble;

/// What was last heard of an account that refuses. Without it, all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub trouble: AccountTrouble,
    pub heard_at: Timestamp,
}

impl Account {
    /// Until somebody tries again. A person or the passing day must help: minutes do not matter.
    const REST: Duration = Duration::from_mins(5);

    /// Whether nobody should try at `now`. After that one try tells whether it is over.
    pub fn rests(&self, now: Timestamp) -> bool {
        now < self.heard_at + Self::REST
    }
}
