//! The certificate, if the command line names one.

use std::env;

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// What `--cert FILE --key FILE` say. A server under measurement may panic.
pub fn config() -> Option<ServerConfig> {
    let (cert, key) = (flag("--cert")?, flag("--key")?);
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("no other provider");
    let chain = vec![CertificateDer::from_pem_file(cert).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    Some(config.expect("a key that fits the certificate"))
}

fn flag(name: &str) -> Option<String> {
    env::args().skip_while(|arg| arg != name).nth(1)
}
