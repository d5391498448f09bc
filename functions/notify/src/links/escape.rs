//! What a value needs to stay a value, in Rison and in an address.

/// Rison escapes `'` and `!` inside a string with `!`.
pub(super) fn rison(text: &str) -> String {
    text.replace('!', "!!").replace('\'', "!'")
}

/// RFC 3986: everything but the unreserved characters.
pub(super) fn value(text: &str) -> String {
    percent(text, b"")
}

/// Words of a template keep what gives an address its structure, and what is escaped already.
pub(super) fn words(text: &str) -> String {
    percent(text, b"/?#&=:;,@+$*%")
}

fn percent(text: &str, keep: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 0xf] {
                encoded.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    encoded
}

/// What a browser makes of it.
#[cfg(test)]
pub(crate) fn decoded(link: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = link.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}
