//! The chart: linted and rendered by Helm, its values checked by its schema, and the config that it writes read by Jarvis.

use super::{kubernetes, text, tools, yaml};
use crate::support::jarvis;
use serde_json::{Value, json};
use std::fs;

/// Values that a person would give.
fn at_home() -> Value {
    json!({
        "config": {
            "safety": {"own": {"vmid": 103}, "protected": [{"node": "agent1"}]},
            "source": {"git": {"remote": "git@git.example:home/manifests.git"}, "pollSeconds": 60},
        },
        "image": {"repository": "registry.example:5000/jarvis", "digest": format!("sha256:{}", "0a".repeat(32))},
        "ingress": {"enabled": true, "host": "jarvis.example", "tlsSecret": "jarvis-tls", "className": "nginx"},
        "networkPolicy": {
            "proxmox": {"cidrs": ["10.0.0.0/24"]},
            "git": {"cidrs": ["10.0.1.5/32"], "ports": [22]},
            "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
            "extraEgress": [{"ports": [{"port": 443}]}],
        },
        "persistence": {"size": "5Gi", "storageClass": "fast"},
        "nodeSelector": {"kubernetes.io/hostname": "k8s-1"},
        "podAnnotations": {"note": "yes"},
        "imagePullSecrets": [{"name": "pull"}],
    })
}

/// Values that must be refused, and what the refusal names.
fn refused() -> Vec<(&'static str, Value)> {
    vec![
        ("imagee", json!({"imagee": {}})),
        ("tag", json!({"image": {"tag": "latest"}})),
        ("digest", json!({"image": {"digest": "sha256:short"}})),
        ("repository", json!({"image": {"repository": ""}})),
        ("replicas", json!({"replicas": 2})),
        ("entryPoints", json!({"config": {"cluster": {"entryPoints": []}}})),
        (
            "url",
            json!({"config": {"cluster": {"entryPoints": [{"url": "http://10.0.0.1:8006"}]}}}),
        ),
        (
            "token",
            json!({"config": {"cluster": {"token": {"env": "TOKEN"}}}}),
        ),
        ("listen", json!({"config": {"listen": "0.0.0.0:80"}})),
        (
            "own",
            json!({"config": {"safety": {"own": {"vmid": 103, "node": "a"}}}}),
        ),
        ("ceiling", json!({"config": {"safety": {"ceiling": "L9"}}})),
        ("size", json!({"persistence": {"size": "2"}})),
        ("host", json!({"ingress": {"enabled": true}})),
        ("existingSecret", json!({"secret": {"existingSecret": ""}})),
        (
            "cidrs",
            json!({"networkPolicy": {"proxmox": {"cidrs": ["10.0.0.1"]}}}),
        ),
        ("port", json!({"service": {"port": 0}})),
    ]
}

/// As Helm lays values over the chart's own.
fn over(mut own: Value, given: &Value) -> Value {
    let (Some(fields), Some(given_fields)) = (own.as_object_mut(), given.as_object()) else {
        return given.clone();
    };
    for (name, value) in given_fields {
        let merged = over(fields.remove(name).unwrap_or(Value::Null), value);
        fields.insert(name.clone(), merged);
    }
    own
}

