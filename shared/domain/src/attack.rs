//! Names and tactics of ATT&CK's techniques, from a table in the program: nothing is looked up elsewhere.

use std::fmt;
use std::sync::LazyLock;

/// The version of ATT&CK Enterprise that the table holds.
pub const VERSION: &str = "18.1";

/// One technique or sub-technique of ATT&CK Enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Technique {
    /// `T1110`, or `T1110.001`.
    pub id: &'static str,
    /// MITRE's name; that of a sub-technique stands without its parent's.
    pub name: &'static str,
    pub tactics: Vec<Tactic>,
}

/// Why an adversary does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tactic {
    Reconnaissance,
    ResourceDevelopment,
    InitialAccess,
    Execution,
    Persistence,
    PrivilegeEscalation,
    DefenseEvasion,
    CredentialAccess,
    Discovery,
    LateralMovement,
    Collection,
    CommandAndControl,
    Exfiltration,
    Impact,
}

/// The technique with this id, exactly as ATT&CK writes it; nothing for one that is unknown, revoked or deprecated.
pub fn technique(id: &str) -> Option<&'static Technique> {
    let index = TECHNIQUES.binary_search_by(|technique| technique.id.cmp(id)).ok()?;
    TECHNIQUES.get(index)
}

/// In the order of their ids. A line that cannot be read is left out; a test sees that there is none.
static TECHNIQUES: LazyLock<Vec<Technique>> = LazyLock::new(|| lines().filter_map(read).collect());

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("attack/techniques.tsv").lines().filter(|line| !line.starts_with('#'))
}

fn read(line: &'static str) -> Option<Technique> {
    let mut columns = line.split('\t');
    let (id, tactics, name) = (columns.next()?, columns.next()?, columns.next()?);
    let tactics = tactics.split(',').map(Tactic::read).collect::<Option<_>>()?;
    Some(Technique { id, name, tactics })
}

impl Tactic {
    fn read(phase: &str) -> Option<Self> {
        Some(match phase {
            "reconnaissance" => Self::Reconnaissance,
            "resource-development" => Self::ResourceDevelopment,
            "initial-access" => Self::InitialAccess,
            "execution" => Self::Execution,
            "persistence" => Self::Persistence,
            "privilege-escalation" => Self::PrivilegeEscalation,
            "defense-evasion" => Self::DefenseEvasion,
            "credential-access" => Self::CredentialAccess,
            "discovery" => Self::Discovery,
            "lateral-movement" => Self::LateralMovement,
            "collection" => Self::Collection,
            "command-and-control" => Self::CommandAndControl,
            "exfiltration" => Self::Exfiltration,
            "impact" => Self::Impact,
            _ => return None,
        })
    }

    /// MITRE's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reconnaissance => "Reconnaissance",
            Self::ResourceDevelopment => "Resource Development",
            Self::InitialAccess => "Initial Access",
            Self::Execution => "Execution",
            Self::Persistence => "Persistence",
            Self::PrivilegeEscalation => "Privilege Escalation",
            Self::DefenseEvasion => "Defense Evasion",
            Self::CredentialAccess => "Credential Access",
            Self::Discovery => "Discovery",
            Self::LateralMovement => "Lateral Movement",
            Self::Collection => "Collection",
            Self::CommandAndControl => "Command and Control",
            Self::Exfiltration => "Exfiltration",
            Self::Impact => "Impact",
        }
    }
}

impl fmt::Display for Tactic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_in_order() {
        assert_eq!(TECHNIQUES.len(), lines().count());
        assert_eq!(TECHNIQUES.len(), 691, "the active techniques of ATT&CK Enterprise {VERSION}");
        assert!(TECHNIQUES.windows(2).all(|pair| pair[0].id < pair[1].id));
        for technique in TECHNIQUES.iter() {
            assert!(!technique.tactics.is_empty(), "{}", technique.id);
            assert!(
                technique.name.trim() == technique.name && !technique.name.is_empty(),
                "{}",
                technique.id
            );
        }
    }

    #[test]
    fn a_technique_is_found_by_its_exact_id() {
        for (id, name, tactics) in [
            ("T1001", "Data Obfuscation", vec![Tactic::CommandAndControl]),
            ("T1110.001", "Password Guessing", vec![Tactic::CredentialAccess]),
            (
                "T1078",
                "Valid Accounts",
                vec![
                    Tactic::DefenseEvasion,
                    Tactic::Persistence,
                    Tactic::PrivilegeEscalation,
                    Tactic::InitialAccess,
                ],
            ),
            ("T1595.002", "Vulnerability Scanning", vec![Tactic::Reconnaissance]),
        ] {
            let technique = technique(id).unwrap();
            assert_eq!((technique.id, technique.name, &technique.tactics), (id, name, &tactics));
        }
        for id in ["", "T", "t1110", "T1110 ", "T1110.999", "T9999", "T1086", "T1001.", "TA0001", "# ATT&CK"]
        {
            assert_eq!(technique(id), None, "{id}: unknown, or PowerShell's id until 2020");
        }
    }

    #[test]
    fn the_table_keeps_the_notice_that_its_terms_ask_for() {
        let table = include_str!("attack/techniques.tsv");
        assert!(table.contains("reproduced and distributed with the permission of The MITRE Corporation"));
        assert!(table.len() < 60_000, "{} bytes in every function", table.len());
    }
}
