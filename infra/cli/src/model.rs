//! A model to ask, as the command line names it.

use analyze::analyses::Analyses;
use analyze::economy;
use analyze::explain::Explainer;
use analyze::model::{self, Model};
use analyze::prompt::PromptSettings;
use clap::Args;
use lambda::config::{ConfigError, Environment, Reader};
use lambda::metrics::Metrics;
use lambda::secrets::{Secret, Secrets};

use crate::failure::Failure;

/// The variable with the key, and what the key is called within.
const KEY: &str = "MODEL_KEY";

#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// Address of a server that speaks like OpenAI's, such as <https://api.openai.com/v1>.
    #[arg(long = "model", value_name = "URL", requires = "mail")]
    pub url: Option<String>,
    /// The model's name there.
    #[arg(long = "model-name", value_name = "NAME", requires = "url")]
    pub name: Option<String>,
}

impl Choice {
    pub const NONE: Self = Self { url: None, name: None };
}

/// Everything about a model but the alert.
pub(crate) struct Settings {
    pub model: model::Settings,
    pub economy: economy::Settings,
    pub prompt: PromptSettings,
    pub secrets: Secrets,
}

impl Settings {
    /// The same variables as on the function; what stands on the command line wins. Without a key the server gets none.
    pub fn read(
        url: &str,
        name: Option<&str>,
        environment: &Environment,
        notes: &str,
    ) -> Result<Self, ConfigError> {
        let key = environment.get(KEY).map(|key| (KEY.to_owned(), Secret::new(key)));
        let auth = if key.is_some() { "bearer" } else { "none" };
        let environment = environment
            .with([("MODEL_URL", url), ("MODEL_KEY_PARAMETER", KEY)])
            .with(name.map(|name| ("MODEL_NAME", name)))
            .or([("MODEL_AUTH", auth), ("ANALYSES_TABLE", "memory"), ("MODEL_TIMEOUT_SECONDS", "120")]);
        let mut reader = Reader::new(&environment);
        let model = model::Settings::read(&mut reader);
        let economy = economy::Settings::read(&mut reader);
        let redaction = reader.or_default("REDACTION", "secrets");
        let settings = (|| {
            let prompt = PromptSettings { redaction: redaction?, environment: notes.to_owned() };
            Some(Self { model: model?, economy: economy?, prompt, secrets: Secrets::given(key) })
        })();
        reader.finish(settings)
    }
}

/// Whoever explains alerts, if a model is named.
pub(crate) fn explainer(
    choice: &Choice,
    environment: &Environment,
    notes: &str,
) -> Result<Option<Explainer>, Failure> {
    let Some(url) = &choice.url else { return Ok(None) };
    let Settings { model, economy, prompt, secrets } =
        Settings::read(url, choice.name.as_deref(), environment, notes)?;
    let model = Model::without_aws(model, secrets).map_err(Failure::ModelClient)?;
    Ok(Some(Explainer::new(model, url, Analyses::memory(), economy, prompt, Metrics::unwritten("analyze"))))
}
