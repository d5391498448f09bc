//! MISP's warninglists, from where the project keeps them: those whose class bounds a score or labels an address.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::asking::{Asking, under};
use super::download::{Got, Limits, Validator};
use super::list::{Format, complete, shrank};
use super::state::Progress;
use super::{FetchError, LeftOut, State, Step, Tally, Trouble};
use crate::Warninglist;

/// Which lists are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lists {
    /// The list that the next step fetches.
    next: usize,
    known: BTreeMap<String, Known>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    validator: Validator,
    entries: usize,
}

/// Folders of the collection. Lists of "popular" names are left out: they say nothing about an address.
const NAMES: [&str; 50] = [
    "akamai",
    "alphastrike-research-nt-scanning",
    "alphastrike-scanning",
    "amazon-aws",
    "bufferover-nt-scanning",
    "bunny-net",
    "censys-scanning",
    "circl-security-scanning",
    "circl-ssh-scanning",
    "cloudflare",
    "coalition-signals-intelligence-nt-scanning",
    "cybergreen-nt-scanning",
    "cyberresilience-nt-scanning",
    "cypex-nt-scanning",
    "f6-nt-scanning",
    "fastly",
    "github",
    "google-gcp",
    "icloud-private-relay",
    "internet-census-nt-scanning",
    "internetcleanup-scanner",
    "intrinsec-nt-scanning",
    "ipinfo-nt-scanning",
    "ipip-nt-scanning",
    "microsoft-azure",
    "microsoft-azure-china",
    "microsoft-azure-germany",
    "microsoft-azure-us-gov",
    "microsoft-office365-ip",
    "modat-nt-scanning",
    "modat-scanner",
    "netsecscan-nt-scanning",
    "netsecscan-scanning",
    "onyphe-nt-scanning",
    "onyphe-scanner",
    "oracle-oci",
    "ovh-cluster",
    "rapid7-nt-scanning",
    "research-scanner-nt-scanning",
    "shadowserver",
    "shadowserver-nt-scanning",
    "shodan-nt-scanning",
    "shodan-scanning",
    "sinkholes",
    "stackpath",
    "stretchoid-nt-scanning",
    "vpn-ipv4",
    "vpn-ipv6",
    "wikimedia",
    "zscaler",
];

pub(super) async fn step(asking: &Asking<'_>, state: &State) -> Result<Step, FetchError> {
    let mut lists =
        if let Progress::Warninglists(lists) = &state.0 { lists.clone() } else { Lists::default() };
    // A state of another version may point behind the last list.
    let index = if lists.next < NAMES.len() { lists.next } else { 0 };
    let Some(name) = NAMES.get(index).copied() else {
        return Ok(Step::Unchanged { state: State(Progress::Warninglists(lists)) });
    };
    lists.next = (index + 1) % NAMES.len();
    let more = lists.next != 0;
    let known = lists.known.get(name).cloned().unwrap_or_default();
    let mut tally = Tally::default();
    match list(asking, name, &known).await {
        Ok(Some((json, known))) => {
            lists.known.insert(name.to_owned(), known);
            let state = State(Progress::Warninglists(lists));
            return Ok(Step::Warninglist { name, json, state, more });
        }
        Ok(None) => {}
        // The others are still good, and the last copy of this one stays.
        Err(error) if is_of_the_list(&error.trouble) => {
            tracing::warn!(error = lambda::logs::chain(&error), "a warninglist is left as it is");
            tally.leave_out(LeftOut::Unreadable, 1);
        }
        Err(error) => return Err(error),
    }
    let state = State(Progress::Warninglists(lists));
    Ok(Step::Part { rows: Vec::new(), removed: Vec::new(), tally, state, more })
}

fn is_of_the_list(trouble: &Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Missing { .. } | Trouble::TooLarge { .. } | Trouble::Unreadable(_) | Trouble::Shrunk { .. }
    )
}

/// The list, unless it is the one that is known.
async fn list(
    asking: &Asking<'_>,
    name: &str,
    known: &Known,
) -> Result<Option<(Vec<u8>, Known)>, FetchError> {
    let place = under(&asking.settings.places.warninglists, &format!("{name}/list.json"));
    let url = asking.url(&place, &[])?;
    let (bytes, validator) =
        match asking.ask(&url, asking.get(&url), &known.validator, Limits::list(16)).await? {
            Got::Unchanged => return Ok(None),
            Got::Body { bytes, validator } => (bytes, validator),
        };
    let failed = |trouble| asking.failed(&url, trouble);
    complete(&bytes, Format::Json).map_err(failed)?;
    let list = Warninglist::read(&bytes)
        .map_err(|_| failed(Trouble::Unreadable("it is no warninglist of addresses, names or texts")))?;
    let entries = list.patterns.len();
    if entries == 0 || shrank(known.entries, entries) {
        return Err(failed(Trouble::Shrunk { before: known.entries, now: entries }));
    }
    Ok(Some((bytes, Known { validator, entries })))
}
