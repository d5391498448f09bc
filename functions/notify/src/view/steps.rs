//! What to do and what to find out: fixed rules first, the model after them.

use super::Shown;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub text: Shown,
    pub origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Rules,
    Model,
}

/// A longer list is not worked through.
const MAX_STEPS: usize = 5;

/// Places that the model may fill even when the rules have enough to say: its steps fit this alert.
const MODEL_STEPS: usize = 2;

pub(super) fn steps(rules: &[String], model: &[String]) -> Vec<Step> {
    let from_rules = MAX_STEPS - MODEL_STEPS.min(model.len());
    let rules = rules
        .iter()
        .take(from_rules)
        .map(|text| Step { text: Shown::line(text, 240), origin: Origin::Rules });
    let model = model.iter().map(|text| Step { text: Shown::prose(text, 240), origin: Origin::Model });
    rules.chain(model).take(MAX_STEPS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_steps_at_most_and_the_rules_come_first() {
        let texts = |from: &str, count: usize| (0..count).map(|n| format!("{from}{n}")).collect::<Vec<_>>();
        for (rules, model, expected) in [
            (7, 0, "r0 r1 r2 r3 r4"),
            (7, 1, "r0 r1 r2 r3 m0"),
            (7, 7, "r0 r1 r2 m0 m1"),
            (1, 7, "r0 m0 m1 m2 m3"),
            (0, 0, ""),
        ] {
            let steps = steps(&texts("r", rules), &texts("m", model));
            let steps: Vec<&str> = steps.iter().map(|step| step.text.as_str()).collect();
            assert_eq!(steps.join(" "), expected);
        }
    }
}
