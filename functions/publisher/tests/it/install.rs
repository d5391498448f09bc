//! `install` and `uninstall` on a manager's root folder.

use std::process::Output;

use crate::bench::text;
use crate::manager_root::{FOR_INTEGRATORD, GROUP, ManagerRoot, OSSEC_CONF, QUEUE, USER, is_root};

const CONF: &str = "var/ossec/etc/ossec.conf";
const INTEGRATION: &str = "var/ossec/integrations/custom-wazuh-triage";
const RULES: &str = "var/ossec/etc/rules/wazuh-triage-rules.xml";

fn check(output: &Output, code: i32, words: &str) {
    assert_eq!(output.status.code(), Some(code), "{words}: {}", text(output));
    assert!(text(output).contains(words), "{words}: {}", text(output));
}

#[test]
fn everything_is_in_its_place_with_its_owner_and_mode() {
    let root = ManagerRoot::new();
    let words = ["--profile", "soc", "--level", "10", "--intake", "integration"];
    check(&root.install(&words), 0, "then: systemctl restart wazuh-manager");
    for (path, mode, owner) in [
        (INTEGRATION, 0o750, (0, GROUP)),
        ("usr/local/bin/wazuh-publisher", 0o755, (0, 0)),
        ("var/ossec/queue/wazuh-triage", 0o750, (USER, GROUP)),
        (RULES, 0o660, (USER, GROUP)),
        ("var/ossec/etc/rules/wazuh-triage-abuseipdb-positive.xml", 0o660, (USER, GROUP)),
        ("var/ossec/etc/lists/wazuh-triage-ioc", 0o660, (USER, GROUP)),
        ("var/ossec/etc/wazuh-triage.toml", 0o640, (0, GROUP)),
        ("etc/systemd/system/wazuh-publisher.service", 0o644, (0, 0)),
    ] {
        assert_eq!(root.rights(path), (mode, is_root().then_some(owner)), "{path}");
    }
    let block = format!(
        "  <integration>\n    <name>custom-wazuh-triage</name>\n    <hook_url>{QUEUE}</hook_url>\n    \
         <api_key>soc</api_key>\n    <level>10</level>\n    <alert_format>json</alert_format>\n  </integration>\n  \
         <ruleset>\n    <list>etc/lists/wazuh-triage-ioc</list>\n  </ruleset>\n"
    );
    let conf = root.read(CONF);
    assert!(conf.contains(&block), "{conf}");
    assert!(
        root.read("etc/systemd/system/wazuh-publisher.service")
            .contains("ExecStart=/usr/local/bin/wazuh-publisher ")
    );
    assert!(root.read("var/ossec/etc/wazuh-triage.toml").contains(&format!("\nqueue_url = \"{QUEUE}\"\n")));
}

#[test]
fn a_second_install_changes_nothing() {
    let root = ManagerRoot::packaged();
    assert!(root.install(&[]).status.success());
    let before = root.everything();
    let output = root.install(&[]);
    assert!(output.status.success());
    let wrote = |line: &str| line.starts_with("write ") || line.starts_with("changed ");
    assert!(!text(&output).lines().any(wrote), "{}", text(&output));
    assert_eq!(root.everything(), before);
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let root = ManagerRoot::packaged();
    let before = root.everything();
    let output = root.install(&["--dry-run"]);
    check(&output, 0, "nothing was written");
    check(&output, 0, "custom-wazuh-triage, root:wazuh 0750, ");
    check(&output, 0, "+    <list>etc/lists/wazuh-triage-ioc</list>");
    assert!(!text(&output).contains("<integration>"), "{}", text(&output));
    check(&output, 0, " </ossec_config>");
    assert_eq!(root.everything(), before);
}

#[test]
fn uninstall_leaves_what_was_there_before() {
    let root = ManagerRoot::new();
    root.write(RULES, "<!-- an older file, put there by hand -->\n");
    let before = root.everything();
    assert!(root.install(&[]).status.success());
    assert!(root.install(&["--intake", "integration", "--level", "12"]).status.success());
    check(&root.run(&["uninstall", "--dry-run"]), 0, "-    <level>12</level>");
    check(&root.run(&["uninstall"]), 0, "restored ");
    let after = root.everything();
    // Folders that the system has anyway stay.
    let made = ["usr", "usr/local", "usr/local/bin", "etc/systemd", "etc/systemd/system", "var/ossec/backup"];
    let after: Vec<_> =
        after.into_iter().filter(|(path, ..)| !made.contains(&path.to_str().unwrap())).collect();
    assert_eq!(after, before);
    check(&root.run(&["uninstall"]), 0, "unchanged ");
}

