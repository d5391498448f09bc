//! What can come instead of a feed: each is an error that names what and where, and nothing of it is taken.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::lists::{BLACKLIST, DROP, LISTS};
use super::stub::{Stub, status};
use super::{fetcher, key, now, settings};
use crate::providers::hostile::{Reply, Server};
use crate::sources::{FetchError, Fetcher, MispFeed, Source, State, Step};

async fn step(source: &Source, reply: Reply) -> Result<Step, FetchError> {
    let server = Server::with(vec![reply]).await;
    fetcher(&server.url).step(source, Some(&key()), &State::default(), now()).await
}

async fn check(name: &str, source: &Source, reply: Reply, reason: &str) {
    let error = step(source, reply).await.expect_err(name);
    assert_eq!(error.reason(), reason, "{source}, {name}: {:?}", error.trouble);
    assert_eq!(error.feed, source.name());
    let text = lambda::logs::chain(&error);
    assert!(text.contains("127.0.0.1") && !text.contains("k3y") && !text.contains("secret"), "{text}");
}

fn plain(text: &str) -> Reply {
    Reply::status("200 OK", "Content-Type: text/plain\r\n", text)
}

#[tokio::test]
async fn what_is_no_list_is_an_error() {
    let page = "<!DOCTYPE html><html><body>secret maintenance</body></html>";
    for (source, good) in &LISTS {
        assert!(step(source, plain(good)).await.is_ok(), "{source}");
        let cut = good.trim_end();
        let cut = &cut[..cut.len() - cut.len() / 3];
        for (name, reply, reason) in [
            ("page", Reply::status("200 OK", "Content-Type: text/html\r\n", good), "web_page"),
            ("page as text", plain(page), "web_page"),
            ("page as JSON", Reply::json(&format!("\n {page}")), "web_page"),
            ("cut", plain(cut), "truncated"),
            ("last line cut", plain(&good[..good.trim_end().len() - 1]), "truncated"),
            ("nothing", plain(""), "truncated"),
            (
                "closed midway",
                Reply::Says(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{good}")),
                "truncated",
            ),
            ("closed at once", Reply::Says(String::new()), "unreachable"),
            (
                "moved",
                Reply::status("301 Moved Permanently", "Location: http://127.0.0.1:9/\r\n", ""),
                "moved",
            ),
            ("login", Reply::status("302 Found", "Location: /login\r\n", page), "moved"),
            ("refused", Reply::status("403 Forbidden", "", page), "unauthorized"),
            ("missing", Reply::status("404 Not Found", "", page), "missing"),
            ("teapot", Reply::status("418 I'm a teapot", "", ""), "refused"),
            ("too many", Reply::status("429 Too Many Requests", "Retry-After: 60\r\n", ""), "rate_limited"),
            ("broken", Reply::status("500 Internal Server Error", "", page), "server_error"),
            ("gateway", Reply::status("504 Gateway Timeout", "", page), "server_error"),
            ("no content", Reply::status("204 No Content", "", ""), "refused"),
            ("unchanged, but never fetched", Reply::status("304 Not Modified", "", ""), "moved"),
            ("not packed", Reply::status("200 OK", "Content-Encoding: gzip\r\n", good), "unreadable"),
            ("other packing", Reply::status("200 OK", "Content-Encoding: br\r\n", good), "encoding"),
            (
                "says it is huge",
                Reply::Says("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".into()),
                "too_large",
            ),
        ] {
            // The quota of a plan is another refusal than that of a web server.
            let reason =
                if name == "too many" && *source == Source::AbuseIpDb { "quota_exhausted" } else { reason };
            check(name, source, reply, reason).await;
        }
    }
}

#[tokio::test]
async fn what_has_another_form_is_an_error() {
    for (source, text, reason) in [
        (Source::Feodo, "{}", "unreadable"),
        (Source::Feodo, "null", "unreadable"),
        (Source::Feodo, "[1,true,\"203.0.113.1\",[],{}]", "unreadable"),
        (Source::Feodo, "[{\"ip_address\":[\"203.0.113.1\"]}]", "unreadable"),
        (Source::Feodo, "[{\"ip_address\":\"0.0.0.0/0\"}]", "unreadable"),
        (Source::AbuseIpDb, "{\"data\":[]}", "shrunk"),
        (Source::AbuseIpDb, "{\"data\":{}}", "unreadable"),
        (Source::AbuseIpDb, "{\"errors\":[{\"detail\":\"secret\"}]}", "unreadable"),
        (
            Source::AbuseIpDb,
            "{\"data\":[{\"ipAddress\":\"203.0.113.1\",\"abuseConfidenceScore\":101}]}",
            "unreadable",
        ),
        (Source::SpamhausDropV4, "{\"type\":\"metadata\",\"records\":0}", "shrunk"),
        (
            Source::SpamhausDropV4,
            "{\"cidr\":\"198.51.100.0/24\"}\n{\"type\":\"metadata\",\"records\":2}\n",
            "truncated",
        ),
        (Source::SpamhausDropV4, "198.51.100.0/24 ; SBL1\n", "truncated"),
        (Source::UrlHaus, "maintenance\n", "unreadable"),
        (Source::UrlHaus, "# id,dateadded,url\n", "shrunk"),
        (Source::ThreatFox, "\u{0}\u{1}\u{2}\n", "unreadable"),
        (Source::TorExits, "ExitNode 00\n", "shrunk"),
        (Source::TorExits, "ExitAddress 10.0.0.1 2026-10-03 10:05:00\n", "shrunk"),
    ] {
        check(text, &source, plain(text), reason).await;
    }
    let deep = "[".repeat(200_000);
    check("deep", &Source::Feodo, plain(&deep), "truncated").await;
}

#[tokio::test]
async fn a_packed_list_is_unpacked_and_a_bomb_is_not() {
    let pack = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let bomb = pack(&vec![b' '; 9 << 20]);
    assert!(bomb.len() < 20_000);
    let good = pack(DROP.as_bytes());
    for (body, reason) in [
        (good.clone(), None),
        (bomb, Some("too_large")),
        (good[..good.len() / 2].to_vec(), Some("truncated")),
    ] {
        let stub = Stub::new(move |_, _| {
            let mut response = axum::response::Response::new(body.clone().into());
            response.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
            response
        })
        .await;
        let result = fetcher(&stub.url).step(&Source::SpamhausDropV4, None, &State::default(), now()).await;
        assert_eq!(result.as_ref().err().map(FetchError::reason), reason);
    }
}

#[tokio::test]
async fn a_flood_is_not_read_on() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
    let server = Server::with(vec![Reply::Floods(head)]).await;
    let result = fetcher(&server.url).step(&Source::TorExits, None, &State::default(), now()).await;
    assert_eq!(result.unwrap_err().reason(), "too_large");
    let sent = server.sent_bytes.load(Ordering::Relaxed);
    assert!(sent < 16 << 20, "{sent}");
}

