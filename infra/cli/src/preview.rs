//! `triage preview`: how mails look, before one is sent.

use std::path::Path;

use lambda::config::Environment;
use notify::goldens;

use crate::cli::PreviewOptions;
use crate::failure::Failure;
use crate::input::Arrivals;
use crate::mail_folder::{Entry, Foreign, MailFolder};
use crate::stages::{Intake, Stages};
use crate::terminal::Page;
use crate::trouble::Trouble;

const TITLE: &str = "Mails of Wazuh Triage";

pub(crate) fn run(options: &PreviewOptions, environment: &Environment) -> Result<(), Failure> {
    let foreign = if options.force { Foreign::Shared } else { Foreign::Refused };
    match &options.from_alert {
        Some(file) => of_alerts(options, file, foreign, environment),
        None => of_every_kind(options, foreign),
    }
}

/// The same bytes every time: clock, ids and alerts are fixed.
fn of_every_kind(options: &PreviewOptions, foreign: Foreign) -> Result<(), Failure> {
    let mut samples = goldens::samples();
    if !options.kinds.is_empty() {
        let known: Vec<&str> = samples.iter().map(|sample| sample.name).collect();
        if let Some(unknown) = options.kinds.iter().find(|kind| !known.contains(&kind.as_str())) {
            return Err(Failure::UnknownKind { kind: unknown.clone(), known: known.join(", ") });
        }
        samples.retain(|sample| options.kinds.iter().any(|kind| kind == sample.name));
    }
    let mut folder = MailFolder::open(&options.out, foreign)?;
    let mut page = Page::new();
    for sample in samples {
        let entry = Entry {
            name: sample.name.to_owned(),
            kind: "preview".to_owned(),
            subject: sample.mail.subject.clone(),
            about: sample.shows.to_owned(),
        };
        show(&mut page, options.json, &entry)?;
        folder.add(entry, &sample.mail)?;
    }
    let account = "One of every kind, with made-up alerts and a fixed clock. Links lead nowhere.";
    close(folder, account, options.json, &mut page)
}

/// The mails that these alerts would make if every one of them were triaged; nobody is asked.
fn of_alerts(
    options: &PreviewOptions,
    file: &Path,
    foreign: Foreign,
    environment: &Environment,
) -> Result<(), Failure> {
    let runtime = crate::runtime()?;
    let mut stages = Stages::offline(environment, goldens::now())?;
    let mut folder = MailFolder::open(&options.out, foreign)?;
    let (mut page, mut trouble) = (Page::new(), Trouble::default());
    for arrival in Arrivals::of(vec![file.to_owned()]) {
        let Some(subject) = trouble.sort_out(arrival) else { continue };
        let Some(alert) = trouble.taken(&subject) else { continue };
        let told = runtime.block_on(stages.take(alert, Intake::Triaged))?;
        for delivery in told.deliveries {
            let entry = delivery.entry(folder.count());
            show(&mut page, options.json, &entry)?;
            folder.add(entry, &delivery.sent.mail)?;
        }
    }
    close(
        folder,
        "Your own alerts, as if each of them were triaged. Nobody was asked.",
        options.json,
        &mut page,
    )?;
    trouble.conclude()
}

fn show(page: &mut Page, json: bool, entry: &Entry) -> Result<(), Failure> {
    let written = if json {
        page.print_json(&serde_json::to_string(entry).unwrap_or_default())
    } else {
        page.print(&[format!("{:<16}{}", entry.name, entry.about)])
    };
    written.map_err(Failure::Write)
}

fn close(folder: MailFolder, account: &str, json: bool, page: &mut Page) -> Result<(), Failure> {
    let summary = folder.finish(TITLE, account)?;
    if json { Ok(()) } else { page.print(&[String::new(), summary]).map_err(Failure::Write) }
}
