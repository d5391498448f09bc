//! Credentials, queues and clock.
//!
//! No probe changes anything. The publisher's policy has the right to send to one queue and to read from another, and
//! nothing that merely looks; so a queue is asked for something that it must refuse for its content: a batch without a
//! message, or no message at all. That answer proves network, TLS, proxy, region, signature and clock. Whether
//! SQS judges rights before content is nowhere promised: only an alert that arrives proves the right to send.

use aws_sdk_sqs::config::Builder;
use jiff::{Timestamp, Unit};

use super::clock::Clock;
use super::findings::Finding;
use super::manager::Hook;
use crate::config::Config;
use crate::destination::Destination;
use crate::queue::{self, Access, Queue, SendError};
use crate::trust::Trust;

/// Which queue, and so which right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Alerts,
    Feedback,
}

pub async fn queues(config: &Config, hook: Option<Hook>, now: Timestamp) -> Vec<Finding> {
    // integratord's block counts where the configuration names none.
    let hook = hook.filter(|_| config.queue_url.is_none());
    let alerts = config.queue_url.clone().or_else(|| hook.as_ref().map(|hook| hook.queue_url.clone()));
    let feedback = config.relay.queue_url.clone();
    let mut findings = Vec::new();
    let clock = Clock::default();
    if alerts.is_none() {
        let cure =
            "queue_url in wazuh-triage.toml; integratord has it as <hook_url>, which is not looked at here";
        findings.push(Finding::warn("no alerts queue is configured", cure));
    }
    if feedback.is_none() {
        let cure = "feedback_queue_url in wazuh-triage.toml, if enriched events are to come back";
        findings.push(Finding::warn("no feedback queue is configured", cure));
    }
    let known = [(Use::Alerts, alerts), (Use::Feedback, feedback)];
    let known = known.into_iter().filter_map(|(used, url)| Some((used, url?)));
    for (number, (used, queue_url)) in known.enumerate() {
        let of_hook = hook.as_ref().filter(|_| used == Use::Alerts).and_then(|hook| hook.profile.clone());
        let profile = of_hook.or_else(|| config.profile.clone());
        let endpoint_url = config.endpoint_url.clone();
        let destination = Destination { queue_url, profile, endpoint_url };
        // Both queues are asked with the same ones.
        if number == 0 {
            match queue::credentials(&destination, &config.access).await {
                Ok(credentials) => {
                    findings.push(valid(credentials.expiry().and_then(|at| at.try_into().ok()), now));
                }
                Err(error) => {
                    findings.push(told(&error, ""));
                    return findings;
                }
            }
        }
        findings.push(match Queue::connect(&destination, &config.access).await {
            Ok(queue) => probe(&queue, used, &clock).await,
            Err(error) => told(&error, used.name()),
        });
    }
    findings.extend(clock.finding(now));
    findings
}

/// A host without any certificates is no reason to stop, but a reason to tell.
pub fn no_certificates(access: &Access) -> Option<Finding> {
    match Trust::find(access.ca_bundle.as_deref()) {
        Ok(Trust::CompiledIn) => Some(Finding::warn(
            "this host has no root certificates: AWS is known by those that were compiled in",
            "apt-get install ca-certificates (or the like), so that they are kept up to date",
        )),
        // A bundle that is wrong is told of with the queues.
        Ok(Trust::Host | Trust::Bundle(_)) | Err(_) => None,
    }
}

fn valid(expires_at: Option<Timestamp>, now: Timestamp) -> Finding {
    match expires_at {
        Some(at) if at <= now => Finding::fail(
            format!("the credentials expired at {}", shown(at)),
            "see what renews them: credential_process, the role of the host, or the session in the profile",
        ),
        Some(at) => Finding::ok(format!("credentials are there, good until {}", shown(at))),
        None => Finding::ok("credentials are there, and do not expire"),
    }
}

async fn probe(queue: &Queue, used: Use, clock: &Clock) -> Finding {
    let listening = Builder::new().interceptor(clock.clone());
    let url = queue.url();
    let client = queue.client();
    let refused = match used {
        Use::Alerts => {
            let request = client.send_message_batch().queue_url(url).set_entries(Some(Vec::new()));
            let answer = request.customize().config_override(listening).send().await;
            answer.map(drop).map_err(|error| queue.meaning(&error))
        }
        Use::Feedback => {
            let request = client.receive_message().queue_url(url).max_number_of_messages(0);
            let answer = request.customize().config_override(listening).send().await;
            answer.map(drop).map_err(|error| queue.meaning(&error))
        }
    };
    match refused {
        Err(SendError::Refused(code)) if REFUSED_AS_HOPED.iter().any(|hoped| code.contains(hoped)) => {
            Finding::ok(format!("{} answers: {url}", used.name()))
        }
        // An emulator takes it; SQS says InvalidParameterValue.
        Ok(()) | Err(SendError::Content(_)) => Finding::ok(format!("{} answers: {url}", used.name())),
        Err(SendError::AccessDenied(code)) => Finding::fail(
            format!("{} refuses access ({code}): {url}", used.name()),
            format!("these credentials need {} on it", used.rights()),
        ),
        Err(other) => told(&other, used.name()),
    }
}

/// What SQS says of a batch without a message, and of no message at all.
const REFUSED_AS_HOPED: [&str; 3] = ["EmptyBatchRequest", "MissingParameter", "ReadCountOutOfRange"];

impl Use {
    fn name(self) -> &'static str {
        match self {
            Self::Alerts => "the alerts queue",
            Self::Feedback => "the feedback queue",
        }
    }

    fn rights(self) -> &'static str {
        match self {
            Self::Alerts => "sqs:SendMessage",
            Self::Feedback => "sqs:ReceiveMessage, sqs:DeleteMessage and sqs:ChangeMessageVisibility",
        }
    }
}

/// Texts of these errors say what to do after a semicolon.
fn told(error: &SendError, name: &str) -> Finding {
    let text = error.to_string();
    let (what, cure) = text.split_once("; ").unwrap_or((&text, "try again in a while"));
    let what = if name.is_empty() { what.to_owned() } else { format!("{name}: {what}") };
    Finding::fail(what, cure)
}

fn shown(time: Timestamp) -> String {
    time.round(Unit::Second).unwrap_or(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn credentials_that_have_expired_are_of_no_use() {
        let now: Timestamp = "2026-10-03T12:00:00Z".parse().unwrap();
        for (at, level, words) in [
            (None, Level::Ok, "do not expire"),
            (Some("2026-10-03T12:00:01Z"), Level::Ok, "good until 2026-10-03T12:00:01Z"),
            (Some("2026-10-03T12:00:00Z"), Level::Fail, "expired at 2026-10-03T12:00:00Z"),
        ] {
            let finding = valid(at.map(|at| at.parse().unwrap()), now);
            assert_eq!(finding.level, level);
            assert!(finding.what.contains(words), "{}", finding.what);
        }
    }
}
