mod any_login;
mod weeks;

use jiff::SignedDuration;

use super::*;
use domain::Alert;
use domain::verdict::Judgement;

/// Day 30 of the story, a Monday; habits are made before it.
const TODAY: &str = "2026-10-05T09:00:00Z";

fn today() -> Timestamp {
    TODAY.parse().unwrap()
}

fn minutes(minutes: i64) -> Timestamp {
    today() + SignedDuration::from_mins(minutes)
}

/// One login, so many minutes after nine o'clock: `alice 203.0.113.9 DE`, `-` for what is not known.
fn sighting(at: i64, outcome: &str, who_and_where: &str) -> Sighting {
    let mut words = who_and_where.split(' ');
    let (user, address, country) =
        (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or("-"));
    let host = words.next().unwrap_or("web-01");
    let time = minutes(at);
    let text = format!(
        r#"{{"id":"{}.{}","timestamp":"{time}","manager":{{"name":"m"}},"agent":{{"id":"7","name":"{host}"}},
            "rule":{{"id":"1","level":3,"groups":["sshd","authentication_{outcome}"]}},"GeoLocation":{{"country_name":"{country}"}},
            "data":{{"srcip":"{address}","dstuser":"{user}"}}}}"#,
        time.as_millisecond(),
        // Events of one instant are different alerts.
        who_and_where.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))),
    );
    Sighting::of(&Alert::parse(&text).unwrap(), today()).unwrap()
}

fn login(at: i64, who_and_where: &str) -> Sighting {
    sighting(at, "success", who_and_where)
}

fn failures(count: i64, from: i64, who_and_where: &str) -> Vec<Sighting> {
    (0..count).map(|index| sighting(from + index, "failed", who_and_where)).collect()
}

/// A login at nine on each of so many days before today.
fn habit(days: i64, who_and_where: &str) -> Vec<Sighting> {
    (1..=days).map(|day| login(-day * 1440, who_and_where)).collect()
}

fn hunt_with(sightings: &[Sighting], thresholds: &Thresholds) -> Vec<Finding> {
    detect(sightings, BTreeMap::new(), thresholds, minutes(24 * 60)).findings
}

pub(crate) fn hunt(parts: &[Vec<Sighting>]) -> Vec<Finding> {
    hunt_with(&parts.concat(), &Thresholds { min_score: 0, ..Thresholds::default() })
}

/// `alice: success_after_failures 75`, one line for each sign.
fn signs(findings: &[Finding]) -> Vec<String> {
    let sign = |sign: &Sign| format!("{}: {} {}", sign.subject, sign.kind.name(), sign.score);
    findings.iter().flat_map(|finding| finding.signs.iter().map(sign)).collect()
}

fn check(parts: &[Vec<Sighting>], expected: &[&str]) {
    assert_eq!(signs(&hunt(parts)), expected);
}

#[test]
fn a_success_after_failures_from_the_same_place() {
    check(
        &[failures(5, 0, "alice 203.0.113.9"), vec![login(10, "alice 203.0.113.9")]],
        &["alice: success_after_failures 50"],
    );
    check(
        &[failures(12, 0, "alice 203.0.113.9"), vec![login(20, "alice 203.0.113.77")]],
        &["alice: success_after_failures 75"],
    );
    // At the host itself there is no address.
    let console = |sighting: Sighting| Sighting { address: None, country: None, ..sighting };
    let tried = failures(10, 0, "alice 10.0.0.9").into_iter().map(console).collect();
    check(&[tried, vec![console(login(12, "alice 10.0.0.9"))]], &["alice: success_after_failures 75"]);
}

#[test]
fn failures_that_have_nothing_to_do_with_the_success() {
    // Too few, too long ago, and those of others on an account that everybody attacks.
    check(&[failures(4, 0, "alice 203.0.113.9"), vec![login(10, "alice 203.0.113.9")]], &[]);
    check(&[failures(9, 0, "alice 203.0.113.9"), vec![login(90, "alice 203.0.113.9")]], &[]);
    check(&[failures(40, 0, "alice 203.0.113.9"), vec![login(41, "alice 198.51.100.7")]], &[]);
    check(&[failures(9, 0, "bob 203.0.113.9"), vec![login(10, "alice 203.0.113.9")]], &[]);
    // Afterwards is not before.
    check(&[vec![login(0, "alice 203.0.113.9")], failures(9, 1, "alice 203.0.113.9")], &[]);
}

#[test]
fn a_forgotten_password_where_one_always_is_says_little() {
    let found = hunt(&[
        habit(5, "alice 203.0.113.9"),
        failures(6, 0, "alice 203.0.113.9"),
        vec![login(10, "alice 203.0.113.9")],
    ]);
    assert_eq!(signs(&found), ["alice: success_after_failures 20"]);
    assert!(found[0].score() < Thresholds::default().min_score, "and is not told");
}

