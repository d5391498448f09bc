//! What came out, as tables: on a terminal, or as a page.

use std::fmt::Write as _;

use crate::assumptions;
use crate::outcome::Outcome;
use crate::plan::Plan;

/// A table with what is to be said before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    pub lines: Vec<String>,
    pub headings: &'static [&'static str],
    pub rows: Vec<Vec<String>>,
}

/// One simulated day.
pub fn day(outcome: &Outcome) -> Vec<Section> {
    vec![stages(outcome), ends(outcome), costs(outcome), limits(outcome)]
}

fn section(title: &str, headings: &'static [&'static str], rows: Vec<Vec<String>>) -> Section {
    Section { title: title.to_owned(), lines: Vec::new(), headings, rows }
}

fn stages(outcome: &Outcome) -> Section {
    let rows = outcome.stages.iter().map(|stage| {
        vec![
            format!("{} → {}", stage.queue, stage.stage),
            count(stage.messages as f64),
            format!("{} / {}", rate(stage.arrivals_per_second), rate(stage.capacity_per_second)),
            format!("{:.1} / {}", stage.mean_running, stage.most_running),
            format!("{:.1}", stage.messages_per_batch),
            format!("{} at {}", count(stage.most_waiting as f64), clock(stage.most_waiting_at_seconds)),
            format!("{} / {}", time(stage.age.p50_seconds), time(stage.age.p99_seconds)),
            format!("{} at {}", time(stage.oldest_seconds), clock(stage.oldest_at_seconds)),
            match stage.drains_in_seconds {
                Some(_) if stage.left == 0 => "0".to_owned(),
                Some(seconds) => format!("{}, gone in {}", count(stage.left as f64), time(seconds)),
                None => format!("{}, growing", count(stage.left as f64)),
            },
        ]
    });
    section(
        "Queues",
        &[
            "QUEUE",
            "MESSAGES",
            "PEAK / CAN DO, A SECOND",
            "BATCHES AT ONCE, MEAN / MOST",
            "A BATCH",
            "MOST WAITING",
            "AGE P50 / P99",
            "OLDEST",
            "LEFT",
        ],
        rows.collect(),
    )
}

fn ends(outcome: &Outcome) -> Section {
    let ledger = &outcome.ledger;
    let places = [
        ("came", ledger.came),
        ("not sent (filter)", ledger.filtered),
        ("counted on the manager", ledger.counted_at_the_edge),
        ("ignored", ledger.ignored),
        ("counted", ledger.counted),
        ("notified", ledger.notified),
        ("dead-lettered", ledger.dead_lettered),
        ("lost", ledger.lost()),
        ("under way", ledger.under_way()),
    ];
    let rows = places.iter().filter(|(name, alerts)| *alerts > 0 || *name == "lost");
    let rows = rows.map(|(name, alerts)| vec![(*name).to_owned(), count(*alerts as f64)]).collect();
    let (mails, questions) = (&outcome.mails, &outcome.questions);
    let lines = vec![
        format!(
            "{} incidents; {} mails, {} of them digests ({} notices in them) and {} storm notices",
            count(outcome.incidents as f64),
            count(mails.sent() as f64),
            mails.digests,
            count(mails.in_digests as f64),
            mails.storm_notices
        ),
        format!(
            "questions to the model: {} answered, {} over the budget, {} refused or unanswered, {} while it rested",
            count(questions.answered as f64),
            count(questions.over_budget as f64),
            questions.rate_limited + questions.unanswered,
            count(questions.breaker_open as f64)
        ),
        format!(
            "from the alert to its mail: p50 {}, p99 {}; to its end without one: p50 {}, p99 {}",
            time(outcome.to_mail.p50_seconds),
            time(outcome.to_mail.p99_seconds),
            time(outcome.to_end.p50_seconds),
            time(outcome.to_end.p99_seconds)
        ),
    ];
    Section { lines, ..section("Ends", &["ALERTS", "NUMBER"], rows) }
}

fn costs(outcome: &Outcome) -> Section {
    let mut rows: Vec<Vec<String>> = outcome
        .cost
        .items()
        .iter()
        .map(|(name, dollars)| vec![(*name).to_owned(), money(*dollars)])
        .collect();
    rows.push(vec!["without mails and model".to_owned(), money(outcome.cost.pipeline())]);
    rows.push(vec!["total".to_owned(), money(outcome.cost.total())]);
    section("Cost", &["ITEM", "USD"], rows)
}

