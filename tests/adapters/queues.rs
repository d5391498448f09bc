//! Sending, taking, hiding and forgetting messages: what stages hand on with, and both directions of the publisher.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use lambda::queue;
use local::stack::REGION;
use publisher::destination::{Destination, EndpointUrl, Profile, QueueUrl};
use publisher::message::{Message, Origin};
use publisher::queue::{Access, Queue, SendError};
use publisher::relay::feedback_queue::{FeedbackQueue, Receipt, Taken};

use crate::endpoint::Endpoint;
use crate::run::{Run, Seen};
use crate::service::Service;

const KIB: usize = 1024;

pub(crate) async fn all(run: &mut Run) {
    let sqs = Service::Sqs;
    run.test(sqs, "what a stage hands on arrives byte for byte", arrives).await;
    run.test(sqs, "the largest message of ours is taken", largest).await;
    run.test(sqs, "a batch of the publisher arrives with its attributes", batch).await;
    run.test(sqs, "a message that is refused takes none of its neighbours with it", refused_alone).await;
    run.test(sqs, "a request that is too large is told from a queue in trouble", too_large).await;
    run.test(sqs, "a queue that does not exist is told as that", no_queue).await;
    run.test(sqs, "the relay hides, gives back and forgets messages", relay).await;
    run.test(sqs, "the publisher's doctor learns that both queues answer", doctor).await;
}

async fn arrives(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let url = endpoint.queue("plain", &[]).await?;
    let form = url.replace(&endpoint.address, "ENDPOINT").replace(&endpoint.name, "NAME");
    seen.note("sqs.url", format!("`{}`", without_port(&form)));
    let body = "{\"full_log\": \"M\u{fc}ller \u{1f980} <&>\\u0000\", \"n\": 1.10}\n";
    queue::send(&endpoint.sqs, &url, body.to_owned()).await?;
    let taken = endpoint.take(&url, 1).await?;
    let arrived = taken.first().and_then(|message| message.body.as_deref());
    ensure!(arrived == Some(body), "arrived as {arrived:?}");
    Ok(())
}

/// Ports differ from run to run, and say nothing.
fn without_port(url: &str) -> String {
    let mut parts: Vec<String> = url.split(':').map(str::to_owned).collect();
    for part in parts.iter_mut().skip(1) {
        let rest = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if rest.len() < part.len() {
            *part = format!("PORT{rest}");
        }
    }
    parts.join(":")
}

async fn largest(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let url = endpoint.queue("large", &[]).await?;
    queue::send(&endpoint.sqs, &url, "x".repeat(256 * KIB)).await.context("256 KiB")?;
    let mut answers = Vec::new();
    for (name, bytes) in [("1 MiB", 1024 * KIB), ("1 MiB + 1", 1024 * KIB + 1)] {
        let sent = queue::send(&endpoint.sqs, &url, "x".repeat(bytes)).await;
        answers.push(match sent {
            Ok(()) => format!("{name} taken"),
            Err(error) => format!("{name} refused ({})", code(&error)),
        });
    }
    seen.note("sqs.largest", format!("256 KiB taken, {}", answers.join(", ")));
    Ok(())
}

fn code<E>(error: &aws_sdk_sqs::error::SdkError<E>) -> String
where
    E: aws_sdk_sqs::error::ProvideErrorMetadata,
{
    let code = aws_sdk_sqs::error::ProvideErrorMetadata::code(error);
    format!("`{}`", code.unwrap_or("no error code"))
}

async fn batch(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    let url = endpoint.queue("batch", &[]).await?;
    let queue = Queue::connect(&destination(endpoint, &url)?, &access(endpoint)?).await?;
    let messages: Vec<Message> = (0..10).map(alert).collect::<Result<_>>()?;
    let refusals = queue.send(&messages).await?;
    ensure!(refusals.is_empty(), "{refusals:?}");
    let mut arrived = Vec::new();
    for message in endpoint.take(&url, 10).await? {
        let attributes = tests::site::attributes(&message);
        ensure!(attributes.get("manager").is_some_and(|manager| manager == "m"), "{attributes:?}");
        arrived.push(message.body.unwrap_or_default());
    }
    let mut sent: Vec<String> = messages.into_iter().map(|message| message.body).collect();
    arrived.sort();
    sent.sort();
    ensure!(arrived == sent, "{arrived:?}");
    Ok(())
}

async fn refused_alone(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let url = endpoint.queue("refused", &[]).await?;
    let queue = Queue::connect(&destination(endpoint, &url)?, &access(endpoint)?).await?;
    // The publisher escapes such characters; here they go as they are.
    let bad = Message { body: "not a character: \u{ffff}".to_owned(), ..alert(1)? };
    let answer = queue.send(&[alert(0)?, bad, alert(2)?]).await;
    let (noted, arrive) = match answer {
        Ok(refusals) if refusals.is_empty() => ("taken".to_owned(), 3),
        Ok(refusals) => {
            let [refusal] = refusals.as_slice() else { bail!("{refusals:?}") };
            ensure!(refusal.index == 1, "{refusals:?}");
            let SendError::Content(code) = &refusal.problem else { bail!("{refusal:?}") };
            (format!("this message refused (`{code}`)"), 2)
        }
        Err(SendError::Content(code)) => (format!("the whole request refused (`{code}`)"), 0),
        Err(error) => return Err(error.into()),
    };
    endpoint.take(&url, arrive).await?;
    seen.note("sqs.character", noted);
    Ok(())
}

