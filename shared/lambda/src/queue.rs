//! Handing a message on to the next queue, with the trace it belongs to.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::send_message::SendMessageError;
use aws_sdk_sqs::types::MessageAttributeValue;

use crate::traces::{self, spans};

/// Sends one message. Within an alert's trace, if there are traces, the next stage goes on with it.
pub async fn send(client: &Client, queue_url: &str, body: String) -> Result<(), SdkError<SendMessageError>> {
    let sent = async {
        let mut message = client.send_message().queue_url(queue_url).message_body(body);
        if let Some(place) = traces::current() {
            let value = MessageAttributeValue::builder().data_type("String").string_value(place.to_string());
            let value = value.build().map_err(SdkError::construction_failure)?;
            message = message.message_attributes(spans::TRACEPARENT, value);
        }
        message.send().await.map(drop)
    };
    spans::finished(spans::send(queue_url), sent).await
}
