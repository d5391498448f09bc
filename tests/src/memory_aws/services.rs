//! What queues, parameters and mail do when nothing goes wrong.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::connector::{Answer, Request};
use super::dynamodb::Refused;
use super::{Service, World};

/// One message of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub body: String,
    pub attributes: BTreeMap<String, String>,
    /// How often it was handed out.
    pub receives: u32,
}

/// A mail that SES took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub to: Vec<String>,
    pub raw: Vec<u8>,
}

impl Mail {
    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = mail_parser::MessageParser::default().parse(&self.raw)?;
        message.header_raw(name).map(|text| text.trim().to_owned())
    }
}

impl World {
    pub(super) fn serve(&mut self, request: &Request) -> Answer {
        let Request { service, operation, body } = request;
        let answer = match (service, operation.as_str()) {
            (Service::DynamoDb, operation) => self.tables.answer(operation, body),
            (Service::Sqs, "SendMessage") => self.send(body),
            (Service::Ssm, "GetParameter") => self.parameter(body),
            (Service::Ses, "SendRawEmail") => Ok(self.mail(body)),
            (_, other) => Err(refused("UnknownOperation", other)),
        };
        match answer {
            Ok(answer) => Answer::Done(answer),
            Err(Refused { code, more }) => Answer::Refused { status: 400, code: code.to_owned(), more },
        }
    }

    /// Answers with the message's id.
    pub(super) fn enqueue(
        &mut self,
        queue: &str,
        body: String,
        attributes: BTreeMap<String, String>,
    ) -> String {
        self.sent += 1;
        let id = format!("m{}", self.sent);
        let message = Message { id: id.clone(), body, attributes, receives: 0 };
        self.queues.entry(queue.to_owned()).or_default().push(message);
        id
    }

    fn send(&mut self, request: &Value) -> Result<Value, Refused> {
        let text = |member: &str| request.get(member).and_then(Value::as_str).unwrap_or_default();
        let queue = text("QueueUrl").rsplit('/').next().unwrap_or_default().to_owned();
        if !self.queues.contains_key(&queue) {
            return Err(refused("QueueDoesNotExist", &queue));
        }
        let attributes = request.get("MessageAttributes").and_then(Value::as_object).into_iter().flatten();
        let attributes = attributes.filter_map(|(name, attribute)| {
            Some((name.clone(), attribute.get("StringValue")?.as_str()?.to_owned()))
        });
        let id = self.enqueue(&queue, text("MessageBody").to_owned(), attributes.collect());
        Ok(json!({"MessageId": id, "MD5OfMessageBody": "0"}))
    }

    fn parameter(&self, request: &Value) -> Result<Value, Refused> {
        let name = request.get("Name").and_then(Value::as_str).unwrap_or_default();
        let value = self.parameters.get(name).ok_or_else(|| refused("ParameterNotFound", name))?;
        Ok(json!({"Parameter": {"Name": name, "Type": "SecureString", "Value": value, "Version": 1}}))
    }

    /// Answers with the mail's id.
    fn mail(&mut self, form: &Value) -> Value {
        let member = |name: &str| form.get(name).and_then(Value::as_str);
        let to =
            (1..).map_while(|number| member(&format!("Destinations.member.{number}")).map(str::to_owned));
        let raw = member("RawMessage.Data").and_then(|data| aws_smithy_types::base64::decode(data).ok());
        self.mails.push(Mail { to: to.collect(), raw: raw.unwrap_or_default() });
        self.sent += 1;
        format!("0100-{}", self.sent).into()
    }
}

fn refused(code: &'static str, message: &str) -> Refused {
    Refused { code, more: json!({"message": message}) }
}

/// The fields of a form as members.
pub(super) fn form(text: &str) -> Value {
    let Ok(url) = reqwest::Url::parse(&format!("http://form/?{text}")) else { return Value::Null };
    url.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}
