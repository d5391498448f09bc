//! The lists of feeds: whether they can be fetched, and whether Wazuh has them.

use std::fs;
use std::path::Path;

use domain::FeedList;
use jiff::Timestamp;

use super::findings::Finding;
use crate::config::Config;
use crate::failure::chain;
use crate::install::layout::Layout;
use crate::install::ossec_conf::OssecConf;
use crate::relay::feed_lists;

/// Nothing where no lists are wanted.
pub async fn lists(layout: &Layout, config: &Config, now: Timestamp) -> Vec<Finding> {
    let Some(bucket) = &config.relay.lists_bucket else { return Vec::new() };
    let fetched = match feed_lists::probe(config).await {
        Ok(()) => Finding::ok(format!("the bucket {bucket} has lists of feeds")),
        Err(error) => Finding::fail(
            format!("the lists of feeds cannot be fetched: {}", chain(&error)),
            format!("these credentials need s3:GetObject on lists/* of {bucket}"),
        ),
    };
    let conf = fs::read_to_string(layout.ossec_conf()).unwrap_or_default();
    let of_each = FeedList::ALL.into_iter().flat_map(|list| {
        let path = layout.ossec().join(list.path());
        [declared(&conf, list), Some(age(&path, now))].into_iter().flatten()
    });
    std::iter::once(fetched).chain(of_each).collect()
}

fn declared(conf: &str, list: FeedList) -> Option<Finding> {
    let path = list.path();
    let is_declared = OssecConf::parse(conf).is_ok_and(|conf| conf.has_list(&path));
    (!is_declared).then(|| {
        let cure = format!("wazuh-publisher install, or <list>{path}</list> in <ruleset>");
        Finding::warn(format!("ossec.conf does not declare {path}"), cure)
    })
}

/// Feeds change every day, and with them the lists that are not empty.
fn age(path: &Path, now: Timestamp) -> Finding {
    const OLD_HOURS: i64 = 48;
    let shown = path.display();
    let changed = fs::metadata(path).and_then(|metadata| Ok((metadata.len(), metadata.modified()?)));
    let Ok((bytes, changed)) = changed else {
        return Finding::warn(format!("{shown} is not there"), "wazuh-publisher install, and see its log");
    };
    let hours = Timestamp::try_from(changed).map_or(0, |changed| now.duration_since(changed).as_hours());
    if bytes > 0 && hours >= OLD_HOURS {
        return Finding::warn(
            format!("{shown} has not changed for {hours} hours"),
            "wazuh-publisher status, and triage feeds status",
        );
    }
    Finding::ok(format!("{shown} changed {hours} hours ago, {bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_list_that_does_not_change_is_worth_a_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wazuh-triage-feed-ip");
        let now = Timestamp::now();
        assert_eq!(age(&path, now).level, Level::Warn);
        for (text, hours, level) in [
            ("a:b\n", 0, Level::Ok),
            ("a:b\n", 47, Level::Ok),
            ("a:b\n", 49, Level::Warn),
            ("", 49, Level::Ok),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(age(&path, now + Duration::from_hours(hours)).level, level, "{text} {hours}");
        }
    }

    #[test]
    fn a_list_that_is_not_declared_is_named() {
        let conf =
            "<ossec_config><ruleset><list>etc/lists/wazuh-triage-feed-ip</list></ruleset></ossec_config>";
        let found: Vec<FeedList> =
            FeedList::ALL.into_iter().filter(|list| declared(conf, *list).is_some()).collect();
        assert_eq!(found, [FeedList::Domain, FeedList::Url, FeedList::Hash]);
    }
}
