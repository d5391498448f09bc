//! Routes as an operator writes them.

use domain::Alert;
use domain::assessment::Priority;
use serde_json::json;

use super::*;
use crate::goldens;

pub(crate) fn night() -> QuietHours {
    serde_json::from_str(r#"{"from":"20:00","to":"07:00","time_zone":"Europe/Berlin"}"#).unwrap()
}

pub(crate) fn routes(text: &str) -> Routes {
    Routes::read(text, &goldens::settings()).unwrap()
}

/// A brute force on `web-01` (rule 5763, group `sshd`, manager `wazuh-1`), of this priority and with these labels.
fn notice(priority: Priority, labels: serde_json::Value) -> Notice {
    let mut notice = goldens::sshd();
    let mut document = notice.alert.document().clone();
    document["manager"]["name"] = "wazuh-1".into();
    document["agent"]["labels"] = labels;
    notice.alert = Alert::parse(&document.to_string()).unwrap();
    notice.assessment.priority = priority;
    notice.analysis =
        domain::analysis::Analysis::Unavailable { reason: domain::analysis::NoAnalysis::Disabled };
    notice.summary.totals.highest_priority = priority;
    notice
}

fn check(routes: &Routes, notice: &Notice, expected: &[&str]) {
    let names: Vec<&str> = routes.of(notice).iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, expected);
}

#[test]
fn each_condition_leads_to_its_group_and_the_rest_to_the_default() {
    let routes = routes(
        r#"{"tenant_label":"customer.name","groups":[
            {"name":"on-call","to":["duty@example.com"],"match":{"min_priority":"critical"}},
            {"name":"linux","to":["linux@example.com"],"match":{"rule_groups":["sshd","pam"],"agents":["WEB-*","db-*"]}},
            {"name":"prod","to":["prod@example.com"],"match":{"labels":{"env":"prod*"}}},
            {"name":"acme","to":["soc@acme.example"],"match":{"tenants":["acme"]},"privacy":"link"},
            {"name":"lab","to":["lab@example.com"],"match":{"tenants":["wazuh-lab"]}}]}"#,
    );
    let plain = json!({});
    check(&routes, &notice(Priority::Low, plain.clone()), &["linux"]);
    check(&routes, &notice(Priority::Critical, plain.clone()), &["on-call", "linux"]);
    check(&routes, &notice(Priority::Low, json!({"env": "production"})), &["linux", "prod"]);
    check(&routes, &notice(Priority::Low, json!({"customer": {"name": "ACME"}})), &["linux", "acme"]);
    let mut elsewhere = notice(Priority::Low, plain);
    let moved = elsewhere.alert.raw().replace("web-01", "mail-gw");
    elsewhere.alert = Alert::parse(&moved).unwrap();
    check(&routes, &elsewhere, &["default"]);
    elsewhere.alert = Alert::parse(&moved.replace("wazuh-1", "wazuh-lab")).unwrap();
    check(&routes, &elsewhere, &["lab"]);
    assert_eq!(routes.group("acme").mail.privacy, crate::mail::Privacy::Link);
    assert_eq!(routes.group("gone").name, "default", "what a group has left is not lost");
}

#[test]
fn who_was_told_of_an_incident_is_told_how_it_goes_on() {
    let routes = routes(
        r#"{"groups":[{"name":"on-call","to":["duty@example.com"],"match":{"min_priority":"high"}}]}"#,
    );
    let mut update = notice(Priority::Low, json!({}));
    check(&routes, &update, &["default"]);
    update.summary.totals.highest_priority = Priority::High;
    check(&routes, &update, &["on-call"]);
}

#[test]
fn without_routes_there_is_one_group_with_the_default_limits() {
    let routes = routes("{}");
    let group = routes.group("default");
    assert_eq!((group.policy.regular.per_hour.get(), group.policy.regular.burst.get()), (20, 10));
    assert_eq!((group.policy.severe.per_hour.get(), group.policy.severe.burst.get()), (60, 30));
    assert_eq!((group.mode, group.mail.to.clone()), (Mode::Live, goldens::settings().to));
}

#[test]
fn the_default_can_be_changed_and_staging_records_everything() {
    let routes = routes(
        r#"{"mode":"record","groups":[
            {"name":"default","limits":{"per_hour":5},"quiet_hours":{"from":"20:00","to":"07:00","time_zone":"UTC"}},
            {"name":"all","to":["all@example.com"],"match":{},"mode":"live"}]}"#,
    );
    assert_eq!(routes.group("default").policy.regular.per_hour.get(), 5);
    assert!(routes.group("default").policy.quiet.is_some());
    assert_eq!(routes.group("default").mail.to, goldens::settings().to);
    assert_eq!([routes.group("default").mode, routes.group("all").mode], [Mode::Record; 2]);
}

