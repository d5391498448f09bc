//! Local time without a library: jiff alone would make `custom-wazuh-triage` half as large again.
//!
//! Reads the compiled zone files of the system (`TZif`, RFC 9636) and the rule at their end, which holds for the future.

use std::ffi::OsString;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The offsets from UTC of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zone {
    /// From when on which offset holds, in seconds, oldest first.
    transitions: Vec<(i64, i64)>,
    /// Before the first transition.
    first: i64,
    /// After the last.
    rule: Rule,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rule {
    standard: i64,
    /// Its offset, and when it begins and ends in local time.
    summer: Option<(i64, Day, Day)>,
}

/// `M3.5.0/2`: the fifth (last) Sunday of March, two hours after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Day {
    month: i64,
    week: i64,
    weekday: i64,
    seconds: i64,
}

const DAY_SECONDS: i64 = 86_400;

impl Zone {
    /// The zone that Wazuh's own lines are in: `TZ`, then `/etc/localtime`, then UTC.
    pub fn of_system(variable: Option<OsString>) -> Self {
        let Some(name) = variable else { return Self::file(Path::new("/etc/localtime")).unwrap_or_default() };
        let name = name.to_string_lossy();
        let name = name.strip_prefix(':').unwrap_or(&name);
        let path = Path::new("/usr/share/zoneinfo").join(name);
        let file = if name.is_empty() { None } else { Self::file(&path) };
        file.or_else(|| Some(Self { rule: Rule::parse(name)?, ..Self::default() }.starting_with_its_rule()))
            .unwrap_or_default()
    }

    /// Nothing when the bytes are not a zone.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let old = Header::parse(bytes)?;
        // The first block has 32-bit times; the second is the same with 64 bits.
        let bytes = bytes.get(Header::BYTES + old.block_bytes(4)..)?;
        let header = Header::parse(bytes)?;
        let block = bytes.get(Header::BYTES..)?;
        let (times, rest) = block.split_at_checked(header.times * 8)?;
        let (kinds, rest) = rest.split_at_checked(header.times)?;
        let (offsets, _) = rest.split_at_checked(header.kinds * 6)?;
        let offset = |kind: usize| offsets.chunks_exact(6).nth(kind).and_then(|kind| number(kind.get(..4)?));
        let mut transitions = Vec::with_capacity(header.times);
        for (time, kind) in times.chunks_exact(8).zip(kinds) {
            transitions.push((number(time)?, offset(usize::from(*kind))?));
        }
        let first = offset(0)?;
        let footer = std::str::from_utf8(block.get(header.block_bytes(8)..)?).ok()?.trim_matches('\n');
        let last = transitions.last().map_or(first, |(_, offset)| *offset);
        let rule = Rule::parse(footer).unwrap_or(Rule { standard: last, summer: None });
        Some(Self { transitions, first, rule })
    }

    fn file(path: &Path) -> Option<Self> {
        Self::parse(&std::fs::read(path).ok()?)
    }

    fn starting_with_its_rule(self) -> Self {
        Self { transitions: vec![(i64::MIN, self.rule.standard)], ..self }
    }

    fn offset_at(&self, time: i64) -> i64 {
        let later = self.transitions.partition_point(|(from, _)| *from <= time);
        match later.checked_sub(1).and_then(|index| self.transitions.get(index)) {
            None if self.transitions.is_empty() => self.rule.offset_at(time),
            None => self.first,
            Some(_) if later == self.transitions.len() => self.rule.offset_at(time),
            Some((_, offset)) => *offset,
        }
    }

    /// `2026 Oct 03 14:22:07`, as Wazuh writes it.
    pub fn stamp(&self, now: SystemTime) -> String {
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let seconds = i64::try_from(seconds).unwrap_or_default();
        let local = seconds + self.offset_at(seconds);
        let (year, month, day) = date(local.div_euclid(DAY_SECONDS));
        let second = local.rem_euclid(DAY_SECONDS);
        let name = usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"???");
        format!("{year} {name} {day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

struct Header {
    times: usize,
    kinds: usize,
    rest: usize,
    leaps: usize,
}

impl Header {
    const BYTES: usize = 44;

    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..Self::BYTES)?;
        // Version 1 has no rule for the future; nobody has written it since 2005.
        if !bytes.starts_with(b"TZif") || bytes.get(4)? < &b'2' {
            return None;
        }
        let count = |place: usize| usize::try_from(number(bytes.get(20 + place * 4..24 + place * 4)?)?).ok();
        let (utc, standard, letters) = (count(0)?, count(1)?, count(5)?);
        Some(Self { times: count(3)?, kinds: count(4)?, rest: utc + standard + letters, leaps: count(2)? })
    }

    fn block_bytes(&self, time_bytes: usize) -> usize {
        self.times * (time_bytes + 1) + self.kinds * 6 + self.leaps * (time_bytes + 4) + self.rest
    }
}

impl Rule {
    /// `CET-1CEST,M3.5.0,M10.5.0/3`. The forms `J60` and `60` of days are in no zone of today.
    fn parse(text: &str) -> Option<Self> {
        let (name, dates) = text.split_once(',').map_or((text, None), |(name, dates)| (name, Some(dates)));
        let rest = after_name(name)?;
        let (standard, rest) = if rest.is_empty() { (0, "") } else { offset(rest)? };
        let Some(dates) = dates else { return Some(Self { standard: -standard, summer: None }) };
        let rest = after_name(rest)?;
        let summer = if rest.is_empty() { standard - 3600 } else { offset(rest)?.0 };
        let (begin, end) = dates.split_once(',')?;
        Some(Self { standard: -standard, summer: Some((-summer, Day::parse(begin)?, Day::parse(end)?)) })
    }

