//! The mails as whoever receives them reads them.

use domain::Notice;

use crate::mail::Mail;
use crate::mail::tests::mime::Part;

/// A mail and its parts, decoded.
pub(crate) struct Golden {
    pub name: &'static str,
    pub mail: Mail,
    pub text: String,
    pub html: String,
}

impl Golden {
    pub(crate) fn of(name: &'static str, mail: Mail) -> Self {
        let message = Part::read(&mail.raw);
        let kind = message.header("Content-Type").unwrap();
        let alternative = if kind.starts_with("multipart/mixed") { &message.parts()[0] } else { &message };
        let [text, html] = alternative.parts() else { panic!("{name} has not two parts") };
        let page = |part: &Part| String::from_utf8(part.bytes().to_vec()).unwrap().replace("\r\n", "\n");
        Self { name, text: page(text), html: page(html), mail }
    }
}

/// Every kind of mail there is.
pub(crate) fn mails() -> Vec<Golden> {
    super::samples().into_iter().map(|sample| Golden::of(sample.name, sample.mail)).collect()
}

pub(crate) fn all() -> Vec<(&'static str, Notice)> {
    super::notices().into_iter().map(|(name, _, notice)| (name, notice)).collect()
}
