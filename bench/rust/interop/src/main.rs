//! Is a server or a client of the interop tests with tungstenite, as internal/interoptest
//! says.
//!
//!     interop-tungstenite server [CERTIFICATE-FILE KEY-FILE]
//!     interop-tungstenite client CA-FILE
//!
//! The server prints its port, as a line of JSON, and the client connects to each URL of its
//! standard input. Both print a line of JSON when a connection has ended.

mod conversation;
mod tls;

use std::{
    env, io,
    net::{TcpListener, TcpStream},
    process, thread,
};

use tungstenite::{
    ClientRequestBuilder, Error, HandshakeError, accept_hdr_with_config,
    client::client_with_config,
    handshake::server::{ErrorResponse, Request, Response},
    http::{HeaderValue, StatusCode, Uri},
    protocol::WebSocketConfig,
};

use conversation::{End, converse};

const SUBPROTOCOL: &str = "handset.interop";

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let files: Vec<&str> = args.iter().skip(1).map(String::as_str).collect();
    match args.first().map(String::as_str) {
        Some("server") => serve(&files),
        _ => connect(files[0]),
    }
}

fn serve(files: &[&str]) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("[{}]", listener.local_addr()?.port());
    let config = match files {
        [certificate, key] => Some(tls::server(certificate, key)),
        _ => None,
    };
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    for stream in listener.incoming() {
        let (stream, config) = (stream?, config.clone());
        thread::spawn(move || accept(tls::accept(stream, config)));
    }
    Ok(())
}

fn accept(stream: tls::Stream) {
    let (mut path, mut about) = (String::new(), String::new());
    let config = WebSocketConfig::default();
    let accepted = accept_hdr_with_config(
        stream,
        |request: &Request, response| {
            path = request.uri().to_string();
            about = header_json(request);
            answer(request, response)
        },
        Some(config),
    );
    if let Ok(mut socket) = accepted {
        socket.set_config(|config| limit(config, &path));
        report(
            &path,
            &converse(&mut socket, &path.parse().unwrap(), &about),
            0,
        );
    }
}

/// Refuses the handshake, or selects the subprotocol.
fn answer(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    if request.uri().path() == "/refuse" {
        let mut refusal = ErrorResponse::new(Some("Who are you? ".repeat(100)));
        *refusal.status_mut() = StatusCode::UNAUTHORIZED;
        refusal
            .headers_mut()
            .insert("WWW-Authenticate", HeaderValue::from_static("Bearer"));
        return Err(refusal);
    }
    if request.headers().contains_key("Sec-WebSocket-Protocol") {
        response.headers_mut().insert(
            "Sec-WebSocket-Protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
    }
    Ok(response)
}

fn header_json(request: &Request) -> String {
    let fields: Vec<String> = request
        .headers()
        .iter()
        .filter_map(|(name, value)| Some(format!("{:?}:{:?}", name.as_str(), value.to_str().ok()?)))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn limit(config: &mut WebSocketConfig, path: &str) {
    if path.starts_with("/limit") {
        config.max_message_size = Some(1000);
    }
}

fn connect(ca_file: &str) -> io::Result<()> {
    let config = tls::client(ca_file);
    for url in io::stdin().lines() {
        let (url, config) = (url?, config.clone());
        thread::spawn(move || match visit(&url, config) {
            Ok(end) => report(&url, &end, 0),
            Err(HandshakeError::Failure(Error::Http(response))) => {
                report(&url, &End::default(), response.status().as_u16());
            }
            Err(err) => {
                let error = err.to_string();
                report(
                    &url,
                    &End {
                        error,
                        ..End::default()
                    },
                    0,
                );
            }
        });
    }
    Ok(())
}

fn visit(
    url: &str,
    config: tls::ClientConfig,
) -> Result<End, HandshakeError<tungstenite::handshake::client::ClientHandshake<tls::Stream>>> {
    let uri: Uri = url.parse().expect("a URL");
    let tcp = TcpStream::connect(uri.authority().expect("a host").as_str()).expect("a connection");
    let stream = if uri.scheme_str() == Some("wss") {
        tls::connect(tcp, uri.host().unwrap(), config)
    } else {
        tls::accept(tcp, None)
    };
    let mut request = ClientRequestBuilder::new(uri.clone());
    if uri.path() == "/request" {
        request = request
            .with_sub_protocol("other.protocol")
            .with_sub_protocol(SUBPROTOCOL);
    }
    let mut settings = WebSocketConfig::default();
    limit(&mut settings, uri.path());
    let (mut socket, response) = client_with_config(request, stream, Some(settings))?;
    let protocol = response.headers().get("Sec-WebSocket-Protocol");
    let protocol = protocol
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let about = format!("{{\"protocol\":{protocol:?}}}");
    Ok(converse(&mut socket, &uri, &about))
}

fn report(url: &str, end: &End, status: u16) {
    println!(
        "{{\"url\":{url:?},\"code\":{},\"reason\":\"{}\",\"status\":{status},\"error\":{:?}}}",
        end.code, end.reason, end.error
    );
}