#[test]
fn the_schema_accepts_good_values_and_refuses_bad_ones() {
    let schema: Value = serde_json::from_str(&text("chart/values.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let own = yaml("chart/values.yaml");
    for good in [json!({}), at_home()] {
        let errors: Vec<_> = schema
            .iter_errors(&over(own.clone(), &good))
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    for (named, bad) in refused() {
        assert!(!schema.is_valid(&over(own.clone(), &bad)), "{named}: {bad}");
    }
}

#[test]
fn helm_lints_and_renders_it_and_kubernetes_knows_every_field() {
    let itself = json!({"config": {"trustedProxy": false}});
    let mut cases = vec![
        ("as it is", json!({})),
        ("at home", at_home()),
        ("without a proxy", itself),
    ];
    let (good, bad) = (cases.len(), refused());
    cases.extend(bad);
    let Some(said) = tools::check(&cases) else {
        return;
    };
    let said = said["cases"].as_array().unwrap();
    for case in &said[..good] {
        assert_eq!(
            (&case["lint"], &case["wrong"]),
            (&json!([]), &json!([])),
            "{case:#}"
        );
        kubernetes::is_restricted(case["documents"].as_array().unwrap());
    }
    for case in &said[good..] {
        let why = case["refused"]
            .as_str()
            .unwrap_or_else(|| panic!("rendered: {}", case["name"]));
        assert!(
            why.contains(case["name"].as_str().unwrap()),
            "{}: {why}",
            case["name"]
        );
    }
    fits_together(&said[0], &said[1]);
    for (case, scheme) in said[..good].iter().zip(["HTTP", "HTTP", "HTTPS"]) {
        its_config_is_read(case);
        let probe = &of(case, "Deployment")["spec"]["template"]["spec"]["containers"][0]["livenessProbe"];
        assert_eq!(probe["httpGet"]["scheme"], scheme);
    }
    let config = of(&said[1], "ConfigMap")["data"]["jarvis.yaml"].as_str().unwrap();
    assert!(config.contains("publicUrl: https://jarvis.example\n"), "{config}");
}

fn of<'a>(case: &'a Value, kind: &str) -> &'a Value {
    kubernetes::one(case["documents"].as_array().unwrap(), kind)
}

/// One that keeps its state, reaches what it must and nothing else.
#[track_caller]
fn fits_together(plain: &Value, home: &Value) {
    let kinds = |case: &Value| -> Vec<String> {
        let documents = case["documents"].as_array().unwrap();
        let kinds = documents
            .iter()
            .map(|document| document["kind"].as_str().unwrap());
        kinds.map(str::to_owned).collect()
    };
    assert!(!kinds(plain).contains(&"Ingress".to_owned()) && kinds(home).contains(&"Ingress".to_owned()));
    let deployment = of(home, "Deployment");
    assert_eq!(
        (
            &deployment["spec"]["replicas"],
            &deployment["spec"]["strategy"]["type"]
        ),
        (&json!(1), &json!("Recreate"))
    );
    let pod = &deployment["spec"]["template"];
    let claim = of(home, "PersistentVolumeClaim");
    assert_eq!(
        claim["metadata"]["annotations"]["helm.sh/resource-policy"],
        "keep"
    );
    let volumes = pod["spec"]["volumes"].as_array().unwrap();
    assert!(
        volumes
            .iter()
            .any(|volume| volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"])
    );
    let policy = of(home, "NetworkPolicy");
    for selector in [
        &deployment["spec"]["selector"]["matchLabels"],
        &of(home, "Service")["spec"]["selector"],
        &policy["spec"]["podSelector"]["matchLabels"],
    ] {
        for (label, value) in selector.as_object().unwrap() {
            assert_eq!(&pod["metadata"]["labels"][label], value);
        }
    }
    let egress = policy["spec"]["egress"].to_string();
    for wanted in ["10.0.0.0/24", "8006", "10.0.1.5/32", "53"] {
        assert!(egress.contains(wanted), "{wanted}: {egress}");
    }
    assert!(
        home["notes"]
            .as_str()
            .unwrap()
            .contains("https://jarvis.example/")
    );
    assert!(plain["notes"].as_str().unwrap().contains("WARNING"));
    assert!(!home["notes"].as_str().unwrap().contains("WARNING"));
}

/// Jarvis itself reads the config, with the secrets where the chart mounts them.
#[track_caller]
fn its_config_is_read(case: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    let authority = rcgen::generate_simple_self_signed(vec!["pve".to_owned()]).unwrap();
    fs::write(secrets.join("pve-root-ca.pem"), authority.cert.pem()).unwrap();
    fs::write(
        secrets.join("pve-token"),
        "jarvis@pve!act=00000000-0000-0000-0000-000000000000",
    )
    .unwrap();
    for empty in ["git-key", "known_hosts"] {
        fs::write(secrets.join(empty), "").unwrap();
    }
    let config = of(case, "ConfigMap")["data"]["jarvis.yaml"].as_str().unwrap();
    assert!(config.contains("listen: 0.0.0.0:7474"), "{config}");
    let config = config
        .replace("/run/secrets/jarvis", secrets.to_str().unwrap())
        .replace("/var/lib/jarvis", folder.path().join("state").to_str().unwrap());
    fs::write(folder.path().join("jarvis.yaml"), config).unwrap();
    jarvis(folder.path(), &["run", "--config", "jarvis.yaml", "--check"]).expect(0);
}

#[test]
fn chart_and_program_have_one_version() {
    let chart = yaml("chart/Chart.yaml");
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}
