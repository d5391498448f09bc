//! docs/portability.md: the same questions, put to every endpoint.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use ::tests::project;
use anyhow::Result;

use crate::column::Column;
use crate::rows::{Part, Rows};

pub(crate) const PAGE: &str = "docs/portability.md";

const HEAD: &str = "\
# On other endpoints

Wazuh Triage talks to AWS, or to whatever answers in its place at one address. This page says what was tried there, and where
the answers differ. `make adapters DOCS=NAME` writes it.

```sh
make adapters                                                          # starts MiniStack, and tries every adapter
make adapters ENDPOINT=http://127.0.0.1:4566                           # whatever answers there
make adapters ENDPOINT=http://127.0.0.1:4566 REQUIRE=\"sqs ses ssm\"     # an error if one of these is not offered
make adapters ENDPOINT=http://127.0.0.1:4566 DOCS=\"LocalStack 4.0.3\"   # writes its column
```

Each test drives code of ours: what a stage hands on and puts aside, notify's mails, keys, claims, objects, the publisher's queues and
its doctor, `triage dlq`, `triage secrets` and `triage doctor`. The endpoint is asked once what it offers; what it does not is named, and
the tests of that are counted as not run. Everything that is made has a name of the run's own and goes at the end.

Lambda has no adapter of ours: whether functions run is tried by `make test EMULATOR=localstack`, and by
`make test ENDPOINT=…` on an emulator that is running ([CONTRIBUTING.md](../CONTRIBUTING.md#tests-that-need-the-emulator)).
";

/// Writes the page from all columns that are kept.
pub(crate) fn write(rows: &Rows) -> Result<()> {
    fs::write(project::folder().join(PAGE), page(rows, &Column::all()?)?)?;
    Ok(())
}

fn page(rows: &Rows, columns: &[Column]) -> Result<String> {
    let mut page =
        format!("{HEAD}\n## Runs\n\n| endpoint | day, commit | offered | not offered | tests passed |\n");
    page.push_str("| --- | --- | --- | --- | --: |\n");
    for column in columns {
        let Column { name, day, commit, offered, absent, tests, .. } = column;
        let passed: usize = tests.values().map(Vec::len).sum();
        let absent = if absent.is_empty() { "nothing" } else { absent };
        writeln!(page, "| {name} | {day}, {commit} | {offered} | {absent} | {passed} |")?;
    }
    page.push_str(
        "\nNone of this was run on AWS: its column is what its documentation says, linked from each row. Where nothing stands, the\n\
         service was not offered.\n",
    );
    for part in &rows.parts {
        page.push_str(&section(part, columns)?);
    }
    page.push_str("\n## What was tried\n");
    for (service, names) in tried(columns) {
        writeln!(page, "\n**{service}**\n")?;
        for (name, where_passed) in names {
            writeln!(page, "- {name}: {}", where_passed.join(", "))?;
        }
    }
    Ok(page)
}

fn section(part: &Part, columns: &[Column]) -> Result<String> {
    let mut section = format!("\n## {}\n\n| | AWS documents |", part.name);
    for column in columns {
        write!(section, " {} |", column.name)?;
    }
    section.push_str(" for us |\n| --- | --- |");
    section.push_str(&" --- |".repeat(columns.len() + 1));
    section.push('\n');
    for row in &part.rows {
        write!(section, "| {} | [{}]({}) |", row.what, row.aws, row.source)?;
        for column in columns {
            let answer = column.answers.get(&row.id).map_or("", String::as_str);
            write!(section, " {} |", answer.replace('|', "\\|").replace('\n', " "))?;
        }
        writeln!(section, " {} |", row.ours)?;
    }
    Ok(section)
}

/// Every test by its service, with the endpoints that it has passed on.
fn tried(columns: &[Column]) -> BTreeMap<&str, BTreeMap<&str, Vec<&str>>> {
    let mut tried: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for column in columns {
        for (service, names) in &column.tests {
            for name in names {
                tried.entry(service).or_default().entry(name).or_default().push(&column.name);
            }
        }
    }
    tried
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, answer: Option<&str>) -> Column {
        let absent = if answer.is_none() { "sqs" } else { "" };
        let offered = if answer.is_none() { "" } else { "sqs" };
        Column {
            name: name.to_owned(),
            day: "2026-11-22".to_owned(),
            commit: "abc".to_owned(),
            offered: offered.to_owned(),
            absent: absent.to_owned(),
            tests: answer.map(|_| ("sqs".to_owned(), vec!["it answers".to_owned()])).into_iter().collect(),
            answers: answer.map(|answer| ("sqs.x".to_owned(), answer.to_owned())).into_iter().collect(),
        }
    }

    #[test]
    fn a_page_has_a_column_for_each_endpoint_and_says_what_none_has_answered() {
        let rows: Rows = toml::from_str(
            "[[service]]\nname = \"SQS\"\nservice = \"sqs\"\n[[service.row]]\nid = \"sqs.x\"\nwhat = \"x\"\n\
             aws = \"yes\"\nsource = \"https://docs.aws.amazon.com/x\"\nours = \"nothing\"",
        )
        .unwrap();
        let page = page(&rows, &[column("One 1.0", Some("a | b")), column("Other 2.0", None)]).unwrap();
        let page = page.split_once("## Runs").unwrap().1;
        for line in [
            "| One 1.0 | 2026-11-22, abc | sqs | nothing | 1 |",
            "| Other 2.0 | 2026-11-22, abc |  | sqs | 0 |",
            "| | AWS documents | One 1.0 | Other 2.0 | for us |",
            "| x | [yes](https://docs.aws.amazon.com/x) | a \\| b |  | nothing |",
            "- it answers: One 1.0",
        ] {
            assert!(page.lines().any(|written| written == line), "{line} not in {page}");
        }
    }

    #[test]
    fn the_page_is_made_of_the_columns_that_are_kept() {
        let written = fs::read_to_string(project::folder().join(PAGE)).unwrap();
        assert_eq!(written, page(&Rows::read().unwrap(), &Column::all().unwrap()).unwrap());
    }
}
