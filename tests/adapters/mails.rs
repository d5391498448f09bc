//! SES: what notify sends, and what an operator asks.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use domain::assessment::Priority;
use jiff::Timestamp;
use lambda::claims::{Claim, Claims, MemoryClaims};
use lambda::config::{Environment, Reader};
use lambda::secrets::Secrets;
use notify::delivery::{Letter, Outside, Services, Trouble};
use notify::events::{EventSettings, MailEvents, Reports, Troubles};
use notify::mail::{Mail, MailSettings, Storm};
use notify::webhook::Webhooks;
use serde_json::Value;

use crate::endpoint::{Endpoint, Made};
use crate::run::{Run, Seen};
use crate::service::Service;

/// Longest that a mail takes from the endpoint to a list.
const ON_ITS_WAY: Duration = Duration::from_secs(10);

pub(crate) async fn all(run: &mut Run) {
    let ses = Service::Ses;
    run.test(ses, "a mail from an address that nobody has verified is not taken", unverified).await;
    run.test(ses, "a mail is taken, and has an id", taken).await;
    run.test(ses, "a configuration set that is not there is told from other trouble", no_set).await;
}

/// An address of this run, and what a mail from there says.
fn settings(endpoint: &Endpoint, from: &str) -> Result<MailSettings> {
    let from = format!("{from}@{}.example.com", endpoint.name);
    let environment = Environment::from_iter([("MAIL_FROM", from.as_str()), ("MAIL_TO", "soc@example.com")]);
    let mut reader = Reader::new(&environment);
    let settings = MailSettings::read(&mut reader);
    Ok(reader.finish(settings)?)
}

/// Unique by its id, which stands in a header.
fn storm(endpoint: &Endpoint) -> Storm {
    Storm {
        id: endpoint.name.clone(),
        began_at: Timestamp::UNIX_EPOCH,
        alerts: 12,
        incidents: 3,
        worst: Priority::High,
        mails_at_once: 10,
        mails_per_hour: 20,
        digest_at: Timestamp::UNIX_EPOCH,
    }
}

fn services(endpoint: &Endpoint, reports: Option<Reports>) -> Services {
    let webhooks = Webhooks::new(Secrets::given([]));
    Services::new(&endpoint.aws, endpoint.sqs.clone(), webhooks, String::new(), reports)
}

/// Sends the mail as notify does; answers with its id, and the mail.
async fn send(
    endpoint: &Endpoint,
    from: &str,
    reports: Option<Reports>,
) -> Result<(Result<String, Trouble>, Mail)> {
    let claims = Claims::new(MemoryClaims::default(), "notify", Services::SEND_TIMEOUT);
    let Claim::Won(proof) = claims.claim(&endpoint.name, Timestamp::now()).await? else {
        bail!("nobody else claims");
    };
    let (settings, storm) = (settings(endpoint, from)?, storm(endpoint));
    let letter = Letter::Storm(&storm);
    let mail = letter.mail(&settings, &[], Timestamp::now())?;
    let sent = services(endpoint, reports).send(&proof, &settings, &letter, mail.clone()).await;
    Ok((sent, mail))
}

async fn unverified(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let noted = match send(endpoint, "nobody", None).await?.0 {
        Ok(_) => bail!("taken"),
        Err(Trouble::Rejected(code)) => format!("`{code}`"),
        Err(Trouble::Unclear(error)) => {
            let answer = error.downcast_ref::<SdkError<SendRawEmailError>>().and_then(|error| error.code());
            format!("`{}`: tried again, and a dead letter in the end", answer.context(error.to_string())?)
        }
        Err(other) => return Err(other.into()),
    };
    seen.note("ses.unverified", noted);
    Ok(())
}

/// Makes the sender known, as Terraform does for the emulator.
pub(crate) async fn verify(endpoint: &Endpoint, from: &str) -> Result<String> {
    let address = settings(endpoint, from)?.from.as_str().to_owned();
    endpoint.ses.verify_email_identity().email_address(&address).send().await?;
    endpoint.made(Made::Identity(address.clone()));
    Ok(address)
}

