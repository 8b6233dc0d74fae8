//! Connections with TLS and without it.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
};

use rustls::{
    ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};

pub trait ReadWrite: Read + Write + Send {}

impl<T: Read + Write + Send> ReadWrite for T {}

pub type Stream = Box<dyn ReadWrite>;

pub type ClientConfig = Arc<rustls::ClientConfig>;

/// The configuration of a server with a certificate.
pub fn server(certificate: &str, key: &str) -> Arc<ServerConfig> {
    let chain = vec![CertificateDer::from_pem_file(certificate).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(chain, key);
    Arc::new(config.expect("a key that fits the certificate"))
}

/// The configuration of a client that trusts a certificate.
pub fn client(ca_file: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(ca_file).expect("a certificate"))
        .expect("a root");
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The server's end of a connection; without a configuration, either end without TLS.
pub fn accept(stream: TcpStream, config: Option<Arc<ServerConfig>>) -> Stream {
    stream.set_nodelay(true).expect("an option of TCP");
    match config {
        Some(config) => Box::new(StreamOwned::new(
            ServerConnection::new(config).expect("a configuration"),
            stream,
        )),
        None => Box::new(stream),
    }
}

/// The client's end of a connection with TLS.
pub fn connect(stream: TcpStream, host: &str, config: ClientConfig) -> Stream {
    stream.set_nodelay(true).expect("an option of TCP");
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let connection = ClientConnection::new(config, name).expect("a configuration");
    Box::new(StreamOwned::new(connection, stream))
}
