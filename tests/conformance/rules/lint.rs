//! What must be true of our rules. Each check says what is wrong, rule by rule.

use domain::FeedList;

use super::events::{self, Kind};
use super::{Rule, Ruleset};

const OWN_IDS: std::ops::RangeInclusive<u32> = 117_000..=117_099;

const LIST_IDS: std::ops::RangeInclusive<u32> = 117_050..=117_069;

/// The list that the publisher keeps itself; `install` declares it, and those of feeds where they are wanted.
const CONFIRMED: &str = "etc/lists/wazuh-triage-ioc";

/// Where the relay writes when it does not use the socket.
const EVENT_FILE: &str = "/var/ossec/logs/wazuh-triage-events.json";

/// Shipped as it stands in the set-ups that this replaces.
const POSITIVE: u32 = 100_015;

const HIGHEST_LEVEL: u32 = 16;

/// By this group enrich knows alerts of our own events.
const OWN_GROUP: &str = "wazuh_triage";

impl Ruleset {
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for (index, rule) in self.rules.iter().enumerate() {
            let earlier = self.rules.iter().take(index).any(|other| other.id == rule.id);
            let mut found = Vec::new();
            found.extend(earlier.then(|| "the id is taken".to_owned()));
            found.extend(numbers(rule));
            found.extend(groups(rule));
            if rule.is_for_lists() {
                found.extend(listed(rule));
                complaints.extend(found.into_iter().map(|complaint| format!("{}: {complaint}", rule.id)));
                continue;
            }
            found.extend(if rule.id == POSITIVE { positive(rule) } else { own(rule) });
            found.extend(parents(self, rule));
            found.extend(names(self, rule));
            complaints.extend(found.into_iter().map(|complaint| format!("{}: {complaint}", rule.id)));
        }
        complaints
    }
}

fn numbers(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    if rule.id != POSITIVE && !OWN_IDS.contains(&rule.id) {
        found.push("the id is not ours".to_owned());
    }
    if rule.level > HIGHEST_LEVEL {
        found.push(format!("level {} does not exist", rule.level));
    }
    found
}

fn groups(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    for text in &rule.groups {
        if !text.ends_with(',') {
            found.push(format!("group `{text}` has no comma at its end"));
        }
        if text.contains(char::is_whitespace) {
            found.push(format!("group `{text}` has white space"));
        }
        // Wazuh strings the texts together: a name that is not found in the whole has been glued to another.
        let all = rule.group_names();
        for name in text.split(',').filter(|name| !name.is_empty() && !all.iter().any(|one| one == name)) {
            found.push(format!("group name `{name}` is glued to another"));
        }
    }
    let is_own = rule.group_names().iter().any(|name| name == OWN_GROUP);
    match (rule.is_for_lists(), is_own) {
        (false, false) => found.push(format!("not in group {OWN_GROUP}")),
        (true, true) => found.push(format!("in group {OWN_GROUP}, so enrich sets it aside")),
        (false, true) | (true, false) => {}
    }
    found
}

/// How a list is looked up, if it is one of ours: only the list of feeds' addresses has networks.
fn lookup_of(file: &str) -> Option<&'static str> {
    let of_feed = FeedList::ALL.into_iter().find(|list| list.path() == file);
    match of_feed {
        Some(FeedList::Ip) => Some("address_match_key"),
        Some(FeedList::Domain | FeedList::Url | FeedList::Hash) => Some("match_key"),
        None => (file == CONFIRMED).then_some("match_key"),
    }
}

/// Rules for events of the site's own hosts, by the list of confirmed indicators or those of feeds.
fn listed(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    if !LIST_IDS.contains(&rule.id) {
        found.push("the id is not one for lists".to_owned());
    }
    for [field, lookup, file] in &rule.lists {
        match lookup_of(file) {
            Some(expected) if lookup == expected => {}
            Some(expected) => found.push(format!("{lookup} of {field} in {file}, and not {expected}")),
            None => found.push(format!("{field} is looked up in {file}, which is not ours")),
        }
    }
    // What the parent's group was asked for by others must not be lost.
    let parent = rule.if_group.as_deref().unwrap_or_default();
    if !rule.group_names().iter().any(|name| name == parent) {
        found.push(format!("not in the group `{parent}` that it takes events from"));
    }
    if rule.description.trim().is_empty() {
        found.push("no description".to_owned());
    }
    found
}

/// Rules of our own range.
fn own(rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    if rule.options != ["no_full_log"] {
        found.push(format!("options {:?} and not no_full_log alone", rule.options));
    }
    if !rule.if_sid.is_empty() {
        return found;
    }
    if rule.level != 0 {
        found.push(format!("a root rule of level {}", rule.level));
    }
    if rule.decoded_as.as_deref() != Some("json") {
        found.push("a root rule not only for decoder json".to_owned());
    }
    if rule.integration() == Some("custom-abuseipdb") {
        found.push(format!("hides rule {POSITIVE}"));
    }
    let kind = rule.integration().and_then(Kind::of);
    let location = kind.map(|kind| format!("^{0}$|->{0}$|^{EVENT_FILE}$", kind.location));
    if location.is_none() || rule.location != location {
        found.push(format!("a root rule for location {:?}", rule.location.as_deref().unwrap_or_default()));
    }
    found
}

