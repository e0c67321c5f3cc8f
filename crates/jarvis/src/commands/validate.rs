//! `jarvis validate`: every error of every file, or what was found. Needs no running Jarvis.

use crate::{
    cli::{Output, Validate},
    exit::{Exit, Outcome},
    manifests, out,
    text::add,
};
use serde_json::json;

/// Runs the command.
pub fn run(arguments: &Validate) -> Outcome {
    let files = manifests::read(&arguments.paths)?;
    let (count, warnings, errors) = match jarvis_crds::load(&files, "unsaved") {
        Ok(loaded) => (loaded.desired.len(), loaded.warnings, Vec::new()),
        Err(errors) => (0, Vec::new(), errors),
    };
    let valid = errors.is_empty();
    let mut text = String::new();
    match arguments.output {
        Output::Json => {
            let all = json!({ "valid": valid, "files": files.len(), "resources": count, "warnings": warnings, "errors": errors });
            add!(text, "{all:#}\n");
        }
        Output::Table => {
            for warning in &warnings {
                add!(text, "warning: {warning}\n");
            }
            for error in &errors {
                add!(text, "{error}\n");
            }
            let (word, what) = if valid {
                ("valid", counted(count, "resource"))
            } else {
                ("invalid", counted(errors.len(), "error"))
            };
            add!(text, "{word}: {what} in {}\n", counted(files.len(), "file"));
        }
    }
    out::print(&text);
    Ok(if valid { Exit::Ok } else { Exit::Error })
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}
