//! The restricted profile of Kubernetes' pod security standards, as far as a Deployment can break it, and what else the
//! chart promises of a pod.

use serde_json::{Value, json};

/// The document of a kind, which must be there once.
#[track_caller]
pub fn one<'a>(documents: &'a [Value], kind: &str) -> &'a Value {
    let found: Vec<_> = documents
        .iter()
        .filter(|document| document["kind"] == kind)
        .collect();
    assert_eq!(found.len(), 1, "{kind}");
    found[0]
}

/// Asserts the profile for every pod among the documents.
#[track_caller]
pub fn is_restricted(documents: &[Value]) {
    let pod = &one(documents, "Deployment")["spec"]["template"]["spec"];
    for refused in ["hostNetwork", "hostPID", "hostIPC"] {
        assert!(pod.get(refused).is_none_or(|value| value == false), "{refused}");
    }
    let around = &pod["securityContext"];
    assert_eq!(around["runAsNonRoot"], true);
    assert_eq!(around["seccompProfile"]["type"], "RuntimeDefault");
    assert_ne!(around["runAsUser"], 0);
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(
        one(documents, "ServiceAccount")["automountServiceAccountToken"],
        false
    );
    for container in pod["containers"].as_array().unwrap() {
        let own = &container["securityContext"];
        assert_eq!(own["allowPrivilegeEscalation"], false);
        assert_eq!(own["readOnlyRootFilesystem"], true);
        assert_eq!(own["capabilities"], json!({"drop": ["ALL"]}));
        assert!(!container["image"].as_str().unwrap().ends_with(":latest"));
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/livez");
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
        let writable: Vec<_> = container["volumeMounts"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|mount| mount["readOnly"] != true)
            .map(|mount| mount["mountPath"].as_str().unwrap())
            .collect();
        assert_eq!(writable, ["/var/lib/jarvis", "/tmp"]);
    }
    let allowed = ["configMap", "emptyDir", "persistentVolumeClaim", "secret"];
    for volume in pod["volumes"].as_array().unwrap() {
        let kinds: Vec<_> = volume
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "name")
            .collect();
        assert!(
            kinds.iter().all(|kind| allowed.contains(&kind.as_str())),
            "{volume}"
        );
    }
    let policy = &one(documents, "NetworkPolicy")["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    for rule in policy["egress"].as_array().unwrap() {
        assert!(
            rule["ports"].as_array().is_some_and(|ports| !ports.is_empty()),
            "{rule}"
        );
    }
}
