use std::io::Write;
use std::process::Stdio;

use insta::assert_snapshot;

use super::{command, run};
use crate::bench::{Bench, Said, said};
use crate::fake_aws::FakeAws;

const KEY: &str = "k3y-of-the-test";

fn pipe(aws: &FakeAws, line: &str, input: &str) -> Said {
    let bench = Bench::new();
    let mut command = command(&bench, aws, line);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    said(&child.wait_with_output().unwrap())
}

#[test]
fn a_key_goes_in_and_never_comes_out() {
    let aws = FakeAws::start();
    let said = pipe(&aws, "secrets set abuseipdb", &format!("{KEY}\n"));
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out, @"/t/abuseipdb-key has version 2");
    let parameter = aws.parameter("/t/abuseipdb-key");
    assert_eq!((parameter.value.as_str(), parameter.kind.as_str()), (KEY, "SecureString"));

    for line in ["secrets list", "secrets list --json"] {
        let said = run(&aws, line);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(!said.out.contains(KEY) && !said.out.contains("\"value\""), "{}", said.out);
    }
    assert_snapshot!(run(&aws, "secrets list").out.replace('\t', " | "), @r"
    KEY | STATE | VERSION | CHANGED | PARAMETER
    abuseipdb | set | 2 | TIME | /t/abuseipdb-key
    misp | unset | 1 | TIME | /t/misp-key
    otx | unset | 1 | TIME | /t/otx-key
    abusech | unset | 1 | TIME | /t/abusech-key
    model | unset | 1 | TIME | /t/model-key
    ");
    assert_snapshot!(run(&aws, "secrets unset abuseipdb --json").out, @r#"{"schema":1,"name":"/t/abuseipdb-key","version":3}"#);
    assert_eq!(aws.parameter("/t/abuseipdb-key").value, "unset");
}

#[test]
fn what_is_no_key_changes_nothing() {
    for (typed, words) in [
        ("", "it is empty"),
        ("unset\n", "`triage secrets unset` says so"),
        ("k3y one\n", "blanks, control characters or several lines"),
    ] {
        let aws = FakeAws::start();
        let said = pipe(&aws, "secrets set otx", typed);
        assert_eq!(said.code, 65);
        assert!(said.err.contains(words) && !said.err.contains("k3y"), "{}", said.err);
        assert!(aws.calls().is_empty());
    }
}

#[test]
fn a_parameter_that_nobody_reads_is_not_made() {
    let aws = FakeAws::start();
    let said = pipe(&aws, "secrets set model --name other", KEY);
    assert_eq!(said.code, 69);
    assert!(said.err.contains("there is no parameter /other/model-key in eu-central-1"), "{}", said.err);
    assert!(!aws.calls().contains(&"PutParameter".to_owned()));
    aws.change(|world| {
        world.refused.insert("PutParameter", "AccessDeniedException");
    });
    let said = pipe(&aws, "secrets set model", KEY);
    assert_eq!(said.code, 77);
    assert!(
        said.err.contains("write the parameter /t/model-key: AWS refuses it") && !said.err.contains(KEY),
        "{}",
        said.err
    );
}

#[test]
fn a_key_is_no_argument() {
    let said = run(&FakeAws::start(), &format!("secrets set abuseipdb {KEY}"));
    assert_eq!(said.code, 64);
}
