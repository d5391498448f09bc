//! Finding the names of people, hosts and inner addresses in an alert, by field and by what stands before them.

use std::net::IpAddr;

use domain::indicator::{self, Scope};

use super::pseudonyms::Kind;
use super::runs::{before, from, length, runs};

/// Accounts that exist everywhere name nobody.
pub(super) fn is_well_known(name: &str) -> bool {
    const KNOWN: &[&str] = &[
        "root",
        "administrator",
        "admin",
        "system",
        "local service",
        "network service",
        "anonymous logon",
        "anonymous",
        "guest",
        "nobody",
        "daemon",
        "bin",
        "sys",
        "www-data",
        "apache",
        "nginx",
        "httpd",
        "mysql",
        "postgres",
        "sshd",
        "ubuntu",
        "debian",
        "ec2-user",
        "centos",
        "git",
        "ftp",
        "mail",
        "postfix",
        "null",
        "(null)",
        "unknown",
        "-",
        "localhost",
        "ossec",
    ];
    name.chars().count() < 2
        || KNOWN.contains(&name.to_ascii_lowercase().as_str())
        || name.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a field holds, told by its name.
fn kind_of(key: &str) -> Option<Kind> {
    const USERS: &[&str] = &[
        "srcuser",
        "dstuser",
        "user",
        "username",
        "targetusername",
        "subjectusername",
        "userid",
        "loginuser",
        "uname_after",
        "uname_before",
        "ruser",
        "login",
        "account",
        "samaccountname",
        "targetoutboundusername",
        "useridentity",
        "sourceuser",
    ];
    const HOSTS: &[&str] = &[
        "hostname",
        "computer",
        "workstationname",
        "workstation",
        "host",
        "computername",
        "dsthost",
        "srchost",
        "agent",
    ];
    const DOMAINS: &[&str] = &["targetdomainname", "subjectdomainname", "domainname"];
    let key = key.to_ascii_lowercase();
    let is = |names: &[&str]| names.contains(&key.as_str());
    if is(USERS) {
        Some(Kind::User)
    } else if is(HOSTS) {
        Some(Kind::Host)
    } else {
        is(DOMAINS).then_some(Kind::Domain)
    }
}

/// Reports what the value of a field is, if its name says so.
pub(super) fn in_field(key: &str, value: &str, report: &mut impl FnMut(Kind, &str)) {
    match kind_of(key) {
        Some(Kind::User) => account(value, report),
        Some(Kind::Host) => host(value, report),
        Some(Kind::Domain) => report(Kind::Domain, value),
        Some(Kind::Address | Kind::Mail | Kind::Sid | Kind::Text) | None => {}
    }
}

/// `DOMAIN\alice`, `alice@corp.example`, `alice`.
fn account(value: &str, report: &mut impl FnMut(Kind, &str)) {
    let (domain, name) = value.rsplit_once('\\').unwrap_or(("", value));
    if !domain.is_empty() {
        report(Kind::Domain, domain);
    }
    if let Some((name, _)) = name.split_once('@') {
        report(Kind::User, name);
    }
    report(Kind::User, name);
}

/// A host's full name, its first label, and the domain it is in.
pub(super) fn host(value: &str, report: &mut impl FnMut(Kind, &str)) {
    if value.parse::<IpAddr>().is_ok() {
        return;
    }
    report(Kind::Host, value);
    if let Some((label, domain)) = value.split_once('.') {
        report(Kind::Host, label);
        report(Kind::Domain, domain);
    }
}

/// Reports every name that a text gives away by itself.
pub(super) fn in_text(text: &str, report: &mut impl FnMut(Kind, &str)) {
    addresses(text, report);
    after_marks(text, report);
    mail_addresses(text, report);
    for (_, run) in runs(text, |byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        if run.starts_with("S-1-5-21-") {
            report(Kind::Sid, run);
        }
    }
}

/// Addresses that mean something inside the site only.
fn addresses(text: &str, report: &mut impl FnMut(Kind, &str)) {
    for (_, run) in runs(text, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')) {
        if run.len() < 3 || !run.contains(['.', ':']) {
            continue;
        }
        let host = run.trim_end_matches(['.', ':']);
        let host = if host.contains('.') {
            host.split(':')
                .next_back()
                .filter(|tail| tail.contains('.'))
                .unwrap_or_else(|| before(host, host.find(':').unwrap_or(host.len())))
        } else {
            host
        };
        if host.parse::<IpAddr>().is_ok_and(is_inner) {
            report(Kind::Address, host);
        }
    }
}

fn is_inner(address: IpAddr) -> bool {
    match indicator::scope(address) {
        Scope::Private | Scope::LinkLocal | Scope::CarrierGradeNat => true,
        Scope::Public | Scope::Loopback | Scope::Documentation | Scope::Multicast | Scope::Reserved => false,
    }
}

/// What announces a user's name in the logs of sshd, PAM, sudo, Dovecot and in paths.
const MARKS: &[&str] = &[
    "/home/",
    "/Users/",
    "\\Users\\",
    "\\\\Users\\\\",
    "user=<",
    "user=",
    "USER=",
    "ruser=",
    "logname=",
    "for user ",
    "user: ",
    "Failed password for ",
    "Accepted password for ",
    "Accepted publickey for ",
    "Accepted key for ",
    "Disconnected from user ",
    "authenticating user ",
    "uname=",
    "User ",
    "acct=\"",
];

fn after_marks(text: &str, report: &mut impl FnMut(Kind, &str)) {
    for mark in MARKS {
        let mut done = 0;
        while let Some(at) = from(text, done).find(mark) {
            let start = done + at + mark.len();
            let name = from(text, start);
            let name = name.get(..length(name, is_name)).unwrap_or_default();
            // `user=<a>` is found behind `user=` too, where no name begins.
            if !name.is_empty() && !matches!(name, "invalid" | "from" | "by" | "is" | "name" | "not" | "user")
            {
                report(Kind::User, name.trim_end_matches('.'));
            }
            done = start;
        }
    }
    // `sudo:    alice : TTY=pts/0 ; …`
    for (at, _) in text.match_indices(" : TTY=") {
        let name = before(text, at).rsplit([' ', '\t']).next().unwrap_or_default();
        report(Kind::User, name);
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$') || !byte.is_ascii()
}

fn mail_addresses(text: &str, report: &mut impl FnMut(Kind, &str)) {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'@');
    for (_, run) in runs(text, is_part) {
        let run = run.trim_matches('.');
        if let Some((local, domain)) = run.split_once('@')
            && !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
        {
            report(Kind::Mail, run);
            report(Kind::User, local);
        }
    }
}
