//! How an event reaches analysisd: one datagram on the manager's queue socket, `1:<location>:<event>`.
//!
//! Source: wazuh/wazuh `src/shared/mq_op.c` and `src/analysisd/cleanevent.c`. What is longer than the receiver's buffer
//! is cut without a word and loses all fields, so it is refused here.

use crate::message::Feedback;

/// The receiver reads one byte less than `OS_MAXSTR`.
pub const MAX_BYTES: usize = 65_535;

/// Where log lines of files come in, in `mq_op.h`.
const LOCALFILE: char = '1';

impl Feedback {
    /// The event as analysisd reads it: of its agent, from its location.
    pub fn datagram(&self) -> Result<String, TooLong> {
        let location = escaped(&self.origin());
        let datagram = format!("{LOCALFILE}:{location}:{}", self.event);
        if datagram.len() <= MAX_BYTES { Ok(datagram) } else { Err(TooLong(datagram.len())) }
    }

    /// An event of the manager itself has a location only; one of an agent begins with the agent.
    fn origin(&self) -> String {
        let agent = &self.agent;
        if agent.id == "000" {
            return self.location.clone();
        }
        let address = agent.ip.as_deref().unwrap_or("any");
        format!("[{}] ({}) {}->{}", plain(&agent.id), plain(&agent.name), plain(address), self.location)
    }
}

/// Colons end the location, so those of an IPv6 agent must not look like it.
fn escaped(location: &str) -> String {
    location.replace('|', "||").replace(':', "|:")
}

/// Without what analysisd takes for the end of a part.
fn plain(text: &str) -> String {
    let is_plain =
        |character: &char| !character.is_control() && !matches!(character, '(' | ')' | '[' | ']' | '>');
    text.chars().filter(is_plain).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event has {0} bytes, and Wazuh reads {MAX_BYTES}")]
pub struct TooLong(pub usize);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Agent;
    use crate::message::Schema;
    use proptest::prelude::*;
    use serde_json::json;

    fn feedback(id: &str, name: &str, ip: Option<&str>, event: serde_json::Value) -> Feedback {
        let agent = Agent { id: id.into(), name: name.into(), ip: ip.map(str::to_owned) };
        Feedback { schema: Schema, agent, location: "misp".into(), event }
    }

    #[test]
    fn an_event_arrives_as_the_agents_own() {
        for (id, name, ip, expected) in [
            ("000", "manager", None, "1:misp:{}"),
            ("007", "web-01", Some("10.20.0.7"), "1:[007] (web-01) 10.20.0.7->misp:{}"),
            ("007", "web-01", None, "1:[007] (web-01) any->misp:{}"),
            ("007", "web-01", Some("2001:db8::7"), "1:[007] (web-01) 2001|:db8|:|:7->misp:{}"),
            ("007", "a|b", Some("10.0.0.1"), "1:[007] (a||b) 10.0.0.1->misp:{}"),
            ("007", "a) 1.2.3.4->sshd:x", Some("10.0.0.1"), "1:[007] (a 1.2.3.4-sshd|:x) 10.0.0.1->misp:{}"),
        ] {
            assert_eq!(feedback(id, name, ip, json!({})).datagram().unwrap(), expected);
        }
    }

    #[test]
    fn an_event_that_would_be_cut_is_refused() {
        let event = json!({"full_log": "x".repeat(70_000)});
        let error = feedback("007", "web-01", None, event).datagram().unwrap_err();
        assert_eq!(error.to_string(), "the event has 70042 bytes, and Wazuh reads 65535");
    }

    /// The reading half, as `cleanevent.c` does it: up to the first colon that is not escaped.
    fn location_of(datagram: &str) -> (String, &str) {
        let (mut location, mut characters) = (String::new(), datagram[2..].char_indices());
        while let Some((index, character)) = characters.next() {
            match character {
                '|' => location.extend(characters.next().map(|(_, escaped)| escaped)),
                ':' => return (location, &datagram[2 + index + 1..]),
                other => location.push(other),
            }
        }
        panic!("no end of the location");
    }

    proptest! {
        #[test]
        fn no_agent_can_end_its_location_early(name in "\\PC{0,40}", ip in "\\PC{0,40}") {
            let event = json!({"integration": "misp"});
            let datagram = feedback("007", &name, Some(&ip), event.clone()).datagram().unwrap();
            let (location, message) = location_of(&datagram);
            prop_assert!(location.starts_with("[007] (") && location.ends_with("->misp"));
            prop_assert_eq!(message, event.to_string());
        }
    }
}
