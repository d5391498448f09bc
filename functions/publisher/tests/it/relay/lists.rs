//! Confirmed indicators as a list that Wazuh loads.

use std::fs;

use super::{Manager, check, message, verdict};
use crate::bench::text;
use crate::fake_api::FakeApi;

#[test]
fn confirmed_indicators_are_listed_and_benign_ones_leave_the_list() {
    let manager = Manager::new();
    let _analysisd = manager.analysisd();
    fs::write(manager.list(), "198.51.100.7:2020-01-01\n10.0.0.7:by hand\n").unwrap();
    manager.queue.put(message(&verdict(1)));
    manager.queue.put(message(&verdict(2)));
    let mut benign = verdict(2);
    benign["triage"]["judgement"] = "benign_infrastructure".into();
    manager.queue.put(message(&benign));
    let output = manager.once();
    check(&output, 0, "wrote 2 confirmed indicators to ");
    check(&output, 0, "is loaded with the next restart of wazuh-manager");
    let list = fs::read_to_string(manager.list()).unwrap();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    assert_eq!(list, format!("10.0.0.7:by hand\n203.0.113.1:{today}\n"));
}

#[test]
fn wazuh_is_asked_to_load_the_list_over_tls_that_is_verified() {
    for (answers, trusted, words) in [
        (["200 OK", "200 OK"], true, "Wazuh loads "),
        (["401 Unauthorized", ""], true, "Wazuh's API refuses the user (status 401)"),
        (["200 OK", "404 Not Found"], true, "this Wazuh cannot reload, which came with 4.13"),
        (["200 OK", "403 Forbidden"], true, "its role needs manager:read and manager:restart"),
        (["200 OK", "500 Oops"], true, "Wazuh's API refuses (status 500)"),
        (["200 OK", "200 OK"], false, "Wazuh's API cannot be reached"),
    ] {
        let manager = Manager::new();
        let _analysisd = manager.analysisd();
        let api = FakeApi::start(answers);
        let other = FakeApi::start(answers);
        let ca = manager.bench.file("ca.pem", if trusted { &api.certificate } else { &other.certificate });
        let password = manager.bench.file("password", "hunter2\n");
        manager.queue.put(message(&verdict(1)));
        let mut command = manager.relay();
        command.env("WAZUH_TRIAGE_WAZUH_API_URL", &api.url).env("WAZUH_TRIAGE_WAZUH_API_USER", "soc");
        command.env("WAZUH_TRIAGE_WAZUH_API_PASSWORD_FILE", password);
        let output = command.env("WAZUH_TRIAGE_WAZUH_API_CA_FILE", ca).arg("--once").output().unwrap();
        check(&output, 0, words);
        assert!(
            !text(&output).contains("hunter2") && !text(&output).contains("the-token"),
            "{}",
            text(&output)
        );
        let requests = api.requests();
        if !trusted {
            assert_eq!(requests.len(), 0);
            continue;
        }
        // soc:hunter2
        assert!(requests[0].starts_with("POST /security/user/authenticate?raw=true "), "{}", requests[0]);
        assert!(requests[0].contains("authorization: Basic c29jOmh1bnRlcjI="), "{}", requests[0]);
        if let Some(reload) = requests.get(1) {
            assert!(reload.starts_with("PUT /manager/analysisd/reload "), "{reload}");
            assert!(reload.contains("authorization: Bearer the-token"), "{reload}");
        }
    }
}
