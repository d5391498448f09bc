//! What an endpoint offers: each service is asked once, and what follows is told before anything is tried.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result};
use reqwest::Method;

use crate::endpoint::Endpoint;

/// A service that one of our adapters talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Sqs,
    Ses,
    Ssm,
    Scheduler,
    Dynamodb,
    S3,
}

/// The cheapest request that only this service answers.
struct Question {
    method: Method,
    path: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

impl Service {
    pub(crate) const ALL: [Self; 6] =
        [Self::Sqs, Self::Ses, Self::Ssm, Self::Scheduler, Self::Dynamodb, Self::S3];

    /// As signatures name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Ses => "ses",
            Self::Ssm => "ssm",
            Self::Scheduler => "scheduler",
            Self::Dynamodb => "dynamodb",
            Self::S3 => "s3",
        }
    }

    fn question(self) -> Question {
        let post = |headers, body| Question { method: Method::POST, path: "/", headers, body };
        let get = |path| Question { method: Method::GET, path, headers: &[], body: "" };
        match self {
            Self::Sqs => post(
                &[("x-amz-target", "AmazonSQS.ListQueues"), ("content-type", "application/x-amz-json-1.0")],
                "{}",
            ),
            Self::Ses => post(
                &[("content-type", "application/x-www-form-urlencoded")],
                "Action=GetSendQuota&Version=2010-12-01",
            ),
            Self::Ssm => post(
                &[
                    ("x-amz-target", "AmazonSSM.DescribeParameters"),
                    ("content-type", "application/x-amz-json-1.1"),
                ],
                "{}",
            ),
            Self::Dynamodb => post(
                &[
                    ("x-amz-target", "DynamoDB_20120810.ListTables"),
                    ("content-type", "application/x-amz-json-1.0"),
                ],
                "{}",
            ),
            Self::Scheduler => get("/schedules"),
            Self::S3 => get("/"),
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Service {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|service| service.name() == text)
            .ok_or_else(|| format!("there are {}", known()))
    }
}

/// Each service, and what was said instead of an answer where there is none.
#[derive(Debug)]
pub(crate) struct Offers(Vec<(Service, Option<String>)>);

impl Offers {
    pub(crate) fn has(&self, service: Service) -> bool {
        self.0.iter().any(|(known, refusal)| *known == service && refusal.is_none())
    }

    pub(crate) fn offered(&self) -> Vec<Service> {
        self.0.iter().filter(|(_, refusal)| refusal.is_none()).map(|(service, _)| *service).collect()
    }

    pub(crate) fn absent(&self) -> Vec<Service> {
        self.0.iter().filter(|(_, refusal)| refusal.is_some()).map(|(service, _)| *service).collect()
    }

    /// What is needed and not there, with what the endpoint said; nothing when all is well.
    pub(crate) fn missing(&self, required: &[Service]) -> Option<String> {
        let lacking = self.0.iter().filter(|(service, _)| required.contains(service));
        let lacking: Vec<String> = lacking
            .filter_map(|(service, refusal)| Some(format!("{service} ({})", refusal.as_ref()?)))
            .collect();
        (!lacking.is_empty()).then(|| format!("not offered by this endpoint: {}", lacking.join(", ")))
    }

    /// A line for each service.
    pub(crate) fn table(&self) -> String {
        let lines = self.0.iter().map(|(service, refusal)| match refusal {
            None => format!("{:<10} offered", service.name()),
            Some(refusal) => format!("{:<10} not offered: {refusal}", service.name()),
        });
        let mut lines: Vec<String> = lines.collect();
        let absent = self.absent();
        if !absent.is_empty() {
            lines.push(format!("not offered by this endpoint: {}", names(&absent)));
        }
        lines.join("\n")
    }
}

pub(crate) fn names(services: &[Service]) -> String {
    services.iter().map(|service| service.name()).collect::<Vec<_>>().join(", ")
}

/// An error only where nobody answers at all.
pub(crate) async fn ask(endpoint: &Endpoint) -> Result<Offers> {
    let mut offers = Vec::new();
    for service in Service::ALL {
        let Question { method, path, headers, body } = service.question();
        let answer = endpoint.signed(service, method, path, headers, body.to_owned()).await;
        let answer = answer.with_context(|| format!("nothing answers at {}", endpoint.address))?;
        let refusal = (!answer.status.is_success()).then(|| answer.refusal());
        offers.push((service, refusal));
    }
    Ok(Offers(offers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers() -> Offers {
        Offers(vec![
            (Service::Sqs, None),
            (Service::Ses, None),
            (Service::Dynamodb, Some("501 InternalFailure".to_owned())),
        ])
    }

    #[test]
    fn what_is_not_offered_is_named_and_an_error_where_it_is_required() {
        let check = |required: &[Service], expected: Option<&str>| {
            assert_eq!(offers().missing(required).as_deref(), expected, "{required:?}");
        };
        check(&[], None);
        check(&[Service::Sqs, Service::Ses], None);
        check(
            &[Service::Sqs, Service::Dynamodb],
            Some("not offered by this endpoint: dynamodb (501 InternalFailure)"),
        );
        assert_eq!(
            offers().table(),
            "sqs        offered\nses        offered\ndynamodb   not offered: 501 InternalFailure\n\
             not offered by this endpoint: dynamodb"
        );
    }

    #[test]
    fn a_service_has_one_name() {
        for service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
        }
        let error = "lambda".parse::<Service>().unwrap_err();
        assert_eq!(error, "there are sqs, ses, ssm, scheduler, dynamodb, s3");
    }
}
