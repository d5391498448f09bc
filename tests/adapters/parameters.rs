//! Keys in SSM: what functions read, and what an operator sets.

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_ssm::types::{ParameterStringFilter, ParameterType};
use lambda::secrets::Secrets;
use serde_json::Value;

use crate::endpoint::{Endpoint, Made};
use crate::program::Said;
use crate::run::{Run, Seen};
use crate::service::Service;

/// `triage secrets` lists these.
const KEYS: [&str; 5] = ["abuseipdb-key", "misp-key", "otx-key", "abusech-key", "model-key"];

pub(crate) async fn all(run: &mut Run) {
    let ssm = Service::Ssm;
    run.test(ssm, "every key of a deployment is made, encrypted, and says that it is unset", deploy).await;
    run.test(ssm, "a key that is not there, and one that is unset, are none", none).await;
    run.test(ssm, "a key is set, listed without what it is, read by a function, and unset", set).await;
    run.test(ssm, "a key stays with the KMS key that it is encrypted with", kms_key).await;
    run.test(ssm, "a key that is too long changes nothing", too_long).await;
}

fn name(endpoint: &Endpoint, key: &str) -> String {
    format!("/{}/{key}", endpoint.name)
}

/// As Terraform leaves them.
async fn deploy(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    for key in KEYS {
        let name = name(endpoint, key);
        let request = endpoint.ssm.put_parameter().name(&name).value(Secrets::UNSET);
        request.r#type(ParameterType::SecureString).send().await?;
        endpoint.made(Made::Parameter(name));
    }
    Ok(())
}

/// A function that has just started: nothing is remembered.
async fn read(endpoint: &Endpoint, name: &str) -> Result<Option<String>> {
    let secret = Secrets::new(endpoint.ssm.clone()).get(name).await?;
    Ok(secret.map(|secret| secret.reveal().to_owned()))
}

async fn none(endpoint: &Endpoint, _: &Seen) -> Result<()> {
    ensure!(read(endpoint, &name(endpoint, "never-was")).await?.is_none(), "never was there");
    ensure!(read(endpoint, &name(endpoint, "otx-key")).await?.is_none(), "is unset");
    Ok(())
}

async fn row(endpoint: &Endpoint, key: &str) -> Result<Value> {
    let listed = endpoint.triage("secrets list --json", "").await?.json()?;
    let rows = listed["parameters"].as_array().context("no parameters")?;
    rows.iter().find(|row| row["key"] == key).cloned().with_context(|| format!("no {key} in {listed}"))
}

async fn set(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let before = row(endpoint, "abuseipdb").await?;
    ensure!(before["is_set"] == false && before["version"] == 1, "{before}");
    let said = succeeded(endpoint.triage("secrets set abuseipdb", "s3cret\n").await?)?;
    ensure!(said.out.contains("has version 2"), "{}", said.out);
    let after = row(endpoint, "abuseipdb").await?;
    ensure!(after["is_set"] == true && after["version"] == 2, "{after}");
    ensure!(!after.to_string().contains("s3cret"), "the list shows it");
    let name = name(endpoint, "abuseipdb-key");
    ensure!(read(endpoint, &name).await?.as_deref() == Some("s3cret"), "read as something else");
    let changed = if after["changed_at"].is_string() { "is there" } else { "is not told" };
    seen.note("ssm.changed", format!("version 2 after one change; `LastModifiedDate` {changed}"));
    let raw = endpoint.ssm.get_parameter().name(&name).send().await?;
    let raw = raw.parameter.and_then(|parameter| parameter.value).unwrap_or_default();
    let looks = if raw == "s3cret" { "the key itself" } else { "not the key" };
    seen.note("ssm.undecrypted", looks);
    succeeded(endpoint.triage("secrets unset abuseipdb", "").await?)?;
    ensure!(read(endpoint, &name).await?.is_none(), "still there");
    Ok(())
}

fn succeeded(said: Said) -> Result<Said> {
    ensure!(said.code == 0, "exit code {}: {}", said.code, said.err.trim());
    Ok(said)
}

async fn kms_key(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let (name, key_id) = (name(endpoint, "webhook-soc"), "alias/wazuh-triage-adapters");
    let request = endpoint.ssm.put_parameter().name(&name).value(Secrets::UNSET).key_id(key_id);
    match request.r#type(ParameterType::SecureString).send().await {
        Ok(_) => endpoint.made(Made::Parameter(name.clone())),
        Err(error) => {
            let code = aws_sdk_ssm::error::ProvideErrorMetadata::code(&error).unwrap_or("no code").to_owned();
            seen.note("ssm.kms_key", format!("a KMS key that is not there is refused (`{code}`)"));
            return Ok(());
        }
    }
    let before = encrypted_with(endpoint, &name).await?;
    succeeded(endpoint.triage("secrets set webhook-soc", "https://chat.example.com/x").await?)?;
    let after = encrypted_with(endpoint, &name).await?;
    ensure!(before == after, "{before:?} became {after:?}");
    seen.note(
        "ssm.kms_key",
        match after {
            Some(told) if told == key_id => "taken although it is not there; told, and kept".to_owned(),
            Some(told) => format!("taken although it is not there, and told as `{told}`"),
            None => "taken, and not told again".to_owned(),
        },
    );
    Ok(())
}

async fn encrypted_with(endpoint: &Endpoint, name: &str) -> Result<Option<String>> {
    let filter = ParameterStringFilter::builder().key("Name").option("Equals").values(name).build()?;
    let found = endpoint.ssm.describe_parameters().parameter_filters(filter).send().await?;
    Ok(found.parameters().first().and_then(|parameter| parameter.key_id()).map(str::to_owned))
}

async fn too_long(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let said = endpoint.triage("secrets set model", &"k".repeat(4_097)).await?;
    let noted = match said.code {
        0 => "taken".to_owned(),
        69 => {
            ensure!(row(endpoint, "model").await?["is_set"] == false, "refused, and set");
            let code = said.err.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
            format!("refused (`{}`)", code.map_or("no code", |(code, _)| code))
        }
        other => bail!("exit code {other}: {}", said.err),
    };
    seen.note("ssm.longest", noted);
    Ok(())
}
