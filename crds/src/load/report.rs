//! Collects errors and warnings, and decides at the end whether there is a set.

use super::document::Document;
use crate::{
    check::Fault,
    error::ManifestError,
    yaml::{path::Path, tree::YamlFault},
};

/// What was found so far.
#[derive(Debug, Default)]
pub struct Report {
    errors: Vec<ManifestError>,
    warnings: Vec<ManifestError>,
}

impl Report {
    /// Something wrong with the YAML of a file.
    pub fn yaml(&mut self, file: &str, resource: Option<String>, fault: YamlFault) {
        let YamlFault {
            at,
            path,
            problem,
            hint,
            document: _,
        } = fault;
        self.fault(
            file,
            resource,
            Fault {
                at,
                path,
                problem,
                hint,
            },
        );
    }

    /// Something wrong in a document that may not have a name.
    pub fn fault(&mut self, file: &str, resource: Option<String>, fault: Fault) {
        self.errors.push(finding(file, resource, fault));
    }

    /// Something wrong at a path of a document.
    pub fn error(
        &mut self,
        document: &Document,
        path: Path,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.errors
            .push(document_finding(document, path, problem.into(), hint.into()));
    }

    /// Something doubtful at a path of a document.
    pub fn warning(
        &mut self,
        document: &Document,
        path: Path,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.warnings
            .push(document_finding(document, path, problem.into(), hint.into()));
    }

    /// The errors in order, or what `build` makes of the warnings in order.
    pub fn finish<T>(mut self, build: impl FnOnce(Vec<ManifestError>) -> T) -> Result<T, Vec<ManifestError>> {
        self.errors.sort();
        self.errors.dedup();
        self.warnings.sort();
        if self.errors.is_empty() {
            Ok(build(self.warnings))
        } else {
            Err(self.errors)
        }
    }
}

fn document_finding(document: &Document, path: Path, problem: String, hint: String) -> ManifestError {
    let at = document.node.locate(&path);
    finding(
        &document.file,
        document.label(),
        Fault {
            at,
            path,
            problem,
            hint,
        },
    )
}

fn finding(file: &str, resource: Option<String>, fault: Fault) -> ManifestError {
    ManifestError {
        file: file.to_owned(),
        line: fault.at.line,
        column: fault.at.column,
        resource,
        field: fault.path.to_string(),
        problem: fault.problem,
        hint: fault.hint,
    }
}
