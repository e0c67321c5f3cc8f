//! The pulse of this process: signs of life for the supervisor, given only while work gets done. The supervisor ends
//! a process without them and begins it again.
//!
//! Three things must hold: the loop came round a moment ago, the journal's last sync did not take long, and the API
//! answers. That the cluster does not answer is no reason: beginning again would not help.
//!
//! Knows nothing of what the loop does.

use super::supervisor::Supervisor;
use jarvis_api::Stuck;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// The loop comes round at least every ten seconds; after this it does not any more.
pub const LOOP_WITHIN: Duration = Duration::from_secs(30);
/// A sync that takes this long is a disk that hangs.
pub const SYNC_WITHIN: Duration = Duration::from_secs(10);
/// Signs of life come no more often than this, unless the supervisor's patience asks for it.
const BEAT: Duration = Duration::from_secs(10);
/// The API answers its own ping within this.
pub const PING_WITHIN: Duration = Duration::from_secs(5);

/// How long the journal's last sync took.
pub type SyncTook = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What is known of the loop and the disk. Cheap to clone.
#[derive(Clone)]
pub struct Pulse {
    came_round: Arc<Mutex<Instant>>,
    sync_took: SyncTook,
}

impl Pulse {
    /// Begins to follow the loop by the pictures that it publishes in every pass.
    pub fn follow<T: Send + Sync + 'static>(mut pictures: watch::Receiver<T>, sync_took: SyncTook) -> Self {
        let came_round = Arc::new(Mutex::new(Instant::now()));
        let seen = came_round.clone();
        tokio::spawn(async move {
            while pictures.changed().await.is_ok() {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            }
        });
        Self {
            came_round,
            sync_took,
        }
    }

    /// The same for `/livez`.
    pub fn liveness(&self) -> Stuck {
        let pulse = self.clone();
        Arc::new(move || pulse.stuck())
    }

    /// Why this process does no good any more, if so.
    pub fn stuck(&self) -> Option<String> {
        let silent = self
            .came_round
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .elapsed();
        stuck(silent, (self.sync_took)())
    }
}

fn stuck(silent: Duration, sync: Duration) -> Option<String> {
    if silent > LOOP_WITHIN {
        let secs = silent.as_secs();
        return Some(format!("the loop has not come round for {secs} s"));
    }
    if sync >= SYNC_WITHIN {
        let secs = sync.as_secs();
        return Some(format!("a sync of the journal takes {secs} s: the disk hangs"));
    }
    None
}

/// How often a supervisor with this patience is given a sign.
fn beat(patience: Duration) -> Duration {
    (patience / 3).clamp(Duration::from_millis(10), BEAT)
}

