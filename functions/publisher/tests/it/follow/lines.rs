//! Lines as an attacker, a crash or a decoder may make them.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use publisher::follow::{Counts, Filter, Follower, Start, Trouble};

use super::manager::{Manager, NONE, alert, read_all, read_with_troubles};

/// The written bytes between two good alerts; what is said of them, and how many of them are alerts.
fn check(bytes: &[u8], troubles: &[Trouble], accepted: usize) {
    for chopped in [false, true] {
        let mut manager = Manager::started();
        let mut follower = manager.follower(Start::End);
        let (mut found, mut said) = (0, Vec::new());
        let mut read = |follower: &mut Follower| loop {
            let batch = follower.read(4096).unwrap();
            found += batch.alerts().len();
            said.extend(batch.notices().iter().map(|notice| notice.trouble));
            if batch.is_idle() {
                break;
            }
        };
        manager.alert(1);
        for part in bytes.chunks(if chopped { 1 } else { bytes.len().max(1) }) {
            manager.write(part);
            if chopped {
                read(&mut follower);
            }
        }
        manager.write("\n");
        manager.alert(2);
        read(&mut follower);
        let shown = String::from_utf8_lossy(bytes);
        if !chopped {
            assert_eq!(said, troubles, "{shown:.80}");
        }
        said.dedup();
        assert_eq!(said, troubles, "{shown:.80}");
        assert_eq!(found, accepted + 2, "{shown:.80}");
    }
}

#[test]
fn a_bad_line_is_said_and_its_neighbours_pass() {
    let good = alert(7);
    check(b"", &[], 0);
    check(b" \t \r\n\n  ", &[], 0);
    check(format!(" {good}\r").as_bytes(), &[], 1);
    check(b"\xef\xbb\xbf{\"rule\":{\"id\":\"1\",\"level\":1}}", &[], 1);
    check(b"{\"rule\":{\"id\":\"1\",\"level\":1},\"l\xffg\":\"\xff\xc3\"}", &[], 1);
    check(b"\xff\xfe", &[Trouble::NotJson], 0);
    check(b"Failed password for root", &[Trouble::NotJson], 0);
    check(format!("{good}{good}x").as_bytes(), &[Trouble::NotJson], 0);
    check(format!("{good},").as_bytes(), &[Trouble::NotJson], 0);
    check(b"{\"rule\":{\"id\":\"1\",\"level\":1},\"x\":\"a\x01b\"}", &[Trouble::NotJson], 0);
    check(b"{\"rule\":{\"id\":\"1\",\"level\":1},\"x\":01}", &[Trouble::NotJson], 0);
    check(b"{\"rule\":{\"id\":\"1\",\"level\":1},\"x\":\"\\u12G4\"}", &[Trouble::NotJson], 0);
    check("[".repeat(3_000).as_bytes(), &[Trouble::NotJson], 0);
    for text in [
        "[]",
        "[{\"rule\":{\"id\":\"1\",\"level\":1}}]",
        "null",
        "5",
        "\"x\"",
        "{}",
        r#"{"rule":null}"#,
        r#"{"rule":["1",1,[]]}"#,
        r#"{"rule":{"id":"1"}}"#,
        r#"{"rule":{"level":1}}"#,
        r#"{"rule":{"id":"1","level":17}}"#,
        r#"{"rule":{"id":"1","level":-1}}"#,
        r#"{"rule":{"id":"1","level":"x"}}"#,
        r#"{"rule":{"id":"1","level":1.5}}"#,
        r#"{"rule":{"id":"  ","level":1}}"#,
        r#"{"rule":{"id":{},"level":1}}"#,
        r#"{"rule":{"id":"1","level":1,"id":null}}"#,
        r#"{"rule":{"id":"1","level":1},"rule":{}}"#,
        r#"{"data":{"rule":{"id":"1","level":1}}}"#,
        r#"{"x":"{\"rule\":{\"id\":\"1\",\"level\":1}}"}"#,
    ] {
        check(text.as_bytes(), &[Trouble::NotAnAlert], 0);
    }
}

#[test]
fn a_torn_line_does_not_take_the_next_one_with_it() {
    let (torn, good) = (&alert(7)[..50], alert(8));
    check(format!("{torn}{good}").as_bytes(), &[Trouble::NotJson], 1);
    check(format!("{torn}{torn}").as_bytes(), &[Trouble::NotJson], 0);
    check(format!("\0\0\0{good}").as_bytes(), &[Trouble::Hole], 1);
    check(format!("{torn}\0\0\0{good}").as_bytes(), &[Trouble::NotJson, Trouble::Hole], 1);
}

#[test]
fn a_large_hole_is_passed_over() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.alert(1);
    let mut file = File::options().write(true).open(manager.alerts()).unwrap();
    file.seek(SeekFrom::End(50_000_000)).unwrap();
    file.write_all(b"\n").unwrap();
    manager.alert(2);
    assert_eq!(read_all(&mut follower), [1, 2]);
    assert_eq!(follower.counts().hole_bytes, 50_000_000);
}

