//! The parts that Terraform makes, one by one.

use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{TableStatus, TimeToLiveStatus};
use aws_sdk_ses::types::VerificationStatus;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use aws_sdk_ssm::types::ParameterType;

use super::{Account, AccountError, Finding, Queue};

pub(super) const APPLY: &str = "terraform apply; is it the right --name and --region?";
const TABLES: [&str; 6] = ["claims", "intel", "incidents", "analyses", "sightings", "deliveries"];
const KEYS: [&str; 5] = ["abuseipdb-key", "misp-key", "otx-key", "abusech-key", "model-key"];

pub(super) async fn queues(account: &Account) -> Result<Vec<Finding>, AccountError> {
    let mut findings = Vec::new();
    for queue in Queue::ALL {
        for name in [queue.name().to_owned(), queue.dead_letters()] {
            let about = format!("queue {name}");
            findings.push(match account.queue(&name).await {
                Ok(Some(_)) => Finding::ok(about, "is there"),
                Ok(None) if queue.is_optional() => Finding::ok(about, "is not there, and need not be"),
                Ok(None) => Finding::problem(about, "is not there", APPLY),
                Err(error) => Finding::unknown(about, error)?,
            });
        }
    }
    Ok(findings)
}

pub(super) async fn tables(account: &Account) -> Result<Vec<Finding>, AccountError> {
    let mut findings = Vec::new();
    for table in TABLES {
        let about = format!("table {table}");
        findings.push(match self::table(account, &account.full(table)).await {
            Ok(problem) => match problem {
                None => Finding::ok(about, "is there, and forgets what has expired"),
                Some((what, cure)) => Finding::problem(about, what, cure),
            },
            Err(error) => Finding::unknown(about, error)?,
        });
    }
    Ok(findings)
}

/// What is wrong with it, and what to do.
async fn table(account: &Account, name: &str) -> Result<Option<(String, &'static str)>, AccountError> {
    let dynamodb = account.dynamodb();
    let found = match dynamodb.describe_table().table_name(name).send().await {
        Ok(found) => found,
        Err(error)
            if error.as_service_error().is_some_and(DescribeTableError::is_resource_not_found_exception) =>
        {
            return Ok(Some(("is not there".to_owned(), APPLY)));
        }
        Err(error) => return Err(AccountError::of(format!("look at the table {name}"), &error)),
    };
    let status = found.table.and_then(|table| table.table_status);
    if status != Some(TableStatus::Active) {
        let status = status.as_ref().map_or("unknown", TableStatus::as_str);
        return Ok(Some((format!("is {status}"), "wait, or see in the console why")));
    }
    let answer = dynamodb.describe_time_to_live().table_name(name).send().await;
    let answer = answer.map_err(|error| AccountError::of(format!("look at the TTL of {name}"), &error))?;
    let forgets = answer.time_to_live_description().is_some_and(|ttl| {
        ttl.time_to_live_status() == Some(&TimeToLiveStatus::Enabled)
            && ttl.attribute_name() == Some("expires_at")
    });
    Ok((!forgets).then(|| ("keeps what has expired: its TTL is off".to_owned(), "terraform apply")))
}

pub(super) async fn parameters(account: &Account) -> Result<Vec<Finding>, AccountError> {
    let mut findings = Vec::new();
    for key in KEYS {
        let name = account.parameter(key);
        let about = format!("parameter {name}");
        let answer = account.ssm().get_parameter().name(&name).send().await;
        findings.push(match answer {
            Ok(found)
                if found.parameter().and_then(|found| found.r#type())
                    == Some(&ParameterType::SecureString) =>
            {
                Finding::ok(about, "is there, encrypted")
            }
            Ok(_) => {
                Finding::problem(about, "is not encrypted", "delete it, terraform apply, triage secrets set")
            }
            Err(error) if error.as_service_error().is_some_and(GetParameterError::is_parameter_not_found) => {
                Finding::problem(about, "is not there", APPLY)
            }
            Err(error) => Finding::unknown(about, AccountError::of("read the parameter", &error))?,
        });
    }
    Ok(findings)
}

/// Whether SES knows the sender, by its address or its domain.
pub(super) async fn identity(account: &Account, sender: &str) -> Result<Finding, AccountError> {
    let domain = sender.rsplit('@').next().unwrap_or(sender);
    let request = account.ses().get_identity_verification_attributes();
    let answer = match request.identities(sender).identities(domain).send().await {
        Ok(answer) => answer,
        Err(error) => {
            return Finding::unknown("sender", AccountError::of("look for the sender's identity", &error));
        }
    };
    let is_verified = answer
        .verification_attributes()
        .values()
        .any(|identity| *identity.verification_status() == VerificationStatus::Success);
    Ok(if is_verified {
        Finding::ok("sender", format!("{sender} is verified"))
    } else {
        let cure = "verify the address or its domain in SES, in this region";
        Finding::problem("sender", format!("{sender} is not verified"), cure)
    })
}
