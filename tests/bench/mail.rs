//! What a mail costs: writing it, and all of notify's work for it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Deserialize;

use crate::release::Release;
use crate::table::{Aim, Quantity, Row};
use crate::tell;

const MAX_RENDERING: Duration = Duration::from_millis(1);

/// What the program prints: median and 90th percentile.
#[derive(Deserialize)]
struct Figures {
    what: String,
    rendered_s: [f64; 2],
    cpu_s: [f64; 2],
}

pub(crate) fn measure(release: &Release) -> Result<Vec<Row>> {
    tell("writing mails");
    let output = Command::new(release.mails()).output()?;
    ensure!(output.status.success(), "the example render ended with {}", output.status);
    rows(&String::from_utf8(output.stdout)?)
}

fn rows(printed: &str) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for line in printed.lines() {
        // Between them stand the metrics that notify writes for every mail.
        let Ok(Figures { what, rendered_s, cpu_s }) = serde_json::from_str(line) else { continue };
        let [median, p90] = rendered_s.map(Duration::from_secs_f64);
        let aim = Aim::informs(format!("< {}", Quantity::Time(MAX_RENDERING)), median < MAX_RENDERING);
        rows.push(row(format!("mail: written for {what}"), median, p90, Some(aim)));
        let [median, p90] = cpu_s.map(Duration::from_secs_f64);
        rows.push(row(format!("mail: notify's CPU for {what}, without AWS"), median, p90, None));
    }
    ensure!(!rows.is_empty(), "the example render said nothing");
    Ok(rows)
}

fn row(what: String, median: Duration, p90: Duration, aim: Option<Aim>) -> Row {
    Row::new(what, Quantity::Time(median)).with_p90(Quantity::Time(p90)).with_aim(aim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_prints_is_two_rows_for_each_alert() {
        let printed =
            r#"{"what":"a usual alert","bytes":23000,"rendered_s":[0.0001,0.0002],"cpu_s":[0.0003,0.0004]}"#;
        let told: Vec<String> =
            rows(printed).unwrap().iter().map(|row| format!("{}: {}", row.what, row.median)).collect();
        assert_eq!(
            told,
            [
                "mail: written for a usual alert: 0.10 ms",
                "mail: notify's CPU for a usual alert, without AWS: 0.30 ms"
            ]
        );
        assert!(rows("").is_err() && rows("written in 1 ms").is_err());
    }
}
