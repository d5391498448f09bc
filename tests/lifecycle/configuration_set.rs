//! The part of SES that the emulator lacks: what a configuration set says about delivery, and where its events go.

use crate::calls::Request;

/// What Terraform has said and asks for again. One set with one destination is all that the deployment has.
#[derive(Debug, Default)]
pub struct ConfigurationSet {
    tls_policy: Option<String>,
    destination: Option<Destination>,
}

#[derive(Debug)]
struct Destination {
    name: String,
    topic: String,
    types: Vec<String>,
}

impl ConfigurationSet {
    /// The answer to a request that changes it.
    pub fn answer(&mut self, request: &Request<'_>) -> Option<String> {
        let action = request.form_value("Action").filter(|_| request.service == "ses")?;
        match action.as_str() {
            "PutConfigurationSetDeliveryOptions" => {
                self.tls_policy = request.form_value("DeliveryOptions.TlsPolicy");
            }
            "CreateConfigurationSetEventDestination" => {
                let value = |name: &str| request.form_value(&format!("EventDestination.{name}"));
                let types = (1..).map_while(|number| value(&format!("MatchingEventTypes.member.{number}")));
                self.destination = Some(Destination {
                    name: value("Name").unwrap_or_default(),
                    topic: value("SNSDestination.TopicARN").unwrap_or_default(),
                    types: types.collect(),
                });
            }
            "DeleteConfigurationSetEventDestination" => self.destination = None,
            _ => return None,
        }
        Some(format!("<{action}Response><{action}Result/></{action}Response>"))
    }

    /// What belongs into the answer to a request that asks for it.
    pub fn described(&self, request: &Request<'_>) -> Option<String> {
        let action = request.form_value("Action").filter(|_| request.service == "ses")?;
        if action != "DescribeConfigurationSet" {
            return None;
        }
        let delivery = self
            .tls_policy
            .iter()
            .map(|policy| format!("<DeliveryOptions><TlsPolicy>{policy}</TlsPolicy></DeliveryOptions>"));
        let destination = self.destination.iter().map(Destination::described);
        Some(delivery.chain(destination).collect())
    }
}

impl Destination {
    fn described(&self) -> String {
        let Self { name, topic, types } = self;
        let types = types.join("</member><member>");
        format!(
            "<EventDestinations><member><Name>{name}</Name><Enabled>true</Enabled>\
             <MatchingEventTypes><member>{types}</member></MatchingEventTypes>\
             <SNSDestination><TopicARN>{topic}</TopicARN></SNSDestination></member></EventDestinations>"
        )
    }
}
