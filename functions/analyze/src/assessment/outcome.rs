//! What came of the event, as far as the alert tells: the server's answer, the sensor's severity, the file's place.

use domain::Alert;
use domain::assessment::{Priority, SignalName};
use domain::history::Login;
use domain::trim::cut_middle;

use super::scale;
use super::signal::{Collected, Sign};

pub(super) fn signals(alert: &Alert, collected: &mut Collected) {
    collected.add(attack_answered(alert));
    collected.add(sensor_severity(alert));
    collected.add(sensitive_file(alert));
    collected.add(secrets(alert));
    collected.add(service_account(alert));
}

/// Groups of rules that read web servers' access logs, whose `data.id` is the status.
const WEB: [&str; 4] = ["accesslog", "appsec", "web", "web_scan"];

fn attack_answered(alert: &Alert) -> Option<Sign> {
    let rule = alert.rule();
    let is_attack = ["attack", "sql_injection", "web_attack"].iter().any(|group| rule.in_group(group));
    if !is_attack || !WEB.iter().any(|group| rule.in_group(group)) {
        return None;
    }
    let status: u16 = alert.text_at(&["data", "id"])?.parse().ok()?;
    if !(200..300).contains(&status) {
        return None;
    }
    let sentence = format!("The server answered the attack with status {status}.");
    let at_least = Priority::Medium;
    Some(Sign { at_least, ..Sign::new(SignalName::AttackAnswered, scale::ATTACK_ANSWERED, sentence) })
}

/// Suricata and Snort give each signature a severity: 1 is the highest, 3 is informational and no signal.
fn sensor_severity(alert: &Alert) -> Option<Sign> {
    let severity = alert.text_at(&["data", "alert", "severity"]).or_else(|| {
        // The fast format, `[Priority: 2]`, which Wazuh does not decode.
        let line = alert.rule().in_group("ids").then(|| alert.text_at(&["full_log"])).flatten()?;
        let (_, rest) = line.split_once("[Priority: ")?;
        rest.split_once(']').map(|(severity, _)| severity.to_owned())
    })?;
    let (points, meaning) = match severity.as_str() {
        "1" => (scale::SENSOR_HIGH, "the highest"),
        "2" => (scale::SENSOR_MEDIUM, "medium"),
        _ => return None,
    };
    let sentence = format!("The network sensor gives this signature severity {severity}, {meaning}.");
    Some(Sign::new(SignalName::SensorSeverity, points, sentence))
}

/// Parts of paths, in lower case with `/`, that decide who may log in, what runs at start, or with which rights.
const SENSITIVE: [&str; 20] = [
    "/.ssh/authorized_keys",
    "/appdata/roaming/microsoft/windows/start menu/programs/startup/",
    "/etc/cron",
    "/etc/group",
    "/etc/ld.so.preload",
    "/etc/pam.d/",
    "/etc/passwd",
    "/etc/profile",
    "/etc/rc.local",
    "/etc/shadow",
    "/etc/ssh/sshd_config",
    "/etc/sudoers",
    "/etc/systemd/system/",
    "/currentversion/run",
    "/currentversion/winlogon",
    "/library/launchdaemons/",
    "/system/currentcontrolset/services/",
    "/var/spool/cron/",
    "/windows/system32/drivers/etc/hosts",
    "/windows/system32/tasks/",
];

fn sensitive_file(alert: &Alert) -> Option<Sign> {
    let path = alert.text_at(&["syscheck", "path"])?;
    let plain = path.to_ascii_lowercase().replace('\\', "/").replace("//", "/");
    SENSITIVE.iter().any(|part| plain.contains(part)).then(|| {
        let sentence = format!(
            "{} decides who may log in, what runs at start, or with which rights.",
            cut_middle(&path, 120)
        );
        Sign::new(SignalName::SensitiveFile, scale::SENSITIVE_FILE, sentence)
    })
}

/// Parts of file names that hold passwords, password hashes or keys.
const SECRETS: [&str; 8] = [
    "/etc/gshadow",
    "/etc/shadow",
    "/.aws/credentials",
    "id_ed25519",
    "id_rsa",
    "lsass",
    "ntds.dit",
    "system32/config/sam",
];

/// A command that sudo or an audit recorded.
fn secrets(alert: &Alert) -> Option<Sign> {
    let command = alert.text_at(&["data", "command"])?;
    let plain = command.to_ascii_lowercase().replace('\\', "/");
    let secret = SECRETS.iter().find(|secret| plain.contains(**secret))?;
    let sentence = format!("The command names {secret}, where secrets are stored.");
    Some(Sign::new(SignalName::SensitiveFile, scale::SECRETS, sentence))
}

/// Accounts that programs run as. They are started by root, and do not become other users.
const SERVICE_ACCOUNTS: [&str; 12] = [
    "apache", "daemon", "httpd", "mysql", "named", "nginx", "nobody", "postfix", "redis", "tomcat", "www",
    "www-data",
];

fn service_account(alert: &Alert) -> Option<Sign> {
    let rule = alert.rule();
    let becomes_another = rule.in_group("su") || rule.in_group("sudo");
    let user = alert.text_at(&["data", "srcuser"]).filter(|user| SERVICE_ACCOUNTS.contains(&user.as_str()));
    let sentence = if let Some(user) = user.filter(|_| becomes_another) {
        format!("{user} is an account of a service, and became another user.")
    } else {
        // Whoever opens a session for another user: 0 is root, persons begin at 1000 on Linux.
        let opener: u32 = alert.text_at(&["data", "uid"])?.parse().ok()?;
        let opens = rule.in_group("pam") && Login::of(rule) == Some(Login::Succeeded);
        if !opens || !(1..1000).contains(&opener) {
            return None;
        }
        format!("An account of a service (uid {opener}) opened the session.")
    };
    Some(Sign::new(SignalName::ServiceAccount, scale::SERVICE_ACCOUNT, sentence))
}
