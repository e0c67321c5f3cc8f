//! YAML text to the shape of the file. The first thing that does not fit is the error, with its place and a near word.

use super::{
    error::{ConfigError, Place},
    file::File,
};
use jarvis_crds::check::suggest::nearest;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location};

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
        }
    }
}

/// Where every field of jarvis.yaml is shown.
const EXAMPLE: &str = "examples/homelab/jarvis.yaml";

/// Reads the text of a file called `name`.
pub fn read(text: &str, name: &str) -> Result<File, ConfigError> {
    read_as(text, name, EXAMPLE)
}

/// Reads a file of any shape; `example` is a file that shows every field of it.
pub fn read_as<T: DeserializeOwned>(text: &str, name: &str, example: &str) -> Result<T, ConfigError> {
    serde_saphyr::from_str(text).map_err(|error| explain(&error, name, example))
}

fn explain(error: &Error, name: &str, example: &str) -> ConfigError {
    let at = error.location().map(Place::from).unwrap_or_default();
    let (problem, hint) = match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, .. } => {
            (format!("unknown field `{field}`"), known(field, expected))
        }
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            format!("{variant:?} is none of the words known here"),
            known(variant, expected),
        ),
        Error::SerdeMissingField { field, .. } => (
            format!("`{field}` is missing"),
            format!("{example} shows every field"),
        ),
        other => {
            let text = other.to_string();
            let line = text.lines().next().unwrap_or_default().trim().to_owned();
            plain(&without_place(&line), example)
        }
    };
    ConfigError {
        file: name.to_owned(),
        at,
        field: String::new(),
        problem,
        hint,
    }
}

/// The parser's commonest words, said for people.
fn plain(text: &str, example: &str) -> (String, String) {
    let shown = format!("{example} shows every field with its form");
    match text {
        "expected mapping start" => (
            "a mapping is wanted here, not a plain value or a list".to_owned(),
            format!("{shown}; a secret is written {{env: NAME}} or {{file: PATH}}"),
        ),
        "unexpected end of input" => ("the file is empty".to_owned(), shown),
        other => (other.to_owned(), shown),
    }
}

fn known(word: &str, expected: &[&str]) -> String {
    let all = expected
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match nearest(word, expected) {
        Some(meant) => format!("did you mean `{meant}`? Known here: {all}"),
        None => format!("known here: {all}"),
    }
}

/// The library's texts may repeat the place, which stands in front already.
fn without_place(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    match text.find(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}
