//! trace, status and doctor.

use std::time::Duration;

use domain::assessment::Priority;
use domain::history::History;
use domain::incident::{Incident, IncidentId, Seen, Silences};
use domain::message::Schema;
use domain::verdict::{Formula, Verdict};
use domain::{Alert, EnrichedAlert};
use insta::assert_snapshot;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{command, run};
use crate::bench::{Bench, said};
use crate::fake_aws::FakeAws;

fn text(value: &str) -> Value {
    json!({"S": value})
}

fn number(value: i64) -> Value {
    json!({"N": value.to_string()})
}

/// 2026-10-03T12:22:07Z and 30 days.
const EXPIRES: i64 = 1_791_030_127 + 30 * 86_400;

fn done(id: &str, result: &str) -> Value {
    json!({"id": text(id), "state": text("D"), "result": text(result), "attempts": number(1),
        "expires_at": number(EXPIRES), "lease_until": number(0), "owner": text("o")})
}

fn status(aws: &FakeAws, line: &str) -> String {
    run(aws, line).out.replace('\t', " | ")
}

#[test]
fn an_alert_that_nobody_knows_is_explained_in_words() {
    let said = run(&FakeAws::start(), "trace m/1.1");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "), @r"
    STEP | STATE | WHEN | DETAIL
    enrich | not seen | - | 
    analyze | not seen | - | 
    enrich has not seen it, or it let it pass by level or rule without a claim: is the key right, was it published, does it wait in the queue alerts or among its dead letters?
    ");
    assert_eq!(run(&FakeAws::start(), "trace nonsense").code, 64);
}

