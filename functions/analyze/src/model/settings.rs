//! Which model is asked, where, and how: the `MODEL_*` variables.

use std::str::FromStr;
use std::time::Duration;

use lambda::config::Reader;
use url::Url;

use super::address::{Bedrock, is_openai, is_private};
use super::decoding::{Decoding, Ladder};
use super::dialect::Dialect;

/// Checked: the address, the dialect and the authentication fit together.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base address with its version, such as `https://api.openai.com/v1`.
    pub url: Url,
    pub dialect: Dialect,
    pub auth: Auth,
    pub ladder: Ladder,
    pub name: String,
    /// The model for the alerts that deserve a better one.
    pub large_name: Option<String>,
    /// Longest wait for an answer, with all tries; the function's deadline may leave less.
    pub timeout: Duration,
    /// Sent only when it is set: reasoning models refuse it.
    pub temperature: Option<f64>,
    /// Reasoning effort in the server's words, sent only when it is set.
    pub effort: Option<String>,
}

/// How a request says who sends it. Keys stand in SSM parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer`.
    Bearer { parameter: String },
    /// The header `api-key`, as Azure wants it.
    ApiKey { parameter: String },
    /// Signed with the function's own role.
    SigV4(Bedrock),
    /// A server of one's own that asks for nothing.
    Open,
}

impl Settings {
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let url: Option<Url> = reader.or_default("MODEL_URL", "https://api.openai.com/v1");
        let dialect: Option<Choice<Dialect>> = reader.or_default("MODEL_DIALECT", "auto");
        let scheme: Option<Scheme> = reader.or_default("MODEL_AUTH", "bearer");
        let decoding: Option<Choice<Decoding>> = reader.or_default("MODEL_DECODING", "auto");
        let name = reader.or_default("MODEL_NAME", "gpt-5.4-mini");
        let timeout: Option<u64> = reader.or_default("MODEL_TIMEOUT_SECONDS", "20");
        let temperature = match reader.optional("MODEL_TEMPERATURE") {
            Some(_) => reader.required("MODEL_TEMPERATURE", "0.2").map(Some),
            None => Some(None),
        };
        let (url, scheme) = (url?, scheme?);
        let auth = scheme.at(&url, reader);
        let auth = auth.filter(|auth| is_safe(&url, auth, reader));
        let dialect = match dialect? {
            Choice::Auto if is_openai(&url) => Dialect::Responses,
            Choice::Auto => Dialect::Chat,
            Choice::Only(dialect) => dialect,
        };
        Some(Self {
            url,
            dialect,
            auth: auth?,
            ladder: match decoding? {
                Choice::Auto => Ladder::Down,
                Choice::Only(decoding) => Ladder::Only(decoding),
            },
            name: name?,
            large_name: reader.optional("MODEL_LARGE_NAME"),
            timeout: Duration::from_secs(timeout?),
            temperature: temperature?,
            effort: reader.optional("MODEL_EFFORT"),
        })
    }
}

/// Nothing secret crosses the internet in the clear.
fn is_safe(url: &Url, auth: &Auth, reader: &mut Reader<'_>) -> bool {
    let host = url.host_str().unwrap_or_default();
    let problem = match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            "MODEL_URL holds a user or a password: put the key into MODEL_KEY_PARAMETER's parameter"
                .to_owned()
        }
        "https" => return true,
        "http" if *auth == Auth::Open || is_private(url) => return true,
        "http" => format!(
            "MODEL_URL is plain http and {host} is not a private host: anyone on the way could read the key; \
             use https, or MODEL_AUTH=none for a server that wants no key"
        ),
        scheme => format!("MODEL_URL begins with {scheme}: use https, or http for a server of your own"),
    };
    reader.reject(problem);
    false
}

/// What `MODEL_AUTH` may say.
#[derive(Clone, Copy, Debug)]
enum Scheme {
    Bearer,
    ApiKey,
    SigV4,
    None,
}

impl Scheme {
    fn at(self, url: &Url, reader: &mut Reader<'_>) -> Option<Auth> {
        let mut parameter = || reader.required("MODEL_KEY_PARAMETER", "/wazuh-triage/model-key");
        match self {
            Self::Bearer => Some(Auth::Bearer { parameter: parameter()? }),
            Self::ApiKey => Some(Auth::ApiKey { parameter: parameter()? }),
            Self::None => Some(Auth::Open),
            Self::SigV4 => {
                let bedrock = Bedrock::at(url);
                if bedrock.is_none() {
                    reader.reject(
                        "MODEL_AUTH=sigv4 is for Amazon Bedrock only: MODEL_URL must be \
                         https://bedrock-mantle.REGION.api.aws/openai/v1 or \
                         https://bedrock-runtime.REGION.amazonaws.com/openai/v1",
                    );
                }
                bedrock.map(Auth::SigV4)
            }
        }
    }
}

