//! What a log line calls an alert: its id, found without parsing it.

/// The alert's id as a log line may show it; what is not there, or is no plain text, is not guessed.
pub fn label(alert: &[u8]) -> String {
    id(alert).map_or_else(|| "without an id".to_owned(), |id| String::from_utf8_lossy(id).into_owned())
}

/// The value of the key `id` of the outermost object. One pass, and it stops there.
fn id(alert: &[u8]) -> Option<&[u8]> {
    let mut depth = 0_usize;
    let mut place = 0;
    let mut is_id = false;
    while let Some(byte) = alert.get(place) {
        place += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let text = string(alert.get(place..)?)?;
                place += text.len() + 1;
                if is_id {
                    return is_plain(text).then_some(text);
                }
                let next = alert.get(place..)?.trim_ascii_start().first();
                is_id = depth == 1 && text == b"id" && next == Some(&b':');
                continue;
            }
            b':' | b' ' | b'\t' | b'\r' | b'\n' => continue,
            b'0'..=b'9' | b'-' if is_id => {
                let rest = alert.get(place - 1..)?;
                let end = rest.iter().position(|byte| !b"0123456789.-".contains(byte)).unwrap_or(rest.len());
                return rest.get(..end);
            }
            _ => {}
        }
        is_id = false;
    }
    None
}

/// Up to the quote that ends it.
fn string(text: &[u8]) -> Option<&[u8]> {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    text.get(..end?)
}

fn is_plain(text: &[u8]) -> bool {
    text.len() <= 128 && text.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outermost_id_counts() {
        for (alert, expected) in [
            (r#"{"rule":{"id":"5763"},"agent":{"id":"007"},"id":"1791030127.4711"}"#, "1791030127.4711"),
            (r#"{ "id" : 1.50 }"#, "1.50"),
            (r#"{"full_log":"\"id\":\"forged\" \\","x":["id",{"id":"no"}],"y":"id","id":"1.5"}"#, "1.5"),
            (r#"{"id":{"id":"no"}}"#, "without an id"),
            (r#"{"id":null,"x":"no"}"#, "without an id"),
            (r#"{"id":"a b"}"#, "without an id"),
            (r#"{"id":"1\n2"}"#, "without an id"),
            (r#"{"id":"cut"#, "without an id"),
            (r#"{"id""#, "without an id"),
            ("}}}}", "without an id"),
            ("", "without an id"),
        ] {
            assert_eq!(label(alert.as_bytes()), expected, "{alert}");
        }
    }

    #[test]
    fn an_alert_cut_anywhere_is_no_panic() {
        let alert = r#"{"a":"\\\"","rule":{"id":"5763"},"b":[1,{"id":2}],"id":"1791030127.4711"}"#;
        for length in 0..alert.len() {
            let _ = label(&alert.as_bytes()[..length]);
        }
    }
}
