//! What stages put aside, and `triage dlq`, which an operator sees to it with.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lambda::batch::{MessageId, Record};
use lambda::dead_letter::DeadLetters;
use lambda::queue;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::run::{Run, Seen};
use crate::service::Service;

/// Times of SQS are whole seconds in `Date`: what came in the same second is taken for newer, and left alone.
const NEXT_SECOND: Duration = Duration::from_millis(1_200);

pub(crate) async fn all(run: &mut Run) {
    let sqs = Service::Sqs;
    run.test(sqs, "every queue of a deployment gets its dead-letter queue", deploy).await;
    run.test(sqs, "a dead letter keeps its body and says why it is one", reasons).await;
    run.test(sqs, "dead letters are listed and shown, and stay", listed_and_shown).await;
    run.test(sqs, "one dead letter goes back without what a stage had added", one_goes_back).await;
    run.test(sqs, "a whole queue goes back, by SQS or one by one", all_go_back).await;
    run.test(sqs, "what is purged is in the file before it is gone", purged).await;
    run.test(sqs, "what is received too often becomes a dead letter", redriven).await;
}

/// What the tests after it work with.
async fn deploy(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    for name in ["alerts", "enriched", "notices", "feedback"] {
        endpoint.queue_with_dead_letters(name).await?;
    }
    Ok(())
}

async fn url(endpoint: &Endpoint, name: &str) -> Result<String> {
    let found = endpoint.sqs.get_queue_url().queue_name(endpoint.full(name)).send().await?;
    found.queue_url.context("a queue without a URL")
}

/// Puts as many records aside as enrich would that cannot read them.
async fn put_aside(endpoint: &Endpoint, name: &str, count: usize) -> Result<()> {
    let letters = DeadLetters::new(endpoint.sqs.clone(), url(endpoint, name).await?, "enrich");
    for number in 0..count {
        let record = Record {
            message_id: MessageId::try_from(format!("m{number}"))?,
            body: format!("no alert {number}"),
            attributes: [("manager".to_owned(), "m".to_owned())].into(),
        };
        letters.send(&record, None, "it is not an alert").await?;
    }
    tokio::time::sleep(NEXT_SECOND).await;
    Ok(())
}

async fn reasons(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    let queue = url(endpoint, "notices-dlq").await?;
    let letters = DeadLetters::new(endpoint.sqs.clone(), &queue, "notify");
    let record = Record {
        message_id: MessageId::try_from("source".to_owned())?,
        body: String::new(),
        attributes: [("manager".to_owned(), "m\u{fc}ller".to_owned())].into(),
    };
    letters.send(&record, None, "it is empty").await?;
    let taken = endpoint.take(&queue, 1).await?;
    let message = taken.first().context("no message")?;
    ensure!(message.body.as_deref() == Some("(empty)"), "{:?}", message.body);
    let attributes = tests::site::attributes(message);
    let expected = [
        ("manager", "m\u{fc}ller"),
        ("reason", "it is empty"),
        ("source_message_id", "source"),
        ("stage", "notify"),
    ];
    ensure!(
        attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected),
        "{attributes:?}"
    );
    Ok(())
}

async fn listed_and_shown(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    put_aside(endpoint, "alerts-dlq", 3).await?;
    ensure!(waiting(endpoint).await? == [3, 0], "{:?}", waiting(endpoint).await?);
    let shown = endpoint.triage("dlq show alerts --json", "").await?.json()?;
    let messages = shown["messages"].as_array().context("no messages")?;
    ensure!(messages.len() == 3, "{shown}");
    for message in messages {
        let (stage, reason) = (&message["stage"], &message["reason"]);
        ensure!(stage == "enrich" && reason == "it is not an alert", "{message}");
        ensure!(message["sent_at"].is_string() && message["tries"] == 1, "{message}");
    }
    ensure!(waiting(endpoint).await? == [3, 0], "hidden after a look: {:?}", waiting(endpoint).await?);
    endpoint.take(&url(endpoint, "alerts-dlq").await?, 3).await?;
    Ok(())
}

