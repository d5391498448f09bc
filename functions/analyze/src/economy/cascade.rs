//! Which model is asked: the small one, unless the alert is worth the large one.

use domain::RuleLevel;
use domain::analysis::ModelVerdict;
use domain::verdict::Judgement;

/// The models of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    pub small: String,
    /// Nothing: the small one answers everything.
    pub large: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    Small,
    Large,
}

impl Size {
    /// Name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

impl Models {
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.small.as_str()).chain(self.large.as_deref())
    }

    /// Rules of this level are Wazuh's "high importance" and above.
    const LARGE_FROM: u8 = 12;

    /// Who is asked first. What is grave by rule or by intelligence is not asked twice: it goes to the large one at once.
    pub fn first(&self, level: RuleLevel, judgement: Judgement) -> (Size, &str) {
        match &self.large {
            Some(large) if level.get() >= Self::LARGE_FROM || judgement == Judgement::Malicious => {
                (Size::Large, large)
            }
            Some(_) | None => (Size::Small, &self.small),
        }
    }

    /// Who is asked after the small one, if its verdict calls for it.
    pub fn second(&self, verdict: ModelVerdict, judgement: Judgement) -> Option<(Size, &str)> {
        let large = self.large.as_deref()?;
        (verdict == ModelVerdict::Undetermined || contradicts(verdict, judgement))
            .then_some((Size::Large, large))
    }
}

/// Whether a model and intelligence cannot both be right.
fn contradicts(verdict: ModelVerdict, judgement: Judgement) -> bool {
    match verdict {
        ModelVerdict::BenignTruePositive | ModelVerdict::FalsePositive => judgement >= Judgement::Suspicious,
        ModelVerdict::TruePositive => judgement == Judgement::BenignInfrastructure,
        ModelVerdict::Undetermined => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Judgement::{BenignInfrastructure, Malicious, NoEvidence, Suspicious, Unknown};
    use ModelVerdict::{BenignTruePositive, FalsePositive, TruePositive, Undetermined};

    fn models(large: Option<&str>) -> Models {
        Models { small: "small".to_owned(), large: large.map(str::to_owned) }
    }

    #[test]
    fn grave_alerts_go_to_the_large_model_at_once() {
        for (level, judgement, expected) in [
            (7, Unknown, Size::Small),
            (11, Suspicious, Size::Small),
            (12, Unknown, Size::Large),
            (15, NoEvidence, Size::Large),
            (3, Malicious, Size::Large),
        ] {
            let level = RuleLevel::try_from(level).unwrap();
            assert_eq!(models(Some("large")).first(level, judgement).0, expected, "{level} {judgement}");
            assert_eq!(models(None).first(level, judgement), (Size::Small, "small"));
        }
    }

    #[test]
    fn a_doubtful_answer_of_the_small_model_goes_to_the_large_one() {
        for (verdict, judgement, asked) in [
            (Undetermined, Unknown, true),
            (FalsePositive, Suspicious, true),
            (BenignTruePositive, Suspicious, true),
            (TruePositive, BenignInfrastructure, true),
            (FalsePositive, NoEvidence, false),
            (FalsePositive, Unknown, false),
            (TruePositive, Suspicious, false),
            (TruePositive, NoEvidence, false),
        ] {
            let second = models(Some("large")).second(verdict, judgement).is_some();
            assert_eq!(second, asked, "{verdict} {judgement}");
            assert_eq!(models(None).second(verdict, judgement), None);
        }
    }
}
