//! Tor's `exit-addresses`: four lines for each relay, one of them with the address that its traffic comes from.

use domain::verdict::Listing;
use serde_json::Value;

use super::entry::{Entry, Kind};
use super::rows::time;
use super::sink::{Found, Said, Sink};

/// Whether the line is one of such a list; then it has been read.
pub(super) fn line(line: &str, sink: &mut Sink<'_>) -> bool {
    let Some((word, rest)) = line.split_once(' ') else { return false };
    match word {
        "ExitAddress" => {
            let (address, tested_at) = rest.split_once(' ').unwrap_or((rest, ""));
            let seen_at = time(&Value::from(tested_at));
            let listing = Listing { title: Some("Tor exit".into()), ..Listing::default() };
            match Entry::read(address, Kind::Address) {
                Ok(entry) => {
                    let said = Said { seen_at, ..Said::default() };
                    sink.row(entry, None, Found { listing, said, ..Found::default() });
                }
                Err(problem) => sink.bad(problem),
            }
            true
        }
        "ExitNode" | "Published" | "LastStatus" => true,
        _ => false,
    }
}
