//! `triage feeds status` against a stand-in for S3.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};

const STATUS: &str = r#"{"schema":1,"written_at":"2026-10-03T12:00:00Z","snapshot":null,"feeds":[{"feed":"feodo",
    "licence":"CC0 1.0","state":{"is":"fine"},"rows":3,"pending":0,"unfinished":false,
    "last_attempt":"2026-10-03T12:00:00Z","last_success":"2026-10-03T12:00:00Z","rows_changed_at":null,"left_out":{}}]}"#;

/// Answers one request, and hands over what it was sent.
fn s3(status: &'static str, body: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            request.extend(byte);
        }
        let head = format!("HTTP/1.1 {status}\r\netag: \"a\"\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + body).as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (endpoint, server)
}

fn triage(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_triage"));
    command.env_clear().args(["feeds", "status"]).args(arguments).envs(variables.iter().copied());
    command.output().unwrap()
}

fn environment(endpoint: &str) -> [(&str, &str); 5] {
    [
        ("FEEDS_BUCKET", "wazuh-triage-feeds"),
        ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret-of-the-operator"),
        ("AWS_ENDPOINT_URL", endpoint),
    ]
}

#[test]
fn the_status_is_one_signed_request_and_a_line_for_each_feed() {
    let (endpoint, server) = s3("200 OK", STATUS);
    let output = triage(&[], &environment(&endpoint));
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && out.starts_with("feodo                     3 rows, fetched "),
        "{out}"
    );
    assert!(out.ends_with("[CC0 1.0]\nsnapshot: none yet\n"), "{out}");
    let request = server.join().unwrap();
    assert!(request.starts_with("GET /wazuh-triage-feeds/feeds/status.json "), "{request}");
    assert!(request.contains("AWS4-HMAC-SHA256") && !request.contains("secret-of-the-operator"), "{request}");
}

#[test]
fn json_is_one_document() {
    let (endpoint, _server) = s3("200 OK", STATUS);
    let output = triage(&["--json"], &environment(&endpoint));
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&status["schema"], &status["feeds"][0]["rows"]), (&1.into(), &3.into()));
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let output = triage(&[], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    for text in
        ["FEEDS_BUCKET is not set", "AWS_REGION is not set", "aws configure export-credentials --format env"]
    {
        assert!(said.contains(text), "{text} in {said}");
    }
    assert_eq!(output.status.code(), Some(78));
}

#[test]
fn a_bucket_without_status_and_one_that_refuses_are_told_apart() {
    for (status, body, expected) in [
        ("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>", "ingest writes it with its first run"),
        ("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>", "the role needs the right to it"),
    ] {
        let (endpoint, _server) = s3(status, body);
        let output = triage(&[], &environment(&endpoint));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{said}");
        assert_eq!(output.status.code(), Some(69));
    }
}
