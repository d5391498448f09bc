//! `doctor`: what is wrong is named with its cure, and nothing is changed.

mod patient;

use std::fs;
use std::process::Output;

use publisher::status::{Follow, Status};
use serde_json::Value;

use crate::bench::{Bench, QUEUE, Service, alert, text, until};
use crate::fake_sqs::Answer;
use crate::manager_root::is_root;

use patient::{ALERTS, FEEDBACK_QUEUE, Patient, SPOOL};

const CONF: &str = "var/ossec/etc/ossec.conf";
const INTEGRATION: &str = "var/ossec/integrations/custom-wazuh-triage";

fn check(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{words}: {}", text(output));
    assert!(text(output).contains(words), "{words}: {}", text(output));
    assert!(!text(output).contains("the-secret") && !text(output).contains("AKIDTEST"), "{}", text(output));
}

#[test]
fn a_manager_on_which_all_is_well_has_nothing_but_oks() {
    // Only root can give files to the user wazuh.
    if !is_root() {
        return;
    }
    let patient = Patient::new();
    let before = patient.root.everything();
    let output = patient.doctor();
    check(&output, 0, "ok   the alerts queue answers: ");
    check(&output, 0, "ok   the feedback queue answers: ");
    check(&output, 0, "ok   this host's clock agrees with that of AWS");
    check(&output, 0, "custom-wazuh-triage is in its place, root:wazuh 0750");
    check(&output, 0, "ok   the service runs: 7 sent, 0 waiting");
    check(&output, 0, "alerts.json can be read by the user wazuh");
    assert!(text(&output).lines().all(|line| line.starts_with("ok   ")), "{}", text(&output));
    assert_eq!(patient.root.everything(), before);
    assert_eq!(patient.queue.left(), [""; 0]);
}

