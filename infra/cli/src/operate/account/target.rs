//! Which deployment is meant.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use lambda::config::Environment;

use super::AccountError;

#[derive(Clone, Debug, Args)]
pub(crate) struct Target {
    /// Name of the deployment, as Terraform's variable `name` has it  [default: `TRIAGE_NAME`, else wazuh-triage]
    #[arg(long, value_name = "NAME", global = true)]
    name: Option<DeploymentName>,
    /// Profile of AWS's configuration files, instead of `AWS_PROFILE`.
    #[arg(long, value_name = "PROFILE", global = true)]
    pub profile: Option<String>,
    /// Region, instead of `AWS_REGION` and that of the profile.
    #[arg(long, value_name = "REGION", global = true)]
    pub region: Option<String>,
}

impl Target {
    pub fn name(&self, environment: &Environment) -> Result<DeploymentName, AccountError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let name = environment.get("TRIAGE_NAME").unwrap_or("wazuh-triage");
        name.parse().map_err(|problem| AccountError::Name { name: name.to_owned(), problem })
    }
}

/// What the names of all parts of a deployment begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeploymentName(String);

impl FromStr for DeploymentName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=60).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(Self(text.to_owned()));
        }
        Err("a name has up to 60 letters, digits, - and _")
    }
}

impl fmt::Display for DeploymentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
