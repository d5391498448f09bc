//! Names with dots in free text: domains, or files, modules and attributes that end like one.

use super::domain_name::is_top_level;

/// Whether whoever wrote the name meant a domain.
pub(super) fn is_meant(name: &str) -> bool {
    let Some((rest, last)) = name.rsplit_once('.') else { return false };
    // Most names of files end here: no top-level domain has one letter or a digit, except as `xn--`.
    let encoded =
        last.len() > 4 && last.as_bytes().get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"xn--"));
    if last.len() < 2 || !(encoded || last.bytes().all(|byte| byte.is_ascii_alphabetic() || byte >= 0x80)) {
        return false;
    }
    if !is_written_as_a_name(rest, last) || is_a_module(rest) {
        return false;
    }
    let last = last.to_ascii_lowercase();
    let first = name.split('.').next().unwrap_or(name);
    if first.eq_ignore_ascii_case("www") {
        return true;
    }
    if last.is_ascii() && !is_top_level(&last) {
        return false;
    }
    let owner = rest.rsplit('.').next().unwrap_or(rest);
    let a_file = is_also_an_ending(&last) && !is_a_registry(owner);
    let no_host = a_file || is_a_service(name) || is_a_number(owner, &last) || is_known_word(name);
    !no_host
}

/// `Example.com` and `EXAMPLE.COM` are; `System.Net` and `finished.The` are not.
fn is_written_as_a_name(rest: &str, last: &str) -> bool {
    let lower = last.bytes().all(|byte| !byte.is_ascii_uppercase());
    let upper = !last.bytes().any(|byte| byte.is_ascii_lowercase())
        && !rest.bytes().any(|byte| byte.is_ascii_lowercase());
    lower || upper
}

/// `com.apple.security`, `java.net`: the other way round.
fn is_a_module(rest: &str) -> bool {
    let first = rest.split('.').next().unwrap_or(rest);
    let known = |names: &[&str]| names.iter().any(|known| first.eq_ignore_ascii_case(known));
    known(&["com", "org", "net", "edu", "gov", "io", "java", "javax", "jdk", "sun", "kotlin", "system"])
        || rest.bytes().any(|byte| byte == b'$')
}

/// AWS names its services so: `ec2.amazonaws.com` calls are made by AWS.
pub(super) fn is_a_service(name: &str) -> bool {
    name.strip_suffix(".amazonaws.com").is_some_and(|service| !service.contains('.'))
}

/// `1.2.pm` is a time and `3.ms` a duration; `163.com` and `12306.cn` have owners.
fn is_a_number(owner: &str, last: &str) -> bool {
    owner.bytes().all(|byte| byte.is_ascii_digit())
        && !matches!(last, "com" | "cn" | "net" | "org" | "xyz" | "top")
}

/// Country registries have these below them, and no file is called `x.com.py`.
fn is_a_registry(owner: &str) -> bool {
    matches!(owner, "com" | "co" | "net" | "org" | "edu" | "gov" | "ac")
}

/// Top-level domains that end the names of files and attributes more often than those of hosts.
fn is_also_an_ending(last: &str) -> bool {
    matches!(
        last,
        "app"
            | "ax"
            | "bz"
            | "cab"
            | "cat"
            | "cc"
            | "do"
            | "dot"
            | "id"
            | "la"
            | "map"
            | "md"
            | "mk"
            | "mm"
            | "mo"
            | "mov"
            | "name"
            | "new"
            | "pl"
            | "pm"
            | "prod"
            | "properties"
            | "ps"
            | "pub"
            | "py"
            | "rs"
            | "sc"
            | "sh"
            | "so"
            | "target"
            | "tf"
            | "zip"
    )
}

/// Common words with a dot: technologies, and the facilities of syslog with a priority.
fn is_known_word(name: &str) -> bool {
    const WORDS: [&str; 14] = [
        "asp.net",
        "ado.net",
        "vb.net",
        "microsoft.net",
        "paint.net",
        "auth.info",
        "cron.info",
        "daemon.info",
        "kern.info",
        "local7.info",
        "mail.info",
        "syslog.info",
        "user.info",
        "node.info",
    ];
    WORDS.iter().any(|word| name.eq_ignore_ascii_case(word))
}
