//! With stand-ins for the three providers.

use std::process::Command;

use insta::assert_snapshot;
use local::stubs;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::bench::{Bench, Said, said};

const ALERT: &str = r#"{"id":"1.1","rule":{"id":"5763","level":10,"description":"sshd: brute force"},"manager":{"name":"m"},"data":{"srcip":"203.0.113.24"},"full_log":"from 203.0.113.24 and 192.0.2.201"}"#;

struct Stubs {
    url: String,
    bench: Bench,
    // The stubs live as long as it.
    runtime: Runtime,
}

impl Stubs {
    fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(stubs::serve(listener));
        let bench = Bench::new();
        bench.file("alert.json", ALERT);
        Self { url, bench, runtime }
    }

    fn check(&self, arguments: &str) -> Command {
        let mut command = self.bench.check("--documentation-addresses public");
        command.args(arguments.split_whitespace());
        for (name, key) in [("ABUSEIPDB", "key-of-abuseipdb"), ("OTX", "key-of-otx"), ("MISP", "key-of-misp")]
        {
            command.env(format!("{name}_URL"), &self.url).env(format!("{name}_API_KEY"), key);
        }
        command
    }

    fn run(&self, arguments: &str) -> Said {
        said(&self.check(arguments).output().unwrap())
    }

    fn order(&self, provider: &str, mode: &str) {
        let order = json!({"provider": provider, "mode": mode});
        let request = reqwest::Client::new().post(format!("{}/control", self.url)).json(&order).send();
        assert!(self.runtime.block_on(request).unwrap().status().is_success());
    }

    fn requests(&self) -> serde_json::Value {
        let url = format!("{}/control/requests", self.url);
        self.runtime.block_on(async { reqwest::get(url).await.unwrap().json().await.unwrap() })
    }
}

#[test]
fn three_providers_agree() {
    let stubs = Stubs::start();
    let said = stubs.run("alert.json");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out, @r"
    203.0.113.24: Malicious (AbuseIPDB, MISP, OTX)
    192.0.2.201: No evidence (AbuseIPDB, MISP, OTX)
    ");
    assert_snapshot!(stubs.run("alert.json --explain").out, @r"
    203.0.113.24: Malicious (AbuseIPDB, MISP, OTX)
        field      data.srcip (source)
        score      95 of 100, coverage 100%, agreement 100%
        AbuseIPDB  hit, strength 100%, reliability 75%, share 46%, as of TIME
                   AbuseIPDB is 100% confident that 203.0.113.24 is abusive, 1482 reports
        MISP       hit, strength 80%, reliability 80%, share 34%, as of TIME
                   MISP lists 203.0.113.24 as ip-src in event 501, threat level high, decay score 80
        OTX        hit, strength 90%, reliability 50%, share 20%, as of TIME
                   3 OTX pulses name 203.0.113.24; the strongest is by AlienVault, active, with 52 indicators, changed 2 days ago
    192.0.2.201: No evidence (AbuseIPDB, MISP, OTX)
        field      full_log (unknown)
        score      0 of 100, coverage 100%, agreement 100%
        AbuseIPDB  miss, strength 0%, reliability 75%, share 0%, as of TIME
                   AbuseIPDB has no reports about 192.0.2.201
        MISP       miss, strength 0%, reliability 80%, share 0%, as of TIME
                   MISP has no attribute for 192.0.2.201
        OTX        miss, strength 0%, reliability 50%, share 0%, as of TIME
                   No OTX pulse names 192.0.2.201
        verdict    malicious, score 95, by formula 1
    ");
}

#[test]
fn a_second_alert_is_answered_from_what_is_known_by_then() {
    let stubs = Stubs::start();
    stubs.bench.file("alerts.json", format!("{ALERT}\n{ALERT}\n"));
    let said = stubs.run("alerts.json --explain");
    assert_eq!(said.out.matches("203.0.113.24: Malicious").count(), 2);
    assert!(said.out.contains("from the cache, 0 s old"), "{}", said.out);
    assert_eq!(stubs.requests()["abuseipdb"]["/api/v2/check"], 2, "one for each of two addresses");
}

#[test]
fn a_refused_key_is_a_gap_and_not_an_acquittal() {
    let stubs = Stubs::start();
    let mut command = stubs.check("alert.json");
    command.env("ABUSEIPDB_API_KEY", "wrong").env_remove("MISP_URL").env_remove("OTX_API_KEY");
    let said = said(&command.output().unwrap());
    assert_eq!(
        said.out,
        "203.0.113.24: Unknown (AbuseIPDB: key refused)\n192.0.2.201: Unknown (AbuseIPDB: key refused)\n"
    );
    assert_eq!(said.err, "triage: MISP is off (MISP_URL is not set); OTX is off (OTX_API_KEY is not set)\n");
    assert!(!format!("{said:?}").contains("wrong"));
}

#[test]
fn an_outage_leaves_the_others_their_say() {
    let stubs = Stubs::start();
    stubs.order("misp", "unavailable");
    stubs.order("otx", "html");
    assert_snapshot!(stubs.run("alert.json").out, @r"
    203.0.113.24: Malicious (AbuseIPDB)
    192.0.2.201: Unknown (MISP: not reachable, OTX: unreadable answer)
    ");
}

#[test]
fn offline_asks_nobody() {
    let stubs = Stubs::start();
    let said = stubs.run("alert.json --offline");
    assert_eq!(said.out, "203.0.113.24: Unknown (nobody to ask)\n192.0.2.201: Unknown (nobody to ask)\n");
    assert_eq!(said.err, "");
    assert_eq!(stubs.requests(), json!({}));
}

#[test]
fn a_feed_made_of_a_providers_data_is_no_second_witness() {
    let stubs = Stubs::start();
    stubs.bench.file("feed.json", r#"{"indicator":"203.0.113.24","source":"OTX"}"#);
    let mut command = stubs.check("alert.json --feed feed.json");
    command.env_remove("ABUSEIPDB_API_KEY").env_remove("MISP_URL");
    let said = said(&command.output().unwrap());
    assert!(said.out.starts_with("203.0.113.24: Malicious (OTX)\n"), "{}", said.out);
}

#[test]
fn a_wrong_environment_stops_the_start() {
    let stubs = Stubs::start();
    let mut command = stubs.check("alert.json");
    command.env("OTX_URL", "otx.alienvault.com");
    let stopped = said(&command.output().unwrap());
    assert_eq!((stopped.out.as_str(), stopped.code), ("", 78));
    assert!(stopped.err.starts_with("triage: could not set up the client of OTX: "), "{}", stopped.err);
    let mut command = stubs.check("alert.json");
    command.env("MISP_CA_BUNDLE", "missing.pem");
    assert_eq!(said(&command.output().unwrap()).code, 66);
}
