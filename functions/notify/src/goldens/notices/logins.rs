//! Somebody gets in, or tries to.

use domain::Notice;
use domain::analysis::{Analysis, Explanation, NoAnalysis, Question, Spent, When};
use domain::assessment::{Assessment, Priority, Technique};
use domain::indicator::Direction;
use domain::verdict::Provider;
use jiff::SignedDuration;
use serde_json::json;

use super::{action, evidence, explanation, notice};
use crate::goldens::witnesses::{attribute, examined, misp, otx, private, pulse, remember, reported, texts};

/// A brute force from a listed address, explained by a model.
pub(crate) fn sshd() -> Notice {
    let raw = r#"{"timestamp":"2026-10-03T14:22:07.512+0200","rule":{"level":10,"description":"sshd: brute force trying to get access to the system. Authentication failed.","id":"5763","mitre":{"id":["T1110"],"tactic":["Credential Access"],"technique":["Brute Force"]},"frequency":8,"firedtimes":1,"mail":false,"groups":["syslog","sshd","authentication_failures"],"gdpr":["IV_35.7.d","IV_32.2"],"pci_dss":["11.4","10.2.4","10.2.5"]},"agent":{"id":"007","name":"web-01","ip":"10.20.0.7"},"manager":{"name":"wazuh-1"},"cluster":{"name":"soc","node":"worker-2"},"id":"1791030127.4711","previous_output":"Oct  3 14:22:05 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50118 ssh2\nOct  3 14:22:04 web-01 sshd[879]: Failed password for root from 203.0.113.24 port 50111 ssh2","full_log":"Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from 203.0.113.24 port 50122 ssh2","predecoder":{"program_name":"sshd","timestamp":"Oct  3 14:22:06","hostname":"web-01"},"decoder":{"parent":"sshd","name":"sshd"},"data":{"srcip":"203.0.113.24","srcport":"50122","dstuser":"root"},"location":"journald"}"#;
    let brute_force = attribute(
        "ip-src",
        ("145", "SSH brute force against our honeypots, September", "CIRCL"),
        &["type:OSINT", "tlp:green", "misp-galaxy:mitre-attack-pattern=\"Brute Force - T1110\""],
    );
    let mut scan =
        attribute("ip-dst|port", ("97", "Collected scans, unreviewed", "Example CERT"), &["tlp:clear"]);
    (scan.to_ids, scan.decay_score, scan.value) = (false, Some(31), "203.0.113.24|2222".into());
    let mut botnet =
        pulse("Mirai C2 nodes, see mirai-list.example", "AlienVault", true, "2026-10-01T06:10:00Z");
    botnet.malware_families = texts(&["Mirai", "Gafgyt"]);
    botnet.attack_ids = texts(&["T1110", "T1595.002"]);
    let mut honeypot = pulse("SSH honeypot, daily", "t-pot-operator", false, "2026-08-19T00:00:00Z");
    (honeypot.subscribed, honeypot.indicator_count, honeypot.tlp) = (true, 9_412, Some("green".into()));
    let mut source = examined(
        "203.0.113.24",
        "data.srcip",
        Direction::Source,
        [reported(), misp(vec![brute_force, scan], 2), otx(vec![botnet, honeypot], 14)],
    );
    remember(&mut source, Provider::AbuseIpDb, SignedDuration::from_hours(3));
    let analysis = Analysis::from(Explanation {
        headline: "SSH brute force against root on web-01".into(),
        what_happened: "Within seconds, 203.0.113.24 tried several passwords for root on web-01 over SSH. Every attempt that the alert shows failed; nothing in it says that one succeeded.".into(),
        evidence: vec![
            evidence("/data/srcip", "203.0.113.24", "The address that all attempts came from; it is widely reported for brute force."),
            evidence("/data/dstuser", "root", "The attempts aim at the one account that exists on every host."),
            evidence("/rule/frequency", "8", "Eight failures within the rule's time frame made it fire."),
        ],
        cited: 4,
        recommended_actions: vec![
            action("Block 203.0.113.24 at the border firewall.", When::Now, "203.0.113.24"),
            action("Set PermitRootLogin to no, then check https://wiki.example/ssh for the other hosts.", When::Today, "web-01"),
        ],
        missing_information: vec![Question {
            question: "Was a login from 203.0.113.24 accepted after 14:22:06?".into(),
            why: "It would turn an attempt into an intrusion.".into(),
            where_to_look: "sshd events of web-01 until 15:00.".into(),
        }],
        usage: Some(Spent { input_tokens: 4_310, output_tokens: 612, micro_usd: Some(4_630) }),
        ..explanation()
    });
    let assessment = Assessment {
        priority: Priority::High,
        reasons: vec![
            "Rule level 10 alone makes this medium.".into(),
            "The source address is malicious by intelligence: one step up.".into(),
        ],
        next_steps: vec![
            "Search for a successful login from 203.0.113.24 on web-01 since 14:00.".into(),
            "Search the other hosts for the same source address.".into(),
            "Block the source address if no business partner uses it.".into(),
        ],
        open_questions: vec!["Is SSH on web-01 meant to be reachable from the internet?".into()],
        techniques: vec![Technique { id: "T1110".into(), name: Some("Brute Force".into()) }],
        ..Assessment::default()
    };
    notice(raw, &[source], assessment, analysis)
}

