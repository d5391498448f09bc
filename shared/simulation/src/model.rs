//! The language model: what it allows, what it costs, and the breaker that leaves it alone.

use std::time::Duration;

use serde::Serialize;

use crate::bucket::Bucket;
use crate::plan;

#[derive(Debug)]
pub(crate) struct Model {
    plan: plan::Model,
    requests: Bucket,
    tokens: Bucket,
    breaker: Breaker,
    day: u64,
    day_questions: f64,
    pub counts: Questions,
}

/// What became of the questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Questions {
    pub answered: u64,
    /// Not asked, since the day's money or tokens are spent.
    pub over_budget: u64,
    /// Refused, since there were too many a minute.
    pub rate_limited: u64,
    /// Not asked, since it failed repeatedly.
    pub breaker_open: u64,
    pub unanswered: u64,
}

/// How a question ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Written,
    /// At once: nobody was asked, or somebody refused.
    Without,
    /// The time that a call may take is over.
    TimedOut,
}

/// Five failures within two minutes: it rests a minute, and twice as long each time it fails again.
#[derive(Debug)]
struct Breaker {
    failures: u32,
    since: Duration,
    rests_until: Duration,
    rest: Duration,
    /// One call decides whether the rest is over.
    is_trial: bool,
}

impl Model {
    pub fn new(plan: plan::Model) -> Self {
        let (requests, tokens) = (plan.requests_per_minute, plan.tokens_per_minute);
        Self {
            plan,
            requests: Bucket::new(requests / 60.0, requests),
            tokens: Bucket::new(tokens / 60.0, tokens),
            breaker: Breaker {
                failures: 0,
                since: Duration::ZERO,
                rests_until: Duration::ZERO,
                rest: Breaker::FIRST_REST,
                is_trial: false,
            },
            day: 0,
            day_questions: 0.0,
            counts: Questions::default(),
        }
    }

    pub fn ask(&mut self, now: Duration) -> Answer {
        if !self.breaker.passes(now) {
            self.counts.breaker_open += 1;
            return Answer::Without;
        }
        if !self.is_within_budget(now) {
            self.counts.over_budget += 1;
            return Answer::Without;
        }
        if self.plan.outage.is_some_and(|(from, until)| (from..until).contains(&now)) {
            self.counts.unanswered += 1;
            self.breaker.failed(now);
            return Answer::TimedOut;
        }
        let is_allowed = self.requests.tokens(now) >= 1.0 && self.tokens.tokens(now) >= self.plan.tokens();
        if !is_allowed {
            self.counts.rate_limited += 1;
            self.breaker.failed(now);
            return Answer::Without;
        }
        self.requests.take(1.0, now);
        self.tokens.take(self.plan.tokens(), now);
        self.day_questions += 1.0;
        self.counts.answered += 1;
        self.breaker.answered();
        Answer::Written
    }

    pub fn usd(&self) -> f64 {
        self.counts.answered as f64 * self.plan.question_usd()
    }

    fn is_within_budget(&mut self, now: Duration) -> bool {
        let day = now.as_secs() / 86_400;
        if day != self.day {
            (self.day, self.day_questions) = (day, 0.0);
        }
        let next = self.day_questions + 1.0;
        next * self.plan.tokens() <= self.plan.daily_tokens
            && next * self.plan.question_usd() <= self.plan.daily_usd
    }
}

impl Breaker {
    const FAILURES: u32 = 5;
    const WITHIN: Duration = Duration::from_mins(2);
    const FIRST_REST: Duration = Duration::from_mins(1);
    const LONGEST_REST: Duration = Duration::from_mins(16);

    fn passes(&mut self, now: Duration) -> bool {
        now >= self.rests_until
    }

    fn failed(&mut self, now: Duration) {
        if now.saturating_sub(self.since) > Self::WITHIN && !self.is_trial {
            (self.failures, self.since) = (0, now);
        }
        self.failures += 1;
        if self.is_trial || self.failures >= Self::FAILURES {
            self.rests_until = now + self.rest;
            self.rest = (self.rest * 2).min(Self::LONGEST_REST);
            self.is_trial = true;
        }
    }

    fn answered(&mut self) {
        if self.is_trial {
            (self.failures, self.rest, self.is_trial) = (0, Self::FIRST_REST, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn ask_each_second(plan: plan::Model, seconds: u32) -> Questions {
        let mut model = Model::new(plan);
        for second in 0..seconds {
            model.ask(Duration::from_secs(u64::from(second)));
        }
        model.counts
    }

    #[test]
    fn the_budget_of_a_day_is_kept() {
        let plan = plan::Model { daily_usd: 1.0, ..Plan::as_shipped(1).model };
        let counts = ask_each_second(plan, 2 * 86_400);
        let a_day = (1.0 / plan.question_usd()).floor() as u64;
        assert_eq!(counts.answered, 2 * a_day);
        assert_eq!(counts.over_budget, 2 * (86_400 - a_day));
    }

    #[test]
    fn a_model_that_refuses_or_is_silent_is_left_alone() {
        let unlimited = plan::Model {
            daily_usd: f64::INFINITY,
            daily_tokens: f64::INFINITY,
            ..Plan::as_shipped(1).model
        };
        let slow = plan::Model { requests_per_minute: 30.0, ..unlimited };
        let counts = ask_each_second(slow, 3_600);
        assert!(counts.answered <= 30 * 61 && counts.answered > 200, "{counts:?}");
        assert!(counts.breaker_open > counts.rate_limited, "{counts:?}");

        let outage = Some((Duration::from_mins(10), Duration::from_mins(70)));
        let counts = ask_each_second(plan::Model { outage, ..unlimited }, 7_200);
        assert!((5..15).contains(&counts.unanswered), "tries and trials only: {counts:?}");
        assert!(counts.breaker_open >= 50 * 60, "{counts:?}");
        assert!(
            counts.answered > 7_200 - 3_600 - 17 * 60,
            "it comes back within the longest rest: {counts:?}"
        );
    }
}