/// Messages that wait among the dead letters of the alerts queue, and that somebody holds.
async fn waiting(endpoint: &Endpoint) -> Result<[u64; 2]> {
    let listed = endpoint.triage("dlq list --json", "").await?.json()?;
    let queues = listed["queues"].as_array().context("no queues")?;
    let alerts = queues.iter().find(|row| row["queue"] == "alerts").context("no alerts queue")?;
    let number = |name: &str| alerts[name].as_u64().with_context(|| format!("no {name} in {alerts}"));
    Ok([number("waiting")?, number("in_flight")?])
}

async fn one_goes_back(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    put_aside(endpoint, "alerts-dlq", 2).await?;
    let shown = endpoint.triage("dlq show alerts --json", "").await?.json()?;
    let id = shown["messages"][0]["id"].as_str().context("no id")?.to_owned();
    let said = endpoint.triage(&format!("dlq replay alerts --json --id {id}"), "").await?;
    let told = said.json()?;
    ensure!(said.code == 0 && told["replayed"] == 1 && told["moved_by_sqs"] == false, "{told} {}", said.err);
    let queue = url(endpoint, "alerts").await?;
    let taken = endpoint.take(&queue, 1).await?;
    let attributes = taken.first().map(tests::site::attributes).unwrap_or_default();
    ensure!(attributes.keys().eq(["manager"]), "{attributes:?}");
    endpoint.take(&url(endpoint, "alerts-dlq").await?, 1).await.context("the other one")?;
    Ok(())
}

async fn all_go_back(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    put_aside(endpoint, "alerts-dlq", 2).await?;
    let said = endpoint.triage("dlq replay alerts --json", "").await?;
    let told = said.json()?;
    ensure!(said.code == 0, "{told} {}", said.err);
    endpoint.take(&url(endpoint, "alerts").await?, 2).await.context("what went back")?;
    ensure!(waiting(endpoint).await? == [0, 0], "{:?}", waiting(endpoint).await?);
    let how = if told["moved_by_sqs"] == true {
        format!("moves, and counts {} of 2", told["replayed"])
    } else {
        ensure!(told["replayed"] == 2, "{told}");
        format!("`triage` sends them one by one: {}", reason(&said.err))
    };
    seen.note("sqs.move", how);
    Ok(())
}

/// The code in "…: AWS does not know that request (`InvalidAction`); …".
fn reason(err: &str) -> String {
    let code = err.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    code.map_or_else(|| err.trim().to_owned(), |(code, _)| format!("`{code}`"))
}

async fn purged(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    put_aside(endpoint, "alerts-dlq", 2).await?;
    let said = endpoint.triage("dlq purge alerts --json --yes --save purged.jsonl", "").await?;
    ensure!(said.code == 0 && said.json()?["purged"] == 2, "{} {}", said.out, said.err);
    let text = fs::read_to_string(endpoint.folder.path().join("purged.jsonl"))?;
    for line in text.lines() {
        let saved: Value = serde_json::from_str(line)?;
        ensure!(saved["attributes"]["reason"] == "it is not an alert", "{saved}");
    }
    ensure!(text.lines().count() == 2, "{text}");
    ensure!(waiting(endpoint).await? == [0, 0], "{:?}", waiting(endpoint).await?);
    Ok(())
}

async fn redriven(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let (queue, dead_letters) = (url(endpoint, "enriched").await?, url(endpoint, "enriched-dlq").await?);
    queue::send(&endpoint.sqs, &queue, "never handled".to_owned()).await?;
    let until = Instant::now() + Duration::from_secs(20);
    let mut letters = Vec::new();
    while letters.is_empty() {
        ensure!(Instant::now() < until, "not moved after two tries");
        for message in endpoint.receive(&queue).await? {
            let receipt = message.receipt_handle.unwrap_or_default();
            let given_back = endpoint.sqs.change_message_visibility().queue_url(&queue);
            given_back.receipt_handle(receipt).visibility_timeout(0).send().await?;
        }
        letters = endpoint.receive(&dead_letters).await?;
    }
    let letter = letters.first().context("no dead letter")?;
    let system: Vec<(String, String)> = letter
        .attributes
        .iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
        .collect();
    let value =
        |wanted: &str| system.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let source = if value("DeadLetterQueueSourceArn").is_some() { "with" } else { "without" };
    let tries = value("ApproximateReceiveCount").unwrap_or("none");
    seen.note(
        "sqs.redrive",
        format!("moved {source} `DeadLetterQueueSourceArn`, received {tries} times by the first look"),
    );
    Ok(())
}
