//! `triage cost`: what a month would cost, item by item, from list prices and shares that are printed with it.

mod items;

use std::str::FromStr;

use clap::Args;
use lambda::config::Environment;
use serde::Serialize;
use simulation::prices;

use super::{Paper, Table, Tone};
use crate::failure::Failure;
use items::{Item, Load};

#[derive(Debug, Args)]
pub(crate) struct CostOptions {
    /// Alerts that the publisher sends.
    #[arg(long, value_name = "NUMBER")]
    alerts_per_day: u64,
    /// Of these, the part that enrich passes on: the others are ignored, observed, or nothing speaks for them.
    #[arg(long, value_name = "0..1", default_value = "0.3")]
    forward_share: Share,
    /// Mails for each alert that is sent: most alerts are counted in an incident that is known.
    #[arg(long, value_name = "0..1", default_value = "0.01")]
    mail_share: Share,
    /// Questions to the model for each alert that is sent; 0 is no model.
    #[arg(long, value_name = "0..1", default_value = "0.01")]
    model_share: Share,
    /// Tokens of one question.
    #[arg(long, value_name = "NUMBER", default_value = "2500")]
    tokens_in: u64,
    /// Tokens of one answer.
    #[arg(long, value_name = "NUMBER", default_value = "900")]
    tokens_out: u64,
    /// Dollars for a million tokens of input.
    #[arg(long, value_name = "USD", default_value = "0.75")]
    price_in: Dollars,
    /// Dollars for a million tokens of output.
    #[arg(long, value_name = "USD", default_value = "4.50")]
    price_out: Dollars,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

pub(crate) const AFTER_COST: &str = "\
List prices of us-east-1 for arm64, without the free tier, taxes and discounts; the day on which they were looked up is
printed. Other regions cost up to a third more. Not in it: traffic out of AWS, a VPC with endpoints or NAT, AbuseIPDB's or
MISP's price, and the host of the publisher. Prices of models age fastest: give those of yours.";

/// A part of a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share(f64);

impl FromStr for Share {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or("a share is a number from 0 to 1")
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dollars(f64);

impl FromStr for Dollars {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let dollars = text.parse().ok().filter(|dollars: &f64| (0.0..=10_000.0).contains(dollars));
        dollars.map(Self).ok_or("a price is a number from 0 to 10000")
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u8,
    prices_as_of: &'static str,
    region: &'static str,
    currency: &'static str,
    items: &'a [Item],
    month_usd: f64,
}

pub(crate) fn run(options: &CostOptions, environment: &Environment) -> Result<(), Failure> {
    let items = items::of(&options.load());
    let month_usd = items.iter().map(|item| item.month_usd).sum();
    let mut paper = Paper::new(environment);
    if options.json {
        let (prices_as_of, region) = (prices::AS_OF, prices::REGION);
        let items = items.as_slice();
        return paper.json(&Document { schema: 1, prices_as_of, region, currency: "USD", items, month_usd });
    }
    let mut table = Table::new(&["ITEM", "USD A MONTH", "HOW MUCH", "PRICE"]);
    for item in &items {
        let dollars = format!("{:.2}", item.month_usd);
        table.row(Tone::Plain, [item.name.to_owned(), dollars, item.amount.clone(), item.price.clone()]);
    }
    let total =
        [format!("total, prices of {}, {}", prices::AS_OF, prices::REGION), format!("{month_usd:.2}")];
    table.row(Tone::Heading, total);
    paper.table(&table)
}

impl CostOptions {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn load(&self) -> Load {
        const DAYS: f64 = 30.0;
        let alerts = self.alerts_per_day as f64 * DAYS;
        Load {
            alerts,
            forwarded: alerts * self.forward_share.0,
            mails: alerts * self.mail_share.0,
            questions: alerts * self.model_share.0,
            tokens_in: self.tokens_in as f64,
            tokens_out: self.tokens_out as f64,
            price_in: self.price_in.0,
            price_out: self.price_out.0,
        }
    }
}
