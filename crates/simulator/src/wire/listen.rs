//! Listeners and connections: one port a node, which refuses, stays silent or answers as the node does.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Body, Reply};
use super::console;
use super::door::{Door, Kept, Net, keep};
use super::http;
use super::mischief::{self, Mischief};
use super::pack;
use super::serve::{answer, api_path};
use super::shared::{Shared, lock};

const REQUESTS_PER_CONNECTION: u32 = 100;

/// A port that belongs to us whether or not anybody listens on it.
///
/// The reserving socket is bound and never listens, so connections are refused while no listener exists.
pub struct Port {
    _reserved: TcpSocket,
    address: SocketAddr,
}

impl Port {
    /// Reserves an address; port 0 is any free one.
    pub fn reserve(address: SocketAddr) -> io::Result<Self> {
        let socket = Self::socket(address)?;
        Ok(Self {
            address: socket.local_addr()?,
            _reserved: socket,
        })
    }

    /// The address.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to listen.
    pub fn listen(&self) -> io::Result<TcpListener> {
        Self::socket(self.address)?.listen(1024)
    }

    fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseport(true)?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    }
}

/// An entry point: a node's API.
pub struct Entry {
    /// The node.
    pub node: String,
    /// Its address.
    pub address: SocketAddr,
    /// How it speaks TLS, if it does.
    pub tls: Option<TlsAcceptor>,
}

/// Serves a node's port until cancelled.
pub async fn run(
    shared: Arc<Shared>,
    entry: Entry,
    kept: Kept,
    tracker: TaskTracker,
    cancel: CancellationToken,
) {
    let (world, entry) = (Arc::clone(&shared), Arc::new(entry));
    keep(shared, kept, tracker, cancel, move |stream| {
        let (shared, entry) = (Arc::clone(&world), Arc::clone(&entry));
        async move {
            // A connection that broke is the client's to notice.
            let _ = connection(shared, entry, stream).await;
        }
    })
    .await;
}

/// Speaks TLS or not, and tells plain HTTP on a TLS port where to go.
async fn connection(shared: Arc<Shared>, entry: Arc<Entry>, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let Some(mut net) = shared.doors.watch(&Door::Api(entry.node.clone())) else {
        return Ok(());
    };
    if net.wait_for(|net| *net != Net::Silent).await.is_err() {
        return Ok(());
    }
    let Some(acceptor) = &entry.tls else {
        return converse(&shared, &entry, stream, net).await;
    };
    let mut first = [0_u8];
    if stream.peek(&mut first).await? == 1 && first[0] != 0x16 {
        return redirect(&shared, &entry, stream).await;
    }
    let stream = acceptor.accept(stream).await?;
    converse(&shared, &entry, stream, net).await
}

async fn redirect(shared: &Shared, entry: &Entry, mut stream: TcpStream) -> io::Result<()> {
    if let Some(request) = http::read(&mut stream, &mut Vec::new()).await? {
        let (status, reason) = match request.method.as_str() {
            "GET" | "HEAD" => (301, "Moved Permanently"),
            _ => (308, "Permanent Redirect"),
        };
        let host = request
            .header("host")
            .map_or_else(|| entry.address.to_string(), str::to_owned);
        let location = Some(format!("https://{host}{}", request.path));
        let reply = Reply {
            location,
            ..Reply::bare(status, reason)
        };
        let now = shared.with(|world| world.unix_now());
        http::send(&mut stream, &http::render(&reply, now, false)).await?;
    }
    stream.shutdown().await
}

