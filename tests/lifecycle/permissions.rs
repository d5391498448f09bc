//! What the functions called, beside what their roles allow: neither may be more than the other.

use crate::border::Border;
use crate::calls::Call;
use crate::deployment::Deployed;
use crate::policy::Permission;

/// Permissions that no call of a function shows, and why the role needs them.
const UNSEEN: [(&str, &str, &str); 4] = [
    ("WriteOwnLog", "*", "Lambda writes the log in the function's name"),
    ("ReadSourceQueue", "*", "Lambda reads the queue in the function's name"),
    ("ReadMailEvents", "*", "Lambda reads the queue in the function's name"),
    ("SeeWhatIsMissing", "s3:ListBucket", "without it S3 answers 403 instead of 404; nothing is listed"),
];

/// One line for each call that no permission allows, and for each permission that no call needed.
pub fn problems(border: &Border, deployed: &Deployed, permissions: &[Permission]) -> Vec<String> {
    let mut problems = Vec::new();
    let keys: Vec<&str> = deployed.functions().map(|(_, key)| key).collect();
    for caller in border.callers().iter().filter(|caller| !keys.contains(&caller.as_str())) {
        problems.push(format!("nobody knows who {caller} is; it called {:?}", border.calls_of(caller)));
    }
    for (role, key) in deployed.functions() {
        let own: Vec<&Permission> = permissions.iter().filter(|permission| permission.role == role).collect();
        problems.extend(differences(role, &own, &border.calls_of(key)));
    }
    problems
}

fn differences(role: &str, own: &[&Permission], calls: &[Call]) -> Vec<String> {
    let forbidden = calls.iter().filter(|call| !own.iter().any(|permission| permission.allows(call)));
    let unused = own
        .iter()
        .filter(|permission| !is_unseen(permission) && !calls.iter().any(|call| permission.allows(call)));
    let forbidden = forbidden.map(|call| format!("{role} may not {} on {}", call.action, call.resource));
    let unused = unused.map(|permission| {
        let Permission { statement, action, pattern, .. } = permission;
        format!("{role} has no use for {action} on {pattern} ({statement})")
    });
    forbidden.chain(unused).collect()
}

/// Actions and resources that are wider than one thing of the deployment's own.
pub fn wide(permissions: &[Permission]) -> Vec<String> {
    let wide = permissions.iter().filter(|permission| {
        permission.action.contains('*')
            || permission.pattern.split(':').nth(5).is_none_or(|own| own.starts_with('*'))
    });
    wide.map(|it| format!("{}: {} on {} ({})", it.role, it.action, it.pattern, it.statement)).collect()
}

fn is_unseen(permission: &Permission) -> bool {
    UNSEEN.iter().any(|(statement, action, _)| {
        permission.statement == *statement && (*action == "*" || permission.action == *action)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_its_calls_are_compared_in_both_directions() {
        let permission = |statement: &str, action: &str, pattern: &str| Permission {
            role: "notify".to_owned(),
            statement: statement.to_owned(),
            action: action.to_owned(),
            pattern: pattern.to_owned(),
            sender: (action == "ses:SendRawEmail").then(|| "soc@example.com".to_owned()),
        };
        let call =
            |action: &str, resource: &str| Call { action: action.to_owned(), resource: resource.to_owned() };
        let read = permission("Read", "dynamodb:GetItem", "arn:table/a");
        let logged = permission("WriteOwnLog", "logs:PutLogEvents", "arn:log:*");
        let mail = permission("SendMail", "ses:SendRawEmail", "arn:identity/soc@example.com");
        let everybody = permission("SendMail", "ses:SendRawEmail", "arn:identity/*");
        for (own, calls, expected) in [
            (vec![&read, &logged], vec![call("dynamodb:GetItem", "arn:table/a")], vec![]),
            (
                vec![&read],
                vec![call("dynamodb:GetItem", "arn:table/a"), call("dynamodb:PutItem", "arn:table/a")],
                vec!["notify may not dynamodb:PutItem on arn:table/a"],
            ),
            (
                vec![&read],
                vec![call("dynamodb:GetItem", "arn:table/b")],
                vec![
                    "notify may not dynamodb:GetItem on arn:table/b",
                    "notify has no use for dynamodb:GetItem on arn:table/a (Read)",
                ],
            ),
            (vec![&mail], vec![call("ses:SendRawEmail", "arn:identity/soc@example.com")], vec![]),
            (
                vec![&everybody],
                vec![call("ses:SendRawEmail", "arn:identity/other@example.com")],
                vec![
                    "notify may not ses:SendRawEmail on arn:identity/other@example.com",
                    "notify has no use for ses:SendRawEmail on arn:identity/* (SendMail)",
                ],
            ),
        ] {
            assert_eq!(differences("notify", &own, &calls), expected, "{calls:?}");
        }
    }

    #[test]
    fn what_is_wider_than_one_thing_is_told() {
        for (action, pattern, told) in [
            ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:000000000000:triage-alerts", false),
            ("s3:GetObject", "arn:aws:s3:::triage-feeds/feeds/*", false),
            ("logs:PutLogEvents", "arn:aws:logs:eu-central-1:000000000000:log-group:/aws/lambda/a:*", false),
            ("sqs:SendMessage", "*", true),
            ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:000000000000:*", true),
            ("sqs:*", "arn:aws:sqs:eu-central-1:000000000000:triage-alerts", true),
        ] {
            let permission = Permission {
                role: "enrich".to_owned(),
                statement: "Do".to_owned(),
                action: action.to_owned(),
                pattern: pattern.to_owned(),
                sender: None,
            };
            assert_eq!(!wide(&[permission]).is_empty(), told, "{action} {pattern}");
        }
    }
}
