//! The policies of roles, as Terraform has made them. The emulator holds to their conditions, but for the one that it does
//! not know: from which address a mail comes.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::calls::Call;
use crate::state::State;

/// One action on one pattern of resources: the smallest thing that can be given or taken away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    pub role: String,
    pub statement: String,
    pub action: String,
    pub pattern: String,
    /// The only sender that it is for, where it says so.
    pub sender: Option<String>,
}

impl Permission {
    pub fn allows(&self, call: &Call) -> bool {
        let identity = call.resource.split_once(":identity/").map(|(_, sender)| sender);
        let sender = self.sender.as_deref().zip(identity).is_none_or(|(allowed, sender)| allowed == sender);
        sender && matches(&self.action, &call.action) && matches(&self.pattern, &call.resource)
    }
}

/// Everything that roles may do.
pub fn permissions(state: &State) -> Result<Vec<Permission>> {
    let mut permissions = Vec::new();
    for policy in state.all("aws_iam_role_policy") {
        let role = policy.text("role")?;
        let document: Value = serde_json::from_str(policy.text("policy")?)?;
        let statements = document["Statement"].as_array().context("a policy without statements")?;
        for statement in statements.iter().filter(|statement| statement["Effect"] == "Allow") {
            for action in one_or_more(&statement["Action"]) {
                for pattern in one_or_more(&statement["Resource"]) {
                    permissions.push(Permission {
                        role: role.to_owned(),
                        statement: statement["Sid"].as_str().unwrap_or_default().to_owned(),
                        action: action.clone(),
                        pattern,
                        sender: statement["Condition"]["StringEquals"]["ses:FromAddress"]
                            .as_str()
                            .map(str::to_owned),
                    });
                }
            }
        }
    }
    Ok(permissions)
}

fn one_or_more(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// `*` stands for any text, as in IAM.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).any(|skipped| text.get(skipped..).is_some_and(|text| matches(rest, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("arn:aws:s3:::b/current", "arn:aws:s3:::b/current", true),
            ("arn:aws:s3:::b/current", "arn:aws:s3:::b/current2", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/lists/a", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("arn:*:log-group:/a:*", "arn:aws:log-group:/a:stream", true),
            ("arn:*:log-group:/a:*", "arn:aws:log-group:/b:stream", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