/// What is spoilt, and the finding that names it.
type Fault = (&'static str, fn(&Patient), &'static str, &'static str);

#[test]
fn a_fault_of_program_or_block_is_named_with_its_cure() {
    check_faults(
        Patient::classic,
        &[
            (
                "a program that is missing",
                |it| fs::remove_file(it.root.path(INTEGRATION)).unwrap(),
                "FAIL",
                "custom-wazuh-triage is not there — wazuh-publisher install",
            ),
            (
                "a program that others may write",
                |it| it.set_mode(INTEGRATION, 0o772),
                "FAIL",
                "can be written by the user wazuh: integratord refuses it — chown root:wazuh ",
            ),
            (
                "a program that wazuh cannot run",
                |it| it.set_mode(INTEGRATION, 0o700),
                "FAIL",
                "custom-wazuh-triage cannot be run by the user wazuh — chown root:wazuh ",
            ),
            (
                "a link",
                |it| {
                    fs::remove_file(it.root.path(INTEGRATION)).unwrap();
                    std::os::unix::fs::symlink("/bin/true", it.root.path(INTEGRATION)).unwrap();
                },
                "FAIL",
                "is a symbolic link — put a copy there",
            ),
            (
                "a block that is broken",
                |it| {
                    let conf =
                        it.root.read(CONF).replace("<alert_format>json</alert_format>", "<queue>x</queue>");
                    it.root.write(CONF, &conf);
                },
                "FAIL",
                "<queue> is not known to Wazuh — correct it and restart wazuh-manager",
            ),
            (
                "a file that Wazuh could not read",
                |it| it.root.write(CONF, "<ossec_config>"),
                "FAIL",
                "line 1: <ossec_config> does not end — ",
            ),
        ],
    );
}

#[test]
fn alerts_that_come_twice_or_not_at_all_are_named_with_their_cure() {
    check_faults(
        Patient::classic,
        &[
            (
                "a service beside the block, which follows unless it is told not to",
                |it| {
                    it.root.write("var/ossec/etc/wazuh-triage.toml", "");
                    it.enable();
                    it.serve(&Status::default());
                },
                "warn",
                "alerts come twice: from integratord and from the service that follows alerts.json — take the <integration>",
            ),
            (
                "a block that a service would double",
                |it| it.root.write("var/ossec/etc/wazuh-triage.toml", ""),
                "warn",
                "a service, if one is started, sends them a second time — systemctl enable --now wazuh-publisher",
            ),
        ],
    );
    check_faults(
        Patient::new,
        &[
            (
                "no service",
                |it| fs::remove_file(it.root.path(SPOOL).join("status")).unwrap(),
                "FAIL",
                "no alert reaches the publisher: the service that follows alerts.json is not enabled — systemctl enable",
            ),
            (
                "a service that is away",
                |it| {
                    it.enable();
                    fs::remove_file(it.root.path(SPOOL).join("status")).unwrap();
                },
                "FAIL",
                "the service is enabled, and does not answer — systemctl status wazuh-publisher",
            ),
            (
                "a service that cannot read",
                |it| {
                    let last_error = Some("cannot read it".to_owned());
                    let path = "/alerts.json".into();
                    let follow = Some(Follow { path, last_error, ..Follow::default() });
                    it.serve(&Status { follow, ..Status::default() });
                },
                "FAIL",
                "the service runs, and /alerts.json waits: cannot read it — it tries again by itself",
            ),
            (
                "no alerts.json",
                |it| fs::remove_file(it.root.path(ALERTS)).unwrap(),
                "warn",
                "alerts.json is not there yet; the service waits for it — start wazuh-manager",
            ),
            ("another's alerts.json", |it| it.set_mode(ALERTS, 0o000), "FAIL", "the user wazuh cannot read "),
            (
                "a checkpoint that is of no use",
                |it| it.root.write(&format!("{SPOOL}/follow.json"), "{"),
                "FAIL",
                "follow.json is damaged — remove it, and set the start to the time",
            ),
            (
                "integration without a block",
                |it| it.root.write("var/ossec/etc/wazuh-triage.toml", "intake = \"integration\"\n"),
                "FAIL",
                "has no <integration> block — wazuh-publisher install --intake integration",
            ),
        ],
    );
}

#[test]
fn a_fault_of_the_rest_is_named_with_its_cure() {
    check_faults(
        Patient::new,
        &[
            (
                "rules that are missing",
                |it| fs::remove_file(it.root.path("var/ossec/etc/rules/wazuh-triage-rules.xml")).unwrap(),
                "warn",
                "events that come back fire no rule",
            ),
            (
                "a spool that is missing",
                |it| fs::remove_dir_all(it.root.path(SPOOL)).unwrap(),
                "FAIL",
                "is not usable (No such file or directory (os error 2)) — install -d -o wazuh",
            ),
            (
                "a spool that everybody reads",
                |it| it.set_mode("var/ossec/queue/wazuh-triage", 0o755),
                "FAIL",
                "everybody may read or write the spool",
            ),
            (
                "a setting that is wrong",
                |it| it.root.write("var/ossec/etc/wazuh-triage.toml", "queu_url = \"x\"\n"),
                "FAIL",
                "the configuration is wrong: queu_url in ",
            ),
            (
                "analysisd is away",
                |it| fs::remove_file(it.root.path("var/ossec/queue/sockets/queue")).unwrap(),
                "FAIL",
                "(No such file or directory (os error 2)) — start wazuh-manager",
            ),
            (
                "what was set aside",
                |it| {
                    fs::create_dir(it.root.path("var/ossec/queue/wazuh-triage/rejected")).unwrap();
                    it.root.write("var/ossec/queue/wazuh-triage/rejected/feedback-1.json", "x");
                    it.root.write("var/ossec/queue/wazuh-triage/rejected/feedback-1.reason", "x");
                },
                "warn",
                "1 alerts or events were set aside",
            ),
            (
                "a full spool",
                |it| it.root.write(&format!("{SPOOL}/full"), "3 alerts, 0.01 MB of 0.01 MB"),
                "FAIL",
                "the spool is full (3 alerts, 0.01 MB of 0.01 MB): further alerts are refused — see why",
            ),
            (
                "what is another's",
                |it| it.root.write(&format!("{SPOOL}/core.4711"), ""),
                "warn",
                "core.4711 is nothing of the publisher's — find out whose it is",
            ),
        ],
    );
}

fn check_faults(well: fn() -> Patient, faults: &[Fault]) {
    if !is_root() {
        return;
    }
    for (what, spoil, level, words) in faults {
        let patient = well();
        spoil(&patient);
        let output = patient.doctor();
        let line = text(&output).lines().find(|line| line.contains(words)).map(str::to_owned);
        let line = line.unwrap_or_else(|| panic!("{what}: {}", text(&output)));
        assert!(line.starts_with(level), "{what}: {line}");
        if *level == "FAIL" {
            check(&output, 1, " of these are to be cured");
        }
    }
}

#[test]
fn whatever_the_programs_put_into_the_spool_is_known() {
    let patient = Patient::new();
    let bench = Bench::new();
    // A life with everything: both intakes, an outage, a full spool, something rejected, and a kill at the end.
    bench.file("alerts.json", "");
    bench.sqs.answer(Answer::Error(403, "AccessDeniedException"));
    let service = Service::start_with(&bench, |command| {
        command.env_remove("WAZUH_TRIAGE_INTAKE").env("WAZUH_TRIAGE_QUEUE_URL", QUEUE);
        command.env("WAZUH_TRIAGE_FOLLOW_FILE", bench.folder.path().join("alerts.json"));
        command.env("WAZUH_TRIAGE_SPOOL_MAX_BYTES", "4096").env("WATCHDOG_USEC", "40000");
        command.env("WAZUH_TRIAGE_FEEDBACK_QUEUE_URL", FEEDBACK_QUEUE);
    });
    assert!(bench.call(&alert("1.1"), QUEUE).status.success());
    assert_eq!(bench.call("no JSON", QUEUE).status.code(), Some(65));
    let has = |name: &str| bench.spool().join(name).exists();
    until("all of it is there", || ["full", "follow.json", "relay/lock", "status"].into_iter().all(has));
    service.kill();
    let output = patient.command().arg("--spool").arg(bench.spool()).output().unwrap();
    assert!(!text(&output).contains("is nothing of the publisher's"), "{}", text(&output));
    assert!(text(&output).contains("the spool is full (1 alerts, "), "{}", text(&output));
    assert!(text(&output).contains("1 alerts wait in the spool"), "{}", text(&output));
}

#[test]
fn what_aws_answers_is_told_with_its_cure() {
    for (operation, status, error, words) in [
        (
            "SendMessageBatch",
            403,
            "AccessDeniedException",
            "FAIL the alerts queue refuses access (AccessDeniedException): https://",
        ),
        ("SendMessageBatch", 403, "AccessDeniedException", " — these credentials need sqs:SendMessage on it"),
        (
            "SendMessageBatch",
            400,
            "QueueDoesNotExist",
            "FAIL the alerts queue: the queue does not exist — check its URL and region",
        ),
        (
            "ReceiveMessage",
            403,
            "AccessDeniedException",
            " — these credentials need sqs:ReceiveMessage, sqs:DeleteMessage",
        ),
        (
            "ReceiveMessage",
            503,
            "ServiceUnavailable",
            "FAIL the feedback queue: SQS is busy (ServiceUnavailable) — try again",
        ),
    ] {
        let patient = Patient::new();
        patient.queue.fail(operation, status, error);
        check(&patient.doctor(), 1, words);
    }
    let patient = Patient::new();
    patient.queue.set_date("Sun, 22 Nov 2020 08:12:04 GMT");
    check(&patient.doctor(), 1, " s ahead of that of AWS — set the clock");
    let output = patient.command().env("SSL_CERT_FILE", "/nowhere/ca.pem").output().unwrap();
    check(
        &output,
        1,
        "warn this host has no root certificates: AWS is known by those that were compiled in — ",
    );
    let output = patient.command().env("AWS_CA_BUNDLE", "/nowhere/ca.pem").output().unwrap();
    check(&output, 1, "FAIL AWS_CA_BUNDLE names /nowhere/ca.pem, which cannot be read");
    let output = patient.command().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").output().unwrap();
    check(&output, 1, "FAIL the alerts queue: SQS cannot be reached (");
}

#[test]
fn credentials_are_looked_at_and_not_shown() {
    let patient = Patient::new();
    let output = patient.command().env_remove("AWS_ACCESS_KEY_ID").output().unwrap();
    check(&output, 1, "FAIL no credentials — add them to the profile");
    let key = "[soc]\naws_access_key_id = AKIDTEST\naws_secret_access_key = the-secret\n";
    patient.root.write("credentials", key);
    let mut command = patient.command();
    command.args(["--profile", "soc", "--credentials-file"]).arg(patient.root.path("credentials"));
    let output = command.output().unwrap();
    check(&output, 1, "everybody may read or write ");
    check(&output, 1, "ok   credentials are there, and do not expire");
    patient.root.write("expired.json", r#"{"Version":1,"AccessKeyId":"AKIDTEST","SecretAccessKey":"the-secret","SessionToken":"t","Expiration":"2020-01-01T00:00:00Z"}"#);
    let process =
        format!("[soc]\ncredential_process = /bin/cat {}\n", patient.root.path("expired.json").display());
    patient.root.write("credentials", &process);
    check(
        &command.output().unwrap(),
        1,
        "FAIL the credentials expired at 2020-01-01T00:00:00Z — see what renews them",
    );
}

#[test]
fn findings_come_as_json_too() {
    let patient = Patient::new();
    fs::remove_file(patient.root.path(SPOOL).join("status")).unwrap();
    let output = patient.command().arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let failed: Vec<&Value> = findings.iter().filter(|finding| finding["level"] == "fail").collect();
    assert_eq!(failed[0]["cure"], "systemctl enable --now wazuh-publisher");
    assert!(findings.iter().any(|finding| finding["level"] == "ok" && finding.get("cure").is_none()));
}
