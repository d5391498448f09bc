//! Its mail.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::World;

/// SES speaks XML.
pub(super) fn mail(world: &mut World, request: &str) -> Response {
    let action = request.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap().to_owned();
    let quota = if world.is_in_sandbox { 200 } else { 50_000 };
    let result = match action.as_str() {
        "GetSendQuota" => format!(
            "<Max24HourSend>{quota}</Max24HourSend><MaxSendRate>14</MaxSendRate><SentLast24Hours>12</SentLast24Hours>"
        ),
        "GetAccountSendingEnabled" => "<Enabled>true</Enabled>".to_owned(),
        "GetIdentityVerificationAttributes" if request.contains("=soc%40example.com") => {
            "<VerificationAttributes><entry><key>soc@example.com</key><value>\
            <VerificationStatus>Success</VerificationStatus></value></entry></VerificationAttributes>"
                .to_owned()
        }
        "GetIdentityVerificationAttributes" => "<VerificationAttributes/>".to_owned(),
        other => panic!("{other} is not known here"),
    };
    world.calls.push(action.clone());
    let body = format!(
        "<{action}Response xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><{action}Result>{result}</{action}Result></{action}Response>"
    );
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}
