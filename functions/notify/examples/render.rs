//! What a mail costs, for `make bench`, which builds this as what ships: `render [ROUNDS]`, with 2,000 of them unless said,
//! prints a JSON document for each kind of alert, with the median and the 90th percentile in seconds: of writing the mail,
//! and of the processor's time for everything that notify does with a notice, without AWS. notify's metrics stand between.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::analysis::{Analysis, NoAnalysis};
use domain::assessment::{Assessment, Priority};
use domain::history::History;
use domain::incident::{Incident, IncidentId, Seen, Silences};
use domain::indicator::{Direction, Found};
use domain::message::{self, NoticeId, Schema};
use domain::verdict::{Examined, Formula, Provider, Report, Reputation, Verdict, Witness};
use domain::{Alert, EnrichedAlert, Notice};
use jiff::Timestamp;
use lambda::batch::Deadline;
use lambda::claims::{Claimed, Claims, MemoryClaims};
use lambda::config::{Environment, Reader};
use lambda::metrics::Metrics;
use notify::delivery::store::MemoryDeliveries;
use notify::delivery::{Dispatch, Letter, NotifyError, Outside, Told, Trouble};
use notify::mail::{Mail, MailSettings, Note, Recipients, mail};
use notify::routing::Routes;
use notify::webhook::{Message, UrlParameter, WebhookError};
use rustix::time::{ClockId, clock_gettime};

const ROUNDS: u64 = 2_000;

/// Nothing is held back: each notice is a mail.
const ROUTES: &str = r#"{"groups":[{"name":"default","limits":{"per_hour":1000000,"burst":1000000}}]}"#;

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
    let rounds = std::env::args().nth(1).map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    for (what, log) in [("a usual alert", 0), ("a log of 64 KB", 64 * 1024)] {
        let notice = notice(log)?;
        let (rendered, bytes) = render(&notice, &settings, rounds)?;
        let cpu = runtime.block_on(deliver(&notice, &settings, rounds))?;
        println(&serde_json::json!({
            "what": what, "bytes": bytes, "rendered_s": figures(rendered), "cpu_s": figures(cpu),
        }));
    }
    Ok(())
}

/// Text, HTML and MIME of one mail, and how many bytes they are.
fn render(notice: &Notice, settings: &MailSettings, rounds: u64) -> Result<(Vec<Duration>, usize)> {
    let mut took = Vec::new();
    let mut bytes = 0;
    for _ in 0..rounds {
        let begin = Instant::now();
        bytes = mail(notice, settings, &[], notice.opened_at)?.raw.len();
        took.push(begin.elapsed());
    }
    Ok((took, bytes))
}

/// From a message's body to a settled notice: read, claimed, let through the gate, written, handed over, recorded.
async fn deliver(notice: &Notice, settings: &MailSettings, rounds: u64) -> Result<Vec<Duration>> {
    let dispatch = Dispatch::new(
        Claims::new(MemoryClaims::default(), "notify", Duration::from_secs(30)),
        MemoryDeliveries::default(),
        Nowhere,
        Routes::read(ROUTES, settings)?,
        Metrics::new("Example", "notify"),
    );
    let mut took = Vec::new();
    for number in 0..rounds {
        let mut notice = notice.clone();
        notice.incident = format!("{number:016x}").try_into().map_err(anyhow::Error::msg)?;
        notice.id = NoticeId::of(&notice.incident, notice.opened_at, notice.number);
        let body = message::encode(&notice)?;
        let deadline = Deadline::within(Duration::from_mins(1), Duration::ZERO);
        let begin = processor_time()?;
        let read: Notice = message::decode(&body)?;
        let told = dispatch.tell(&read, &body, deadline, read.opened_at).await?;
        took.push(processor_time()?.saturating_sub(begin));
        ensure!(matches!(told, Told::Settled(_)), "a notice was not settled: {told:?}");
    }
    Ok(took)
}

/// Takes every mail, and drops it.
struct Nowhere;

impl Outside for Nowhere {
    async fn send(
        &self,
        _: &Claimed,
        _: &MailSettings,
        _: &Letter<'_>,
        mail: Mail,
    ) -> Result<String, Trouble> {
        Ok(std::hint::black_box(mail).subject)
    }

    async fn post(&self, _: &Claimed, _: &UrlParameter, _: &Message) -> Result<(), WebhookError> {
        Ok(())
    }

    async fn notes(&self, _: &Recipients, _: Timestamp) -> Vec<Note> {
        Vec::new()
    }

    async fn requeue(&self, _: &str) -> Result<(), NotifyError> {
        Ok(())
    }
}

/// Median and 90th percentile.
fn figures(mut took: Vec<Duration>) -> [f64; 2] {
    took.sort_unstable();
    let at = |percent: usize| took.get(took.len() * percent / 100).map_or(0.0, Duration::as_secs_f64);
    [at(50), at(90)]
}

/// Of this thread alone.
fn processor_time() -> Result<Duration> {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}

#[expect(clippy::print_stdout, reason = "what this program is for")]
fn println(line: &serde_json::Value) {
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
