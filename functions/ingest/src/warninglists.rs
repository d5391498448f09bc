//! MISP's warninglists as they came, all of them in one object: what stands on them goes to no list for the manager,
//! and enrich gets what bounds a score.

use std::collections::BTreeMap;

use intel::Warninglist;
use serde_json::value::RawValue;
use signed::BucketError;

use crate::objects::{Kind, Objects};

const KEY: &str = "feeds/warninglists.json";
const MOST_BYTES: usize = 64 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum WarninglistsError {
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error("could not read or write the warninglists")]
    Json(#[from] serde_json::Error),
}

/// Keeps a list in place of an earlier one of that name. Only one run at a time may do so.
pub async fn keep(objects: &impl Objects, name: &str, json: &[u8]) -> Result<(), WarninglistsError> {
    let mut lists = stored(objects).await?;
    lists.insert(name.to_owned(), serde_json::from_slice(json)?);
    Ok(objects.put(KEY, serde_json::to_vec(&lists)?, Kind::Json).await?)
}

/// All lists that are kept. One that this version cannot read is left out.
pub async fn load(objects: &impl Objects) -> Result<Vec<Warninglist>, WarninglistsError> {
    let lists = stored(objects).await?;
    Ok(lists.values().filter_map(|list| Warninglist::read(list.get().as_bytes()).ok()).collect())
}

async fn stored(objects: &impl Objects) -> Result<BTreeMap<String, Box<RawValue>>, WarninglistsError> {
    let Some(json) = objects.get(KEY, MOST_BYTES).await? else { return Ok(BTreeMap::new()) };
    Ok(serde_json::from_slice(&json)?)
}
