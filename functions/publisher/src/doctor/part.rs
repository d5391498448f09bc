//! What may lie in the spool's folder, and what each of it is: whoever makes something there adds it here.

use std::path::Path;

/// One thing in the spool's folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Held by the one shipper (flock).
    Lock,
    /// A datagram socket, where the resident service is told of new alerts.
    Doorbell,
    /// A socket, where the resident service says how it goes.
    Status,
    /// There while the spool holds all it may; says how much.
    Full,
    /// Where the reading of `alerts.json` goes on, and the next one half-written.
    Checkpoint,
    /// Half-written files.
    Temporary,
    /// What can never be sent, or was not sent in time; what is no event of ours.
    Rejected,
    /// What the relay remembers.
    Relay,
    /// The alerts for one queue.
    Destination,
}

const NAMES: [(&str, Part); 9] = [
    ("lock", Part::Lock),
    ("doorbell", Part::Doorbell),
    ("status", Part::Status),
    ("full", Part::Full),
    ("follow.json", Part::Checkpoint),
    ("follow.json.tmp", Part::Checkpoint),
    ("tmp", Part::Temporary),
    ("rejected", Part::Rejected),
    ("relay", Part::Relay),
];

impl Part {
    /// Nothing for what neither program makes.
    pub fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
        let is_id = name.len() == 16 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        named.or(is_id.then_some(Self::Destination))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_name_and_nothing_else_is_one() {
        for (name, part) in NAMES {
            assert_eq!(Part::of(&Path::new("/spool").join(name)), Some(part));
        }
        assert_eq!(Part::of(Path::new("/spool/00ab34cd56ef7890")), Some(Part::Destination));
        for name in ["00AB34CD56EF7890", "00ab34cd56ef789", "lock~", "core", "follow.json.bak", ""] {
            assert_eq!(Part::of(Path::new(name)), None, "{name}");
        }
    }
}
