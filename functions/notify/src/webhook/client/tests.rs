use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use lambda::secrets::Secret;

use super::*;
use crate::goldens;
use crate::webhook::message;

fn parameter() -> UrlParameter {
    "/wazuh-triage/webhook-soc".to_owned().try_into().unwrap()
}

/// Answers one request on this machine with these bytes, and returns what it was asked.
struct Server {
    webhook: Webhooks,
    request: JoinHandle<String>,
}

fn serve(answer: &str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let webhook =
        Webhooks::of_test(WebhookUrl::loopback(listener.local_addr().unwrap()), Duration::from_secs(5));
    let answer = answer.to_owned();
    let request = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !is_whole(&request) {
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..length]);
        }
        // Who has read enough hangs up while the rest is on its way.
        drop(stream.write_all(answer.as_bytes()));
        String::from_utf8(request).unwrap()
    });
    Server { webhook, request }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let lower = head.to_ascii_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    body.len() >= length.trim().parse().unwrap()
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

async fn send(answer: &str) -> Result<(), WebhookError> {
    serve(answer).webhook.send(&parameter(), &message(&goldens::sshd(), &goldens::settings(), &[])).await
}

#[tokio::test]
async fn the_message_is_posted_as_json() {
    let Server { webhook, request } = serve(&answer("200 OK", "", "ok"));
    let message = message(&goldens::sshd(), &goldens::settings(), &[]);
    webhook.send(&parameter(), &message).await.unwrap();
    let request = request.join().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /services/hunter2 HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/json"), "{head}");
    assert_eq!(body, serde_json::to_string(&message).unwrap());
}

#[tokio::test]
async fn the_answer_says_whether_to_come_back() {
    let redirect = answer("302 Found", "Location: https://evil.example/\r\n", "");
    for (answer, expected, transient, wait) in [
        (
            answer("429 Too Many Requests", "Retry-After: 30\r\n", ""),
            "the webhook answered 429 Too Many Requests; it may be asked again in 30 s",
            true,
            Some(30),
        ),
        (
            answer("429 Too Many Requests", "Retry-After: 999999999\r\n", ""),
            "the webhook answered 429 Too Many Requests; it may be asked again in 3600 s",
            true,
            Some(3600),
        ),
        (
            answer("503 Service Unavailable", "Retry-After: soon\r\n", "<html>"),
            "the webhook answered 503 Service Unavailable; it may be asked again in 60 s",
            true,
            Some(60),
        ),
        (
            answer("404 Not Found", "", "no_service"),
            "the webhook refused the message with 404 Not Found: no_service",
            false,
            None,
        ),
        (
            answer("400 Bad Request", "", "Bad <b>Request</b>"),
            "the webhook refused the message with 400 Bad Request",
            false,
            None,
        ),
        (
            answer("403 Forbidden", "", &"a".repeat(1 << 20)),
            "the webhook refused the message with 403 Forbidden",
            false,
            None,
        ),
        (redirect, "the webhook refused the message with 302 Found", false, None),
    ] {
        let error = send(&answer).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(
            (error.is_transient(), error.wait()),
            (transient, wait.map(Duration::from_secs)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn whoever_cannot_be_reached_may_be_later_and_no_error_holds_the_address() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let message = message(&goldens::sshd(), &goldens::settings(), &[]);
    for address in [address, silent.local_addr().unwrap()] {
        let webhook = Webhooks::of_test(WebhookUrl::loopback(address), Duration::from_millis(200));
        let error = webhook.send(&parameter(), &message).await.unwrap_err();
        assert!(error.is_transient(), "{error}");
        assert_eq!(error.kind(), "webhook_unreachable");
        for shown in [format!("{error:?}"), lambda::logs::chain(&error), format!("{webhook:?}")] {
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}

#[tokio::test]
async fn the_client_of_production_refuses_to_speak_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = WebhookUrl::loopback(listener.local_addr().unwrap());
    let webhook = Webhooks { client: OnceCell::new(), addresses: Addresses::Known(url) };
    let error =
        webhook.send(&parameter(), &message(&goldens::sshd(), &goldens::settings(), &[])).await.unwrap_err();
    assert!(lambda::logs::chain(&error).contains("scheme is not allowed"), "{}", lambda::logs::chain(&error));
}

#[tokio::test]
async fn a_parameter_that_nobody_has_filled_is_named_and_what_it_holds_never_is() {
    for (value, expected) in [
        (None, "the SSM parameter /wazuh-triage/webhook-soc holds no webhook address yet"),
        (
            Some("http://hooks.example/hunter2"),
            "the SSM parameter /wazuh-triage/webhook-soc holds no usable webhook address: it must begin with https://",
        ),
    ] {
        let given = value.map(|value| (parameter().as_str().to_owned(), Secret::new(value)));
        let webhooks = Webhooks::new(Secrets::given(given));
        let message = message(&goldens::sshd(), &goldens::settings(), &[]);
        let error = webhooks.send(&parameter(), &message).await.unwrap_err();
        assert_eq!(lambda::logs::chain(&error), expected);
        assert!(!error.is_transient());
    }
}
