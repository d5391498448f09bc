//! The client against a server that plays every kind of trouble, in both dialects.

mod access;
mod classes;
mod limits;
mod remedies;
mod server;
mod stub;

use std::time::Duration;

use lambda::config::Environment;
use lambda::secrets::Secrets;
use serde_json::{Value, json};

use self::server::Server;
use super::*;

const INSTRUCTIONS: &str = "Explain the alert.";
const DOCUMENT: &str = r#"{"untrusted_log_data":{"full_log":"cat /etc/shadow"}}"#;
const REDUCED: &str = r#"{"untrusted_log_data":{}}"#;
const KEY: &str = "key-of-the-model-8f3a";
const BOTH: [Dialect; 2] = [Dialect::Responses, Dialect::Chat];

fn settings(server: &Server, dialect: Dialect) -> Settings {
    Settings {
        url: format!("{}/v1", server.url).parse().unwrap(),
        dialect,
        auth: Auth::Bearer { parameter: "/model-key".into() },
        ladder: Ladder::Down,
        name: "small".into(),
        large_name: None,
        timeout: Duration::from_secs(20),
        temperature: None,
        effort: None,
    }
}

/// A client whose keys come from the server's own parameter store.
fn model(server: &Server, settings: Settings) -> Model {
    let environment = Environment::from_iter([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-the-role"),
        ("AWS_ENDPOINT_URL", &server.url),
    ]);
    let aws = lambda::aws::config(&environment).unwrap();
    Model::new(settings, Secrets::new(aws_sdk_ssm::Client::new(&aws)), &aws).unwrap()
}

/// Accepts `{"verdict": …}` only, and is asked with a reduced document at hand.
async fn ask(model: &Model, available: Duration) -> Result<Completion, Failed> {
    let schema = json!({"type": "object", "required": ["verdict"]});
    let request = Request {
        instructions: INSTRUCTIONS,
        document: DOCUMENT,
        schema: &schema,
        max_output_tokens: 1_000,
        cache_key: "analysis-1",
    };
    let accept = |text: &str| {
        let answer: Value =
            serde_json::from_str(text).map_err(|error| Unaccepted::Repairable(error.to_string()))?;
        answer
            .get("verdict")
            .map(|_| ())
            .ok_or_else(|| Unaccepted::Repairable("missing field verdict".to_owned()))
    };
    let asked = model.ask(model.name(), &request, Some(REDUCED), available, accept).await;
    asked.map(|((), completion)| completion)
}

async fn asked(server: &Server, dialect: Dialect) -> Result<Completion, Failed> {
    ask(&model(server, settings(server, dialect)), Duration::from_secs(10)).await
}
