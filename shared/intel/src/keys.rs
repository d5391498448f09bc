use std::collections::BTreeMap;

use domain::verdict::Provider;
use lambda::secrets::{Secret, Secrets};

/// Where the providers' keys come from. A provider without a key is off.
#[derive(Debug)]
pub enum Keys {
    /// SSM parameters by name.
    Parameters {
        secrets: Secrets,
        names: BTreeMap<Provider, String>,
    },
    Given(BTreeMap<Provider, Secret>),
}

impl Keys {
    pub async fn get(&self, provider: Provider) -> Option<Secret> {
        match self {
            Self::Given(keys) => keys.get(&provider).cloned(),
            Self::Parameters { secrets, names } => match secrets.get(names.get(&provider)?).await {
                Ok(key) => key,
                Err(error) => {
                    let error = lambda::logs::chain(&error);
                    tracing::error!(provider = provider.name(), error, "a provider's key could not be read");
                    None
                }
            },
        }
    }

    /// Whether the provider may be on: also while its key cannot be read.
    pub async fn may_have(&self, provider: Provider) -> bool {
        match self {
            Self::Given(keys) => keys.contains_key(&provider),
            Self::Parameters { secrets, names } => match names.get(&provider) {
                Some(name) => !matches!(secrets.get(name).await, Ok(None)),
                None => false,
            },
        }
    }

    /// Another key than the refused one, if the key was rotated meanwhile.
    pub async fn renewed(&self, provider: Provider, refused: &Secret) -> Option<Secret> {
        if let Self::Parameters { secrets, names } = self {
            secrets.forget(names.get(&provider)?);
        }
        self.get(provider).await.filter(|key| key != refused)
    }
}
