//! Telling analysisd that the list changed, by Wazuh's own API (4.13 and later).

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use reqwest::{Client, StatusCode};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};

use super::settings::ApiSettings;
use crate::trust::trusting;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A token is a few hundred bytes.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Asks for a reload of analysisd's rules and lists; it goes on with the events it has.
///
/// Everything is read anew each time: it happens at most once in some minutes, and certificates and passwords change.
pub async fn reload(settings: &ApiSettings) -> Result<(), ReloadError> {
    let client = client(&settings.ca_file)?;
    let password = password(&settings.password_file)?;
    let url = |path: &str| format!("{}{path}", settings.url.as_str().trim_end_matches('/'));
    let answer = client
        .post(url("/security/user/authenticate?raw=true"))
        .basic_auth(settings.user.as_str(), Some(password.expose_secret()))
        .send()
        .await;
    let answer = answer.map_err(ReloadError::Unreachable)?;
    if !answer.status().is_success() {
        return Err(ReloadError::Login(answer.status().as_u16()));
    }
    let token = SecretString::from(answer.text().await.map_err(ReloadError::Unreachable)?);
    if token.expose_secret().len() > MAX_TOKEN_BYTES {
        return Err(ReloadError::Login(200));
    }
    let asked = client.put(url("/manager/analysisd/reload")).bearer_auth(token.expose_secret().trim());
    let answer = asked.send().await.map_err(ReloadError::Unreachable)?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Err(ReloadError::TooOld),
        StatusCode::FORBIDDEN => Err(ReloadError::Forbidden),
        status => Err(ReloadError::Refused(status.as_u16())),
    }
}

/// Why the new list is not loaded. Holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error("the password file {} cannot be read", .0.display())]
    Password(PathBuf, #[source] io::Error),
    #[error("the CA file {} cannot be read", .0.display())]
    Ca(PathBuf, #[source] io::Error),
    #[error("the CA file {} holds no certificate that can be trusted", .0.display())]
    NoCertificate(PathBuf),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    #[error("Wazuh's API cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("Wazuh's API refuses the user (status {0})")]
    Login(u16),
    #[error("the user of Wazuh's API may not do it; its role needs manager:read and manager:restart")]
    Forbidden,
    #[error("this Wazuh cannot reload, which came with 4.13; a restart loads the list")]
    TooOld,
    #[error("Wazuh's API refuses (status {0})")]
    Refused(u16),
}

fn password(file: &Path) -> Result<SecretString, ReloadError> {
    let text = fs::read_to_string(file).map_err(|error| ReloadError::Password(file.to_owned(), error))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Trusts the certificates of that file and no others: Wazuh signs its API's certificate itself.
fn client(ca_file: &Path) -> Result<Client, ReloadError> {
    let pem = fs::read(ca_file).map_err(|error| ReloadError::Ca(ca_file.to_owned(), error))?;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok));
    if roots.is_empty() {
        return Err(ReloadError::NoCertificate(ca_file.to_owned()));
    }
    trusting(roots)?
        .timeout(TIMEOUT)
        // It is this host's own API.
        .no_proxy()
        .build()
        .map_err(ReloadError::Client)
}