#[test]
fn one_rule_that_counts_is_as_many_failures() {
    let counted = Sighting { attempts: 8, ..sighting(0, "failed", "alice 203.0.113.9") };
    check(&[vec![counted, login(1, "alice 203.0.113.9")]], &["alice: success_after_failures 50"]);
}

pub(crate) fn sprayed(accounts: i64, address: &str) -> Vec<Sighting> {
    (0..accounts).map(|index| sighting(index, "failed", &format!("user{index} {address}"))).collect()
}

#[test]
fn a_source_that_tries_many_accounts_and_the_account_that_gives_way() {
    check(&[sprayed(8, "203.0.113.9")], &["203.0.113.0/24: password_spraying 55"]);
    check(&[sprayed(7, "203.0.113.9")], &[]);
    let found = hunt(&[sprayed(20, "203.0.113.9"), vec![login(30, "carol 203.0.113.9")]]);
    assert_eq!(
        signs(&found),
        ["203.0.113.0/24: password_spraying 61", "carol: success_after_failures 85"],
        "the sign grows with the accounts"
    );
    assert!(found[0].signs[0].sentence.contains("failed for 20 accounts"), "{}", found[0].signs[0].sentence);
}

#[test]
fn an_office_behind_one_address_is_no_spraying() {
    let monday: Vec<Sighting> = (0..30)
        .flat_map(|index| {
            let person = format!("user{index} 203.0.113.9");
            let mut tries = vec![login(2 * index + 1, &person)];
            if index % 3 == 0 {
                tries.push(sighting(2 * index, "failed", &person));
            }
            tries
        })
        .collect();
    check(&[monday.clone(), sprayed(9, "203.0.113.9")], &[]);
    // In one's own network a neighbour is another desk.
    let desks =
        (0..12).map(|index| sighting(index, "failed", &format!("user{index} 10.0.0.{index}"))).collect();
    check(&[desks], &[]);
}

#[test]
fn two_places_that_nobody_reaches_in_time() {
    let (home, away) = ("alice 203.0.113.9 Germany", "alice 198.51.100.7 Singapore");
    check(&[vec![login(0, home), login(20, away)]], &["alice: impossible_travel 75"]);
    // A day's flight, a neighbour, an hour that a clock is off, and the same network abroad.
    check(&[vec![login(0, home), login(900, away)]], &[]);
    check(&[vec![login(0, home), login(2, "alice 198.51.100.7 Austria")]], &[]);
    check(&[vec![login(0, home), login(1, "alice 198.51.100.7 Spain")]], &[]);
    check(&[vec![login(0, home), login(1, "alice 198.51.100.7")]], &[]);
    // Different people.
    check(&[vec![login(0, home), login(1, "bob 198.51.100.7 Singapore")]], &[]);
}

#[test]
fn whoever_is_always_in_both_places_has_a_vpn() {
    let both = |days| {
        let home = habit(days, "alice 203.0.113.9 Germany");
        let vpn = (1..=days).map(|day| login(-day * 1440 + 5, "alice 198.51.100.7 Singapore"));
        home.into_iter().chain(vpn).collect::<Vec<_>>()
    };
    let today = vec![login(0, "alice 203.0.113.9 Germany"), login(5, "alice 198.51.100.7 Singapore")];
    let of_today = |found: Vec<Finding>| found.iter().filter(|finding| finding.at() >= minutes(0)).count();
    assert_eq!(of_today(hunt(&[both(4), today.clone()])), 0);
    assert_eq!(of_today(hunt(&[habit(4, "alice 203.0.113.9 Germany"), today.clone()])), 1);
    let trusting =
        Thresholds { trusted_networks: vec!["198.51.100.0/24".parse().unwrap()], ..Thresholds::default() };
    assert!(hunt_with(&today, &trusting).is_empty(), "the site knows its own VPN");
}

#[test]
fn a_country_or_a_network_for_the_first_time() {
    let abroad = vec![login(0, "alice 198.51.100.7 Nigeria")];
    check(&[habit(20, "alice 203.0.113.9 Germany"), abroad.clone()], &["alice: new_country 50"]);
    // Nobody knows yet what is usual: known for too short a time, on too few days, or without countries.
    check(&[habit(10, "alice 203.0.113.9 Germany"), abroad.clone()], &[]);
    check(&[vec![login(-20 * 1440, "alice 203.0.113.9 Germany")], abroad.clone()], &[]);
    check(&[habit(20, "alice 203.0.113.9"), abroad], &[]);
    let of = |network: &str, sighting: Sighting| Sighting { network: Some(network.to_owned()), ..sighting };
    let home =
        habit(20, "alice 203.0.113.9 Germany").into_iter().map(|login| of("home isp", login)).collect();
    let mobile = of("mobile", login(0, "alice 198.51.100.7 Germany"));
    check(&[home, vec![mobile]], &["alice: new_network 15"]);
}

