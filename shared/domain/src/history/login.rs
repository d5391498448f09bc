//! Which alerts are logins, by what the rule's groups say: rule ids and ATT&CK would call logoffs and failures logins.

use crate::alert::Rule;

/// How an attempt to log in ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    Failed,
    Succeeded,
}

impl Login {
    const FAILED: [&str; 6] = [
        "authentication_failed",
        "authentication_failures",
        "invalid_login",
        "login_denied",
        "win_authentication_failed",
        "win_authentication_failures",
    ];

    const SUCCEEDED: [&str; 2] = ["authentication_success", "win_authentication_success"];

    /// A rule that is in groups of both kinds reports failures, and the success that ended them.
    pub fn of(rule: &Rule) -> Option<Self> {
        let in_any = |groups: &[&str]| groups.iter().any(|group| rule.in_group(group));
        if in_any(&Self::SUCCEEDED) {
            Some(Self::Succeeded)
        } else {
            in_any(&Self::FAILED).then_some(Self::Failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Alert;

    #[test]
    fn groups_tell_logins_and_att_and_ck_does_not() {
        for (groups, technique, expected) in [
            (r#"["syslog","sshd","authentication_failed"]"#, "T1110.001", Some(Login::Failed)),
            (r#"["windows","authentication_failed"]"#, "T1531", Some(Login::Failed)),
            (r#"["windows","authentication_failed"]"#, "T1078", Some(Login::Failed)),
            (r#"["syslog","invalid_login"]"#, "T1110", Some(Login::Failed)),
            (r#"["pam","syslog","authentication_success"]"#, "T1078", Some(Login::Succeeded)),
            (r#"["authentication_failures","authentication_success"]"#, "T1110", Some(Login::Succeeded)),
            (r#"["pam","syslog"]"#, "T1078", None),
            ("[]", "T1110", None),
        ] {
            let text = format!(
                r#"{{"id":"1.1","rule":{{"id":"1","level":3,"groups":{groups},"mitre":{{"id":["{technique}"]}}}}}}"#
            );
            assert_eq!(Login::of(Alert::parse(&text).unwrap().rule()), expected, "{groups}");
        }
    }
}
