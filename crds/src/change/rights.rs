//! Who may approve a change: an operator, or an admin where it touches what Jarvis may do by itself.

use super::compare::Touched;
use crate::yaml::layout::lay_out;
use jarvis_model::{ChangedFile, ResourceKind, Role};
use serde_json::Value;

/// The least role that may approve the change, and why when it is more than an operator.
pub fn needed_role(files: &[ChangedFile], touched: &[Touched]) -> (Role, Option<String>) {
    for Touched { key, before, after } in touched {
        if matches!(key.kind, ResourceKind::SafetyPolicy | ResourceKind::Runbook) {
            return admin(format!("{key} says what Jarvis may do by itself"));
        }
        let level = |side: &Option<Value>| side.as_ref()?.get("spec")?.get("autonomy").cloned();
        let (old, new) = (level(before), level(after));
        // With the whole manifest its autonomy goes too: then Jarvis does nothing any more.
        if old != new && after.is_some() {
            return admin(format!("{key} gets another autonomy"));
        }
    }
    // What cannot be read may have held anything.
    let unread = |file: &&ChangedFile| file.before.as_deref().is_some_and(|text| lay_out(text).is_none());
    match files.iter().find(unread) {
        Some(file) => admin(format!("{} could not be read as it was", file.path)),
        None => (Role::Operator, None),
    }
}

fn admin(why: String) -> (Role, Option<String>) {
    (Role::Admin, Some(why))
}
