//! Unknown user names of failed logins. People type their password where the name belongs, and the log keeps it.

use domain::Alert;
use domain::incident::USER_FIELDS;

use super::people::is_well_known;

/// Names that nobody knows, which are told by their length and kinds of characters only.
#[derive(Clone, Default)]
pub struct Guesses(Vec<Guess>);

#[derive(Clone)]
struct Guess {
    name: String,
    marker: String,
}

/// The names are what must not be logged.
impl std::fmt::Debug for Guesses {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Guesses({})", self.0.len())
    }
}

impl Guesses {
    /// The names in an alert about a login of a user that does not exist; none in other alerts.
    pub fn of(alert: &Alert) -> Self {
        let logs = ["full_log", "previous_output"].map(|name| alert.text_at(&[name]).unwrap_or_default());
        let mut names: Vec<String> = logs.iter().flat_map(|log| named_invalid(log)).collect();
        if is_about_unknown_user(alert, &logs) {
            names.extend(USER_FIELDS.iter().filter_map(|path| alert.text_at(path)));
        }
        names.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        names.dedup();
        names.retain(|name| !is_tried_everywhere(name));
        let numbered = names.into_iter().take(16).enumerate();
        Self(numbered.map(|(index, name)| Guess { marker: marker(index + 1, &name), name }).collect())
    }

    /// The text with each name replaced, longest first, where it stands as a word of its own.
    pub fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, guess| replaced(&text, &guess.name, &guess.marker))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_about_unknown_user(alert: &Alert, logs: &[String]) -> bool {
    // STATUS_NO_SUCH_USER of Windows.
    let status = alert.text_at(&["data", "win", "eventdata", "subStatus"]).unwrap_or_default();
    alert.rule().in_group("invalid_login")
        || status.eq_ignore_ascii_case("0xc0000064")
        || logs.iter().any(|log| log.contains("invalid user ") || log.contains("Invalid user "))
}

/// sshd's `invalid user NAME from ADDRESS`; a name may hold blanks.
fn named_invalid(log: &str) -> Vec<String> {
    let after = log.split("nvalid user ").skip(1);
    let names = after.filter_map(|rest| {
        let line = rest.lines().next()?;
        Some(line.split(" from ").next()?.trim().to_owned())
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// Names that every scanner tries say more than they hide.
fn is_tried_everywhere(name: &str) -> bool {
    const TRIED: &[&str] = &[
        "test",
        "user",
        "oracle",
        "pi",
        "ftpuser",
        "deploy",
        "jenkins",
        "hadoop",
        "support",
        "nagios",
        "zabbix",
        "minecraft",
        "steam",
        "git",
        "svn",
        "tomcat",
        "ansible",
        "vagrant",
        "docker",
        "elastic",
        "es",
        "dev",
        "demo",
        "backup",
        "service",
        "info",
        "operator",
        "webmaster",
    ];
    name.len() < 2 || is_well_known(name) || TRIED.contains(&name.to_ascii_lowercase().as_str())
}

fn marker(number: usize, name: &str) -> String {
    let any = |test: fn(char) -> bool, word: &'static str| name.chars().any(test).then_some(word);
    let kinds = [
        any(char::is_alphabetic, "letters"),
        any(|character| character.is_ascii_digit(), "digits"),
        any(|character| !character.is_alphanumeric(), "symbols"),
    ];
    let kinds: Vec<&str> = kinds.into_iter().flatten().collect();
    format!("<REDACTED:unknown_user_{number} {} characters: {}>", name.chars().count(), kinds.join(", "))
}

/// Replaces whole words only.
fn replaced(text: &str, name: &str, marker: &str) -> String {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((ahead, after)) = rest.split_once(name) {
        result.push_str(ahead);
        let inside = result.ends_with(is_word) && name.starts_with(is_word);
        let followed = after.starts_with(is_word) && name.ends_with(is_word);
        result.push_str(if inside || followed { name } else { marker });
        rest = after;
    }
    result.push_str(rest);
    result
}