#[test]
fn a_group_is_told_by_mail_in_a_chat_or_both_and_the_default_always_by_mail() {
    let routes = routes(
        r#"{"groups":[
            {"name":"mail","to":["a@example.com"],"match":{}},
            {"name":"chat","webhook_parameter":"/t/webhook-chat","match":{}},
            {"name":"both","to":["b@example.com"],"webhook_parameter":"/t/webhook-both","match":{}},
            {"name":"default","webhook_parameter":"/t/webhook-default"}]}"#,
    );
    let ways = |name: &str| {
        let ways = routes.group(name).ways.all().into_iter();
        ways.map(|means| match means {
            Means::Mail => "mail".to_owned(),
            Means::Webhook(parameter) => parameter.as_str().to_owned(),
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(ways("mail"), ["mail"]);
    assert_eq!(ways("chat"), ["/t/webhook-chat"]);
    assert_eq!(ways("both"), ["mail", "/t/webhook-both"]);
    assert_eq!(ways("default"), ["mail", "/t/webhook-default"]);
}

#[test]
fn wrong_routes_stop_the_start_and_are_named() {
    let group = |fields: &str| format!(r#"{{"groups":[{{"name":"soc",{fields}}}]}}"#);
    for (text, expected) in [
        ("[".to_owned(), "it is not a document of routes: EOF while parsing"),
        (r#"{"group":[]}"#.to_owned(), "unknown field `group`"),
        (group(r#""to":[],"match":{}"#), r#"group 1 of the list: its list "to" holds no address"#),
        (group(r#""match":{}"#), r#"it says nobody; it needs a list "to", a webhook_parameter, or both"#),
        (
            group(r#""webhook_parameter":"https://hooks.slack.com/hunter2","match":{}"#),
            "webhook_parameter is the name of an SSM parameter",
        ),
        (group(r#""to":["soc"],"match":{}"#), "a mail address reads name@domain, with one @"),
        (group(r#""to":["a@b,c@d"]"#), "it has no match"),
        (group(r#""to":["a@b"],"match":{"priority":"high"}"#), "unknown field `priority`"),
        (group(r#""to":["a@b"],"match":{"agents":[""]}"#), "a pattern is one line"),
        (group(r#""to":["a@b"],"match":{},"limits":{"burst":0}"#), "nonzero u32"),
        (group(r#""to":["a@b"],"match":{},"privacy":"some""#), "its privacy must be full or link"),
        (group(r#""to":["a@b"],"match":{},"mode":"test""#), "unknown variant `test`"),
        (r#"{"groups":[{"name":"Soc"}]}"#.to_owned(), "its name is 1 to 32 lower case letters"),
        (r#"{"groups":[{"name":"default","match":{}}]}"#.to_owned(), "has no match"),
        (
            r#"{"groups":[{"name":"a","to":["a@b"],"match":{}},{"name":"a","to":["a@b"],"match":{}}]}"#
                .to_owned(),
            r#"two groups are called "a""#,
        ),
    ] {
        let error = Routes::read(&text, &goldens::settings()).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{text}: {error}");
    }
}

#[test]
fn a_canary_flies_past_everybody_who_does_not_wait_for_it() {
    let mut canary = notice(Priority::Critical, json!({}));
    let flown = canary.alert.raw().replacen(r#""groups":["#, r#""groups":["wazuh_triage_canary","#, 1);
    canary.alert = Alert::parse(&flown).unwrap();
    let analysts = r#"{"name":"on-call","to":["duty@example.com"],"match":{"min_priority":"high"}},
        {"name":"linux","to":["linux@example.com"],"match":{"rule_groups":["sshd"]}}"#;
    check(&routes(&format!(r#"{{"groups":[{analysts}]}}"#)), &canary, &["default"]);
    let bird =
        r#"{"name":"canary","to":["canary@example.com"],"match":{"rule_groups":["wazuh_triage_canary"]}}"#;
    let watched = routes(&format!(r#"{{"groups":[{analysts},{bird}]}}"#));
    check(&watched, &canary, &["canary"]);
    check(&watched, &notice(Priority::Critical, json!({})), &["on-call", "linux"]);
}
