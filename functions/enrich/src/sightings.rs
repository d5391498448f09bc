//! Logins, kept for hunting: by account, by address and by the hour of recording, 30 days.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Sighting;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use lambda::item::Item;

/// Table with key `subject` (`user#…`, `address#…` or `hour#…`) and sort key `seen` (time and alert key).
#[derive(Clone, Debug)]
pub struct Sightings {
    client: Client,
    table: String,
}

/// What else happens to the alert behind a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// The sighting is all that remains.
    Observed,
    /// The alert may be counted in an incident as well.
    Triaged,
}

impl Sightings {
    const RETENTION: Duration = Duration::from_hours(30 * 24);

    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Records the sighting under all its names. Writing it twice changes nothing but the hours it stands in.
    pub async fn record(
        &self,
        sighting: &Sighting,
        course: Course,
        now: Timestamp,
    ) -> Result<(), SightingError> {
        let puts = items(sighting, course, now)
            .into_iter()
            .map(|item| self.client.put_item().table_name(&self.table).set_item(Some(item)).send());
        try_join_all(puts).await.map(|_| ()).map_err(|error| SightingError(error.into()))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("could not record the sighting")]
pub struct SightingError(#[source] Box<dyn std::error::Error + Send + Sync>);

fn items(sighting: &Sighting, course: Course, now: Timestamp) -> Vec<Item> {
    let row = |subject: String, seen: String| {
        let mut item = lambda::item::of(sighting);
        let expires_at = (now + Sightings::RETENTION).as_second();
        item.insert("subject".to_owned(), AttributeValue::S(subject));
        item.insert("seen".to_owned(), AttributeValue::S(seen));
        item.insert("expires_at".to_owned(), AttributeValue::N(expires_at.to_string()));
        if course == Course::Triaged {
            item.insert("course".to_owned(), AttributeValue::S("triaged".to_owned()));
        }
        item
    };
    let own = sighting.subjects().map(|subject| row(subject, sighting.seen()));
    own.chain([row(sighting.subject_of_hour(now), sighting.seen_as_recorded(now))]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Alert;

    #[test]
    fn a_login_is_kept_by_user_by_address_and_by_hour() {
        let alert = Alert::parse(
            r#"{"id":"1785468659.10966","timestamp":"2026-10-03T14:22:07.512+0200","manager":{"name":"m"},
                "rule":{"id":"5715","level":3,"groups":["authentication_success"]},"agent":{"name":"web-01"},
                "data":{"srcip":"10.0.2.2","dstuser":"deploy"}}"#,
        )
        .unwrap();
        let sighting = Sighting::of(&alert, Timestamp::UNIX_EPOCH).unwrap();
        let recorded = "2026-10-03T13:00:00Z".parse().unwrap();
        let items = items(&sighting, Course::Observed, recorded);
        let keys: Vec<String> = items
            .iter()
            .map(|item| format!("{} {}", item["subject"].as_s().unwrap(), item["seen"].as_s().unwrap()))
            .collect();
        assert_eq!(
            keys,
            [
                "user#deploy 2026-10-03T12:22:07.512Z#m/1785468659.10966",
                "address#10.0.2.2 2026-10-03T12:22:07.512Z#m/1785468659.10966",
                "hour#2026-10-03T13#3 2026-10-03T13:00:00.000Z#m/1785468659.10966",
            ]
        );
        assert_eq!(items[0]["outcome"].as_s().unwrap(), "success");
        assert_eq!(items[0]["expires_at"].as_n().unwrap(), "1793624400");
        assert!(!items[0].contains_key("course"));
        assert_eq!(lambda::item::read::<Sighting>(&items[2]), Some(sighting));
    }
}
