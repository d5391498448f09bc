//! By which certificates AWS is known.
//!
//! | where | counts |
//! | --- | --- |
//! | `AWS_CA_BUNDLE` | alone, as in other AWS tools: for a proxy that opens TLS, for an endpoint of one's own |
//! | this host, or `SSL_CERT_FILE` and `SSL_CERT_DIR` | unless it has none |
//! | Mozilla's, compiled in | on a host without any, such as a minimal image |

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::base64;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// Whose certificates are trusted.
#[derive(Clone, Debug)]
pub enum Trust {
    /// Those of this host.
    Host,
    /// This host has none.
    CompiledIn,
    /// Those of `AWS_CA_BUNDLE`, and no others.
    Bundle(Vec<CertificateDer<'static>>),
}

/// Why nobody can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("AWS_CA_BUNDLE names {}, which cannot be read ({cause})", path.display())]
    Unreadable { path: PathBuf, cause: String },
    #[error("AWS_CA_BUNDLE names {}, which holds no PEM certificate that can be trusted", .0.display())]
    Empty(PathBuf),
}

impl Trust {
    /// Looks at the host's certificates, which takes some milliseconds.
    pub fn find(bundle: Option<&Path>) -> Result<Self, BundleError> {
        let Some(path) = bundle else {
            let of_host = usable(rustls_native_certs::load_native_certs().certs);
            return Ok(if of_host.is_empty() { Self::CompiledIn } else { Self::Host });
        };
        let pem = fs::read(path)
            .map_err(|error| BundleError::Unreadable { path: path.to_owned(), cause: error.to_string() })?;
        let certificates = usable(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect());
        if certificates.is_empty() {
            return Err(BundleError::Empty(path.to_owned()));
        }
        Ok(Self::Bundle(certificates))
    }

    /// For requests to AWS; through a proxy where the environment names one.
    pub fn client(&self) -> SharedHttpClient {
        let store = self.store();
        Builder::new().build_with_connector_fn(move |settings, components| {
            let context = TlsContext::builder().with_trust_store(store.clone()).build();
            let mut connector = Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(context.unwrap_or_default())
                .proxy_config(ProxyConfig::from_env());
            connector.set_connector_settings(settings.cloned());
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            connector.build()
        })
    }

    /// For requests to AWS that are not the SDK's.
    pub fn plain_client(&self) -> Result<reqwest::Client, ClientError> {
        let mut roots = RootCertStore::empty();
        let certificates = match self {
            Self::Host => rustls_native_certs::load_native_certs().certs,
            Self::CompiledIn => webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec(),
            Self::Bundle(certificates) => certificates.clone(),
        };
        roots.add_parsable_certificates(certificates);
        Ok(trusting(roots)?.build()?)
    }

    fn store(&self) -> TrustStore {
        let certificates = match self {
            Self::Host => return TrustStore::default(),
            Self::CompiledIn => webpki_root_certs::TLS_SERVER_ROOT_CERTS,
            Self::Bundle(certificates) => certificates,
        };
        certificates.iter().fold(TrustStore::empty(), |store, der| store.with_pem_certificate(pem(der)))
    }
}

/// A client that trusts these certificates and no others, and follows no redirect.
pub fn trusting(roots: RootCertStore) -> Result<reqwest::ClientBuilder, rustls::Error> {
    let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none()))
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be built")]
    Build(#[from] reqwest::Error),
}

/// Those that rustls takes: the SDK stops the process for one that it does not.
fn usable(certificates: Vec<CertificateDer<'static>>) -> Vec<CertificateDer<'static>> {
    let mut store = RootCertStore::empty();
    certificates.into_iter().filter(|certificate| store.add(certificate.clone()).is_ok()).collect()
}

/// The form in which the SDK takes certificates.
fn pem(certificate: &CertificateDer) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64::encode(certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_compiled_in_certificate_is_one_that_the_sdk_takes() {
        let compiled_in = webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec();
        assert_eq!(usable(compiled_in.clone()), compiled_in);
        let read_again = compiled_in.iter().map(|der| CertificateDer::from_pem_slice(pem(der).as_bytes()));
        assert_eq!(read_again.collect::<Result<Vec<_>, _>>().unwrap(), compiled_in);
    }

    #[test]
    fn a_bundle_that_helps_nobody_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.pem");
        let error = Trust::find(Some(&path)).unwrap_err().to_string();
        assert!(error.contains("bundle.pem, which cannot be read (No such file"), "{error}");
        // Base64, but no certificate; the SDK would panic for it.
        fs::write(&path, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
        let error = Trust::find(Some(&path)).unwrap_err().to_string();
        assert!(error.ends_with("bundle.pem, which holds no PEM certificate that can be trusted"), "{error}");
    }
}
