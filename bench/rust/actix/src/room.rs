//! The room of actix-ws's chat example.

use actix_web::web::Bytes;
use actix_ws::Session;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::Mutex;

#[derive(Default)]
pub struct Room {
    sessions: Mutex<Vec<Session>>,
}

impl Room {
    pub async fn insert(&self, session: Session) {
        self.sessions.lock().await.push(session);
    }

    /// Sends to everyone, and forgets those who have left.
    pub async fn send(&self, data: Bytes) {
        let mut sessions = self.sessions.lock().await;
        let mut unordered = FuturesUnordered::new();
        for mut session in sessions.drain(..) {
            let data = data.clone();
            unordered.push(async move { session.binary(data).await.map(|_| session) });
        }
        while let Some(sent) = unordered.next().await {
            if let Ok(session) = sent {
                sessions.push(session);
            }
        }
    }
}