fn limits(outcome: &Outcome) -> Section {
    const SHOWN: usize = 12;
    let rows = outcome.limits.iter().take(SHOWN).map(|limit| {
        vec![
            limit.name.clone(),
            percent(limit.used()),
            format!("{} of {} {}", count(limit.needed), count(limit.allowed), limit.unit),
            count(limit.reached_at_alerts_per_day),
            limit.effect.words().to_owned(),
            limit.remedy.clone(),
        ]
    });
    let rows = rows.collect();
    let mut lines: Vec<String> = outcome.warnings.iter().map(|warning| format!("! {warning}")).collect();
    if outcome.throttled.tables + outcome.throttled.items > 0 {
        let (tables, items) = (outcome.throttled.tables, outcome.throttled.items);
        lines.push(format!("! batches that a table refused: {tables}; that one item refused: {items}"));
    }
    Section {
        lines,
        ..section(
            "Limits, the one that comes first at the top",
            &["LIMIT", "USED", "NEEDED", "REACHED AT ALERTS A DAY", "THEN", "CHANGE, OR ASK FOR"],
            rows,
        )
    }
}

/// Everything that a plan rests on.
pub fn assumptions(plan: &Plan) -> Section {
    let rows = assumptions::of(plan)
        .into_iter()
        .map(|row| vec![row.what.to_owned(), row.value, row.basis.words().to_owned(), row.source.to_owned()]);
    section("Assumptions", &["WHAT", "VALUE", "BASIS", "SOURCE"], rows.collect())
}

/// The sections as Markdown.
pub fn markdown(sections: &[Section]) -> String {
    let mut text = String::new();
    let row = |cells: &[String]| {
        format!("| {} |\n", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
    };
    for section in sections {
        // Writing to a string does not fail.
        let _ = writeln!(text, "## {}\n", section.title);
        for line in &section.lines {
            let _ = writeln!(text, "{}\n", line.trim_start_matches("! "));
        }
        if section.rows.is_empty() {
            continue;
        }
        let headings: Vec<String> = section.headings.iter().map(|heading| lowered(heading)).collect();
        let rules: Vec<String> = headings.iter().map(|_| "---".to_owned()).collect();
        text += &row(&headings);
        text += &row(&rules);
        for cells in &section.rows {
            text += &row(cells);
        }
        text.push('\n');
    }
    text
}

/// A heading that is all capitals as a word; names of variables and quotas as they are.
fn lowered(heading: &str) -> String {
    let is_name = heading.chars().any(char::is_lowercase);
    if is_name { heading.to_owned() } else { heading.to_lowercase().replace("usd", "USD") }
}

/// Three digits that matter.
pub fn count(number: f64) -> String {
    match number {
        number if number >= 9.995e8 => format!("{:.2}·10⁹", number / 1e9),
        number if number >= 9.995e5 => format!("{:.2} M", number / 1e6),
        number if number >= 10_000.0 => format!("{:.0} k", number / 1e3),
        number if number >= 10.0 || number.fract() == 0.0 => format!("{number:.0}"),
        number => format!("{number:.2}"),
    }
}

pub fn money(dollars: f64) -> String {
    if dollars >= 1_000.0 { format!("{dollars:.0}") } else { format!("{dollars:.2}") }
}

pub fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 0.000_5 => "0".to_owned(),
        seconds if seconds < 1.0 => format!("{:.0} ms", seconds * 1e3),
        seconds if seconds < 120.0 => format!("{seconds:.1} s"),
        seconds if seconds < 7_200.0 => format!("{:.0} min", seconds / 60.0),
        seconds if seconds < 172_800.0 => format!("{:.1} h", seconds / 3_600.0),
        seconds => format!("{:.1} days", seconds / 86_400.0),
    }
}

pub(crate) fn percent(part: f64) -> String {
    match part {
        part if part >= 10.0 => format!("{part:.0} times"),
        part if part >= 0.01 => format!("{:.0} %", part * 100.0),
        part => format!("{:.2} %", part * 100.0),
    }
}

fn rate(per_second: f64) -> String {
    if per_second >= 100.0 { count(per_second.round()) } else { format!("{per_second:.1}") }
}

fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0) as u64;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run;

    #[test]
    fn figures_have_the_digits_that_matter() {
        let words = [
            count(1e9),
            count(12_345_678.0),
            count(45_000.0),
            count(7.0),
            count(0.5),
            time(0.0),
            time(0.25),
            time(90_000.0),
            percent(0.5),
            percent(12.3),
            money(0.125),
            clock(3_720.0),
        ];
        assert_eq!(
            words,
            [
                "1.00·10⁹",
                "12.35 M",
                "45 k",
                "7",
                "0.50",
                "0",
                "250 ms",
                "25.0 h",
                "50 %",
                "12 times",
                "0.12",
                "01:02"
            ]
        );
    }

    #[test]
    fn a_page_is_tables_of_equal_rows() {
        let mut plan = Plan::as_shipped(2_000);
        plan.length = std::time::Duration::from_hours(2);
        let mut sections = day(&run(&plan));
        sections.push(assumptions(&plan));
        for section in &sections {
            assert!(section.rows.iter().all(|row| row.len() == section.headings.len()), "{}", section.title);
        }
        let page = markdown(&sections);
        let tables = page.lines().filter(|line| line.starts_with("| ---")).count();
        assert_eq!(tables, sections.len());
    }
}
