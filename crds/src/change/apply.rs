//! Changes onto the files of a revision. Comments, order and layout of what is not changed stay as they are.

use super::compare::{document_key, shown};
use crate::yaml::{
    amend::{self, Stuck},
    layout::{Document, Piece, lay_out, parse_path},
    path::Path,
    tree::MAX_BYTES,
};
use jarvis_model::{ManifestChange, ResourceKey};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such resource.
    #[error("there is no {0} in the manifests; `jarvis get resources` lists what there is")]
    NoResource(ResourceKey),
    /// A field is not what it was expected to be.
    #[error("{resource} {field} is {found} and not {expected}: somebody changed it; look again")]
    Unexpected {
        /// Whose.
        resource: ResourceKey,
        /// Which.
        field: String,
        /// What was expected.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A path of a field makes no sense.
    #[error("{0:?} is no field; write it as in spec.runStrategy or spec.dependsOn[0]")]
    NoField(String),
    /// A field names the resource itself.
    #[error("{0} says which resource it is and cannot be set; create a new document and delete the old one")]
    Identity(String),
    /// A field cannot be changed in place.
    #[error("{file}: {why}; send the whole file instead")]
    Stuck {
        /// In which file.
        file: String,
        /// Why.
        why: Stuck,
    },
    /// A path cannot be that of a manifest.
    #[error(
        "{0:?} cannot be a manifest's file: write a relative path that ends in .yaml, without '..' and hidden folders"
    )]
    NoPath(String),
    /// The file is not there.
    #[error("there is no file {0} in the manifests")]
    NoFile(String),
    /// The file holds no text.
    #[error("{0} is not UTF-8 text and cannot be changed here")]
    NotText(String),
    /// A document to be created is no document.
    #[error(
        "the new document has no kind and metadata.name that are known; begin it with apiVersion, kind and metadata"
    )]
    NoDocument,
    /// It is there already.
    #[error("{0} is there already; change it instead")]
    Exists(String),
    /// Nobody can tell where a new document belongs.
    #[error("there is no file beside which {0} would belong; say a path")]
    WhichFile(ResourceKey),
    /// It is too much.
    #[error("{0} would be larger than {MAX_BYTES} bytes; split it")]
    TooLarge(String),
}

/// The files after `changes`, in their order.
pub fn apply(
    files: &BTreeMap<String, Vec<u8>>,
    changes: &[ManifestChange],
) -> Result<BTreeMap<String, Vec<u8>>, ChangeError> {
    let mut desk = Desk { files: files.clone() };
    for change in changes {
        desk.make(change)?;
    }
    match desk.files.iter().find(|(_, bytes)| bytes.len() > MAX_BYTES) {
        Some((path, _)) => Err(ChangeError::TooLarge(path.clone())),
        None => Ok(desk.files),
    }
}

/// Documents of one kind, and of no other, that make a file the place of that kind.
const TOGETHER: usize = 2;

struct Desk {
    files: BTreeMap<String, Vec<u8>>,
}

/// A document of a resource.
struct Found {
    file: String,
    text: String,
    documents: Vec<Document>,
    at: usize,
}

impl Desk {
    fn make(&mut self, change: &ManifestChange) -> Result<(), ChangeError> {
        match change {
            ManifestChange::Set {
                resource,
                field,
                old,
                new,
            } => self.amend(resource, field, old.as_ref(), |text, at, path| {
                amend::set(text, at, path, new)
            }),
            ManifestChange::Unset { resource, field, old } => {
                self.amend(resource, field, old.as_ref(), amend::unset)
            }
            ManifestChange::Create { path, content } => self.create(path.as_deref(), content),
            ManifestChange::Delete { resource } => self.delete(resource),
            ManifestChange::Write { path, content } => {
                is_path(path)?;
                self.files.insert(path.clone(), content.clone().into_bytes());
                Ok(())
            }
            ManifestChange::Remove { path } => match self.files.remove(path) {
                Some(_) => Ok(()),
                None => Err(ChangeError::NoFile(shown(path))),
            },
        }
    }

    fn amend(
        &mut self,
        resource: &ResourceKey,
        field: &str,
        old: Option<&Value>,
        edit: impl FnOnce(&str, usize, &Path) -> Result<String, Stuck>,
    ) -> Result<(), ChangeError> {
        let path = parse_path(field).filter(|path| !path.segments().is_empty());
        let path = path.ok_or_else(|| ChangeError::NoField(shown(field)))?;
        if matches!(
            path.to_string().as_str(),
            "kind" | "apiVersion" | "metadata" | "metadata.name"
        ) {
            return Err(ChangeError::Identity(path.to_string()));
        }
        let found = self.find(resource)?;
        if let Some(expected) = old {
            let root = &found.documents[found.at].root;
            let is = root.at(path.segments()).map_or(Value::Null, Piece::value);
            if is != *expected {
                return Err(ChangeError::Unexpected {
                    resource: resource.clone(),
                    field: path.to_string(),
                    expected: shown(&expected.to_string()),
                    found: shown(&is.to_string()),
                });
            }
        }
        let file = found.file.clone();
        let text = edit(&found.text, found.at, &path).map_err(|why| ChangeError::Stuck {
            file: file.clone(),
            why,
        })?;
        self.files.insert(file, text.into_bytes());
        Ok(())
    }

