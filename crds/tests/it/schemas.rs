//! The generated files: valid, structural, up to date.

use crate::{folder, structural::violations};
use jarvis_crds::{crd_yaml, generated_files, json_schema, schema::crd};
use jarvis_model::ResourceKind;
use serde_json::{Value, json};

#[test]
fn the_files_in_the_tree_are_what_the_types_say() {
    let stored = folder("crds/generated");
    let generated = generated_files();
    let names = |keys: Vec<&String>| keys.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(names(stored.keys().collect()), names(generated.keys().collect()));
    for (file, text) in generated {
        let stored = String::from_utf8(stored[&file].clone()).unwrap();
        assert!(
            stored == text,
            "crds/generated/{file} is old; run `cargo xtask gen`"
        );
    }
}

#[test]
fn every_json_schema_is_a_json_schema() {
    for kind in ResourceKind::ALL {
        assert!(jsonschema::meta::is_valid(&json_schema(kind)), "{kind}");
        let text = json_schema(kind).to_string();
        assert!(!text.contains("$ref") && !text.contains("x-jarvis"), "{kind}");
    }
}

#[test]
fn every_crd_is_structural() {
    for kind in ResourceKind::ALL {
        let parsed: Value = serde_saphyr::from_str(&crd_yaml(kind)).unwrap();
        assert_eq!(parsed, crd(kind), "{kind}: the YAML says the same");
        assert_eq!(violations(&parsed), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn every_crd_has_the_status_of_the_product() {
    for kind in ResourceKind::ALL {
        let version = crd(kind)["spec"]["versions"][0].clone();
        let status = &version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"];
        for field in ["observedRevision", "sync", "health", "conditions"] {
            assert!(status[field].is_object(), "{kind} {field}");
        }
        let types = &status["conditions"]["items"]["properties"]["type"]["enum"];
        assert_eq!(
            *types,
            json!([
                "Ready",
                "Reconciling",
                "Stalled",
                "Suspended",
                "Blocked",
                "Escalated"
            ])
        );
        assert_eq!(version["subresources"], json!({"status": {}}));
    }
}

/// Each deliberate mistake is caught, so the check above is not empty.
#[test]
fn the_check_of_structure_catches_every_seeded_mistake() {
    let sound = crd(ResourceKind::Service);
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec";
    let at = |rest: &str| format!("{spec}{rest}");
    let seeded: Vec<(String, Value, &str)> = vec![
        (
            "/metadata/name".into(),
            json!("service.jarvis.dev"),
            "plural.group",
        ),
        (
            "/apiVersion".into(),
            json!("apiextensions.k8s.io/v1beta1"),
            "apiVersion",
        ),
        ("/spec/names/listKind".into(), json!("Services"), "list kind"),
        ("/spec/versions/0/storage".into(), json!(false), "stored"),
        (at("/type"), json!(["object", "null"]), "one type"),
        (at("/properties/state/type"), Value::Null, "one type"),
        (at("/$ref"), json!("#/definitions/X"), "$ref is not a keyword"),
        (at("/additionalProperties"), json!(false), "exclude each other"),
        (at("/required/0"), json!("nowhere"), "not specified"),
        (
            at("/oneOf/0/required/0"),
            json!("nowhere"),
            "not specified in the structure",
        ),
        (at("/oneOf/0/type"), json!("object"), "forbidden in a condition"),
        (
            at("/oneOf/0/properties"),
            json!({"systemd": {"description": "x"}}),
            "forbidden in a condition",
        ),
        (at("/properties/state/default"), json!("Walking"), "default"),
        (
            at("/properties/state/const"),
            json!("Running"),
            "const is not a keyword",
        ),
        (at("/properties/list"), json!({"type": "array"}), "items"),
        (
            at("/properties/list"),
            json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
            "uniqueItems",
        ),
        (
            at("/properties/http/properties/status/nullableType"),
            json!(true),
            "not a keyword",
        ),
        (
            "/spec/versions/0/schema/openAPIV3Schema/properties/metadata/description".into(),
            json!("x"),
            "metadata",
        ),
    ];
    assert!(violations(&sound).is_empty());
    for (pointer, value, words) in seeded {
        let mut bad = sound.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match bad.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
            Value::Object(fields) => drop(fields.insert(key.to_owned(), value)),
            other => panic!("{parent} is {other}"),
        }
        let found = violations(&bad);
        assert!(
            found.iter().any(|violation| violation.contains(words)),
            "{pointer}: {found:?}"
        );
    }
}