#[test]
fn what_somebody_changed_since_is_theirs() {
    let root = ManagerRoot::packaged();
    assert!(root.install(&[]).status.success());
    root.write(RULES, "<!-- other ids -->\n");
    root.write("var/ossec/etc/wazuh-triage.toml", "profile = \"soc\"\n");
    root.write("var/ossec/queue/wazuh-triage/alert", "waits\n");
    let conf = root.read(CONF).replace("<jsonout_output>yes<", "<jsonout_output>no<");
    root.write(CONF, &conf);
    check(&root.install(&[]), 0, "wazuh-triage-rules.xml: it was changed since it was installed");
    assert_eq!(root.read(RULES), "<!-- other ids -->\n");
    let output = root.run(&["uninstall"]);
    check(&output, 0, "wazuh-triage.toml: it was changed since it was installed");
    check(&output, 0, "queue/wazuh-triage: it is not empty");
    assert_eq!(root.read(RULES), "<!-- other ids -->\n");
    assert_eq!(root.read("var/ossec/queue/wazuh-triage/alert"), "waits\n");
    assert_eq!(root.read(CONF), OSSEC_CONF.replace("<jsonout_output>yes<", "<jsonout_output>no<"));
    assert!(!root.path(INTEGRATION).exists());
}

#[test]
fn an_upgrade_replaces_the_program_and_still_knows_what_was_there() {
    let root = ManagerRoot::packaged();
    root.write(INTEGRATION, "#!/bin/sh\n# older\n");
    assert!(root.install(&[]).status.success());
    assert_eq!(root.read(INTEGRATION), FOR_INTEGRATORD);
    assert!(root.run(&["uninstall"]).status.success());
    assert_eq!(root.read(INTEGRATION), "#!/bin/sh\n# older\n");
}

#[test]
fn a_block_that_a_person_wrote_is_not_written_again() {
    let root = ManagerRoot::packaged();
    let own = format!(
        "<ossec_config>\n<integration><name>custom-wazuh-triage</name><hook_url>{QUEUE}</hook_url></integration>\n\
         </ossec_config>\n"
    );
    root.write(CONF, &own);
    // Alerts are followed, and a hand's block is the hand's to take away.
    check(
        &root.install(&[]),
        0,
        "alerts come twice: take the <integration> block of custom-wazuh-triage out of ",
    );
    assert_eq!(root.read(CONF).matches("<integration>").count(), 1);
    let output = root.install(&["--intake", "integration"]);
    assert!(!text(&output).contains("alerts come twice"), "{}", text(&output));
    assert_eq!(root.read(CONF).matches("<integration>").count(), 1);
    assert!(root.run(&["uninstall"]).status.success());
    assert_eq!(root.read(CONF), own);
}

#[test]
fn integratord_gets_a_block_only_where_it_was_chosen() {
    let root = ManagerRoot::packaged();
    let has_block = || root.read(CONF).contains("<integration>");
    assert!(root.install(&[]).status.success());
    assert!(!has_block());
    check(&root.install(&["--intake", "integration"]), 0, "set intake = \"integration\" in ");
    assert!(has_block());
    assert!(root.install(&["--intake", "follow"]).status.success());
    assert!(!has_block());
    root.write("var/ossec/etc/wazuh-triage.toml", "intake = \"integration\"\n");
    assert!(root.install(&[]).status.success());
    assert!(has_block());
}

#[test]
fn a_first_install_writes_what_was_chosen_into_the_configuration() {
    for (words, expected) in [
        (&[][..], "\n# intake = \"follow\"\n"),
        (&["--intake", "integration"], "\nintake = \"integration\"\n"),
        (&["--level", "9"], "\nfollow_level = 9\n"),
    ] {
        let root = ManagerRoot::packaged();
        assert!(root.install(words).status.success());
        let config = root.read("var/ossec/etc/wazuh-triage.toml");
        assert!(config.contains(expected), "{expected}: {config}");
    }
}

#[test]
fn a_rule_100015_of_another_is_left_in_peace() {
    let root = ManagerRoot::packaged();
    root.write(
        "var/ossec/etc/rules/otx.xml",
        "<group name=\"otx,\"><rule id=\"100015\" level=\"10\"/></group>",
    );
    check(&root.install(&[]), 0, "rule 100015 is another's here");
    assert!(!root.path("var/ossec/etc/rules/wazuh-triage-abuseipdb-positive.xml").exists());
}

#[test]
fn with_the_package_installed_program_and_unit_stay_where_they_are() {
    let root = ManagerRoot::packaged();
    assert!(root.install(&[]).status.success());
    assert!(!root.path("usr/local").exists() && !root.path("etc/systemd").exists());
}

#[test]
fn what_is_no_manager_is_left_alone() {
    for (spoil, code, words) in [
        ("etc/passwd", 78, "is no Wazuh 4 manager: it has no user wazuh"),
        (CONF, 78, "ossec.conf is left alone, line 3: </ossec_config> ends nothing"),
    ] {
        let root = ManagerRoot::packaged();
        root.write(spoil, "<ossec_config>\n<global>\n</ossec_config>\n");
        let before = root.everything();
        check(&root.install(&[]), code, words);
        assert_eq!(root.everything(), before, "{words}");
    }
    let root = ManagerRoot::packaged();
    check(&root.run(&["install"]), 79, "no queue is configured");
    check(
        &root.install(&["--intake", "integration", "--profile", "a<b"]),
        78,
        "queue URL and profile must not hold",
    );
    check(&root.install(&["--level", "17"]), 64, "17 is not in 1..=16");
}