/// One request after the other. A node that goes down takes its connections with it.
async fn converse<S>(
    shared: &Arc<Shared>,
    entry: &Entry,
    mut stream: S,
    mut net: watch::Receiver<Net>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut down = net.clone();
    let talk = async {
        let mut buffer = Vec::new();
        for count in 1..=REQUESTS_PER_CONNECTION {
            let Some(request) = http::read(&mut stream, &mut buffer).await? else {
                break;
            };
            let awake = |net: &Net| *net != Net::Silent;
            let _ = net.wait_for(awake).await;
            let path = api_path(&request).unwrap_or_default();
            let trick = mischief::take(&mut lock(&shared.mischief), &request.method, &path);
            if matches!(trick, Some(Mischief::DropNext(_))) {
                return Ok(());
            }
            let reply = match &trick {
                Some(trick) if trick.is_deaf() => Reply::bare(503, "Not Heard"),
                Some(Mischief::StaleNext(_)) => {
                    let past = shared.past().unwrap_or_else(|| Arc::clone(shared));
                    answer(&past, &entry.node, &request).await
                }
                _ => answer(shared, &entry.node, &request).await,
            };
            if let Some(port) = console::asked(&request, &path).filter(|_| reply.status == 200) {
                return console::serve(shared, &entry.node, port, &request, &mut stream).await;
            }
            tokio::time::sleep(reply.wall_delay).await;
            let _ = net.wait_for(awake).await;
            let wants_close = request
                .header("connection")
                .is_some_and(|v| v.eq_ignore_ascii_case("close"));
            let keep = count < REQUESTS_PER_CONNECTION && !reply.closes() && !wants_close;
            let kept = if let Some(trick) = trick {
                spoil(shared, &mut stream, trick, reply).await?
            } else {
                let now = shared.with(|world| world.unix_now());
                let packing = pack::chosen(&reply, request.header("accept-encoding"));
                http::send(&mut stream, &http::render_packed(&reply, packing, now, keep)).await?;
                keep
            };
            if !kept {
                break;
            }
        }
        stream.shutdown().await
    };
    tokio::select! {
        outcome = talk => outcome,
        _ = down.wait_for(|net| *net == Net::Closed) => Ok(()),
    }
}

/// Sends an answer the wrong way; tells whether the connection goes on.
async fn spoil<S>(shared: &Arc<Shared>, stream: &mut S, trick: Mischief, reply: Reply) -> io::Result<bool>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let now = shared.with(|world| world.unix_now());
    let whole = http::render(&reply, now, false);
    match trick {
        Mischief::ReplyLostNext(_) => {
            shared.with(|world| {
                if let Some(call) = world.ledger.calls.last_mut() {
                    call.reply_lost = true;
                }
            });
            return Ok(false);
        }
        Mischief::DropNext(_) => return Ok(false),
        Mischief::TruncatedNext(_) => {
            let body_at = whole
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
                .map_or(whole.len(), |at| at + 4);
            let end = body_at + (whole.len() - body_at) / 2;
            http::send(stream, &whole[..end]).await?;
        }
        Mischief::HtmlNext(_) => {
            let text =
                "<html><head><title>Welcome</title></head><body>captive portal</body></html>".to_owned();
            let body = Body::Other {
                content_type: "text/html; charset=utf-8",
                text,
            };
            http::send(stream, &http::render(&Reply::plain(200, "OK", body), now, false)).await?;
        }
        Mischief::WrongTypesNext(_) => {
            let body = match reply.body {
                Body::Json(text) => Body::Json(mischief::wrong_types(&text)),
                other => other,
            };
            http::send(stream, &http::render(&Reply { body, ..reply }, now, false)).await?;
        }
        Mischief::SlowLorisNext(_) => {
            for byte in whole {
                http::send(stream, &[byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Mischief::HalfCloseNext(_) => {
            http::send(stream, &whole[..whole.len().min(40)]).await?;
            stream.shutdown().await?;
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
        Mischief::DelayNext { millis, .. } => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            http::send(stream, &whole).await?;
        }
        Mischief::StaleNext(_) => http::send(stream, &whole).await?,
        Mischief::StatusNext { status, reason, .. } => {
            http::send(stream, &http::render(&Reply::bare(status, reason), now, false)).await?;
        }
    }
    Ok(false)
}
