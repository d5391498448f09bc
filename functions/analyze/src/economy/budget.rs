//! What may be spent on models on one UTC day, by all workers together.
//!
//! The most that a call can cost is reserved before it and corrected after it. A worker that dies between the two
//! leaves its reservation standing until midnight: too little is spent then, never too much.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use domain::analysis::NoAnalysis;
use jiff::Timestamp;

use super::price::{Prices, Tokens};
use crate::analyses::{Amount, Analyses, Ceiling, StoreError};

/// A day's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub tokens: TokenLimit,
    pub usd: UsdLimit,
}

/// Tokens of input and output together. `0` is a limit too: then no model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLimit(Option<i64>);

/// Dollars, kept in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsdLimit(Option<i64>);

const UNLIMITED: &str = "unlimited";

impl FromStr for TokenLimit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == UNLIMITED {
            return Ok(Self(None));
        }
        text.parse().ok().filter(|tokens| *tokens >= 0).map(|tokens| Self(Some(tokens))).ok_or(LimitError)
    }
}

impl FromStr for UsdLimit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const MOST: f64 = 1_000_000.0;
        if text == UNLIMITED {
            return Ok(Self(None));
        }
        let dollars = text.parse().ok().filter(|dollars| (0.0..=MOST).contains(dollars)).ok_or(LimitError)?;
        #[expect(clippy::cast_possible_truncation, reason = "checked: up to a million dollars")]
        let micro_usd = |dollars: f64| (dollars * 1_000_000.0).round() as i64;
        Ok(Self(Some(micro_usd(dollars))))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitError;

impl fmt::Display for LimitError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it is neither a number from 0 up nor {UNLIMITED}")
    }
}

/// The most that one call can cost, taken from its day's budget. It must be settled.
#[derive(Debug)]
#[must_use = "what is not settled counts as spent"]
pub struct Reservation {
    id: String,
    reserved: Amount,
    expires_at: Timestamp,
}

impl Budget {
    /// Sums of past days are looked at for a week at most.
    const RETENTION: Duration = Duration::from_hours(7 * 24);

    /// Reserves the most that a call can cost. Where a limit is set and the table does not answer, nothing is spent.
    pub async fn reserve(
        &self,
        analyses: &Analyses,
        most: Amount,
        now: Timestamp,
    ) -> Result<Reservation, NoAnalysis> {
        let (id, ceiling) = (Self::row(now), self.ceiling());
        let expires_at = now + Self::RETENTION;
        let reservation = |reserved| Reservation { id: id.clone(), reserved, expires_at };
        match analyses.add(&id, most, ceiling, expires_at).await {
            Ok(true) => Ok(reservation(most)),
            Ok(false) => Err(NoAnalysis::BudgetExhausted),
            Err(error) => {
                tracing::warn!(error = lambda::logs::chain(&error), "the model's budget could not be read");
                if ceiling == Ceiling::default() {
                    return Ok(reservation(Amount::default()));
                }
                Err(NoAnalysis::BudgetUnknown)
            }
        }
    }

    /// What the day has cost so far, with what is reserved.
    pub async fn spent(analyses: &Analyses, now: Timestamp) -> Result<Amount, StoreError> {
        analyses.sums(&Self::row(now)).await
    }

    /// What the day's sums may reach.
    pub fn ceiling(&self) -> Ceiling {
        Ceiling { tokens: self.tokens.0, micro_usd: self.usd.0 }
    }

    fn row(now: Timestamp) -> String {
        format!("budget#{}", now.strftime("%Y-%m-%d"))
    }

    /// Replaces what was reserved by what was spent, on the day of the reservation.
    pub async fn settle(analyses: &Analyses, reservation: Reservation, spent: Amount) {
        let Reservation { id, reserved, expires_at } = reservation;
        let correction = Amount {
            tokens: spent.tokens.saturating_sub(reserved.tokens),
            micro_usd: spent.micro_usd.saturating_sub(reserved.micro_usd),
        };
        if let Err(error) = analyses.add(&id, correction, Ceiling::default(), expires_at).await {
            tracing::warn!(error = lambda::logs::chain(&error), "the model's budget could not be corrected");
        }
    }
}

