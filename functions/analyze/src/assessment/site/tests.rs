use super::*;

const NOTES: &str = r#"{
    "assets": [
        {"agent": "db-*", "criticality": "high", "note": "databases"},
        {"agent": "db-primary", "criticality": "critical", "note": "Customer database."},
        {"labels": {"env": "test*"}, "note": "test machines are rebuilt each night"}
    ],
    "windows": [{"agent": "db-*", "from": "2026-10-03T20:00:00Z", "until": "2026-10-03T22:00:00Z", "note": "patching"}]
}"#;

fn alert(agent: &str, labels: &str, time: &str) -> Alert {
    let text = format!(
        r#"{{"id":"1.1","timestamp":"{time}","rule":{{"id":"5","level":3}},"agent":{{"id":"1","name":"{agent}","labels":{labels}}}}}"#
    );
    Alert::parse(&text).unwrap()
}

#[test]
fn the_most_critical_note_on_a_host_is_a_signal() {
    let notes: SiteNotes = NOTES.parse().unwrap();
    for (agent, expected) in [
        ("db-primary", Some((20, "db-primary is a host marked critical: Customer database."))),
        ("DB-2", Some((10, "DB-2 is a host marked important: databases."))),
        ("web-01", None),
    ] {
        let mut collected = Collected::default();
        notes.signals(&alert(agent, "{}", "2026-10-03T12:00:00Z"), &mut collected);
        let said = collected.signals.first().map(|signal| (signal.points, collected.sentences[0].as_str()));
        assert_eq!(said, expected);
    }
}

#[test]
fn windows_and_plain_notes_are_context() {
    let notes: SiteNotes = NOTES.parse().unwrap();
    let window = "Announced work from 2026-10-03T20:00:00Z to 2026-10-03T22:00:00Z: patching. It is context and lowers nothing.";
    let test = "Site note on web-01: test machines are rebuilt each night.";
    for (agent, labels, time, expected) in [
        ("db-2", "{}", "2026-10-03T20:00:00.000+0000", vec![window]),
        ("db-2", "{}", "2026-10-03T22:00:00.000+0000", vec![]),
        ("web-01", "{}", "2026-10-03T21:00:00.000+0000", vec![]),
        ("web-01", r#"{"env":"Test-2"}"#, "2026-10-03T21:00:00.000+0000", vec![test]),
        ("web-01", r#"{"env":"prod"}"#, "2026-10-03T21:00:00.000+0000", vec![]),
        ("db-2", "{}", "no time", vec![]),
    ] {
        assert_eq!(notes.context(&alert(agent, labels, time)), expected, "{agent} {labels} {time}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let long = format!(r#"{{"assets":[{{"agent":"a","note":"{}"}}]}}"#, "x".repeat(201));
    let huge = format!(r#"{{"assets":[]}}{}"#, " ".repeat(SiteNotes::MAX_BYTES));
    let many = format!(r#"{{"assets":[{}]}}"#, vec![r#"{"agent":"a","note":"n"}"#; 201].join(","));
    for (text, expected) in [
        ("{}", ""),
        (
            "",
            "site notes are JSON with environment, assets and windows: EOF while parsing a value at line 1 column 0",
        ),
        (r#"{"asset":[]}"#, "unknown field `asset`, expected one of `environment`, `assets`, `windows`"),
        (r#"{"assets":[{"agent":"a"}]}"#, "missing field `note`"),
        (
            r#"{"assets":[{"agent":"","note":"n"}]}"#,
            "a pattern is one line of 1 to 128 characters, with * for any",
        ),
        (r#"{"assets":[{"agent":"a","note":"a\nb"}]}"#, "a note is one line of 1 to 200 characters"),
        (
            r#"{"assets":[{"agent":"a","note":"n","criticality":"urgent"}]}"#,
            "unknown variant `urgent`, expected one of `normal`, `high`, `critical`",
        ),
        (
            r#"{"assets":[{"agent":"*","note":"all"}]}"#,
            "the asset \"all\" would be every host: give it an agent pattern or labels",
        ),
        (
            r#"{"windows":[{"agent":"a","from":"2026-10-03T22:00:00Z","until":"2026-10-03T20:00:00Z","note":"n"}]}"#,
            "the window \"n\" ends before it begins: until must be after from",
        ),
        (r#"{"windows":[{"agent":"a","from":"now","until":"then","note":"n"}]}"#, "line 1 column"),
        (long.as_str(), "a note is one line of 1 to 200 characters"),
        (huge.as_str(), "site notes are at most 64 KiB of JSON"),
        (many.as_str(), "site notes have at most 200 assets"),
    ] {
        let said = text.parse::<SiteNotes>().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{said} / {expected}");
    }
}
