//! What needs no AWS, and must not look for one.

use insta::assert_snapshot;

use crate::bench::{Bench, said};

#[test]
fn a_month_is_added_up_from_dated_prices() {
    let bench = Bench::new();
    let run = |arguments: &str| said(&bench.command("cost", arguments).output().unwrap());
    let month = run("--alerts-per-day 33333");
    assert_eq!((month.err.as_str(), month.code), ("", 0));
    assert_snapshot!(month.out.replace('\t', " | "));
    let document: serde_json::Value =
        serde_json::from_str(&run("--alerts-per-day 33333 --model-share 0 --json").out).unwrap();
    assert_eq!(document["prices_as_of"], "2026-11");
    assert!(document["month_usd"].as_f64().unwrap() < 30.0, "{document}");
    for arguments in ["--alerts-per-day many", "--alerts-per-day 1 --mail-share 2", ""] {
        assert_eq!(run(arguments).code, 64, "{arguments}");
    }
}

#[test]
fn shells_complete_the_operators_words() {
    let script = said(&Bench::new().command("completions", "bash").output().unwrap());
    assert_eq!((script.err.as_str(), script.code), ("", 0));
    assert!(script.out.contains("replay") && script.out.contains("mail-events"));
}

#[test]
fn every_exit_code_stands_in_the_help() {
    let bench = Bench::new();
    for (name, arguments) in [
        ("dlq", "--help"),
        ("secrets", "--help"),
        ("trace", "--help"),
        ("status", "--help"),
        ("doctor", "--help"),
        ("feeds", "status --help"),
    ] {
        let help = said(&bench.command(name, arguments).output().unwrap());
        for code in ["   1  something needs a person", "  77  AWS refuses", " 130  interrupted"] {
            assert!(help.out.contains(code), "{name}: {}", help.out);
        }
    }
}
