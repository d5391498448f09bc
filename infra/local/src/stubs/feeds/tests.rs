use reqwest::Client;
use tokio::net::TcpListener;

use super::*;

async fn started() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(crate::stubs::serve(listener));
    url
}

async fn get(stub: &str, path: &str) -> (u16, String) {
    let request = Client::new().get(format!("{stub}{path}"));
    let request =
        request.header("X-OTX-API-KEY", "key").header("Key", "key").header("Accept", "application/json");
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn json(stub: &str, path: &str) -> Value {
    let (status, text) = get(stub, path).await;
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

async fn order(stub: &str, mode: &str) {
    let order = json!({"provider": "feeds", "mode": mode});
    let answer = Client::new().post(format!("{stub}/control")).json(&order).send().await.unwrap();
    assert!(answer.status().is_success(), "{mode}");
}

#[tokio::test]
async fn each_list_is_there_until_it_changes() {
    let stub = started().await;
    for (path, says) in [
        ("/drop/drop_v4.json", r#""type":"metadata""#),
        ("/drop/drop_v6.json", r#""cidr":"2001:db8:bad::/48""#),
        ("/downloads/ipblocklist.json", r#""ip_address":"192.0.2.201""#),
        ("/downloads/csv_recent/", "\"http://192.0.2.203:8080/bins/example.sh\",\"online\""),
        ("/export/csv/recent/", r#""192.0.2.204:4444", "ip:port""#),
        ("/exit-addresses", "ExitAddress 198.51.100.31 "),
        ("/feed/manifest.json", r#""00000000-0000-4000-8000-000000000601""#),
        ("/feed/00000000-0000-4000-8000-000000000601.json", r#""value":"192.0.2.205""#),
    ] {
        let url = format!("{stub}{path}");
        let first = Client::new().get(&url).send().await.unwrap();
        assert_eq!(first.status(), 200, "{path}");
        let tag = first.headers()["etag"].clone();
        let text = first.text().await.unwrap();
        assert!(text.contains(says), "{path}: {text}");
        let again = Client::new().get(&url).header("If-None-Match", tag).send().await.unwrap();
        assert_eq!(again.status(), 304, "{path}");
    }
    assert_eq!(get(&stub, "/feed/../secret.json").await.0, 404);
    let (_, counts) = get(&stub, "/control/requests").await;
    assert!(
        counts.contains(r#""/drop/drop_v4.json":2"#) && counts.contains(r#""/feed/{uuid}.json":2"#),
        "{counts}"
    );
}

#[tokio::test]
async fn a_drop_list_counts_itself_and_an_event_hides_attributes_in_objects() {
    let stub = started().await;
    let (_, text) = get(&stub, "/drop/drop_v4.json").await;
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["records"], text.lines().count() - 1);
    let event = json(&stub, "/feed/00000000-0000-4000-8000-000000000601.json").await;
    assert_eq!(event["Event"]["Attribute"].as_array().unwrap().len(), 2);
    assert_eq!(event["Event"]["Object"][0]["Attribute"][0]["type"], "sha256");
}

#[tokio::test]
async fn pulses_come_in_pages_whose_next_one_is_on_another_host() {
    let stub = started().await;
    let first = json(&stub, "/api/v1/pulses/subscribed?limit=2").await;
    assert_eq!((first["count"].as_u64(), first["results"].as_array().unwrap().len()), (Some(5), 2));
    let next = first["next"].as_str().unwrap();
    assert_eq!(next, "https://otx.example.com/api/v1/pulses/subscribed?limit=2&page=2");
    let last = json(&stub, "/api/v1/pulses/subscribed?limit=2&page=3").await;
    assert_eq!((last["results"].as_array().unwrap().len(), &last["next"]), (1, &Value::Null));

    let since = (Timestamp::now() - std::time::Duration::from_hours(36)).to_string();
    let changed = json(&stub, &format!("/api/v1/pulses/subscribed?modified_since={since}")).await;
    let changed = changed["results"].as_array().unwrap();
    assert_eq!((changed.len(), &changed[0]["name"]), (1, &json!("Log-in attempts at an example honeypot")));
    assert_eq!(changed[0]["more_indicators"], true);

    let all = json(&stub, "/api/v1/pulses/65f000000000000000000002/indicators?limit=30&page=2").await;
    assert_eq!((all["count"].as_u64(), all["results"].as_array().unwrap().len()), (Some(47), 17));
    assert_eq!(get(&stub, "/api/v1/pulses/65f0000000000000000000ff/indicators").await.0, 404);
}

#[tokio::test]
async fn an_inactive_indicator_is_shown_to_whoever_asks_for_it() {
    const MEGA: &str = "/api/v1/pulses/65f000000000000000000004/indicators";
    let stub = started().await;
    assert_eq!(json(&stub, MEGA).await["results"], json!([]));
    let inactive = json(&stub, &format!("{MEGA}?include_inactive=1")).await;
    assert_eq!(inactive["results"][0]["is_active"], 0);
}

#[tokio::test]
async fn the_export_goes_on_where_the_pulses_time_out() {
    let stub = started().await;
    order(&stub, "pulses_timeout").await;
    assert_eq!(get(&stub, "/api/v1/pulses/subscribed").await.0, 504);
    let flat = json(&stub, "/api/v1/indicators/export?types=IPv4,URL&limit=1000").await;
    let kinds: std::collections::BTreeSet<&str> =
        flat["results"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["IPv4", "URL"].into());
    assert_eq!(flat["results"][0].get("expiration"), None);
    let brute_force =
        flat["results"].as_array().unwrap().iter().filter(|one| one["indicator"] == "203.0.113.24");
    assert_eq!(brute_force.count(), 1, "three pulses name it");
}

#[tokio::test]
async fn a_blacklist_is_there_five_times_a_day_for_whoever_has_a_key() {
    let stub = started().await;
    let list = json(&stub, "/api/v2/blacklist?limit=25").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 25);
    let without = Client::new().get(format!("{stub}/api/v2/blacklist")).send().await.unwrap();
    assert_eq!(without.status(), 401);
    for _ in 0..3 {
        json(&stub, "/api/v2/blacklist").await;
    }
    let (status, text) = get(&stub, "/api/v2/blacklist").await;
    assert_eq!((status, text.contains("Daily rate limit of 5 requests exceeded")), (429, true), "{text}");
}

#[tokio::test]
async fn every_mode_is_the_trouble_it_names() {
    let stub = started().await;
    for (mode, path, status, says) in [
        ("error", "/exit-addresses", 500, "<!DOCTYPE html>"),
        ("unavailable", "/feed/manifest.json", 503, "<!DOCTYPE html>"),
        ("rate_limit", "/drop/drop_v4.json", 429, "slow down"),
        ("rate_limit", "/api/v2/blacklist", 429, "Daily rate limit"),
        ("unauthorized", "/api/v1/pulses/subscribed", 403, "Authentication required"),
        ("unauthorized", "/api/v2/blacklist", 401, "Authentication failed"),
        ("unauthorized", "/exit-addresses", 200, "ExitNode"),
        ("html", "/downloads/csv_recent/", 200, "<!DOCTYPE html>"),
        ("empty", "/export/csv/recent/", 200, ""),
        ("pulses_timeout", "/exit-addresses", 200, "ExitNode"),
    ] {
        order(&stub, mode).await;
        let (found, text) = get(&stub, path).await;
        assert_eq!(found, status, "{mode} {path}");
        assert!(text.contains(says), "{mode} {path}: {text}");
    }
    order(&stub, "broken").await;
    let (_, half) = get(&stub, "/downloads/ipblocklist.json").await;
    assert!(half.starts_with('[') && serde_json::from_str::<Value>(&half).is_err(), "{half}");
    for mode in ["huge", "drip"] {
        order(&stub, mode).await;
        let answer = Client::new().get(format!("{stub}/feed/manifest.json")).send().await.unwrap();
        assert_eq!(answer.content_length(), None, "{mode}");
    }
}
