//! What a change does to a text, for a person to read.

const CONTEXT: usize = 3;

/// The lines that differ, with some around them. One block: what lies between the first and the last difference.
pub fn diff(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same_start = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let rest = before.len().min(after.len()) - same_start;
    let same_end = before.iter().rev().zip(after.iter().rev()).take(rest);
    let same_end = same_end.take_while(|(one, other)| one == other).count();
    let mut lines = vec![format!("@@ line {} @@", same_start + 1)];
    let mut add = |sign: char, part: &[&str]| lines.extend(part.iter().map(|line| format!("{sign}{line}")));
    add(' ', before.get(same_start.saturating_sub(CONTEXT)..same_start).unwrap_or_default());
    add('-', before.get(same_start..before.len() - same_end).unwrap_or_default());
    add('+', after.get(same_start..after.len() - same_end).unwrap_or_default());
    let tail = before.get(before.len() - same_end..).unwrap_or_default();
    add(' ', tail.get(..tail.len().min(CONTEXT)).unwrap_or_default());
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_shows_what_changes_and_a_little_around() {
        for (before, after, expected) in [
            ("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nX\ne\nf\n", "@@ line 5 @@\n b\n c\n d\n+X\n e\n f\n"),
            ("a\n", "a\na\n", "@@ line 2 @@\n a\n+a\n"),
            ("", "a\n", "@@ line 1 @@\n+a\n"),
            ("a\nb\n", "a\nc\n", "@@ line 2 @@\n a\n-b\n+c\n"),
        ] {
            assert_eq!(diff(before, after), expected, "{before} {after}");
        }
    }
}