    fn create(&mut self, path: Option<&str>, content: &str) -> Result<(), ChangeError> {
        let documents = lay_out(content).ok_or(ChangeError::NoDocument)?;
        let keys: Vec<ResourceKey> = documents.iter().filter_map(document_key).collect();
        let key = keys.first().filter(|_| keys.len() == documents.len());
        let key = key.ok_or(ChangeError::NoDocument)?.clone();
        if let Some(known) = keys.iter().find(|key| self.find(key).is_ok()) {
            return Err(ChangeError::Exists(known.to_string()));
        }
        let path = match path {
            Some(path) => path.to_owned(),
            None => self.place_of(&key)?,
        };
        is_path(&path)?;
        let mut text = content.trim_end().to_owned() + "\n";
        if let Some(present) = self.files.get(&path) {
            let present =
                String::from_utf8(present.clone()).map_err(|_| ChangeError::NotText(path.clone()))?;
            let between = if text.starts_with("---") { "" } else { "---\n" };
            if !present.trim().is_empty() {
                text = format!("{}\n{between}{text}", present.trim_end());
            }
        }
        self.files.insert(path, text.into_bytes());
        Ok(())
    }

    /// The file in which its kind is kept together, where there is one; else a file of its own beside those of its kind, or
    /// beside all others.
    fn place_of(&self, key: &ResourceKey) -> Result<String, ChangeError> {
        let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut folders: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        let mut together: Option<(usize, &str)> = None;
        for (path, bytes) in &self.files {
            let documents = std::str::from_utf8(bytes)
                .ok()
                .and_then(lay_out)
                .unwrap_or_default();
            let alike = documents
                .iter()
                .filter_map(document_key)
                .filter(|known| known.kind == key.kind);
            let alike = alike.count();
            let counts = folders.entry(folder(path)).or_default();
            counts.0 += alike;
            counts.1 += documents.len();
            let is_theirs = alike >= TOGETHER && alike == documents.len();
            if is_theirs && together.is_none_or(|(most, _)| alike > most) {
                together = Some((alike, path));
            }
        }
        if let Some((_, path)) = together {
            return Ok(path.to_owned());
        }
        let most = folders
            .iter()
            .max_by_key(|(folder, counts)| (**counts, std::cmp::Reverse(folder.len())));
        let (folder, _) = most.ok_or_else(|| ChangeError::WhichFile(key.clone()))?;
        let slash = if folder.is_empty() { "" } else { "/" };
        let path = format!("{folder}{slash}{}.yaml", key.name);
        if self.files.contains_key(&path) {
            return Err(ChangeError::WhichFile(key.clone()));
        }
        Ok(path)
    }

    fn delete(&mut self, resource: &ResourceKey) -> Result<(), ChangeError> {
        let found = self.find(resource)?;
        if found.documents.len() == 1 {
            self.files.remove(&found.file);
            return Ok(());
        }
        let mut text = found.text;
        text.replace_range(found.documents[found.at].span.clone(), "");
        self.files.insert(found.file, text.into_bytes());
        Ok(())
    }

    fn find(&self, resource: &ResourceKey) -> Result<Found, ChangeError> {
        for (file, bytes) in &self.files {
            let Ok(text) = std::str::from_utf8(bytes) else {
                continue;
            };
            if !text.contains(&*resource.name) {
                continue;
            }
            let Some(documents) = lay_out(text) else { continue };
            let at = documents
                .iter()
                .position(|document| document_key(document).as_ref() == Some(resource));
            if let Some(at) = at {
                return Ok(Found {
                    file: file.clone(),
                    text: text.to_owned(),
                    documents,
                    at,
                });
            }
        }
        Err(ChangeError::NoResource(resource.clone()))
    }
}

/// Whether a file of that path would be read as a manifest, and nothing else would be.
fn is_path(path: &str) -> Result<(), ChangeError> {
    let part = |part: &str| !part.is_empty() && !part.starts_with('.');
    let plain = !path.chars().any(|c| c.is_control() || c == '\\') && path.len() <= 200;
    let ending = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml"));
    let stem = ending.is_some_and(|stem| !stem.is_empty() && !stem.ends_with('/'));
    if plain && stem && path.split('/').all(part) {
        Ok(())
    } else {
        Err(ChangeError::NoPath(shown(path)))
    }
}
