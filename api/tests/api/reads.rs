//! What an editor and a busy screen read: manifests, schemas, errors, figures, runbooks, the audit trail as a file.

use crate::support::{Api, client::Answer, puppet::COMMIT};
use async_trait::async_trait;
use jarvis_api::{AuditFormat, AuditTrail, ChainCheck, Messenger, Outside, Tried};
use jarvis_model::{Event, IssueKey, Observation, Role, Vmid};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

async fn api() -> Api {
    let outside = Outside {
        audit: Some(Arc::new(TwoRows)),
        messenger: Some(Arc::new(Postman)),
    };
    let api = Api::with_state(|options| options, |state| state.with_outside(outside)).await;
    api.puppet.append(vec![Event::RevisionApplied {
        commit: COMMIT.to_owned(),
        hash: "h".to_owned(),
        resources: BTreeMap::new(),
    }]);
    api
}

/// A trail of two rows that breaks off when asked for CSV.
struct TwoRows;

impl AuditTrail for TwoRows {
    fn check(&self) -> Result<ChainCheck, String> {
        Ok(ChainCheck {
            records: 2,
            head: 2,
            head_hash: "ab".to_owned(),
            problem: Some("broken at record 2".to_owned()),
        })
    }

    fn export(&self, format: AuditFormat, take: &mut dyn FnMut(String) -> bool) -> Result<(), String> {
        take("{\"seq\":1}\n".to_owned());
        match format {
            AuditFormat::JsonLines => {
                take("{\"seq\":2}\n".to_owned());
                Ok(())
            }
            AuditFormat::Csv => Err("record 2 is damaged".to_owned()),
        }
    }
}

struct Postman;

#[async_trait]
impl Messenger for Postman {
    fn waiting(&self) -> Result<BTreeMap<String, usize>, String> {
        Ok(BTreeMap::from([("house".to_owned(), 3)]))
    }

    async fn test(&self, channel: &str) -> Result<Vec<Tried>, String> {
        Ok(vec![Tried {
            to: channel.to_owned(),
            taken: false,
            answer: "550 no".to_owned(),
        }])
    }

    async fn retry(&self, channel: Option<String>) -> Result<usize, String> {
        Ok(channel.map_or(7, |name| name.len()))
    }
}

#[tokio::test]
async fn manifests_of_the_revision_in_force_are_shown_with_what_is_in_them() {
    let api = api().await;
    let token = api.token("v", Role::Viewer);
    let query = "{ manifests { path content bytes commit resources { key line } } }";
    let answer = api.query(&token, query).await;
    let manifest = &answer.data()["manifests"][0];
    assert_eq!(
        (&manifest["path"], &manifest["commit"]),
        (&json!("all.yaml"), &json!(COMMIT))
    );
    assert_eq!(
        manifest["resources"][1],
        json!({"key": "VirtualMachine/db-01", "line": 7})
    );
    assert_eq!(
        manifest["bytes"].as_u64().unwrap(),
        manifest["content"].as_str().unwrap().len() as u64
    );
    let one = "query($path: String!) { manifest(path: $path) { path } }";
    let there = api.query_with(&token, one, json!({"path": "all.yaml"})).await;
    assert_eq!(there.data()["manifest"]["path"], "all.yaml");
    let gone = api.query_with(&token, one, json!({"path": "none.yaml"})).await;
    assert_eq!(gone.data()["manifest"], Value::Null);
    let schemas = api.query(&token, "{ manifestSchemas { kind schema } }").await;
    let schemas = schemas.data()["manifestSchemas"].as_array().unwrap();
    assert_eq!(schemas.len(), 9);
    assert!(schemas.iter().all(|schema| schema["schema"]["type"] == "object"));
}

