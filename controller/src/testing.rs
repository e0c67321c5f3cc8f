//! For tests of what stands above the controller: a [`Handle`] with no loop behind it. The test takes the commands,
//! publishes the pictures and announces the records itself.

use crate::{command::Command, handle::Handle, history::History, view::View};
use jarvis_ports::{Journal, ManifestSource, Store, Stored};
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, broadcast, mpsc, watch};

/// The other end of a [`Handle`].
pub struct TestSide {
    /// Commands as they are asked.
    pub commands: mpsc::Receiver<Command>,
    /// Where pictures are published.
    pub views: watch::Sender<Arc<View>>,
    /// Where records are announced.
    pub records: broadcast::Sender<Arc<Stored>>,
    /// Notified when somebody wants the source fetched.
    pub wake_source: Arc<Notify>,
    /// Figures over time, as the loop collects them.
    pub history: Arc<Mutex<History>>,
}

/// A handle over the given picture and ports, and its other end.
pub fn handle(
    view: View,
    journal: Arc<dyn Journal>,
    store: Arc<dyn Store>,
    source: Option<Arc<dyn ManifestSource>>,
) -> (Handle, TestSide) {
    let (view_sender, views) = watch::channel(Arc::new(view));
    let (record_sender, _) = broadcast::channel(256);
    let (command_sender, commands) = mpsc::channel(64);
    let wake_source = Arc::new(Notify::new());
    let history = Arc::new(Mutex::new(History::default()));
    let handle = Handle {
        views,
        records: record_sender.clone(),
        commands: command_sender,
        wake_source: wake_source.clone(),
        journal,
        store,
        source,
        history: history.clone(),
        outputs: Arc::default(),
        proposing: crate::proposals::Proposing::default(),
        reads: None,
    };
    (
        handle,
        TestSide {
            commands,
            views: view_sender,
            records: record_sender,
            wake_source,
            history,
        },
    )
}
