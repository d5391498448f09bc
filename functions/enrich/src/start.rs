//! From configuration to the providers' clients, once per process.

use intel::providers::{AbuseIpDb, Client, Misp, Otx};
use lambda::http::ClientError;
use lambda::secrets::Secrets;

use crate::config::Providers;
use crate::keeper::KeeperError;

/// Why the stage cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("could not build the clients of the providers")]
    Client(#[from] ClientError),
    #[error("could not prepare to load what ingest publishes of feeds")]
    Keeper(#[from] KeeperError),
}

/// The clients of all providers that have an address; those without a key are off until they have one.
pub(crate) async fn clients(providers: &Providers, secrets: &Secrets) -> Result<Vec<Client>, ClientError> {
    let mut clients = vec![
        Client::AbuseIpDb(AbuseIpDb::new(&providers.abuseipdb_url)?),
        Client::Otx(Otx::new(&providers.otx_url)?),
    ];
    if let Some(url) = &providers.misp_url {
        clients.push(Client::Misp(misp(url, providers, secrets).await?));
    }
    Ok(clients)
}

/// A CA bundle that cannot be used costs MISP's answers, which then say that it is not reachable, and no alert.
async fn misp(url: &str, providers: &Providers, secrets: &Secrets) -> Result<Misp, ClientError> {
    let without_ca = || Misp::new(url, None, providers.misp_options);
    let Some(parameter) = &providers.misp_ca_parameter else { return without_ca() };
    let problem = match secrets.get(parameter).await {
        Ok(Some(bundle)) => match Misp::new(url, Some(bundle.reveal()), providers.misp_options) {
            Ok(misp) => return Ok(misp),
            Err(error) => lambda::logs::chain(&error),
        },
        Ok(None) => format!("the SSM parameter {parameter} has no value"),
        Err(error) => lambda::logs::chain(&error),
    };
    tracing::error!(error = problem, "the CA bundle of MISP cannot be used");
    without_ca()
}
