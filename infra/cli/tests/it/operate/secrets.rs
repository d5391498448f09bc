use std::io::Write;
use std::process::Stdio;

use insta::assert_snapshot;

use super::{command, run};
use crate::bench::{Bench, Said, said};
use crate::fake_aws::{AWS_KEY, FakeAws, Parameter};

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
fn a_parameter_stays_encrypted_with_the_key_that_it_has() {
    const OWN: &str = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000";
    let aws = FakeAws::start();
    aws.change(|world| OWN.clone_into(&mut world.parameters.get_mut("/t/otx-key").unwrap().key_id));
    for line in ["secrets set otx", "secrets unset otx"] {
        assert_eq!(pipe(&aws, line, KEY).code, 0);
        assert_eq!(aws.parameter("/t/otx-key").key_id, OWN, "{line}");
    }
    assert_eq!(pipe(&aws, "secrets set otx --key-id alias/aws/ssm", KEY).code, 0);
    assert_eq!(aws.parameter("/t/otx-key").key_id, AWS_KEY);

    aws.change(|world| {
        world.refused.insert("DescribeParameters", "AccessDeniedException");
    });
    let said = pipe(&aws, "secrets set otx", KEY);
    assert_eq!(said.code, 77);
    assert!(said.err.contains("(--key-id says it)"), "{}", said.err);
    assert_eq!(pipe(&aws, "secrets set otx --key-id alias/aws/ssm", KEY).code, 0);
}

#[test]
fn the_address_of_a_chat_and_headers_for_a_collector_are_secrets_too() {
    let aws = FakeAws::start();
    aws.change(|world| {
        world.parameters.insert("/t/webhook-soc".to_owned(), Parameter::unset());
        world.parameters.insert("/t/traces-headers".to_owned(), Parameter::unset());
    });
    for (line, parameter, value) in [
        ("secrets set webhook-soc", "/t/webhook-soc", "https://chat.example.com/services/T0/B0/secret"),
        ("secrets set traces-headers", "/t/traces-headers", "x-api-key=s3cret"),
    ] {
        let said = pipe(&aws, line, value);
        assert_eq!((said.err.as_str(), said.code), ("", 0));
        assert_eq!(aws.parameter(parameter).value, value);
    }
    let listed = run(&aws, "secrets list").out;
    assert!(listed.contains("traces-headers\tset\t2"), "{listed}");
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
