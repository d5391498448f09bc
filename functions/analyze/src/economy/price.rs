//! What a call costs: dated configuration, since prices and names change faster than programs.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::Date;
use serde::Deserialize;

use crate::model::Usage;

/// Tokens that a call used, or may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: u64,
    /// Of the input, those that the server had in its cache.
    pub cached: u64,
    /// With those for reasoning.
    pub output: u64,
}

impl Tokens {
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl From<Usage> for Tokens {
    fn from(usage: Usage) -> Self {
        Self { input: usage.input_tokens, cached: usage.cached_tokens, output: usage.output_tokens }
    }
}

/// Prices by the model's name as it is configured, and the day on which they were true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    as_of: Option<Date>,
    models: BTreeMap<String, Price>,
}

/// Nano-dollars for one token: a dollar for a million tokens is a thousand of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Price {
    input: u64,
    cached: u64,
    output: u64,
}

impl Price {
    /// Above every price known: a model without a price must use up its budget too early, not too late.
    const UNKNOWN: Self = Self { input: 50_000, cached: 50_000, output: 250_000 };

    fn micro_usd(self, tokens: Tokens) -> u64 {
        let cached = tokens.cached.min(tokens.input);
        [(tokens.input - cached, self.input), (cached, self.cached), (tokens.output, self.output)]
            .into_iter()
            .fold(0, |sum: u64, (count, price)| sum.saturating_add(count.saturating_mul(price)))
            .div_ceil(1_000)
    }
}

impl Prices {
    /// The day on which the prices were true.
    pub fn as_of(&self) -> Option<Date> {
        self.as_of
    }

    pub fn knows(&self, model: &str) -> bool {
        self.models.contains_key(model)
    }

    /// What is known to be paid; nothing for a model without a price.
    pub fn cost_micro_usd(&self, model: &str, tokens: Tokens) -> Option<u64> {
        Some(self.models.get(model)?.micro_usd(tokens))
    }

    /// What the budget counts: a model without a price is taken for a dear one.
    pub fn charge_micro_usd(&self, model: &str, tokens: Tokens) -> u64 {
        self.models.get(model).copied().unwrap_or(Price::UNKNOWN).micro_usd(tokens)
    }
}

impl FromStr for Prices {
    type Err = PriceError;

    /// `{"as_of":"2026-07-01","usd_per_million_tokens":{"NAME":{"input":0.75,"cached":0.075,"output":4.5}}}`; an empty
    /// object knows no prices.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            as_of: Option<String>,
            #[serde(default)]
            usd_per_million_tokens: BTreeMap<String, Usd>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Usd {
            input: f64,
            cached: Option<f64>,
            output: f64,
        }
        let table: Table =
            serde_json::from_str(text).map_err(|error| PriceError::Shape(error.to_string()))?;
        let as_of =
            table.as_of.map(|day| day.parse::<Date>().map_err(|_| PriceError::Day(day))).transpose()?;
        if as_of.is_none() && !table.usd_per_million_tokens.is_empty() {
            return Err(PriceError::NoDay);
        }
        let price = |(name, usd): (String, Usd)| {
            let nano = |dollars: f64| nano(dollars).ok_or_else(|| PriceError::Price(name.clone()));
            let (input, output) = (nano(usd.input)?, nano(usd.output)?);
            let cached = usd.cached.map_or(Ok(input), nano)?;
            Ok((name.clone(), Price { input, cached, output }))
        };
        let models = table.usd_per_million_tokens.into_iter().map(price).collect::<Result<_, _>>()?;
        Ok(Self { as_of, models })
    }
}

fn nano(dollars: f64) -> Option<u64> {
    const MOST: f64 = 10_000.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: 0 to 10,000,000")]
    let nano = || (dollars * 1_000.0).round() as u64;
    (0.0..=MOST).contains(&dollars).then(nano)
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("it is no price list: {0}")]
    Shape(String),
    #[error("as_of is {0:?} and no day as in 2026-07-01")]
    Day(String),
    #[error("as_of is missing: the day on which the prices were true")]
    NoDay,
    #[error("a price of {0:?} is not from 0 to 10000 dollars for a million tokens")]
    Price(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"{"as_of":"2026-07-01","usd_per_million_tokens":{
        "gpt-5.4-mini":{"input":0.75,"cached":0.075,"output":4.50},"local":{"input":0,"output":0}}}"#;

    #[test]
    fn a_call_costs_what_its_tokens_cost() {
        let prices: Prices = LIST.parse().unwrap();
        for (model, input, cached, output, cost) in [
            // 1,000 x 0.75 + 1,500 x 0.075 + 900 x 4.50 dollars for a million
            ("gpt-5.4-mini", 2_500, 1_500, 900, Some(4_913)),
            ("gpt-5.4-mini", 0, 0, 0, Some(0)),
            ("gpt-5.4-mini", 1, 0, 0, Some(1)),
            ("gpt-5.4-mini", 100, 5_000, 0, Some(8)),
            ("local", 2_500, 0, 900, Some(0)),
            ("new", 2_500, 0, 900, None),
        ] {
            let tokens = Tokens { input, cached, output };
            assert_eq!(prices.cost_micro_usd(model, tokens), cost, "{model} {tokens:?}");
        }
    }

    #[test]
    fn a_model_without_a_price_is_charged_as_a_dear_one() {
        let prices: Prices = LIST.parse().unwrap();
        let tokens = Tokens { input: 2_500, cached: 0, output: 900 };
        assert_eq!(prices.charge_micro_usd("gpt-5.4-mini", tokens), 5_925);
        assert_eq!(prices.charge_micro_usd("new", tokens), 350_000);
        assert!(Prices::default().charge_micro_usd("gpt-5.4-mini", tokens) > 5_925);
        let endless = Tokens { input: u64::MAX, cached: 0, output: u64::MAX };
        assert!(prices.charge_micro_usd("new", endless) > 1_000_000_000, "it saturates");
    }

    #[test]
    fn a_list_that_is_none_says_why() {
        for (text, problem) in [
            ("cheap", "it is no price list: expected value at line 1 column 1"),
            (r#"{"usd_per_million_tokens":{"m":{"input":1,"output":1}}}"#, "as_of is missing"),
            (r#"{"as_of":"yesterday"}"#, "as_of is \"yesterday\" and no day"),
            (
                r#"{"as_of":"2026-07-01","usd_per_million_tokens":{"m":{"input":-1,"output":1}}}"#,
                "a price of \"m\"",
            ),
            (
                r#"{"as_of":"2026-07-01","usd_per_million_tokens":{"m":{"input":1}}}"#,
                "missing field `output`",
            ),
            (r#"{"as_of":"2026-07-01","prices":{}}"#, "unknown field `prices`"),
        ] {
            let error = text.parse::<Prices>().unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
        assert_eq!("{}".parse(), Ok(Prices::default()));
    }
}
