//! What an installation consists of, decided before anything is written.

use std::fs;
use std::io;
use std::path::PathBuf;

use domain::FeedList;

use super::InstallError;
use super::layout::Layout;
use super::ossec_conf::OssecConf;
use super::owners::Owner;
use crate::config::Intake;
use crate::destination::{Profile, QueueUrl};
use crate::home::INTEGRATION;
use crate::relay::settings::ListsBucket;

/// One thing that is to be there afterwards.
#[derive(Debug)]
pub struct Step {
    pub path: PathBuf,
    pub owner: Owner,
    pub mode: u32,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Folder,
    /// Brought to this state each time.
    File(Vec<u8>),
    /// Written when there is none: it is the site's from then on.
    FirstFile(Vec<u8>),
}

/// What goes into `ossec.conf` and the configuration.
#[derive(Debug)]
pub struct Wishes {
    pub queue_url: QueueUrl,
    pub profile: Option<Profile>,
    pub feedback_queue_url: Option<QueueUrl>,
    pub lists_bucket: Option<ListsBucket>,
    pub intake: Intake,
    /// Where there is a configuration already, which install leaves as it is.
    pub intake_of_file: Option<Intake>,
    /// The lowest level that is sent; nothing for that of each intake.
    pub level: Option<u8>,
}

/// As the example for integratord has it.
const INTEGRATION_LEVEL: u8 = 7;

const RULES: [(&str, &str); 2] = [
    ("wazuh-triage-rules.xml", include_str!("../../../../infra/wazuh/rules/wazuh-triage-rules.xml")),
    (POSITIVE_FILE, include_str!("../../../../infra/wazuh/rules/wazuh-triage-abuseipdb-positive.xml")),
];
const POSITIVE_FILE: &str = "wazuh-triage-abuseipdb-positive.xml";
const POSITIVE_ID: &str = "id=\"100015\"";

const CONFIG: &str = include_str!("../../../../infra/wazuh/wazuh-triage.toml");
const UNIT: &str = include_str!("../../../../infra/wazuh/systemd/wazuh-publisher.service");
pub const LIST: &str = "etc/lists/wazuh-triage-ioc";

/// `program`: this program's own bytes; `integration`: those of what integratord calls.
pub fn steps(
    layout: &Layout,
    wishes: &Wishes,
    program: Vec<u8>,
    integration: Vec<u8>,
) -> io::Result<Vec<Step>> {
    let folder = |path, owner, mode| Step { path, owner, mode, content: Content::Folder };
    let file = |path, owner, mode, bytes| Step { path, owner, mode, content: Content::File(bytes) };
    let first = |path, owner, mode, bytes| Step { path, owner, mode, content: Content::FirstFile(bytes) };
    let mut steps = vec![folder(layout.spool(), Owner::Wazuh, 0o750)];
    let mut run_from = layout.packaged_program();
    if !run_from.exists() {
        run_from = layout.program();
        steps.push(file(run_from.clone(), Owner::Root, 0o755, program));
    }
    steps.push(file(layout.integration(), Owner::RootForWazuh, 0o750, integration));
    for (name, text) in RULES {
        if name != POSITIVE_FILE || !is_taken(layout)? {
            steps.push(file(layout.rules().join(name), Owner::Wazuh, 0o660, text.into()));
        }
    }
    for list in lists(wishes) {
        steps.push(first(layout.ossec().join(list), Owner::Wazuh, 0o660, Vec::new()));
    }
    steps.push(first(layout.config(), Owner::RootForWazuh, 0o640, config(wishes).into()));
    if !layout.packaged_unit().exists() {
        let program = PathBuf::from("/").join(run_from.strip_prefix(layout.root()).unwrap_or(&run_from));
        let unit = UNIT.replace("/usr/bin/wazuh-publisher", &program.display().to_string());
        steps.push(file(layout.unit(), Owner::Root, 0o644, unit.into()));
    }
    Ok(steps)
}

