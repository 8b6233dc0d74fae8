//! Serves with actix-ws: the echo of its documentation and the room of its chat
//! example.

mod room;
mod tls;

use std::io;

use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Closed, Session};

use room::Room;

/// Above the largest message of the load.
const LIMIT: usize = 16 << 20;

const PUSHERS: usize = 8;

fn open(
    req: &HttpRequest,
    body: web::Payload,
) -> Result<(HttpResponse, Session, AggregatedMessageStream), Error> {
    let (response, session, stream) = actix_ws::handle(req, body)?;
    let stream = stream
        .max_frame_size(LIMIT)
        .aggregate_continuations()
        .max_continuation_size(LIMIT);
    Ok((response, session, stream))
}

async fn send(session: &mut Session, message: AggregatedMessage) -> Result<(), Closed> {
    match message {
        AggregatedMessage::Text(text) => session.text(text).await,
        AggregatedMessage::Binary(data) => session.binary(data).await,
        AggregatedMessage::Ping(payload) => session.pong(&payload).await,
        AggregatedMessage::Pong(_) => Ok(()),
        AggregatedMessage::Close(_) => Err(Closed),
    }
}

async fn echo(req: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, mut stream) = open(&req, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = stream.recv().await {
            if send(&mut session, message).await.is_err() {
                break;
            }
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}

async fn join(
    req: HttpRequest,
    body: web::Payload,
    room: web::Data<Room>,
) -> Result<HttpResponse, Error> {
    let (response, session, mut stream) = open(&req, body)?;
    room.insert(session.clone()).await;
    actix_web::rt::spawn(async move {
        while let Some(Ok(_)) = stream.recv().await {}
        let _ = session.close(None).await;
    });
    Ok(response)
}

async fn talk(
    req: HttpRequest,
    body: web::Payload,
    room: web::Data<Room>,
) -> Result<HttpResponse, Error> {
    let (response, session, mut stream) = open(&req, body)?;
    actix_web::rt::spawn(async move {
        while let Some(Ok(message)) = stream.recv().await {
            if let AggregatedMessage::Binary(data) = message {
                room.send(data).await;
            }
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}

async fn push(req: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let (response, session, mut stream) = open(&req, body)?;
    actix_web::rt::spawn(async move {
        let Some(Ok(AggregatedMessage::Binary(data))) = stream.recv().await else {
            return;
        };
        for _ in 0..PUSHERS {
            let (mut session, data) = (session.clone(), data.clone());
            actix_web::rt::spawn(
                async move { while session.binary(data.clone()).await.is_ok() {} },
            );
        }
        while let Some(Ok(_)) = stream.recv().await {}
    });
    Ok(response)
}

/// Gives what the allocator holds in reserve back to the system.
async fn collect() -> HttpResponse {
    // SAFETY: malloc_trim takes any padding, and may be called at any time.
    unsafe { libc::malloc_trim(0) };
    HttpResponse::Ok().finish()
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let workers = std::env::var("BENCH_WORKERS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1);
    let room = web::Data::new(Room::default());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(room.clone())
            .route("/echo", web::get().to(echo))
            .route("/join", web::get().to(join))
            .route("/talk", web::get().to(talk))
            .route("/push", web::get().to(push))
            .route("/gc", web::get().to(collect))
    })
    .workers(workers);
    let server = match tls::config() {
        Some(config) => server.bind_rustls_0_23("127.0.0.1:0", config)?,
        None => server.bind("127.0.0.1:0")?,
    };
    let server = server.bind("127.0.0.1:0")?; // the control side
    let addrs = server.addrs();
    println!("ready {} {}", addrs[0], addrs[1]);
    server.run().await
}