/// A Windows logon with names in other scripts; no groups, no technique, no `agent.ip`.
pub(crate) fn windows() -> Notice {
    let raw = json!({
        "timestamp": "2026-10-03T21:22:07.512+0900",
        "rule": {"level": 6, "description": "Successful remote logon detected - possible pass-the-hash attack.", "id": "92652"},
        "agent": {"id": "031", "name": "経理-PC-31"},
        "manager": {"name": "wazuh-tokyo"},
        "id": "1791030127.120",
        "data": {"win": {
            "system": {"eventID": "4624", "channel": "Security", "computer": "経理-PC-31.corp.example"},
            "eventdata": {"subjectUserName": "-", "targetUserName": "Łukasz.Żółć", "targetDomainName": "ΕΤΑΙΡΕΙΑ", "logonType": "3", "ipAddress": "10.20.7.201", "processName": "-", "authenticationPackageName": "NTLM"}}},
        "location": "EventChannel",
    });
    let assessment = Assessment {
        priority: Priority::Medium,
        reasons: vec!["Rule level 6.".into()],
        next_steps: vec!["Ask Łukasz Żółć whether this logon was his.".into()],
        open_questions: vec![],
        ..Assessment::default()
    };
    let source = private("10.20.7.201", "data.win.eventdata.ipAddress", Direction::Source);
    notice(&raw.to_string(), &[source], assessment, Analysis::Unavailable { reason: NoAnalysis::Disabled })
}

/// A login after the brute force.
pub(crate) fn success() -> Notice {
    let raw = r#"{"timestamp":"2026-10-03T15:04:31.090+0200","rule":{"level":12,"description":"Multiple authentication failures followed by a success.","id":"40112","mitre":{"id":["T1078","T1110"],"tactic":["Initial Access"],"technique":["Valid Accounts","Brute Force"]},"groups":["syslog","attacks","authentication_success"]},"agent":{"id":"007","name":"web-01","ip":"10.20.0.7"},"manager":{"name":"wazuh-1"},"cluster":{"name":"soc","node":"worker-2"},"id":"1791032671.90017","full_log":"Oct  3 15:04:30 web-01 sshd[1207]: Accepted password for deploy from 203.0.113.24 port 50990 ssh2","decoder":{"parent":"sshd","name":"sshd"},"data":{"srcip":"203.0.113.24","srcport":"50990","dstuser":"deploy"},"location":"journald"}"#;
    let source = examined(
        "203.0.113.24",
        "data.srcip",
        Direction::Source,
        [reported(), misp(vec![], 0), otx(vec![], 0)],
    );
    let assessment = Assessment {
        priority: Priority::Critical,
        reasons: vec![
            "Rule level 12 alone makes this critical.".into(),
            "A login succeeded after 118 failures within an hour.".into(),
        ],
        next_steps: vec![
            "End the sessions of deploy on web-01 and lock the account.".into(),
            "Isolate web-01 from the network.".into(),
            "Search for logins of deploy on other hosts since 15:04.".into(),
        ],
        open_questions: vec!["What did deploy run on web-01 after 15:04:30?".into()],
        techniques: vec![
            Technique { id: "T1078".into(), name: Some("Valid Accounts".into()) },
            Technique { id: "T1110".into(), name: Some("Brute Force".into()) },
        ],
        ..Assessment::default()
    };
    notice(raw, &[source], assessment, Analysis::Unavailable { reason: NoAnalysis::RateLimited })
}

/// A login after many failures, found by hunting among alerts of which none was worth a mail.
pub(crate) fn finding() -> Notice {
    let signs = [
        (90, "eve got in from 203.0.113.24, which intelligence called malicious"),
        (75, "eve got in from 203.0.113.0/24 after 12 failures within 60 minutes (limit: 5)"),
    ];
    let logins = [
        "2026-10-03 12:04:11Z failure SSH eve from 203.0.113.24 (Germany) on web-01, 12 attempts, rule 5760, alert soc/1791029051.11",
        "2026-10-03 12:10:40Z success SSH eve from 203.0.113.24 (Germany) on web-01, rule 5715, alert soc/1791029440.12",
    ];
    let sentences = signs.iter().map(|(score, sentence)| format!("{sentence} ({score})."));
    let raw = json!({
        "timestamp": "2026-10-03T12:10:40Z",
        "rule": {"level": 12, "description": "Hunting: eve got in from 203.0.113.24, which intelligence called malicious", "id": "117046", "groups": ["wazuh_triage", "wazuh_triage_hunt"], "mitre": {"id": ["T1078", "T1110"], "technique": ["Valid Accounts", "Brute Force"]}},
        "agent": {"id": "007", "name": "web-01"},
        "manager": {"name": "wazuh-1"},
        "id": "hunt-4f0c1d2e3a5b6978",
        "location": "wazuh-triage",
        "full_log": sentences.chain(logins.iter().map(|login| format!("- {login}"))).collect::<Vec<_>>().join("\n"),
        "data": {
            "srcip": "203.0.113.24",
            "dstuser": "eve",
            "hunt": {
                "schema": 1, "id": "4f0c1d2e3a5b6978", "subject": "eve", "at": "2026-10-03T12:10:40Z", "score": 97,
                "kinds": ["malicious_source", "success_after_failures"], "technique_ids": ["T1078", "T1110"],
                "signs": signs.map(|(score, sentence)| json!({"score": score, "sentence": sentence})),
                "evidence": logins,
            },
        },
    });
    let hunted = "Hunting found: malicious source, success after failures; score 97 of 100: at least high.";
    let said = signs.iter().map(|(_, sentence)| format!("{sentence}."));
    let assessment = Assessment {
        priority: Priority::Critical,
        reasons: [hunted.to_owned()].into_iter().chain(said).chain(logins.map(str::to_owned)).collect(),
        next_steps: vec![
            "Ask the owner of eve whether this login was theirs; if not, end the sessions.".into(),
        ],
        techniques: vec![Technique { id: "T1078".into(), name: Some("Valid Accounts".into()) }],
        ..Assessment::default()
    };
    notice(&raw.to_string(), &[], assessment, Analysis::Unavailable { reason: NoAnalysis::Disabled })
}
