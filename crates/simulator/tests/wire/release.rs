//! The same cluster answering as release 8 and as release 9.

use jarvis_simulator::world::flavour::Release;
use jarvis_simulator::{Fault, Options};
use serde_json::{Value, json};

use crate::common::{Lab, options};

async fn lab(release: Release) -> Lab {
    Lab::with(Options { release, ..options() }).await
}

#[tokio::test]
async fn the_version_is_told() {
    for (release, version) in [(Release::V8, "8.4.5"), (Release::V9, "9.2.11")] {
        let lab = lab(release).await;
        assert_eq!(lab.get("/version").await["version"], version);
        let status = lab.get("/nodes/home/status").await;
        assert!(status["pveversion"].as_str().unwrap().contains(version));
        assert_eq!(
            status["memory"].get("available").is_some(),
            release == Release::V9
        );
    }
}

#[tokio::test]
async fn newer_figures_are_missing_on_eight() {
    let old = lab(Release::V8).await;
    for path in [
        "/nodes/atlas/qemu/101/status/current",
        "/nodes/atlas/lxc/201/status/current",
    ] {
        let row = old.get(path).await;
        let newer: Vec<&String> = row
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| key.starts_with("pressure") || *key == "memhost")
            .collect();
        assert!(newer.is_empty(), "{path}: {newer:?}");
    }
    assert!(old.row("qemu/101").await.get("memhost").is_none());
    let rows = old.get("/cluster/resources?type=sdn").await;
    assert_eq!(
        (&rows[0]["type"], &rows[0]["sdn"]),
        (&json!("sdn"), &json!("localnetwork"))
    );
    let points = old.get("/nodes/home/rrddata?timeframe=day").await;
    assert_eq!(points.as_array().unwrap().len(), 70);
    assert!(points[69].get("memavailable").is_none());
}

#[tokio::test]
async fn eight_tells_why_authentication_failed() {
    let old = lab(Release::V8).await;
    for (token, reason) in [
        ("PVEAPIToken=root@pam!full=wrong", "invalid token value!"),
        (
            "PVEAPIToken=root@pam!none=x",
            "no such token 'none' for user 'root@pam'",
        ),
        ("PVEAPIToken=nobody@pam!x=y", "no such user ('nobody@pam')"),
    ] {
        let got = old.call_as(token, "atlas", "GET", "/version", "").await;
        assert_eq!((got.status, got.reason.as_str()), (401, reason));
    }
}

#[tokio::test]
async fn eight_has_groups_and_nine_has_rules_and_a_fencing_row() {
    let (old, new) = (lab(Release::V8).await, lab(Release::V9).await);
    assert_eq!(
        old.call("atlas", "GET", "/cluster/ha/rules", "").await.status,
        501
    );
    assert_eq!(old.get("/cluster/ha/groups").await, json!([]));
    assert_eq!(new.get("/cluster/ha/rules").await, json!([]));
    let groups = new.call("atlas", "GET", "/cluster/ha/groups", "").await;
    assert_eq!(groups.status, 500);
    let types = |rows: Value| -> Vec<String> {
        let rows = rows.as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let fencing = "fencing".to_owned();
    assert!(!types(old.get("/cluster/ha/status/current").await).contains(&fencing));
    assert!(types(new.get("/cluster/ha/status/current").await).contains(&fencing));
    let path = "/nodes/atlas/lxc/201/migrate";
    assert_eq!(old.call("atlas", "GET", path, "").await.status, 501);
    assert!(new.get(path).await["allowed-nodes"].is_array());
    let moved = old
        .post("/cluster/ha/resources/vm:110/migrate", "node=home")
        .await;
    assert_eq!(moved.data(), Value::Null);
}

#[tokio::test]
async fn without_the_cluster_file_system_a_node_refuses_everything() {
    let lab = lab(Release::V9).await;
    let node = || "home".to_owned();
    lab.handle
        .inject(&Fault::StopClusterFiles { node: node() })
        .unwrap();
    let text = "RPCEnvironment init request failed: Unable to load access control list: Connection refused";
    for (entry, path) in [
        ("home", "/version"),
        ("home", "/cluster/status"),
        ("atlas", "/nodes/home/status"),
    ] {
        let got = lab.call(entry, "GET", path, "").await;
        assert_eq!(
            (got.status, got.reason.as_str(), got.text.as_str()),
            (500, text, ""),
            "{path}"
        );
    }
    lab.pass(310.0);
    assert_eq!(
        lab.row("qemu/104").await["status"],
        "unknown",
        "its reports reach nobody"
    );
    lab.handle
        .inject(&Fault::StartClusterFiles { node: node() })
        .unwrap();
    assert_eq!(lab.call("home", "GET", "/version", "").await.status, 200);
}
