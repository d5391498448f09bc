//! From an HTTP answer to a reply, or to the trouble that it stands for.

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::dialect::{Dialect, Reply};
use super::error_body::ErrorBody;
use super::trouble::{Advice, Mishap, Trouble};

/// An answer as it came, its body bounded.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The server's name for this exchange; Azure and Amazon call the header otherwise.
    pub(super) fn request_id(&self) -> Option<String> {
        let names = ["x-request-id", "apim-request-id", "x-amzn-requestid"];
        let id = names.iter().find_map(|name| self.headers.get(*name)?.to_str().ok())?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        (id.len() <= 128 && id.bytes().all(is_plain)).then(|| id.to_owned())
    }

    /// What it says, and the code of its error for the log.
    pub(super) fn read(&self, dialect: Dialect, now: Timestamp) -> (Result<Reply, Mishap>, ErrorBody) {
        let document: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let error = ErrorBody::read(&document);
        let advice = Advice::read(&self.headers, now);
        let read = if self.status.is_success() {
            // Some gateways answer 200 and put the error inside.
            match error.trouble() {
                Some(trouble) if document.get("output").is_none() => Err(Mishap { trouble, advice }),
                _ => Ok(dialect.read(&document)),
            }
        } else {
            Err(Mishap { trouble: trouble(self.status.as_u16(), &error, advice), advice })
        };
        (read, error)
    }
}

/// What a status means, unless the error's code says more.
fn trouble(status: u16, error: &ErrorBody, advice: Advice) -> Trouble {
    // A server error stays one, whatever is written in it.
    if (500..=599).contains(&status) {
        return Trouble::Busy;
    }
    if let Some(trouble) = error.trouble() {
        return trouble;
    }
    match status {
        400 | 422 => error.of_bad_request(),
        401 | 403 => Trouble::Key,
        402 => Trouble::Quota,
        // A redirect leads to another server, which must not be shown the key.
        300..=399 | 404 => Trouble::Configuration,
        413 => Trouble::TooLong,
        429 => Trouble::Rate,
        _ if matches!(status, 408 | 409) || advice.again == Some(true) => Trouble::Busy,
        _ => Trouble::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::super::manners::Parameter;
    use super::*;

    fn check(status: u16, body: &str, expected: &Trouble) {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, headers: HeaderMap::new(), body: body.into() };
        let (read, _) = answer.read(Dialect::Chat, Timestamp::UNIX_EPOCH);
        assert_eq!(&read.unwrap_err().trouble, expected, "{status} {body}");
    }

    #[test]
    fn every_refusal_is_of_one_class() {
        check(401, r#"{"error":{"code":"invalid_api_key"}}"#, &Trouble::Key);
        check(403, "", &Trouble::Key);
        check(404, r#"{"error":{"code":"model_not_found"}}"#, &Trouble::Configuration);
        check(400, r#"{"error":{"code":"model_not_found"}}"#, &Trouble::Configuration);
        check(302, "", &Trouble::Configuration);
        check(429, r#"{"error":{"type":"insufficient_quota"}}"#, &Trouble::Quota);
        check(429, r#"{"error":{"type":"x","code":"credit_balance_exhausted"}}"#, &Trouble::Quota);
        check(429, r#"{"error":{"code":"project_spend_limit_exceeded"}}"#, &Trouble::Quota);
        check(429, r#"{"error":{"code":"rate_limit_exceeded"}}"#, &Trouble::Rate);
        check(429, r#"{"error":{"code":"resource_unavailable"}}"#, &Trouble::Rate);
        check(400, r#"{"error":{"code":"context_length_exceeded"}}"#, &Trouble::TooLong);
        check(
            400,
            r#"{"error":{"code":400,"message":"This model's maximum context length is 8192"}}"#,
            &Trouble::TooLong,
        );
        check(413, "", &Trouble::TooLong);
        check(408, "", &Trouble::Busy);
        check(409, "", &Trouble::Busy);
        check(500, "<html>", &Trouble::Busy);
        check(502, "", &Trouble::Busy);
        check(503, r#"{"error":{"code":"slow_down"}}"#, &Trouble::Busy);
        check(529, r#"{"error":{"type":"overloaded_error"}}"#, &Trouble::Busy);
        check(400, "nonsense", &Trouble::Invalid);
        check(418, "", &Trouble::Invalid);
    }

    #[test]
    fn a_policy_is_known_in_each_of_its_forms() {
        for body in [
            r#"{"error":{"code":"invalid_prompt","type":"invalid_request_error"}}"#,
            r#"{"error":{"type":"cyber_policy","message":"flagged for possible cybersecurity risk"}}"#,
            r#"{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            r#"{"error":{"code":null,"innererror":{"content_filter_result":{"jailbreak":{"detected":true,"filtered":true}}}}}"#,
        ] {
            check(400, body, &Trouble::Policy);
            check(422, body, &Trouble::Policy);
        }
    }

    #[test]
    fn a_parameter_that_is_not_known_is_named_in_each_of_its_forms() {
        for (body, parameter) in [
            (r#"{"error":{"param":"response_format","message":"unsupported"}}"#, Parameter::Format),
            (r#"{"error":{"param":"text.format","code":"unsupported_parameter"}}"#, Parameter::Format),
            (r#"{"error":"response_format is not supported"}"#, Parameter::Format),
            (
                r#"{"error":{"message":"Unrecognized argument: max_completion_tokens"}}"#,
                Parameter::MaxCompletionTokens,
            ),
            (
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","prompt_cache_key"]}]}"#,
                Parameter::CacheKey,
            ),
        ] {
            check(400, body, &Trouble::Unknown(parameter));
            check(422, body, &Trouble::Unknown(parameter));
        }
    }

    #[test]
    fn an_error_in_a_good_answer_is_an_error() {
        check(200, r#"{"error":{"code":"rate_limit_exceeded"}}"#, &Trouble::Rate);
        check(200, r#"{"error":{"type":"insufficient_quota"}}"#, &Trouble::Quota);
    }

    #[test]
    fn a_server_that_asks_for_another_try_gets_one() {
        let mut headers = HeaderMap::new();
        headers.insert("x-should-retry", "true".parse().unwrap());
        let answer = Answer { status: StatusCode::IM_A_TEAPOT, headers, body: Vec::new() };
        let (read, _) = answer.read(Dialect::Chat, Timestamp::UNIX_EPOCH);
        assert_eq!(read.unwrap_err().trouble, Trouble::Busy);
    }

    #[test]
    fn the_code_that_is_logged_is_never_a_key() {
        for (code, logged) in
            [("model_not_found", Some("model_not_found")), ("sk-proj-a8Kd02", None), ("Incorrect key", None)]
        {
            let error = ErrorBody::read(&serde_json::json!({"error": {"code": code}}));
            assert_eq!(error.code(), logged);
        }
    }
}
