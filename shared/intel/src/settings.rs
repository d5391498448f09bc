//! Whom a site believes and what it leaves out, from the variables that Terraform sets: the same for every function.

use domain::verdict::{Formula, Weight};
use lambda::config::Reader;

use crate::{Pattern, Policy};

impl Policy {
    /// Nothing where a value is wrong; the reader has noted which.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let never_report = reader.list::<Pattern>("NEVER_REPORT", "1.1.1.1,1.0.0.1,8.8.8.8,8.8.4.4,9.9.9.9");
        let allow = reader.list("ALLOW_LIST", "");
        let deny = reader.list("DENY_LIST", "");
        let documentation: Option<String> = reader.or_default("DOCUMENTATION_ADDRESSES", "reserved");
        let documentation_is_public = match documentation?.as_str() {
            "public" => Some(true),
            "reserved" => Some(false),
            text => {
                reader.reject(format!(
                    "DOCUMENTATION_ADDRESSES is {text:?}: it is public or reserved; an example is \
                     DOCUMENTATION_ADDRESSES=reserved"
                ));
                None
            }
        };
        Some(Self {
            never_report: never_report?,
            allow: allow?,
            deny: deny?,
            documentation_is_public: documentation_is_public?,
        })
    }
}

/// Nothing where a value is wrong; the reader has noted which.
pub fn read_formula(reader: &mut Reader<'_>) -> Option<Formula> {
    let weights = reader.list::<Weight>("VERDICT_WEIGHTS", "");
    let trusted = reader.list("MISP_TRUSTED_ORGANISATIONS", "");
    let suspicious_from = reader.or_default("SUSPICIOUS_FROM", "35");
    let malicious_from = reader.or_default("MALICIOUS_FROM", "75");
    let mut formula = Formula::default().with_weights(&weights?).trusting(trusted?);
    (formula.suspicious_from, formula.malicious_from) = (suspicious_from?, malicious_from?);
    Some(formula)
}
