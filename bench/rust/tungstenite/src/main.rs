//! Serves with tokio-tungstenite: the echo server of its examples.

use std::io;

use futures_util::{StreamExt as _, TryStreamExt as _, future};
use tokio::net::TcpStream;

async fn serve(stream: TcpStream) {
    let Ok(ws) = tokio_tungstenite::accept_async(stream).await else {
        return;
    };
    let (write, read) = ws.split();
    // The load leaves without a word, which is an error.
    let _ = read
        .try_filter(|message| future::ready(message.is_text() || message.is_binary()))
        .forward(write)
        .await;
}

fn main() -> io::Result<()> {
    serve::run(serve)
}
