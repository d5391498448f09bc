//! What must hold for every plan.

use std::time::Duration;

use proptest::prelude::*;

use crate::arrivals::{Arrivals, Shape, Storm};
use crate::plan::{Gates, Plan, Scaling, StagePlan};
use crate::{Ledger, Outcome, Spread, run, run_watched};

const HOUR: Duration = Duration::from_hours(1);

fn steady(per_day: u64, length: Duration) -> Plan {
    Plan {
        length,
        arrivals: Arrivals { per_day, shape: Shape::Steady, storm: None },
        ..Plan::as_shipped(per_day)
    }
}

/// One queue with so many servers, each of which takes an exponential time for one message; nothing comes after it.
fn queueing_theory(arrivals_per_second: f64, servers: u64, mean: Duration, seed: u64) -> Plan {
    let mut plan = steady((arrivals_per_second * 86_400.0) as u64, 24 * HOUR);
    plan.seed = seed;
    plan.content.forward_share = 0.0;
    plan.content.ask_share = 0.0;
    plan.stages.enrich = StagePlan {
        batch_size: 1,
        scaling: Scaling::Fixed(servers),
        batch_time: Some(Spread::Exponential(mean)),
        ..plan.stages.enrich
    };
    plan.latency.cold_start = Spread::Constant(Duration::ZERO);
    plan
}

/// Erlang's formula: the mean time before service begins.
fn erlang_c(arrivals_per_second: f64, servers: u64, mean: Duration) -> f64 {
    let (servers, mean) = (servers as f64, mean.as_secs_f64());
    let load = arrivals_per_second * mean;
    let mut term = 1.0;
    let mut below = 0.0;
    for server in 0..servers as u64 {
        below += term;
        term *= load / (server as f64 + 1.0);
    }
    let all_busy = term / (1.0 - load / servers);
    all_busy / (below + all_busy) * mean / (servers - load)
}

fn enrich(outcome: &Outcome) -> &crate::StageOutcome {
    &outcome.stages[0]
}

#[test]
fn a_queue_with_several_servers_waits_as_long_as_the_closed_formula_says() {
    let mean = Duration::from_millis(500);
    for (rate, servers) in [(1.0, 1), (5.0, 3), (9.0, 5), (18.0, 10)] {
        let outcome = run(&queueing_theory(rate, servers, mean, 5));
        let (found, expected) = (enrich(&outcome).age.mean_seconds, erlang_c(rate, servers, mean));
        assert!(
            (found / expected - 1.0).abs() < 0.06,
            "{rate}/s, {servers} servers: {found} s, by formula {expected} s"
        );
    }
}

#[test]
fn littles_law_holds() {
    for (rate, servers) in [(5.0, 3), (9.0, 5)] {
        let outcome = run(&queueing_theory(rate, servers, Duration::from_millis(500), 9));
        let stage = enrich(&outcome);
        let came = stage.messages as f64 / 86_400.0;
        let (waiting, by_law) = (stage.mean_waiting, came * stage.age.mean_seconds);
        assert!((waiting / by_law - 1.0).abs() < 0.01, "{waiting} wait, λ·W is {by_law}");
        let (running, by_law) = (stage.mean_running, came * stage.batch_seconds);
        assert!((running / by_law - 1.0).abs() < 0.01, "{running} run, λ·S is {by_law}");
    }
}

