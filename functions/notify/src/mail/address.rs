//! Mail addresses that cannot carry anything but themselves.

use std::fmt;
use std::str::FromStr;

/// A plain address, `name@domain`: ASCII, one `@`, nothing that a header would read as syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(String);

impl MailAddress {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn domain(&self) -> &str {
        self.0.rsplit('@').next().unwrap_or_default()
    }
}

impl FromStr for MailAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte)) {
            return Err(AddressError::Character);
        }
        match text.split_once('@') {
            Some((name, domain)) if !name.is_empty() && !domain.is_empty() && !domain.contains('@') => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(AddressError::Shape),
        }
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whom a mail goes to: at least one address, written with commas between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients(Vec<MailAddress>);

impl Recipients {
    pub fn iter(&self) -> std::slice::Iter<'_, MailAddress> {
        self.0.iter()
    }
}

impl FromStr for Recipients {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let addresses = text.split(',').map(|address| address.trim().parse());
        addresses.collect::<Result<_, _>>().map(Self)
    }
}

impl<'list> IntoIterator for &'list Recipients {
    type Item = &'list MailAddress;
    type IntoIter = std::slice::Iter<'list, MailAddress>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("a mail address reads name@domain, with one @")]
    Shape,
    #[error("a mail address holds no blank, bracket, quote or character outside ASCII")]
    Character,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken() {
        for (text, expected) in [
            ("soc@example.com", Ok(())),
            ("soc+wazuh@mail.example.com", Ok(())),
            ("", Err(AddressError::Shape)),
            ("soc", Err(AddressError::Shape)),
            ("soc@", Err(AddressError::Shape)),
            ("@example.com", Err(AddressError::Shape)),
            ("a@b@example.com", Err(AddressError::Shape)),
            ("soc@example.com\r\nBcc: x@y", Err(AddressError::Character)),
            ("Soc <soc@example.com>", Err(AddressError::Character)),
            ("soç@example.com", Err(AddressError::Character)),
        ] {
            assert_eq!(text.parse::<MailAddress>().map(|_| ()), expected, "{text:?}");
        }
    }

    #[test]
    fn there_is_always_a_recipient() {
        let recipients: Recipients = "soc@example.com, duty@example.com".parse().unwrap();
        assert_eq!(recipients.iter().map(MailAddress::domain).collect::<Vec<_>>(), ["example.com"; 2]);
        assert_eq!("".parse::<Recipients>(), Err(AddressError::Shape));
        assert_eq!("soc@example.com,".parse::<Recipients>(), Err(AddressError::Shape));
    }
}