/// Gives signs of life until stopped. `ping` asks the API whether it answers.
pub async fn beat_for<P: Future<Output = Result<(), String>>>(
    supervisor: Arc<Supervisor>,
    pulse: Pulse,
    ping: impl Fn() -> P,
    stop: CancellationToken,
) {
    let Some(patience) = supervisor.patience() else {
        return;
    };
    let mut ticks = tokio::time::interval(beat(patience));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let trouble = match pulse.stuck() {
            Some(why) => Some(why),
            None => ping()
                .await
                .err()
                .map(|why| format!("the API does not answer its own ping: {why}")),
        };
        match trouble {
            None => supervisor.alive(),
            Some(why) => {
                tracing::error!(%why, "no sign of life is given to the supervisor");
                supervisor.trouble(&why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        os::unix::net::UnixDatagram,
        sync::atomic::{AtomicBool, AtomicU64, Ordering},
    };

    /// A supervisor that listens, a loop that comes round when told, a disk and an API that can hang.
    struct Bed {
        socket: UnixDatagram,
        pictures: watch::Sender<u32>,
        sync_secs: Arc<AtomicU64>,
        api_hangs: Arc<AtomicBool>,
        stop: CancellationToken,
        _folder: tempfile::TempDir,
    }

    impl Bed {
        fn make() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_nonblocking(true).unwrap();
            let name = path.display().to_string();
            let environment = [("NOTIFY_SOCKET", name.as_str()), ("WATCHDOG_USEC", "30000000")].into();
            let supervisor = Arc::new(Supervisor::find(&environment));
            let (pictures, receiver) = watch::channel(0);
            let (sync_secs, api_hangs) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
            let sync = sync_secs.clone();
            let pulse = Pulse::follow(
                receiver,
                Arc::new(move || Duration::from_secs(sync.load(Ordering::SeqCst))),
            );
            let stop = CancellationToken::new();
            let hangs = api_hangs.clone();
            let ping = move || {
                let hangs = hangs.load(Ordering::SeqCst);
                async move {
                    if hangs {
                        Err("time is over".to_owned())
                    } else {
                        Ok(())
                    }
                }
            };
            tokio::spawn(beat_for(supervisor, pulse, ping, stop.clone()));
            Self {
                socket,
                pictures,
                sync_secs,
                api_hangs,
                stop,
                _folder: folder,
            }
        }

        /// What was said within ten seconds, while the loop comes round or not.
        async fn ten_seconds(&self, comes_round: bool) -> String {
            for _ in 0..10 {
                if comes_round {
                    self.pictures.send_modify(|n| *n += 1);
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            self.heard()
        }

        fn heard(&self) -> String {
            let (mut all, mut bytes) = (String::new(), [0; 512]);
            while let Ok(length) = self.socket.recv(&mut bytes) {
                all += &String::from_utf8_lossy(&bytes[..length]);
                all.push('\n');
            }
            all
        }
    }

    #[tokio::test(start_paused = true)]
    async fn signs_come_at_most_every_ten_seconds_and_only_while_the_loop_comes_round() {
        let bed = Bed::make();
        for _ in 0..6 {
            let heard = bed.ten_seconds(true).await;
            assert!((1..=2).contains(&heard.matches("WATCHDOG=1").count()), "{heard}");
        }
        let mut silent = String::new();
        for _ in 0..4 {
            bed.ten_seconds(false).await;
        }
        for _ in 0..6 {
            silent += &bed.ten_seconds(false).await;
        }
        assert!(!silent.contains("WATCHDOG=1"), "{silent}");
        assert!(
            silent.contains("STATUS=the loop has not come round for "),
            "{silent}"
        );
        bed.ten_seconds(true).await;
        assert!(
            bed.ten_seconds(true).await.contains("WATCHDOG=1"),
            "it comes round again"
        );
        bed.stop.cancel();
        bed.ten_seconds(true).await;
        assert_eq!(bed.ten_seconds(true).await, "", "nothing is said once it ends");
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_and_an_api_that_does_not_answer_starve_it() {
        let bed = Bed::make();
        bed.ten_seconds(true).await;
        bed.sync_secs.store(10, Ordering::SeqCst);
        bed.ten_seconds(true).await;
        let heard = bed.ten_seconds(true).await;
        assert!(
            !heard.contains("WATCHDOG=1") && heard.contains("the disk hangs"),
            "{heard}"
        );
        bed.sync_secs.store(9, Ordering::SeqCst);
        bed.ten_seconds(true).await;
        assert!(bed.ten_seconds(true).await.contains("WATCHDOG=1"));
        bed.api_hangs.store(true, Ordering::SeqCst);
        bed.ten_seconds(true).await;
        let heard = bed.ten_seconds(true).await;
        assert!(
            !heard.contains("WATCHDOG=1") && heard.contains("its own ping"),
            "{heard}"
        );
    }

    #[test]
    fn the_limits_are_where_they_are_said_to_be() {
        let secs = Duration::from_secs;
        assert_eq!(stuck(secs(30), secs(9)), None);
        assert!(stuck(secs(31), secs(0)).is_some_and(|why| why.contains("31 s")));
        assert!(stuck(secs(0), secs(10)).is_some_and(|why| why.contains("sync")));
        assert_eq!(
            beat(secs(30)),
            secs(10),
            "three signs in the patience of the unit file"
        );
        assert_eq!(beat(secs(300)), secs(10));
        assert_eq!(beat(secs(3)), secs(1));
    }
}
