//! `triage alerts`: the logs of alerts, or the addresses in them.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use domain::indicator::{Found, extract};
use domain::sighting::{Account, Method, address_of};
use domain::{Alert, AlertError, lenient};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::cli::AlertsOptions;
use crate::failure::Failure;
use crate::lines::{Candidate, Marks, scan};
use crate::terminal::Page;
use crate::trouble::Trouble;

pub(crate) fn run(options: &AlertsOptions) -> Result<(), Failure> {
    let mut addresses = HashSet::new();
    each_of_rules(&options.files, &options.rules, &mut |record, page| {
        if !options.ips {
            return page.print(&[record.log()]);
        }
        let found = extract(record.text);
        let new: Vec<String> = found
            .iter()
            .filter_map(Found::address)
            .filter(|address| addresses.insert(*address))
            .map(|address| address.to_string())
            .collect();
        page.print(&new)
    })
}

/// `triage hunt --rule`: who was seen, and from where, in alerts of these rules.
pub(crate) fn who(files: &[PathBuf], rules: &[String], as_json: bool) -> Result<(), Failure> {
    each_of_rules(files, rules, &mut |record, page| {
        let (id, user, address) = (record.id(), record.user(), record.address());
        if as_json {
            let document = json!({"schema": 1, "alert_id": id, "user": user, "source_address": address});
            return page.print_json(&document.to_string());
        }
        let shown = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        page.print(&[format!("{:<22} {:<24} {}", shown(id), shown(user), shown(address))])
    })
}

/// One alert of a rule, or any JSON object that has something of one.
struct Record<'a> {
    text: &'a str,
    alert: Alert,
}

impl<'a> Record<'a> {
    /// Tests and scripts leave out what no alert of Wazuh lacks: it is filled in.
    fn read(text: &'a str) -> Result<Self, AlertError> {
        let problem = match Alert::parse(text) {
            Ok(alert) => return Ok(Self { text, alert }),
            Err(problem) => problem,
        };
        let filled = || {
            let given: Map<String, Value> = serde_json::from_str(text).ok()?;
            let mut members = Map::from_iter([("id".to_owned(), json!("-"))]);
            members.extend(given);
            let description = members.get("rule").and_then(|rule| rule.get("description")).cloned();
            members.insert("rule".to_owned(), json!({"id": "-", "level": 0, "description": description}));
            Alert::parse(&Value::Object(members).to_string()).ok()
        };
        filled().map(|alert| Self { text, alert }).ok_or(problem)
    }

    fn id(&self) -> Option<String> {
        self.alert.text_at(&["id"]).filter(|id| id != "-")
    }

    /// The log line; the rule's words where there is none.
    fn log(&self) -> String {
        let paths: [&[&str]; 4] = [&["full_log"], &["log"], &["rule", "description"], &["description"]];
        paths.iter().find_map(|path| self.alert.text_at(path)).unwrap_or_default()
    }

    fn user(&self) -> Option<String> {
        Account::of(&self.alert, Method::of(&self.alert)).map(|account| account.to_string())
    }

    fn address(&self) -> Option<String> {
        address_of(&self.alert).map(|address| address.to_string())
    }
}

/// What is done with one alert.
type Show<'a> = dyn FnMut(&Record<'_>, &mut Page) -> io::Result<()> + 'a;

/// Shows every alert of these rules, or of any if there are none.
fn each_of_rules(files: &[PathBuf], rules: &[String], show: &mut Show<'_>) -> Result<(), Failure> {
    let (mut page, mut trouble, mut written) = (Page::buffered(), Trouble::default(), Ok(()));
    let marks = Marks::new(rules.iter().map(String::as_str));
    let _ = scan(files.to_vec(), marks, &mut |candidate| {
        match candidate {
            Candidate::Trouble(arrival) => drop(trouble.sort_out(arrival)),
            Candidate::Alert { file, line, text } => match of_rules(&text, rules) {
                Ok(Some(record)) => written = show(&record, &mut page),
                Ok(None) => {}
                Err(problem) => trouble.bad(&file, line, &problem),
            },
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    match written.and_then(|()| page.finish()) {
        // Whoever was reading has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::Write(error)),
        Ok(()) => trouble.conclude(),
    }
}

/// The part of an alert that tells its rule; the rest is passed over.
#[derive(Deserialize)]
struct Outline<'a> {
    #[serde(borrow, default)]
    rule: Option<&'a RawValue>,
    #[serde(borrow, default)]
    rule_id: Option<&'a RawValue>,
}

impl Outline<'_> {
    fn rule_id(&self) -> Option<String> {
        let value = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
        let rule = self.rule.and_then(value);
        let within = rule.as_ref().and_then(|rule| rule.get("id").or(Some(rule))).and_then(lenient::text);
        within.or_else(|| self.rule_id.and_then(value).as_ref().and_then(lenient::text))
    }
}

fn of_rules<'a>(text: &'a str, rules: &[String]) -> Result<Option<Record<'a>>, String> {
    let outline: Outline<'_> = serde_json::from_str(text).map_err(|error| Trouble::not_json(&error))?;
    let wanted = rules.is_empty() || outline.rule_id().is_some_and(|id| rules.contains(&id));
    if wanted { Record::read(text).map(Some).map_err(|problem| problem.to_string()) } else { Ok(None) }
}
