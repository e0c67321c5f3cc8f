//! The files of a folder: what is there already, what may be written, and whether the folder loads afterwards.
//! Nothing is written unless everything may be.

use crate::{
    exit::{Exit, Failure, Outcome},
    manifests, out,
    text::add,
};
use jarvis_model::ResourceKey;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

/// What there is where a file should go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum There {
    Nothing,
    Same,
    Other(Vec<u8>),
}

/// Writes texts by path below a folder, and says of each file what became of it.
pub fn write(folder: &Path, files: &BTreeMap<String, String>, force: bool) -> Outcome {
    let mut there = BTreeMap::new();
    for (path, text) in files {
        let found = look(&folder.join(path), text)?;
        if let There::Other(old) = &found {
            dropped(path, old, text);
        }
        there.insert(path.as_str(), found);
    }
    let differing = there
        .values()
        .filter(|found| matches!(found, There::Other(_)))
        .count();
    if differing > 0 && !force {
        out::print(&told(&there, "missing", "differs"));
        return Err(Failure::error(format!(
            "nothing was written, as files in {} say something else; compare them with `jarvis adopt --output` of another \
             folder, or overwrite them with --force",
            folder.display()
        )));
    }
    loads_with(folder, files)?;
    for (path, text) in files {
        if there.get(path.as_str()) != Some(&There::Same) {
            let to = folder.join(path);
            replace(&to, text).map_err(|error| failed("write", &to, &error))?;
        }
    }
    out::print(&told(&there, "written", "written"));
    Ok(Exit::Ok)
}

fn told(there: &BTreeMap<&str, There>, nothing: &str, other: &str) -> String {
    let mut text = String::new();
    for (path, found) in there {
        let word = match found {
            There::Nothing => nothing,
            There::Same => "unchanged",
            There::Other(_) => other,
        };
        add!(text, "{word:<9} {path}\n");
    }
    text
}

fn look(path: &Path, text: &str) -> Result<There, Failure> {
    match fs::read(path) {
        Ok(bytes) if bytes == text.as_bytes() => Ok(There::Same),
        Ok(bytes) => Ok(There::Other(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(There::Nothing),
        Err(error) => Err(failed("read", path, &error)),
    }
}

/// Says which resources a file declares now and would not declare any more.
fn dropped(path: &str, old: &[u8], new: &str) {
    let keys = |text: &str| -> BTreeSet<ResourceKey> {
        let manifests = jarvis_crds::parse(path, text).unwrap_or_default();
        manifests.iter().map(jarvis_crds::AnyManifest::key).collect()
    };
    let new = keys(new);
    let gone = keys(&String::from_utf8_lossy(old));
    let gone: Vec<String> = gone.difference(&new).map(ToString::to_string).collect();
    if !gone.is_empty() {
        out::note(&format!(
            "warning: {path} declares what the new text does not: {}",
            gone.join(", ")
        ));
    }
}

/// The folder as it will be must load: with what else is in it.
fn loads_with(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), Failure> {
    let mut all = if folder.exists() {
        manifests::below(folder)?
    } else {
        BTreeMap::new()
    };
    for (path, text) in files {
        let path = folder.join(path).display().to_string();
        all.insert(path, text.clone().into_bytes());
    }
    super::loads(&all)
}

/// Replaces a file whole: a crash leaves the old text or the new one.
fn replace(to: &Path, text: &str) -> io::Result<()> {
    let folder = to.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let fresh = to.with_extension("yaml.new");
    fs::write(&fresh, text)?;
    fs::rename(&fresh, to)
}

fn failed(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::error(format!(
        "cannot {what} {}: {error}; check the path and its rights",
        path.display()
    ))
}
