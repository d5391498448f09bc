//! Clients for the emulator.

use std::time::Duration;

use anyhow::Result;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_sdk_ssm::types::ParameterType;

use crate::stack::REGION;
use crate::terraform::Parameters;

pub(crate) async fn configuration(endpoint: &str) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(Duration::from_secs(10))
        .operation_timeout(Duration::from_secs(30))
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "local"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts)
        .load()
        .await
}

/// Puts keys that the stub providers take; the functions read them when they start.
pub(crate) async fn put_keys(configuration: &SdkConfig, parameters: &Parameters) -> Result<()> {
    let client = aws_sdk_ssm::Client::new(configuration);
    for name in parameters.all() {
        client
            .put_parameter()
            .name(name)
            .value("demo-key")
            .r#type(ParameterType::SecureString)
            .overwrite(true)
            .send()
            .await?;
    }
    Ok(())
}

/// How many messages a queue holds, taken, delayed or neither.
pub async fn messages_in(sqs: &aws_sdk_sqs::Client, queue_url: &str) -> Result<usize> {
    let names = [
        QueueAttributeName::ApproximateNumberOfMessages,
        QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        QueueAttributeName::ApproximateNumberOfMessagesDelayed,
    ];
    let request = sqs.get_queue_attributes().queue_url(queue_url).set_attribute_names(Some(names.to_vec()));
    let attributes = request.send().await?.attributes.unwrap_or_default();
    Ok(names.iter().filter_map(|name| attributes.get(name)?.parse::<usize>().ok()).sum())
}

/// The bodies and attributes of up to ten messages, for a person to read; they stay in the queue.
pub(crate) async fn peek(configuration: &SdkConfig, queue_url: &str) -> Result<Vec<String>> {
    let answer = aws_sdk_sqs::Client::new(configuration)
        .receive_message()
        .queue_url(queue_url)
        .max_number_of_messages(10)
        .visibility_timeout(1)
        .message_attribute_names("All")
        .send()
        .await?;
    let shown = answer.messages.unwrap_or_default().into_iter().map(|message| {
        let attributes: Vec<String> = message
            .message_attributes
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name}={}", value.string_value?)))
            .collect();
        let body: String = message.body.unwrap_or_default().chars().take(200).collect();
        format!("[{}] {body}", attributes.join(", "))
    });
    Ok(shown.collect())
}
