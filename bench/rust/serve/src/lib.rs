//! What the servers written on tokio have in common: the listeners, the
//! runtime, and the line that says where they listen.

use std::{env, io};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

/// Serves each connection with `serve`, in a task of its own, until the process
/// is killed.
pub fn run<F: Future<Output = ()> + Send + 'static>(serve: fn(TcpStream) -> F) -> io::Result<()> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let control = TcpListener::bind("127.0.0.1:0").await?;
        println!("ready {} {}", listener.local_addr()?, control.local_addr()?);
        tokio::spawn(collect(control));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?; // as in Go
            tokio::spawn(serve(stream));
        }
    })
}

/// A runtime with as many threads as BENCH_WORKERS says. One thread does without
/// the work stealing that several need.
fn runtime() -> io::Result<Runtime> {
    let workers = env::var("BENCH_WORKERS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1);
    match workers {
        1 => Builder::new_current_thread().enable_io().build(),
        n => Builder::new_multi_thread()
            .worker_threads(n)
            .enable_io()
            .build(),
    }
}

/// Answers each request by giving what the allocator holds in reserve back to
/// the system.
async fn collect(control: TcpListener) -> io::Result<()> {
    loop {
        let (mut stream, _) = control.accept().await?;
        let _ = stream.read(&mut [0; 4096]).await?; // one segment holds the request
        // SAFETY: malloc_trim takes any padding, and may be called at any time.
        unsafe { libc::malloc_trim(0) };
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .await?;
    }
}
