//! One entry point: its HTTP clients and the exchange of one request for one answer. Says of every failure whether the
//! request may have been sent. Knows no endpoint and no retry beyond that of a lost GET.

use crate::{
    admission::{Access, Pass, unsent},
    answer::{Answer, plain},
    health::{Class, Health},
    options::{EntryPoint, Options, OptionsError},
    paths::Post,
    tls::{self, Tls},
};
use http::HeaderValue;
use hyper::ext::ReasonPhrase;
use reqwest::{Client, Method, Request, Response, StatusCode, Upgraded, header};
use std::{error::Error as StdError, io, time::Duration};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

/// Answers to most calls stay far below this.
pub const SMALL_BODY: usize = 1024 * 1024;
/// The cluster's list may be large.
pub const LARGE_BODY: usize = 16 * 1024 * 1024;

/// An entry point in use.
#[derive(Debug)]
pub struct Entry {
    /// As configured or found.
    pub point: EntryPoint,
    /// What is remembered of it.
    pub health: Health,
    reads: Client,
    writes: Client,
    pub(crate) access: Access,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// How it failed.
    pub kind: NoAnswerKind,
    /// In words.
    pub why: String,
}

/// Why there is no WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSocket {
    /// There is no answer.
    NoAnswer(NoAnswer),
    /// The answer is another one.
    Refused(Answer),
    /// The answer does not know how WebSockets begin.
    NoWebSocket,
}

/// How an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswerKind {
    /// No connection: refused, not resolved, timed out while connecting, certificate not accepted. Nothing was sent.
    NotConnected,
    /// Nothing was sent, since the log-in was refused and is not tried again for a while.
    NotAdmitted,
    /// The time was up after connecting.
    TimedOut,
    /// The connection ended before the answer began.
    Lost,
    /// The answer began and broke off.
    BrokeOff,
    /// The answer is not HTTP, or larger than allowed.
    Nonsense,
}

impl NoAnswer {
    /// Whether the request may have reached Proxmox.
    pub fn may_be_sent(&self) -> bool {
        !matches!(self.kind, NoAnswerKind::NotConnected | NoAnswerKind::NotAdmitted)
    }
}

impl Entry {
    /// Builds the clients: one that keeps connections for reads, and one that opens a fresh connection for every write,
    /// so that no layer can send a write twice and a failure to connect is known to precede sending.
    pub fn new(point: EntryPoint, options: &Options, access: Access) -> Result<Self, OptionsError> {
        let wrong = |error: reqwest::Error| OptionsError::Client {
            url: point.url().to_owned(),
            why: chain(&error).unwrap_or_else(|| error.to_string()),
        };
        let build = |idle: usize| -> Result<Client, OptionsError> {
            let mut builder = Client::builder()
                .http1_only()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .connect_timeout(options.timeouts.connect)
                // Proxmox closes idle connections after 5 s.
                .pool_idle_timeout(Duration::from_secs(4))
                .pool_max_idle_per_host(idle)
                .tcp_nodelay(true)
                .user_agent(concat!("jarvis/", env!("CARGO_PKG_VERSION")));
            builder = match options.tls.client_config()? {
                Some(tls) => builder.tls_backend_preconfigured(tls),
                None => builder,
            };
            builder.build().map_err(wrong)
        };
        Ok(Self {
            health: Health::new(point.node.clone()),
            reads: build(2)?,
            writes: build(0)?,
            access,
            point,
        })
    }

    /// Its node's name, or its address while the name is not known.
    pub fn name(&self) -> String {
        self.health
            .node()
            .map_or_else(|| self.point.address(), |node| node.to_string())
    }

    /// Sends a GET; once more when the connection was lost before the answer began, and once more with a new ticket when
    /// the old one is not accepted.
    pub async fn get(&self, path: &str, largest: usize) -> Result<Answer, NoAnswer> {
        let pass = self.admit().await?;
        let answer = self.get_with(path, largest, &pass).await?;
        if answer.status == 401 && self.spend(&pass) {
            let pass = self.admit().await?;
            return self.get_with(path, largest, &pass).await;
        }
        Ok(answer)
    }

    async fn get_with(&self, path: &str, largest: usize, pass: &Pass) -> Result<Answer, NoAnswer> {
        let request = || self.request(Method::GET, path, None, Some(pass));
        match self.exchange(&self.reads, request()?, largest).await {
            Err(NoAnswer {
                kind: NoAnswerKind::Lost,
                ..
            }) => self.exchange(&self.reads, request()?, largest).await,
            result => result,
        }
    }

    /// Sends a POST that changes nothing; once more with a new ticket when the old one is not accepted.
    pub async fn look_by_post(&self, post: &Post) -> Result<Answer, NoAnswer> {
        let pass = self.admit().await?;
        let answer = self.post(post, &pass).await?;
        if answer.status == 401 && self.spend(&pass) {
            let pass = self.admit().await?;
            return self.post(post, &pass).await;
        }
        Ok(answer)
    }

    /// Sends a POST, exactly once.
    pub async fn post(&self, post: &Post, pass: &Pass) -> Result<Answer, NoAnswer> {
        self.send_form(&post.path, &post.form, Some(pass)).await
    }

    /// Sends a form, exactly once; only a log-in goes without a pass.
    pub(crate) async fn send_form(
        &self,
        path: &str,
        form: &str,
        pass: Option<&Pass>,
    ) -> Result<Answer, NoAnswer> {
        let request = self.request(Method::POST, path, Some(form), pass)?;
        self.exchange(&self.writes, request, SMALL_BODY).await
    }