/// PARITY A1, word for word; only the level is the site's.
fn positive(rule: &Rule) -> Vec<String> {
    let fields: Vec<_> =
        rule.fields.iter().map(|field| (field.name.as_str(), field.text.as_str(), field.negated)).collect();
    let expected =
        [("integration", "^custom-abuseipdb$", false), ("abuseipdb.abuse_confidence_score", "^0$", true)];
    let description =
        "AbuseIPDB positive: $(abuseipdb.source.srcip) — score $(abuseipdb.abuse_confidence_score)%";
    let conditions = rule.decoded_as.is_none() && rule.location.is_none() && rule.if_sid.is_empty();
    let mut found = Vec::new();
    if fields != expected || !conditions {
        found.push("other conditions than ever".to_owned());
    }
    if rule.description != description {
        found.push("another description than ever".to_owned());
    }
    if rule.options != ["alert_by_email"] {
        found.push("other options than ever".to_owned());
    }
    if !rule.groups.iter().any(|group| group == "abuseipdb_positive,") {
        found.push("not in group abuseipdb_positive".to_owned());
    }
    found
}

fn parents(ruleset: &Ruleset, rule: &Rule) -> Vec<String> {
    let missing = rule.if_sid.iter().filter(|id| ruleset.get(**id).is_none());
    missing.map(|id| format!("if_sid {id} is not here")).collect()
}

/// Fields asked for and fields shown are fields that the events have.
fn names(ruleset: &Ruleset, rule: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    for field in &rule.fields {
        if !field.pattern.is_anchored() {
            found.push(format!("`{}` has an open end", field.text));
        }
        if events::listed(events::STATIC, &field.name) {
            found.push(format!("Wazuh has an element <{}> for that field", field.name));
        }
    }
    if rule.description.trim().is_empty() {
        found.push("no description".to_owned());
    }
    let Some(kind) = ruleset.root(rule).and_then(Rule::integration).and_then(Kind::of) else {
        found.push("for no event of ours".to_owned());
        return found;
    };
    let asked = rule.fields.iter().map(|field| field.name.as_str());
    for name in asked.chain(shown(&rule.description)).filter(|name| !kind.carries(name)) {
        found.push(format!("no {} event has a field {name}", kind.integration));
    }
    found
}

