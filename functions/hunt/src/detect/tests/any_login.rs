//! What holds whatever logins come, in whatever order.

use proptest::prelude::*;

use super::*;

#[test]
fn whatever_comes_what_is_remembered_is_bounded() {
    let mut hunter = Hunter::new(Thresholds::default());
    let any = login(0, "alice 203.0.113.9");
    for index in 0..60_000_i64 {
        let mut login = any.clone();
        login.at = minutes(index / 100);
        login.account = domain::sighting::Account::read(&format!("user{index}"), None);
        login.address = Some(std::net::Ipv4Addr::from(u32::try_from(index * 256 + 1).unwrap()).into());
        if index % 2 == 0 {
            login.outcome = domain::sighting::Outcome::Failure;
        }
        hunter.see(&Arc::new(login));
    }
    assert!(hunter.people.len() <= Hunter::MOST_PEOPLE && hunter.sources.len() <= Hunter::MOST_SOURCES);
}

fn any_sighting() -> impl Strategy<Value = Sighting> {
    let words = (0..3_usize, 0..4_usize, 0..4_usize, prop::bool::ANY, 0..300_i64, 0..4_usize);
    words.prop_map(|(who, network, country, success, at, judgement)| {
        let who = ["alice", "bob", "root"][who];
        let address = ["203.0.113.9", "198.51.100.7", "192.0.2.5", "10.0.0.9"][network];
        let country = ["Germany", "Singapore", "Nigeria", "-"][country];
        let words = format!("{who} {address} {country}");
        let sighting = sighting(at, if success { "success" } else { "failed" }, &words);
        let judgement = [None, Some(Judgement::Malicious), Some(Judgement::Unknown), None][judgement];
        Sighting { judgement, ..sighting }
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_gives_the_same_findings(
        mut sightings in prop::collection::vec(any_sighting(), 0..60),
        shuffle in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        // An alert is one alert: what stands in it does not differ.
        sightings.sort_by(|one, other| order(one).cmp(&order(other)));
        sightings.dedup_by(|one, other| one.alert_key == other.alert_key);
        let expected = hunt(&[sightings.clone()]);
        let mut mixed = sightings.clone();
        for index in shuffle.iter().filter(|_| !sightings.is_empty()) {
            mixed.push(sightings[index.index(sightings.len())].clone());
            let last = mixed.len() - 1;
            let other = index.index(mixed.len());
            mixed.swap(other, last);
        }
        mixed.reverse();
        let found = hunt(&[mixed]);
        prop_assert_eq!(&found, &expected);
        for finding in &found {
            prop_assert!(!finding.evidence().is_empty() && finding.score() <= 100);
        }
    }

    #[test]
    fn the_other_logins_of_a_window_do_not_change_a_signs_id(
        sightings in prop::collection::vec(any_sighting(), 0..40)
    ) {
        let all = hunt(&[sightings.clone(), story()]);
        let ids: Vec<String> = all.iter().flat_map(|finding| finding.signs.iter().map(Sign::id)).collect();
        let mut distinct = ids.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(ids.len(), distinct.len(), "one sign, one id");
    }
}
