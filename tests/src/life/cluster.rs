//! The hypervisor port over the simulated world, without sockets: what the client would have handed up. A dead process
//! hears nothing any more, and sends nothing.

use super::{
    bug::Bug,
    effects, rows,
    stage::{Scene, Stage},
    wire::{self, LOOK_WITHIN, Spoilt, Standing},
};
use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{
    GuestKind, GuestStatus, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Upid, Vmid,
};
use jarvis_ports::{
    Accepted, BackupLook, ClusterLook, HostAnswer, HostRead, Hypervisor, LookError, PerformError, Priority,
    QuorumLook, TaskState,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;

/// The cluster, as one process of Jarvis reaches it.
#[derive(Clone)]
pub struct Cluster {
    /// What is shared.
    pub scene: Scene,
    /// Whether that process lives.
    pub alive: Arc<AtomicBool>,
}

/// A question: in words, about which node, whether its API daemon is needed.
struct Question<'a> {
    what: String,
    about: Option<&'a NodeName>,
    protected: bool,
}

impl Cluster {
    /// Returns when the process lives, and never when it is dead.
    pub async fn breathe(&self) {
        if !self.alive.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }

    async fn ask<T>(
        &self,
        question: Question<'_>,
        read: impl FnOnce(&mut Stage, &str) -> Result<T, LookError> + Send,
    ) -> Result<T, LookError> {
        self.breathe().await;
        let Question {
            what,
            about,
            protected,
        } = question;
        let about = about.map(NodeName::as_str);
        let unreachable = |whom: &str, why: &str| LookError::Unreachable {
            what: what.clone(),
            whom: whom.to_owned(),
            why: why.to_owned(),
        };
        let way = self.scene.with(|stage| stage.way(about));
        let Some(entry) = way.entry.filter(|_| way.delay < LOOK_WITHIN) else {
            sleep(LOOK_WITHIN).await;
            self.breathe().await;
            return Err(unreachable("the cluster", "no entry point answered in time"));
        };
        sleep(way.delay).await;
        self.breathe().await;
        let barred = self.scene.with(|stage| {
            let status = stage.foul_status().map(|status| (Duration::ZERO, status));
            status.or_else(|| wire::barred(&stage.world, &entry, about?, protected))
        });
        if let Some((wait, status)) = barred {
            let left = LOOK_WITHIN.saturating_sub(way.delay);
            sleep(wait.min(left)).await;
            self.breathe().await;
            return Err(if wait > left {
                unreachable(about.unwrap_or_default(), "no answer in time")
            } else {
                wire::refused(&what, status)
            });
        }
        self.scene.with(|stage| {
            if stage.foul_answer() == Some(Spoilt::Nonsense) {
                return Err(LookError::Malformed {
                    what: what.clone(),
                    why: "not JSON".to_owned(),
                });
            }
            read(stage, &entry)
        })
    }
}

fn cluster_question<'a>(what: &str) -> Question<'a> {
    Question {
        what: what.to_owned(),
        about: None,
        protected: false,
    }
}

fn node_question(what: String, node: &NodeName) -> Question<'_> {
    Question {
        what,
        about: Some(node),
        protected: false,
    }
}

/// Rows and fields go missing.
fn thin_out(stage: &mut Stage, look: &mut ClusterLook) {
    if stage.foul_answer() != Some(Spoilt::Partial) {
        return;
    }
    look.guests.retain(|_| !stage.chance(30));
    for guest in &mut look.guests {
        if stage.chance(30) {
            "unknown".clone_into(&mut guest.status);
            guest.name = None;
            guest.uptime_secs = None;
        }
    }
    for node in &mut look.nodes {
        if stage.chance(20) {
            node.uptime_secs = None;
        }
    }
    look.storages.clear();
}

#[async_trait]
impl Hypervisor for Cluster {
    async fn look_cluster(&self) -> Result<ClusterLook, LookError> {
        self.ask(cluster_question("look at the cluster"), |stage, entry| {
            let mut look = rows::cluster(&stage.world, entry);
            if stage.bug == Bug::IgnoresClocks {
                look.told_at = None;
            }
            thin_out(stage, &mut look);
            Ok(look)
        })
        .await
    }

    async fn look_quorum(&self, ask: usize) -> Vec<Result<QuorumLook, LookError>> {
        self.breathe().await;
        let (entries, delay) = self.scene.with(|stage| {
            let open = |stage: &Stage, name: &String| {
                stage.wire.standing(&stage.world.nodes[name]) == Standing::Open
            };
            let names: Vec<String> = stage.world.nodes.keys().cloned().collect();
            let entries: Vec<String> = names
                .into_iter()
                .filter(|name| open(stage, name))
                .take(ask)
                .collect();
            (entries, stage.latency())
        });
        let in_time = !entries.is_empty() && delay < LOOK_WITHIN * 2;
        sleep(if in_time { delay } else { LOOK_WITHIN * 2 }).await;
        self.breathe().await;
        if !in_time {
            return Vec::new();
        }
        self.scene.with(|stage| {
            let answer = |entry: String| {
                if let Some(status) = stage.foul_status() {
                    return Err(wire::refused("look at quorum", status));
                }
                Ok(rows::quorum(&stage.world, &entry))
            };
            entries.into_iter().map(answer).collect()
        })
    }

    async fn look_node(&self, node: &NodeName) -> Result<u64, LookError> {
        let question = node_question(format!("look at node {node}"), node);
        self.ask(question, |stage, entry| {
            if entry != node.as_str() {
                return Err(wire::refused("look at a node by its own API", 595));
            }
            Ok(stage.world.node_sample(node.as_str()).uptime_secs)
        })
        .await
    }

