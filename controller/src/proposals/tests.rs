//! Pushing approved proposals on heads that moved on, and what a commit says; the source is a branch in memory.

mod life;

use super::{
    Proposing, PushMode,
    commit::message,
    publish::{Published, publish},
};
use async_trait::async_trait;
use jarvis_crds::change::{apply, difference};
use jarvis_model::{
    Digest, Door, ManifestChange, Origin, Proposal, ProposalId, ProposalState, ResourceKey, Role, Timestamp,
};
use jarvis_ports::{Change, Fetched, ManifestSource, PushError, PushTarget, Pushed, SourceError};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const WEB: &str = "# Web.\napiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web}\nspec:\n  vmid: 101\n  runStrategy: Always # always\n";

fn files(text: &str) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([("web.yaml".to_owned(), text.as_bytes().to_vec())])
}

fn set(field: &str, new: Value) -> ManifestChange {
    let resource: ResourceKey = "VirtualMachine/web".parse().unwrap();
    ManifestChange::Set {
        resource,
        field: field.to_owned(),
        old: None,
        new,
    }
}

fn proposal(changes: Vec<ManifestChange>) -> Arc<Proposal> {
    let after = apply(&files(WEB), &changes).unwrap();
    Arc::new(Proposal {
        id: ProposalId("p1".to_owned()),
        title: "Leave web alone".to_owned(),
        reason: "It is being moved to the other house, which takes a good while and should not be disturbed by anybody at all.\nProposal: other"
            .to_owned(),
        origin: Origin::Person {
            user: "anna lee".to_owned(),
            role: Role::Operator,
            door: Door::Dashboard,
        },
        conversation: Some("c7".to_owned()),
        base: "base".to_owned(),
        files: difference(&files(WEB), &after),
        changes,
        resources: BTreeMap::new(),
        effect: "Changes VirtualMachine/web.".to_owned(),
        foreseen: Vec::new(),
        needs: Role::Operator,
        needs_reason: None,
        digest: Digest::of(&1),
        made_at: Timestamp::default(),
        expires_at: Timestamp::default(),
        state: ProposalState::Waiting,
    })
}

/// A branch that may move on before the first push, and a server that may refuse it.
struct Branch {
    head: Mutex<(String, String)>,
    refuses: Option<&'static str>,
    pushed: Mutex<Vec<Change>>,
}

impl Branch {
    fn at(head: &str, text: &str) -> Arc<Self> {
        Arc::new(Self {
            head: Mutex::new((head.to_owned(), text.to_owned())),
            refuses: None,
            pushed: Mutex::default(),
        })
    }

    fn pushed(&self) -> Vec<Change> {
        self.pushed.lock().unwrap().clone()
    }
}

#[async_trait]
impl ManifestSource for Branch {
    async fn fetch(&self, _: Option<&str>) -> Result<Option<Fetched>, SourceError> {
        let (commit, text) = self.head.lock().unwrap().clone();
        Ok(Some(Fetched {
            commit,
            summary: String::new(),
            files: files(&text),
        }))
    }

    async fn read(&self, _: &str) -> Result<Fetched, SourceError> {
        Ok(self.fetch(None).await?.unwrap())
    }

    async fn push(&self, change: Change) -> Result<Pushed, PushError> {
        let in_force = change.target == PushTarget::InForce;
        if in_force && let Some(why) = self.refuses {
            return Err(PushError::Refused {
                branch: "main".to_owned(),
                why: why.to_owned(),
            });
        }
        if in_force && self.head.lock().unwrap().0 != change.base {
            return Err(PushError::Moved);
        }
        let branch = match &change.target {
            PushTarget::InForce => "main".to_owned(),
            PushTarget::Own(name) => name.clone(),
        };
        self.pushed.lock().unwrap().push(change);
        Ok(Pushed {
            commit: "new".to_owned(),
            branch,
        })
    }
}