#[test]
fn a_line_may_be_as_long_as_the_cap_and_no_longer() {
    let long = |bytes: usize| {
        let frame = alert(7);
        frame.replace(
            "\"id\":\"7\"",
            &format!("\"id\":\"7\",\"full_log\":\"{}\"", "x".repeat(bytes - frame.len() - 14)),
        )
    };
    let mut manager = Manager::started();
    let mut options = manager.options(Start::End);
    options.max_line_bytes = 100_000;
    let mut follower = Follower::open(options.clone()).unwrap();
    manager.alert(1);
    assert_eq!(long(100_000).len(), 100_000);
    manager.write(long(100_000) + "\n");
    manager.alert(2);
    manager.write(long(100_001) + "\n");
    manager.alert(3);
    manager.write(long(5_000_000) + "\n");
    manager.alert(4);
    let (numbers, troubles) = read_with_troubles(&mut follower);
    assert_eq!(numbers, [1, 7, 2, 3, 4]);
    assert_eq!(troubles, [Trouble::Oversized, Trouble::Oversized]);

    // At once it is no other; and a commit in its middle begins before it again.
    manager.write(long(1_000_000));
    assert_eq!(read_all(&mut follower), NONE);
    let position = follower.read(4096).unwrap().position();
    follower.commit(&position).unwrap();
    manager.write("\n");
    manager.alert(5);
    let mut again = Follower::open(options).unwrap();
    let batch = loop {
        let batch = again.read(16 << 20).unwrap();
        if batch.alerts().len() > 0 {
            break batch;
        }
    };
    assert_eq!(batch.notices().iter().map(|notice| notice.length_bytes).collect::<Vec<_>>(), [1_000_000]);
    assert_eq!(read_with_troubles(&mut follower), (vec![5], vec![Trouble::Oversized]));
}

#[test]
fn rubbish_does_not_fill_the_log() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.write("x\n".repeat(10_000));
    let batch = follower.read(1 << 20).unwrap();
    assert_eq!(batch.notices().len(), 16);
    assert_eq!(
        batch.notices()[1].to_string(),
        format!("{}: the line at byte 2 (1 bytes) is left out: it is not JSON", manager.alerts().display())
    );
    assert_eq!(follower.counts(), Counts { not_json: 10_000, ..Counts::default() });
}

#[test]
fn the_last_line_of_a_finished_file_needs_no_newline() {
    let mut manager = Manager::started();
    let mut follower = manager.follower(Start::End);
    manager.write(alert(1));
    assert_eq!(read_all(&mut follower), NONE);
    manager.rotate();
    manager.write(&alert(2)[..30]);
    manager.rotate();
    manager.alert(3);
    assert_eq!(read_with_troubles(&mut follower), (vec![1, 3], vec![Trouble::NotJson]));
}

#[test]
fn level_groups_and_rule_ids_choose_and_logins_pass() {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let level = Filter { min_level: 6, ..Filter::default() };
    let group = Filter { groups: texts(&["web", "sshd"]), observed_groups: vec![], ..level.clone() };
    let ids = Filter { rule_ids: texts(&["1", "2"]), ..level.clone() };
    let without = Filter { excluded_rule_ids: texts(&["1"]), ..level.clone() };
    for (filter, rule, expected) in [
        (&Filter::default(), r#""id":"1","level":0"#, true),
        (&level, r#""id":"1","level":6"#, true),
        (&level, r#""level":" 6 ","id":1"#, true),
        (&level, r#""id":"1","level":5"#, false),
        (&level, r#""id":"1","level":5,"groups":["web"]"#, false),
        (&level, r#""id":"1","level":3,"groups":["web","invalid_login"]"#, true),
        (&level, r#""id":"1","level":3,"groups":["\n     authentication_success","\n   "]"#, true),
        (&level, r#""groups":"sshd, authentication_failed,","id":"1","level":3"#, true),
        (&level, r#""id":"1","level":3,"groups":{"a":"invalid_login"}"#, false),
        (&level, r#""id":"1","level":3,"groups":[["invalid_login"]]"#, false),
        (&level, r#""id":"1","level":3,"groups":["invalid_logins"]"#, false),
        (&level, r#""id":"1","level":3,"gr\u006fups":["invalid\u005flogin"]"#, true),
        (&group, r#""id":"1","level":9"#, false),
        (&group, r#""id":"1","level":9,"groups":["x","sshd"]"#, true),
        (&group, r#""id":"1","level":5,"groups":["sshd"]"#, false),
        (&group, r#""id":"1","level":3,"groups":["invalid_login"]"#, false),
        (&ids, r#""id":"2","level":9"#, true),
        (&ids, r#""id":"3","level":9"#, false),
        (&ids, r#""id":"3","level":3,"groups":["invalid_login"]"#, true),
        (&without, r#""id":"1","level":9"#, false),
        (&without, r#""id":1,"level":9,"groups":["invalid_login"]"#, false),
        (&without, r#""id":"11","level":9"#, true),
    ] {
        let mut manager = Manager::started();
        let mut options = manager.options(Start::End);
        options.filter = filter.clone();
        let mut follower = Follower::open(options).unwrap();
        manager.write(format!("{{\"data\":{{\"level\":1}},\"rule\":{{{rule}}}}}\n"));
        let batch = follower.read(4096).unwrap();
        assert_eq!(batch.alerts().len() == 1, expected, "{rule} with {filter:?}");
        assert!(batch.notices().is_empty() && !batch.is_idle());
        assert_eq!(follower.counts().filtered, u64::from(!expected));
    }
}
