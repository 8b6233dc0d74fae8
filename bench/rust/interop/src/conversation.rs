//! What an end does over a connection.

use std::{collections::HashMap, thread, time::Duration};

use tungstenite::{
    Bytes, Error, Message, WebSocket,
    http::Uri,
    protocol::frame::{
        CloseFrame, Frame,
        coding::{Data, OpCode},
    },
};

use crate::tls::Stream;

/// How a connection has ended: the contents of the Close frame received.
pub struct End {
    pub code: u16,
    pub reason: String,
    pub error: String,
}

impl Default for End {
    fn default() -> Self {
        Self {
            code: 1006,
            reason: String::new(),
            error: String::new(),
        }
    }
}

struct Conversation<'a> {
    socket: &'a mut WebSocket<Stream>,
    path: &'a str,
    fragments: Vec<usize>,
    pongs: Vec<String>,
    received: usize,
    bytes: usize,
}

/// Does what the URL says until the connection is closed.
pub fn converse(socket: &mut WebSocket<Stream>, url: &Uri, about: &str) -> End {
    let query = query(url);
    let fragments = query.get("fragments").map_or("1", String::as_str);
    let mut c = Conversation {
        socket,
        path: url.path(),
        fragments: fragments.split(',').map(|n| n.parse().unwrap()).collect(),
        pongs: vec![],
        received: 0,
        bytes: 0,
    };
    let mut end = End::default();
    if let Err(err) = c.run(&query, about, &mut end) {
        end.error = err.to_string();
    }
    end
}

fn query(url: &Uri) -> HashMap<String, String> {
    url.query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

/// Decodes a value of a query.
fn decoded(value: &str) -> String {
    let mut bytes = vec![];
    let mut rest = value.bytes();
    while let Some(b) = rest.next() {
        bytes.push(match b {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            _ => b,
        });
    }
    String::from_utf8(bytes).unwrap()
}

impl Conversation<'_> {
    fn run(
        &mut self,
        query: &HashMap<String, String>,
        about: &str,
        end: &mut End,
    ) -> Result<(), Error> {
        match self.path {
            "/ping" => self
                .socket
                .send(Message::Ping(Bytes::from_static(b"from the other end")))?,
            "/request" => self.socket.send(Message::text(about))?,
            _ => {}
        }
        let after = query.get("after").map(|n| n.parse().unwrap());
        let mut closed = false;
        loop {
            if self.path == "/close" && Some(self.received) == after && !closed {
                closed = true;
                self.socket.close(Some(CloseFrame {
                    code: query["code"].parse::<u16>().unwrap().into(),
                    reason: query.get("reason").cloned().unwrap_or_default().into(),
                }))?;
            }
            match self.socket.read()? {
                Message::Text(text) if !closed => self.answer(true, text.into())?,
                Message::Binary(data) if !closed => self.answer(false, data)?,
                Message::Pong(payload) => self.pongs.push(String::from_utf8_lossy(&payload).into()),
                Message::Close(frame) => {
                    end.code = frame.as_ref().map_or(1005, |f| f.code.into());
                    end.reason = frame.map_or_else(String::new, |f| f.reason.to_string());
                }
                _ => {}
            }
        }
    }

    fn answer(&mut self, text: bool, data: Bytes) -> Result<(), Error> {
        let size = data.len();
        match self.path {
            "/echo" | "/limit" => {
                self.send(
                    text,
                    data,
                    self.fragments[self.received % self.fragments.len()],
                )?;
            }
            "/ping" => self.socket.send(Message::text(self.pongs.join(",")))?,
            "/invalid" => self.send(true, Bytes::from_static(b"invalid \xff text"), 1)?,
            "/slow" => {
                thread::sleep(Duration::from_millis(5));
                if text {
                    self.socket.send(Message::text(self.bytes.to_string()))?;
                }
            }
            _ => {}
        }
        self.received += 1;
        self.bytes += size;
        Ok(())
    }

    /// Sends a message in fragments, which may end inside characters.
    fn send(&mut self, text: bool, data: Bytes, n: usize) -> Result<(), Error> {
        let mut kind = if text { Data::Text } else { Data::Binary };
        for k in 0..n {
            let part = data.slice(k * data.len() / n..(k + 1) * data.len() / n);
            let frame = Frame::message(part, OpCode::Data(kind), k == n - 1);
            self.socket.write(Message::Frame(frame))?;
            kind = Data::Continue;
        }
        self.socket.flush()
    }
}
