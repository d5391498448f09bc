//! Wazuh's own API: TLS with a certificate that it signed itself, a token for a password.

use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

pub struct FakeApi {
    pub url: String,
    /// In PEM, as in `api/configuration/ssl/server.crt`.
    pub certificate: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeApi {
    /// Answers the first request with the first status, and so on.
    pub fn start(answers: [&'static str; 2]) -> Self {
        let key = KeyPair::generate().unwrap();
        // As Wazuh makes it: no authority, and good for localhost.
        let certificate =
            CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
        let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let acceptor = TlsAcceptor::from(Arc::new(tls));
                while let Ok((stream, _)) = listener.accept().await {
                    // A client that does not trust us hangs up here.
                    let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                    let mut request = String::new();
                    while !request.contains("\r\n\r\n") {
                        let mut chunk = [0; 4096];
                        let length = stream.read(&mut chunk).await.unwrap();
                        request += std::str::from_utf8(&chunk[..length]).unwrap();
                    }
                    let number = seen.lock().unwrap().len();
                    seen.lock().unwrap().push(request);
                    let status = answers.get(number).copied().unwrap_or("500 Too many");
                    let answer = format!(
                        "HTTP/1.1 {status}\r\ncontent-length: 9\r\nconnection: close\r\n\r\nthe-token"
                    );
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    let _ = stream.shutdown().await;
                }
            });
        });
        Self { url, certificate: certificate.pem(), requests }
    }

    /// Heads of the requests that came.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}
