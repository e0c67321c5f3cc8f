//! Proposals through the loop: who may, what is durable, and what the next process finds. The cluster behind it is silent.

use super::{Branch, WEB, set};
use crate::{
    CommandError, Handle, Options, Person, Ports, ProposeChange, Proposing, PushMode, controller,
    silent::Silent,
};
use async_trait::async_trait;
use jarvis_model::{Door, Event, FreezeScope, ManifestChange, Origin, Proposal, ProposalState, Role, Scope};
use jarvis_ports::{Change, Fetched, ManifestSource, PushError, Pushed, SourceError, SystemClock};
use jarvis_store::{MemoryJournal, MemoryStore};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A source whose pushes never come to an end.
struct Stuck(Arc<Branch>);

#[async_trait]
impl ManifestSource for Stuck {
    async fn fetch(&self, known: Option<&str>) -> Result<Option<Fetched>, SourceError> {
        self.0.fetch(known).await
    }
    async fn read(&self, revision: &str) -> Result<Fetched, SourceError> {
        self.0.read(revision).await
    }
    async fn push(&self, _: Change) -> Result<Pushed, PushError> {
        std::future::pending().await
    }
}

struct House {
    handle: Handle,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl House {
    fn begin(journal: &Arc<MemoryJournal>, source: Arc<dyn ManifestSource>, proposing: Proposing) -> Self {
        let ports = Ports {
            hypervisor: Arc::new(Silent),
            journal: journal.clone(),
            store: Arc::new(MemoryStore::default()),
            source: Some(source),
            shell: None,
            waker: None,
            probe: Arc::new(Silent),
            recorder: None,
            clock: Arc::new(SystemClock),
        };
        let options = Options {
            proposing,
            ..Options::default()
        };
        let (service, handle) = controller(options, ports);
        let stop = CancellationToken::new();
        let task = tokio::spawn(service.run(stop.clone()));
        Self { handle, stop, task }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    async fn propose(&self, changes: Vec<ManifestChange>, by: Origin) -> Result<Arc<Proposal>, CommandError> {
        let propose = ProposeChange {
            title: "Leave web alone".to_owned(),
            reason: String::new(),
            changes,
            conversation: None,
        };
        self.handle.propose_change(propose, by).await
    }

    async fn approve(&self, proposal: &Proposal, by: Person) -> Result<Arc<Proposal>, CommandError> {
        let (id, digest) = (proposal.id.clone(), proposal.digest.clone());
        self.handle.approve_proposal(id, digest, by).await
    }
}

fn person(user: &str, role: Role) -> Person {
    Person {
        user: user.to_owned(),
        role,
        door: Door::Dashboard,
    }
}

fn origin(role: Role) -> Origin {
    Origin::Person {
        user: "anna".to_owned(),
        role,
        door: Door::Dashboard,
    }
}

fn manual() -> Vec<ManifestChange> {
    vec![set("spec.runStrategy", json!("Manual"))]
}

fn needs(result: &Result<Arc<Proposal>, CommandError>) -> String {
    match result {
        Err(CommandError::NotAllowed { needs, .. }) => needs.clone(),
        other => panic!("{other:?}"),
    }
}

fn why(result: &Result<Arc<Proposal>, CommandError>) -> String {
    match result {
        Err(CommandError::WrongState { why, .. }) => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_may_propose_and_who_may_approve() {
    let journal = Arc::new(MemoryJournal::default());
    let house = House::begin(&journal, Branch::at("base", WEB), Proposing::default());
    let scoped = |scopes| Origin::Mcp {
        token: "helper".to_owned(),
        scopes,
    };
    assert_eq!(
        needs(&house.propose(manual(), origin(Role::Viewer)).await),
        "operator"
    );
    let reads = house.propose(manual(), scoped(vec![Scope::Read])).await;
    assert_eq!(needs(&reads), "or scope propose");
    let made = house
        .propose(manual(), scoped(vec![Scope::Propose]))
        .await
        .unwrap();
    let again = house
        .propose(manual(), scoped(vec![Scope::Propose]))
        .await
        .unwrap();
    assert_eq!(made.id, again.id, "the same is not kept twice");

    let token = Event::TokenCreated {
        name: "helper".to_owned(),
        secret_hash: String::new(),
        role: Role::Admin,
        scopes: vec![Scope::Propose],
        by: "anna".to_owned(),
        expires_at: None,
    };
    house.handle.record_access(token).await.unwrap();
    let assistant = house.approve(&made, person("token:helper", Role::Admin)).await;
    assert_eq!(needs(&assistant), "of a person", "whatever its role");
    assert_eq!(
        needs(&house.approve(&made, person("vera", Role::Viewer)).await),
        "operator"
    );

    let tight = house
        .propose(vec![set("spec.autonomy", json!("L1"))], origin(Role::Operator))
        .await
        .unwrap();
    assert_eq!(tight.needs, Role::Admin);
    assert_eq!(
        needs(&house.approve(&tight, person("otto", Role::Operator)).await),
        "admin"
    );
    let done = house.approve(&tight, person("ada", Role::Admin)).await.unwrap();
    assert!(
        matches!(&done.state, ProposalState::Pushed { by, .. } if by == "ada"),
        "{done:?}"
    );
    house.end().await;
}

#[tokio::test]
async fn what_cannot_be_answered_any_more_says_why() {
    let journal = Arc::new(MemoryJournal::default());
    let house = House::begin(&journal, Branch::at("base", WEB), Proposing::default());
    let otto = || person("otto", Role::Operator);
    let made = house.propose(manual(), origin(Role::Operator)).await.unwrap();
    let mut other = Proposal::clone(&made);
    other.digest = jarvis_model::Digest::of(&"other");
    assert!(why(&house.approve(&other, otto()).await).contains("another digest"));
    let freeze = house
        .handle
        .freeze(FreezeScope::All, "storm".to_owned(), None, otto())
        .await;
    freeze.unwrap();
    let frozen = house.approve(&made, otto()).await;
    assert!(
        matches!(&frozen, Err(CommandError::Refused(refusal)) if refusal.rule == jarvis_model::Rule::Frozen)
    );
    house.handle.thaw(otto()).await.unwrap();
    let said = house
        .handle
        .reject_proposal(made.id.clone(), "no".to_owned(), otto())
        .await
        .unwrap();
    assert!(matches!(&said.state, ProposalState::Rejected { reason, .. } if reason == "no"));
    assert_eq!(why(&house.approve(&made, otto()).await), "it is rejected already");
    house.end().await;

    for (proposing, says) in [
        (
            Proposing {
                expires_after: Duration::ZERO,
                ..Proposing::default()
            },
            "expired",
        ),
        (
            Proposing {
                push: PushMode::Off,
                ..Proposing::default()
            },
            "commit the change in the repository yourself",
        ),
    ] {
        let journal = Arc::new(MemoryJournal::default());
        let house = House::begin(&journal, Branch::at("base", WEB), proposing);
        let made = house.propose(manual(), origin(Role::Operator)).await.unwrap();
        let said = why(&house.approve(&made, otto()).await);
        assert!(said.contains(says), "{said}");
        house.end().await;
    }
}

#[tokio::test]
async fn what_was_approved_is_pushed_by_the_next_process() {
    let journal = Arc::new(MemoryJournal::default());
    let branch = Branch::at("base", WEB);
    let house = House::begin(&journal, Arc::new(Stuck(branch.clone())), Proposing::default());
    let made = house.propose(manual(), origin(Role::Operator)).await.unwrap();
    let handle = house.handle.clone();
    let approving = tokio::spawn({
        let (handle, made) = (handle.clone(), made.clone());
        async move {
            let by = person("otto", Role::Operator);
            handle
                .approve_proposal(made.id.clone(), made.digest.clone(), by)
                .await
        }
    });
    let state = |view: &crate::View| view.memory.proposals[&made.id].state.clone();
    let mut views = handle.watch();
    let approved = views.wait_for(|view| matches!(state(view), ProposalState::Approved { .. }));
    tokio::time::timeout(Duration::from_secs(20), approved)
        .await
        .unwrap()
        .unwrap();
    house.end().await;
    assert!(
        approving.await.unwrap().is_err(),
        "it cannot say what became of it"
    );
    assert_eq!(branch.pushed(), Vec::new());

    let house = House::begin(&journal, branch.clone(), Proposing::default());
    let mut views = house.handle.watch();
    let pushed = views.wait_for(|view| matches!(state(view), ProposalState::Pushed { .. }));
    tokio::time::timeout(Duration::from_secs(20), pushed)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(branch.pushed().len(), 1);
    house.end().await;
}
