//! A server with a certificate that nobody knows, and one that the CA file vouches for.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use glidepath::gate::Verdict;
use glidepath::gate::prometheus::{Prometheus, Settings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{GOOD, answer, judge, read, settings};

/// A CA, as PEM and to sign with.
fn authority() -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("no name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (pem, Issuer::new(params, key))
}

/// A server whose certificate is for `name`, signed by `issuer`; it answers every question well.
fn server(name: &str, issuer: &Issuer<'static, KeyPair>) -> String {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a configuration");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = ServerConnection::new(Arc::clone(&config)).expect("a session");
            let mut stream = StreamOwned::new(session, stream);
            if read(&mut stream).is_some() {
                answer(&mut stream, "200 OK", "", GOOD);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    url
}

#[test]
fn a_certificate_is_trusted_by_the_ca_file_and_by_nothing_else() {
    let (pem, issuer) = authority();
    let (other, _) = authority();
    let url = server("127.0.0.1", &issuer);
    let with = |ca: Option<&str>| {
        judge(Settings {
            ca: ca.map(|pem| pem.as_bytes().to_vec()),
            ..settings(&url)
        })
    };
    let found = with(Some(&pem));
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    // Several authorities may stand in one file, and comments between them.
    let found = with(Some(&format!("# ours\n{other}\n{pem}")));
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    for ca in [None, Some(other.as_str())] {
        let found = with(ca);
        assert_eq!(found.verdict, Verdict::Error);
        assert!(
            found.why.contains("certificate is not trusted")
                && found.why.contains("GLIDEPATH_PROMETHEUS_CA_FILE"),
            "{}",
            found.why
        );
    }
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let (pem, issuer) = authority();
    let url = server("prometheus.example", &issuer);
    let found = judge(Settings {
        ca: Some(pem.into_bytes()),
        ..settings(&url)
    });
    assert_eq!(found.verdict, Verdict::Error);
    assert!(found.why.contains("another name"), "{}", found.why);
}

#[test]
fn a_ca_file_without_a_certificate_is_no_ca_file() {
    for text in [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
    ] {
        let settings = Settings {
            ca: Some(text.as_bytes().to_vec()),
            ..settings("https://127.0.0.1:1")
        };
        assert!(Prometheus::new(settings).is_err(), "{text:?}");
    }
}
