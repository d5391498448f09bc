//! What may go wrong with a call.

/// One request to AWS, by which its trouble is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// How many calls came before it.
    pub number: usize,
    /// The stage that calls.
    pub caller: &'static str,
    pub service: Service,
    pub operation: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    DynamoDb,
    Sqs,
    Ssm,
    Ses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The function dies before AWS has seen the request.
    DiesBefore,
    /// The function dies when AWS has done it.
    DiesAfter,
    /// AWS does it, and the answer is lost: the SDK sends the request again, where it does that.
    AnswerLost,
    /// Nobody answers; nothing was done.
    Unreachable,
    /// AWS refuses; nothing was done.
    Refuses { status: u16, code: &'static str, message: &'static str },
    /// AWS does it, and the answer comes when the world says so.
    Hangs,
}

impl Trouble {
    /// A refusal that needs no words.
    pub fn refuses(status: u16, code: &'static str) -> Self {
        Self::Refuses { status, code, message: "as told" }
    }
}

pub(super) type Plan = Box<dyn FnMut(&Call) -> Option<Trouble> + Send>;
