//! How long it takes to make a mail: `cargo run --release -p notify --example render`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use domain::analysis::{Analysis, NoAnalysis};
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use domain::incident::{Incident, IncidentId, Seen, Silences};
use domain::indicator::{Direction, Found};
use domain::message::{NoticeId, Schema};
use domain::verdict::{Examined, Formula, Provider, Report, Reputation, Verdict, Witness};
use domain::{Alert, EnrichedAlert, Notice};
use jiff::Timestamp;
use lambda::config::{Environment, Reader};
use notify::mail::{MailSettings, mail};

const ROUNDS: usize = 2_000;

fn main() -> Result<()> {
    let environment = Environment::from_iter([
        ("MAIL_FROM", "triage@example.com"),
        ("MAIL_TO", "soc@example.com"),
        ("MAIL_TIME_ZONE", "Europe/Berlin"),
        ("DASHBOARD_URL", "https://wazuh.example.com"),
    ]);
    let mut reader = Reader::new(&environment);
    let settings = MailSettings::read(&mut reader);
    let settings = reader.finish(settings)?;
    for (name, log) in [("a usual alert", 0), ("a log of 64 KB", 64 * 1024)] {
        let notice = notice(log)?;
        let now = notice.opened_at;
        let mut times = Vec::with_capacity(ROUNDS);
        let mut size = 0;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            size = mail(&notice, &settings, &[], now)?.raw.len();
            times.push(start.elapsed());
        }
        times.sort_unstable();
        let at = |percent: usize| times.get(ROUNDS * percent / 100).copied().unwrap_or(Duration::ZERO);
        println(&format!("{name}: median {:?}, 99% {:?}, {size} bytes", at(50), at(99)));
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "what this program is for")]
fn println(line: &str) {
    println!("{line}");
}

/// A brute force from an address that is widely reported.
fn notice(log_bytes: usize) -> Result<Notice> {
    let opened_at: Timestamp = "2026-10-03T12:22:08Z".parse()?;
    let raw = format!(
        r#"{{"timestamp":"2026-10-03T14:22:07.512+0200","rule":{{"level":10,"description":"sshd: brute force trying to get access to the system.","id":"5763","groups":["syslog","sshd","authentication_failures"]}},"agent":{{"id":"007","name":"web-01","ip":"10.20.0.7"}},"manager":{{"name":"wazuh-1"}},"id":"1791030127.4711","full_log":"sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2 {}","data":{{"srcip":"203.0.113.24","dstuser":"root"}},"location":"journald"}}"#,
        "x".repeat(log_bytes)
    );
    let alert = Alert::parse(&raw)?;
    let found =
        Found { indicator: "203.0.113.24".parse()?, path: "data.srcip".into(), direction: Direction::Source };
    let reputation = Reputation { score: 100, total_reports: Some(412), ..Reputation::default() };
    let report = Report {
        witness: Witness::Provider(Provider::AbuseIpDb),
        found: found.clone(),
        answer: domain::verdict::Evidence::AbuseIpDb(reputation).into(),
        asked_at: opened_at,
        cached: false,
    };
    let examined = [Examined { found, reports: vec![report.clone()], standings: Vec::new() }];
    let verdict = Verdict::over(&examined, &Formula::default(), opened_at);
    let enriched = EnrichedAlert { schema: Schema, alert, reports: vec![report], verdict, repeat_of: None };
    let (id, history) = (IncidentId::of(&enriched.alert), History::default());
    let meeting = Incident::meet(
        None,
        &Seen::of(&enriched),
        Priority::High,
        &history,
        opened_at,
        opened_at,
        &Silences::default(),
    );
    let taken = meeting.taken.context("the first alert of an incident is told")?;
    Ok(Notice {
        schema: Schema,
        id: NoticeId::of(&id, opened_at, taken.number),
        incident: id,
        opened_at,
        number: taken.number,
        opener: meeting.incident.opener().clone(),
        summary: meeting.incident.summary(&taken),
        kind: taken.kind,
        analysed: enriched.alert.key().clone(),
        alert: enriched.alert,
        reports: enriched.reports,
        verdict: enriched.verdict,
        history,
        assessment: Assessment {
            priority: Priority::High,
            reasons: vec!["Rule level 10 alone makes this medium.".into()],
            next_steps: vec!["Search for a successful login from 203.0.113.24 on web-01.".into()],
            open_questions: vec!["Is SSH on web-01 meant to be reachable from the internet?".into()],
            ..Assessment::default()
        },
        analysis: Analysis::Unavailable { reason: NoAnalysis::Disabled },
    })
}
