//! Each failure: its message, its exit code, and what it keeps.

use std::process::Output;

use crate::bench::{Bench, QUEUE, alert, text};
use crate::fake_api::FakeApi;
use crate::fake_sqs::{Answer, FakeSqs};

fn check(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{words}: {}", text(output));
    assert!(text(output).contains(words), "{words}: {}", text(output));
    assert!(!text(output).contains("the-secret"));
}

#[test]
fn what_the_queue_answers_has_its_own_exit_code() {
    for (status, error, code, words) in [
        (400, "QueueDoesNotExist", 68, "the queue does not exist"),
        (403, "AccessDeniedException", 77, "the queue refuses access (AccessDeniedException)"),
        (403, "InvalidClientTokenId", 77, "the queue refuses access (InvalidClientTokenId)"),
        (400, "MissingParameter", 76, "the queue refuses (MissingParameter)"),
    ] {
        let bench = Bench::new();
        bench.sqs.answer(Answer::Error(status, error));
        check(&bench.send(alert("1.1")), code, words);
        assert_eq!(bench.waiting().len(), 1);
        assert_eq!(bench.sqs.arrived(), 1, "{error} is not worth another attempt");
        assert_eq!(bench.log_lines("alert 1.1 "), 1, "{}", bench.log());
    }
}

#[test]
fn an_sqs_that_cannot_be_reached_is_named() {
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let mut command = bench.publisher("send");
    let output = command.arg(file).args(["--endpoint-url", &FakeSqs::deaf()]).output().unwrap();
    check(&output, 69, "SQS cannot be reached (");
    assert_eq!(bench.waiting().len(), 1);
}

#[test]
fn aws_is_known_by_the_bundle_that_is_named_or_by_this_hosts_certificates_or_by_those_compiled_in() {
    let tls = FakeApi::start(["400 Not today", "400 Not today"]);
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let (own, other) = (bench.file("own.pem", &tls.certificate), bench.file("none.pem", ""));
    for (variable, certificates, code, words) in [
        ("AWS_CA_BUNDLE", &own, 76, "the queue refuses (no error code)"),
        ("SSL_CERT_FILE", &own, 76, "the queue refuses (no error code)"),
        // A host without any: the connection is refused for who answers, and nothing panics.
        ("SSL_CERT_FILE", &other, 69, "SQS cannot be reached (invalid peer certificate: "),
        ("AWS_CA_BUNDLE", &other, 78, "none.pem, which holds no PEM certificate that can be trusted; let it"),
    ] {
        let mut command = bench.publisher("send");
        command.args(["--endpoint-url", &tls.url]).arg(&file).env(variable, certificates);
        check(&command.output().unwrap(), code, words);
    }
    assert_eq!(tls.requests().len(), 2);
}

#[test]
fn without_credentials_the_alerts_are_kept() {
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let mut command = bench.publisher("send");
    command.env_remove("AWS_ACCESS_KEY_ID").arg(&file);
    check(&command.output().unwrap(), 67, "no credentials; add them to the profile");
    command.env("WAZUH_TRIAGE_PROFILE", "nobody");
    check(&command.output().unwrap(), 67, "no credentials in the profile nobody");
    assert_eq!(bench.waiting().len(), 2);
}

#[test]
fn a_profile_is_read_from_the_credentials_file_that_is_named() {
    for (profile, code) in [
        ("[soc]\naws_access_key_id = AKIDSOC\naws_secret_access_key = the-secret\n", 0),
        ("[soc]\ncredential_process = /bin/cat PROCESS\n", 0),
        // The fake SQS is no STS.
        ("[soc]\nrole_arn = arn:aws:iam::123456789012:role/soc\nsource_profile = base\n", 67),
    ] {
        let bench = Bench::new();
        let process = r#"{"Version":1,"AccessKeyId":"AKIDSOC","SecretAccessKey":"the-secret"}"#;
        let process = bench.file("process.json", process);
        let base = "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = the-secret\n";
        let credentials = base.to_owned() + &profile.replace("PROCESS", process.to_str().unwrap());
        let credentials = bench.file("credentials", credentials);
        let file = bench.file("alert.json", alert("1.1"));
        let mut command = bench.publisher("send");
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").arg(&file);
        command.args(["--profile", "soc", "--credentials-file"]).arg(credentials);
        check(&command.output().unwrap(), code, "alert 1.1 to");
    }
}

#[test]
fn without_a_region_nothing_is_guessed() {
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let mut command = bench.publisher("send");
    command.arg(&file).args(["--queue-url", "http://127.0.0.1:4566/000000000000/alerts"]);
    check(&command.output().unwrap(), 78, "no AWS region");
    assert!(command.env("AWS_REGION", "eu-west-1").output().unwrap().status.success());
}

#[test]
fn wrong_arguments_and_configurations_are_explained() {
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let config = bench.file("wrong.toml", "queu_url = \"x\"\n");
    let mut command = bench.publisher("send");
    command.arg(&file);
    let with = |arguments: &[&str]| {
        let mut command = bench.publisher("send");
        command.arg(&file).args(arguments).output().unwrap()
    };
    check(&with(&["--no-such-option"]), 64, "--no-such-option");
    check(&with(&["--profile", "AKIAIOSFODNN7EXAMPLE"]), 78, "--profile: it looks like an AWS key");
    check(&with(&["--config", config.to_str().unwrap()]), 78, "queu_url in ");
    check(&with(&["--config", "/nowhere/x.toml"]), 78, "it cannot be read");
    check(&with(&["--spool", "/dev/null/spool"]), 73, "the spool is not usable: cannot make the folder");
    check(&command.env_remove("WAZUH_TRIAGE_QUEUE_URL").output().unwrap(), 79, "no queue is configured");
    check(&bench.send(""), 1, "alerts.json is empty");
    check(&bench.send("not JSON"), 65, "alerts.json, it, is not JSON");
    check(&bench.publisher("send").arg("/nowhere/a").output().unwrap(), 66, "/nowhere/a cannot be read");
    assert!(bench.sqs.bodies().is_empty());
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let bench = Bench::new();
    let file = bench.file("alert.json", alert("1.1"));
    let output = bench.publisher("send").arg("/nowhere/a").arg(file).output().unwrap();
    check(&output, 66, "/nowhere/a cannot be read");
    check(&output, 66, &format!("sent alert 1.1 to {QUEUE}"));
}

#[test]
fn help_lists_the_exit_codes() {
    let output = Bench::new().publisher("--help").output().unwrap();
    check(&output, 0, "67  no credentials; alerts kept in the spool");
    check(&Bench::new().publisher("--version").output().unwrap(), 0, "wazuh-publisher 0.1.0");
}
