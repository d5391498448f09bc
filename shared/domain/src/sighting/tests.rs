use proptest::prelude::*;

use super::*;

/// `success ssh alice 203.0.113.9`, or what stands for nothing.
fn told(alert: &str) -> String {
    let alert = Alert::parse(alert).unwrap();
    let Some(sighting) = Sighting::of(&alert, Timestamp::UNIX_EPOCH) else { return "no login".to_owned() };
    assert!(MARKS.iter().any(|mark| alert.raw().contains(mark)), "{}", alert.raw());
    let account = sighting.account.as_ref().map_or("nobody", Account::as_str);
    let address = sighting.address.map_or_else(|| "nowhere".to_owned(), |address| address.to_string());
    let country = sighting.country.map_or_else(String::new, |country| format!(" {country}"));
    format!("{} {} {account} {address}{country}", sighting.outcome.name(), sighting.method.name())
}

fn check(groups: &str, rest: &str, expected: &str) {
    let text = format!(r#"{{"id":"1.1","rule":{{"id":"1","level":3,"groups":[{groups}]}},{rest}}}"#);
    assert_eq!(told(&text), expected, "{text}");
}

const SUCCESS: &str = r#""authentication_success""#;
const FAILED: &str = r#""authentication_failed""#;

#[test]
fn logins_on_linux() {
    let sshd = r#""predecoder":{"program_name":"sshd"},"decoder":{"name":"sshd"}"#;
    let with = |data: &str| format!(r#"{sshd},"data":{data}"#);
    check(SUCCESS, &with(r#"{"srcip":"203.0.113.9","dstuser":"Alice"}"#), "success SSH alice 203.0.113.9");
    check(
        r#""invalid_login","authentication_failed""#,
        &with(r#"{"srcip":"2001:db8::9","srcuser":"oracle"}"#),
        "failure SSH oracle 2001:db8::9",
    );
    check(SUCCESS, &with(r#"{"srcip":"::1","dstuser":"alice"}"#), "success SSH alice nowhere");
    check(SUCCESS, &with(r#"{"dstuser":"root(uid=0)"}"#), "success SSH root nowhere");
    check(
        FAILED,
        r#""full_log":"Failed password for invalid user admin from 203.0.113.9 port 4711 ssh2""#,
        "failure login admin 203.0.113.9",
    );
    check(
        SUCCESS,
        r#""predecoder":{"program_name":"dovecot"},"full_log":"imap-login: Login: user=<susan.gregory>, method=PLAIN, rip=192.168.128.170, lip=192.168.128.170, TLS""#,
        "success mail susan.gregory 192.168.128.170",
    );
    // A session was closed: the rule is in no authentication group.
    check(r#""pam""#, &with(r#"{"dstuser":"alice"}"#), "no login");
    check(
        SUCCESS,
        r#""predecoder":{"program_name":"CRON"},"data":{"dstuser":"root"}"#,
        "success scheduled root nowhere",
    );
}

#[test]
fn whoever_becomes_root_is_who_he_was() {
    let sudo = |log: &str| {
        format!(
            r#""predecoder":{{"program_name":"sudo"}},"data":{{"srcuser":"alice","dstuser":"root","command":"/bin/sh"}},"full_log":"{log}""#
        )
    };
    check(
        r#""syslog","sudo""#,
        &sudo("alice : TTY=pts/0 ; COMMAND=/bin/sh"),
        "success elevation alice nowhere",
    );
    check(
        r#""syslog","sudo""#,
        &sudo("alice : 3 incorrect password attempts ; TTY=pts/0"),
        "failure elevation alice nowhere",
    );
    check(r#""syslog","sudo""#, &sudo("alice : user NOT in sudoers"), "failure elevation alice nowhere");
    check(
        SUCCESS,
        r#""predecoder":{"program_name":"su"},"data":{"srcuser":"alice","dstuser":"root"}"#,
        "success elevation alice nowhere",
    );
}

#[test]
fn logons_on_windows() {
    let event = |id: &str, logon_type: &str, user: &str, domain: &str, address: &str| {
        format!(
            r#""data":{{"win":{{"system":{{"eventID":"{id}"}},"eventdata":{{"logonType":"{logon_type}","targetUserName":"{user}","targetDomainName":"{domain}","ipAddress":"{address}"}}}}}}"#
        )
    };
    for (id, logon_type, user, domain, address, expected) in [
        ("4624", "10", "Alice", "CORP", "203.0.113.9", r"success remote desktop corp\alice 203.0.113.9"),
        (
            "4624",
            "3",
            "alice@corp.example",
            "-",
            "10.0.0.9",
            "success network logon alice@corp.example 10.0.0.9",
        ),
        ("4624", "2", "alice", "PC-7", "127.0.0.1", r"success console pc-7\alice nowhere"),
        ("4625", "3", "Alice", "CORP", "::ffff:203.0.113.9", r"failure network logon corp\alice 203.0.113.9"),
        ("4771", "3", "alice", "", "203.0.113.9", "failure network logon alice 203.0.113.9"),
        ("4624", "5", "svc-backup", "CORP", "-", r"success scheduled corp\svc-backup nowhere"),
        // Nobody, at an address: still somebody knocks there.
        ("4625", "3", "-", "-", "203.0.113.9", "failure network logon nobody 203.0.113.9"),
        ("4624", "3", "ANONYMOUS LOGON", "NT AUTHORITY", "10.0.0.9", "success network logon nobody 10.0.0.9"),
        ("4624", "3", "PC-7$", "CORP", "10.0.0.7", "success network logon nobody 10.0.0.7"),
        ("4624", "3", "PC-7$", "CORP", "-", "no login"),
        ("4624", "5", "SYSTEM", "NT AUTHORITY", "-", "no login"),
        ("4624", "2", "DWM-3", "Window Manager", "-", "no login"),
        ("4624", "2", "UMFD-0", "Font Driver Host", "-", "no login"),
        ("4634", "3", "alice", "CORP", "10.0.0.9", "no login"),
        ("4647", "2", "alice", "CORP", "-", "no login"),
    ] {
        // By the groups alone every one of these would be a success.
        check(
            r#""windows","authentication_success""#,
            &event(id, logon_type, user, domain, address),
            expected,
        );
    }
}

#[test]
fn sign_ins_in_clouds() {
    let aws = |answer: &str, identity: &str| {
        format!(
            r#""data":{{"aws":{{"eventName":"ConsoleLogin","sourceIPAddress":"203.0.113.9","userIdentity":{identity},"responseElements":{{"ConsoleLogin":"{answer}"}}}}}}"#
        )
    };
    let user = r#"{"type":"IAMUser","userName":"Alice","accountId":"123456789012"}"#;
    check("", &aws("Success", user), "success cloud alice@aws:123456789012 203.0.113.9");
    // The stock rule for refused logins has a group; the answer decides even where a site's rule says otherwise.
    check(SUCCESS, &aws("Failure", user), "failure cloud alice@aws:123456789012 203.0.113.9");
    check(
        "",
        &aws("Success", r#"{"type":"Root","accountId":"123456789012"}"#),
        "success cloud root@aws:123456789012 203.0.113.9",
    );
    check(
        "",
        &aws(
            "Success",
            r#"{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/Admin/alice@corp.example"}"#,
        ),
        "success cloud alice@corp.example 203.0.113.9",
    );
    check(
        "",
        &aws("Failure", r#"{"type":"IAMUser","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#),
        "failure cloud nobody 203.0.113.9",
    );
    for (operation, expected) in [
        ("UserLoggedIn", "success cloud alice@corp.example 203.0.113.9"),
        ("UserLoginFailed", "failure cloud alice@corp.example 203.0.113.9"),
        ("FileAccessed", "no login"),
    ] {
        check(
            "",
            &format!(
                r#""data":{{"office365":{{"Operation":"{operation}","UserId":"Alice@corp.example","ClientIP":"203.0.113.9:51000"}}}}"#
            ),
            expected,
        );
    }
    for (code, expected) in [
        ("0", "success cloud alice@corp.example 203.0.113.9 NL"),
        ("50126", "failure cloud alice@corp.example 203.0.113.9 NL"),
        ("50074", "no login"),
    ] {
        check(
            "",
            &format!(
                r#""data":{{"azure":{{"category":"SignInLogs","properties":{{"userPrincipalName":"alice@corp.example","ipAddress":"203.0.113.9","status":{{"errorCode":"{code}"}},"location":{{"countryOrRegion":"NL"}}}}}}}}"#
            ),
            expected,
        );
    }
    for (method, expected) in [
        ("loginSuccess", "success cloud alice@corp.example 203.0.113.9"),
        ("loginFailure", "failure cloud alice@corp.example 203.0.113.9"),
        ("logout", "no login"),
    ] {
        check(
            "",
            &format!(
                r#""data":{{"gcp":{{"protoPayload":{{"methodName":"google.login.LoginService.{method}","authenticationInfo":{{"principalEmail":"alice@corp.example"}},"requestMetadata":{{"callerIp":"203.0.113.9"}}}}}}}}"#
            ),
            expected,
        );
    }
}

#[test]
fn a_rule_id_or_att_and_ck_alone_makes_no_login() {
    let text = |groups: &str| {
        format!(
            r#"{{"id":"1.1","rule":{{"id":"5715","level":3,"groups":[{groups}],"mitre":{{"id":["T1078"]}}}},"data":{{"srcip":"203.0.113.9","dstuser":"alice"}}}}"#
        )
    };
    assert_eq!(told(&text(r#""syslog","sshd""#)), "no login");
    assert_eq!(told(&text(SUCCESS)), "success login alice 203.0.113.9");
}

#[test]
fn a_rule_that_counts_stands_for_its_attempts() {
    let sighting = |frequency: &str, groups: &str| {
        let text = format!(
            r#"{{"id":"1.1","rule":{{"id":"5763","level":10,"groups":[{groups}]{frequency}}},"data":{{"srcip":"203.0.113.9"}}}}"#
        );
        Sighting::of(&Alert::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap().attempts
    };
    assert_eq!(sighting(r#","frequency":8"#, FAILED), 8);
    assert_eq!(sighting(r#","frequency":"8""#, r#""authentication_failures""#), 8);
    assert_eq!(sighting("", FAILED), 1);
    assert_eq!(sighting(r#","frequency":8"#, SUCCESS), 1, "eight failures and one success are one success");
    assert_eq!(sighting(r#","frequency":-5"#, FAILED), 1);
}

#[test]
fn a_cloud_tells_later_what_was_earlier() {
    let at = |event: &str| {
        let text = format!(
            r#"{{"id":"1.1","timestamp":"2026-10-03T12:15:00.000+0000","rule":{{"id":"1","level":3}},"data":{{"aws":{{"eventName":"ConsoleLogin","eventTime":"{event}","sourceIPAddress":"203.0.113.9","responseElements":{{"ConsoleLogin":"Success"}}}}}}}}"#
        );
        Sighting::of(&Alert::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap().at.to_string()
    };
    assert_eq!(at("2026-10-03T12:00:07Z"), "2026-10-03T12:00:07Z");
    assert_eq!(at("2026-10-04T12:00:07Z"), "2026-10-03T12:15:00Z", "no event is after its alert");
    assert_eq!(at("yesterday"), "2026-10-03T12:15:00Z");
}

#[test]
fn a_sighting_is_kept_under_its_account_and_its_address_and_reads_back() {
    let text = format!(
        r#"{{"id":"1.1","timestamp":"2026-10-03T14:22:07.512+0200","manager":{{"name":"m"}},"agent":{{"id":"7","name":"web-01"}},"rule":{{"id":"5715","level":3,"groups":[{SUCCESS}]}},"GeoLocation":{{"country_name":"Germany"}},"data":{{"srcip":"203.0.113.9","dstuser":"Deploy"}}}}"#
    );
    let sighting = Sighting::of(&Alert::parse(&text).unwrap(), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(sighting.subjects().collect::<Vec<_>>(), ["user#deploy", "address#203.0.113.9"]);
    let written = serde_json::to_value(&sighting).unwrap();
    assert_eq!(
        written.to_string(),
        r#"{"alert_key":"m/1.1","rule_id":"5715","at":"2026-10-03T12:22:07.512Z","outcome":"success","method":"other","agent":"web-01","agent_id":"7","attempts":1,"account":"deploy","address":"203.0.113.9","country":"DE"}"#
    );
    assert_eq!(serde_json::from_value::<Sighting>(written).unwrap(), sighting);
}

#[test]
fn accounts_of_different_realms_stay_apart() {
    for (name, realm, expected) in [
        ("Alice", None, Some("alice")),
        ("alice", Some("CORP"), Some(r"corp\alice")),
        (r"CORP\\alice", None, Some(r"corp\alice")),
        ("alice@Corp.example", Some("CORP"), Some("alice@corp.example")),
        ("alice", Some("-"), Some("alice")),
        ("", None, None),
        ("-", None, None),
        ("S-1-0-0", None, None),
        ("WEB-01$", Some("CORP"), None),
        ("dwm-5", None, None),
        ("dwm-x", None, Some("dwm-x")),
    ] {
        let account = Account::read(name, realm);
        assert_eq!(account.as_ref().map(Account::as_str), expected, "{name} {realm:?}");
    }
    let account = |text: &str| Account::read(text, None).unwrap();
    assert_eq!(account(r"web-01\root").name(), "root");
    assert_eq!(account("root@aws:1").name(), "root");
    assert_eq!(Account::read(&"x".repeat(300), None), None);
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_reads_back(user in ".{0,40}", log in ".{0,80}", ip in ".{0,30}") {
        let text = serde_json::json!({"id": "1.1", "rule": {"id": "1", "level": 3, "groups": ["authentication_failed"]},
            "data": {"dstuser": user, "srcip": ip}, "full_log": log}).to_string();
        if let Some(sighting) = Sighting::of(&Alert::parse(&text).unwrap(), Timestamp::UNIX_EPOCH) {
            let written = serde_json::to_string(&sighting).unwrap();
            prop_assert_eq!(serde_json::from_str::<Sighting>(&written).unwrap(), sighting);
        }
    }

    #[test]
    fn an_account_read_again_is_the_same(text in "[a-zA-Z0-9@.\\\\-]{1,30}") {
        if let Some(account) = Account::read(&text, None) {
            prop_assert_eq!(Account::read(account.as_str(), None), Some(account));
        }
    }
}
