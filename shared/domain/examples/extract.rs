//! How long extraction takes, for `make bench`, which builds this as what ships: `extract ALERTS.jsonl PASSES` prints the
//! number of alerts and the median seconds of a pass over them.
#![expect(clippy::print_stdout, reason = "the result is for the bench")]

use std::hint::black_box;
use std::time::Instant;

use domain::indicator::extract;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let text = std::fs::read_to_string(arguments.next().ok_or("no file of alerts")?)?;
    let passes: usize = arguments.next().ok_or("no number of passes")?.parse()?;
    let mut took = Vec::new();
    for _ in 0..passes {
        let begin = Instant::now();
        let found: usize = text.lines().map(|alert| extract(black_box(alert)).len()).sum();
        black_box(found);
        took.push(begin.elapsed());
    }
    took.sort_unstable();
    let median = took.get(passes / 2).ok_or("no pass")?;
    println!("{} {}", text.lines().count(), median.as_secs_f64());
    Ok(())
}