#[tokio::test]
async fn errors_of_files_name_line_and_column() {
    let api = api().await;
    let token = api.token("o", Role::Operator);
    let query = "query($files: [FileEdit!]!, $alone: Boolean!) { validateManifests(files: $files, alone: $alone) { path line column text } }";
    let with = |content: &str, alone: bool| json!({"files": [{"path": "x.yaml", "content": content}], "alone": alone});
    let double = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 109, runStrategy: Manual}\n";
    let answer = api.query_with(&token, query, with(double, true)).await;
    assert_eq!(answer.data()["validateManifests"], json!([]), "alone it is fine");
    let answer = api.query_with(&token, query, with(double, false)).await;
    let found = &answer.data()["validateManifests"];
    assert!(
        found.to_string().contains("web-01"),
        "twice together with the others: {found}"
    );
    let answer = api.query_with(&token, query, with("kind: [\n", true)).await;
    assert_eq!(answer.data()["validateManifests"][0]["path"], "x.yaml");
    let viewer = api.token("v", Role::Viewer);
    assert_eq!(
        api.query_with(&viewer, query, with(double, true)).await.code(),
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn figures_of_many_series_come_at_once() {
    let api = api().await;
    let token = api.token("v", Role::Viewer);
    let query = "query($series: [String!]!, $points: Int!) { histories(series: $series, points: $points) { series points { at value } } }";
    let asked = json!({"series": ["node/atlas/cpu", "guest/1/none"], "points": 5});
    let answer = api.query_with(&token, query, asked).await;
    let found = answer.data()["histories"].as_array().unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], json!({"series": "guest/1/none", "points": []}));
    let many = json!({"series": vec!["x"; 101], "points": 5});
    assert_eq!(api.query_with(&token, query, many).await.code(), "INVALID");
    let none = json!({"series": ["x"], "points": 0});
    assert_eq!(api.query_with(&token, query, none).await.code(), "INVALID");
}

#[tokio::test]
async fn the_last_backup_of_a_guest_is_a_time_none_or_not_known() {
    let api = api().await;
    let token = api.token("v", Role::Viewer);
    let query = |vmid: u32| format!("{{ lastBackup(vmid: {vmid}) {{ at seenAt unknownReason }} }}");
    let unknown = api.query(&token, &query(101)).await.data()["lastBackup"].clone();
    assert_eq!((&unknown["at"], &unknown["seenAt"]), (&Value::Null, &Value::Null));
    assert!(unknown["unknownReason"].is_string(), "{unknown}");
    api.puppet.publish(|view| {
        let (vmid, at) = (Vmid::new(101).unwrap(), view.at - Duration::from_hours(7));
        Arc::make_mut(&mut view.observed).backups = Observation::known(BTreeMap::from([(vmid, at)]), view.at);
    });
    let known = api.query(&token, &query(101)).await.data()["lastBackup"].clone();
    assert!(
        known["at"].is_string() && known["unknownReason"].is_null(),
        "{known}"
    );
    let none = api.query(&token, &query(102)).await.data()["lastBackup"].clone();
    assert!(none["at"].is_null() && none["unknownReason"].is_null(), "{none}");
    assert_eq!(api.query(&token, &query(999)).await.code(), "NOT_FOUND");
}

#[tokio::test]
async fn runbooks_show_what_is_left_of_their_budget() {
    let api = api().await;
    let token = api.token("v", Role::Viewer);
    let issue: IssueKey = "VirtualMachine/web-01#guest-down".parse().unwrap();
    api.puppet.append(vec![Event::IssueOpened {
        issue,
        summary: "down".to_owned(),
    }]);
    let query = "{ runbooks { name builtIn trigger steps { text verify } attempts issues { key attemptsUsed attemptsLeft escalated } } }";
    let answer = api.query(&token, query).await;
    let books = answer.data()["runbooks"].as_array().unwrap();
    let down = books.iter().find(|book| book["name"] == "guest-down").unwrap();
    assert_eq!((&down["builtIn"], &down["attempts"]), (&json!(true), &json!(2)));
    assert_eq!(
        down["issues"],
        json!([{"key": "VirtualMachine/web-01#guest-down", "attemptsUsed": 0, "attemptsLeft": 2, "escalated": false}])
    );
}