    fn offset_at(&self, time: i64) -> i64 {
        let Some((summer, begin, end)) = self.summer else { return self.standard };
        let (year, ..) = date((time + self.standard).div_euclid(DAY_SECONDS));
        let begin = begin.in_year(year) - self.standard;
        let end = end.in_year(year) - summer;
        let is_summer =
            if begin < end { (begin..end).contains(&time) } else { !(end..begin).contains(&time) };
        if is_summer { summer } else { self.standard }
    }
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('/').map_or((text, "2"), |(date, time)| (date, time));
        let mut parts = date.strip_prefix('M')?.split('.').map(|part| part.parse::<i64>().ok());
        let (month, week, weekday) = (parts.next()??, parts.next()??, parts.next()??);
        Some(Self { month, week, weekday, seconds: offset(time)?.0 })
    }

    /// Seconds of local time since 1970.
    fn in_year(self, year: i64) -> i64 {
        let first = days(year, self.month, 1);
        let next = if self.month == 12 { days(year + 1, 1, 1) } else { days(year, self.month + 1, 1) };
        // 1 January 1970 was a Thursday.
        let ahead = (self.weekday - (first + 4)).rem_euclid(7);
        let mut day = first + ahead + (self.week - 1) * 7;
        if day >= next {
            day -= 7;
        }
        day * DAY_SECONDS + self.seconds
    }
}

/// What follows `CET` or `<+03>`.
fn after_name(text: &str) -> Option<&str> {
    if let Some(quoted) = text.strip_prefix('<') {
        return Some(quoted.split_once('>')?.1);
    }
    let rest = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    (rest.len() < text.len()).then_some(rest)
}

/// `-1`, `5:30`, `-2:30:10`: seconds, and what follows.
fn offset(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || "+-:".contains(letter)));
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    let unsigned = number.trim_start_matches(['+', '-']);
    let mut seconds = 0;
    let mut unit = 3600;
    for part in unsigned.split(':') {
        seconds += part.parse::<i64>().ok()? * unit;
        unit /= 60;
    }
    Some((if number.starts_with('-') { -seconds } else { seconds }, rest))
}

/// A big-endian number of four or eight bytes, with its sign.
fn number(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        4 => Some(i64::from(i32::from_be_bytes(bytes.try_into().ok()?))),
        _ => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
    }
}

/// Days since 1970 of a date: <https://howardhinnant.github.io/date_algorithms.html>.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + days.div_euclid(146_097) * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;

    /// jiff is the judge: every 11 days and some hours from 1970 to 2100, and around each change of the clocks.
    #[test]
    fn the_local_time_is_that_of_a_whole_library() {
        let names =
            ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"];
        for name in
            names.into_iter().chain(["America/Sao_Paulo", "Antarctica/Troll", "Asia/Tokyo", "Etc/UTC"])
        {
            let Ok(bytes) = std::fs::read(format!("/usr/share/zoneinfo/{name}")) else { continue };
            let (ours, judge) = (Zone::parse(&bytes).unwrap(), TimeZone::tzif(name, &bytes).unwrap());
            let mut times: Vec<i64> = (0..4_102_444_800).step_by(961_234).collect();
            let changes = judge.following(Timestamp::UNIX_EPOCH).take(260).map(|change| change.timestamp());
            times.extend(changes.flat_map(|at| [at.as_second() - 1, at.as_second(), at.as_second() + 1]));
            for time in times.into_iter().filter(|time| (0..4_102_444_800).contains(time)) {
                let expected = Timestamp::from_second(time).unwrap().to_zoned(judge.clone());
                let stamp = ours.stamp(UNIX_EPOCH + Duration::from_secs(time.try_into().unwrap()));
                assert_eq!(stamp, expected.strftime("%Y %b %d %H:%M:%S").to_string(), "{name} {time}");
            }
        }
    }

    #[test]
    fn the_variable_names_a_zone_or_a_rule_and_anything_else_is_utc() {
        let stamp = |variable: &str| {
            Zone::of_system(Some(variable.into())).stamp(UNIX_EPOCH + Duration::from_secs(1_791_030_127))
        };
        for (variable, expected) in [
            ("CET-1CEST,M3.5.0,M10.5.0/3", "2026 Oct 03 14:22:07"),
            ("<+0330>-3:30", "2026 Oct 03 15:52:07"),
            ("UTC", "2026 Oct 03 12:22:07"),
            ("", "2026 Oct 03 12:22:07"),
            ("../../../etc/passwd", "2026 Oct 03 12:22:07"),
        ] {
            assert_eq!(stamp(variable), expected, "{variable}");
        }
    }

    #[test]
    fn a_zone_file_cut_anywhere_is_no_panic() {
        let Ok(bytes) = std::fs::read("/usr/share/zoneinfo/Europe/Berlin") else { return };
        for length in 0..bytes.len() {
            let _ = Zone::parse(&bytes[..length]).map(|zone| zone.stamp(SystemTime::now()));
        }
    }
}
