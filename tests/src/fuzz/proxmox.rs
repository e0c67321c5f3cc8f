//! Answers of Proxmox, over a socket, through the whole client. The first byte says what is asked, the second with which
//! status it is answered; the rest is the body.
//!
//! Whatever comes: the look ends with a value or an error, the same one when it is asked and answered again; a value is
//! never made of what is no JSON; figures are numbers; what can be kept reads back as it was.

use jarvis_model::{GuestKind, NodeName, Timestamp, Upid, Vmid};
use jarvis_ports::{Hypervisor, LookError, Priority};
use jarvis_proxmox::{EntryPoint, Options, Proxmox, Tls, Token};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

/// Nothing on a loopback socket takes longer.
const DEADLINE: Duration = Duration::from_secs(20);
const STATUSES: [(u16, &str); 8] = [
    (200, "OK"),
    (200, "OK"),
    (400, "Parameter verification failed."),
    (401, "authentication failure"),
    (403, "Permission check failed (/, Sys.Audit)"),
    (500, "got timeout"),
    (501, "Method not implemented"),
    (596, "no response"),
];
const NOBODY: &str = "nobody";
const UPID: &str = "UPID:atlas:00001234:00012345:65000000:qmstart:100:root@pam:";

type Body = Arc<Mutex<Vec<u8>>>;

/// A client at a server that answers everything with the same bytes.
struct Rig {
    runtime: Runtime,
    client: Proxmox,
    answer: Body,
}

thread_local! {
    static RIG: Rig = Rig::new();
}

impl Rig {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let answer = Body::default();
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a loopback port");
        let port = listener.local_addr().expect("it is bound").port();
        runtime.spawn(accept(listener, answer.clone()));
        let point = EntryPoint::new(Some("atlas"), &format!("http://127.0.0.1:{port}")).expect("a URL");
        let token = Token::parse("jarvis@pve!read=00000000-0000-0000-0000-000000000000").expect("a token");
        let mut options = Options::new("fuzzed", vec![point], token, Tls::WebRoots).expect("fine options");
        // No answer has consequences for the next one.
        options.timeouts.aside = Duration::ZERO;
        options.timeouts.auth_backoff = Duration::ZERO;
        options.timeouts.votes = Duration::ZERO;
        let client = runtime
            .block_on(async { Proxmox::new(options) })
            .expect("a client");
        Self {
            runtime,
            client,
            answer,
        }
    }
}

async fn accept(listener: TcpListener, answer: Body) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, answer.clone()));
    }
}

/// Answers each request of a connection; requests have no body.
async fn serve(mut stream: TcpStream, answer: Body) {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(count) = stream.read(&mut piece).await {
        if count == 0 {
            return;
        }
        head.extend_from_slice(&piece[..count]);
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            head.clear();
            let bytes = answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if stream.write_all(&bytes).await.is_err() {
                return;
            }
        }
    }
}

/// What a look came to, as far as two can be compared; and, of values that are kept, whether they read back.
type Found = Result<String, LookError>;

/// Asks and is answered with the bytes, twice.
///
/// # Panics
/// When a promise is broken.
pub fn check(data: &[u8]) {
    let [kind, status, body @ ..] = data else {
        return;
    };
    let (status, reason) = STATUSES[usize::from(*status) % STATUSES.len()];
    RIG.with(|rig| {
        let mut answer = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        answer.extend_from_slice(body);
        *rig.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        let once = || {
            let look = async { tokio::time::timeout(DEADLINE, look(&rig.client, *kind)).await };
            rig.runtime.block_on(look).expect("a look ends in time")
        };
        let (first, second) = (once(), once());
        assert_eq!(first, second, "the same answer is understood in two ways");
        // Nobody who answers about the quorum is no value either.
        if first.as_deref().is_ok_and(|value| value != NOBODY) {
            let understood = status == 200 && serde_json::from_slice::<Value>(body).is_ok();
            // An agent that does not answer is told with an error by Proxmox, and is a fact.
            let fact = matches!(asked(*kind), 5 | 7);
            assert!(understood || fact, "a value out of status {status} and {body:?}");
        }
    });
}

/// What the first byte asks for: `F` is the first, so that the corpus can be read.
const fn asked(kind: u8) -> u8 {
    kind.wrapping_sub(b'F') % 11
}

async fn look(client: &Proxmox, kind: u8) -> Found {
    let node = NodeName::new("atlas").expect("a node");
    let vmid = Vmid::new(100).expect("a number");
    let upid: Upid = UPID.parse().expect("a task id");
    let since = Timestamp::from_secs(0);
    match asked(kind) {
        0 => client.look_cluster().await.map(|look| {
            let usages = look.nodes.iter().map(|row| &row.usage);
            for usage in usages.chain(look.guests.iter().map(|row| &row.usage)) {
                for figure in [usage.cpu, usage.max_cpu].into_iter().flatten() {
                    assert!(figure.is_finite() && figure >= 0.0, "{figure} is no figure");
                }
            }
            kept(&look)
        }),
        1 => {
            let mut looks = client.look_quorum(1).await;
            assert!(looks.len() <= 1, "one was asked");
            looks.pop().map_or(Ok(NOBODY.to_owned()), |look| {
                look.map(|look| {
                    assert!(!look.online.is_empty(), "members of nothing");
                    kept(&look)
                })
            })
        }
        2 => client.look_node(&node).await.map(|uptime| kept(&uptime)),
        3 => {
            let look = client.look_guest(&node, GuestKind::Qemu, vmid, Priority::Poll);
            look.await.map(|live| kept(&live))
        }
        4 => {
            let look = client.look_identity(&node, GuestKind::Lxc, vmid);
            look.await.map(|identity| kept(&identity))
        }
        5 => client.look_task(&upid).await.map(|state| kept(&state)),
        6 => client.look_task_log(&upid, 20).await.map(|lines| {
            assert!(lines.len() <= 20, "{} lines", lines.len());
            kept(&lines)
        }),
        7 => client.ping_agent(&node, vmid).await.map(|answers| kept(&answers)),
        8 => client
            .look_node_tasks(&node, since)
            .await
            .map(|tasks| kept(&tasks)),
        9 => client
            .look_identity(&node, GuestKind::Qemu, vmid)
            .await
            .map(|identity| kept(&identity)),
        _ => client.look_week(&node, None).await.map(|hours| {
            assert!(hours.is_sorted_by_key(|hour| hour.at), "the past is in disorder");
            for share in hours
                .iter()
                .flat_map(|hour| [hour.cpu, hour.mem, hour.disk])
                .flatten()
            {
                assert!(share.is_finite() && share >= 0.0, "{share} is no share");
            }
            kept(&hours)
        }),
    }
}

/// The value as it is kept; it must read back.
fn kept<T>(value: &T) -> String
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let text = serde_json::to_string(value).expect("it can be kept");
    let read: T = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(&read, value, "{text}");
    text
}