#[tokio::test]
async fn the_audit_trail_is_searched_checked_and_fetched_as_a_file() {
    let api = api().await;
    let (operator, viewer) = (api.token("o", Role::Operator), api.token("v", Role::Viewer));
    for (by, reason) in [("anna", "moving the RACK of 9105ed57"), ("berta", "lunch at 105")] {
        api.puppet.append(vec![Event::FreezeSet {
            scope: jarvis_model::FreezeScope::Autonomy,
            by: by.to_owned(),
            reason: reason.to_owned(),
            until: None,
        }]);
    }
    let query = "query($filter: EventFilter!) { audit(filter: $filter) { title } }";
    for (filter, found) in [
        (json!({"text": "rack"}), 1),
        (json!({"text": "105"}), 1),
        (json!({"text": "9105e"}), 1),
        (json!({"text": "critical"}), 0),
        (json!({"user": "berta"}), 1),
        (json!({"user": "berta", "text": "rack"}), 0),
        (json!({"name": "freezeSet", "since": "2020-01-01T00:00:00Z"}), 2),
        (json!({"name": "freezeSet", "until": "2020-01-01T00:00:00Z"}), 0),
    ] {
        let answer = api.query_with(&operator, query, json!({"filter": filter})).await;
        assert_eq!(
            answer.data()["audit"].as_array().unwrap().len(),
            found,
            "{filter}"
        );
    }
    let chain = "{ auditChain { head headHash intact checked problem exportJsonLines exportCsv } }";
    let answer = api.query(&operator, chain).await;
    assert_eq!(
        answer.data()["auditChain"],
        json!({"head": 2, "headHash": "ab", "intact": false, "checked": 2, "problem": "broken at record 2",
               "exportJsonLines": "/api/audit.jsonl", "exportCsv": "/api/audit.csv"})
    );
    let get = |path: &str, token: &str| {
        reqwest::Client::new()
            .get(format!("{}{path}", api.url))
            .bearer_auth(token)
    };
    let refused = Answer::of(get("/api/audit.jsonl", &viewer).send().await.unwrap()).await;
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN"));
    let unknown = reqwest::Client::new().get(format!("{}/api/audit.csv", api.url));
    assert_eq!(unknown.send().await.unwrap().status(), 401);
    let whole = get("/api/audit.jsonl", &operator).send().await.unwrap();
    assert!(
        whole.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .contains("audit.jsonl")
    );
    assert_eq!(whole.text().await.unwrap(), "{\"seq\":1}\n{\"seq\":2}\n");
    let whole = match get("/api/audit.csv", &operator).send().await {
        Ok(begun) => begun.text().await.is_ok(),
        Err(_) => false,
    };
    assert!(!whole, "a damaged trail must not look like a whole one");
}

#[tokio::test]
async fn a_channel_is_tried_by_operators_and_must_be_there() {
    let api = api().await;
    let (operator, viewer) = (api.token("o", Role::Operator), api.token("v", Role::Viewer));
    let channels = "{ notificationChannels { name way target waiting } }";
    assert_eq!(
        api.query(&viewer, channels).await.data()["notificationChannels"],
        json!([])
    );
    api.puppet.publish(|view| {
        let text = "apiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: house}\nspec: {webhook: {url: 'https://h.example/secret'}}\n";
        let files = BTreeMap::from([("c.yaml".to_owned(), text.as_bytes().to_vec())]);
        view.desired = Arc::new(jarvis_crds::load(&files, "c").unwrap().desired);
    });
    assert_eq!(
        api.query(&viewer, channels).await.data()["notificationChannels"],
        json!([{"name": "house", "way": "webhook", "target": "https://h.example", "waiting": 3}])
    );
    let test = "mutation($channel: String!) { testNotification(channel: $channel) { accepted text } }";
    let missing = api.query_with(&operator, test, json!({"channel": "none"})).await;
    assert_eq!(missing.code(), "NOT_FOUND");
    assert_eq!(
        api.query_with(&viewer, test, json!({"channel": "house"}))
            .await
            .code(),
        "FORBIDDEN"
    );
    let tried = api.query_with(&operator, test, json!({"channel": "house"})).await;
    assert_eq!(
        tried.data()["testNotification"],
        json!({"accepted": false, "text": "house: not taken: 550 no"})
    );
    let again = "mutation($channel: String) { retryNotifications(channel: $channel) }";
    let refused = api.query_with(&viewer, again, json!({})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    for (asked, count) in [(json!({}), 7), (json!({"channel": "house"}), 5)] {
        let tried = api.query_with(&operator, again, asked).await;
        assert_eq!(tried.data()["retryNotifications"], json!(count));
    }
}

#[tokio::test]
async fn hours_of_series_are_asked_for_by_name_and_few_at_once() {
    let api = api().await;
    let token = api.token("v", Role::Viewer);
    let query = "query($series: [String!]!) { hourlyHistories(series: $series, since: \"2026-01-01T00:00:00Z\") { series hours { began min mean max looks } } }";
    let asked = json!({"series": ["node/atlas/temperature", "guest/1/none"]});
    let answer = api.query_with(&token, query, asked).await;
    assert_eq!(
        answer.data()["hourlyHistories"],
        json!([{"series": "node/atlas/temperature", "hours": []}, {"series": "guest/1/none", "hours": []}])
    );
    let many = json!({"series": vec!["x"; 17]});
    assert_eq!(api.query_with(&token, query, many).await.code(), "INVALID");
}
