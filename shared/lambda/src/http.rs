//! The HTTP client for everybody: AWS, the providers, the model.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, RootCertStore};
use tracing::Instrument;

use crate::traces::spans;

/// A client that follows no redirect, keeps no connection that the other side may have closed, and trusts the
/// roots that browsers trust. The proxy variables are honoured.
///
/// The roots are compiled in: reading and parsing the system's costs 2.5 ms of a start that has 10.
pub fn client(connect_timeout: Duration) -> Result<reqwest::ClientBuilder, ClientError> {
    trusting(public_roots(), connect_timeout)
}

/// As [`client`], and trusts the certificates of a PEM bundle as well, for a service with a private CA.
pub fn client_with_ca(
    connect_timeout: Duration,
    bundle: &str,
) -> Result<reqwest::ClientBuilder, ClientError> {
    let mut roots = public_roots();
    let mut number = 0;
    for certificate in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
        number += 1;
        let certificate = certificate.map_err(|source| ClientError::Pem { number, source })?;
        roots.add(certificate).map_err(|source| ClientError::Certificate { number, source })?;
    }
    if number == 0 {
        return Err(ClientError::NoCertificate);
    }
    trusting(roots, connect_timeout)
}

/// Sends a request that says nothing of itself to traces but its method and whom it asks.
pub async fn execute(
    client: &reqwest::Client,
    request: reqwest::Request,
) -> Result<reqwest::Response, reqwest::Error> {
    let span = spans::request(&request);
    let asked = async {
        let answer = client.execute(request).await;
        spans::answered(&answer);
        answer
    };
    asked.instrument(span).await
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn trusting(roots: RootCertStore, connect_timeout: Duration) -> Result<reqwest::ClientBuilder, ClientError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(connect_timeout)
        .redirect(reqwest::redirect::Policy::none())
        .pool_idle_timeout(Duration::from_secs(15)))
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("could not set up TLS")]
    Tls(#[from] rustls::Error),
    #[error("could not build the HTTP client")]
    Build(#[from] reqwest::Error),
    #[error("could not read the PEM of certificate {number} of the CA bundle")]
    Pem { number: usize, source: pem::Error },
    #[error("could not use certificate {number} of the CA bundle as a root")]
    Certificate { number: usize, source: rustls::Error },
    #[error("the CA bundle has no certificate")]
    NoCertificate,
}
