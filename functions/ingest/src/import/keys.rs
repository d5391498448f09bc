use intel::sources::Source;
use lambda::secrets::{Secret, SecretError, Secrets};

/// Where the keys of the sources are: the parameters that the providers' keys are in, too.
#[derive(Debug)]
pub struct Keys {
    pub secrets: Secrets,
    pub otx_parameter: String,
    pub misp_parameter: String,
    pub abuseipdb_parameter: String,
    /// Of a key that is sent where there is one.
    pub abusech_parameter: Option<String>,
}

/// What a source is asked with.
#[derive(Debug)]
pub(super) enum Access {
    Open,
    Key(Secret),
}

impl Access {
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Open => None,
            Self::Key(secret) => Some(secret),
        }
    }
}

impl Keys {
    /// Nothing for a source that needs a key and has none.
    pub(super) async fn of(&self, source: &Source) -> Result<Option<Access>, SecretError> {
        let Some(parameter) = self.parameter(source) else { return Ok(Some(Access::Open)) };
        let key = self.secrets.get(parameter).await?.map(Access::Key);
        Ok(if source.needs_key() { key } else { key.or(Some(Access::Open)) })
    }

    /// The key was refused: it is read again for the next run.
    pub(super) fn forget(&self, source: &Source) {
        if let Some(parameter) = self.parameter(source) {
            self.secrets.forget(parameter);
        }
    }

    /// The SSM parameter of a source that needs a key or takes one.
    pub(super) fn parameter(&self, source: &Source) -> Option<&str> {
        match source {
            Source::Otx => Some(&self.otx_parameter),
            Source::Misp => Some(&self.misp_parameter),
            Source::AbuseIpDb => Some(&self.abuseipdb_parameter),
            Source::Feodo | Source::UrlHaus | Source::ThreatFox => self.abusech_parameter.as_deref(),
            Source::MispFeed(_)
            | Source::SpamhausDropV4
            | Source::SpamhausDropV6
            | Source::TorExits
            | Source::Warninglists => None,
        }
    }
}
