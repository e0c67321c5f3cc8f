//! Plans: the current one, of a revision, of files that are not in git.

use crate::support::{Api, START, puppet, world};
use jarvis_guard::{
    Request,
    facts::{Nature, PlanSize},
};
use jarvis_model::{Action, Cause, Digest, Origin, Role, Rule, Tier, Verdict};
use jarvis_planner::{Decision, Plan, ReportLine};
use serde_json::{Value, json};
use std::sync::Arc;

fn decision(vmid: u32, verdict: Verdict) -> Decision {
    let issue = "VirtualMachine/web-01#guest-down".parse().unwrap();
    let request = Request {
        action: Action::StartGuest {
            vmid: world::vmid(vmid),
        },
        origin: Origin::Reconciler,
        cause: Cause::Issue { issue },
        resource: Some("VirtualMachine/web-01".parse().unwrap()),
        nature: Nature::Repair,
        autonomy: None,
        digest: Digest::of(&vmid),
        plan_size: PlanSize {
            changes: 2,
            declared: 2,
        },
    };
    Decision {
        request,
        verdict,
        evidence: vec!["guest 101 is stopped".to_owned()],
        attempt: 1,
    }
}

async fn api_with_plan() -> (Api, String) {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    api.puppet.publish(|view| {
        let asks = Verdict::Confirm {
            tier: Tier::Yellow,
            typed: false,
            rule: Rule::Autonomy,
            reason: "L2 recommends".to_owned(),
        };
        let decisions = vec![
            decision(101, asks),
            decision(
                103,
                Verdict::Refuse {
                    refusal: puppet::protected(),
                },
            ),
        ];
        let report = vec![ReportLine {
            subject: "cluster".to_owned(),
            text: "quorate".to_owned(),
        }];
        view.plan = Arc::new(Plan {
            decisions,
            report,
            ..world::plan(START)
        });
    });
    (api, token)
}

#[tokio::test]
async fn the_current_plan_says_what_and_why() {
    let (api, token) = api_with_plan().await;
    let answer = api
        .query(
            &token,
            "{ plan { revision inSync decisionCount report { subject text }
        decisions { id action { name text vmid } origin issue resource evidence attempt
            verdict { kind word tier code rule reason typed refusal { code resource unblock } } } } }",
        )
        .await;
    insta::assert_json_snapshot!(answer.data());
    let some = api
        .query(
            &token,
            "{ decisions(filter: {verdict: REFUSE}) { action { vmid } } }",
        )
        .await;
    assert_eq!(some.data()["decisions"], json!([{ "action": { "vmid": 103 } }]));
    let id = Digest::of(&101_u32);
    for id in [id.as_str(), id.short()] {
        let one = api
            .query(&token, &format!("{{ decision(id: \"{id}\") {{ evidence }} }}"))
            .await;
        assert_eq!(
            one.data()["decision"]["evidence"],
            json!(["guest 101 is stopped"])
        );
    }
    assert_eq!(
        api.query(&token, "{ decision(id: \"ffffffff\") { id } }")
            .await
            .data()["decision"],
        Value::Null
    );
    assert_eq!(
        api.query(&token, "{ decision(id: \"\") { id } }").await.code(),
        "INVALID"
    );
}

#[tokio::test]
async fn a_revision_is_planned_without_being_applied() {
    let (api, token) = api_with_plan().await;
    let answer = api
        .query(&token, "{ plan(revision: \"main\") { revision } }")
        .await;
    assert_eq!(
        answer.data()["plan"]["revision"],
        "feedfacefeedfacefeedfacefeedfacefeedface"
    );
    let missing = api
        .query(&token, "{ plan(revision: \"no-such\") { revision } }")
        .await;
    assert_eq!(missing.code(), "NOT_FOUND");
    assert!(
        missing.body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("no such revision"),
        "{}",
        missing.body
    );
    assert_eq!(
        api.query(&token, "{ plan(revision: \"--upload-pack=x\") { revision } }")
            .await
            .code(),
        "INVALID"
    );
    assert_eq!(api.puppet.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn unsaved_files_are_planned_or_every_error_is_told() {
    let (api, token) = api_with_plan().await;
    let plan = "query($files: [ManifestFile!]) { plan(files: $files) { inSync statuses { resource } } }";
    let good = json!({ "files": [{ "path": "a.yaml", "content": world::MANIFESTS }] });
    let answer = api.query_with(&token, plan, good).await;
    assert!(answer.data()["plan"]["statuses"].is_array());
    let bad = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: x}\nspec: {vmid: 1, runStrategy: Sometimes}\n";
    let answer = api
        .query_with(
            &token,
            plan,
            json!({ "files": [{ "path": "b.yaml", "content": bad }] }),
        )
        .await;
    assert_eq!(answer.code(), "INVALID");
    let errors = answer.body["errors"][0]["extensions"]["manifestErrors"]
        .as_array()
        .unwrap();
    assert!(errors.len() >= 2, "{}", answer.body);
    assert_eq!(
        (errors[0]["file"].clone(), errors[0]["line"].clone()),
        (json!("b.yaml"), json!(4))
    );
    for files in [
        json!([{ "path": "x.txt", "content": "" }]),
        json!([{ "path": "a.yaml", "content": "" }, { "path": "a.yaml", "content": "" }]),
    ] {
        assert_eq!(
            api.query_with(&token, plan, json!({ "files": files }))
                .await
                .code(),
            "INVALID",
            "{files}"
        );
    }
    let both = "query($files: [ManifestFile!]) { plan(files: $files, revision: \"main\") { inSync } }";
    assert_eq!(
        api.query_with(&token, both, json!({ "files": [] })).await.code(),
        "INVALID"
    );
}
