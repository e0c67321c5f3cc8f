//! The [`HostShell`] port: reads, permitted effects, journals.

use crate::{
    journal,
    link::{Link, NotRun, Program},
    login::Trouble,
    options::{JournalUse, Options},
    wake,
};
use async_trait::async_trait;
use futures::future::try_join_all;
use jarvis_guard::Permit;
use jarvis_model::{Effect, Host, NodeName, Reach, Timestamp};
use jarvis_ports::{
    Accepted, HostAnswer, HostNews, HostRead, HostShell, LookError, PerformError,
    hostread::{self, Output},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::{Semaphore, mpsc};

/// How much longer than a program may take is waited for what it says: the host itself ends it.
pub(crate) const LATE: Duration = Duration::from_secs(3);

/// Hosts over SSH.
pub struct Ssh {
    pub(crate) options: Options,
    links: BTreeMap<Host, Arc<Link>>,
}

impl Ssh {
    /// Opens no connection.
    pub fn new(options: Options) -> Self {
        let running = Arc::new(Semaphore::new(options.limits.programs_at_once));
        let link = |(host, endpoint): (&Host, &crate::Endpoint)| {
            let link = Link::new(host.clone(), endpoint.clone(), &options, Arc::clone(&running));
            (host.clone(), Arc::new(link))
        };
        Self {
            links: options.hosts.iter().map(link).collect(),
            options,
        }
    }

    /// The hosts that are configured.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.links.keys()
    }

    pub(crate) fn link(&self, host: &Host) -> Option<&Arc<Link>> {
        self.links.get(host)
    }

    /// Runs one of the programs that only read.
    async fn look(&self, link: &Link, argv: &[String], what: &str) -> Result<Output, LookError> {
        let program = Program {
            argv,
            within: self.options.limits.read + LATE,
        };
        link.run(&program, None)
            .await
            .map_err(|not_run| look_error(not_run, what, link, argv))
    }

    /// Carries out an effect before `send_before`, once or not at all.
    pub(crate) async fn send(
        &self,
        effect: &Effect,
        send_before: Timestamp,
    ) -> Result<Accepted, PerformError> {
        let (host, argv) = request(effect)?;
        let shown = hostread::clean(&argv.join(" "));
        let what = match effect {
            Effect::Wake { node, .. } => format!("wake node {node} from {host}"),
            _ => format!("run {shown:?} on {host}"),
        };
        let rejected = |why: String, retryable| PerformError::Rejected {
            text: format!("{what}: {why}; nothing was run"),
            retryable,
        };
        let link = self.link(&host).ok_or_else(|| {
            rejected(
                "no SSH access to it is configured (`ssh` in jarvis.yaml)".to_owned(),
                false,
            )
        })?;
        let program = Program {
            argv: &argv,
            within: self.options.limits.act,
        };
        tracing::info!(host = %host, effect = %what, "running over SSH");
        match link
            .run(&program, Some((&*self.options.clock, send_before)))
            .await
        {
            Ok(output) if output.succeeded() => Ok(Accepted::by_program(effect, output)),
            Ok(output) => Err(PerformError::Failed {
                text: format!("{what}: {}", output.told()),
            }),
            Err(NotRun::NoConnection(trouble)) => {
                let passing = matches!(trouble, Trouble::Unreachable(_));
                Err(rejected(trouble.why().to_owned(), passing))
            }
            Err(NotRun::NotStarted(why)) => Err(rejected(why, true)),
            Err(NotRun::Perhaps(why)) => Err(PerformError::Unknown {
                text: format!("{what}: {why}; whether it was done is not known"),
            }),
        }
    }
}

/// Where an effect is carried out, and by what.
fn request(effect: &Effect) -> Result<(Host, Vec<String>), PerformError> {
    let rejected = |text: String| PerformError::Rejected {
        text,
        retryable: false,
    };
    match effect {
        Effect::Host {
            host,
            reach: Reach::Ssh,
            request,
            ..
        } => {
            let argv = hostread::request(request).map_err(|unfit| rejected(format!("on {host}: {unfit}")))?;
            Ok((host.clone(), argv))
        }
        Effect::Wake {
            mac,
            broadcast,
            via: Some(node),
            ..
        } => {
            let argv = wake::argv(mac, *broadcast).map_err(rejected)?;
            Ok((Host::Node(node.clone()), argv))
        }
        Effect::Host { .. } | Effect::Wake { .. } | Effect::Guest { .. } | Effect::Node { .. } => {
            Err(rejected("this is not done over SSH; nothing was run".to_owned()))
        }
    }
}

/// What went wrong, as the error of a look.
pub(crate) fn look_error(not_run: NotRun, what: &str, link: &Link, argv: &[String]) -> LookError {
    let (what, whom) = (what.to_owned(), link.whom());
    let program = argv.first().map_or("", String::as_str);
    match not_run {
        NotRun::NoConnection(Trouble::Unreachable(why)) | NotRun::NotStarted(why) => {
            LookError::Unreachable { what, whom, why }
        }
        NotRun::NoConnection(Trouble::NoLogin(why)) => LookError::NoLogin { what, whom, why },
        NotRun::NoConnection(Trouble::UnknownKey(why)) => LookError::HostKeyUnknown { what, whom, why },
        NotRun::NoConnection(Trouble::ChangedKey(why)) => LookError::HostKeyChanged { what, whom, why },
        NotRun::Perhaps(why) => LookError::Unreachable {
            what,
            whom,
            why: format!("`{program}`: {why}"),
        },
    }
}

#[async_trait]
impl HostShell for Ssh {
    fn reaches(&self, host: &Host) -> bool {
        self.links.contains_key(host)
    }

    async fn read(&self, host: &Host, read: &HostRead) -> Result<HostAnswer, LookError> {
        let what = hostread::words(read);
        let missing = |why: String| LookError::Missing {
            what: format!("{what} on {host}"),
            why,
        };
        let link = self.link(host).ok_or_else(|| {
            missing("no SSH access to it is configured; add it under `ssh` in jarvis.yaml".to_owned())
        })?;
        let programs =
            hostread::programs(read, self.options.limits.read).map_err(|unfit| missing(unfit.to_string()))?;
        let outputs = try_join_all(programs.iter().map(|argv| self.look(link, argv, &what))).await?;
        hostread::answer(read, &outputs, &what, &host.to_string())
    }

    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError> {
        self.send(permit.effect(), permit.send_before()).await
    }

    async fn follow(&self, nodes: Vec<NodeName>, news: mpsc::Sender<HostNews>) {
        if self.options.journal == JournalUse::Leave {
            return;
        }
        let links = nodes
            .into_iter()
            .filter_map(|node| Some((node.clone(), Arc::clone(self.link(&Host::Node(node))?))));
        journal::follow(links.collect(), &self.options.limits, news).await;
    }
}
