//! Feedback: what reaches the manager is one line, of an agent, from a location of ours.

use domain::{Feedback, message};
use publisher::relay::Event;

use crate::Kept;

const OURS: [&str; 4] = ["abuseipdb", "misp", "alienvault_otx", "wazuh-triage"];

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    let event = match Event::read(text) {
        Ok(event) => event,
        Err(unfit) => {
            // It ends in a log, where no event may stand.
            assert!(unfit.to_string().len() < 160, "{unfit}");
            return Kept::Refused;
        }
    };
    assert_eq!(event.line.find('\n'), Some(event.line.len() - 1), "{:?}", event.line);
    assert!(!event.datagram.contains(['\n', '\r']) && event.datagram.len() < 65_536, "{:?}", event.datagram);
    let feedback: Feedback = message::decode(text).expect("what was read");
    assert!(OURS.contains(&&*feedback.location));
    // analysisd reads up to the first colon that is not escaped: that must be the end of our location.
    let (origin, said) = located(&event.datagram);
    assert!(origin.ends_with(&feedback.location), "{origin}");
    if feedback.agent.id == "000" {
        assert_eq!(origin, feedback.location);
    } else {
        assert!(origin.starts_with(&format!("[{}] (", feedback.agent.id)), "{origin}");
        assert_eq!((origin.matches("->").count(), origin.matches(") ").count()), (1, 1), "{origin}");
    }
    let said: serde_json::Value = serde_json::from_str(said).expect("an event is JSON");
    assert_eq!(said, feedback.event);
    Kept::Read
}

/// Location and event of a datagram, as analysisd takes it apart.
fn located(datagram: &str) -> (&str, &str) {
    let rest = datagram.strip_prefix("1:").expect("a log line");
    let mut escaped = false;
    for (at, letter) in rest.char_indices() {
        match letter {
            '|' if !escaped => escaped = true,
            ':' if !escaped => return (rest.split_at(at).0, rest.split_at(at + 1).1),
            _ => escaped = false,
        }
    }
    panic!("{datagram:?} has no location")
}
