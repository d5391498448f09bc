use std::time::Duration;

use domain::verdict::{Answer, Evidence, Unanswered};

/// How long an answer is worth keeping; nothing for what costs nothing to find out again, or may end any moment.
///
/// Scores that are still moving are asked for sooner, "nothing known" sooner than a hit, and a failure is tried again
/// after a few minutes.
pub(crate) fn time_to_live(answer: &Answer) -> Option<Duration> {
    let hours = Duration::from_hours;
    match answer {
        Answer::Known { evidence } => Some(match evidence {
            Evidence::AbuseIpDb(reputation) => match reputation.score {
                0 => hours(12),
                1..100 => hours(6),
                100.. => hours(24),
            },
            Evidence::Misp(_) if evidence.is_hit() => Duration::from_mins(30),
            Evidence::Misp(_) => Duration::from_mins(15),
            Evidence::Otx(_) if evidence.is_hit() => hours(12),
            Evidence::Otx(_) => hours(6),
            Evidence::Listed(_) => return None,
        }),
        Answer::Skipped { .. } => None,
        Answer::Unknown { reason } => match reason {
            Unanswered::Timeout | Unanswered::Unreachable | Unanswered::InvalidResponse => {
                Some(Duration::from_mins(5))
            }
            Unanswered::Disabled
            | Unanswered::QuotaExhausted
            | Unanswered::RateLimited
            | Unanswered::Unauthorized
            | Unanswered::CircuitOpen => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::verdict::{MispAttribute, MispMatches, OtxPulses, Reputation};

    #[test]
    fn an_answer_is_kept_by_what_it_says() {
        let score = |score| Answer::from(Evidence::AbuseIpDb(Reputation { score, ..Reputation::default() }));
        let misp = |attributes| Answer::from(Evidence::Misp(MispMatches { total: 1, attributes }));
        let otx = |count| Answer::from(Evidence::Otx(OtxPulses { count, ..OtxPulses::default() }));
        let failed = |reason| Answer::Unknown { reason };
        for (answer, minutes) in [
            (score(0), Some(12 * 60)),
            (score(1), Some(6 * 60)),
            (score(99), Some(6 * 60)),
            (score(100), Some(24 * 60)),
            (misp(vec![MispAttribute::default()]), Some(30)),
            (misp(Vec::new()), Some(15)),
            (otx(1), Some(12 * 60)),
            (otx(0), Some(6 * 60)),
            (failed(Unanswered::Timeout), Some(5)),
            (failed(Unanswered::QuotaExhausted), None),
            (failed(Unanswered::Unauthorized), None),
        ] {
            assert_eq!(time_to_live(&answer), minutes.map(Duration::from_mins), "{answer:?}");
        }
    }
}
