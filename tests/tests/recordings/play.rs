//! A socket that plays one recorded answer at a time, byte by byte as Proxmox frames it, and the production client that
//! asks it. Knows no field of an answer.

use crate::collect::{Answer, Exchange};
use jarvis_proxmox::{Credential, EntryPoint, Options, Proxmox, Tls, Token};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What is played: an answer for certain paths, one for all others, or none at all.
#[derive(Default)]
struct Script {
    by_path: BTreeMap<String, Vec<u8>>,
    otherwise: Vec<u8>,
    heads: Vec<String>,
}

/// The socket, and a client at it.
pub struct Player {
    script: Arc<Mutex<Script>>,
    port: u16,
    closed_port: u16,
    client: Option<Proxmox>,
}

impl Player {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = answer(stream, &shared).await;
            }
        });
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed_port = closed.local_addr().unwrap().port();
        Self {
            script,
            port,
            closed_port,
            client: None,
        }
    }

    /// Plays this exchange from now on; `beside` are further paths and bodies that are none of the recording.
    pub fn play(&self, exchange: &Exchange, beside: &[(&str, &str)]) {
        let mut script = self.script.lock().unwrap();
        script.heads.clear();
        script.by_path = beside
            .iter()
            .map(|(path, body)| ((*path).to_owned(), framed(&plain(body))))
            .collect();
        script.otherwise = exchange.answer.as_ref().map(framed).unwrap_or_default();
    }

    /// Plays an exchange for its own path only, and these answers otherwise.
    pub fn play_only(&self, exchange: &Exchange, otherwise: &str) {
        let mut script = self.script.lock().unwrap();
        script.heads.clear();
        let bytes = exchange.answer.as_ref().map(framed).unwrap_or_default();
        script.by_path = BTreeMap::from([(exchange.path.clone(), bytes)]);
        script.otherwise = framed(&plain(otherwise));
    }

    /// Requests since the last `play`.
    pub fn heads(&self) -> Vec<String> {
        self.script.lock().unwrap().heads.clone()
    }

    /// The client; a new one after anything but success, since it remembers who failed it.
    pub fn client(&mut self, exchange: &Exchange) -> Proxmox {
        let kept = self.client.take();
        match (kept, &exchange.answer) {
            (Some(client), Some(answer)) if answer.status == 200 => client,
            (_, None) => client(self.closed_port, token()),
            _ => client(self.port, token()),
        }
    }

    /// Gives the client back for the next exchange.
    pub fn keep(&mut self, exchange: &Exchange, client: Proxmox) {
        let fine = exchange
            .answer
            .as_ref()
            .is_some_and(|answer| answer.status == 200);
        self.client = fine.then_some(client);
    }

    /// A client with another credential.
    pub fn client_with(&self, credential: impl Into<Credential>) -> Proxmox {
        client(self.port, credential)
    }
}

fn token() -> Token {
    Token::parse("root@pam!jarvis=secret").unwrap()
}

fn client(port: u16, credential: impl Into<Credential>) -> Proxmox {
    let point = EntryPoint::new(None, &format!("http://127.0.0.1:{port}")).unwrap();
    // The address is plain: nothing is trusted, and no roots need to be read for each client.
    Proxmox::new(Options::new("lab", vec![point], credential, Tls::Insecure).unwrap()).unwrap()
}

fn plain(body: &str) -> Answer {
    Answer {
        status: 200,
        reason: "OK".to_owned(),
        headers: Vec::new(),
        body: body.to_owned(),
    }
}

/// The bytes of an answer: without a body there is no length either, as Proxmox does for 401 and 595.
fn framed(answer: &Answer) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, answer.reason);
    for (name, value) in &answer.headers {
        head = format!("{head}{name}: {value}\r\n");
    }
    if !answer.body.is_empty() {
        head = format!("{head}Content-Length: {}\r\n", answer.body.len());
    }
    format!("{head}Connection: close\r\n\r\n{}", answer.body).into_bytes()
}

async fn answer(mut stream: TcpStream, script: &Mutex<Script>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&part[..read]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    while bytes.len() < end + 4 + length.unwrap_or(0) {
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 => return Ok(()),
            read => bytes.extend_from_slice(&part[..read]),
        }
    }
    let path = head
        .split(' ')
        .nth(1)
        .unwrap_or_default()
        .trim_start_matches("/api2/json")
        .to_owned();
    let reply = {
        let mut script = script.lock().unwrap();
        script.heads.push(head);
        script.by_path.get(&path).unwrap_or(&script.otherwise).clone()
    };
    stream.write_all(&reply).await?;
    stream.shutdown().await
}
