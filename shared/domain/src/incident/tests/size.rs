//! However long a storm is: a record fits an item, and most alerts change little of it.

use super::*;

#[test]
fn a_storm_changes_few_facts_and_the_record_stays_small() {
    let (mut incident, mut changes) = (opened(), 0);
    for id in 1..=4000_usize {
        let now = start() + Duration::from_millis(30 * id as u64);
        let event = Event { user: u8::try_from(id % 200).unwrap(), ..PLAIN };
        let meeting = meet(Some(incident.clone()), id, event, now);
        changes += u32::from(meeting.incident.facts != incident.facts);
        incident = meeting.incident;
    }
    assert_eq!(incident.alerts, 4001);
    assert!(changes < 100, "{changes} of 4000 alerts rewrite the record");
    let bytes = serde_json::to_string(&incident.facts).unwrap().len();
    assert!(bytes < 4_000, "{bytes} bytes");
}

#[test]
fn the_largest_record_is_far_from_the_limit_of_an_item() {
    let wide = "攻".repeat(300);
    let mut incident = None;
    for id in 0..60 {
        let text = format!(
            r#"{{"id":"1.{id}","rule":{{"id":"{id}{wide}","level":7,"description":"{wide}"}},"agent":{{"name":"{id}{wide}"}},
                "data":{{"srcip":"203.0.113.{id}","dstuser":"{id}{wide}","srcuser":"{wide}{id}"}}}}"#
        );
        let mut enriched = enriched(0, PLAIN, "x");
        enriched.alert = Alert::parse(&text).unwrap();
        let history = History::default();
        let now = start() + Duration::from_secs(id);
        let seen = Seen::of(&enriched);
        incident = Some(
            Incident::meet(incident, &seen, Priority::Low, &history, now, now + LEASE, &Silences::default())
                .incident,
        );
    }
    let bytes = serde_json::to_string(&incident.unwrap().facts).unwrap().len();
    assert!(bytes < 20_000, "{bytes} bytes");
}
