//! One Jarvis with terminals on a real sshd, and a client as the dashboard is one.

use super::server::Server;
use futures::{SinkExt as _, StreamExt as _};
use jarvis_api::{ApiOptions, ApiState, SigningKey, TerminalOptions, Terminals};
use jarvis_model::{Event, Host, NodeName, Role, Timestamp, Vmid};
use jarvis_ports::{Clock, Stored, Terminal, terminal::PIECE};
use jarvis_proxmox::Consoles;
use jarvis_simulator::{ApiToken, Place, Tokens};
use jarvis_ssh::{Credential, Endpoint, Options};
use jarvis_tests::rig::{Rig, Setup};
use serde_json::{Value, json};
use std::{
    os::unix::fs::PermissionsExt as _,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};
use tokio_util::sync::CancellationToken;

pub const PROTOCOL: &str = "jarvis-terminal-v1";
const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
const SOON: Duration = Duration::from_secs(20);

/// What the wire promises to hold for a browser that acknowledges nothing.
pub const HELD: usize = 256 * 1024;

/// Whether the one test of these words runs by itself. If it does not, it is run so, in a process of its own: what other tests
/// hold would count as its own.
pub fn is_alone(words: &str) -> bool {
    if std::env::args().any(|arg| arg == words) {
        return true;
    }
    let said = Command::new(std::env::current_exe().unwrap())
        .arg(words)
        .output()
        .unwrap();
    let said = [said.stdout, said.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("1 passed; 0 failed"), "{said}");
    false
}

pub fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// The time, and what a test adds to it.
pub struct Shifted(AtomicU64);

#[async_trait::async_trait]
impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        jarvis_ports::SystemClock.now() + Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// The whole.
pub struct Lab {
    pub server: Server,
    pub rig: Rig,
    pub terminals: Arc<Terminals>,
    pub url: String,
    clock: Arc<Shifted>,
    cancel: CancellationToken,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let awaited = tokio::time::timeout(SOON, future).await;
    awaited.unwrap_or_else(|_| panic!("{what} did not come within {SOON:?}"))
}

impl Lab {
    pub async fn start() -> Self {
        Self::with(TerminalOptions::default()).await
    }

    pub async fn with(options: TerminalOptions) -> Self {
        Self::at(Server::start(), options).await
    }

    /// `node/forge` and `guest/101` are this server; `node/agent1` is the simulated machine of that name; `node/gone` is a port
    /// where nobody listens.
    pub async fn at(server: Server, options: TerminalOptions) -> Self {
        Self::built(server, options, None).await
    }

    /// The same, and all other guests show their consoles to this token.
    pub async fn showing(token: fn(&Tokens) -> &ApiToken, options: TerminalOptions) -> Self {
        Self::built(Server::start(), options, Some(token)).await
    }

