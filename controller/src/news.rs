//! News from the nodes' journals: what wakes the loop at once. News only says where to look; what is seen there decides.

use crate::{core::Core, work::Message};
use jarvis_model::NodeName;
use jarvis_planner::Look;
use jarvis_ports::HostNews;
use std::collections::BTreeSet;
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

/// News that may wait to be heard; what comes while it is full is dropped, for the periodic look sees it too.
const NEWS_WAITING: usize = 64;

/// Follows the journals of the nodes that are known.
#[derive(Debug, Default)]
pub struct Following {
    nodes: BTreeSet<NodeName>,
    tasks: JoinSet<()>,
    current: Vec<AbortHandle>,
}

impl Following {
    /// Begins anew when the set of nodes has changed.
    pub fn keep_up(&mut self, core: &Core, messages: &mpsc::UnboundedSender<Message>) {
        let Some(shell) = core.ports.shell.clone() else {
            return;
        };
        let known: BTreeSet<NodeName> = core.observed.nodes.keys().cloned().collect();
        if known == self.nodes {
            return;
        }
        for task in self.current.drain(..) {
            task.abort();
        }
        self.nodes.clone_from(&known);
        let (sender, mut news) = mpsc::channel(NEWS_WAITING);
        let follow = async move { shell.follow(known.into_iter().collect(), sender).await };
        let messages = messages.clone();
        let pass_on = async move {
            while let Some(news) = news.recv().await {
                if messages.send(Message::News(news)).is_err() {
                    return;
                }
            }
        };
        self.current = vec![self.tasks.spawn(follow), self.tasks.spawn(pass_on)];
        // What was aborted is taken off the list.
        while self.tasks.try_join_next().is_some() {}
    }
}

impl Core {
    /// Where news asks to look: at the guest it names.
    pub(crate) fn absorb_news(&mut self, news: &HostNews) {
        tracing::debug!(node = %news.node, line = %news.line, "news");
        if let Some(vmid) = news.vmid.filter(|vmid| self.observed.guests.contains_key(vmid)) {
            let look = Look::Guest { vmid };
            self.looking.remove(&look);
            self.urgent.insert(look);
        }
    }
}
