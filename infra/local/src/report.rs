//! What the demo prints at its end, on 100 columns.
#![expect(clippy::print_stdout, reason = "the result is for the person at the terminal")]

mod tables;

use crate::columns::printable;
use crate::demo_folder::DemoFolder;
use crate::process;
use crate::stack::Stack;
use crate::summary::Summary;

pub(crate) fn print_summary(summary: &Summary, folder: &DemoFolder) {
    println!("\nWhat became of each alert\n\n{}", tables::alerts(&summary.alerts));
    if !summary.imports.is_empty() {
        println!("Feeds that were imported\n\n{}", tables::imports(&summary.imports));
    }
    println!("What intelligence said\n\n{}", tables::intelligence(&summary.intelligence));
    println!("Events for Wazuh\n\n{}", tables::events(&summary.feedback));
    println!("Requests to providers\n\n{}", tables::requests(&summary.requests));
    if let Some(shown) = &summary.trouble {
        println!("Where it shows that {}\n\n{}", shown.trouble, tables::signs(shown));
    }
    if !summary.scenes.is_empty() {
        println!("What the demo shows\n\n{}", tables::scenes(&summary.scenes));
    }
    println!("Mails by conversation\n\n{}", tables::mails(&summary.mails));
    println!("{}", summary.counts);
    println!("\nWhere to look");
    println!("  page     {}", folder.page().display());
    println!("  mails    {}   (.eml, .html, .txt)", folder.mail().display());
    println!("  events   {}", folder.feedback().display());
    println!("  counts   {}", folder.summary().display());
    println!("  logs     {}", folder.logs().display());
}

pub(crate) fn print_problems(summary: &Summary, dead_letters: &[(&str, Vec<String>)], folder: &DemoFolder) {
    println!("\nThis does not add up:");
    for problem in &summary.problems {
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
        "    AWS_REGION={} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \\\n      {} send FILE --queue-url {} \\\n      {}",
        stack.region,
        stack.publisher.display(),
        stack.outputs.queues.alerts,
        stack.publisher_arguments().map(|argument| argument.display().to_string()).join(" ")
    );
}
