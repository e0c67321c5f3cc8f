//! Connections: accepted, through TLS where there is a certificate, and served until told to stop. Nobody holds one
//! by being slow.
//!
//! Knows nothing of what is asked.

use crate::tls::Certificate;
use axum::{Router, body::Body, extract::ConnectInfo};
use http::Request;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// How a listener is served.
#[derive(Debug, Clone, Default)]
pub struct Serving {
    /// Speaks TLS when there is one.
    pub certificate: Option<Certificate>,
    /// How long peers may take.
    pub patience: Patience,
}

/// How long peers may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the head of a request; a connection without any is closed as well.
    pub head: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(15),
        }
    }
}

/// How often an HTTP/2 peer is asked whether it is still there, and how long it may take to say so.
const PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// Requests that one HTTP/2 connection may have open.
const STREAMS: u32 = 64;
/// Pause after an accept that failed for want of something, such as file descriptors.
const PAUSE: Duration = Duration::from_millis(500);

/// Accepts until `cancel`, then waits for the connections to finish what they are at.
pub(crate) async fn accept(
    listener: TcpListener,
    app: Router,
    serving: Serving,
    cancel: CancellationToken,
) -> io::Result<()> {
    let acceptor = match &serving.certificate {
        Some(certificate) => {
            let config = certificate.server_config().map_err(io::Error::other)?;
            Some(TlsAcceptor::from(Arc::new(config)))
        }
        None => None,
    };
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = cancel.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = Connection {
                    app: app.clone(),
                    peer,
                    patience: serving.patience,
                    cancel: cancel.clone(),
                };
                connections.spawn(connection.begin(stream, acceptor.clone()));
            }
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

fn is_the_peers(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

struct Connection {
    app: Router,
    peer: SocketAddr,
    patience: Patience,
    cancel: CancellationToken,
}

impl Connection {
    async fn begin(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        drop(stream.set_nodelay(true));
        let Some(acceptor) = acceptor else {
            return self.http1(stream).await;
        };
        let shaken = tokio::select! {
            () = self.cancel.cancelled() => return,
            shaken = timeout(self.patience.handshake, acceptor.accept(stream)) => shaken,
        };
        match shaken {
            Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => self.http2(stream).await,
            Ok(Ok(stream)) => self.http1(stream).await,
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(peer = %self.peer, "the TLS handshake took too long"),
        }
    }

    async fn http1(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (asked, service) = self.service();
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(self.patience.head);
        let connection = builder
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .with_upgrades();
        let mut connection = pin!(connection);
        let end = |connection: Pin<&mut _>| {
            hyper::server::conn::http1::UpgradeableConnection::graceful_shutdown(connection);
        };
        self.until_done(&asked, connection.as_mut(), end).await;
    }

    async fn http2(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (asked, service) = self.service();
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(PING.0)
            .keep_alive_timeout(PING.1)
            .max_concurrent_streams(STREAMS);
        let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let mut connection = pin!(connection);
        let end = |connection: Pin<&mut _>| {
            hyper::server::conn::http2::Connection::graceful_shutdown(connection);
        };
        self.until_done(&asked, connection.as_mut(), end).await;
    }

    /// The routes, with the peer's address in each request; the flag tells that there was one.
    #[expect(
        clippy::type_complexity,
        reason = "the type has no name: it is what tower makes of a closure"
    )]
    fn service(
        &self,
    ) -> (
        Arc<AtomicBool>,
        tower::util::MapRequest<Router, impl FnMut(Request<Incoming>) -> Request<Body> + Clone + use<>>,
    ) {
        let asked = Arc::new(AtomicBool::new(false));
        let (peer, seen) = (self.peer, Arc::clone(&asked));
        let service = self.app.clone().map_request(move |request: Request<Incoming>| {
            seen.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        });
        (asked, service)
    }

    async fn until_done<C>(&self, asked: &AtomicBool, mut connection: Pin<&mut C>, end: impl Fn(Pin<&mut C>))
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut silence = pin!(tokio::time::sleep(self.patience.head));
        let (mut ending, mut awaited) = (false, true);
        loop {
            tokio::select! {
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        tracing::debug!(peer = %self.peer, %error, "a connection broke off");
                    }
                    return;
                }
                () = self.cancel.cancelled(), if !ending => {
                    ending = true;
                    end(connection.as_mut());
                }
                () = silence.as_mut(), if awaited => {
                    awaited = false;
                    if !asked.load(Ordering::Relaxed) {
                        return;
                    }
                }
            }
        }
    }
}
