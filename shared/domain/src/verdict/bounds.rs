//! What an indicator is bounds what is said about it.

use super::{Class, Formula, Judgement, Modifier, Standing};
use crate::indicator::Direction;

/// What context does to a score. A person's word goes last and wins; of two persons, the one who warns.
pub(super) struct Bounds {
    pub direction: Direction,
    pub only_community: bool,
}

impl Bounds {
    const BENIGN_AT_MOST: u8 = 20;
    const SCANNER_AT_MOST: u8 = 60;

    /// The bounded score, the judgement where it does not follow from the score, and what was done.
    pub fn apply(
        &self,
        mut score: u8,
        standings: &[Standing],
        formula: &Formula,
    ) -> (u8, Option<Judgement>, Vec<Modifier>) {
        let mut forced = None;
        let mut modifiers = Vec::new();
        let mut by_rank: Vec<&Standing> = standings.iter().collect();
        by_rank.sort_by_key(|standing| rank(standing.class));
        for standing in by_rank {
            let by = &standing.by;
            let sentence = match standing.class {
                Class::BenignAnchor => {
                    score = score.min(Self::BENIGN_AT_MOST);
                    forced = Some(Judgement::BenignInfrastructure);
                    format!("A well-known service ({by}): the score is at most {}", Self::BENIGN_AT_MOST)
                }
                Class::SharedInfrastructure if self.only_community && score > 0 => {
                    let most = formula.malicious_from.saturating_sub(1);
                    score = score.min(most);
                    format!(
                        "Shared infrastructure ({by}) and only community reports: the score is at most {most}"
                    )
                }
                Class::SharedInfrastructure => format!("Shared infrastructure ({by})"),
                Class::ResearchScanner if self.direction == Direction::Source => {
                    score = score.min(Self::SCANNER_AT_MOST);
                    format!(
                        "A research scanner ({by}) at the door: the score is at most {}",
                        Self::SCANNER_AT_MOST
                    )
                }
                Class::ResearchScanner => format!("A research scanner ({by})"),
                Class::Anonymity => format!("An anonymity network ({by})"),
                Class::Sinkhole if self.direction == Direction::Destination => {
                    score = score.max(formula.malicious_from);
                    format!("Contact to a sinkhole ({by}): the score is at least {}", formula.malicious_from)
                }
                Class::Sinkhole => format!("A sinkhole ({by})"),
                Class::Allowed => {
                    (score, forced) = (0, Some(Judgement::BenignInfrastructure));
                    format!("On the site's allow list ({by}), which wins over everything but its deny list")
                }
                Class::Denied => {
                    (score, forced) = (100, Some(Judgement::Malicious));
                    format!("On the site's deny list ({by}), which wins over everything")
                }
            };
            modifiers.push(Modifier { class: standing.class, sentence });
        }
        (score, forced, modifiers)
    }
}

/// The order in which classes are applied.
fn rank(class: Class) -> u8 {
    match class {
        Class::Anonymity => 0,
        Class::SharedInfrastructure => 1,
        Class::ResearchScanner => 2,
        Class::BenignAnchor => 3,
        Class::Sinkhole => 4,
        Class::Allowed => 5,
        Class::Denied => 6,
    }
}