/// Whether another file has rule 100015: the OTX rules of wazuh/integrations do.
pub fn is_taken(layout: &Layout) -> io::Result<bool> {
    for entry in fs::read_dir(layout.rules())? {
        let path = entry?.path();
        let is_rules = path.extension().is_some_and(|extension| extension == "xml");
        let is_ours = path.file_name().is_some_and(|name| name == POSITIVE_FILE);
        if is_rules && !is_ours && String::from_utf8_lossy(&fs::read(&path)?).contains(POSITIVE_ID) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What stands between our markers in `ossec.conf`. What a person wrote outside of them is not written twice.
pub fn block(conf: &OssecConf, wishes: &Wishes) -> Result<String, InstallError> {
    let own = conf.block()?.unwrap_or_default();
    let by_hand = conf.integrations(INTEGRATION).next().is_some() && !own.contains(INTEGRATION);
    let mut lines = Vec::new();
    if wishes.intake == Intake::Integration && !by_hand {
        let profile = wishes.profile.as_ref().map(Profile::as_str);
        let url = wishes.queue_url.as_str();
        // Wazuh reads no entities, and splits its command line at spaces.
        if [url, profile.unwrap_or_default()].iter().any(|text| text.contains(['<', '>', '&', '\\', ' '])) {
            return Err(InstallError::NotForXml);
        }
        lines.push("<integration>".to_owned());
        lines.push(format!("  <name>{INTEGRATION}</name>"));
        lines.push(format!("  <hook_url>{url}</hook_url>"));
        lines.extend(profile.map(|profile| format!("  <api_key>{profile}</api_key>")));
        lines.push(format!("  <level>{}</level>", wishes.level.unwrap_or(INTEGRATION_LEVEL)));
        lines.push("  <alert_format>json</alert_format>".to_owned());
        lines.push("</integration>".to_owned());
    }
    let undeclared = |list: &String| !conf.has_list(list) || own.contains(list.as_str());
    let declared: Vec<String> = lists(wishes).into_iter().filter(undeclared).collect();
    if !declared.is_empty() {
        lines.push("<ruleset>".to_owned());
        lines.extend(declared.iter().map(|list| format!("  <list>{list}</list>")));
        lines.push("</ruleset>".to_owned());
    }
    Ok(lines.join("\n"))
}

/// Wazuh does not start with a list that is declared and not there.
fn lists(wishes: &Wishes) -> Vec<String> {
    let of_feeds = FeedList::ALL.map(FeedList::path).into_iter().filter(|_| wishes.lists_bucket.is_some());
    std::iter::once(LIST.to_owned()).chain(of_feeds).collect()
}

/// Whether alerts would come twice, although this block is not written: a person wrote one.
pub fn comes_twice(conf: &OssecConf, wishes: &Wishes) -> Result<bool, InstallError> {
    let own = conf.block()?.unwrap_or_default();
    let blocks = conf.integrations(INTEGRATION).count();
    Ok(wishes.intake == Intake::Follow && blocks > usize::from(own.contains(INTEGRATION)))
}

/// The example, with what is known set.
fn config(wishes: &Wishes) -> String {
    let quoted = |value: &str| serde_json::Value::from(value).to_string();
    let of_queue = |url: &QueueUrl| quoted(url.as_str());
    let set = [
        ("queue_url", Some(of_queue(&wishes.queue_url))),
        ("profile", wishes.profile.as_ref().map(|profile| quoted(profile.as_str()))),
        ("lists_bucket", wishes.lists_bucket.as_ref().map(|bucket| quoted(&bucket.to_string()))),
        ("feedback_queue_url", wishes.feedback_queue_url.as_ref().map(of_queue)),
        (
            "intake",
            Some(wishes.intake).filter(|intake| *intake != Intake::default()).map(|it| quoted(it.as_str())),
        ),
        ("follow_level", wishes.level.map(|level| level.to_string())),
    ];
    let mut text = CONFIG.to_owned();
    for (key, value) in set {
        let Some(value) = value else { continue };
        let begin = format!("# {key} = ");
        let lines = text
            .lines()
            .map(|line| if line.starts_with(&begin) { format!("{key} = {value}") } else { line.to_owned() });
        text = lines.collect::<Vec<_>>().join("\n") + "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(intake: Intake) -> Wishes {
        let queue_url = QueueUrl::try_from(QueueUrl::EXAMPLE.to_owned()).unwrap();
        let profile = Profile::try_from("soc".to_owned()).ok();
        Wishes {
            feedback_queue_url: Some(queue_url.clone()),
            queue_url,
            profile,
            intake,
            lists_bucket: None,
            intake_of_file: None,
            level: None,
        }
    }

    #[test]
    fn lists_of_feeds_are_declared_where_they_are_fetched() {
        let lists_bucket = ListsBucket::try_from("wazuh-triage-feeds".to_owned()).ok();
        let wishes = Wishes { lists_bucket, ..wishes(Intake::Follow) };
        let conf =
            "<ossec_config><ruleset><list>etc/lists/wazuh-triage-feed-url</list></ruleset></ossec_config>";
        let block = block(&OssecConf::parse(conf).unwrap(), &wishes).unwrap();
        assert_eq!(
            block,
            "<ruleset>\n  <list>etc/lists/wazuh-triage-ioc</list>\n  <list>etc/lists/wazuh-triage-feed-ip</list>\n  \
             <list>etc/lists/wazuh-triage-feed-domain</list>\n  <list>etc/lists/wazuh-triage-feed-hash</list>\n</ruleset>"
        );
        let table: toml::Table = config(&wishes).parse().unwrap();
        assert_eq!(table["lists_bucket"].as_str(), Some("wazuh-triage-feeds"));
    }

    #[test]
    fn the_block_has_what_a_person_has_not_written() {
        let integration = "<integration><name>custom-wazuh-triage</name></integration>";
        let list = "<ruleset><list>etc/lists/wazuh-triage-ioc</list></ruleset>";
        for (intake, conf, has_integration, has_list) in [
            (Intake::Integration, "", true, true),
            (Intake::Follow, "", false, true),
            (Intake::Integration, integration, false, true),
            (Intake::Integration, list, true, false),
        ] {
            let conf = format!("<ossec_config>{conf}</ossec_config>");
            let block = block(&OssecConf::parse(&conf).unwrap(), &wishes(intake)).unwrap();
            assert_eq!(block.contains("<hook_url>https://sqs."), has_integration, "{block}");
            assert_eq!(
                block.contains(list.trim_start_matches("<ruleset>").trim_end_matches("</ruleset>")),
                has_list
            );
        }
    }

    #[test]
    fn the_configuration_has_what_was_given_and_reads_back() {
        let table: toml::Table = config(&wishes(Intake::Follow)).parse().unwrap();
        assert_eq!(table["queue_url"].as_str(), Some(QueueUrl::EXAMPLE));
        assert_eq!(table["profile"].as_str(), Some("soc"));
        assert_eq!(table.len(), 3);
        let chosen = Wishes { level: Some(9), ..wishes(Intake::Integration) };
        let table: toml::Table = config(&chosen).parse().unwrap();
        assert_eq!(table["intake"].as_str(), Some("integration"));
        assert_eq!(table["follow_level"].as_integer(), Some(9));
    }
}
