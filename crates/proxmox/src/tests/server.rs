//! A scripted HTTP/1.1 server on a loopback port, plain or TLS: what a test says is what goes over the wire, byte by
//! byte. Knows nothing of Proxmox.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// A request as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A whole answer with a length; the connection stays.
    Whole(u16, &'static str, String),
    /// Bytes as they are, then the connection is closed.
    Raw(Vec<u8>),
    /// Bytes as they are, then silence.
    RawThenSilence(Vec<u8>),
    /// Nothing, for ever.
    Silence,
    /// The connection is closed without a byte.
    Close,
}

impl Reply {
    /// 200 with `{"data": …}`.
    pub fn data(data: &str) -> Self {
        Self::Whole(200, "OK", format!(r#"{{"data":{data}}}"#))
    }

    /// A status line and nothing else, as Proxmox does for 401 and 595: no length, no body, connection closed.
    pub fn bare(status: u16, reason: &str) -> Self {
        Self::Raw(format!("HTTP/1.1 {status} {reason}\r\nConnection: close\r\n\r\n").into_bytes())
    }
}

type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

/// The server; it ends with this value.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Plain.
    pub async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(None, Arc::new(script)).await
    }

    /// With TLS.
    pub async fn start_tls(
        config: rustls::ServerConfig,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::run(Some(TlsAcceptor::from(Arc::new(config))), Arc::new(script)).await
    }

    async fn run(tls: Option<TlsAcceptor>, script: Arc<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, script, record) = (tls.clone(), Arc::clone(&script), Arc::clone(&record));
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, &script, &record).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &script, &record).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, seen, task }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// Waits until so many requests have come.
    pub async fn until(&self, count: usize) {
        let wait = async {
            while self.count() < count {
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), wait)
            .await
            .expect("requests should have come");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Arc<Script>,
    record: &Mutex<Vec<Seen>>,
) {
    while let Some(request) = receive(&mut stream).await {
        record.lock().unwrap().push(request.clone());
        let (bytes, then) = match script(&request) {
            Reply::Whole(status, reason, body) => {
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json;charset=UTF-8\r\n\
                     Content-Length: {length}\r\n\r\n"
                );
                ([head.into_bytes(), body.into_bytes()].concat(), Then::Next)
            }
            Reply::Raw(bytes) => (bytes, Then::Close),
            Reply::RawThenSilence(bytes) => (bytes, Then::Silence),
            Reply::Silence => (Vec::new(), Then::Silence),
            Reply::Close => (Vec::new(), Then::Close),
        };
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match then {
            Then::Next => {}
            Then::Close => {
                let _ = stream.shutdown().await;
                return;
            }
            Then::Silence => {
                // Keep the connection until the client gives up.
                let mut rest = [0; 64];
                while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                return;
            }
        }
    }
}

enum Then {
    Next,
    Close,
    Silence,
}

async fn receive(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut bytes = Vec::new();
    let split = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&part[..read]);
    };
    let head = String::from_utf8(bytes[..split].to_vec()).ok()?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length:")
                .map(|text| text.trim().to_owned())
        })
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = bytes[split + 4..].to_vec();
    while body.len() < length {
        let mut part = [0; 4096];
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&part[..read]);
    }
    let mut first = head.lines().next()?.split(' ');
    Some(Seen {
        method: first.next()?.to_owned(),
        path: first.next()?.to_owned(),
        body: String::from_utf8(body).ok()?,
        head,
    })
}
