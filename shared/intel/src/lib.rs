//! Intelligence about indicators: what is known here, the providers, and what protects them from a flood of alerts.

mod anchors;
mod door;
pub mod feed;
mod intelligence;
mod keys;
mod latest;
pub mod lists;
mod pattern;
mod policy;
#[cfg(feature = "fuzz")]
pub mod probing;
pub mod providers;
mod recent;
mod settings;
pub mod snapshot;
pub mod sources;
mod store;
mod time_to_live;
mod usage;
mod warninglist;
mod warninglists;

pub use door::Door;
pub use intelligence::{Examination, Inquiry, Intelligence};
pub use keys::Keys;
pub use latest::Latest;
pub use pattern::Pattern;
pub use policy::Policy;
pub use providers::visible;
pub use settings::read_formula;
#[cfg(feature = "contract")]
pub use store::contract;
pub use store::{
    Becomes, Change, DynamoStore, FeedTable, IntelStore, MemoryStore, StoreError, entry_of, key_of,
};
pub use usage::Usage;
pub use warninglist::{Warninglist, WarninglistError};
pub use warninglists::{Warninglists, WarninglistsError};
