//! Queries of manifest files, for an editor: what is in force, what a kind may hold, and what is wrong with a text.

use crate::graphql::{
    Shared, errors,
    mutation::FileEdit,
    shared,
    types::{
        manifest::{Manifest, ManifestSchema},
        proposal::ManifestFinding,
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_ports::Fetched;
use std::collections::BTreeMap;

/// Queries of manifest files.
#[derive(Default)]
pub struct ManifestQuery;

#[Object]
impl ManifestQuery {
    /// The files of the revision in force, by path.
    #[graphql(complexity = "10 * child_complexity")]
    async fn manifests(&self, context: &Context<'_>) -> Result<Vec<Manifest>> {
        let in_force = in_force(shared(context)?).await?;
        Ok(in_force.as_ref().map(Manifest::all).unwrap_or_default())
    }

    /// One file of the revision in force; null when it has none of this path.
    async fn manifest(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Path in the repository.")] path: String,
    ) -> Result<Option<Manifest>> {
        let in_force = in_force(shared(context)?).await?;
        let all = in_force.as_ref().map(Manifest::all).unwrap_or_default();
        Ok(all.into_iter().find(|manifest| manifest.path == path))
    }

    /// The JSON Schema of every kind.
    #[graphql(complexity = "10 * child_complexity")]
    async fn manifest_schemas(&self) -> Vec<ManifestSchema> {
        ManifestSchema::all()
    }

    /// Every error of these files: together with the others in force, or alone as if they were the whole repository. Empty when
    /// all is well.
    #[graphql(complexity = "10 * child_complexity")]
    async fn validate_manifests(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Files as they should be.")] files: Vec<FileEdit>,
        #[graphql(desc = "Take them as the whole repository.", default = false)] alone: bool,
    ) -> Result<Vec<ManifestFinding>> {
        let mut all = BTreeMap::new();
        if !alone {
            all = in_force(shared(context)?)
                .await?
                .map(|fetched| fetched.files)
                .unwrap_or_default();
        }
        for file in files {
            match file.content {
                Some(content) => drop(all.insert(file.path, content.into_bytes())),
                None => drop(all.remove(&file.path)),
            }
        }
        let checked = tokio::task::spawn_blocking(move || jarvis_crds::load(&all, "unsaved"));
        let checked = checked
            .await
            .map_err(|_| errors::unavailable("checking was cut short; try again"))?;
        Ok(checked
            .err()
            .unwrap_or_default()
            .iter()
            .map(ManifestFinding::from)
            .collect())
    }
}

/// The files in force; none where nothing is.
async fn in_force(shared: &Shared) -> Result<Option<Fetched>> {
    let view = shared.handle.view();
    let (Some(source), Some(revision)) = (shared.handle.source(), &view.memory.revision) else {
        return Ok(None);
    };
    let fetched = source.read(&revision.commit).await;
    fetched
        .map(Some)
        .map_err(|error| errors::unavailable(error.to_string()))
}
