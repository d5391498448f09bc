//! Where the internet is reached through a proxy only, the providers are too.

use std::process::Stdio;

use domain::verdict::Unanswered;
use lambda::secrets::Secret;

use super::hostile::{Reply, Server, found, now};
use super::{Asked, Client, Otx};

const NAME: &str = "providers::proxy::requests_go_through_the_proxy_of_the_environment";
const PROXIED: &str = "TEST_ASKS_FOR_THIS_URL";

/// The environment belongs to the whole process, so this test runs itself again in one that has the variables.
#[tokio::test]
async fn requests_go_through_the_proxy_of_the_environment() {
    if let Some(url) = std::env::var_os(PROXIED) {
        return ask(url.to_str().unwrap()).await;
    }
    for (url, variable, request) in [
        (
            "http://provider.example",
            "http_proxy",
            "GET http://provider.example/api/v1/indicators/IPv4/203.0.113.9/",
        ),
        ("https://provider.example", "HTTPS_PROXY", "CONNECT provider.example:443 HTTP/1.1\r\n"),
    ] {
        let proxy = Server::with(vec![Reply::status("403 Forbidden", "", "")]).await;
        let status = tokio::task::spawn_blocking({
            let proxy = proxy.url.clone();
            move || {
                std::process::Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", NAME])
                    .env_clear()
                    .env(PROXIED, url)
                    .env(variable, proxy)
                    .stdout(Stdio::null())
                    .status()
            }
        });
        assert!(status.await.unwrap().unwrap().success(), "{url}");
        let requests = proxy.requests();
        assert!(requests[0].starts_with(request), "{requests:?}");
        // What the proxy may read holds the key only where there is no TLS anyway.
        assert_eq!(requests[0].contains("k3y"), url.starts_with("http:"), "{requests:?}");
    }
}

async fn ask(url: &str) {
    let client = Client::Otx(Otx::new(url).unwrap());
    let asked = client.ask(&[&found("203.0.113.9")], &Secret::new("k3y"), now()).await;
    let (reason, requests) =
        if url.starts_with("https") { (Unanswered::Unreachable, 2) } else { (Unanswered::Unauthorized, 1) };
    assert_eq!(asked, Asked::failed(reason, 1, requests));
}
