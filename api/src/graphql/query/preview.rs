//! Plans of manifests that are not in force: of a revision, or of text that is not in git yet. Nothing is remembered
//! or done.

use crate::graphql::{Shared, errors, types::plan::Plan};
use async_graphql::{InputObject, Result};
use jarvis_controller::Handle;
use jarvis_crds::Loaded;
use std::{collections::BTreeMap, sync::Arc};

/// A manifest file that is not in git yet.
#[derive(Debug, Clone, InputObject)]
pub struct ManifestFile {
    /// Path, for messages; ends in `.yaml` or `.yml`.
    pub path: String,
    /// Its text.
    pub content: String,
}

/// The plan as if a revision were in force.
pub async fn of_revision(shared: &Shared, revision: &str) -> Result<Plan> {
    let source = shared.handle.source();
    let source = source.ok_or_else(|| {
        errors::coded(
            "WRONG_STATE",
            "no git repository is configured, so there are no revisions",
        )
    })?;
    if !is_revision(revision) {
        return Err(errors::invalid("revision: give a commit id or a branch name"));
    }
    let fetched = source
        .read(revision)
        .await
        .map_err(|error| errors::not_found(error.to_string()))?;
    let handle = shared.handle.clone();
    off_thread(move || {
        let loaded = jarvis_crds::load(&fetched.files, &fetched.commit)
            .map_err(|errors| errors::of_manifests(&errors))?;
        Ok(planned(&handle, &loaded))
    })
    .await
}

/// The plan as if these files were the whole repository.
pub async fn of_files(shared: &Shared, files: Vec<ManifestFile>) -> Result<Plan> {
    let mut named = BTreeMap::new();
    for file in files {
        let yaml = [".yaml", ".yml"].iter().any(|end| file.path.ends_with(end));
        if !yaml || file.path.len() > 200 {
            return Err(errors::invalid(format!(
                "files: {:.80} is no path of a .yaml or .yml file",
                file.path
            )));
        }
        if named.insert(file.path.clone(), file.content).is_some() {
            return Err(errors::invalid(format!("files: {} is given twice", file.path)));
        }
    }
    let handle = shared.handle.clone();
    off_thread(move || {
        let loaded = jarvis_crds::load_unsaved(&named).map_err(|errors| errors::of_manifests(&errors))?;
        Ok(planned(&handle, &loaded))
    })
    .await
}

fn planned(handle: &Handle, loaded: &Loaded) -> Plan {
    Plan(Arc::new(handle.plan_for(&loaded.desired)))
}

async fn off_thread(work: impl FnOnce() -> Result<Plan> + Send + 'static) -> Result<Plan> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| errors::unavailable("planning was cut short; try again"))?
}

/// Letters, digits and `._/-`, not starting with `-` and without `..`: what git can never take for an option.
fn is_revision(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._/-".contains(&b);
    (1..=200).contains(&text.len())
        && !text.starts_with('-')
        && !text.contains("..")
        && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_never_an_option() {
        for fine in ["main", "0a1b2c3", "feature/x-1", "v1.2"] {
            assert!(is_revision(fine), "{fine}");
        }
        for bad in [
            "",
            "-x",
            "--upload-pack=x",
            "a..b",
            "a b",
            "a;b",
            "HEAD~1",
            "ä",
            "a\nb",
        ] {
            assert!(!is_revision(bad), "{bad}");
        }
    }
}
