//! What the programs took of the machine: looked up in `/proc` while they work.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use ::tests::measured::bytes;
use serde::Serialize;

/// Growth that a program may show in a soak without being said to leak: buffers still find their size.
const FLAT_BYTES_PER_HOUR: f64 = 4e6;

/// The looks so far, by program and process.
#[derive(Debug)]
pub(crate) struct Machine {
    began: Instant,
    publisher: u32,
    processes: BTreeMap<(String, u32), Vec<Look>>,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    at: Duration,
    resident_bytes: u64,
    cpu: Duration,
}

/// A program over all its processes.
#[derive(Debug, Serialize)]
pub(crate) struct Program {
    pub processes: usize,
    /// The most that one of them had.
    pub peak_bytes: u64,
    pub cpu_s: f64,
    /// Of the process that lived longest, over the second half of its life; nothing in a run of less than ten minutes,
    /// and nothing of one that hardly worked: two calls make a step, and no slope.
    pub growth_bytes_per_hour: Option<f64>,
}

impl Program {
    pub(crate) fn is_flat(&self) -> bool {
        self.growth_bytes_per_hour.is_none_or(|growth| growth <= FLAT_BYTES_PER_HOUR)
    }
}

impl Machine {
    pub(crate) fn new(publisher: u32) -> Self {
        Self { began: Instant::now(), publisher, processes: BTreeMap::new() }
    }

    /// Looks at every program of the pipeline that runs now.
    pub(crate) fn look(&mut self) {
        let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
        for id in numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
            let Some(name) = self.name(id) else { continue };
            let Some((resident_bytes, cpu)) = taken(id) else { continue };
            let look = Look { at: self.began.elapsed(), resident_bytes, cpu };
            self.processes.entry((name, id)).or_default().push(look);
        }
    }

    pub(crate) fn programs(&self) -> BTreeMap<String, Program> {
        let mut programs: BTreeMap<String, Program> = BTreeMap::new();
        let mut longest: BTreeMap<&str, usize> = BTreeMap::new();
        for ((name, _), looks) in &self.processes {
            let none = Program { processes: 0, peak_bytes: 0, cpu_s: 0.0, growth_bytes_per_hour: None };
            let program = programs.entry(name.clone()).or_insert(none);
            program.processes += 1;
            let peak = looks.iter().map(|look| look.resident_bytes).max().unwrap_or(0);
            program.peak_bytes = program.peak_bytes.max(peak);
            program.cpu_s += looks.last().map_or(0.0, |look| look.cpu.as_secs_f64());
            let known = longest.entry(name).or_default();
            if looks.len() > *known {
                *known = looks.len();
                program.growth_bytes_per_hour = growth(looks);
            }
        }
        programs
    }

    /// A function is called `bootstrap`, and its environment says which it is.
    fn name(&self, id: u32) -> Option<String> {
        if id == self.publisher {
            return Some("publisher".to_owned());
        }
        let program = fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
        if program.trim() != "bootstrap" {
            return None;
        }
        let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
        let name = environment.split(|byte| *byte == 0).find_map(|pair| {
            let name = str::from_utf8(pair).ok()?.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=")?;
            Some(name.rsplit('-').next().unwrap_or(name).to_owned())
        })?;
        Some(name)
    }
}

/// Resident memory and processor time of a process, if it is still there.
fn taken(id: u32) -> Option<(u64, Duration)> {
    const TICKS_PER_SECOND: u32 = 100;
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let resident = bytes(&status, "VmRSS:").ok()?;
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in brackets may hold anything; what counts comes after it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    let cpu = Duration::from_secs(1) * (ticks()? + ticks()?) / TICKS_PER_SECOND;
    Some((resident, cpu))
}

/// The slope of the least squares over the second half.
fn growth(looks: &[Look]) -> Option<f64> {
    const AT_WORK: usize = 20;
    let half = looks.get(looks.len() / 2..)?;
    let span = half.last()?.at.saturating_sub(half.first()?.at);
    let at_work = half.windows(2).filter(|pair| matches!(pair, [one, next] if one.cpu < next.cpu)).count();
    if span < Duration::from_secs(290) || at_work < AT_WORK {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a slope of megabytes")]
    let points = || half.iter().map(|look| (look.at.as_secs_f64() / 3600.0, look.resident_bytes as f64));
    #[expect(clippy::cast_precision_loss, reason = "a number of looks")]
    let count = half.len() as f64;
    let (x, y) = points().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (over, under) = points().fold((0.0, 0.0), |(over, under), point| {
        (over + (point.0 - x) * (point.1 - y), under + (point.0 - x) * (point.0 - x))
    });
    Some(over / under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(bytes_at: impl Fn(u64) -> u64) -> Vec<Look> {
        let look = |second| Look {
            at: Duration::from_secs(second),
            resident_bytes: bytes_at(second),
            cpu: Duration::from_secs(second) / 10,
        };
        (0..600).map(look).collect()
    }

    #[test]
    fn growth_is_of_the_second_half() {
        let grows = growth(&looks(|second| 10_000_000 + 1_000 * second)).unwrap();
        assert!((grows - 3_600_000.0).abs() < 1.0, "{grows}");
        let starts =
            growth(&looks(|second| if second < 300 { second * 100_000 } else { 30_000_000 })).unwrap();
        assert!(starts.abs() < 1.0, "{starts}");
        assert!(growth(&looks(|_| 1)[..20]).is_none());
        let mut called_twice = looks(|second| if second < 450 { 10_000_000 } else { 14_000_000 });
        for look in &mut called_twice {
            look.cpu = Duration::from_secs(look.at.as_secs() / 450);
        }
        assert!(growth(&called_twice).is_none());
    }

    #[test]
    fn a_program_is_all_its_processes() {
        let machine = Machine {
            began: Instant::now(),
            publisher: 1,
            processes: BTreeMap::from([
                (("enrich".to_owned(), 7), looks(|_| 9_000_000)),
                (("enrich".to_owned(), 8), looks(|second| 10_000_000 + second * 20_000)[..100].to_vec()),
            ]),
        };
        let enrich = &machine.programs()["enrich"];
        assert_eq!((enrich.processes, enrich.peak_bytes), (2, 11_980_000));
        assert!((enrich.cpu_s - 69.8).abs() < 1e-6 && enrich.is_flat());
    }

    #[test]
    fn this_process_is_found() {
        let mut machine = Machine::new(std::process::id());
        machine.look();
        assert!(machine.programs()["publisher"].peak_bytes > 1_000_000);
    }
}
