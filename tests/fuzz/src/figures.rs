//! Figures that operators hand over: prices that never make a call free, and measured runs that can be simulated.

use analyze::economy::price::{Prices, Tokens};
use simulation::calibrate::Run;

use crate::Kept;

pub fn check(bytes: &[u8]) -> Kept {
    let text = &*super::text(bytes);
    if let Ok(prices) = text.parse::<Prices>() {
        check_prices(&prices);
        return Kept::Read;
    }
    match Run::read(text) {
        Ok(run) => {
            check_run(&run);
            Kept::Read
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Kept::Refused
        }
    }
}

fn check_prices(prices: &Prices) {
    let call = Tokens { input: 3_000, cached: 1_000, output: 500 };
    for model in ["gpt-5-mini", "m", "", "no model is called so"] {
        let (cost, charge) = (prices.cost_micro_usd(model, call), prices.charge_micro_usd(model, call));
        assert_eq!(prices.knows(model), cost.is_some());
        assert_eq!(cost.unwrap_or(charge), charge);
        assert!(cost.is_some() || charge > 0, "what has no price counts as dear");
        assert!(!prices.knows(model) || prices.as_of().is_some(), "a price has a day");
        let whole = prices.charge_micro_usd(model, Tokens { cached: 0, ..call });
        let twice = Tokens { input: 2 * call.input, cached: 2 * call.cached, output: 2 * call.output };
        assert!(prices.charge_micro_usd(model, twice) <= 2 * charge && whole < u64::MAX);
        let most = Tokens { input: u64::MAX, cached: u64::MAX, output: u64::MAX };
        assert!(prices.charge_micro_usd(model, most) >= charge);
    }
}

/// Only small ones are run: a week at ten million alerts a second is allowed, and takes its time.
fn check_run(run: &Run) {
    let plan = run.plan();
    assert!(plan.length.as_secs() > 0);
    if run.seconds > 900 || run.arrivals.iter().sum::<u64>() > 200 {
        return;
    }
    let (outcome, rows) = run.compare();
    for stage in &outcome.stages {
        assert!(stage.age.p99_seconds.is_finite() && stage.oldest_seconds.is_finite());
    }
    for row in rows {
        assert!(row.simulated.is_finite() && row.simulated >= 0.0, "{row:?}");
        assert!(!row.off_by().is_nan(), "{row:?}");
    }
    let again = serde_json::to_value(run.compare().0).expect("an outcome is JSON");
    assert_eq!(
        again,
        serde_json::to_value(outcome).expect("an outcome is JSON"),
        "the same seed says the same"
    );
}
