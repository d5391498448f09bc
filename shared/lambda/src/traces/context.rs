//! Which trace, and which span of it: W3C Trace Context, <https://www.w3.org/TR/trace-context/>.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(NonZeroU128);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanId(NonZeroU64);

/// A place in a trace, as it travels from one stage to the next. `Display` writes a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Context {
    pub trace: TraceId,
    pub span: SpanId,
    pub sampled: bool,
}

impl TraceId {
    /// The trace of an alert: whoever delivers or replays it, and however often, it is the same.
    pub fn of_alert(key: &str) -> Self {
        let mut digest = Sha256::new();
        digest.update("wazuh-triage/alert/");
        digest.update(key);
        let bytes = digest.finalize();
        let first = bytes.iter().take(16).fold(0_u128, |id, byte| id << 8 | u128::from(*byte));
        Self(NonZeroU128::new(first).unwrap_or(NonZeroU128::MIN))
    }

    pub fn random() -> Self {
        // Of one v4 UUID six bits are fixed, and a sampler looks at some of them; those of two do not coincide.
        let (one, other) = (Uuid::new_v4().as_u128(), Uuid::new_v4().as_u128().rotate_left(64));
        Self(NonZeroU128::new(one ^ other).unwrap_or(NonZeroU128::MIN))
    }

    /// The part that a sampler decides by.
    pub fn low(self) -> u64 {
        low(self.0.get())
    }
}

impl SpanId {
    pub fn random() -> Self {
        Self(NonZeroU64::new(low(Uuid::new_v4().as_u128())).unwrap_or(NonZeroU64::MIN))
    }
}

fn low(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}

impl Context {
    /// A `traceparent`; nothing where it is none, which the specification tells to treat like a missing one.
    pub fn read(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-');
        let mut part = |digits| hexadecimal(parts.next()?, digits);
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let more = parts.next().is_some();
        // Version 255 is forbidden, and a later one than 0 may have more parts.
        if version == 0xff || (version == 0 && more) {
            return None;
        }
        Some(Self {
            trace: TraceId(NonZeroU128::new(trace)?),
            span: SpanId(NonZeroU64::new(low(span))?),
            sampled: flags & 1 == 1,
        })
    }
}

/// So many hexadecimal digits, none of them a capital.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let plain = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == digits && plain).then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl fmt::Display for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[test]
    fn a_traceparent_is_read_as_the_specification_says() {
        let check = |text: String, expected: Option<bool>| {
            assert_eq!(Context::read(&text).map(|context| context.sampled), expected, "{text}");
        };
        check(format!("00-{TRACE}-{SPAN}-01"), Some(true));
        check(format!("00-{TRACE}-{SPAN}-00"), Some(false));
        check(format!("00-{TRACE}-{SPAN}-ff"), Some(true));
        check(format!("00-{TRACE}-{SPAN}-01-more"), None);
        check(format!("01-{TRACE}-{SPAN}-01"), Some(true));
        check(format!("cc-{TRACE}-{SPAN}-01-what-the-future-brings"), Some(true));
        check(format!("cc-{TRACE}-{SPAN}-01.what"), None);
        check(format!("ff-{TRACE}-{SPAN}-01"), None);
        check(format!("00-{}-{SPAN}-01", "0".repeat(32)), None);
        check(format!("00-{TRACE}-{}-01", "0".repeat(16)), None);
        check(format!("00-{}-{SPAN}-01", TRACE.to_uppercase()), None);
        check(format!("00-{}g-{SPAN}-01", TRACE.split_at(31).0), None);
        check(format!("00-+{}-{SPAN}-01", TRACE.split_at(31).0), None);
        check(format!("00-{TRACE}-{SPAN}-1"), None);
        check(format!("00-{TRACE}-{SPAN}"), None);
        check(format!(" 00-{TRACE}-{SPAN}-01"), None);
        check(String::new(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(trace in 1_u128.., span in 1_u64.., sampled: bool) {
            let context = Context {
                trace: TraceId(NonZeroU128::new(trace).unwrap()),
                span: SpanId(NonZeroU64::new(span).unwrap()),
                sampled,
            };
            prop_assert_eq!(Context::read(&context.to_string()), Some(context));
        }

        #[test]
        fn no_text_is_read_as_anything_but_itself(text in "([0-9a-fA-F]{1,3}-){0,1}[0-9a-g]{30,34}-[0-9a-g]{15,17}-[0-9a-f]{2}(-.{0,4})?|.{0,60}") {
            if let Some(context) = Context::read(&text) {
                let written = context.to_string();
                prop_assert_eq!(text.get(2..53), written.get(2..53));
            }
        }
    }

    #[test]
    fn an_alert_has_one_trace() {
        // printf wazuh-triage/alert/node/1.2 | sha256sum | cut -c1-32
        assert_eq!(TraceId::of_alert("node/1.2").to_string(), "26cb883c656d24a2670c249161637f02");
        assert_ne!(TraceId::of_alert("node/1.2"), TraceId::of_alert("node/1.3"));
        assert_ne!(TraceId::random(), TraceId::random());
    }
}
