use jiff::Timestamp;
use reqwest::StatusCode;

/// A step that brought nothing. The state before it still holds, and so does the last good copy.
#[derive(Debug, thiserror::Error)]
#[error("could not fetch the feed {feed} from {place}")]
pub struct FetchError {
    pub feed: String,
    /// Host and last part of the path that were asked.
    pub place: String,
    #[source]
    pub trouble: Trouble,
}

/// What went wrong, and what to do about it. Holds no key and nothing of what was received.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("it needs a key; write one to its SSM parameter, or switch the source off")]
    NoKey,
    #[error("its key cannot be sent in a header; write it anew to its SSM parameter, without line breaks")]
    UnfitKey,
    #[error("no address is configured for it; set one, or switch the source off")]
    NoPlace,
    #[error("its address is not a URL; check the configuration")]
    Place,
    #[error("the key was refused with status {status}; renew it in its SSM parameter")]
    Unauthorized { status: StatusCode },
    #[error("the requests of the plan are used up until {until}; fetch less often")]
    QuotaSpent { until: Timestamp },
    #[error("too many requests; the next one may be sent at {until}")]
    RateLimited { until: Timestamp },
    #[error("the host could not be reached; check the network and the proxy")]
    Unreachable(#[source] reqwest::Error),
    #[error("no answer within {seconds} s; it is tried again with the next run")]
    Timeout { seconds: u64 },
    #[error("the server is in trouble, status {status}; it is tried again with the next run")]
    Server { status: StatusCode },
    #[error("it is not there, status {status}; check the address")]
    Missing { status: StatusCode },
    #[error("the request was refused with status {status}; check the address and the plan of the key")]
    Refused { status: StatusCode },
    #[error("it has moved, status {status}, and redirects are not followed; check the address")]
    Moved { status: StatusCode },
    #[error("the answer is a web page; a proxy or a login stands before the feed")]
    Page,
    #[error("the answer is compressed in a way that was not asked for; only gzip is read")]
    Encoding,
    #[error("the answer is larger than {most_bytes} bytes, packed or unpacked; it is not read on")]
    TooLarge { most_bytes: usize },
    #[error("the answer ends too early; it is tried again with the next run")]
    Truncated,
    #[error("the answer is not what this feed is: {0}")]
    Unreadable(&'static str),
    #[error("the list has {now} rows after {before}; the last good copy stays until the list is plausible")]
    Shrunk { before: usize, now: usize },
}

impl FetchError {
    /// Whether the same may work later without anybody doing something.
    pub fn is_transient(&self) -> bool {
        match self.trouble {
            Trouble::QuotaSpent { .. }
            | Trouble::RateLimited { .. }
            | Trouble::Unreachable(_)
            | Trouble::Timeout { .. }
            | Trouble::Server { .. }
            | Trouble::Truncated
            | Trouble::Shrunk { .. } => true,
            Trouble::NoKey
            | Trouble::UnfitKey
            | Trouble::NoPlace
            | Trouble::Place
            | Trouble::Unauthorized { .. }
            | Trouble::Missing { .. }
            | Trouble::Moved { .. }
            | Trouble::Refused { .. }
            | Trouble::Page
            | Trouble::Encoding
            | Trouble::TooLarge { .. }
            | Trouble::Unreadable(_) => false,
        }
    }

    /// The kind of trouble as metrics and `triage feeds status` name it.
    pub fn reason(&self) -> &'static str {
        match self.trouble {
            Trouble::NoKey => "no_key",
            Trouble::NoPlace | Trouble::Place => "no_address",
            Trouble::Unauthorized { .. } | Trouble::UnfitKey => "unauthorized",
            Trouble::QuotaSpent { .. } => "quota_exhausted",
            Trouble::RateLimited { .. } => "rate_limited",
            Trouble::Unreachable(_) => "unreachable",
            Trouble::Timeout { .. } => "timeout",
            Trouble::Server { .. } => "server_error",
            Trouble::Missing { .. } => "missing",
            Trouble::Moved { .. } => "moved",
            Trouble::Refused { .. } => "refused",
            Trouble::Page => "web_page",
            Trouble::Encoding => "encoding",
            Trouble::TooLarge { .. } => "too_large",
            Trouble::Truncated => "truncated",
            Trouble::Unreadable(_) => "unreadable",
            Trouble::Shrunk { .. } => "shrunk",
        }
    }

    /// Before this time another request would be refused too.
    pub fn closed_until(&self) -> Option<Timestamp> {
        match self.trouble {
            Trouble::QuotaSpent { until } | Trouble::RateLimited { until } => Some(until),
            Trouble::NoKey
            | Trouble::UnfitKey
            | Trouble::NoPlace
            | Trouble::Place
            | Trouble::Unauthorized { .. }
            | Trouble::Unreachable(_)
            | Trouble::Timeout { .. }
            | Trouble::Server { .. }
            | Trouble::Missing { .. }
            | Trouble::Moved { .. }
            | Trouble::Refused { .. }
            | Trouble::Page
            | Trouble::Encoding
            | Trouble::TooLarge { .. }
            | Trouble::Truncated
            | Trouble::Unreadable(_)
            | Trouble::Shrunk { .. } => None,
        }
    }
}
