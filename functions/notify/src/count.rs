//! Numbers as people read them.

/// `1 alert`, `2,293 alerts`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// With a comma between thousands.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart_and_one_is_no_plural() {
        for (count, expected) in [
            (0, "0 mails"),
            (1, "1 mail"),
            (999, "999 mails"),
            (2_293, "2,293 mails"),
            (1_234_567, "1,234,567 mails"),
        ] {
            assert_eq!(counted(count, "mail"), expected);
        }
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
    }
}