    async fn look_guest(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
        _priority: Priority,
    ) -> Result<LiveStatus, LookError> {
        let question = Question {
            protected: true,
            ..node_question(format!("look at guest {vmid} on {node}"), node)
        };
        let what = question.what.clone();
        let elapsed = self.scene.watch.clone();
        let looked = self
            .ask(question, |stage, _| {
                let found = stage
                    .world
                    .guest_on(node.as_str(), rows::world_kind(kind), vmid.get());
                let guest = found.map_err(|refusal| LookError::Missing {
                    what,
                    why: refusal.text,
                })?;
                let live = rows::live(&stage.world, guest);
                stage
                    .oracle
                    .looked(vmid, live.status.clone(), elapsed.elapsed_ms());
                Ok(live)
            })
            .await;
        let lenient = self.scene.with(|stage| stage.bug == Bug::TakesUnknownForStopped);
        match looked {
            Err(_) if lenient => Ok(LiveStatus {
                status: GuestStatus::Stopped,
                uptime_secs: 0,
                pid: None,
                lock: None,
                ha_managed: false,
            }),
            other => other,
        }
    }

    async fn look_identity(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Option<Identity>, LookError> {
        let question = node_question(format!("look at the config of guest {vmid} on {node}"), node);
        let what = question.what.clone();
        self.ask(question, |stage, _| {
            let found = stage
                .world
                .guest_on(node.as_str(), rows::world_kind(kind), vmid.get());
            let guest = found.map_err(|refusal| LookError::Missing {
                what,
                why: refusal.text,
            })?;
            if stage.bug == Bug::IgnoresIdentity {
                return Ok(Some(Identity(format!("number {vmid}"))));
            }
            Ok(Some(rows::identity(guest)))
        })
        .await
    }

    async fn ping_agent(&self, node: &NodeName, vmid: Vmid) -> Result<bool, LookError> {
        let question = Question {
            protected: true,
            ..node_question(format!("ping the agent of guest {vmid} on {node}"), node)
        };
        self.ask(question, |stage, _| {
            let now = stage.world.now();
            let guest = stage.world.guests.get(&vmid.get());
            let answers = guest.is_some_and(|guest| {
                let up = guest
                    .process
                    .as_ref()
                    .is_some_and(|process| process.ready_at <= now && !process.paused);
                up && guest.agent && !guest.habits.agent_silent
            });
            Ok(answers)
        })
        .await
    }

    async fn look_guest_tasks(
        &self,
        node: &NodeName,
        vmid: Vmid,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let question = node_question(format!("list tasks of guest {vmid} on {node}"), node);
        self.ask(question, |stage, _| {
            let mut tasks = rows::node_tasks(&stage.world, node.as_str(), Some(vmid), since, 50);
            if stage.bug == Bug::IgnoresWhoStopped {
                tasks.retain(|task| task.upid.user().starts_with("jarvis"));
            }
            let count = tasks.len();
            stage.note(
                "looks",
                &format!("{count} tasks of {vmid} on {node} since {}", since.as_secs()),
            );
            Ok(tasks)
        })
        .await
    }

    async fn look_node_tasks(
        &self,
        node: &NodeName,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let question = node_question(format!("list tasks of node {node}"), node);
        self.ask(question, |stage, _| {
            Ok(rows::node_tasks(&stage.world, node.as_str(), None, since, 200))
        })
        .await
    }

    async fn look_backups(&self) -> Result<BackupLook, LookError> {
        Ok(BackupLook::default())
    }
    async fn read_by_agent(
        &self,
        node: &NodeName,
        vmid: Vmid,
        read: &HostRead,
    ) -> Result<HostAnswer, LookError> {
        Err(LookError::Missing {
            what: format!("read {read:?} inside guest {vmid} on {node}"),
            why: "it has no agent".to_owned(),
        })
    }
    async fn look_cluster_tasks(&self) -> Result<Vec<TaskObserved>, LookError> {
        self.ask(cluster_question("list tasks of the cluster"), |stage, entry| {
            let mut tasks = rows::cluster_tasks(&stage.world, entry);
            if stage.bug == Bug::IgnoresWhoStopped {
                tasks.retain(|task| task.upid.user().starts_with("jarvis"));
            }
            Ok(tasks)
        })
        .await
    }

    async fn look_task(&self, upid: &Upid) -> Result<TaskState, LookError> {
        let question = node_question(format!("look at task {upid}"), upid.node());
        self.ask(question, |stage, _| {
            let task = stage.world.task(upid.as_str());
            Ok(match task.map(|task| &task.end) {
                None => TaskState::Gone,
                Some(None) if stage.bug == Bug::BelievesReplies => TaskState::Ended("OK".to_owned()),
                Some(None) => TaskState::Running,
                Some(Some(end)) => TaskState::Ended(end.status.clone()),
            })
        })
        .await
    }

    async fn look_task_log(&self, upid: &Upid, lines: usize) -> Result<Vec<String>, LookError> {
        let question = node_question(format!("read the log of task {upid}"), upid.node());
        self.ask(question, |stage, _| {
            let log = stage
                .world
                .task(upid.as_str())
                .map(jarvis_simulator::world::task::Task::lines)
                .unwrap_or_default();
            Ok(log.into_iter().rev().take(lines).rev().collect())
        })
        .await
    }

    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError> {
        effects::perform(self, permit).await
    }
}
