//! `triage alerts`: the logs of alerts, or the addresses in them.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use domain::indicator::extract;
use domain::sighting::{Account, Method, address_of};
use domain::{Alert, lenient};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

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
            .filter_map(domain::indicator::Found::address)
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
    document: Value,
}

impl Record<'_> {
    fn id(&self) -> Option<String> {
        self.document.get("id").and_then(lenient::text)
    }

    /// The log line; the rule's words where there is none.
    fn log(&self) -> String {
        let texts = ["/full_log", "/log", "/rule/description", "/description"];
        let mut found = texts.iter().filter_map(|path| self.document.pointer(path).and_then(lenient::text));
        found.next().unwrap_or_default()
    }

    fn user(&self) -> Option<String> {
        let alert = self.alert()?;
        Account::of(&alert, Method::of(&alert)).map(|account| account.to_string())
    }

    fn address(&self) -> Option<String> {
        address_of(&self.alert()?).map(|address| address.to_string())
    }

    /// Tests and scripts leave out what no alert of Wazuh lacks.
    fn alert(&self) -> Option<Alert> {
        Alert::parse(self.text).ok().or_else(|| {
            let rest = self.document.as_object()?.clone();
            let mut whole = json!({"id": "-"});
            let members = whole.as_object_mut()?;
            members.extend(rest);
            members.insert("rule".to_owned(), json!({"id": "-", "level": 0}));
            Alert::parse(&whole.to_string()).ok()
        })
    }
}

/// What is done with one alert.
type Show<'a> = dyn FnMut(&Record<'_>, &mut Page) -> io::Result<()> + 'a;

/// Shows every alert of these rules, or of any if there are none.
fn each_of_rules(files: &[PathBuf], rules: &[String], show: &mut Show<'_>) -> Result<(), Failure> {
    let (mut page, mut trouble, mut written) = (Page::buffered(), Trouble::default(), Ok(()));
    let marks = Marks::new(rules.iter().map(String::as_str));
    let _ = scan(files, &marks, &mut |candidate| {
        match candidate {
            Candidate::Trouble(arrival) => drop(trouble.sort_out(arrival)),
            Candidate::Alert { file, line, text } => match of_rules(text, rules) {
                Ok(Some(record)) => written = show(&record, &mut page),
                Ok(None) => {}
                Err(error) => trouble.bad(file, line, &Trouble::not_json(&error)),
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

fn of_rules<'a>(text: &'a str, rules: &[String]) -> Result<Option<Record<'a>>, serde_json::Error> {
    let outline: Outline<'_> = serde_json::from_str(text)?;
    let wanted = rules.is_empty() || outline.rule_id().is_some_and(|id| rules.contains(&id));
    if wanted { Ok(Some(Record { text, document: serde_json::from_str(text)? })) } else { Ok(None) }
}
