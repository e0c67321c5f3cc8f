//! Since which release something follows from a field. Knows nothing of what follows.

use jarvis_model::ResourceKind;

/// The release that acts on everything that is not listed in [`NOT_YET`].
const FIRST: &str = "0.1";

/// Fields that are read and checked, and that no release acts on yet: a kind and the beginning of a path, which is empty
/// for the whole kind.
pub const NOT_YET: &[(ResourceKind, &str)] = &[
    (ResourceKind::Node, "cluster"),
    (ResourceKind::Node, "wakeOnLan"),
    (ResourceKind::Node, "temperatureSensor"),
    (ResourceKind::Node, "autonomy"),
    (ResourceKind::Service, ""),
    (ResourceKind::Threshold, ""),
    (ResourceKind::Runbook, ""),
    (ResourceKind::SafetyPolicy, "commandAllowlist"),
    (ResourceKind::MaintenanceWindow, "overrun"),
];

/// Since when something follows from a field.
pub fn since(kind: ResourceKind, path: &str) -> &'static str {
    let not_yet = NOT_YET
        .iter()
        .any(|(listed, beginning)| *listed == kind && begins(path, beginning));
    if not_yet { "not yet" } else { FIRST }
}

/// Whether a path is the listed field or one inside it.
pub fn begins(path: &str, beginning: &str) -> bool {
    let rest = path.strip_prefix(beginning);
    beginning.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
