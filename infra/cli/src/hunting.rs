//! `triage hunt`: the hunt of the function over files, as they stream by.

mod judged;
mod stream;
mod told;

use std::io;
use std::ops::ControlFlow;

use domain::Alert;
use hunt::Thresholds;
use jiff::Timestamp;
use lambda::config::{Environment, Reader};

use crate::alerts;
use crate::cli::HuntOptions;
use crate::failure::{Count, Failure};
use crate::lines::{Candidate, Marks, scan};
use crate::terminal::{Page, tell};
use crate::trouble::Trouble;
use judged::Feeds;
use stream::Stream;

pub(crate) fn run(options: &HuntOptions, environment: &Environment) -> Result<(), Failure> {
    if !options.rules.is_empty() {
        return alerts::who(&options.files, &options.rules, options.json);
    }
    let mut reader = Reader::new(environment);
    let thresholds = Thresholds::read(&mut reader);
    let thresholds = reader.finish(thresholds)?;
    let feeds = Feeds::load(&options.feeds, Timestamp::now())?;
    let (mut page, mut trouble, mut written) = (Page::new(), Trouble::default(), Ok(()));
    let mut stream = Stream::new(thresholds, feeds);
    let _ = scan(options.files.clone(), Marks::new(domain::sighting::MARKS), &mut |candidate| {
        match candidate {
            Candidate::Trouble(arrival) => drop(trouble.sort_out(arrival)),
            Candidate::Alert { file, line, text } => match Alert::parse(&text) {
                Ok(alert) => {
                    for finding in stream.take(&alert) {
                        written = told::tell(&finding, &mut page, options.json);
                    }
                }
                Err(error) => trouble.bad(&file, line, &error.to_string()),
            },
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let (logins, rest) = stream.finish();
    let mut findings = rest.iter();
    while let (Ok(()), Some(finding)) = (&written, findings.next()) {
        written = told::tell(finding, &mut page, options.json);
    }
    match written {
        // Whoever was reading has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        Err(error) => return Err(Failure::Write(error)),
        Ok(()) => tell(&format!("{} looked at", Count(logins, "login"))),
    }
    trouble.conclude()
}
