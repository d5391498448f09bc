//! `triage feeds status`: one object, found by the deployment's name.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::run;
use crate::bench::{Bench, said};
use crate::fake_aws::FakeAws;

#[test]
fn the_bucket_is_found_by_the_name_of_the_deployment() {
    let aws = FakeAws::start();
    let said = run(&aws, "feeds status");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "), @r"
    FEED | ROWS | FETCHED | LICENCE | STATE
    feodo | 3 | 5 min ago | CC0 1.0 | fine
    snapshot: 3 indicators, 120 bytes, built 5 min ago
    list wazuh-triage-feed-ip: 3 lines
    ");
    assert_eq!(aws.calls(), ["GetQueueUrl", "GetQueueAttributes", "GetObject"]);
    let status: Value = serde_json::from_str(&run(&aws, "feeds status --json").out).unwrap();
    assert_eq!((&status["schema"], &status["feeds"][0]["rows"]), (&json!(1), &json!(3)));
}

#[test]
fn whoever_may_read_the_bucket_alone_names_it() {
    let aws = FakeAws::start();
    aws.change(|world| {
        let status = world.objects["t-feeds-000000000000/feeds/status.json"].clone();
        world.objects.insert("elsewhere/feeds/status.json".to_owned(), status);
        world.refused.insert("GetQueueUrl", "AccessDenied");
    });
    assert_eq!(run(&aws, "feeds status").code, 77);
    assert_eq!(run(&aws, "feeds status --bucket elsewhere").code, 0);
    assert_eq!(run(&aws, "feeds status --bucket Elsewhere").code, 64);
}

#[test]
fn a_bucket_without_status_and_one_that_refuses_are_told_apart() {
    let aws = FakeAws::start();
    aws.change(|world| world.objects.clear());
    let said = run(&aws, "feeds status");
    assert_eq!(said.code, 69);
    assert_snapshot!(said.err, @"triage: the bucket t-feeds-000000000000 has no status of feeds; ingest writes it with its first run");
    aws.change(|world| {
        world.refused.insert("GetObject", "AccessDenied");
    });
    let said = run(&aws, "feeds status");
    assert_eq!(said.code, 77);
    assert_snapshot!(said.err, @"triage: could not read s3://t-feeds-000000000000/feeds/status.json: AWS refuses it (AccessDenied); docs/triage.md says which rights an operator needs");
}

#[test]
fn a_profile_of_identity_center_without_a_login_says_how_to_log_in() {
    let bench = Bench::new();
    let profile = "[profile soc]\nregion = eu-central-1\nsso_session = company\nsso_account_id = 111122223333\n\
        sso_role_name = Operator\n[sso-session company]\nsso_region = eu-central-1\n\
        sso_start_url = https://company.awsapps.example/start\n";
    bench.file("config", profile);
    let mut command = bench.command("feeds", "status --profile soc");
    command.env("AWS_CONFIG_FILE", bench.path("config")).env("HOME", bench.path("."));
    let said = said(&command.output().unwrap());
    assert_eq!(said.code, 77, "{}", said.err);
    assert!(said.err.contains("aws sso login"), "{}", said.err);
}
