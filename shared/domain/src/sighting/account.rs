//! Who logged in, in one form.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Method, log_line};
use crate::alert::Alert;

/// An account in small letters: `alice`, `corp\alice` or `alice@example.com`.
///
/// The three stay apart. Whether they are one person only the site knows, and taking two people for one would make a
/// traveller of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Account(String);

impl Account {
    const MAX_BYTES: usize = 256;

    /// Names that stand where nobody does.
    const NOBODY: [&str; 13] = [
        "-",
        "(null)",
        "(unknown)",
        "anonymous",
        "anonymous logon",
        "hidden_due_to_security_reasons",
        "invalid",
        "local service",
        "n/a",
        "network service",
        "system",
        "unknown",
        "not available",
    ];

    /// Realms of Windows that no person is in.
    const SYSTEM_REALMS: [&str; 3] = ["nt authority", "window manager", "font driver host"];

    /// Where clouds name whoever signs in.
    const CLOUD: [&[&str]; 4] = [
        &["data", "office365", "UserId"],
        &["data", "azure", "properties", "userPrincipalName"],
        &["data", "ms-graph", "userPrincipalName"],
        &["data", "gcp", "protoPayload", "authenticationInfo", "principalEmail"],
    ];

    /// Nothing for machines, services and the anonymous. `realm` is where the name is valid, if the log says so apart.
    pub fn read(name: &str, realm: Option<&str>) -> Option<Self> {
        let name = name.trim().to_lowercase();
        // PAM writes `root(uid=0)`.
        let name = name.split("(uid=").next().unwrap_or_default().trim();
        let realm = realm.map(|realm| realm.trim().to_lowercase());
        let realm = realm.filter(|realm| !realm.is_empty() && realm != "-" && realm != ".");
        let (realm, name) = match name.split_once('\\') {
            Some((realm, name)) => (Some(realm.to_owned()), name.trim_start_matches('\\')),
            None if name.contains('@') => (None, name),
            None => (realm, name),
        };
        let system = realm.as_deref().is_some_and(|realm| Self::SYSTEM_REALMS.contains(&realm));
        if system || name.ends_with('$') || Self::NOBODY.contains(&name) || is_security_id(name) {
            return None;
        }
        Self::new(match realm {
            Some(realm) if realm.starts_with("aws:") => format!("{name}@{realm}"),
            Some(realm) => format!("{realm}\\{name}"),
            None => name.to_owned(),
        })
    }

    /// Whom the alert is about.
    pub fn of(alert: &Alert, method: Method) -> Option<Self> {
        let at = |path: &[&str]| alert.text_at(path);
        let windows = |name: &str| at(&["data", "win", "eventdata", name]);
        if let Some(name) = windows("targetUserName") {
            return Self::read(&name, windows("targetDomainName").as_deref());
        }
        if alert.has(&["data", "aws", "userIdentity"]) {
            return Self::of_aws(alert);
        }
        // Whoever becomes somebody else is who he was.
        let plain: [&[&str]; 4] = match method {
            Method::Elevation => {
                [&["data", "srcuser"], &["data", "dstuser"], &["data", "user"], &["data", "uid"]]
            }
            Method::Ssh
            | Method::Console
            | Method::RemoteDesktop
            | Method::Network
            | Method::Mail
            | Method::Web
            | Method::Vpn
            | Method::Cloud
            | Method::Scheduled
            | Method::Other => {
                [&["data", "dstuser"], &["data", "user"], &["data", "srcuser"], &["data", "username"]]
            }
        };
        let fields = Self::CLOUD.iter().chain(&plain);
        let named = fields.filter_map(|path| at(path)).find_map(|name| Self::read(&name, None));
        named.or_else(|| log_line::user(&at(&["full_log"])?).and_then(|name| Self::read(name, None)))
    }

    /// The role's session where there is no user; the account's root belongs to that account only.
    fn of_aws(alert: &Alert) -> Option<Self> {
        let identity = |name: &str| alert.text_at(&["data", "aws", "userIdentity", name]);
        let realm = identity("accountId").map(|id| format!("aws:{id}"));
        let is_root = identity("type").is_some_and(|kind| kind == "Root");
        let name = if is_root { Some("root".to_owned()) } else { identity("userName") };
        let session = || identity("arn")?.rsplit_once('/').map(|(_, session)| session.to_owned());
        Self::read(&name.or_else(session)?, realm.as_deref())
    }

    /// The name without where it is valid: `root` of `web-01\root`.
    pub fn name(&self) -> &str {
        let name = self.0.rsplit_once('\\').map_or(self.0.as_str(), |(_, name)| name);
        name.split('@').next().unwrap_or(name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new(text: String) -> Option<Self> {
        let usable = !text.is_empty() && text.len() <= Self::MAX_BYTES && !text.contains(char::is_control);
        usable.then_some(Self(text))
    }
}

/// `S-1-5-18`, and the window and font hosts of each session.
fn is_security_id(name: &str) -> bool {
    let numbered = |stem: &str| {
        let rest = name.strip_prefix(stem);
        rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    name.starts_with("s-1-") || numbered("dwm-") || numbered("umfd-")
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Account {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text).ok_or("an account is 1 to 256 bytes without control characters")
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.0
    }
}
