//! `jarvis validate`: every error of every file, or what was found. Needs no running Jarvis.

use crate::{
    cli::{Output, Validate},
    exit::{Exit, Outcome},
    manifests, out,
};
use serde_json::json;

/// Runs the command.
pub fn run(arguments: &Validate) -> Outcome {
    let files = manifests::read(&arguments.paths)?;
    let (text, exit) = match jarvis_crds::load(&files, "unsaved") {
        Ok(loaded) => {
            let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
            let resources = loaded.desired.len();
            let said = match arguments.output {
                Output::Json => {
                    format!("{:#}\n", json!({"valid": true, "files": files.len(), "resources": resources, "warnings": loaded.warnings, "errors": []}))
                }
                Output::Table => {
                    let lines: String = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
                    format!("{lines}valid: {} in {}\n", counted(resources, "resource"), counted(files.len(), "file"))
                }
            };
            (said, Exit::Ok)
        }
        Err(errors) => {
            let said = match arguments.output {
                Output::Json => {
                    format!("{:#}\n", json!({"valid": false, "files": files.len(), "warnings": [], "errors": errors}))
                }
                Output::Table => {
                    let lines: String = errors.iter().map(|error| format!("{error}\n")).collect();
                    format!("{lines}invalid: {} in {}\n", counted(errors.len(), "error"), counted(files.len(), "file"))
                }
            };
            (said, Exit::Error)
        }
    };
    out::print(&text);
    Ok(exit)
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
