//! What is remembered of an entry point between calls: whether it is put aside, whether it refused the token, whose
//! node it is, and how its answers were counted. Decides nothing.

use jarvis_model::NodeName;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// State of one entry point.
#[derive(Debug, Default)]
pub struct Health {
    state: Mutex<State>,
    counts: [AtomicU64; Class::ALL.len()],
}

#[derive(Debug, Default)]
struct State {
    node: Option<NodeName>,
    aside: Option<(Instant, String)>,
    unauthenticated: Option<(Instant, String)>,
}

/// What a request ended in, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// 200 to 299.
    Success,
    /// 300 to 399.
    Redirect,
    /// 400 to 499.
    Refused,
    /// 500 to 594 and anything odd.
    Failed,
    /// 595 to 599: the entry point could not reach the node.
    Proxy,
    /// No answer: refused, timed out, broken off, not HTTP.
    Transport,
}

impl Class {
    /// All, in order.
    pub const ALL: [Self; 6] = [
        Self::Success,
        Self::Redirect,
        Self::Refused,
        Self::Failed,
        Self::Proxy,
        Self::Transport,
    ];

    /// Label for a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "2xx",
            Self::Redirect => "3xx",
            Self::Refused => "4xx",
            Self::Failed => "5xx",
            Self::Proxy => "59x",
            Self::Transport => "none",
        }
    }

    /// Of an HTTP status.
    pub fn of(status: u16) -> Self {
        match status {
            200..=299 => Self::Success,
            300..=399 => Self::Redirect,
            400..=499 => Self::Refused,
            595..=599 => Self::Proxy,
            _ => Self::Failed,
        }
    }
}

impl Health {
    /// Of an entry point whose node may be known.
    pub fn new(node: Option<NodeName>) -> Self {
        Self {
            state: Mutex::new(State {
                node,
                ..State::default()
            }),
            counts: Default::default(),
        }
    }

    /// The node behind it, once known.
    pub fn node(&self) -> Option<NodeName> {
        self.lock().node.clone()
    }

    /// Learns whose node it is; gives back a different name believed before.
    pub fn learn(&self, node: &NodeName) -> Option<NodeName> {
        self.lock()
            .node
            .replace(node.clone())
            .filter(|before| before != node)
    }

    /// It answered.
    pub fn answered(&self) {
        self.lock().aside = None;
    }

    /// It did not answer: ask others first for a while. True when it was in good standing before.
    pub fn put_aside(&self, span: Duration, why: &str) -> bool {
        let mut state = self.lock();
        let news = state.aside.is_none();
        state.aside = Some((Instant::now() + span, why.to_owned()));
        news
    }

    /// Why it is put aside, while it is.
    pub fn aside(&self) -> Option<String> {
        let state = self.lock();
        state
            .aside
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, why)| why.clone())
    }

    /// It did not accept the token.
    pub fn refuse_token(&self, span: Duration, why: &str) {
        self.lock().unauthenticated = Some((Instant::now() + span, why.to_owned()));
    }

    /// It accepted the token.
    pub fn accept_token(&self) {
        self.lock().unauthenticated = None;
    }

    /// Why it refused the token, while that is recent.
    pub fn token_refused(&self) -> Option<String> {
        let state = self.lock();
        state
            .unauthenticated
            .as_ref()
            .filter(|(until, _)| Instant::now() < *until)
            .map(|(_, why)| why.clone())
    }

    /// Counts a request.
    pub fn count(&self, class: Class) {
        self.counts[class as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Requests by class.
    pub fn counts(&self) -> BTreeMap<Class, u64> {
        Class::ALL
            .into_iter()
            .map(|class| (class, self.counts[class as usize].load(Ordering::Relaxed)))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn being_put_aside_and_refusing_the_token_end_by_themselves() {
        let health = Health::new(None);
        assert!(health.put_aside(Duration::from_secs(20), "timed out"));
        assert!(
            !health.put_aside(Duration::from_secs(20), "timed out"),
            "no news the second time"
        );
        health.refuse_token(Duration::from_mins(1), "No ticket");
        tokio::time::advance(Duration::from_secs(19)).await;
        assert_eq!(health.aside().as_deref(), Some("timed out"));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(health.aside(), None);
        assert_eq!(health.token_refused().as_deref(), Some("No ticket"));
        tokio::time::advance(Duration::from_secs(40)).await;
        assert_eq!(health.token_refused(), None);
        health.put_aside(Duration::from_secs(20), "again");
        health.answered();
        assert_eq!(health.aside(), None);
    }

    #[test]
    fn classes_follow_the_status() {
        for (status, class) in [
            (200, Class::Success),
            (301, Class::Redirect),
            (401, Class::Refused),
            (500, Class::Failed),
            (595, Class::Proxy),
            (599, Class::Proxy),
            (700, Class::Failed),
        ] {
            assert_eq!(Class::of(status), class);
        }
        let health = Health::default();
        health.count(Class::Proxy);
        assert_eq!(health.counts()[&Class::Proxy], 1);
    }
}
