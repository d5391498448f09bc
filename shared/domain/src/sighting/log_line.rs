//! What log lines say where Wazuh's decoders take out nothing: dovecot's `user=<alice>, rip=203.0.113.9`, and the
//! `for alice from 203.0.113.9` of sshd.

pub(super) fn user(line: &str) -> Option<&str> {
    let bracketed = || between(line, "user=<", '>');
    let after_for = || {
        let rest = after(line, " for ")?;
        let rest = rest.strip_prefix("invalid user ").unwrap_or(rest);
        let name = rest.split(' ').next()?;
        rest.get(name.len()..)?.starts_with(" from ").then_some(name)
    };
    bracketed().or_else(after_for).filter(|name| !name.is_empty())
}

pub(super) fn address(line: &str) -> Option<&str> {
    let end = |character: char| matches!(character, ' ' | ',' | ')' | '>');
    let rest = after(line, "rip=").or_else(|| after(line, " from "))?;
    rest.split(end).next().filter(|text| !text.is_empty())
}

/// What follows the last time that the words stand there: a user who calls himself `x from 10.0.0.1` stands before.
fn after<'a>(line: &'a str, words: &str) -> Option<&'a str> {
    line.rfind(words).and_then(|at| line.get(at + words.len()..))
}

fn between<'a>(line: &'a str, begin: &str, end: char) -> Option<&'a str> {
    let rest = line.find(begin).and_then(|at| line.get(at + begin.len()..))?;
    rest.split_once(end).map(|(inner, _)| inner)
}
