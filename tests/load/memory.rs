//! The same alerts through the code of the functions in this process, over an AWS in memory: no emulator is waited for, so that
//! the books of a hundred thousand incidents close within minutes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use ::tests::memory_aws::{Call, Service};
use ::tests::page;
use ::tests::pipeline::Pipeline;
use anyhow::Result;
use jiff::Timestamp;

use crate::ledger::Ledger;
use crate::mix::{Line, Mix};
use crate::model::number;
use crate::tell;

/// How many alerts the pipeline takes in a second of its own time.
const TAKEN_PER_SECOND: usize = 200;
/// How often functions sweep.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// Until then every digest is sent.
const AFTERWARDS: Duration = Duration::from_hours(26);
const STEP_AFTERWARDS: Duration = Duration::from_mins(30);

/// What such a run says.
#[derive(Debug)]
pub(crate) struct Books {
    mix: Mix,
    begun_at: Timestamp,
    took: Duration,
    ledger: Ledger,
    mails: usize,
    /// By service.
    calls: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

pub(crate) async fn run(mix: &Mix) -> Result<Books> {
    let (begun_at, start, mut told) = (Timestamp::now(), Instant::now(), Instant::now());
    let mut pipeline = Pipeline::new().await?;
    let (midday, mut swept_at) = (pipeline.now, pipeline.now);
    let mut calls = BTreeMap::new();
    let mut lines = mix.lines(midday).peekable();
    let mut sent = 0;
    while let Some(next) = lines.peek() {
        pipeline.now = pipeline.now.max(midday + next.due) + Duration::from_secs(1);
        let now = pipeline.now;
        let due = |line: &Line| midday + line.due <= now;
        for _ in 0..TAKEN_PER_SECOND {
            let Some(line) = lines.next_if(due) else { break };
            pipeline.aws.publish("alerts", &line.text);
            sent += 1;
        }
        deliver(&mut pipeline).await?;
        if pipeline.now.duration_since(swept_at) >= SWEEP_EVERY.try_into()? {
            pipeline.sweep().await;
            swept_at = pipeline.now;
        }
        count(pipeline.aws.forget_calls(), &mut calls);
        if told.elapsed() > Duration::from_secs(10) {
            tell(&format!("{sent} of {} alerts", mix.count()));
            told = Instant::now();
        }
    }
    tell("a day passes, so that every digest is sent");
    let end = pipeline.now + AFTERWARDS;
    while pipeline.now < end {
        pipeline.now += STEP_AFTERWARDS;
        pipeline.sweep().await;
        deliver(&mut pipeline).await?;
        count(pipeline.aws.forget_calls(), &mut calls);
    }
    let ended = pipeline.ledger.outcomes().into_iter().map(|(outcome, count)| (outcome.to_owned(), count));
    let keys = mix.lines(midday).map(|line| line.key);
    Ok(Books {
        mix: mix.clone(),
        begun_at,
        took: start.elapsed(),
        ledger: Ledger::of(keys, ended.collect(), |key| pipeline.ledger.count_of(key)),
        mails: pipeline.aws.mails().len(),
        calls,
        failures: pipeline.failures,
    })
}

/// Each queue once, in the order of the way.
async fn deliver(pipeline: &mut Pipeline) -> Result<()> {
    pipeline.enrich_waiting().await?;
    pipeline.analyze_waiting().await?;
    pipeline.notify_waiting().await
}

fn count(made: Vec<Call>, calls: &mut BTreeMap<&'static str, usize>) {
    for call in made {
        let service = match call.service {
            Service::DynamoDb => "DynamoDB",
            Service::Sqs => "SQS",
            Service::Ssm => "SSM",
            Service::Ses => "SES",
        };
        *calls.entry(service).or_default() += 1;
    }
}

impl Books {
    pub(crate) fn are_closed(&self) -> bool {
        self.ledger.is_closed() && self.failures.is_empty()
    }

    /// Prints it, and puts it into docs/load.md where that is wanted.
    #[expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]
    pub(crate) fn publish(&self, run: Option<&str>) -> Result<()> {
        let mut text = String::new();
        self.write(&mut text)?;
        println!("{text}");
        run.map_or(Ok(()), |run| page::write("load.md", run, &text))
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let at = self.begun_at.strftime("%Y-%m-%d %H:%M UTC");
        writeln!(text, "`make load MEMORY=1 {}`, {at}\n", self.mix.arguments())?;
        self.ledger.write(text)?;
        if let Some(first) = self.failures.first() {
            writeln!(text, "{} records or sweeps failed, the first: {first}", self.failures.len())?;
        }
        let seconds = self.took.as_secs_f64();
        let published = number(self.ledger.published);
        writeln!(
            text,
            "\nIn {seconds:.0} s, {:.0} alerts a second in one thread. {} mails.",
            published / seconds.max(0.001),
            self.mails
        )?;
        let calls = self
            .calls
            .iter()
            .map(|(service, count)| format!("{:.2} to {service}", number(*count) / published.max(1.0)));
        writeln!(text, "\nCalls for each alert: {}.", calls.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_books_of_a_mix_a_storm_and_many_incidents_are_closed() {
        let mix = Mix { rate: 5, seconds: 8, storm: 30, distinct: 30, ..Mix::default() };
        let books = run(&mix).await.unwrap();
        assert!(books.are_closed(), "{books:?}");
        let notified = books.ledger.ended.get("notified").copied().unwrap_or(0);
        let counted = books.ledger.ended.get("counted").copied().unwrap_or(0);
        assert!(notified >= 31 && counted >= 29, "{:?}", books.ledger.ended);
        assert!((2..25).contains(&books.mails), "{}", books.mails);
    }

    #[test]
    fn who_has_no_end_keeps_the_books_open() {
        let books = Books {
            mix: Mix { rate: 1, seconds: 2, ..Mix::default() },
            begun_at: Timestamp::UNIX_EPOCH,
            took: Duration::from_secs(4),
            ledger: Ledger {
                published: 2,
                ended: [("counted".to_owned(), 1)].into(),
                lost: vec!["load-1/1.1".to_owned()],
                ..Ledger::default()
            },
            mails: 0,
            calls: [("DynamoDB", 14)].into(),
            failures: Vec::new(),
        };
        let mut text = String::new();
        books.write(&mut text).unwrap();
        assert!(!books.are_closed());
        assert!(
            text.contains("**2 published ≠ 1 counted**\n1 alerts without an end, the first is load-1/1.1"),
            "{text}"
        );
        assert!(text.contains("Calls for each alert: 7.00 to DynamoDB."), "{text}");
    }
}
