//! The programs of the guide for users of actix-ws, as they are written with actix-ws 0.4.

mod chat;
mod echo;
mod heartbeat;

use actix_web::{App, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let chat = web::Data::new(chat::Chat::default());
    HttpServer::new(move || {
        App::new()
            .app_data(chat.clone())
            .route("/echo", web::get().to(echo::echo))
            .route("/chat", web::get().to(chat::chat))
            .route("/listen", web::get().to(heartbeat::listen))
    })
    .bind("127.0.0.1:8080")?
    .run()
    .await
}
