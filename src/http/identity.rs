//! Who the client is, to servers that ask for a certificate.

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, parse_pem};

/// A certificate of the client's, with those that vouch for it, and its key.
pub struct Identity(pub(super) ClientCert);

impl Identity {
    /// From two PEM files; an error is one lower-case sentence.
    pub fn read(certificates: &[u8], key: &[u8]) -> Result<Self, &'static str> {
        let chain = parse_pem(certificates).filter_map(|item| match item {
            Ok(PemItem::Certificate(found)) => Some(found),
            Ok(_) | Err(_) => None,
        });
        let chain: Vec<Certificate<'static>> = chain.collect();
        if chain.is_empty() {
            return Err("it holds no certificate in PEM");
        }
        let wrong = "its key is no private key in PEM without a password";
        // The client library takes it for granted that they fit, and panics where they do not.
        let der = PrivateKeyDer::from_pem_slice(key).map_err(|_| wrong)?;
        let certificates = chain
            .iter()
            .map(|one| CertificateDer::from(one.der().to_vec()));
        CertifiedKey::from_der(certificates.collect(), der, &default_provider()).map_err(
            |_| "its key is not the one of its certificate, or of a kind that TLS does not use",
        )?;
        let key = PrivateKey::from_pem(key).map_err(|_| wrong)?;
        Ok(Self(ClientCert::new_with_certs(&chain, key)))
    }
}
