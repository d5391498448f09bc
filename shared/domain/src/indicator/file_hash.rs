use std::fmt;

use serde::{Deserialize, Serialize};

/// The hash of a file, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileHash {
    kind: HashKind,
    digits: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HashKind {
    Md5,
    Sha1,
    Sha256,
}

impl HashKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    fn of_length(digits: usize) -> Option<Self> {
        match digits {
            32 => Some(Self::Md5),
            40 => Some(Self::Sha1),
            64 => Some(Self::Sha256),
            _ => None,
        }
    }
}

/// Feeds have the hashes of the empty file by accident.
const HASHES_OF_NOTHING: [&str; 3] = [
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

impl FileHash {
    /// A hash by its hexadecimal digits; the kind follows from their number.
    pub fn parse(digits: &str) -> Option<Self> {
        let kind = HashKind::of_length(digits.len())?;
        let hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        hexadecimal.then(|| Self { kind, digits: digits.to_ascii_lowercase() })
    }

    /// A SHA-256 as Office 365 writes it.
    pub(super) fn of_base64(text: &str) -> Option<Self> {
        let letters = text.strip_suffix('=').filter(|letters| letters.len() == 43)?;
        let mut digits = String::with_capacity(64);
        let (mut bits, mut width) = (0_u32, 0);
        for letter in letters.bytes() {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            (bits, width) = (bits << 6 | u32::from(value), width + 6);
            while width >= 4 && digits.len() < 64 {
                width -= 4;
                digits.push(char::from_digit(bits >> width & 0xf, 16)?);
            }
        }
        Self::parse(&digits)
    }

    /// Whether it may be the hash of a file with something in it, and is not only a long number.
    pub(super) fn could_be_of_a_file(&self) -> bool {
        let digits = self.digits.as_bytes();
        digits.iter().any(u8::is_ascii_digit)
            && digits.iter().any(u8::is_ascii_alphabetic)
            && !HASHES_OF_NOTHING.contains(&self.as_str())
    }

    pub fn kind(&self) -> HashKind {
        self.kind
    }

    pub fn as_str(&self) -> &str {
        &self.digits
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.digits)
    }
}

impl TryFrom<String> for FileHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a file hash is 32, 40 or 64 hexadecimal digits")
    }
}

impl From<FileHash> for String {
    fn from(hash: FileHash) -> Self {
        hash.digits
    }
}
