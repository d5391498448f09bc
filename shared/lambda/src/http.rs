//! The client for everybody who is not AWS: the providers and the model.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

/// A client that follows no redirect, keeps no connection that the other side may have closed, and trusts the
/// roots that browsers trust. The proxy variables are honoured.
///
/// The roots are compiled in: reading and parsing the system's costs 2.5 ms of a start that has 10.
pub fn client(connect_timeout: Duration) -> Result<reqwest::ClientBuilder, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
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
}
