//! Proposals over GraphQL: previews, what is proposed, and who may answer.

use crate::support::{Api, puppet::COMMIT};
use jarvis_model::{Event, Role};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const PREVIEW: &str = "query($files: [FileEdit!], $patches: [PatchInput!]) { previewChange(files: $files, patches: $patches) {
    base diff effect needs needsReason files { path before after } errors { path line column resource field text }
    statuses { resource } decisions { text verdict new } } }";
const PROPOSE: &str = "mutation($title: String!, $files: [FileEdit!], $patches: [PatchInput!]) { proposeChange(title: $title,
    files: $files, patches: $patches) { id state outcome digest needs mayApprove by title diff base resources { key } } }";

fn patches(field: &str, new: Value) -> Value {
    json!({"title": "t", "patches": [{"resource": "VirtualMachine/web-01", "field": field, "new": new}]})
}

async fn api() -> Api {
    let api = Api::start().await;
    api.puppet.append(vec![Event::RevisionApplied {
        commit: COMMIT.to_owned(),
        hash: "h".to_owned(),
        resources: BTreeMap::new(),
    }]);
    api
}

#[tokio::test]
async fn a_preview_shows_the_difference_and_records_nothing() {
    let api = api().await;
    let token = api.token("o", Role::Operator);
    let answer = api
        .query_with(&token, PREVIEW, patches("spec.runStrategy", json!("Manual")))
        .await;
    let preview = &answer.data()["previewChange"];
    assert_eq!(preview["base"], COMMIT);
    assert_eq!(
        (&preview["needs"], &preview["errors"]),
        (&json!("OPERATOR"), &json!([]))
    );
    let effect = preview["effect"].as_str().unwrap();
    assert!(
        effect.starts_with("Changes VirtualMachine/web-01: spec.runStrategy from RerunOnFailure to Manual."),
        "{effect}"
    );
    let diff = preview["diff"].as_str().unwrap();
    assert!(
        diff.contains(
            "-spec: {vmid: 101, runStrategy: RerunOnFailure}\n+spec: {vmid: 101, runStrategy: Manual}"
        ),
        "{diff}"
    );
    assert_eq!(api.puppet.asked(), Vec::<String>::new());

    let answer = api
        .query_with(&token, PREVIEW, patches("spec.runStrategy", json!("Sometimes")))
        .await;
    let errors = &answer.data()["previewChange"]["errors"];
    assert_eq!(errors[0]["field"], "spec.runStrategy");
    assert_eq!(
        (&errors[0]["path"], &errors[0]["line"]),
        (&json!("all.yaml"), &json!(5))
    );

    let answer = api
        .query_with(&token, PREVIEW, patches("spec.autonomy", json!("L3")))
        .await;
    assert_eq!(answer.data()["previewChange"]["needs"], "ADMIN");
    let whole = json!({"files": [{"path": "all.yaml"}, {"path": "new.yaml", "content": "kind: Nothing\n"}]});
    let answer = api.query_with(&token, PREVIEW, whole).await;
    assert!(
        !answer.data()["previewChange"]["errors"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(api.query_with(&token, PREVIEW, json!({})).await.code(), "INVALID");
}

#[tokio::test]
async fn a_proposal_is_made_on_the_head_and_answered_by_its_digest() {
    let api = api().await;
    let (operator, viewer) = (api.token("o", Role::Operator), api.token("v", Role::Viewer));
    let change = patches("spec.runStrategy", json!("Manual"));
    assert_eq!(
        api.query_with(&viewer, PROPOSE, change.clone()).await.code(),
        "FORBIDDEN"
    );
    let answer = api.query_with(&operator, PROPOSE, change).await;
    let made = answer.data()["proposeChange"].clone();
    assert_eq!(
        (&made["state"], &made["by"], &made["mayApprove"]),
        (&json!("WAITING"), &json!("token:o (graphql)"), &json!(true))
    );
    assert_eq!(made["resources"], json!([{"key": "VirtualMachine/web-01"}]));
    let list = "{ proposals(open: true) { id title mayApprove files { path } } }";
    let seen = api.query(&viewer, list).await;
    let seen = &seen.data()["proposals"][0];
    assert_eq!((&seen["id"], &seen["mayApprove"]), (&made["id"], &json!(false)));

    let approve = "mutation($id: String!, $digest: String!) { approveProposal(id: $id, digest: $digest) { state commit outcome decidedBy } }";
    let variables = json!({"id": made["id"], "digest": made["digest"]});
    assert_eq!(
        api.query_with(&viewer, approve, variables.clone()).await.code(),
        "FORBIDDEN"
    );
    let short = json!({"id": made["id"], "digest": "abc"});
    assert_eq!(api.query_with(&operator, approve, short).await.code(), "INVALID");
    let answer = api.query_with(&operator, approve, variables).await;
    let approved = &answer.data()["approveProposal"];
    assert_eq!(
        (&approved["state"], &approved["decidedBy"]),
        (&json!("PUSHED"), &json!("token:o"))
    );
    assert_eq!(
        approved["outcome"],
        "Pushed to main as c0ffeec0ffee; not in force yet"
    );

    api.puppet.append(vec![Event::RevisionApplied {
        commit: "c0ffeec0ffee".to_owned(),
        hash: "h".to_owned(),
        resources: BTreeMap::new(),
    }]);
    let query = "query($id: String!) { proposal(id: $id) { state appliedRevision } }";
    let answer = api.query_with(&viewer, query, json!({"id": made["id"]})).await;
    assert_eq!(
        answer.data()["proposal"],
        json!({"state": "APPLIED", "appliedRevision": "c0ffeec0ffee"})
    );
    let events = api.query(&viewer, "{ events { name data } }").await;
    let proposed = events.data()["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["name"] == "proposalMade")
        .unwrap();
    assert!(
        proposed["data"]["proposal"]["files"].is_null(),
        "large texts stay out of the feed"
    );
}

#[tokio::test]
async fn what_cannot_be_proposed_says_why() {
    let api = api().await;
    let token = api.token("o", Role::Operator);
    for (variables, says) in [
        (patches("spec.runStrategy", json!("Sometimes")), "all.yaml:5:"),
        (
            patches("spec.runStrategy", json!("RerunOnFailure")),
            "say so already",
        ),
        (patches("metadata.name", json!("x")), "cannot be set"),
        (
            json!({"title": " ", "patches": [{"op": "DELETE", "resource": "VirtualMachine/web-01"}]}),
            "say in a line",
        ),
        (
            json!({"title": "t", "patches": [{"op": "DELETE", "resource": "VirtualMachine/none"}]}),
            "there is no VirtualMachine/none",
        ),
        (
            json!({"title": "t", "patches": [{"op": "CREATE"}]}),
            "needs content",
        ),
        (
            json!({"title": "t", "files": [{"path": "../x.yaml", "content": ""}]}),
            "cannot be a manifest's file",
        ),
    ] {
        let answer = api.query_with(&token, PROPOSE, variables.clone()).await;
        assert_eq!(answer.code(), "INVALID", "{variables}: {}", answer.body);
        let message = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(says), "{variables}: {message}");
    }
    assert_eq!(api.puppet.asked(), Vec::<String>::new());
}