    async fn built(
        server: Server,
        options: TerminalOptions,
        console: Option<fn(&Tokens) -> &ApiToken>,
    ) -> Self {
        let mut ssh = Options::new(server.folder.join("known_hosts"));
        let forge = Host::Node(NodeName::new("forge").unwrap());
        let guest = Host::Guest(Vmid::new(101).unwrap());
        ssh.hosts.insert(forge, server.endpoint());
        ssh.hosts.insert(guest, server.endpoint());
        let mut nobody = server.endpoint();
        nobody.port = 1;
        ssh.hosts
            .insert(Host::Node(NodeName::new("gone").unwrap()), nobody);
        let rig = Rig::start(Setup {
            factor: 1,
            ..Setup::default()
        })
        .await;
        let simulated = rig
            .simulator
            .ssh()
            .iter()
            .find(|host| host.place == Place::node("agent1"))
            .unwrap();
        ssh.hosts.insert(
            Host::Node(NodeName::new("agent1").unwrap()),
            Endpoint {
                address: simulated.address.ip().to_string(),
                port: simulated.address.port(),
                user: "root".to_owned(),
                credential: Credential::KeyFile {
                    path: server.folder.join("simulated-key"),
                    passphrase: None,
                },
            },
        );
        let pinned = server.text("known_hosts");
        server.write("known_hosts", &(pinned + &rig.simulator.known_hosts()));
        server.write("simulated-key", rig.simulator.ssh_key());
        let key = server.folder.join("simulated-key");
        std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut ways: Vec<Arc<dyn Terminal>> = vec![Arc::new(jarvis_ssh::Terminals::new(&ssh))];
        if let Some(token) = console {
            let client = rig.client_with(token(rig.simulator.tokens()));
            ways.push(Arc::new(Consoles::new(Arc::new(client))));
        }
        let terminals = Arc::new(Terminals::new(ways, options));
        let clock = Arc::new(Shifted(AtomicU64::new(60_000)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let key = SigningKey::new(vec![42; 32]).unwrap();
        let state = ApiState::new(rig.jarvis().clone(), ApiOptions::new(address, key), clock.clone());
        let state = state.with_terminals(terminals.clone());
        let cancel = CancellationToken::new();
        tokio::spawn(jarvis_api::serve(listener, state, cancel.clone()));
        Self {
            server,
            rig,
            terminals,
            url: format!("http://{address}"),
            clock,
            cancel,
        }
    }

    pub fn advance(&self, span: Duration) {
        self.clock
            .0
            .fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Makes a bearer token.
    pub async fn token(&self, name: &str, role: Role) -> String {
        let secret_hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(SECRET.as_bytes()));
        let event = Event::TokenCreated {
            name: name.to_owned(),
            secret_hash,
            role,
            scopes: Vec::new(),
            by: "test".to_owned(),
            expires_at: None,
        };
        self.rig.jarvis().record_access(event).await.unwrap();
        format!("jrv_{name}_{SECRET}")
    }

    /// Makes a user, signs in, and gives the cookie.
    pub async fn cookie(&self, user: &str, role: Role) -> String {
        let password = "a long enough password";
        let password_hash = jarvis_api::auth::password::Hasher::new()
            .hash(password)
            .await
            .unwrap();
        let event = Event::UserSet {
            user: user.to_owned(),
            password_hash,
            role,
            one_time: false,
        };
        self.rig.jarvis().record_access(event).await.unwrap();
        let answer = reqwest::Client::new()
            .post(format!("{}/auth/login", self.url))
            .header("origin", &self.url)
            .json(&json!({ "user": user, "password": password }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Upgrades, or gives the status and the text of the refusal.
    pub async fn upgrade(&self, path: &str, headers: &[(&str, &str)]) -> Result<Client, (u16, String)> {
        let address = format!("{}{path}", self.url.replace("http://", "ws://"));
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Client::new(socket)),
            Err(tungstenite::Error::Http(answer)) => {
                let body = answer.body().clone().unwrap_or_default();
                Err((
                    answer.status().as_u16(),
                    String::from_utf8_lossy(&body).into_owned(),
                ))
            }
            Err(other) => panic!("{other}"),
        }
    }

    /// A socket of a token, whatever it says first.
    pub async fn socket(&self, token: &str, path: &str) -> Client {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("sec-websocket-protocol", PROTOCOL),
        ];
        self.upgrade(path, &headers).await.unwrap()
    }

    /// An open terminal of 80 by 24 on `node/forge`.
    pub async fn terminal(&self, token: &str) -> Client {
        let mut client = self
            .socket(token, "/terminal/homelab/forge?cols=80&rows=24")
            .await;
        client.ready().await;
        client
    }

    /// An open console of a guest, 80 by 24, and its first prompt.
    pub async fn console(&self, token: &str, vmid: u32) -> Client {
        let path = format!("/terminal/homelab/guest/{vmid}?cols=80&rows=24");
        let mut client = self.socket(token, &path).await;
        client.ready().await;
        client.until(":~# ").await;
        client
    }

    /// An open terminal of an operator of its own.
    pub async fn operator(&self) -> Client {
        let token = self.token("ops", Role::Operator).await;
        self.terminal(&token).await
    }

    /// Takes a terminal up again, from what this client has received.
    pub async fn again(&self, token: &str, before: &Client, after: u64) -> Client {
        let session = &before.session;
        let path = format!("/terminal/homelab/forge?cols=80&rows=24&session={session}&after={after}");
        self.socket(token, &path).await
    }

    /// The records of terminals, oldest first.
    pub fn records(&self) -> Vec<Stored> {
        let records = self.rig.jarvis().records_after(0, 10_000).unwrap();
        let of_terminals = |stored: &Stored| {
            matches!(
                stored.record.event,
                Event::TerminalOpened { .. } | Event::TerminalClosed { .. }
            )
        };
        records.into_iter().filter(of_terminals).collect()
    }

    /// Waits for the record of an end: why it ended.
    pub async fn closing(&self) -> String {
        soon("the record of the end", async {
            loop {
                for stored in self.records() {
                    if let Event::TerminalClosed { reason, .. } = stored.record.event {
                        return reason;
                    }
                }
                tokio::task::yield_now().await;
            }
        })
        .await
    }
}

/// A client as the dashboard is one.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What the terminal is called.
    pub session: String,
    /// All bytes received.
    pub received: Vec<u8>,
    /// The lengths of the messages they came in.
    pub pieces: Vec<usize>,
    seen: usize,
    /// Whether it acknowledges what it received.
    pub acknowledges: bool,
}

/// One message of the server.
#[derive(Debug)]
pub enum Got {
    Bytes,
    Word(Value),
    Closed(u16),
}

impl Client {
    fn new(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        Self {
            socket,
            session: String::new(),
            received: Vec::new(),
            pieces: Vec::new(),
            seen: 0,
            acknowledges: true,
        }
    }

