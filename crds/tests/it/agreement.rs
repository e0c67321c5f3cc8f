//! Decoder, printer and schema say the same about any manifest, sound or broken.

use crate::{any, as_json, as_json_by_other_reader, schema_refuses};
use jarvis_crds::{AnyManifest, Desired, parse};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_printed_is_read_back(manifest in any::manifest()) {
        let text = manifest.to_yaml();
        let read = parse("x.yaml", &text);
        prop_assert_eq!(read, Ok(vec![manifest.clone()]), "{}", text);
    }

    #[test]
    fn other_readers_and_validators_take_what_is_printed(manifest in any::manifest()) {
        let text = manifest.to_yaml();
        let documents = as_json_by_other_reader(&text);
        prop_assert_eq!(documents.len(), 1, "{}", text);
        prop_assert_eq!(schema_refuses(&documents[0]), None, "{}", text);
        let again: AnyManifest = serde_json::from_value(documents[0].clone()).unwrap();
        prop_assert_eq!(again, manifest, "{}", text);
    }

    /// What the decoder takes, the schema takes; and what passes the check always decodes (no error is ever the
    /// fall-back one, which points at `spec` as a whole with serde's words).
    #[test]
    fn a_broken_manifest_is_never_taken_by_the_decoder_alone(
        manifest in any::manifest(),
        place in any::<Index>(),
        mutation in mutation(),
    ) {
        let mut value = as_json(&manifest);
        mutate(&mut value, place, &mutation);
        let text = jarvis_crds::yaml::print::to_yaml(&value);
        match parse("x.yaml", &text) {
            Ok(read) => {
                prop_assert_eq!(schema_refuses(&value), None, "{}", text);
                prop_assert_eq!(read.len(), 1);
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    prop_assert!(!error.hint.contains("compare it with the reference"), "{}\n{}", error, text);
                }
            }
        }
    }

    #[test]
    fn hashes_do_not_depend_on_order(manifests in proptest::collection::vec(any::manifest(), 0..6)) {
        let mut unique = manifests;
        unique.sort_by_key(AnyManifest::key);
        unique.dedup_by_key(|manifest| manifest.key());
        let forward = Desired::new("c", unique.clone());
        let backward = Desired::new("c", unique.into_iter().rev());
        prop_assert_eq!(forward, backward);
    }
}

#[derive(Debug, Clone)]
enum Mutation {
    Replace(Value),
    Remove,
    Add(String, Value),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let value = prop_oneof![
        Just(json!(true)),
        Just(json!([])),
        Just(json!({})),
        Just(json!(null)),
        (-5_i64..2000).prop_map(Value::from),
        (-5.0..200.0_f64).prop_map(Value::from),
        "[a-zA-Z0-9:/. *{}-]{0,12}".prop_map(Value::from),
        Just(json!(["x"])),
    ];
    let key = prop_oneof![
        "[a-z]{1,4}",
        Just("tcp".to_owned()),
        Just("node".to_owned()),
        Just("below".to_owned())
    ];
    prop_oneof![
        value.clone().prop_map(Mutation::Replace),
        Just(Mutation::Remove),
        (key, value).prop_map(|(key, value)| Mutation::Add(key, value)),
    ]
}

/// Changes one value of the spec, chosen by `place` among all of them.
fn mutate(root: &mut Value, place: Index, mutation: &Mutation) {
    let mut pointers = Vec::new();
    collect(&root["spec"], "/spec", &mut pointers);
    let pointer = &pointers[place.index(pointers.len())];
    match mutation {
        Mutation::Replace(value) => *root.pointer_mut(pointer).unwrap() = value.clone(),
        Mutation::Add(key, value) => match root.pointer_mut(pointer).unwrap() {
            Value::Object(fields) => drop(fields.insert(key.clone(), value.clone())),
            Value::Array(items) => items.push(value.clone()),
            other => *other = value.clone(),
        },
        Mutation::Remove => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            match if parent.is_empty() {
                root
            } else {
                root.pointer_mut(parent).unwrap()
            } {
                Value::Object(fields) => drop(fields.shift_remove(key)),
                Value::Array(items) => drop(items.remove(key.parse::<usize>().unwrap())),
                _ => {}
            }
        }
    }
}

fn collect(value: &Value, pointer: &str, pointers: &mut Vec<String>) {
    pointers.push(pointer.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields.iter().filter(|(key, _)| !key.contains('/')) {
                collect(inner, &format!("{pointer}/{key}"), pointers);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                collect(inner, &format!("{pointer}/{index}"), pointers);
            }
        }
        _ => {}
    }
}

/// What is wrong in form is refused by the schema as well as by the decoder; `null` in the last place removes.
#[test]
fn what_is_wrong_in_form_is_refused_by_both() {
    let sound = json!({
        "apiVersion": "jarvis.dev/v1alpha1",
        "kind": "VirtualMachine",
        "metadata": {"name": "web-01", "labels": {"tier": "front"}},
        "spec": {
            "vmid": 101, "runStrategy": "Always", "dependsOn": ["VirtualMachine/dns-01"], "stopTimeout": "60s",
            "ready": {"http": {"url": "http://web/", "status": 200}, "within": "2m"},
        },
    });
    let refused = |value: &Value| {
        let text = jarvis_crds::yaml::print::to_yaml(value);
        (schema_refuses(value).is_some(), parse("x.yaml", &text).is_err())
    };
    assert_eq!(refused(&sound), (false, false));
    for (pointer, value) in [
        ("/apiVersion", json!("jarvis.dev/v1")),
        ("/metadata/name", json!("Web")),
        ("/metadata/labels/tier", json!(5)),
        ("/metadata/namespace", json!("default")),
        ("/status", json!({})),
        ("/spec/vmid", json!(99)),
        ("/spec/vmid", json!("101")),
        ("/spec/vmid", json!(101.5)),
        ("/spec/vmid", Value::Null),
        ("/spec/runStrategy", json!("always")),
        ("/spec/runStrategy", Value::Null),
        ("/spec/runstrategy", json!("Always")),
        ("/spec/dependsOn", json!("VirtualMachine/dns-01")),
        ("/spec/dependsOn/0", json!("Node/atlas")),
        ("/spec/autonomy", json!("L5")),
        ("/spec/node", json!("a.b")),
        ("/spec/stopTimeout", json!(60)),
        ("/spec/stopTimeout", json!("5m1h")),
        ("/spec/ready/http", Value::Null),
        ("/spec/ready/tcp", json!({"address": "web:80"})),
        ("/spec/ready/http/url", json!("ftp://web/")),
        ("/spec/ready/http/status", json!(99)),
        ("/spec/ready/guestAgent", json!({"port": 1})),
    ] {
        let mut bad = sound.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match bad.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            Value::Object(fields) if value.is_null() => drop(fields.shift_remove(key)),
            Value::Object(fields) => drop(fields.insert(key.to_owned(), value.clone())),
            other => panic!("{parent} is {other}"),
        }
        assert_eq!(refused(&bad), (true, true), "{pointer}: {value}");
    }
}
