//! A notifier and the world around it.

use async_trait::async_trait;
use jarvis_model::{Event, FreezeScope, IssueKey, Observed, Timestamp};
use jarvis_notify::{
    Followed, Letter, Options, Outbox, Picture, Sender, Service, Settings, Smtp, SmtpTls,
    settings::SmtpOptions,
};
use jarvis_ports::{Clock, Journal as _, Narrator};
use jarvis_store::MemoryJournal;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::aiosmtpd::{PASSWORD, USER, Way};

/// Nothing that is waited for takes longer.
pub const DEADLINE: Duration = Duration::from_mins(1);
const FACTOR: u32 = 100;

/// A clock that runs fast, and can be put forward.
pub struct FastClock {
    began: Instant,
    ahead_secs: AtomicU64,
}

impl FastClock {
    /// Puts it forward. Who sleeps goes on sleeping.
    pub fn forward(&self, span: Duration) {
        self.ahead_secs.fetch_add(span.as_secs(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_secs(self.ahead_secs.load(Ordering::SeqCst));
        Timestamp::from_secs(1_795_867_200) + self.began.elapsed() * FACTOR + ahead
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / FACTOR).await;
    }
}

struct Following {
    picture: Picture,
    heads: watch::Receiver<u64>,
}

#[async_trait]
impl Followed for Following {
    fn picture(&self) -> Option<Picture> {
        Some(self.picture.clone())
    }

    async fn changed(&mut self) {
        if self.heads.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The world around a notifier: it outlives it.
pub struct World {
    pub folder: TempDir,
    pub clock: Arc<FastClock>,
    journal: MemoryJournal,
    epoch: u64,
    heads: watch::Sender<u64>,
    picture: Picture,
}

/// A running notifier.
pub struct Running {
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Ends it in order.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.task.await.unwrap();
    }
}

impl World {
    pub fn with(channels: &[&str]) -> Self {
        let documents: Vec<String> = channels
            .iter()
            .map(|channel| format!("apiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\n{channel}\n"))
            .collect();
        let files = BTreeMap::from([("all.yaml".to_owned(), documents.join("---\n").into_bytes())]);
        let desired = jarvis_crds::load(&files, "0123456789abcdef").unwrap().desired;
        let journal = MemoryJournal::new();
        let clock = Arc::new(FastClock {
            began: Instant::now(),
            ahead_secs: AtomicU64::new(0),
        });
        let picture = Picture {
            cluster: "home".into(),
            desired: Arc::new(desired),
            observed: Arc::new(Observed::default()),
            at: clock.now(),
        };
        Self {
            folder: tempfile::tempdir().unwrap(),
            epoch: journal.acquire_lease().unwrap(),
            clock,
            journal,
            heads: watch::Sender::new(0),
            picture,
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a notifier on the state folder, as a start of Jarvis does.
    pub fn run(&self, settings: &Settings) -> Running {
        self.run_with(settings, None)
    }

    /// The same with somebody who puts letters into words.
    pub fn run_with(&self, settings: &Settings, narrator: Option<Arc<dyn Narrator>>) -> Running {
        let options = Options {
            state: self.path().join("state"),
            sender: self.sender(settings),
            narrator,
        };
        let following = Following {
            picture: self.picture.clone(),
            heads: self.heads.subscribe(),
        };
        let journal = Arc::new(self.journal.clone());
        let service = Service::open(options, journal, self.clock.clone(), Box::new(following)).unwrap();
        let cancel = CancellationToken::new();
        Running {
            task: tokio::spawn(service.run(cancel.clone())),
            cancel,
        }
    }

    pub fn sender(&self, settings: &Settings) -> Sender {
        Sender::new(
            Arc::new(settings.clone()),
            Some("jarvis.test".to_owned()),
            None,
            self.clock.clone(),
        )
        .unwrap()
    }

    /// Somebody freezes, which is told.
    pub fn freeze(&self, by: &str) {
        self.happens(Event::FreezeSet {
            scope: FreezeScope::Autonomy,
            by: by.to_owned(),
            reason: "a test".to_owned(),
            until: None,
        });
    }

    /// A guest is given to people, which is told.
    pub fn escalate(&self) {
        let issue: IssueKey = "VirtualMachine/web-01#guest-down".parse().unwrap();
        self.happens(Event::IssueOpened {
            issue: issue.clone(),
            summary: "guest 101 is stopped; no task explains it".to_owned(),
        });
        self.happens(Event::IssueEscalated {
            issue,
            resource_hash: "h".to_owned(),
            text: "guest 101 is stopped. Tried 3 times within 60 minutes, last: failed: no space left"
                .to_owned(),
            evidence: vec!["list 4 s ago: stopped".to_owned()],
        });
    }

    /// Something happens, and is in the journal.
    pub fn happens(&self, event: Event) {
        let head = self.journal.head();
        self.journal
            .append(head, self.epoch, self.clock.now(), vec![event])
            .unwrap();
        self.heads.send_replace(head + 1);
    }

    /// Letters that wait or are parked.
    pub fn letters(&self) -> Vec<Letter> {
        Outbox::of(&self.path().join("state")).letters().unwrap().letters
    }

    /// Letters that were sent.
    pub fn sent(&self) -> usize {
        Outbox::of(&self.path().join("state"))
            .sent()
            .unwrap()
            .letters
            .len()
    }
}

/// Settings for the test's mail server; without a password no log-in.
pub fn smtp(folder: &Path, way: Way, port: u16, password: &str) -> Settings {
    let pem = std::fs::read(folder.join("ca.pem")).unwrap();
    let tls = match way {
        Way::Starttls => SmtpTls::Starttls,
        Way::Tls => SmtpTls::Tls,
        Way::Plain => SmtpTls::None,
    };
    let options = SmtpOptions {
        host: "localhost",
        port: Some(port),
        tls,
        ca_pem: Some(&pem),
        login: (!password.is_empty()).then(|| (USER.to_owned(), Zeroizing::new(password.to_owned()))),
        from: "Jarvis <jarvis@home.example>",
    };
    Settings {
        smtp: Some(Smtp::new(options).unwrap()),
        credentials: BTreeMap::new(),
    }
}

/// The right settings.
pub fn right(folder: &Path, way: Way, port: u16) -> Settings {
    smtp(folder, way, port, PASSWORD)
}

/// Asks again until it is so.
pub async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        tokio::task::yield_now().await;
    }
}