    /// Opens a WebSocket, on a connection of its own.
    pub async fn socket(
        &self,
        path: &str,
        config: WebSocketConfig,
    ) -> Result<WebSocketStream<Upgraded>, NoSocket> {
        let pass = self.admit().await.map_err(NoSocket::NoAnswer)?;
        let mut request = self
            .request(Method::GET, path, None, Some(&pass))
            .map_err(NoSocket::NoAnswer)?;
        let key = generate_key();
        for (name, value) in [
            (header::CONNECTION, "Upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_VERSION, "13"),
            // Proxmox's own page offers it, and old releases want it.
            (header::SEC_WEBSOCKET_PROTOCOL, "binary"),
            (header::SEC_WEBSOCKET_KEY, key.as_str()),
        ] {
            let value = HeaderValue::from_str(value).map_err(|_| NoSocket::NoWebSocket)?;
            request.headers_mut().insert(name, value);
        }
        let response = self.writes.execute(request).await;
        let response = response.map_err(|error| NoSocket::NoAnswer(sort(&error)))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let answer = read(response, SMALL_BODY).await.map_err(NoSocket::NoAnswer)?;
            return Err(NoSocket::Refused(answer));
        }
        let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
        if accepted.is_none_or(|accept| accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(NoSocket::NoWebSocket);
        }
        let stream = response.upgrade().await;
        let stream = stream.map_err(|error| NoSocket::NoAnswer(sort(&error)))?;
        Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        form: Option<&str>,
        pass: Option<&Pass>,
    ) -> Result<Request, NoAnswer> {
        let mut builder = self
            .reads
            .request(method.clone(), format!("{}/api2/json{path}", self.point.url()))
            .header(header::ACCEPT, "application/json");
        if let Some(pass) = pass {
            builder = pass.stamp(&method, builder)?;
        }
        if let Some(form) = form {
            // Proxmox answers 501 to a body without a length.
            builder = builder
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::CONTENT_LENGTH, form.len())
                .body(form.to_owned());
        }
        builder.build().map_err(|error| {
            let why = chain(&error).unwrap_or_else(|| error.to_string());
            unsent(NoAnswerKind::NotConnected, why)
        })
    }

    async fn exchange(&self, client: &Client, request: Request, largest: usize) -> Result<Answer, NoAnswer> {
        let result = receive(client, request, largest).await;
        self.health.count(match &result {
            Ok(answer) => Class::of(answer.status),
            Err(_) => Class::Transport,
        });
        result
    }
}

async fn receive(client: &Client, request: Request, largest: usize) -> Result<Answer, NoAnswer> {
    let response = client.execute(request).await.map_err(|error| sort(&error))?;
    read(response, largest).await
}

async fn read(mut response: Response, largest: usize) -> Result<Answer, NoAnswer> {
    let reason = match response.extensions().get::<ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        None => response
            .status()
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
    };
    let location = response
        .headers()
        .get(header::LOCATION)
        .and_then(|text| text.to_str().ok())
        .map(str::to_owned);
    let date = response
        .headers()
        .get(header::DATE)
        .and_then(|text| httpdate::parse_http_date(text.to_str().ok()?).ok())
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
        .map(|since| jarvis_model::Timestamp::from_secs(since.as_secs()));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= largest => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                let why = format!("the answer is larger than {largest} bytes");
                return Err(NoAnswer {
                    kind: NoAnswerKind::Nonsense,
                    why,
                });
            }
            Ok(None) => {
                return Ok(Answer {
                    status,
                    reason: plain(&reason),
                    location,
                    date,
                    body,
                });
            }
            Err(error) => {
                let why = format!(
                    "the answer broke off after {} bytes: {}",
                    body.len(),
                    text_of(&error)
                );
                return Err(NoAnswer {
                    kind: NoAnswerKind::BrokeOff,
                    why,
                });
            }
        }
    }
}

/// Sorts a failure before the answer began.
fn sort(error: &reqwest::Error) -> NoAnswer {
    let kind = if error.is_connect() || error.is_builder() {
        NoAnswerKind::NotConnected
    } else if error.is_timeout() {
        NoAnswerKind::TimedOut
    } else if is_lost(error) {
        NoAnswerKind::Lost
    } else {
        NoAnswerKind::Nonsense
    };
    let why = match (kind, error.is_timeout()) {
        (NoAnswerKind::NotConnected, true) => "no connection in time".to_owned(),
        _ => text_of(error),
    };
    NoAnswer { kind, why }
}

fn is_lost(error: &reqwest::Error) -> bool {
    sources(error).any(|source| {
        let http = source
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed());
        let stream = source.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        });
        http || stream
    })
}

fn text_of(error: &reqwest::Error) -> String {
    plain(
        &certificate_problem(error)
            .or_else(|| chain(error))
            .unwrap_or_else(|| error.to_string()),
    )
}

/// The innermost cause, in its own words.
fn chain(error: &reqwest::Error) -> Option<String> {
    sources(error).last().map(ToString::to_string)
}

fn certificate_problem(error: &reqwest::Error) -> Option<String> {
    sources(error).find_map(tls::problem_in)
}

fn sources(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |error: &&(dyn StdError + 'static)| {
        (*error).source()
    })
}

/// Whether the configuration switched the look at certificates off.
pub fn is_insecure(point: &EntryPoint, tls: &Tls) -> bool {
    matches!(tls, Tls::Insecure) && point.url().starts_with("https:")
}
