//! What the demo prints at its end.
#![expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]

use std::fmt::Write as _;

use crate::demo_folder::DemoFolder;
use crate::ends::Outcome;
use crate::process;
use crate::stack::Stack;
use crate::summary::{Fate, Summary};

pub(crate) fn print_summary(summary: &Summary, folder: &DemoFolder) {
    println!("\nWhat became of each alert\n\n{}", table(&summary.alerts));
    println!("Mails\n");
    if summary.mails.is_empty() {
        println!("  none");
    }
    for mail in &summary.mails {
        println!("  {}\n    {}", printable(&mail.subject), mail.path);
    }
    let counts = &summary.counts;
    println!(
        "\n{} published = {} notified + {} counted + {} observed + {} ignored + {} dead-lettered; {} mails, {} events for Wazuh",
        counts.published,
        counts.notified,
        counts.counted,
        counts.observed,
        counts.ignored,
        counts.dead_lettered,
        counts.mails_delivered,
        counts.feedback_events,
    );
    println!("\nWhere to look");
    println!("  mails    {}   (.eml, .html, .txt)", folder.mail().display());
    println!("  counts   {}", folder.summary().display());
    println!("  logs     {}", folder.logs().display());
}

pub(crate) fn print_problems(summary: &Summary, dead_letters: &[(&str, Vec<String>)], folder: &DemoFolder) {
    println!("\nThis does not add up:");
    for problem in summary.counts.problems() {
        println!("  {problem}");
    }
    for fate in summary.alerts.iter().filter(|fate| fate.outcome.is_none()) {
        println!("  no end: {} {}", fate.file, fate.alert_key.as_deref().unwrap_or_default());
    }
    println!();
    for (queue, messages) in dead_letters {
        println!("Dead letters of the {queue} queue: {}", messages.len());
        for message in messages {
            println!("  {}", printable(message));
        }
    }
    for log in ["enrich.log", "analyze.log", "notify.log", "ministack.log"] {
        println!("\n{}", process::tail(&folder.logs().join(log)));
    }
}

pub(crate) fn print_addresses(stack: &Stack) {
    println!("\nEverything keeps running; Ctrl-C ends it.");
    println!("  mails      {}", stack.page_url);
    println!("  providers  {}   (POST /control, GET /control/requests)", stack.stub_url);
    println!("  emulator   {}   (AWS_ENDPOINT_URL, key and secret \"test\")", stack.endpoint);
    println!("  one more alert:");
    println!(
        "    AWS_ENDPOINT_URL={} AWS_REGION={} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \\\n      {} send FILE --queue-url {}",
        stack.endpoint,
        stack.region,
        stack.publisher.display(),
        stack.outputs.queues.alerts
    );
}

fn table(fates: &[Fate]) -> String {
    let width = |of: fn(&Fate) -> &str| fates.iter().map(|fate| of(fate).chars().count()).max().unwrap_or(0);
    let (files, whats) = (width(|fate| &fate.file), width(|fate| &fate.what).min(MOST));
    let mut text = String::new();
    for fate in fates {
        let outcome = fate.outcome.map_or("NO END", Outcome::name);
        let what: String = printable(&fate.what).chars().take(MOST).collect();
        // Writing to a string does not fail.
        let _written = writeln!(
            text,
            "  {:files$}  {what:whats$}  {outcome:13}  {}",
            fate.file,
            printable(&fate.reason)
        );
    }
    text
}

/// Widest description.
const MOST: usize = 52;

/// Text of an alert must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_lines_up_and_cannot_steer_the_terminal() {
        let fate = |file: &str, outcome, reason: &str| Fate {
            file: file.to_owned(),
            what: "a \u{1b}[31mrule".to_owned(),
            alert_key: None,
            outcome,
            reason: reason.to_owned(),
        };
        let text =
            table(&[fate("1.json", Some(Outcome::Notified), "new incident"), fate("long.json", None, "")]);
        assert_eq!(
            text,
            "  1.json     a  [31mrule  notified       new incident\n  long.json  a  [31mrule  NO END         \n"
        );
    }
}