impl FromStr for Scheme {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bearer" => Ok(Self::Bearer),
            "api-key" => Ok(Self::ApiKey),
            "sigv4" => Ok(Self::SigV4),
            "none" => Ok(Self::None),
            _ => Err("not one of bearer, api-key, sigv4, none"),
        }
    }
}

/// `auto`, or one of the values themselves.
#[derive(Clone, Copy, Debug)]
enum Choice<T> {
    Auto,
    Only(T),
}

impl<T: FromStr> FromStr for Choice<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Only) }
    }
}

#[cfg(test)]
mod tests {
    use lambda::config::{ConfigError, Environment};

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let key = ("MODEL_KEY_PARAMETER", "/wazuh-triage/model-key");
        let environment: Environment = variables.iter().copied().chain([key]).collect();
        let mut reader = Reader::new(&environment);
        let settings = Settings::read(&mut reader);
        reader.finish(settings)
    }

    #[test]
    fn openai_is_asked_in_its_own_dialect_and_everybody_else_in_the_common_one() {
        for (url, dialect, expected) in [
            ("https://api.openai.com/v1", "auto", Dialect::Responses),
            ("https://eu.api.openai.com/v1", "auto", Dialect::Responses),
            ("https://unit.openai.azure.com/openai/v1", "auto", Dialect::Chat),
            ("http://127.0.0.1:11434/v1", "auto", Dialect::Chat),
            ("https://api.openai.com/v1", "chat", Dialect::Chat),
            ("http://127.0.0.1:11434/v1", "responses", Dialect::Responses),
        ] {
            let settings = read(&[("MODEL_URL", url), ("MODEL_DIALECT", dialect)]).unwrap();
            assert_eq!(settings.dialect, expected, "{url} {dialect}");
        }
    }

    #[test]
    fn without_any_variable_but_the_key_it_is_openai_with_a_bearer_key() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.auth, Auth::Bearer { parameter: "/wazuh-triage/model-key".into() });
        assert_eq!((settings.name.as_str(), settings.large_name), ("gpt-5.4-mini", None));
        assert_eq!((settings.temperature, settings.effort, settings.ladder), (None, None, Ladder::Down));
    }

    #[test]
    fn bedrock_is_signed_for_with_the_region_of_its_address() {
        let url = "https://bedrock-mantle.eu-central-1.api.aws/openai/v1";
        let settings = read(&[("MODEL_URL", url), ("MODEL_AUTH", "sigv4")]).unwrap();
        let Auth::SigV4(bedrock) = settings.auth else { panic!("{:?}", settings.auth) };
        assert_eq!((bedrock.service, bedrock.region.as_str()), ("bedrock-mantle", "eu-central-1"));
    }

    #[test]
    fn what_does_not_fit_together_is_refused_with_a_way_out() {
        for (variables, says) in [
            (vec![("MODEL_URL", "http://models.example.com/v1")], "models.example.com is not a private host"),
            (vec![("MODEL_URL", "ftp://models.example.com/v1")], "begins with ftp: use https"),
            (vec![("MODEL_URL", "https://user:hunter2@models.example.com/v1")], "holds a user or a password"),
            (vec![("MODEL_URL", "api.openai.com")], "MODEL_URL is \"api.openai.com\""),
            (vec![("MODEL_AUTH", "sigv4")], "MODEL_AUTH=sigv4 is for Amazon Bedrock only"),
            (vec![("MODEL_AUTH", "basic")], "not one of bearer, api-key, sigv4, none"),
            (vec![("MODEL_DIALECT", "grpc")], "not one of auto, responses, chat"),
            (vec![("MODEL_DECODING", "xml")], "not one of auto, json_schema, json_object, text"),
            (vec![("MODEL_TEMPERATURE", "hot")], "MODEL_TEMPERATURE is \"hot\""),
        ] {
            let error = read(&variables).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn plain_http_is_for_hosts_of_ones_own_or_without_a_key() {
        for (url, auth) in [
            ("http://10.0.0.5:8000/v1", "bearer"),
            ("http://ollama:11434/v1", "none"),
            ("http://models.example.com/v1", "none"),
        ] {
            assert!(read(&[("MODEL_URL", url), ("MODEL_AUTH", auth)]).is_ok(), "{url}");
        }
    }
}
