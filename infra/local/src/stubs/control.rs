//! The switch for trouble, and the record of who asked for what.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{abuseipdb, feeds, misp, model, otx};

/// `POST /control`: how a provider behaves from now on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(tag = "provider", rename_all = "lowercase")]
pub enum Order {
    AbuseIpDb(Behaviour<abuseipdb::Mode>),
    Misp(Behaviour<misp::Mode>),
    Otx(Behaviour<otx::Mode>),
    Model(Behaviour<model::Mode>),
    Feeds(Behaviour<feeds::Mode>),
}

/// A mode, how long an answer takes, and for how many requests that holds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Behaviour<M> {
    pub mode: M,
    /// Without it: at once, or 10 s in the mode `slow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// Without it: until the next order. With it: that many requests, then `ok` again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
}

impl<M: Copy + Default + PartialEq> Behaviour<M> {
    /// What to do with one request; counts it.
    fn take(&mut self, slow: M) -> Plan<M> {
        let default = if self.mode == slow { Duration::from_secs(10) } else { Duration::ZERO };
        let plan = Plan { mode: self.mode, delay: self.delay_ms.map_or(default, Duration::from_millis) };
        if let Some(left) = &mut self.times {
            *left = left.saturating_sub(1);
            if *left == 0 {
                *self = Self { mode: M::default(), delay_ms: None, times: None };
            }
        }
        plan
    }
}

/// The modes of one provider.
pub(super) trait Switched: Copy + Default + PartialEq {
    /// The provider's name in orders and in records.
    const PROVIDER: &'static str;
    /// Late, even if the order does not say how late.
    const SLOW: Self;

    fn switch(switches: &mut Switches) -> &mut Behaviour<Self>;
}

/// How each provider behaves now.
#[derive(Debug, Default)]
pub(super) struct Switches {
    pub abuseipdb: Behaviour<abuseipdb::Mode>,
    pub misp: Behaviour<misp::Mode>,
    pub otx: Behaviour<otx::Mode>,
    pub model: Behaviour<model::Mode>,
    pub feeds: Behaviour<feeds::Mode>,
}

/// How to answer one request.
#[derive(Clone, Copy, Debug)]
pub struct Plan<M> {
    pub mode: M,
    pub delay: Duration,
}

/// One request as it came, without its key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub provider: String,
    pub path: String,
    pub at: Timestamp,
    /// The query of `AbuseIPDB`, the type and value of OTX, the body for MISP and the model.
    pub content: Value,
}

/// Number of requests by provider and path.
pub type Requests = BTreeMap<String, BTreeMap<String, u64>>;

/// What the stub server remembers.
#[derive(Debug, Default)]
pub struct Switchboard(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    switches: Switches,
    counts: Requests,
    /// The latest ones only.
    recorded: VecDeque<Recorded>,
}

impl Switchboard {
    pub fn switch(&self, order: Order) {
        let switches = &mut self.memory().switches;
        match order {
            Order::AbuseIpDb(behaviour) => switches.abuseipdb = behaviour,
            Order::Misp(behaviour) => switches.misp = behaviour,
            Order::Otx(behaviour) => switches.otx = behaviour,
            Order::Model(behaviour) => switches.model = behaviour,
            Order::Feeds(behaviour) => switches.feeds = behaviour,
        }
    }

    /// Records a request, and tells how to answer it.
    pub(super) fn plan<M: Switched>(&self, path: &str, content: Value) -> Plan<M> {
        let mut memory = self.memory();
        memory.record(M::PROVIDER, path, content);
        M::switch(&mut memory.switches).take(M::SLOW)
    }

