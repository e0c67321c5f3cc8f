//! The git repository of manifests: whether it can be read, and whether what is in it is valid.

use super::finding::{Finding, Report};
use crate::{config::Config, environment::Environment, manifests};
use jarvis_crds::Desired;
use jarvis_model::Vmid;
use std::collections::BTreeSet;

/// Errors told one by one; the others are counted.
const MOST_ERRORS: usize = 10;
/// Guests named in a finding.
const MOST_NAMED: usize = 8;
const AREA: &str = "manifests";

/// Looks at it; returns what is declared.
pub async fn look_at(
    config: &Config,
    seen: &BTreeSet<Vmid>,
    environment: &Environment,
    report: &mut Report,
) -> Option<Desired> {
    let Some(source) = &config.source else {
        let what = "no `source` is configured: nothing is declared, the cluster is only observed";
        let fix = format!(
            "{} init   (names a git repository, or makes one)",
            environment.called()
        );
        report.add(Finding::warn(AREA, what).fixed_by(fix));
        return None;
    };
    let fetched = match manifests::fetch(source).await {
        Ok(fetched) => fetched,
        Err(error) => {
            let what = format!("cannot {} {}: {}", error.what, error.remote, error.why);
            report.add(Finding::fail(AREA, what).fixed_by(error.hint));
            return None;
        }
    };
    let commit = fetched.commit.get(..12).unwrap_or(&fetched.commit);
    let at = format!(
        "{} at {commit} of branch {}",
        source.git.remote, source.git.branch
    );
    match jarvis_crds::load(&fetched.files, &fetched.commit) {
        Ok(loaded) => {
            let what = format!("{at}: {} resources, all valid", loaded.desired.len());
            report.add(Finding::ok(AREA, what));
            for warning in loaded.warnings.iter().take(MOST_ERRORS) {
                report.add(Finding::warn(AREA, warning.to_string()));
            }
            unseen(&loaded.desired, seen, report);
            Some(loaded.desired)
        }
        Err(errors) => {
            let what = format!(
                "{at}: {} errors; the last good revision stays in force",
                errors.len()
            );
            let mut finding = Finding::fail(AREA, what);
            for error in errors.iter().take(MOST_ERRORS) {
                finding = finding.fixed_by(error.to_string());
            }
            report.add(finding);
            None
        }
    }
}

/// Declared guests that the credential does not see.
fn unseen(desired: &Desired, seen: &BTreeSet<Vmid>, report: &mut Report) {
    let all = desired.guests.values().map(|guest| guest.spec.vmid);
    let missing: Vec<String> = all
        .filter(|vmid| !seen.is_empty() && !seen.contains(vmid))
        .map(|vmid| vmid.to_string())
        .collect();
    if missing.is_empty() {
        return;
    }
    let more = if missing.len() > MOST_NAMED { " …" } else { "" };
    let list = missing[..missing.len().min(MOST_NAMED)].join(", ");
    let what = format!("declared, but not to be seen in the cluster: {list}{more}");
    let fix = "pvesh get /cluster/resources --type vm   (is it there? If so, VM.Audit is missing on it)";
    report.add(Finding::warn(AREA, what).fixed_by(fix));
}