#[tokio::test]
async fn a_server_that_hangs_or_drips_is_left() {
    let drip = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{DROP}", DROP.len());
    for reply in [Reply::Hangs, Reply::Drips(drip)] {
        let server = Server::with(vec![reply]).await;
        let mut settings = settings(&server.url);
        settings.within = Duration::from_millis(200);
        let fetcher = Fetcher::new(settings).unwrap();
        let error = fetcher.step(&Source::SpamhausDropV4, None, &State::default(), now()).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("timeout", true));
    }
}

#[tokio::test]
async fn a_spent_quota_says_when_the_next_request_may_be_sent() {
    let headers = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1791072000\r\n";
    let error = step(&Source::AbuseIpDb, Reply::status("429 Too Many Requests", headers, BLACKLIST)).await;
    let error = error.unwrap_err();
    assert_eq!(error.closed_until(), Some("2026-10-04T00:00:00Z".parse().unwrap()));
    assert_eq!(
        lambda::logs::chain(&error).replace(|letter: char| letter.is_ascii_digit(), "9"),
        "could not fetch the feed abuseipdb from 999.9.9.9:99999/…/blacklist: the requests of the plan are used up \
         until 9999-99-99T99:99:99Z; fetch less often"
    );
    let left = "X-Rate-Limit-Remaining: 0\r\nX-Rate-Limit-Reset: 640\r\n";
    let error = step(&Source::Misp, Reply::status("429 Too Many Requests", left, "")).await.unwrap_err();
    assert_eq!(error.closed_until(), Some("2026-10-03T12:10:40Z".parse().unwrap()));
}

#[tokio::test]
async fn without_key_or_address_nobody_is_asked() {
    let stub = Stub::new(|_, _| status(500)).await;
    let fetcher = fetcher(&stub.url);
    for source in Source::BUILT_IN.into_iter().filter(Source::needs_key) {
        let error = fetcher.step(&source, None, &State::default(), now()).await.unwrap_err();
        assert_eq!(error.reason(), "no_key", "{source}");
        let unfit = lambda::secrets::Secret::new("k3y\r\nHost: other");
        let error = fetcher.step(&source, Some(&unfit), &State::default(), now()).await.unwrap_err();
        assert_eq!(error.reason(), "unauthorized", "{source}");
    }
    assert!(stub.asked().is_empty());
    let mut nowhere = settings("unset");
    nowhere.places.misp = None;
    let nowhere = Fetcher::new(nowhere).unwrap();
    for source in Source::BUILT_IN {
        let error = nowhere.step(&source, Some(&key()), &State::default(), now()).await.unwrap_err();
        assert_eq!((error.reason(), error.is_transient()), ("no_address", false), "{source}");
    }
}

#[test]
fn names_are_unique_and_stay_what_they_are() {
    let names: Vec<String> = Source::BUILT_IN.iter().map(ToString::to_string).collect();
    let expected =
        "otx misp abuseipdb spamhaus-drop-v4 spamhaus-drop-v6 feodo urlhaus threatfox tor-exits warninglists";
    assert_eq!(names.join(" "), expected);
    for source in Source::BUILT_IN {
        assert_eq!(Source::built_in(source.name()), Some(source.clone()));
        assert!(source.shortest_interval() < source.holding(), "{source}");
    }
    for (name, url, is_fine) in [
        ("circl-osint", "https://www.circl.lu/doc/misp/feed-osint/", true),
        ("otx", "https://feed.example", false),
        ("allow", "https://feed.example", false),
        ("CIRCL", "https://feed.example", false),
        ("", "https://feed.example", false),
        ("a#b", "https://feed.example", false),
        ("circl", "ftp://feed.example", false),
    ] {
        assert_eq!(MispFeed::new(name, url).is_ok(), is_fine, "{name} {url}");
    }
}
