use domain::Alert;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

#[test]
fn secrets_go_and_everything_else_stays() {
    for (text, expected) in [
        ("mysql -u app -pS3cr3t! shop", "mysql -u app -p<REDACTED:password> shop"),
        (
            "COMMAND=/usr/bin/mysqldump --password=hunter2 x",
            "COMMAND=/usr/bin/mysqldump --password=<REDACTED:password> x",
        ),
        ("net user eve P@ssw0rd /add", "net user eve <REDACTED:password> /add"),
        (
            "C:\\Windows\\system32\\net1.exe user eve \"P@ss w0rd\" /add",
            "C:\\Windows\\system32\\net1.exe user eve \"<REDACTED:password>\" /add",
        ),
        (
            "net use Z: \\\\srv\\share Secret1 /user:bob",
            "net use Z: \\\\srv\\share <REDACTED:password> /user:bob",
        ),
        ("sshpass -p Secret1 ssh -p 22 root@h", "sshpass -p <REDACTED:password> ssh -p 22 root@h"),
        ("PGPASSWORD=hunter2 psql -p 5432", "PGPASSWORD=<REDACTED:password> psql -p 5432"),
        ("curl -u bob:hunter2 http://h/", "curl -u bob:<REDACTED:password> http://h/"),
        ("curl --user=bob:hunter2 http://h/", "curl --user=bob:<REDACTED:password> http://h/"),
        ("smbclient //s/c -U bob%hunter2", "smbclient //s/c -U bob%<REDACTED:password>"),
        ("a0=\"mysql\" a1=\"-psecret\"", "a0=\"mysql\" a1=\"-p<REDACTED:password>\""),
        ("bash -c \"mysql -psecret shop\"", "bash -c \"mysql -p<REDACTED:password> shop\""),
        ("su -c='mysql -psecret'", "su -c='mysql -p<REDACTED:password>'"),
        ("\"mysql -psecret\"", "\"mysql -p<REDACTED:password>\""),
        ("tool -p Winter2026", "tool -p <REDACTED:password>"),
        ("mkdir -p build2026x", "mkdir -p build2026x"),
        ("app --token abcdef --verbose", "app --token <REDACTED:password> --verbose"),
        ("runas -Password 'Winter 2026'", "runas -Password '<REDACTED:password>'"),
        ("GET /x?api_key=abc123&u=1", "GET /x?api_key=<REDACTED:api_key>&u=1"),
        (r#"{"client_secret": "a\"b", "n": 1}"#, r#"{"client_secret": "<REDACTED:secret>", "n": 1}"#),
        (r#"{\"password\":\"x y\",\"n\":1}"#, r#"{\"password\":\"<REDACTED:password>\",\"n\":1}"#),
        ("<Password>abc</Password>", "<Password><REDACTED:password></Password>"),
        ("https://bob:hunter2@h.example/x", "https://bob:<REDACTED:password>@h.example/x"),
        ("Authorization: Basic Ym9iOmh1bnRlcjI=", "Authorization: Basic <REDACTED:authorization>"),
        ("authorization=\"Bearer abc.def\" x", "authorization=\"Bearer <REDACTED:authorization>\" x"),
        ("got bearer abcdefghijklmnop1234 there", "got bearer <REDACTED:authorization> there"),
        ("Cookie: sid=1; t=2", "Cookie: <REDACTED:cookie>"),
        ("id AKIAABCDEFGHIJKLMNOP end", "id <REDACTED:aws_access_key> end"),
        ("x sk-ant-api03-abcdefghijklmnop1234 y", "x <REDACTED:vendor_key> y"),
        ("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1 u", "t <REDACTED:jwt> u"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest",
            "<REDACTED:private_key>\nrest",
        ),
        ("-----BEGIN PRIVATE KEY-----\nMIIE cut", "<REDACTED:private_key>"),
        ("paid 4111 1111 1111 1111 today", "paid <REDACTED:card_number> today"),
    ] {
        assert_eq!(secrets(text), expected);
    }
}

#[test]
fn what_only_looks_like_a_secret_stays() {
    for text in [
        "sudo: alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh",
        "pam_unix(passwd:chauthtok): password changed for alice",
        "Failed password for root from 203.0.113.24 port 50122 ssh2",
        "File '/etc/passwd: x' modified",
        "GET /reset?bypass=1 HTTP/1.1",
        "http://h.example:8080/a@b",
        "id=1791030127.4711 2026-10-03 14:22:07 1234567890123456",
        "user=<susan.gregory>, session=<Z7YRAMTVOOfAqICq>",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "net stat user x",
        "it's Bob's test",
    ] {
        assert_eq!(secrets(text), text);
    }
}

fn guessed(log: &str, groups: &str) -> String {
    let alert = json!({"id": "1.1", "rule": {"id": "5710", "level": 5, "groups": [groups]}, "full_log": log});
    Guesses::of(&Alert::parse(&alert.to_string()).unwrap()).hide(log)
}

#[test]
fn an_unknown_user_of_a_failed_login_may_be_a_password() {
    assert_eq!(
        guessed("Failed password for invalid user hunter2! from 203.0.113.9 port 1", "sshd"),
        "Failed password for invalid user <REDACTED:unknown_user_1 8 characters: letters, digits, symbols> from \
         203.0.113.9 port 1"
    );
    let known = "Invalid user admin from 203.0.113.9";
    assert_eq!(guessed(known, "invalid_login"), known);
}

fn strict(documents: &[&Value]) -> Pseudonyms {
    Pseudonyms::of(documents, Nonce::new(7))
}

#[test]
fn names_become_tokens_wherever_they_stand() {
    let document = json!({
        "agent": {"name": "web-01", "ip": "10.0.0.7"},
        "data": {"dstuser": "CORP\\alice", "srcip": "203.0.113.9"},
        "full_log": "web-01 sshd: Accepted password for alice from 10.0.0.9, mail alice@corp.example, /home/alice/x, \
                     malice alice2 root 110.0.0.7",
    });
    let pseudonyms = strict(&[&document]);
    let hidden = pseudonyms.hide(document["full_log"].as_str().unwrap());
    for gone in ["web-01", "10.0.0.9", "corp.example", "/alice"] {
        assert!(!hidden.contains(gone), "{gone} in {hidden}");
    }
    for kept in ["malice alice2 root 110.0.0.7", "Accepted password for USER_7000_1 from IPINT_7000_"] {
        assert!(hidden.contains(kept), "{kept} in {hidden}");
    }
    assert_eq!(pseudonyms.hide("CORP\\alice"), "DOMAIN_7000_1\\USER_7000_1");
    assert_eq!(pseudonyms.restore(&hidden), document["full_log"]);
    assert_eq!(pseudonyms.restore("USER_7000_1 USER_7000_99 USER_zzzz_1"), "alice USER_7000_99 USER_zzzz_1");
    assert!(!format!("{pseudonyms:?}").contains("alice"));
}

#[test]
fn a_token_that_was_in_the_log_comes_back_as_it_was() {
    let document = json!({"data": {"srcuser": "alice"}, "full_log": "USER_7000_1 said alice, xHOST_7000_12 and IPINT_0000_3"});
    let pseudonyms = strict(&[&document]);
    let hidden = pseudonyms.hide(document["full_log"].as_str().unwrap());
    assert_eq!(hidden, "TEXT_7000_1 said USER_7000_1, xTEXT_7000_2 and TEXT_7000_3");
    assert_eq!(pseudonyms.restore(&hidden), document["full_log"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_panics_and_a_planted_secret_never_stays(before in "\\PC{0,40}", after in "\\PC{0,40}") {
        const SECRET: &str = "Zq7xK2wPv9Lm";
        let _ = secrets(&before);
        for form in ["--password={} ", "\"password\":\"{}\"", "https://u:{}@h ", "PGPASSWORD={} ", "secret: {} ", " mysql -p{} "] {
            let text = format!("{before} {} {after}", form.replace("{}", SECRET));
            prop_assert!(!secrets(&text).contains(SECRET), "{}", text);
        }
    }

    #[test]
    fn hiding_and_restoring_changes_nothing(
        text in "(alice|bob|10\\.0\\.0\\.[12]|USER_7000_[0-9]{1,2}|TEXT_7000_1|[ /\\\\_=<>@.]|\\PC|[a-z0-9]){0,40}",
        user in "[a-zé]{2,8}",
    ) {
        let document = json!({"data": {"srcuser": user, "dstuser": "alice"}, "full_log": text});
        let pseudonyms = strict(&[&document]);
        prop_assert_eq!(pseudonyms.restore(&pseudonyms.hide(&text)), text);
    }
}
