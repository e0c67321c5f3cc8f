//! References to secrets, resolved. A secret is never written in the file, never printed, and wiped from memory when
//! it is dropped.

use super::file::Secret;
use crate::environment::Environment;
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use zeroize::Zeroizing;

/// Bits that let others than the owner (and, for reading, the group) near a secret.
const TOO_WIDE: u32 = 0o037;
/// More than any token or password has.
const LARGEST_BYTES: u64 = 64 * 1024;

/// A secret, and a warning about its file.
pub struct Resolved {
    /// The secret.
    pub value: Zeroizing<String>,
    /// What the operator should know.
    pub warning: Option<String>,
}

/// Why a secret could not be had: the problem and the remedy.
pub struct Unresolved {
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
}

impl Unresolved {
    fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            hint: hint.into(),
        }
    }
}

/// Looks a secret up. A relative path is relative to `base`.
pub fn resolve(secret: &Secret, base: &Path, environment: &Environment) -> Result<Resolved, Unresolved> {
    match (&secret.env, &secret.file) {
        (Some(name), None) => match environment.get(name) {
            Some(value) => Ok(Resolved {
                value: Zeroizing::new(value.trim().to_owned()),
                warning: None,
            }),
            None => Err(Unresolved::new(
                format!("the environment variable {name} is not set or empty"),
                "set it for this process, or use {file: PATH}",
            )),
        },
        (None, Some(path)) => from_file(&base.join(path)),
        _ => Err(Unresolved::new(
            "a secret is written in exactly one way",
            "write {env: NAME} or {file: PATH}",
        )),
    }
}

/// Reads a secret file; white space around it is dropped.
pub fn from_file(path: &Path) -> Result<Resolved, Unresolved> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| {
        Unresolved::new(
            format!("{shown} cannot be read: {error}"),
            "check the path and that this user may read it",
        )
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > LARGEST_BYTES {
        return Err(Unresolved::new(
            format!("{shown} is no small file"),
            "name a file that holds the secret alone",
        ));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    let value = Zeroizing::new(text.trim().to_owned());
    if value.is_empty() {
        return Err(Unresolved::new(
            format!("{shown} is empty"),
            "write the secret into it",
        ));
    }
    let mode = metadata.permissions().mode() & 0o777;
    let warning = (mode & TOO_WIDE != 0).then(|| {
        format!(
            "{shown} has mode {mode:04o}: others may read or change this secret; run `chmod 0640 {shown}`"
        )
    });
    Ok(Resolved { value, warning })
}