#[test]
fn nothing_comes_of_nothing_but_what_goes_on_anyway() {
    let outcome = run(&steady(0, 24 * HOUR));
    assert_eq!(outcome.ledger, Ledger::default());
    assert_eq!((outcome.mails.sent(), outcome.questions.answered, outcome.incidents), (0, 0, 0));
    assert!(outcome.limits.is_empty() && outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    assert!(outcome.cost.total() < 0.6, "metrics, alarms, sweeps and polls: {:?}", outcome.cost);
}

#[test]
fn an_overload_queues_loses_nothing_in_a_day_and_says_when_it_would() {
    let outcome = run(&steady(300_000_000, 6 * HOUR));
    let stage = enrich(&outcome);
    assert!(stage.left > 10_000_000, "{}", stage.left);
    assert!((stage.mean_running - 10.0).abs() < 0.1, "all that may run runs: {}", stage.mean_running);
    assert!(stage.drains_in_seconds.is_none());
    assert!(outcome.ledger.closes() && outcome.ledger.expired == 0 && outcome.ledger.dead_lettered == 0);
    let first = outcome.limits.iter().find(|limit| limit.effect == crate::limits::Effect::Waits);
    assert_eq!(first.unwrap().name, "functions.enrich.maximum_concurrency");
    assert!(
        outcome.warnings.iter().any(|warning| warning.contains("never catches up")),
        "{:?}",
        outcome.warnings
    );
}

#[test]
fn what_waits_longer_than_its_queue_keeps_it_is_lost_and_counted() {
    let mut plan = steady(300_000_000, HOUR);
    plan.limits.retention = Duration::from_mins(20);
    let outcome = run(&plan);
    assert!(outcome.ledger.expired > 1_000_000, "{:?}", outcome.ledger);
    assert!(outcome.ledger.closes());
    assert!(outcome.warnings.iter().any(|warning| warning.contains("are lost")), "{:?}", outcome.warnings);
}

#[test]
fn what_always_fails_is_dead_lettered_after_its_tries() {
    let mut plan = steady(100_000, 2 * HOUR);
    plan.limits.failure_rate = 1.0;
    let outcome = run(&plan);
    let stage = enrich(&outcome);
    assert_eq!(stage.done, 0);
    // Five tries three minutes apart: what came in the last twelve minutes is still being tried.
    let tried_out = 100_000 / 24 * 2 * 108 / 120;
    assert!(
        (outcome.ledger.dead_lettered as f64 / f64::from(tried_out) - 1.0).abs() < 0.05,
        "{:?}",
        outcome.ledger
    );
    assert!(outcome.ledger.closes());
}

#[test]
fn a_model_that_does_not_answer_costs_its_words_and_no_mail() {
    let mut plan = steady(1_000_000, 3 * HOUR);
    plan.model.outage = Some((HOUR, 2 * HOUR));
    let outcome = run(&plan);
    assert!(outcome.questions.breaker_open + outcome.questions.unanswered > 100, "{:?}", outcome.questions);
    assert!(outcome.to_mail.count > 0 && outcome.ledger.closes());
    assert!(
        outcome.stages[1].oldest_seconds < 60.0,
        "it is left alone: {}",
        outcome.stages[1].oldest_seconds
    );
}

#[test]
fn a_storm_of_one_rule_is_one_incident_and_few_mails() {
    let mut plan = steady(0, 2 * HOUR);
    plan.arrivals.storm = Some(Storm { at: HOUR / 2, lasting: HOUR / 6, alerts: 100_000 });
    let outcome = run(&plan);
    assert_eq!(outcome.incidents, 1);
    assert_eq!(outcome.ledger.counted + outcome.ledger.notified, 100_000);
    assert!(
        (2..=5).contains(&outcome.mails.sent()),
        "the first, an update after five minutes, perhaps more: {:?}",
        outcome.mails
    );
    let item = outcome.limits.iter().find(|limit| limit.name.contains("storm")).unwrap();
    assert!((0.9..1.1).contains(&item.used()), "167 alerts/s take 1,000 units/s: {}", item.used());
}

#[test]
fn without_gates_every_notice_is_a_mail_and_the_quota_parks_the_rest() {
    let mut plan = steady(10_000_000, 2 * HOUR);
    plan.stages.notify.scaling = Scaling::Standard { maximum_concurrency: 50 };
    plan.mail.gates = Gates::Open;
    plan.mail.per_day = 3_000.0;
    let outcome = run(&plan);
    assert_eq!(outcome.mails.of_one_incident, 3_000);
    assert!(outcome.ledger.parked > 0 && outcome.ledger.closes(), "{:?}", outcome.ledger);
    assert!(outcome.warnings.iter().any(|warning| warning.contains("SES's quota")), "{:?}", outcome.warnings);
}

#[test]
fn many_at_once_cost_and_end_as_one_by_one() {
    let plan = |per_day| {
        let mut plan = steady(per_day, HOUR);
        for stage in crate::plan::Stage::ALL {
            plan.stages.get_mut(stage).scaling = Scaling::Fixed(400);
        }
        plan
    };
    // Just below and far above the number from which alerts are taken together, by alert.
    let (one_by_one, together) = (run(&plan(2_000_000)), run(&plan(80_000_000)));
    let by_alert = |outcome: &Outcome| {
        let alerts = outcome.alerts as f64;
        [
            outcome.cost.dynamodb_writes / alerts,
            outcome.cost.logs / alerts,
            outcome.ledger.ignored as f64 / alerts,
            outcome.incidents as f64 / alerts,
        ]
    };
    // There are some five hundred incidents in the smaller day.
    let tolerances = [0.02, 0.02, 0.05, 0.2];
    for ((one, other), tolerance) in
        by_alert(&one_by_one).into_iter().zip(by_alert(&together)).zip(tolerances)
    {
        assert!(
            (one / other - 1.0).abs() < tolerance,
            "{:?} {:?}",
            by_alert(&one_by_one),
            by_alert(&together)
        );
    }
}

/// Plans of all kinds, small enough to look at every event.
fn plans() -> impl Strategy<Value = Plan> {
    let shape = prop_oneof![
        Just(Shape::Steady),
        (1.0..6.0).prop_map(|peak| Shape::Daily { peak }),
        Just(Shape::Bursts { factor: 20.0, calm: Duration::from_mins(5), burst: Duration::from_secs(30) }),
        prop::collection::vec((0_u32..900, 1_u64..200), 1..20).prop_map(|mut seconds| {
            seconds.sort_unstable();
            Shape::Trace(seconds)
        }),
    ];
    let edge = (0.05..=1.0, 0.05..=1.0, 1_u64..30);
    let functions = (1_u64..120, 2_u64..40, 0_u64..3, prop::bool::ANY);
    let trouble = (prop_oneof![Just(0.0), 0.0..0.6], 5.0..2_000.0, prop::bool::ANY, 0_u64..5_000);
    (shape, edge, functions, trouble, 0_u64..30_000_000, 0_u64..1_000).prop_map(
        |(shape, (sent_share, kept_share, alerts_per_message), functions, trouble, per_day, seed)| {
            let (batch_size, concurrency, window, is_provisioned) = functions;
            let (failure_rate, table_writes, is_open, storm) = trouble;
            let mut plan = Plan::as_shipped(per_day);
            plan.seed = seed;
            plan.length = Duration::from_mins(20);
            plan.arrivals.shape = shape;
            plan.arrivals.storm = (storm > 0).then_some(Storm {
                at: Duration::from_mins(5),
                lasting: Duration::from_mins(2),
                alerts: storm,
            });
            plan.edge = crate::plan::Edge { sent_share, kept_share, alerts_per_message, ..plan.edge };
            plan.stages.enrich.batch_size = batch_size;
            plan.stages.enrich.window = Duration::from_secs(window);
            plan.stages.enrich.scaling = if is_provisioned {
                Scaling::Provisioned { minimum_pollers: 1, maximum_pollers: concurrency }
            } else {
                Scaling::Standard { maximum_concurrency: concurrency }
            };
            plan.limits.failure_rate = failure_rate;
            plan.limits.table_writes = table_writes;
            plan.limits.retention = Duration::from_mins(10);
            if is_open {
                plan.mail.gates = Gates::Open;
                plan.mail.per_day = 20.0;
            }
            plan
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_every_event_what_came_is_somewhere(mut plan in plans()) {
        plan.arrivals.per_day %= 500_000;
        let mut events = 0_u64;
        let mut broken = None;
        let outcome = run_watched(&plan, &mut |ledger| {
            events += 1;
            // Looking takes time: each of the first thousand, and one of a hundred after that.
            if broken.is_none() && (events < 1_000 || events.is_multiple_of(101)) {
                broken = Some(ledger()).filter(|ledger| !ledger.closes());
            }
        });
        prop_assert_eq!(broken, None);
        prop_assert!(outcome.ledger.closes(), "{:?}", outcome.ledger);
    }

    #[test]
    fn the_same_plan_has_the_same_outcome(plan in plans()) {
        let json = |outcome: &Outcome| serde_json::to_string(outcome).unwrap();
        prop_assert_eq!(json(&run(&plan)), json(&run(&plan)));
    }

    #[test]
    fn more_concurrency_never_makes_a_message_wait_longer(servers in 1_u64..12, more in 1_u64..12, rate in 1.0..20.0, seed in 0_u64..1_000) {
        let age = |servers| {
            let mut plan = queueing_theory(rate, servers, Duration::from_millis(500), seed);
            plan.length = HOUR;
            let outcome = run(&plan);
            (enrich(&outcome).age.p99_seconds, enrich(&outcome).age.max_seconds)
        };
        let (few, many) = (age(servers), age(servers + more));
        prop_assert!(many.0 <= few.0 && many.1 <= few.1 + 1e-6, "{few:?} {many:?}");
    }
}