/// What a call counts for in the budget.
pub fn amount(prices: &Prices, model: &str, tokens: Tokens) -> Amount {
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Amount { tokens: whole(tokens.total()), micro_usd: whole(prices.charge_micro_usd(model, tokens)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-10-03T12:00:00Z";

    fn budget(tokens: &str, usd: &str) -> Budget {
        Budget { tokens: tokens.parse().unwrap(), usd: usd.parse().unwrap() }
    }

    fn amount(tokens: i64, micro_usd: i64) -> Amount {
        Amount { tokens, micro_usd }
    }

    #[tokio::test]
    async fn the_first_limit_that_is_reached_stops_the_day() {
        for (tokens, usd, most, expected) in [
            ("1000", "1", amount(1_000, 1_000_000), None),
            ("1000", "1", amount(1_001, 0), Some(NoAnalysis::BudgetExhausted)),
            ("1000", "1", amount(0, 1_000_001), Some(NoAnalysis::BudgetExhausted)),
            ("0", "unlimited", amount(1, 0), Some(NoAnalysis::BudgetExhausted)),
            ("unlimited", "0", amount(1, 1), Some(NoAnalysis::BudgetExhausted)),
            ("unlimited", "0", amount(1_000_000, 0), None),
            ("unlimited", "unlimited", amount(i64::MAX, i64::MAX), None),
        ] {
            let answer = budget(tokens, usd).reserve(&Analyses::memory(), most, NOON.parse().unwrap()).await;
            assert_eq!(answer.err(), expected, "{tokens} tokens, {usd} dollars, {most:?}");
        }
    }

    #[tokio::test]
    async fn what_was_reserved_and_not_spent_is_given_back() {
        let (analyses, budget, now) = (Analyses::memory(), budget("1000", "1"), NOON.parse().unwrap());
        let first = budget.reserve(&analyses, amount(900, 900_000), now).await.unwrap();
        assert!(budget.reserve(&analyses, amount(200, 0), now).await.is_err());
        Budget::settle(&analyses, first, amount(300, 100_000)).await;
        let second = budget.reserve(&analyses, amount(700, 900_000), now).await.unwrap();
        // More than was thought possible counts as well.
        Budget::settle(&analyses, second, amount(701, 0)).await;
        assert!(budget.reserve(&analyses, amount(0, 0), now).await.is_err());
    }

    #[tokio::test]
    async fn each_day_has_its_own_and_a_call_over_midnight_belongs_to_the_old_one() {
        let (analyses, budget) = (Analyses::memory(), budget("1000", "unlimited"));
        let reservation =
            budget.reserve(&analyses, amount(1_000, 0), "2026-10-03T23:59:59Z".parse().unwrap()).await;
        let tomorrow = "2026-10-04T00:00:01Z".parse().unwrap();
        Budget::settle(&analyses, reservation.unwrap(), amount(1_000, 0)).await;
        assert!(budget.reserve(&analyses, amount(1_000, 0), tomorrow).await.is_ok());
    }

    #[test]
    fn a_limit_is_a_number_or_none() {
        for text in ["", "-1", "five", "none", "NaN"] {
            assert!(text.parse::<TokenLimit>().is_err() && text.parse::<UsdLimit>().is_err(), "{text}");
        }
        assert_eq!("2.50".parse(), Ok(UsdLimit(Some(2_500_000))));
        assert_eq!("unlimited".parse(), Ok(TokenLimit(None)));
        let problem = "-1".parse::<UsdLimit>().unwrap_err().to_string();
        assert_eq!(problem, "it is neither a number from 0 up nor unlimited");
    }
}
