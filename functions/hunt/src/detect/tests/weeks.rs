//! Whole weeks: what is usual is no finding, and what is known of it may come from an earlier hunt.

use super::*;

#[test]
fn a_hunt_that_knows_the_habits_says_what_one_that_saw_them_says() {
    let past = habit(20, "alice 203.0.113.9 Germany");
    let now = vec![login(0, "alice 198.51.100.7 Nigeria")];
    let at_once = hunt(&[past.clone(), now.clone()]);
    let thresholds = Thresholds { min_score: 0, ..Thresholds::default() };
    let profiles = detect(&past, BTreeMap::new(), &thresholds, minutes(0)).profiles;
    let written = serde_json::to_string(&profiles).unwrap();
    let read = serde_json::from_str(&written).unwrap();
    let later = detect(&now, read, &thresholds, minutes(0));
    assert_eq!(later.findings, at_once);
    // The same window again, with what was learnt from it: nothing is new any more.
    assert_eq!(detect(&now, later.profiles, &thresholds, minutes(0)).findings, []);
}

/// Sixty people on an ordinary day, after three ordinary weeks: an office behind one address, homes, telephones, typing
/// errors, a monitoring program, an administrator on many hosts.
fn ordinary_weeks() -> Vec<Sighting> {
    let mut all = Vec::new();
    for day in (0..22_i64).rev() {
        let nine = -day * 1440;
        for person in 0..60_i64 {
            let name = format!("user{person}");
            let late = (person * 7 + day * 13) % 90;
            if (person + day) % 11 == 0 {
                all.extend(failures(1 + person % 3, nine + late - 5, &format!("{name} 203.0.113.9 Germany")));
            }
            all.push(login(nine + late, &format!("{name} 203.0.113.9 Germany")));
            all.push(login(nine + 200 + late, &format!("{name} 10.1.{person}.20 - files-01")));
            if person % 4 == 0 {
                all.push(login(nine + 600 + late, &format!("{name} 198.51.100.{} Germany", 10 + person)));
            }
            if person % 9 == 0 && day % 3 == 0 {
                all.push(login(nine + 300 + late, &format!("{name} 192.0.2.{} Austria", 10 + person)));
            }
        }
        for tick in 0..96 {
            all.push(login(nine - 540 + tick * 15, "svc-monitor 10.0.0.5 - web-01"));
        }
        for host in 0..20 {
            all.push(login(nine + host, &format!("root 10.0.0.7 - host-{host}")));
        }
    }
    all
}

#[test]
fn an_ordinary_day_has_no_finding() {
    let weeks = ordinary_weeks();
    assert!(weeks.len() > 5_000, "{} logins", weeks.len());
    let found = hunt_with(&weeks, &Thresholds::default());
    assert_eq!(signs(&found), Vec::<String>::new());
    let with_story = [weeks, story()].concat();
    assert_eq!(hunt_with(&with_story, &Thresholds::default()).len(), 1, "and a story stands out of it");
}
