//! Telling people: the notifier follows the controller's handle. It reads the journal and the published picture, so a slow or
//! dead server never keeps the loop waiting, and a freeze does not silence it.

use crate::{config::Config, exit::Failure, run::listening};
use async_trait::async_trait;
use jarvis_controller::{Handle, View};
use jarvis_notify::{Followed, Options, Picture, Sender, Service};
use jarvis_ports::{Clock, Journal, Narrator};
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Follows the published pictures.
struct Following {
    views: watch::Receiver<Arc<View>>,
    /// Whether manifests say what is declared; channels are manifests too.
    declares: bool,
}

#[async_trait]
impl Followed for Following {
    fn picture(&self) -> Option<Picture> {
        let view = self.views.borrow().clone();
        let known = !self.declares || !view.desired.revision.commit.is_empty();
        known.then(|| Picture {
            cluster: view.cluster.clone(),
            desired: view.desired.clone(),
            observed: view.observed.clone(),
            at: view.at,
        })
    }

    async fn changed(&mut self) {
        if self.views.changed().await.is_err() {
            // The loop has ended, and this will be ended too.
            std::future::pending::<()>().await;
        }
    }
}

/// What sends letters by the config's servers.
pub fn sender(config: &Config, clock: Arc<dyn Clock>) -> Result<Sender, Failure> {
    let settings = Arc::new(config.notifications.clone());
    let sender = Sender::new(settings, listening::host_name(), config.public_url.clone(), clock);
    sender.map_err(Failure::error)
}

/// The notifier, ready to run; escalations and reports are put into words where there is a narrator.
pub fn service(
    config: &Config,
    handle: &Handle,
    journal: Arc<dyn Journal>,
    (clock, narrator): (&Arc<dyn Clock>, Option<Arc<dyn Narrator>>),
) -> Result<Service, Failure> {
    let options = Options {
        state: config.state.clone(),
        sender: sender(config, clock.clone())?,
        narrator,
    };
    let following = Following {
        views: handle.watch(),
        declares: config.source.is_some(),
    };
    Service::open(options, journal, clock.clone(), Box::new(following))
        .map_err(|error| Failure::error(error.to_string()))
}

/// Runs it; what breaks it breaks nothing else.
pub async fn run(service: Option<Service>, stop: CancellationToken) {
    let Some(service) = service else { return };
    if let Err(error) = tokio::spawn(service.run(stop)).await {
        tracing::error!(%error, "the notifier broke off: nobody is told of anything until the next start; this is a fault of Jarvis");
    }
}
