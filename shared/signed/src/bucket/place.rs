//! Where a bucket is.

use std::fmt;
use std::str::FromStr;

use aws_credential_types::provider::SharedCredentialsProvider;
use url::Url;

use super::BucketError;
use crate::domain_of;

/// A bucket, and who asks for its objects.
#[derive(Clone, Debug)]
pub struct Place {
    pub bucket: BucketName,
    pub region: String,
    /// An emulator or a gateway, which is told the bucket in the path.
    pub endpoint: Option<String>,
    pub credentials: SharedCredentialsProvider,
}

impl Place {
    /// The address that a bucket's objects stand below.
    pub(super) fn url(&self) -> Result<Url, BucketError> {
        let Self { bucket, region, endpoint, .. } = self;
        let address = match endpoint {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            // A certificate for *.s3.… does not cover a name with dots in it.
            None if bucket.0.contains('.') => format!("https://s3.{region}.{}/{bucket}", domain_of(region)),
            None => format!("https://{bucket}.s3.{region}.{}", domain_of(region)),
        };
        let url: Option<Url> = address.parse().ok().filter(|url: &Url| !url.cannot_be_a_base());
        url.ok_or(BucketError::Address { address })
    }
}

/// A name that S3 allows: 3 to 63 small letters, digits, dots and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketName(String);

impl FromStr for BucketName {
    type Err = BucketNameError;

    fn from_str(name: &str) -> Result<Self, BucketNameError> {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (3..=63).contains(&name.len())
            && name.bytes().all(|byte| is_plain(byte) || matches!(byte, b'.' | b'-'))
            && name.bytes().next().is_some_and(is_plain)
            && name.bytes().next_back().is_some_and(is_plain)
            && !name.contains("..");
        if fits { Ok(Self(name.to_owned())) } else { Err(BucketNameError) }
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a bucket's name is 3 to 63 small letters, digits, dots and hyphens")]
pub struct BucketNameError;

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    #[test]
    fn a_bucket_is_a_host_of_its_own_where_a_certificate_covers_it() {
        let check = |bucket: &str, region: &str, endpoint: Option<&str>, expected: &str| {
            let credentials =
                SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"));
            let place = Place {
                bucket: bucket.parse().unwrap(),
                region: region.to_owned(),
                endpoint: endpoint.map(str::to_owned),
                credentials,
            };
            assert_eq!(place.url().unwrap().as_str(), expected);
        };
        check("triage", "eu-central-1", None, "https://triage.s3.eu-central-1.amazonaws.com/");
        check("tri.age", "eu-central-1", None, "https://s3.eu-central-1.amazonaws.com/tri.age");
        check("triage", "cn-north-1", None, "https://triage.s3.cn-north-1.amazonaws.com.cn/");
        check("triage", "us-east-1", Some("http://127.0.0.1:4566/"), "http://127.0.0.1:4566/triage");
    }

    #[test]
    fn what_cannot_be_a_bucket_is_refused() {
        for name in ["", "ab", "Triage", "-triage", "triage.", "tri..age", "tri/age", "a_b", &"a".repeat(64)]
        {
            assert_eq!(name.parse::<BucketName>(), Err(BucketNameError), "{name}");
        }
    }
}