async fn too_large(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let url = endpoint.queue("too-large", &[]).await?;
    let queue = Queue::connect(&destination(endpoint, &url)?, &access(endpoint)?).await?;
    let body = "x".repeat(200 * KIB);
    let large = |number| Ok(Message { body: body.clone(), ..alert(number)? });
    let messages: Vec<Message> = (0..10).map(large).collect::<Result<_>>()?;
    let noted = match queue.send(&messages).await {
        Ok(refusals) if refusals.is_empty() => "taken".to_owned(),
        Ok(refusals) => format!("{} of 10 messages refused", refusals.len()),
        Err(SendError::Content(code)) => format!("`{code}`"),
        Err(error) => return Err(error).context("not known as a matter of content"),
    };
    seen.note("sqs.request", noted);
    Ok(())
}

async fn no_queue(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    let url = endpoint.queue("gone", &[]).await?.replace("-gone", "-never-was");
    let queue = Queue::connect(&destination(endpoint, &url)?, &access(endpoint)?).await?;
    match queue.send(&[alert(0)?]).await {
        Err(SendError::NoSuchQueue) => Ok(()),
        other => bail!("{other:?}"),
    }
}

async fn relay(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let url = endpoint.queue("feedback-relay", &[]).await?;
    for number in 0..3 {
        queue::send(&endpoint.sqs, &url, format!("event {number}")).await?;
    }
    let feedback = FeedbackQueue::connect(&destination(endpoint, &url)?, &access(endpoint)?).await?;
    let taken = receipts(&receive(&feedback, 3).await?);
    ensure!(feedback.receive(Duration::from_secs(1)).await?.is_empty(), "what is taken is not hidden");
    feedback.hide(&taken, Duration::from_secs(30)).await.context("hide for longer")?;
    feedback.hide(&taken, Duration::ZERO).await.context("give back")?;
    let again = receipts(&receive(&feedback, 3).await.context("what was given back")?);
    let left = feedback.delete(&again).await?;
    ensure!(left.is_empty(), "{} not forgotten", left.len());
    seen.note(
        "sqs.receipt",
        match feedback.delete(&again).await {
            Ok(left) if left.is_empty() => "taken, nothing happens".to_owned(),
            Ok(left) => format!("{} of 3 refused, and tried again", left.len()),
            Err(error) => format!("refused: {error}"),
        },
    );
    ensure!(feedback.receive(Duration::from_secs(1)).await?.is_empty(), "what was forgotten came again");
    Ok(())
}

fn receipts(taken: &[Taken]) -> Vec<Receipt> {
    taken.iter().map(|taken| taken.receipt.clone()).collect()
}

async fn receive(feedback: &FeedbackQueue, count: usize) -> Result<Vec<Taken>> {
    let mut taken = Vec::new();
    for _ in 0..5 {
        taken.extend(feedback.receive(Duration::from_secs(1)).await?);
        if taken.len() >= count {
            return Ok(taken);
        }
    }
    bail!("{} of {count} messages", taken.len())
}

/// A manager's configuration on a machine without Wazuh: everything else is amiss, the queues are not.
async fn doctor(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let (alerts, feedback) =
        (endpoint.queue("doctor-in", &[]).await?, endpoint.queue("doctor-out", &[]).await?);
    let place = |name: &str| endpoint.folder.path().join(name);
    let lines = [
        ("queue_url", alerts),
        ("feedback_queue_url", feedback),
        ("endpoint_url", endpoint.address.clone()),
        ("profile", PROFILE.to_owned()),
        ("credentials_file", credentials_file(endpoint)?.display().to_string()),
        ("spool", place("spool").display().to_string()),
        ("intake", "integration".to_owned()),
    ];
    let lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    fs::write(place("publisher.toml"), lines.join("\n"))?;
    let configuration = place("publisher.toml").display().to_string();
    let said = endpoint.program("wazuh-publisher", ["doctor", "--config", &configuration], "").await?;
    for queue in ["the alerts queue", "the feedback queue"] {
        let answers = format!("{queue} answers");
        ensure!(said.out.contains(&answers), "no {answers:?} in: {}{}", said.out, said.err);
    }
    let clock = said.out.lines().find(|line| line.contains("clock"));
    seen.note("sqs.date", clock.map_or("no `Date` that can be read", |_| "a `Date`, and the clock agrees"));
    Ok(())
}

const PROFILE: &str = "adapters";

fn destination(endpoint: &Endpoint, queue_url: &str) -> Result<Destination> {
    let wrong = |problem: &str| anyhow::anyhow!("{queue_url}: {problem}");
    Ok(Destination {
        queue_url: QueueUrl::try_from(queue_url.to_owned()).map_err(wrong)?,
        profile: Some(Profile::try_from(PROFILE.to_owned()).map_err(wrong)?),
        endpoint_url: Some(EndpointUrl::try_from(endpoint.address.clone()).map_err(wrong)?),
    })
}

fn access(endpoint: &Endpoint) -> Result<Access> {
    Ok(Access { credentials_file: Some(credentials_file(endpoint)?), ca_bundle: None })
}

fn credentials_file(endpoint: &Endpoint) -> Result<std::path::PathBuf> {
    let file = endpoint.folder.path().join("credentials");
    let text =
        format!("[{PROFILE}]\naws_access_key_id = test\naws_secret_access_key = test\nregion = {REGION}\n");
    fs::write(&file, text)?;
    Ok(file)
}

/// As the publisher makes them of a line of `alerts.json`.
fn alert(number: usize) -> Result<Message> {
    let text = format!(
        r#"{{"id":"1.{number}","rule":{{"id":"5763","level":10,"description":"d"}},"manager":{{"name":"m"}}}}"#
    );
    let origin = Origin::Line(number, text.clone().into_bytes());
    Ok(Message::prepare(origin, text.as_bytes(), "host", Timestamp::now())?)
}
