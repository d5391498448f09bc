use serde::{Deserialize, Serialize};

use super::list::Listed;
use super::misp::Attributes;
use super::misp_feed::Events;
use super::otx::Pulses;
use super::warninglists::Lists;

/// Where a source's next step begins. The default is a source that was never fetched.
///
/// Belongs to one source: keep it under the source's name. At most 64 KiB as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State(pub(super) Progress);

/// What each kind of source has to remember.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub(super) enum Progress {
    #[default]
    Never,
    List(Listed),
    Otx(Pulses),
    Misp(Attributes),
    MispFeed(Events),
    Warninglists(Lists),
}