#[test]
fn a_success_from_a_bad_address() {
    let judged = |judgement, sighting| Sighting { judgement: Some(judgement), ..sighting };
    let (login, failure) = (login(0, "alice 203.0.113.9"), sighting(0, "failed", "alice 203.0.113.9"));
    check(&[vec![judged(Judgement::Malicious, login.clone())]], &["alice: malicious_source 90"]);
    check(&[vec![judged(Judgement::Suspicious, login.clone())]], &["alice: malicious_source 55"]);
    check(&[vec![judged(Judgement::Observed, login)]], &[]);
    check(&[vec![judged(Judgement::Malicious, failure)]], &[]);
}

#[test]
fn an_account_that_wakes_up() {
    let last =
        |days: i64| (0..4).map(|day| login(-(days + day) * 1440, "alice 203.0.113.9")).collect::<Vec<_>>();
    check(&[last(60), vec![login(0, "alice 203.0.113.9")]], &["alice: dormant_account 45"]);
    check(&[last(30), vec![login(0, "alice 203.0.113.9")]], &[]);
    // A name that was seen once is no account that slept.
    check(&[vec![login(-60 * 1440, "alice 203.0.113.9"), login(0, "alice 203.0.113.9")]], &[]);
}

#[test]
fn an_hour_at_which_one_is_never_there() {
    let night = vec![login(-7 * 60, "alice 203.0.113.9")];
    check(&[habit(20, "alice 203.0.113.9"), night.clone()], &["alice: off_hours 25"]);
    // An hour around summer time is no other hour, and a program has none.
    check(&[habit(20, "alice 203.0.113.9"), vec![login(120, "alice 203.0.113.9")]], &[]);
    let program = (0..480).map(|hour| login(-hour * 60 - 480, "svc 203.0.113.9")).collect();
    check(&[program, vec![login(-7 * 60, "svc 203.0.113.9")]], &[]);
    check(&[habit(8, "alice 203.0.113.9"), night], &[]);
}

#[test]
fn several_networks_at_once() {
    let from = |addresses: &[&str]| -> Vec<Sighting> {
        let login = |(index, address): (usize, &&str)| {
            login(i64::try_from(index).unwrap(), &format!("alice {address}"))
        };
        addresses.iter().enumerate().map(login).collect()
    };
    check(&[from(&["203.0.113.9", "198.51.100.7", "192.0.2.5"])], &["alice: concurrent_sessions 45"]);
    check(&[from(&["203.0.113.9", "198.51.100.7", "203.0.113.10"])], &[]);
    check(&[from(&["10.0.0.9", "10.1.0.9", "192.168.0.5"])], &[]);
}

#[test]
fn root_of_every_host_is_somebody_else() {
    let (one, two) = ("root 203.0.113.9 Germany web-01", "root 198.51.100.7 Singapore db-01");
    check(&[vec![login(0, one), login(5, two)]], &[]);
    check(
        &[vec![login(0, one), login(5, "root 198.51.100.7 Singapore web-01")]],
        &["root on web-01: impossible_travel 75"],
    );
    let ignoring = Thresholds { ignored_accounts: vec!["alice".parse().unwrap()], ..Thresholds::default() };
    let travel = [login(0, "alice 203.0.113.9 Germany"), login(5, "alice 198.51.100.7 Singapore")];
    assert!(hunt_with(&travel, &ignoring).is_empty());
}

/// Failures, a success from a listed address, another country within minutes.
pub(crate) fn story() -> Vec<Sighting> {
    let mut success = login(15, "alice 203.0.113.9 Germany");
    success.judgement = Some(Judgement::Malicious);
    let mut story = failures(12, 0, "alice 203.0.113.9 Germany");
    story.extend([success, login(25, "alice 198.51.100.7 Singapore")]);
    story
}

#[test]
fn a_story_of_one_account_is_one_finding() {
    let found = hunt(&[story()]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].title(),
        "alice: login from a bad address, success after failures, impossible travel"
    );
    assert_eq!(found[0].score(), 99);
    assert_eq!(found[0].technique_ids(), ["T1078", "T1110"]);
    assert!(found[0].evidence().is_sorted_by_key(|sighting| sighting.at));
}

#[test]
fn a_clock_an_hour_off_makes_no_traveller_and_one_far_ahead_no_future() {
    // One manager's clock is an hour behind: what was in a row seems to be at once.
    let skewed = [login(0, "alice 203.0.113.9 Germany"), login(1, "alice 198.51.100.7 Finland")];
    check(&[skewed.to_vec()], &[]);
    let future = Sighting { at: minutes(3 * 24 * 60), ..login(0, "alice 203.0.113.9") };
    let hunted = detect(&[future], BTreeMap::new(), &Thresholds::default(), minutes(0));
    assert!(hunted.profiles.is_empty(), "it would keep the account awake for ever");
}