#[test]
fn claims_are_shown_with_times_and_results() {
    let aws = FakeAws::start();
    aws.row("t-claims", done("enrich#m/1.1", "message-1")).row("t-claims", done("analyze#m/1.1", "counted"));
    assert_snapshot!(run(&aws, "trace m/1.1 --json").out, @r#"{"schema":1,"alert_key":"m/1.1","steps":[{"name":"enrich","state":"done","at":"TIME","detail":"message-1"},{"name":"analyze","state":"done","at":"TIME","detail":"counted"}],"remarks":["it was counted in an incident whose id its claim does not keep: only alerts with which a notice was due do; the log line `alert ended` of analyze names the incident"]}"#);
}

#[test]
fn an_incident_is_followed_to_every_group() {
    // Later than its claim says, which knows whole seconds.
    let opened_at: Timestamp = "2026-10-03T12:22:07.071Z".parse().unwrap();
    let alert = r#"{"id":"1.1","rule":{"id":"5763","level":10,"description":"sshd"},"manager":{"name":"m"},"data":{"srcip":"203.0.113.9"}}"#;
    let alert = Alert::parse(alert).unwrap();
    let id = IncidentId::of(&alert);
    let verdict = Verdict::over(&[], &Formula::default(), opened_at);
    let enriched = EnrichedAlert { schema: Schema, alert, reports: Vec::new(), verdict, repeat_of: None };
    let (seen, lease_until) = (Seen::of(&enriched), opened_at + Duration::from_mins(1));
    let history = History::default();
    let met =
        Incident::meet(None, &seen, Priority::High, &history, opened_at, lease_until, &Silences::default());
    let mut incident = met.incident;
    assert!(incident.sent(1));

    let aws = FakeAws::start();
    let facts = serde_json::to_string(&incident.facts).unwrap();
    let notice = format!("{id}-{}-1", opened_at.as_millisecond());
    aws.row("t-claims", done("enrich#m/1.1", "message-1"));
    aws.row("t-claims", done("analyze#m/1.1", &format!("notice of {id}")));
    aws.row(
        "t-incidents",
        json!({"id": text(id.as_str()), "facts": text(&facts), "version": number(2),
        "alert_count": number(1), "last_seen": number(opened_at.as_millisecond())}),
    );
    let delivery = |group: &str, document: &str| {
        json!({"id": text(&format!("notice#{notice}")), "part": text(group),
        "delivery": text(document), "expires_at": number(EXPIRES)})
    };
    aws.row("t-deliveries", delivery("soc#mail", r#"{"state":"sent","message_id":"ses-1"}"#));
    aws.row(
        "t-deliveries",
        delivery("night#mail", r#"{"state":"suppressed","reason":"storm","digest":"storm-night-1"}"#),
    );
    let said = run(&aws, "trace m/1.1");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "));

    aws.row("t-claims", done(&format!("notify#{notice}"), "ses-1 storm"));
    let said = run(&aws, "trace m/1.1");
    assert!(!said.out.contains("has not seen"), "{}", said.out);
}

#[test]
fn a_table_that_refuses_is_named() {
    let aws = FakeAws::start();
    aws.change(|world| {
        world.refused.insert("GetItem", "AccessDeniedException");
    });
    let said = run(&aws, "trace m/1.1");
    assert_eq!(said.code, 77);
    assert!(
        said.err.contains("could not read the claim") && said.err.contains("which rights"),
        "{}",
        said.err
    );
}

#[test]
fn a_deployment_without_trouble_is_well() {
    let aws = FakeAws::start();
    let said = run(&aws, "status");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "));
}

#[test]
fn what_needs_a_person_is_told_and_counted() {
    let aws = FakeAws::start();
    aws.put("t-notices-dlq", crate::fake_aws::Message::new("a", "x", &[]));
    aws.row(
        "t-intel",
        json!({"key": text("provider#abuseipdb"), "source": text("gate"),
        "closed_until": number(4_000_000_000_000), "reason": text("unauthorized")}),
    );
    aws.row(
        "t-deliveries",
        json!({"id": text("account"), "part": text("ses"),
        "account": text(r#"{"trouble":"paused","heard_at":"2026-10-03T12:22:07Z"}"#)}),
    );
    aws.row("t-deliveries", json!({"id": text("parked"), "part": text("n"), "body": text("{}")}));
    let said = run(&aws, "status");
    assert_eq!(said.code, 1);
    assert_snapshot!(said.err, @"triage: 3 problems for a person");
    let lines: Vec<String> =
        status(&aws, "status").lines().filter(|line| !line.starts_with("ok")).map(str::to_owned).collect();
    assert_snapshot!(lines.join("\n"));
    let document: Value = serde_json::from_str(&run(&aws, "status --json").out).unwrap();
    assert_eq!((&document["schema"], &document["well"]), (&json!(1), &json!(false)));
    assert_eq!(document["findings"][0]["figures"], json!({"in_flight": 0, "waiting": 0}));
}

#[test]
fn how_long_messages_wait_is_known_from_cloudwatch_and_missed_without_it() {
    let aws = FakeAws::start();
    aws.put("t-alerts", crate::fake_aws::Message::new("a", "x", &[]));
    aws.change(|world| world.figures.push(("ApproximateAgeOfOldestMessage", "t-alerts".to_owned(), 1_260.0)));
    let said = run(&aws, "status");
    assert_eq!(said.code, 1);
    let expected =
        "PROBLEM\tqueue alerts\t1 waiting, 0 in flight, the oldest for 21 min\tdocs/runbooks/queue-age.md";
    assert!(said.out.contains(expected), "{}", said.out);
    aws.change(|world| {
        world.refused.insert("GetMetricData", "AccessDenied");
    });
    let said = run(&aws, "status");
    assert_eq!(said.code, 0, "{}", said.out);
    let expected = "look\tfigures of CloudWatch\tnot known: could not read the figures of CloudWatch: AWS refuses it (AccessDenied)\t\
        docs/triage.md says which rights an operator needs";
    assert!(said.out.contains(expected) && said.out.contains("1 waiting, 0 in flight\t"), "{}", said.out);
}

#[test]
fn the_state_of_feeds_is_part_of_the_status_and_hides_nothing_where_it_cannot_be_read() {
    let status = |change: &dyn Fn(&mut crate::fake_aws::World)| {
        let aws = FakeAws::start();
        aws.change(|world| change(world));
        let said = run(&aws, "status");
        let lines: Vec<String> = said
            .out
            .lines()
            .filter(|line| line.contains("feeds"))
            .map(|line| line.replace('\t', " | "))
            .collect();
        assert!(said.out.contains("parked notices"), "{}", said.out);
        (said.code, lines.join("\n"))
    };
    let key = "t-feeds-000000000000/feeds/status.json";
    let refused = status(&|world| {
        world.refused.insert("GetObject", "AccessDenied");
    });
    let absent = status(&|world| {
        world.objects.remove(key);
    });
    let other = status(&|world| {
        let text = world.objects[key].replace("\"schema\":1", "\"schema\":9");
        world.objects.insert(key.to_owned(), text);
    });
    let all = [refused, absent, other].map(|(code, lines)| format!("{lines}\nexit code {code}"));
    assert_snapshot!(all.join("\n\n"));
}

#[test]
fn limits_and_the_breaker_are_looked_at_where_the_variables_are_known() {
    let aws = FakeAws::start();
    let today = Timestamp::now().strftime("%Y-%m-%d").to_string();
    aws.row("t-intel", json!({"key": text("provider#otx"), "source": text(&format!("day#{today}")), "requests": number(120)}));
    aws.row("t-analyses", json!({"id": text(&format!("budget#{today}")), "tokens": number(950), "micro_usd": number(1_230_000)}));
    let breaker =
        r#"{"failures":[],"rests":1,"resting":{"until":"2090-01-01T00:00:00Z","trouble":"configuration"}}"#;
    aws.row(
        "t-analyses",
        json!({"id": text("breaker#https://api.openai.com/v1 gpt-5.4-mini"), "document": text(breaker),
        "version": text("v"), "expires_at": number(4_000_000_000)}),
    );
    let bench = Bench::new();
    bench.file("enrich", "DAILY_LIMITS=abuseipdb=1000,otx=9000\n");
    let analyze = "LEASE_SECONDS=60\nCLAIMS_TABLE=c\nDEAD_LETTER_QUEUE_URL=d\nINCIDENTS_TABLE=i\nSIGHTINGS_TABLE=s\n\
        ANALYSES_TABLE=a\nNOTICES_QUEUE_URL=n\nMODEL_KEY_PARAMETER=/k\nMODEL_DAILY_TOKENS=1000\n";
    bench.file("analyze", analyze);
    let line = "status --variables enrich --variables analyze";
    let said = said(&command(&bench, &aws, line).output().unwrap());
    assert_eq!(said.code, 1);
    let of_interest = |line: &&str| ["provider", "model"].iter().any(|word| line.contains(word));
    let lines: Vec<String> =
        said.out.lines().filter(of_interest).map(|line| line.replace('\t', " | ")).collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn doctor_finds_everything_in_its_place() {
    let said = run(&FakeAws::start(), "doctor --sender soc@example.com");
    assert_eq!((said.err.as_str(), said.code), ("", 0));
    assert_snapshot!(said.out.replace('\t', " | "));
}

#[test]
fn doctor_names_what_is_missing_and_goes_on() {
    let aws = FakeAws::start();
    aws.change(|world| {
        world.queues.remove("t-notices");
        world.tables.remove("t-sightings");
        world.parameters.remove("/t/otx-key");
        world.refused.insert("DescribeTimeToLive", "AccessDeniedException");
        world.is_in_sandbox = true;
        world.schedules.remove("t-sweep-notify");
        world.schedules.remove("t-canary");
        world.schedules.insert("t-hunt".to_owned(), "DISABLED");
        world.schedules.remove("t-feed-feodo");
        world.figures.retain(|(_, whose, _)| whose != "t-hunt");
        world.figures.push(("Errors", "t-analyze".to_owned(), 2.0));
    });
    let bench = Bench::new();
    bench.file("notify.env", "MAIL_FROM=other@example.org\n");
    let said = said(&command(&bench, &aws, "doctor --variables notify.env").output().unwrap());
    assert_eq!(said.code, 1);
    let lines: Vec<String> = said
        .out
        .lines()
        .filter(|line| !line.starts_with("ok"))
        .map(|line| line.replace('\t', " | "))
        .collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn doctor_does_without_what_it_may_not_read() {
    let aws = FakeAws::start();
    aws.change(|world| {
        world.refused.insert("GetSchedule", "AccessDeniedException");
        world.refused.insert("GetObject", "AccessDenied");
        world.figures.clear();
    });
    let said = run(&aws, "doctor --sender soc@example.com");
    assert_eq!(said.code, 1);
    let lines: Vec<String> = said
        .out
        .lines()
        .filter(|line| !line.starts_with("ok"))
        .map(|line| line.replace('\t', " | "))
        .collect();
    assert_snapshot!(lines.join("\n"));
}