    /// Begins output without end, takes all that may wait for an acknowledgement, and gives none. A piece is taken in only
    /// where there is room for the longest.
    pub async fn floods(&mut self) {
        self.acknowledges = false;
        self.type_in("yes\r").await;
        while self.received.len() <= HELD - PIECE {
            assert!(matches!(self.next().await, Got::Bytes));
        }
    }

    /// What was taken in before is still sent, in messages that may end within a piece; then nothing comes until it is
    /// acknowledged.
    pub async fn has_nothing_more(&mut self) {
        while let Ok(got) = tokio::time::timeout(Duration::from_millis(300), self.next()).await {
            assert!(
                matches!(got, Got::Bytes) && self.received.len() <= HELD,
                "{got:?} after {} bytes: it goes on without an acknowledgement",
                self.received.len()
            );
        }
    }

    pub async fn next(&mut self) -> Got {
        // Signs of life do not count: what never comes is found out.
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let message = tokio::time::timeout_at(deadline, self.socket.next()).await;
            match message.unwrap_or_else(|_| panic!("a message did not come within {SOON:?}")) {
                Some(Ok(Message::Binary(bytes))) => {
                    self.received.extend_from_slice(&bytes);
                    self.pieces.push(bytes.len());
                    if self.acknowledges {
                        let total = self.received.len();
                        self.say(json!({ "type": "ack", "bytes": total })).await;
                    }
                    return Got::Bytes;
                }
                Some(Ok(Message::Text(text))) => return Got::Word(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Got::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Got::Closed(1006),
            }
        }
    }

    /// The next word; bytes are taken on the way.
    pub async fn word(&mut self) -> Value {
        loop {
            match self.next().await {
                Got::Word(word) => return word,
                Got::Bytes => {}
                Got::Closed(code) => panic!("a word was expected; it closed with {code}"),
            }
        }
    }

    /// Waits until it is open; gives the word.
    pub async fn ready(&mut self) -> Value {
        let word = self.word().await;
        assert_eq!(word["type"], "ready", "{word}");
        word["session"].as_str().unwrap().clone_into(&mut self.session);
        word
    }

    /// The last word, and the code with which it closes.
    pub async fn end(&mut self) -> (Value, u16) {
        let word = self.word().await;
        loop {
            match self.next().await {
                Got::Closed(code) => return (word, code),
                Got::Bytes => {}
                Got::Word(other) => panic!("{word} was not the last: {other}"),
            }
        }
    }

    /// The code of the error that it ends with.
    pub async fn error(&mut self) -> String {
        let (word, _) = self.end().await;
        assert_eq!(word["type"], "error", "{word}");
        assert!(!word["message"].as_str().unwrap().is_empty() && !word["hint"].as_str().unwrap().is_empty());
        word["code"].as_str().unwrap().to_owned()
    }

    /// What a word of ours says. The other side may have closed already; what it said is read afterwards.
    pub async fn say(&mut self, word: Value) {
        let _ = self.socket.send(Message::text(word.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        let _ = self.socket.send(message).await;
    }

    pub async fn type_in(&mut self, bytes: impl AsRef<[u8]>) {
        let message = Message::binary(bytes.as_ref().to_vec());
        let _ = self.socket.send(message).await;
    }

    /// Waits until these bytes are shown, after those that were waited for before; gives what came until then.
    pub async fn until(&mut self, wanted: impl AsRef<[u8]>) -> Vec<u8> {
        let wanted = wanted.as_ref();
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let fresh = &self.received[self.seen..];
            if let Some(at) = fresh.windows(wanted.len()).position(|window| window == wanted) {
                let shown = fresh[..at + wanted.len()].to_vec();
                self.seen += shown.len();
                return shown;
            }
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(Got::Bytes) => {}
                other => panic!(
                    "{:?} was not shown but {:?}; {other:?}",
                    String::from_utf8_lossy(wanted),
                    String::from_utf8_lossy(&self.received[self.seen..])
                ),
            }
        }
    }

    /// Types a line and waits until the shell is done with it; gives what was shown.
    pub async fn run(&mut self, line: &str) -> String {
        self.type_in(format!("{line}; echo 'do''ne'\r")).await;
        let shown = self.until("done\r\n").await;
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// A shell that says nothing by itself.
    pub async fn quiet(&mut self) {
        self.run("PS1= PROMPT_COMMAND=").await;
        self.run("stty -echo; bind 'set enable-bracketed-paste off' 2>/dev/null")
            .await;
    }

    /// Goes in good order, as a page that is left. The other side knows when this returns.
    pub async fn leave(mut self) {
        let _ = self.socket.send(Message::Close(None)).await;
        while !matches!(self.next().await, Got::Closed(_)) {}
    }

    /// Goes without a word, as a browser that loses its network.
    pub fn lose(self) {
        drop(self);
    }
}
