//! What is wrong with a manifest, where, and what would be right.

use crate::yaml::tree::Position;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that is wrong (or, as a warning, doubtful). Ordered by file and position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestError {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// `Kind/name` of the document it is in, as far as known.
    pub resource: Option<String>,
    /// Where in the document, such as `spec.runStrategy`; empty for the document as a whole.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
}

impl ManifestError {
    /// Where it is.
    pub fn position(&self) -> Position {
        Position {
            line: self.line,
            column: self.column,
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)?;
        if let Some(resource) = &self.resource {
            write!(f, " {resource}")?;
        }
        if !self.field.is_empty() {
            write!(f, " {}", self.field)?;
        }
        write!(f, ": {}", self.problem)?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, "; {}", self.hint)
        }
    }
}

impl std::error::Error for ManifestError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_as_one_line() {
        let mut error = ManifestError {
            file: "vms/web.yaml".into(),
            line: 7,
            column: 3,
            resource: Some("VirtualMachine/web-01".into()),
            field: "spec.runStrategy".into(),
            problem: "is missing".into(),
            hint: "add one".into(),
        };
        assert_eq!(
            error.to_string(),
            "vms/web.yaml:7:3 VirtualMachine/web-01 spec.runStrategy: is missing; add one"
        );
        error.resource = None;
        error.field.clear();
        error.hint.clear();
        assert_eq!(error.to_string(), "vms/web.yaml:7:3: is missing");
    }
}
