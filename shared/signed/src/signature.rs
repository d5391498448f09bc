//! Signature Version 4: no key to keep, whoever runs the program is asked for.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningError, SigningSettings,
    UriPathNormalizationMode, sign as signed,
};
use aws_sigv4::sign::v4;
use aws_sigv4::sign::v4::signing_params::BuildError;
use reqwest::Request;
use reqwest::header::{HeaderName, HeaderValue, InvalidHeaderName, InvalidHeaderValue};

/// What a signature is good for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// As signatures name it, `s3` for example.
    pub service: &'a str,
    pub region: &'a str,
}

/// Adds the headers that prove who sends it; the body and every header that is there already are covered.
pub fn sign(
    request: &mut Request,
    credentials: &Credentials,
    scope: Scope<'_>,
    now: SystemTime,
) -> Result<(), SignatureError> {
    let identity = credentials.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(now)
        .settings(settings(scope))
        .build()?
        .into();
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let headers =
        request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable = SignableRequest::new(
        request.method().as_str(),
        request.url().as_str(),
        headers,
        SignableBody::Bytes(body),
    )?;
    let (instructions, _) = signed(signable, &params)?.into_parts();
    for (name, value) in instructions.headers() {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        request.headers_mut().insert(HeaderName::try_from(name)?, value);
    }
    Ok(())
}

/// S3 alone takes the path as it is, and wants the body's hash as a header.
fn settings(scope: Scope<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if scope.service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    #[error("the signature has no complete parameters")]
    Params(#[from] BuildError),
    #[error("the request could not be signed")]
    Sign(#[from] SigningError),
    #[error("the signature has a header that cannot be sent")]
    Name(#[from] InvalidHeaderName),
    #[error("the signature has a value that cannot be sent")]
    Value(#[from] InvalidHeaderValue),
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{CONTENT_TYPE, RANGE};
    use reqwest::{Client, Method};
    use sha2::{Digest, Sha256};

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn hex(bytes: impl AsRef<[u8]>) -> String {
        let digits = bytes.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
    }

    #[test]
    fn a_signature_is_the_one_that_the_service_computes_from_what_it_receives() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 56);
        let bedrock = Scope { service: "bedrock-mantle", region: "eu-central-1" };
        let body = r#"{"model":"m"}"#;
        let url = "https://bedrock-mantle.eu-central-1.api.aws/openai/v1/chat/completions";
        let mut request = Client::new()
            .request(Method::POST, url)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .build()
            .unwrap();
        let credentials = Credentials::new("AKIDEXAMPLE", SECRET, Some("session".into()), None, "test");
        sign(&mut request, &credentials, bedrock, now).unwrap();

        // As https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html has it.
        let header = |name: &str| request.headers()[name].to_str().unwrap();
        let date = header("x-amz-date");
        let canonical = format!(
            "POST\n/openai/v1/chat/completions\n\n\
             content-type:application/json\nhost:bedrock-mantle.eu-central-1.api.aws\nx-amz-date:{date}\n\
             x-amz-security-token:session\n\ncontent-type;host;x-amz-date;x-amz-security-token\n{}",
            hex(Sha256::digest(body))
        );
        let scope = format!("{}/eu-central-1/bedrock-mantle/aws4_request", &date[..8]);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(Sha256::digest(canonical)));
        let key = v4::generate_signing_key(SECRET, now, "eu-central-1", "bedrock-mantle");
        let signature = v4::calculate_signature(key, to_sign.as_bytes());
        assert_eq!(
            header("authorization"),
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, \
                 SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature={signature}"
            )
        );
        assert_eq!(format!("{:?}", request.headers()["authorization"]), "Sensitive");
    }

    #[test]
    fn a_signature_for_s3_is_the_one_of_its_documentation() {
        // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object".
        let may_24_2013 = SystemTime::UNIX_EPOCH + Duration::from_hours(380_376);
        let mut request = Client::new()
            .request(Method::GET, "https://examplebucket.s3.amazonaws.com/test.txt")
            .header(RANGE, "bytes=0-9")
            .build()
            .unwrap();
        // Not the one that the other documentation has: a slash where there is a plus.
        let secret = SECRET.replace('+', "/");
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None, None, "test");
        sign(&mut request, &credentials, Scope { service: "s3", region: "us-east-1" }, may_24_2013).unwrap();
        let authorization = request.headers()["authorization"].to_str().unwrap();
        assert!(
            authorization.ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            "{authorization}"
        );
    }
}
