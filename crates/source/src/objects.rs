//! Reads manifest files of one commit from the object database. Never a work tree: a symlink is seen as what it is, a
//! submodule is only an entry.
//!
//! Not manifests, and passed over: whatever lies in a folder or has a name that starts with `.` (`.github`,
//! `.pre-commit-config.yaml`), submodules, and files that end otherwise. An entry that looks like a manifest but cannot be
//! read as one (a symlink, a name that is no plain text, too large) makes the whole revision unreadable: leaving it out
//! would look like its removal.

use crate::explain::Trouble;
use crate::options::Limits;
use std::collections::BTreeMap;

/// Cap on the list of a commit's files.
pub const LIST_CAP_BYTES: usize = 64 << 20;
/// Room for one header line of `cat-file --batch`.
pub const HEADER_BYTES: usize = 128;

/// One manifest in a commit: where it is and which object holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path relative to the repository.
    pub path: String,
    /// Object id.
    pub id: String,
}

/// Picks the manifests from the output of `ls-tree -r -z -l`; refuses what must not be left out silently.
pub fn manifests(list: &[u8], folder: &str, limits: &Limits) -> Result<Vec<Entry>, Trouble> {
    let mut entries = Vec::new();
    let mut total_bytes = 0;
    let mut seen = 0_usize;
    for record in list.split(|b| *b == 0).filter(|record| !record.is_empty()) {
        seen += 1;
        let record = Record::parse(record)?;
        let Some(path) = record.manifest_path(folder)? else {
            continue;
        };
        let size = record
            .size
            .ok_or_else(|| Trouble::damage(format!("git gives no size for {path}")))?;
        if size > limits.max_file_bytes {
            return Err(Trouble::new(
                format!(
                    "{path} is {size} bytes, more than the {} that a manifest may have",
                    limits.max_file_bytes
                ),
                "split it, or move it out of the manifest folder",
            ));
        }
        total_bytes += size;
        entries.push(Entry {
            path,
            id: record.id.to_owned(),
        });
    }
    if seen == 0 && !folder.is_empty() {
        return Err(Trouble::new(
            format!("the branch has no folder {folder}"),
            "check the manifest folder in the config, or commit a first file there",
        ));
    }
    if entries.len() > limits.max_files {
        return Err(Trouble::new(
            format!(
                "there are {} manifest files, more than {}",
                entries.len(),
                limits.max_files
            ),
            "set the manifest folder to the part of the repository that holds manifests",
        ));
    }
    if total_bytes > limits.max_total_bytes {
        return Err(Trouble::new(
            format!(
                "the manifest files are {total_bytes} bytes together, more than {}",
                limits.max_total_bytes
            ),
            "set the manifest folder to the part of the repository that holds manifests",
        ));
    }
    Ok(entries)
}

/// What to feed to `cat-file --batch`.
pub fn batch_request(entries: &[Entry]) -> String {
    entries
        .iter()
        .flat_map(|entry| [entry.id.as_str(), "\n"])
        .collect()
}

/// Splits the output of `cat-file --batch` into the files asked for.
pub fn batch_answer(entries: &[Entry], output: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Trouble> {
    let mut rest = output;
    let mut files = BTreeMap::new();
    for entry in entries {
        let (content, after) = batch_object(&entry.id, rest).ok_or_else(|| {
            Trouble::damage(format!(
                "the content of {} is missing from the mirror",
                entry.path
            ))
        })?;
        files.insert(entry.path.clone(), content.to_vec());
        rest = after;
    }
    Ok(files)
}

/// One `ID blob SIZE\nCONTENT\n` and what follows it.
fn batch_object<'a>(id: &str, output: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let end = output.iter().position(|b| *b == b'\n')?;
    let header = std::str::from_utf8(&output[..end]).ok()?;
    let size: usize = header.strip_prefix(id)?.strip_prefix(" blob ")?.parse().ok()?;
    let body = &output[end + 1..];
    let content = body.get(..size)?;
    let after = body.get(size..)?.strip_prefix(b"\n")?;
    Some((content, after))
}

/// One entry of `ls-tree -l`: `MODE TYPE ID SIZE\tPATH`.
struct Record<'a> {
    mode: &'a str,
    id: &'a str,
    size: Option<usize>,
    path: &'a [u8],
}

impl<'a> Record<'a> {
    fn parse(record: &'a [u8]) -> Result<Self, Trouble> {
        let odd = || Trouble::damage("git lists a file in an unknown form");
        let tab = record.iter().position(|b| *b == b'\t').ok_or_else(odd)?;
        let head = std::str::from_utf8(&record[..tab]).map_err(|_| odd())?;
        let mut words = head.split_ascii_whitespace();
        let (Some(mode), Some(_kind), Some(id), Some(size)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(odd());
        };
        Ok(Self {
            mode,
            id,
            size: size.parse().ok(),
            path: &record[tab + 1..],
        })
    }

