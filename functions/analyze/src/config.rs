//! Configuration of the analyze stage, from the variables that Terraform sets.

use std::time::Duration;

use lambda::Settings;
use lambda::config::{ConfigError, Environment, Reader};

#[derive(Clone, Debug)]
pub struct Config {
    pub settings: Settings,
    pub incidents_table: String,
    pub notices_queue_url: String,
    /// Base address of an OpenAI-compatible server, with its version: `https://api.openai.com/v1`.
    pub model_url: String,
    pub model_name: String,
    /// SSM parameter that holds the key.
    pub model_key_parameter: String,
    /// Longest wait for one answer; the function's deadline may leave less.
    pub model_timeout: Duration,
}

impl Config {
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment);
        let settings = Settings::read(&mut reader);
        let incidents_table = reader.required("INCIDENTS_TABLE", "wazuh-triage-incidents");
        let notices =
            reader.required("NOTICES_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/1/notices");
        let model_url = reader.or_default("MODEL_URL", "https://api.openai.com/v1");
        let model_name = reader.or_default("MODEL_NAME", "gpt-5.4-mini");
        let key_parameter = reader.required("MODEL_KEY_PARAMETER", "/wazuh-triage/model-key");
        let model_timeout: Option<u64> = reader.or_default("MODEL_TIMEOUT_SECONDS", "20");
        let config = (|| {
            Some(Self {
                settings: settings?,
                incidents_table: incidents_table?,
                notices_queue_url: notices?,
                model_url: model_url?,
                model_name: model_name?,
                model_key_parameter: key_parameter?,
                model_timeout: Duration::from_secs(model_timeout?),
            })
        })();
        reader.finish(config)
    }
}
