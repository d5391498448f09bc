//! JSON feeds: which shape a document has. Items stay slices of the text until their turn, so that a large document
//! takes little more memory than its bytes.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde_json::value::RawValue;

use super::lines::Lines;
use super::rows::Around;
use super::sink::Sink;
use super::{FeedError, misp, otx, rows};

/// Members of an object, each still as it is written.
pub(super) type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Reads a feed whose first line is given: a document on each line, or one document over many lines.
pub(super) fn read(
    first: Vec<u8>,
    lines: &mut Lines<impl BufRead>,
    sink: &mut Sink<'_>,
) -> Result<(), FeedError> {
    let start = lines.number();
    if serde_json::from_slice::<&RawValue>(&first).is_err_and(|error| error.is_eof()) {
        let bytes = lines.all_from(first)?;
        sink.at(start);
        if let Ok(text) = std::str::from_utf8(&bytes)
            && serde_json::from_str::<&RawValue>(text).is_ok()
        {
            document(text, &Around::default(), 0, sink);
        } else {
            by_line(&bytes, start, sink);
        }
        return Ok(());
    }
    let mut line = Some(first);
    while let Some(bytes) = line {
        sink.at(lines.number());
        one_line(&bytes, sink);
        line = lines.next_filled()?;
    }
    Ok(())
}

/// What is no document as a whole may be documents on lines, the first one broken off.
fn by_line(bytes: &[u8], start: usize, sink: &mut Sink<'_>) {
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if !line.trim_ascii().is_empty() {
            sink.at(start + index);
            one_line(line, sink);
        }
    }
    if sink.tally.rows == 0 {
        sink.start_over();
        sink.at(start);
        sink.bad("the JSON that begins here is broken or ends too early; fetch the file again");
    }
}

fn one_line(line: &[u8], sink: &mut Sink<'_>) {
    match std::str::from_utf8(line) {
        Ok(text) if serde_json::from_str::<&RawValue>(text).is_ok() => {
            document(text, &Around::default(), 0, sink);
        }
        Ok(_) => sink.bad("it is not JSON; write one object on a line"),
        Err(_) => sink.bad("it is not UTF-8 text"),
    }
}

/// Rows, pulses, events, lists of them, or pages with them.
pub(super) fn document(text: &str, around: &Around, depth: u8, sink: &mut Sink<'_>) {
    const DEEPEST: u8 = 8;
    if depth > DEEPEST {
        return sink.bad("it is nested too deep for a feed");
    }
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(text) {
        return each(&items, around, depth, sink);
    }
    let Ok(members) = serde_json::from_str::<Members<'_>>(text) else {
        return sink.bad("it is not a JSON object");
    };
    let inner = |name: &str| members.get(name).map(|value| value.get());
    let list = |name: &str| serde_json::from_str::<Vec<&RawValue>>(inner(name)?).ok();
    if let Some(event) = inner("Event") {
        misp::event(event, sink);
    } else if members.contains_key("Attribute") {
        misp::event(text, sink);
    } else if let Some(response) = inner("response") {
        document(response, around, depth + 1, sink);
    } else if let Some(indicators) = list("indicators") {
        each(&indicators, &otx::around(&members), depth, sink);
    } else if let Some(results) = list("results") {
        each(&results, &otx::page(), depth, sink);
    } else if let Some(data) = list("data") {
        each(&data, around, depth, sink);
    } else if members.contains_key("list") {
        sink.bad("it is a MISP warninglist, which says what is harmless; load it as one");
    } else {
        let value = |name: &str| serde_json::from_str(members.get(name)?.get()).ok();
        rows::row(&value, around, sink);
    }
}

fn each(items: &[&RawValue], around: &Around, depth: u8, sink: &mut Sink<'_>) {
    for item in items {
        sink.next_item();
        document(item.get(), around, depth + 1, sink);
    }
}
