use actix_web::{Error, HttpRequest, HttpResponse, rt, web};
use actix_ws::{AggregatedMessage, Session};
use tokio::sync::Mutex;

#[derive(Default)]
pub struct Chat {
    sessions: Mutex<Vec<Session>>,
}

impl Chat {
    /// Sends text to all clients. It waits for each of them.
    async fn send(&self, text: &str) {
        let mut sessions = self.sessions.lock().await;
        for mut session in std::mem::take(&mut *sessions) {
            if session.text(text).await.is_ok() {
                sessions.push(session);
            }
        }
    }
}

pub async fn chat(
    req: HttpRequest,
    body: web::Payload,
    chat: web::Data<Chat>,
) -> Result<HttpResponse, Error> {
    let (response, mut session, stream) = actix_ws::handle(&req, body)?;
    let mut stream = stream.aggregate_continuations();
    chat.sessions.lock().await.push(session.clone());
    rt::spawn(async move {
        while let Some(Ok(msg)) = stream.recv().await {
            match msg {
                AggregatedMessage::Text(text) => chat.send(&text).await,
                AggregatedMessage::Ping(payload) => {
                    let _ = session.pong(&payload).await;
                }
                _ => {}
            }
        }
        let _ = session.close(None).await;
    });
    Ok(response)
}
