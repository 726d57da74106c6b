//! A server with a certificate that nobody knows, and one that the CA file vouches for.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener};
use std::sync::Arc;
use std::thread;

use glidepath::gate::Verdict;
use glidepath::gate::prometheus::{IdentityFiles, Prometheus, Settings};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::trust::{folder, gate};
use super::{GOOD, answer, judge, read, settings};

/// A CA, as PEM and to sign with.
pub(crate) fn authority() -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("no name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (pem, Issuer::new(params, key))
}

/// A server whose certificate is for `name`, signed by `issuer`; it answers every question with this.
pub(crate) fn server(name: &str, issuer: &Issuer<'static, KeyPair>, body: &'static str) -> String {
    server_for(name, issuer, body, None)
}

/// One that asks who its clients are: this authority has to vouch for them.
fn server_for(
    name: &str,
    issuer: &Issuer<'static, KeyPair>,
    body: &'static str,
    clients: Option<&str>,
) -> String {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new([name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = match clients {
        None => ServerConfig::builder().with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            let root = CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
            roots.add(root).expect("an authority");
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
            ServerConfig::builder().with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let config = config
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
                answer(&mut stream, "200 OK", "", body);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            } else {
                // Why it ends has to arrive before it ends: what is unread then would cut that off.
                let _ = stream.conn.write_tls(&mut stream.sock);
                let _ = stream.sock.shutdown(Shutdown::Write);
                let _ = std::io::copy(&mut stream.sock, &mut std::io::sink());
            }
        }
    });
    url
}

#[test]
fn a_certificate_is_trusted_by_the_ca_file_and_by_nothing_else() {
    let (pem, issuer) = authority();
    let (other, _) = authority();
    let url = server("127.0.0.1", &issuer, GOOD);
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
    let url = server("prometheus.example", &issuer, GOOD);
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

/// A client's certificate and key as PEM, signed by `issuer`.
fn client(issuer: &Issuer<'static, KeyPair>) -> IdentityFiles {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["glidepath".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    IdentityFiles {
        certificates: certificate.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
    }
}

#[test]
fn a_server_that_asks_who_its_clients_are_gets_the_certificate() {
    let (pem, issuer) = authority();
    let url = server_for("127.0.0.1", &issuer, GOOD, Some(&pem));
    let (_, stranger) = authority();
    let with = |identity: Option<IdentityFiles>| {
        judge(Settings {
            ca: Some(pem.clone().into_bytes()),
            identity,
            ..settings(&url)
        })
    };
    let found = with(Some(client(&issuer)));
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    for identity in [None, Some(client(&stranger))] {
        let found = with(identity);
        assert_eq!(found.verdict, Verdict::Error);
        assert!(
            found.why.contains("asks for a certificate")
                && found.why.contains("GLIDEPATH_PROMETHEUS_CLIENT_CERT_FILE"),
            "{}",
            found.why
        );
    }
}

#[test]
fn a_certificate_and_its_key_are_two_files_that_fit() {
    let (pem, issuer) = authority();
    let url = server_for("127.0.0.1", &issuer, GOOD, Some(&pem));
    let metrics = format!("{{prometheus: {{url: '{url}'}}}}");
    let folder = folder("identity", &metrics, "");
    let (own, other) = (client(&issuer), client(&issuer));
    let file = |name: &str, text: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let ca = file("ca.pem", pem.as_bytes());
    let [certificate, key] = [file("c.pem", &own.certificates), file("k.pem", &own.key)];
    let (strange, none) = (file("o.pem", &other.key), file("n.pem", b"no PEM"));
    let run = |certificate: Option<&str>, key: Option<&str>, hosts: &str| {
        let mut environment = vec![
            ("GLIDEPATH_PROMETHEUS_CA_FILE", ca.as_str()),
            ("GLIDEPATH_PROMETHEUS_HOSTS", hosts),
        ];
        environment.extend(certificate.map(|path| ("GLIDEPATH_PROMETHEUS_CLIENT_CERT_FILE", path)));
        environment.extend(key.map(|path| ("GLIDEPATH_PROMETHEUS_CLIENT_KEY_FILE", path)));
        gate(&folder, &[], &environment)
    };
    let (certificate, key) = (certificate.as_str(), key.as_str());
    run(Some(certificate), Some(key), "127.0.0.1").exits(0);
    // It says who asks, so it goes where the environment says, and nowhere else.
    run(Some(certificate), Some(key), "")
        .exits(2)
        .says(&["GLIDEPATH_PROMETHEUS_CLIENT_CERT_FILE", "`127.0.0.1`"]);
    for (certificate, key, words) in [
        (
            Some(certificate),
            None,
            "without GLIDEPATH_PROMETHEUS_CLIENT_KEY_FILE",
        ),
        (
            None,
            Some(key),
            "without GLIDEPATH_PROMETHEUS_CLIENT_CERT_FILE",
        ),
        (
            Some(certificate),
            Some(strange.as_str()),
            "is not the one of its certificate",
        ),
        (
            Some(certificate),
            Some(none.as_str()),
            "no private key in PEM",
        ),
        (
            Some(none.as_str()),
            Some(key),
            "holds no certificate in PEM",
        ),
        (Some("/nowhere/c.pem"), Some(key), "cannot be read"),
    ] {
        let told = run(certificate, key, "127.0.0.1").exits(2).says(&[words]);
        assert!(!told.shown().contains("/nowhere"), "{}", told.shown());
    }
}
