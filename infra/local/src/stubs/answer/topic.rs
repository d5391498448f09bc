//! What the stub model knows about kinds of alerts: enough for sentences that fit.

use serde_json::Value;

/// The sentences about one kind of alert.
#[derive(Debug)]
pub(super) struct Topic {
    /// A group of the rule that gives it away.
    group: &'static str,
    pub headline: &'static str,
    pub happened: &'static str,
    pub harmful: &'static str,
    pub harmless: &'static str,
    pub question: &'static str,
    pub why: &'static str,
    pub place: &'static str,
}

impl Topic {
    /// The topic of the first group that has one.
    pub(super) fn of(document: &Value) -> &'static Self {
        let groups = document.pointer("/trusted/rule/groups").and_then(Value::as_array);
        let mut groups = groups.into_iter().flatten().filter_map(Value::as_str);
        let topic = groups.find_map(|group| TOPICS.iter().find(|topic| group.starts_with(topic.group)));
        topic.unwrap_or(&OTHER)
    }
}

const TOPICS: [Topic; 3] = [
    Topic {
        group: "authentication_fail",
        headline: "Repeated failed logins from one source",
        happened: "Somebody, or something, tried to log in and was turned away.",
        harmful: "Passwords are being guessed until one fits.",
        harmless: "A user or a script has an old password stored.",
        question: "Did a login succeed afterwards?",
        why: "A success after many failures is a break-in.",
        place: "Authentication events of the host in the next hour.",
    },
    Topic {
        group: "web",
        headline: "Requests that look like an attack on a web application",
        happened: "A client sent requests that no user of the application would send.",
        harmful: "Somebody is looking for a hole, or has found one.",
        harmless: "A scan that the application's owner has ordered.",
        question: "Did the application answer with data?",
        why: "An answer with data is a leak.",
        place: "The server's access log around this time: status and size.",
    },
    Topic {
        group: "syscheck",
        headline: "A watched file has changed",
        happened: "The content of a file that is watched is not what it was.",
        harmful: "Somebody has planted a job or a back door.",
        harmless: "An update, or an administrator's work.",
        question: "Which process wrote the file?",
        why: "A package manager is expected here, a shell is not.",
        place: "Audit events of the host at the time of the change.",
    },
];

const OTHER: Topic = Topic {
    group: "",
    headline: "Activity that the rule watches for",
    happened: "The host has logged what the rule watches for.",
    harmful: "Somebody is trying what they should not.",
    harmless: "Work that nobody has announced.",
    question: "Who was logged in on the host at that time?",
    why: "It tells who to ask.",
    place: "Authentication events of the host in the hour before.",
};