async fn taken(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    verify(endpoint, "triage").await?;
    let (sent, mail) = send(endpoint, "triage", None).await?;
    let id = sent.map_err(|trouble| anyhow::Error::new(trouble).context("not taken"))?;
    ensure!(!id.is_empty(), "without an id");
    seen.note("ses.recipient", "taken");
    seen.note("ses.id", shape(&id));
    let kept = kept(endpoint).await?;
    seen.note(
        "ses.raw",
        kept.map_or_else(|| "cannot be looked at".to_owned(), |kept| changes(&mail.raw, &kept)),
    );
    Ok(())
}

/// Letters and digits that differ each time become one sign.
fn shape(id: &str) -> String {
    let (local, host) = id.split_once('@').map_or((id, None), |(local, host)| (local, Some(host)));
    let parts: Vec<String> = local.split('-').map(|part| format!("{}", part.len())).collect();
    let host = host.map_or_else(String::new, |host| format!(", then `@{host}`"));
    format!("{} characters, in parts of {}{host}", local.len(), parts.join("-"))
}

/// The mail as the endpoint keeps it, or hands it on; nothing where nobody can see that.
async fn kept(endpoint: &Endpoint) -> Result<Option<String>> {
    let (url, list, raw) = match &endpoint.mails {
        Some(url) => (url.clone(), "", "raw"),
        None => (format!("{}/_aws/ses", endpoint.address), "/messages", "RawData"),
    };
    let until = Instant::now() + ON_ITS_WAY;
    loop {
        let answer = endpoint.http.get(&url).send().await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let mails: Value = answer.json().await?;
        let mails = mails.pointer(list).and_then(Value::as_array).context("no list of mails")?;
        let ours = mails.iter().filter_map(|mail| mail.get(raw)?.as_str());
        if let Some(mail) = ours.filter(|mail| mail.contains(&endpoint.name)).last() {
            return Ok(Some(mail.to_owned()));
        }
        ensure!(Instant::now() < until, "taken, and not there after {ON_ITS_WAY:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Which lines came and went, by the names of their headers.
fn changes(sent: &[u8], kept: &str) -> String {
    let sent = String::from_utf8_lossy(sent);
    if sent == kept {
        return "kept byte for byte".to_owned();
    }
    let lines =
        |text: &str| -> BTreeSet<String> { text.lines().map(|line| line.trim_end().to_owned()).collect() };
    let (before, after) = (lines(&sent), lines(kept));
    let names = |lines: BTreeSet<&String>| -> String {
        let names =
            lines.into_iter().map(|line| line.split_once(':').map_or("a line of the body", |(name, _)| name));
        let names: BTreeSet<String> = names.map(|name| format!("`{name}`")).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let (gone, new) =
        (names(before.difference(&after).collect()), names(after.difference(&before).collect()));
    match (gone.is_empty(), new.is_empty()) {
        (true, true) => "kept, with other ends of lines".to_owned(),
        (true, false) => format!("adds {new}"),
        (false, true) => format!("drops {gone}"),
        (false, false) => format!("adds {new}, drops {gone}"),
    }
}

async fn no_set(endpoint: &Endpoint, seen: &Seen) -> Result<()> {
    let events = MailEvents::new(Troubles::table(endpoint.dynamodb.clone(), endpoint.full("incidents")));
    let settings = EventSettings {
        configuration_set: endpoint.full("no-set").parse()?,
        incidents_table: endpoint.full("incidents"),
    };
    verify(endpoint, "reported").await?;
    let noted = match send(endpoint, "reported", Some(Reports { events, settings })).await?.0 {
        Ok(_) => "taken, and the set is not looked at".to_owned(),
        Err(Trouble::Rejected(code)) => format!("`{code}`"),
        Err(other) => return Err(other.into()),
    };
    seen.note("ses.configuration_set", noted);
    Ok(())
}