    /// The path when this is a manifest; None when it is something else; an error when it cannot be read as one.
    fn manifest_path(&self, folder: &str) -> Result<Option<String>, Trouble> {
        if self.mode == SUBMODULE {
            return Ok(None);
        }
        if !folder.is_empty() && self.path == folder.as_bytes() {
            let what = if self.mode == SYMLINK {
                "a symlink"
            } else {
                "a file"
            };
            return Err(Trouble::new(
                format!("the manifest folder {folder} is {what}"),
                "set it to a real folder; symlinks are never followed",
            ));
        }
        let inside = self
            .path
            .get(if folder.is_empty() { 0 } else { folder.len() + 1 }..)
            .unwrap_or_default();
        let hidden = inside.split(|b| *b == b'/').any(|part| part.starts_with(b"."));
        if hidden || !(inside.ends_with(b".yaml") || inside.ends_with(b".yml")) {
            if self.mode == SYMLINK {
                tracing::debug!(path = %shown(self.path), "symlink passed over");
            }
            return Ok(None);
        }
        if self.mode == SYMLINK {
            return Err(Trouble::new(
                format!("{} is a symlink, which is never followed", shown(self.path)),
                "commit the file itself in its place",
            ));
        }
        match std::str::from_utf8(self.path) {
            Ok(path) if !path.chars().any(char::is_control) => Ok(Some(path.to_owned())),
            _ => Err(Trouble::new(
                format!("the file name {} is not plain UTF-8 text", shown(self.path)),
                "rename the file",
            )),
        }
    }
}

const SYMLINK: &str = "120000";
const SUBMODULE: &str = "160000";

/// A path of any bytes, fit to be shown.
fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        timeout: std::time::Duration::ZERO,
        max_files: 3,
        max_file_bytes: 100,
        max_total_bytes: 150,
    };

    fn list(rows: &[(&str, &str, &[u8])]) -> Vec<u8> {
        let mut list = Vec::new();
        for (mode, size, path) in rows {
            list.extend(format!("{mode} blob aaaa {size:>7}\t").bytes());
            list.extend(*path);
            list.push(0);
        }
        list
    }

    fn paths(rows: &[(&str, &str, &[u8])], folder: &str) -> Result<Vec<String>, String> {
        manifests(&list(rows), folder, &LIMITS)
            .map(|entries| entries.into_iter().map(|entry| entry.path).collect())
            .map_err(|trouble| trouble.why)
    }

    #[test]
    fn only_manifests_are_taken() {
        let rows: &[(&str, &str, &[u8])] = &[
            ("100644", "1", b".github/workflows/ci.yaml"),
            ("100644", "1", b".yamllint.yml"),
            ("100644", "999999", b"README.md"),
            ("100755", "1", b"a/one.yaml"),
            ("100644", "1", b"b/.hidden/two.yaml"),
            ("160000", "-", b"module.yaml"),
            ("120000", "3", b"link-to-folder"),
            ("100644", "1", b"three.yml"),
            ("100644", "1", b"four.YAML.txt"),
        ];
        assert_eq!(paths(rows, "").unwrap(), ["a/one.yaml", "three.yml"]);
    }

    #[test]
    fn what_may_not_vanish_silently_is_an_error() {
        assert!(
            paths(&[("120000", "9", b"a/x.yaml")], "")
                .unwrap_err()
                .contains("a/x.yaml is a symlink")
        );
        assert!(
            paths(&[("100644", "9", b"\xff.yaml")], "")
                .unwrap_err()
                .contains("\u{fffd}.yaml is not plain")
        );
        assert!(
            paths(&[("100644", "9", b"a\n.yaml")], "")
                .unwrap_err()
                .contains("not plain")
        );
        assert!(
            paths(&[("100644", "101", b"x.yaml")], "")
                .unwrap_err()
                .contains("x.yaml is 101 bytes")
        );
        let two: [(&str, &str, &[u8]); 2] = [("100644", "80", b"x.yaml"), ("100644", "80", b"y.yaml")];
        assert!(paths(&two, "").unwrap_err().contains("160 bytes together"));
        let four: Vec<(&str, &str, &[u8])> = vec![("100644", "1", b"x.yaml"); 4];
        assert!(
            paths(&four, "")
                .unwrap_err()
                .contains("there are 4 manifest files, more than 3")
        );
    }

    #[test]
    fn the_folder_must_be_there_and_be_a_folder() {
        assert!(paths(&[], "prod").unwrap_err().contains("no folder prod"));
        assert_eq!(paths(&[], "").unwrap(), Vec::<String>::new());
        assert!(
            paths(&[("120000", "9", b"prod")], "prod")
                .unwrap_err()
                .contains("is a symlink")
        );
        assert!(
            paths(&[("100644", "9", b"prod")], "prod")
                .unwrap_err()
                .contains("is a file")
        );
        assert_eq!(
            paths(&[("100644", "9", b".x/a.yaml")], ".x").unwrap(),
            [".x/a.yaml"]
        );
    }

    #[test]
    fn batches_are_split_by_length() {
        let entries = ["a", "b"].map(|name| Entry {
            path: name.to_owned(),
            id: format!("{name}{name}"),
        });
        assert_eq!(batch_request(&entries), "aa\nbb\n");
        let files = batch_answer(&entries, b"aa blob 4\nx\n\0y\nbb blob 0\n\n").unwrap();
        assert_eq!(files["a"], b"x\n\0y");
        assert_eq!(files["b"], b"");
        for broken in [
            &b""[..],
            b"aa missing\n",
            b"aa blob 9\nx\n",
            b"aa blob 1\nxx",
            b"cc blob 1\nx\n",
        ] {
            assert!(batch_answer(&entries, broken).unwrap_err().damaged);
        }
    }
}
