use domain::verdict::Class;
use proptest::prelude::*;

use super::*;

fn list(name: &str, kind: &str, entries: &[&str]) -> Warninglist {
    let json = serde_json::json!({"name": name, "type": kind, "list": entries});
    Warninglist::read(json.to_string().as_bytes()).unwrap()
}

fn lists() -> Vec<Warninglist> {
    vec![
        list("Known Cloudflare ranges", "cidr", &["198.51.100.0/24", "2001:db8::/32", "198.51.0.0/16"]),
        list("Known scanners", "cidr", &["198.51.100.77", "198.51.100.0/24"]),
        list("Known sinkholes", "hostname", &["sink.example.com"]),
        list("Known GitHub names", "string", &["example.com", "http://example.com/a"]),
        list("Top sites", "cidr", &["203.0.113.0/24"]),
    ]
}

fn said(lists: &Warninglists, indicator: &str) -> Vec<String> {
    lists.about(&indicator.parse().unwrap()).into_iter().map(|standing| standing.by).collect()
}

#[test]
fn lists_say_what_they_say_read_or_not() {
    let built = Warninglists::of(&lists());
    let read = Warninglists::read(&built.to_file().unwrap()).unwrap();
    for lists in [&built, &read] {
        assert_eq!(lists.len(), 7);
        for (indicator, expected) in [
            ("198.51.100.77", vec!["Known scanners", "Known Cloudflare ranges"]),
            ("198.51.100.1", vec!["Known Cloudflare ranges", "Known scanners"]),
            ("198.51.7.7", vec!["Known Cloudflare ranges"]),
            ("2001:db8::1", vec!["Known Cloudflare ranges"]),
            ("198.52.0.1", vec![]),
            ("203.0.113.9", vec![]),
            ("sink.example.com", vec!["Known sinkholes"]),
            ("a.sink.example.com", vec!["Known sinkholes"]),
            ("notsink.example.com", vec![]),
            ("example.com", vec!["Known GitHub names"]),
            ("www.example.com", vec![]),
            ("http://example.com/a", vec!["Known GitHub names"]),
            ("http://198.51.100.77/a", vec![]),
            ("d41d8cd98f00b204e9800998ecf8427e", vec![]),
        ] {
            assert_eq!(said(lists, indicator), expected, "{indicator}");
        }
        let classes: Vec<Class> =
            lists.about(&"198.51.100.77".parse().unwrap()).iter().map(|standing| standing.class).collect();
        assert_eq!(classes, [Class::ResearchScanner, Class::SharedInfrastructure]);
    }
}

#[test]
fn the_same_lists_make_the_same_file() {
    let file = Warninglists::of(&lists()).to_file().unwrap();
    assert_eq!(Warninglists::of(&lists()).to_file().unwrap(), file);
    assert_eq!(Warninglists::read(&file).unwrap().to_file().unwrap(), file);
    let none = Warninglists::of(&[]);
    assert!(none.is_empty() && Warninglists::read(&none.to_file().unwrap()).unwrap().is_empty());
}

#[test]
fn a_file_that_is_none_says_why() {
    let whole = Warninglists::of(&lists()).to_file().unwrap();
    let with = |at: usize, byte: u8| {
        let mut file = whole.clone();
        file[at] = byte;
        file
    };
    let grown = [&whole[..], &[0]].concat();
    for (file, expected) in [
        (vec![], "it does not begin as published warninglists do"),
        (b"<html>".to_vec(), "it does not begin as published warninglists do"),
        (whole[..20].to_vec(), "it has 20 bytes, and its header promises others"),
        (whole[..whole.len() - 1].to_vec(), "its checksum does not fit"),
        (grown, "its checksum does not fit"),
        (with(8, 2), "its version is 2, and this program reads version 1"),
        (with(40, 0), "its checksum does not fit"),
    ] {
        let error = Warninglists::read(&file).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

/// A file with sections of somebody's own, and a checksum that fits.
fn forged(json: &[u8], v4: u32, v6: u32, rows: &[u8]) -> Vec<u8> {
    let mut file = b"WZTWARN\n".to_vec();
    for number in [1, u32::try_from(json.len()).unwrap(), v4, v6] {
        file.extend(number.to_le_bytes());
    }
    let sections = [json, rows].concat();
    let checksum = crate::snapshot::hash::checksum(&file, &sections);
    file.extend(checksum.to_le_bytes());
    [file, sections].concat()
}

#[test]
fn nothing_in_a_file_is_trusted() {
    let none = br#"{"said":[],"names":{},"exactly":{}}"#;
    let row = |network: [u8; 5], place: u32| [&network[..], &place.to_le_bytes()].concat();
    let two = [row([10, 0, 0, 0, 8], 0), row([9, 0, 0, 0, 8], 0)].concat();
    for (file, expected) in [
        (forged(b"{}", 0, 0, b""), "what it says of its entries cannot be read"),
        (forged(none, u32::MAX, 0, b""), "it has"),
        (forged(none, 0, 1, &[0; 20]), "it has"),
        (forged(none, 1, 0, &row([10, 0, 0, 0, 8], 0)), "some of its entries refer to nothing"),
        (forged(none, 1, 0, &row([10, 0, 0, 1, 8], 0)), "its networks cannot be used"),
        (forged(none, 1, 0, &row([10, 0, 0, 0, 33], 0)), "its networks cannot be used"),
        (forged(none, 2, 0, &two), "its networks cannot be used"),
        (
            forged(br#"{"said":[],"names":{"a.example":0},"exactly":{}}"#, 0, 0, b""),
            "some of its entries refer to nothing",
        ),
    ] {
        let error = Warninglists::read(&file).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

proptest! {
    #[test]
    fn an_address_is_said_what_each_list_says_of_it(
        entries in prop::collection::vec((0_u8..3, any::<u32>(), 0_u8..=32), 0..40),
        others in prop::collection::vec(any::<u32>(), 0..20),
    ) {
        let names = ["Akamai", "Shodan", "VPN"];
        let lists: Vec<Warninglist> = names.iter().zip(0_u8..).map(|(name, number)| {
            let own = entries.iter().filter(|(list, ..)| *list == number);
            let own: Vec<String> = own.map(|(_, bits, prefix)| format!("{}/{prefix}", Ipv4Addr::from(*bits))).collect();
            list(name, "cidr", &own.iter().map(String::as_str).collect::<Vec<_>>())
        }).collect();
        let compiled = Warninglists::read(&Warninglists::of(&lists).to_file().unwrap()).unwrap();
        for bits in entries.iter().map(|(_, bits, _)| *bits).chain(others) {
            let indicator = Indicator::address(Ipv4Addr::from(bits).into());
            let mut said: Vec<String> = compiled.about(&indicator).into_iter().map(|it| it.by).collect();
            said.sort();
            let says = |list: &&Warninglist| list.patterns.iter().any(|pattern| pattern.matches(&indicator));
            let expected: Vec<String> = lists.iter().filter(says).map(|list| list.name.clone()).collect();
            prop_assert_eq!(said, expected);
        }
    }
}