    /// How many requests a path has had.
    pub(super) fn count(&self, provider: &str, path: &str) -> u64 {
        self.memory().counts.get(provider).and_then(|paths| paths.get(path)).copied().unwrap_or_default()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn record(&mut self, provider: &str, path: &str, content: Value) {
        const KEPT: usize = 1000;
        *self.counts.entry(provider.to_owned()).or_default().entry(path.to_owned()).or_default() += 1;
        if self.recorded.len() == KEPT {
            self.recorded.pop_front();
        }
        let (provider, path) = (provider.to_owned(), path.to_owned());
        self.recorded.push_back(Recorded { provider, path, at: Timestamp::now(), content });
    }
}

pub(super) async fn switch(
    State(switchboard): State<Arc<Switchboard>>,
    Json(order): Json<Order>,
) -> Json<Order> {
    switchboard.switch(order);
    Json(order)
}

pub(super) async fn requests(State(switchboard): State<Arc<Switchboard>>) -> Json<Requests> {
    Json(switchboard.memory().counts.clone())
}

pub(super) async fn log(State(switchboard): State<Arc<Switchboard>>) -> Json<VecDeque<Recorded>> {
    Json(switchboard.memory().recorded.clone())
}

pub(super) async fn reset(State(switchboard): State<Arc<Switchboard>>) -> StatusCode {
    *switchboard.memory() = Memory::default();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_reads_as_documented() {
        for text in [
            r#"{"provider":"abuseipdb","mode":"rate_limit"}"#,
            r#"{"provider":"abuseipdb","mode":"html","delay_ms":5}"#,
            r#"{"provider":"misp","mode":"login_page"}"#,
            r#"{"provider":"otx","mode":"gateway_timeout","times":1}"#,
            r#"{"provider":"model","mode":"refuse","times":2}"#,
            r#"{"provider":"feeds","mode":"pulses_timeout","times":2}"#,
        ] {
            let order: Order = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&order).unwrap(), text);
        }
        assert!(serde_json::from_str::<Order>(r#"{"provider":"model","mode":"explode"}"#).is_err());
    }

    #[test]
    fn trouble_ends_after_the_ordered_number_of_requests() {
        let switchboard = Switchboard::default();
        switchboard
            .switch(serde_json::from_str(r#"{"provider":"model","mode":"overloaded","times":2}"#).unwrap());
        let modes: Vec<model::Mode> =
            (0..3).map(|_| switchboard.plan("/v1/chat/completions", Value::Null).mode).collect();
        assert_eq!(modes, [model::Mode::Overloaded, model::Mode::Overloaded, model::Mode::Ok]);
        assert_eq!(switchboard.count("model", "/v1/chat/completions"), 3);
        let untouched: Plan<abuseipdb::Mode> = switchboard.plan("/api/v2/check", Value::Null);
        assert_eq!(untouched.mode, abuseipdb::Mode::Ok);
    }

    #[test]
    fn slow_is_slow_without_saying_how_slow() {
        let switchboard = Switchboard::default();
        for (order, delay) in [
            (r#"{"provider":"abuseipdb","mode":"slow"}"#, Duration::from_secs(10)),
            (r#"{"provider":"abuseipdb","mode":"slow","delay_ms":7}"#, Duration::from_millis(7)),
            (r#"{"provider":"abuseipdb","mode":"error","delay_ms":7}"#, Duration::from_millis(7)),
            (r#"{"provider":"abuseipdb","mode":"error"}"#, Duration::ZERO),
        ] {
            switchboard.switch(serde_json::from_str(order).unwrap());
            assert_eq!(switchboard.plan::<abuseipdb::Mode>("/", Value::Null).delay, delay, "{order}");
        }
    }

    #[test]
    fn every_order_reaches_its_own_provider() {
        fn mode<M: Switched>(switchboard: &Switchboard) -> (&'static str, bool) {
            (M::PROVIDER, switchboard.plan::<M>("/", Value::Null).mode == M::SLOW)
        }
        for provider in [
            abuseipdb::Mode::PROVIDER,
            misp::Mode::PROVIDER,
            otx::Mode::PROVIDER,
            model::Mode::PROVIDER,
            feeds::Mode::PROVIDER,
        ] {
            let switchboard = Switchboard::default();
            let order = json!({"provider": provider, "mode": "slow"});
            switchboard.switch(serde_json::from_value(order).unwrap());
            let modes = [
                mode::<abuseipdb::Mode>(&switchboard),
                mode::<misp::Mode>(&switchboard),
                mode::<otx::Mode>(&switchboard),
                mode::<model::Mode>(&switchboard),
                mode::<feeds::Mode>(&switchboard),
            ];
            for (name, is_slow) in modes {
                assert_eq!(is_slow, name == provider, "{provider}: {name}");
            }
        }
    }
}
