//! A MISP instance whose certificate comes from the site's own CA.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use domain::verdict::Unanswered;
use lambda::secrets::Secret;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{Misp, MispOptions};
use crate::providers::Asked;
use crate::providers::hostile::{Reply, found, give, now, read_request};

const NOTHING: &str = r#"{"response":{"Attribute":[]}}"#;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server on a free port with a certificate for `localhost` from this authority; returns its URL.
async fn server(authority: &Authority) -> String {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, authority).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us hangs up here.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_request(&mut stream).await;
            give(&mut stream, Reply::json(NOTHING), &AtomicUsize::default()).await;
        }
    });
    url
}

async fn ask(url: &str, extra_ca: Option<&str>) -> Asked {
    let misp = Misp::new(url, extra_ca, MispOptions::default()).unwrap();
    misp.ask(&[&found("203.0.113.9")], &Secret::new("k"), now()).await
}

#[tokio::test]
async fn an_instance_with_a_private_ca_is_reached_with_its_certificate_only() {
    let (ours, another) = (authority(), authority());
    let url = server(&ours).await;
    let (pem, other_pem) = (ours.pem(), another.pem());
    let bundle = format!("# Example Ltd. roots\n{other_pem}\n{pem}");
    for trusted in [pem.as_str(), bundle.as_str()] {
        assert_eq!(ask(&url, Some(trusted)).await.answers[0].status(), "miss");
    }
    for untrusted in [None, Some(other_pem.as_str())] {
        assert_eq!(ask(&url, untrusted).await, Asked::failed(Unanswered::Unreachable, 1, 2));
    }
    // The certificate is for `localhost`: the CA alone does not open every door.
    let elsewhere = url.replace("localhost", "127.0.0.1");
    assert_eq!(ask(&elsewhere, Some(&pem)).await, Asked::failed(Unanswered::Unreachable, 1, 2));
}

#[test]
fn an_unreadable_bundle_stops_the_start_and_names_the_certificate() {
    let good = authority().pem();
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    for (bundle, expected) in [
        (String::new(), "the CA bundle has no certificate"),
        ("unset".into(), "the CA bundle has no certificate"),
        (
            format!("{good}\n{begin}\n!!!!\n{end}\n"),
            "could not read the PEM of certificate 2 of the CA bundle",
        ),
        (format!("{good}\n{begin}\nAAAA\n"), "could not read the PEM of certificate 2 of the CA bundle"),
        (format!("{begin}\nAAAA\n{end}\n{good}"), "could not use certificate 1 of the CA bundle as a root"),
    ] {
        let error = Misp::new("https://misp.example", Some(&bundle), MispOptions::default()).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.source().is_none(), expected.contains("has no"));
    }
}

#[test]
fn an_address_that_is_none_stops_the_start() {
    for url in ["", "misp.example", "unset", "/misp", "mailto:misp@misp.example"] {
        assert!(Misp::new(url, None, MispOptions::default()).is_err(), "{url}");
    }
}
