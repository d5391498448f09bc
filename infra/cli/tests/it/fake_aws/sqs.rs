//! Its queues.

use serde_json::{Value, json};

use super::{Message, World};

impl World {
    pub(super) fn sqs(&mut self, operation: &str, request: &Value) -> Result<Value, &'static str> {
        const ACCOUNT: &str = "arn:aws:sqs:eu-central-1:000000000000:";
        if operation == "GetQueueUrl" {
            let name = request["QueueName"].as_str().unwrap();
            let url = format!("http://queue/000000000000/{name}");
            return if self.queues.contains_key(name) {
                Ok(json!({"QueueUrl": url}))
            } else {
                Err("QueueDoesNotExist")
            };
        }
        if operation.ends_with("MessageMoveTask") || operation == "ListMessageMoveTasks" {
            return Ok(self.move_task(operation, request, ACCOUNT));
        }
        let name = request["QueueUrl"].as_str().unwrap().rsplit('/').next().unwrap();
        let poison = self.poison;
        let queue = self.queues.get_mut(name).ok_or("QueueDoesNotExist")?;
        let receipt = |id: &str| id.strip_prefix("receipt-").unwrap().to_owned();
        Ok(match operation {
            "GetQueueAttributes" => {
                let hidden = queue.iter().filter(|message| message.is_hidden).count();
                json!({"Attributes": {
                    "QueueArn": format!("{ACCOUNT}{name}"),
                    "ApproximateNumberOfMessages": (queue.len() - hidden).to_string(),
                    "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
                }})
            }
            "ReceiveMessage" => {
                let visible = queue.iter_mut().filter(|message| !message.is_hidden).take(10);
                let messages: Vec<Value> = visible.map(|message| {
                    message.is_hidden = true;
                    let attributes = message.attributes.iter().map(|(name, value)| {
                        (name.clone(), json!({"DataType": "String", "StringValue": value}))
                    });
                    json!({
                        "MessageId": message.id, "ReceiptHandle": format!("receipt-{}", message.id),
                        "Body": message.body, "MessageAttributes": attributes.collect::<serde_json::Map<_, _>>(),
                        "Attributes": {"SentTimestamp": message.sent_at_ms.to_string(), "ApproximateReceiveCount": "6"},
                    })
                }).collect();
                json!({"Messages": messages})
            }
            "ChangeMessageVisibilityBatch" => {
                for entry in request["Entries"].as_array().unwrap() {
                    let id = receipt(entry["ReceiptHandle"].as_str().unwrap());
                    assert_eq!(entry["VisibilityTimeout"], 0);
                    for message in queue.iter_mut().filter(|message| message.id == id) {
                        message.is_hidden = false;
                    }
                }
                json!({"Successful": [], "Failed": []})
            }
            "SendMessage" => {
                let body = request["MessageBody"].as_str().unwrap();
                if poison.is_some_and(|poison| body.contains(poison)) {
                    return Err("InvalidMessageContents");
                }
                let attributes = request["MessageAttributes"].as_object().cloned().unwrap_or_default();
                let attributes = attributes
                    .iter()
                    .map(|(name, value)| (name.clone(), value["StringValue"].as_str().unwrap().to_owned()));
                let mut message = Message::new(&format!("new-{}", queue.len()), body, &[]);
                message.attributes = attributes.collect();
                queue.push(message);
                json!({"MessageId": "new"})
            }
            "DeleteMessage" => {
                let id = receipt(request["ReceiptHandle"].as_str().unwrap());
                queue.retain(|message| message.id != id);
                json!({})
            }
            other => panic!("{other} is not known here"),
        })
    }

    /// Moves at once.
    fn move_task(&mut self, operation: &str, request: &Value, account: &str) -> Value {
        let name = |field: &str| request[field].as_str().unwrap().strip_prefix(account).unwrap().to_owned();
        match operation {
            "StartMessageMoveTask" => {
                let messages = std::mem::take(self.queues.get_mut(&name("SourceArn")).unwrap());
                self.queues.get_mut(&name("DestinationArn")).unwrap().extend(messages);
                json!({"TaskHandle": "handle"})
            }
            "CancelMessageMoveTask" => json!({"ApproximateNumberOfMessagesMoved": 0}),
            "ListMessageMoveTasks" => {
                if let Some(moved) = self.endless_move {
                    let stopped = self.calls.iter().any(|call| call == "CancelMessageMoveTask");
                    let status = if stopped { "CANCELLED" } else { "RUNNING" };
                    return json!({"Results": [{"Status": status, "ApproximateNumberOfMessagesMoved": moved}]});
                }
                let queue = name("SourceArn");
                let moved = self.queues[queue.strip_suffix("-dlq").unwrap()].len();
                json!({"Results": [{"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": moved}]})
            }
            other => panic!("{other} is not known here"),
        }
    }
}