async fn published(branch: &Arc<Branch>, changes: Vec<ManifestChange>) -> Published {
    publish(
        branch.clone(),
        proposal(changes),
        "berta".to_owned(),
        Proposing::default(),
    )
    .await
}

fn text(change: &Change) -> String {
    String::from_utf8(change.files["web.yaml"].clone().unwrap()).unwrap()
}

#[tokio::test]
async fn a_change_is_made_again_where_others_changed_something_else() {
    let branch = Branch::at("base", WEB);
    let change = || vec![set("spec.runStrategy", json!("Manual"))];
    let end = published(&branch, change()).await;
    assert!(matches!(&end, Published::Pushed { request: None, .. }), "{end:?}");
    assert_eq!(
        text(&branch.pushed()[0]),
        WEB.replace("Always # always", "Manual # always")
    );

    let theirs = WEB.replace("# Web.", "# The web, by others.");
    let branch = Branch::at("newer", &theirs);
    let end = published(&branch, change()).await;
    assert!(matches!(&end, Published::Pushed { .. }), "{end:?}");
    let pushed = branch.pushed();
    assert_eq!(pushed[0].base, "newer");
    assert_eq!(
        text(&pushed[0]),
        theirs.replace("Always # always", "Manual # always")
    );
}

#[tokio::test]
async fn a_conflict_names_both_versions_and_pushes_nothing() {
    let change = || vec![set("spec.runStrategy", json!("Manual"))];
    for (theirs, says) in [
        (WEB.replace("Always #", "Halted #"), "from Always to Halted"),
        ("# empty\n".to_owned(), "VirtualMachine/web was removed"),
        (
            format!("{WEB}---\n{}", WEB.replace("name: web", "name: db")),
            "no sound manifests",
        ),
    ] {
        let branch = Branch::at("newer", &theirs);
        let end = published(&branch, change()).await;
        let Published::Conflict(why) = end else {
            panic!("{end:?}")
        };
        assert!(why.contains(says), "{why}");
        assert!(why.contains("made on base and the branch is at newer"), "{why}");
        assert_eq!(branch.pushed(), Vec::new());
    }
}

#[tokio::test]
async fn what_the_server_does_not_take_goes_to_a_branch_of_its_own() {
    let branch = Arc::new(Branch {
        head: Mutex::new(("base".to_owned(), WEB.to_owned())),
        refuses: Some("protected branch hook declined"),
        pushed: Mutex::default(),
    });
    let end = published(&branch, vec![set("spec.runStrategy", json!("Manual"))]).await;
    let Published::Pushed {
        branch: name,
        request: Some(request),
        ..
    } = end
    else {
        panic!("{end:?}")
    };
    assert_eq!(name, "jarvis/proposal-p1");
    assert!(
        request.contains("protected branch hook declined") && request.contains("Title: Leave web alone"),
        "{request}"
    );

    let proposing = Proposing {
        push: PushMode::OwnBranch,
        ..Proposing::default()
    };
    let branch = Branch::at("base", WEB);
    let own = proposal(vec![set("spec.runStrategy", json!("Manual"))]);
    let end = publish(branch.clone(), own, "berta".to_owned(), proposing).await;
    assert!(
        matches!(&end, Published::Pushed { request: Some(request), .. } if request.contains("proposal-branch")),
        "{end:?}"
    );
    assert_eq!(branch.pushed()[0].author.email, "anna-lee@jarvis.local");
}

#[test]
fn a_message_has_its_trailers_at_the_end_and_short_lines() {
    let text = message(&proposal(vec![set("spec.runStrategy", json!("Manual"))]), "berta");
    assert!(text.lines().all(|line| line.chars().count() <= 76), "{text}");
    assert!(text.starts_with("Leave web alone\n\nIt is being moved"), "{text}");
    assert!(
        text.ends_with(
            "Proposal: other\n\nProposed-by: anna lee (dashboard)\nApproved-by: berta\nProposal: p1\nConversation: c7\n"
        ),
        "{text}"
    );
}
