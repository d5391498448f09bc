//! A strict reader of the little MIME that a mail of ours consists of: it refuses what lenient parsers repair.

use std::collections::BTreeSet;

/// One part: its headers unfolded, its content decoded.
#[derive(Debug)]
pub(crate) struct Part {
    pub headers: Vec<(String, String)>,
    pub content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Leaf(Vec<u8>),
    Parts(Vec<Part>),
}

impl Part {
    /// Panics with the reason where the bytes are not as RFC 5322 and 2045 want them.
    pub(crate) fn read(raw: &[u8]) -> Self {
        assert!(raw.is_ascii(), "a byte is not ASCII");
        let text = std::str::from_utf8(raw).unwrap();
        let lines: Vec<&str> = text.strip_suffix("\r\n").expect("it ends with CRLF").split("\r\n").collect();
        for line in &lines {
            assert!(!line.contains(['\r', '\n']), "a bare CR or LF: {line:?}");
            assert!(line.len() <= 998, "{} bytes in a line", line.len());
        }
        Self::of_lines(&lines)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn parts(&self) -> &[Self] {
        match &self.content {
            Content::Leaf(_) => panic!("no multipart"),
            Content::Parts(parts) => parts,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Leaf(bytes) => bytes,
            Content::Parts(_) => panic!("a multipart"),
        }
    }

    fn of_lines(lines: &[&str]) -> Self {
        let end = lines.iter().position(|line| line.is_empty()).expect("an empty line after the headers");
        let headers = unfolded(&lines[..end]);
        let names: BTreeSet<String> = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        assert_eq!(names.len(), headers.len(), "a header stands twice: {headers:?}");
        let body = &lines[end + 1..];
        let mut part = Self { headers, content: Content::Leaf(Vec::new()) };
        let kind = part.header("Content-Type").expect("a content type").to_owned();
        part.content = match kind.split_once("boundary=") {
            Some((_, boundary)) => {
                assert!(kind.starts_with("multipart/"), "{kind}");
                Content::Parts(split(body, boundary.trim_matches('"')))
            }
            None => Content::Leaf(match part.header("Content-Transfer-Encoding") {
                Some("quoted-printable") => quoted_printable(body),
                Some("base64") => base64(body),
                other => panic!("the boundary relies on an encoding, not on {other:?}"),
            }),
        };
        part
    }
}

fn unfolded(lines: &[&str]) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            assert!(!line.trim().is_empty(), "a folded line of blanks");
            let (_, value) = headers.last_mut().expect("a header before its fold");
            value.push(' ');
            value.push_str(line.trim());
        } else {
            let (name, value) = line.split_once(':').expect("a colon");
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            assert!(!name.is_empty() && name.bytes().all(is_name), "no header name: {name:?}");
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    headers
}

fn split(lines: &[&str], boundary: &str) -> Vec<Part> {
    let (open, close) = (format!("--{boundary}"), format!("--{boundary}--"));
    let marks: Vec<usize> =
        (0..lines.len()).filter(|index| lines[*index] == open || lines[*index] == close).collect();
    let before = marks.first().expect("a part");
    assert!(lines[..*before].iter().all(|line| line.is_empty()), "text before the first part");
    let last = marks.last().unwrap();
    assert_eq!(lines[*last], close, "the last part does not end");
    assert!(lines[last + 1..].iter().all(|line| line.is_empty()), "text after the last part");
    marks.windows(2).map(|pair| Part::of_lines(&lines[pair[0] + 1..pair[1]])).collect()
}

fn quoted_printable(lines: &[&str]) -> Vec<u8> {
    let mut decoded = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        assert!(line.len() <= 76, "{} bytes of quoted-printable", line.len());
        assert!(!line.ends_with([' ', '\t']), "a blank at the end of {line:?}");
        let (line, soft) = line.strip_suffix('=').map_or((*line, false), |line| (line, true));
        let mut bytes = line.bytes();
        while let Some(byte) = bytes.next() {
            decoded.push(match byte {
                b'=' => hex(bytes.next()) << 4 | hex(bytes.next()),
                byte => byte,
            });
        }
        if !soft && index + 1 < lines.len() {
            decoded.extend(b"\r\n");
        }
    }
    decoded
}

fn hex(digit: Option<u8>) -> u8 {
    match digit {
        Some(digit @ b'0'..=b'9') => digit - b'0',
        Some(digit @ b'A'..=b'F') => digit - b'A' + 10,
        other => panic!("no upper-case hexadecimal digit: {other:?}"),
    }
}

fn base64(lines: &[&str]) -> Vec<u8> {
    let text: String = lines.concat();
    assert!(lines.iter().all(|line| line.len() <= 76), "a long line of base64");
    assert_eq!(text.len() % 4, 0, "base64 ends in the middle");
    let digits = text.trim_end_matches('=');
    assert!(text.len() - digits.len() <= 2, "too much padding");
    let mut decoded = Vec::new();
    let mut bits = 0_u32;
    for (index, digit) in digits.bytes().enumerate() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            other => panic!("no base64: {other}"),
        };
        bits = bits << 6 | u32::from(value);
        if index % 4 > 0 {
            decoded.push(u8::try_from(bits >> (6 - 2 * (index % 4)) & 0xff).unwrap());
        }
    }
    decoded
}
