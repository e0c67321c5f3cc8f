//! What becomes of each kind of guest and node.

use super::*;
use serde_json::{Value, json};

fn guest(vmid: u32, changed: &Value) -> GuestSeen {
    let mut value = json!({ "vmid": vmid, "kind": "QEMU", "node": "atlas", "name": format!("g{vmid}"),
        "status": "RUNNING", "haState": null, "template": false, "resource": null });
    for (key, to) in changed.as_object().unwrap() {
        value[key] = to.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn node(name: &str, status: &str, resource: Option<&str>) -> NodeSeen {
    serde_json::from_value(json!({ "name": name, "status": status, "resource": resource })).unwrap()
}

fn loaded(adopted: &Adopted) -> jarvis_crds::Desired {
    jarvis_crds::load_unsaved(&adopted.files)
        .unwrap_or_else(|errors| panic!("{errors:?}"))
        .desired
}

#[test]
fn only_what_runs_and_is_nobodys_is_restarted() {
    let cases = [
        (100, json!({}), RunStrategy::RerunOnFailure),
        (101, json!({"status": "STOPPED"}), RunStrategy::Manual),
        (102, json!({"status": "HELD"}), RunStrategy::Manual),
        (103, json!({"template": true}), RunStrategy::Manual),
        (104, json!({"haState": "started"}), RunStrategy::Manual),
        (105, json!({"kind": "LXC"}), RunStrategy::RerunOnFailure),
    ];
    let seen = Seen {
        guests: cases
            .iter()
            .map(|(vmid, changed, _)| guest(*vmid, changed))
            .collect(),
        ..Seen::default()
    };
    let desired = loaded(&compose(&seen));
    for (vmid, changed, strategy) in cases {
        let (_, manifest) = desired.guest_by_vmid(Vmid::new(vmid).unwrap()).unwrap();
        assert_eq!(manifest.spec.run_strategy, strategy, "{changed}");
    }
}

#[test]
fn the_text_is_the_products_own_and_does_not_depend_on_order() {
    let mut seen = Seen {
        nodes: vec![node("forge", "UNKNOWN", None), node("Atlas", "ONLINE", None)],
        guests: vec![
            guest(201, &json!({"kind": "LXC", "name": null})),
            guest(102, &json!({"name": "Web_01"})),
            guest(
                101,
                &json!({"name": "web-01", "node": "forge", "status": "STOPPED"}),
            ),
        ],
        ..Seen::default()
    };
    let adopted = compose(&seen);
    let texts = adopted.files.iter();
    let texts: Vec<String> = texts.map(|(path, text)| format!("# {path}\n{text}")).collect();
    insta::assert_snapshot!(texts.concat());
    assert!(adopted.notes.is_empty());
    seen.nodes.reverse();
    seen.guests.reverse();
    assert_eq!(compose(&seen), adopted);
    assert_eq!(loaded(&adopted).len(), 5);
}

#[test]
fn what_is_declared_or_unknown_is_left_out_and_said() {
    let seen = Seen {
        nodes: vec![node("atlas", "ONLINE", Some("Node/atlas"))],
        guests: vec![
            guest(100, &json!({"resource": "VirtualMachine/dns"})),
            guest(101, &json!({"status": "UNKNOWN", "name": "web"})),
            guest(102, &json!({"name": "web"})),
            guest(103, &json!({"name": "dns"})),
        ],
        declared: ["Node/atlas", "VirtualMachine/dns"]
            .map(|key| key.parse().unwrap())
            .into(),
    };
    let adopted = compose(&seen);
    let keys: Vec<String> = loaded(&adopted).keys().map(|key| key.to_string()).collect();
    assert_eq!(keys, ["VirtualMachine/dns-103", "VirtualMachine/web-102"]);
    assert_eq!(
        adopted.notes,
        [
            "left out, as manifests in force declare them: 1 guests, 1 nodes (`jarvis get resources`)",
            "warning: guest 101 on atlas is left out: its state is not known now; adopt again when it is",
        ]
    );
}