/// The `name` of each `$(name)`.
fn shown(description: &str) -> impl Iterator<Item = &str> {
    description.split("$(").skip(1).map(|rest| rest.split(')').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
<group name="wazuh_triage,abuseipdb,">
  <rule id="100015" level="12">
    <field name="integration">^custom-abuseipdb$</field>
    <field name="abuseipdb.abuse_confidence_score" negate="yes">^0$</field>
    <description>AbuseIPDB positive: $(abuseipdb.source.srcip) — score $(abuseipdb.abuse_confidence_score)%</description>
    <options>alert_by_email</options>
    <group>abuseipdb_positive,</group>
  </rule>
</group>
<group name="wazuh_triage,misp,">
  <rule id="117000" level="0">
    <decoded_as>json</decoded_as>
    <location>^misp$|->misp$|^/var/ossec/logs/wazuh-triage-events.json$</location>
    <field name="integration">^misp$</field>
    <description>Base</description>
    <options>no_full_log</options>
  </rule>
  <rule id="117001" level="10">
    <if_sid>117000</if_sid>
    <field name="threat">^MISP match$</field>
    <description>Match of $(misp.value)</description>
    <options>no_full_log</options>
    <group>misp_match,</group>
  </rule>
</group>"#;

    #[test]
    fn a_good_file_has_no_complaints() {
        assert_eq!(Ruleset::parse(GOOD).unwrap().complaints(), [""; 0]);
    }

    #[test]
    fn each_fault_is_found() {
        for (good, bad, complaints) in [
            (r#"id="117001""#, r#"id="117000""#, vec!["117000: the id is taken"]),
            (r#"id="117001""#, r#"id="117100""#, vec!["117100: the id is not ours"]),
            (r#"id="117001""#, r#"id="116999""#, vec!["116999: the id is not ours"]),
            (r#"level="10""#, r#"level="17""#, vec!["117001: level 17 does not exist"]),
            (">misp_match,<", ">misp_match<", vec!["117001: group `misp_match` has no comma at its end"]),
            (">misp_match,<", ">misp_match, hit,<", vec!["117001: group `misp_match, hit,` has white space"]),
            (
                r#""wazuh_triage,misp,""#,
                r#""wazuh_triage,misp""#,
                vec![
                    "117000: group `wazuh_triage,misp` has no comma at its end",
                    "117001: group `wazuh_triage,misp` has no comma at its end",
                    "117001: group name `misp` is glued to another",
                    "117001: group name `misp_match` is glued to another",
                ],
            ),
            (
                r#""wazuh_triage,misp,""#,
                r#""misp,""#,
                vec!["117000: not in group wazuh_triage", "117001: not in group wazuh_triage"],
            ),
            (
                ">no_full_log<",
                ">alert_by_email<",
                vec![r#"117000: options ["alert_by_email"] and not no_full_log alone"#],
            ),
            (r#"level="0""#, r#"level="3""#, vec!["117000: a root rule of level 3"]),
            ("<decoded_as>json</decoded_as>", "", vec!["117000: a root rule not only for decoder json"]),
            (
                "<location>^misp$|->misp$|^/var/ossec/logs/wazuh-triage-events.json$</location>",
                "",
                vec![r#"117000: a root rule for location """#],
            ),
            (
                "^misp$|->misp$|",
                "misp$|",
                vec![
                    r#"117000: a root rule for location "misp$|^/var/ossec/logs/wazuh-triage-events.json$""#,
                ],
            ),
            (
                "<if_sid>117000<",
                "<if_sid>117009<",
                vec!["117001: if_sid 117009 is not here", "117001: for no event of ours"],
            ),
            ("<if_sid>117000<", "<if_sid>117001<", vec!["117001: for no event of ours"]),
            (">^MISP match$<", ">MISP match$<", vec!["117001: `MISP match$` has an open end"]),
            (">^MISP match$<", ">^MISP match$|^x<", vec!["117001: `^MISP match$|^x` has an open end"]),
            (r#""threat""#, r#""treat""#, vec!["117001: no misp event has a field treat"]),
            (
                r#""threat""#,
                r#""url""#,
                vec![
                    "117001: Wazuh has an element <url> for that field",
                    "117001: no misp event has a field url",
                ],
            ),
            (
                r#""threat""#,
                r#""original_alert.id""#,
                vec!["117001: no misp event has a field original_alert.id"],
            ),
            ("Match of $(misp.value)", " ", vec!["117001: no description"]),
            ("$(misp.value)", "$(misp.values)", vec!["117001: no misp event has a field misp.values"]),
            ("$(misp.value)", "$(triage.score)", vec!["117001: no misp event has a field triage.score"]),
            (r#" negate="yes""#, "", vec!["100015: other conditions than ever"]),
            ("^0$", "^0$|^1$", vec!["100015: other conditions than ever"]),
            (" — score", " - score", vec!["100015: another description than ever"]),
            (">alert_by_email<", ">no_full_log<", vec!["100015: other options than ever"]),
            (">abuseipdb_positive,<", ">abuseipdb_hit,<", vec!["100015: not in group abuseipdb_positive"]),
        ] {
            assert!(GOOD.contains(good), "{good}");
            let ruleset = Ruleset::parse(&GOOD.replacen(good, bad, 1)).unwrap();
            assert_eq!(ruleset.complaints(), complaints, "{bad}");
        }
    }

    #[test]
    fn a_base_for_abuseipdb_is_refused_for_it_hides_rule_100015() {
        let text = GOOD
            .replace("^misp$|->misp$|", "^abuseipdb$|->abuseipdb$|")
            .replace(r#""integration">^misp$"#, r#""integration">^custom-abuseipdb$"#)
            .replace("threat", "abuseipdb.found")
            .replace("$(misp.value)", "$(abuseipdb.source.ip)");
        assert_eq!(Ruleset::parse(&text).unwrap().complaints(), ["117000: hides rule 100015"]);
    }

    #[test]
    fn a_rule_by_the_list_takes_its_events_from_a_group_and_leaves_them_to_triage() {
        let good = r#"<group name="wazuh_triage_list,"><rule id="117050" level="12"><if_group>sshd</if_group><list field="srcip" lookup="match_key">etc/lists/wazuh-triage-ioc</list><description>d</description><group>sshd,</group></rule></group>"#;
        for (part, bad, complaints) in [
            ("", "", vec![]),
            ("117050", "117001", vec!["117001: the id is not one for lists"]),
            (
                "wazuh_triage_list,",
                "wazuh_triage,",
                vec!["117050: in group wazuh_triage, so enrich sets it aside"],
            ),
            (
                "wazuh-triage-ioc",
                "other",
                vec!["117050: srcip is looked up in etc/lists/other, which is not ours"],
            ),
            (
                "wazuh-triage-ioc",
                "wazuh-triage-feed-ip",
                vec![
                    "117050: match_key of srcip in etc/lists/wazuh-triage-feed-ip, and not address_match_key",
                ],
            ),
            ("wazuh-triage-ioc", "wazuh-triage-feed-domain", vec![]),
            (">sshd,<", ">ssh,<", vec!["117050: not in the group `sshd` that it takes events from"]),
            (">d<", "> <", vec!["117050: no description"]),
        ] {
            let ruleset = Ruleset::parse(&good.replacen(part, bad, 1)).unwrap();
            assert_eq!(ruleset.complaints(), complaints, "{bad}");
        }
    }

    #[test]
    fn the_shipped_rules_have_no_complaints() {
        let ruleset = Ruleset::shipped().unwrap();
        assert_eq!(ruleset.complaints(), [""; 0]);
        assert!(ruleset.get(POSITIVE).is_some());
        assert!(ruleset.rules.len() > 10);
    }
}
