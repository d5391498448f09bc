//! Whether an alert is about a log-in, and how it ended.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::history::Login;

/// How an attempt to log in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Failure,
    Success,
}

impl Outcome {
    /// Nothing for what is no log-in; logging off is none.
    pub fn of(alert: &Alert) -> Option<Self> {
        match by_fields(alert) {
            Said::Outcome(outcome) => Some(outcome),
            Said::NoLogin => None,
            Said::Nothing => Login::of(alert.rule()).map(|login| match login {
                Login::Succeeded => Self::Success,
                Login::Failed => Self::Failure,
            }),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Success => "success",
        }
    }
}

/// What the event's own fields say. They know better than groups, which a site's own rules may have forgotten.
enum Said {
    Outcome(Outcome),
    NoLogin,
    Nothing,
}

fn by_fields(alert: &Alert) -> Said {
    let data = |path: &[&str]| {
        let path: Vec<&str> = std::iter::once("data").chain(path.iter().copied()).collect();
        alert.text_at(&path)
    };
    if let Some(event) = data(&["win", "system", "eventID"]) {
        return windows(&event);
    }
    if data(&["aws", "eventName"]).as_deref() == Some("ConsoleLogin") {
        let answer = data(&["aws", "responseElements", "ConsoleLogin"]);
        return answer.map_or(Said::Nothing, |answer| said(answer.eq_ignore_ascii_case("success")));
    }
    match data(&["office365", "Operation"]).as_deref() {
        Some("UserLoggedIn") => return Said::Outcome(Outcome::Success),
        Some("UserLoginFailed") => return Said::Outcome(Outcome::Failure),
        Some(_) | None => {}
    }
    let sign_in = data(&["azure", "category"]).is_some_and(|category| category.contains("SignInLogs"));
    if let (true, Some(code)) = (sign_in, data(&["azure", "properties", "status", "errorCode"])) {
        return entra(&code);
    }
    if let Some(method) = data(&["gcp", "protoPayload", "methodName"]) {
        return google(&method);
    }
    if alert.rule().in_group("sudo") { sudo(alert) } else { Said::Nothing }
}

fn said(success: bool) -> Said {
    Said::Outcome(if success { Outcome::Success } else { Outcome::Failure })
}

/// Event ids of Windows' security log; those that are not here are told by the rule's groups.
/// <https://learn.microsoft.com/windows-server/identity/ad-ds/plan/appendix-l--events-to-monitor>
fn windows(event: &str) -> Said {
    match event {
        "4624" => said(true),
        // 4771: Kerberos pre-authentication failed.
        "4625" | "4771" => said(false),
        // Logging off, on the system's or on the user's initiative; a session ended or came back.
        "4634" | "4647" | "4778" | "4779" => Said::NoLogin,
        _ => Said::Nothing,
    }
}

/// Result codes of Microsoft Entra: some only say that the sign-in goes on with another step.
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>
fn entra(code: &str) -> Said {
    match code {
        "0" => said(true),
        "16000" | "50058" | "50072" | "50074" | "50076" | "50125" | "50129" | "50140" | "65001" => {
            Said::NoLogin
        }
        _ => said(false),
    }
}

/// The login audit of Google Workspace, as Cloud Logging has it.
/// <https://cloud.google.com/logging/docs/audit/gsuite-audit-logging>
fn google(method: &str) -> Said {
    match method.rsplit_once("LoginService.").map(|(_, name)| name) {
        Some("loginSuccess") => said(true),
        Some("loginFailure") => said(false),
        Some(_) => Said::NoLogin,
        None => Said::Nothing,
    }
}

/// sudo says so in words when it refuses.
fn sudo(alert: &Alert) -> Said {
    let refusals = ["incorrect password attempt", "NOT in sudoers", "authentication failure", "not allowed"];
    let log = alert.text_at(&["full_log"]).unwrap_or_default();
    if refusals.iter().any(|refusal| log.contains(refusal)) {
        return said(false);
    }
    let ran = alert.text_at(&["data", "command"]).is_some();
    if ran { said(true) } else { Said::Nothing }
}
