//! Limits that fail a call, so that a change of prompt, model or weights can be refused by a machine.

use clap::Args;

use super::figures::Figures;
use super::score::share;
use crate::failure::Failure;

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Thresholds {
    /// Least share of attacks that must be called suspicious.
    #[arg(long, value_name = "SHARE", value_parser = share_of_one)]
    min_recall: Option<f64>,
    /// Largest share of benign alerts that may be called suspicious.
    #[arg(long, value_name = "SHARE", value_parser = share_of_one)]
    max_fpr: Option<f64>,
    #[arg(long, value_name = "SHARE", value_parser = share_of_one, help = "Least macro-F1")]
    min_macro_f1: Option<f64>,
    /// Least share of the model's citations that must be verified.
    #[arg(long, value_name = "SHARE", value_parser = share_of_one)]
    min_grounding: Option<f64>,
    /// Least share of questions that the model must answer in the asked-for shape.
    #[arg(long, value_name = "SHARE", value_parser = share_of_one)]
    min_valid: Option<f64>,
    /// Largest share of cases whose verdict may change between equal runs.
    #[arg(long, value_name = "SHARE", value_parser = share_of_one)]
    max_flips: Option<f64>,
    /// Largest share of final priorities that probes may lower.
    #[arg(long, value_name = "SHARE", value_parser = share_of_one)]
    max_lowered: Option<f64>,
}

impl Thresholds {
    /// A figure that does not exist misses its limit: nothing was shown.
    pub(super) fn check(&self, figures: &Figures) -> Result<(), Failure> {
        let rates = figures.decided();
        let model = figures.model.as_ref();
        let flips = model.and_then(|model| share(model.flipped, model.repeated));
        let pairs = [figures.injection, figures.model_injection].into_iter().flatten();
        let lowered = pairs.filter_map(|pairs| share(pairs.lowered, pairs.total)).max_by(f64::total_cmp);
        let least = [
            ("recall", self.min_recall, rates.recall),
            ("macro-F1", self.min_macro_f1, rates.macro_f1),
            ("verified evidence", self.min_grounding, model.and_then(|model| model.grounding)),
            ("valid answers", self.min_valid, model.and_then(|model| model.valid_rate)),
        ];
        let most = [
            ("false positives", self.max_fpr, rates.false_positive_rate),
            ("changed verdicts", self.max_flips, flips),
            ("lowered priorities", self.max_lowered, lowered),
        ];
        let mut missed = Vec::new();
        for (name, limit, figure) in least {
            missed.extend(
                limit.and_then(|limit| problem(name, figure, "at least", limit, figure >= Some(limit))),
            );
        }
        for (name, limit, figure) in most {
            let kept = figure.is_some_and(|figure| Some(figure) <= limit);
            missed.extend(limit.and_then(|limit| problem(name, figure, "at most", limit, kept)));
        }
        if missed.is_empty() { Ok(()) } else { Err(Failure::Thresholds(missed.join("; "))) }
    }
}

fn problem(name: &str, figure: Option<f64>, bound: &str, limit: f64, kept: bool) -> Option<String> {
    let figure = figure.map_or_else(|| "not measured".to_owned(), |figure| format!("{figure:.3}"));
    (!kept).then(|| format!("{name} {figure}, {bound} {limit} was asked for"))
}

fn share_of_one(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok();
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "it must be a number from 0 to 1".to_owned())
}
