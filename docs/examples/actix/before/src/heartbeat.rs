use std::time::{Duration, Instant};

use actix_web::{Error, HttpRequest, HttpResponse, rt, web};
use actix_ws::AggregatedMessage;
use tokio::time::interval;

/// Logs what a client sends, and detects a client that is gone.
pub async fn listen(req: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let (response, mut session, stream) = actix_ws::handle(&req, body)?;
    let mut stream = stream.aggregate_continuations();
    rt::spawn(async move {
        let mut ticks = interval(Duration::from_secs(30));
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                msg = stream.recv() => {
                    heard = Instant::now();
                    match msg {
                        Some(Ok(AggregatedMessage::Text(text))) => println!("{text}"),
                        Some(Ok(AggregatedMessage::Ping(payload))) => {
                            let _ = session.pong(&payload).await;
                        }
                        Some(Ok(AggregatedMessage::Close(_))) | Some(Err(_)) | None => break,
                        _ => {}
                    }
                }
                _ = ticks.tick() => {
                    if heard.elapsed() > Duration::from_secs(60) || session.ping(b"").await.is_err() {
                        break;
                    }
                }
            }
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}
