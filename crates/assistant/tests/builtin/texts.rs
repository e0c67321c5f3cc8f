//! The voice of every text in the source that a person may read: rules and refusals of the guard, reasons of the planner, words
//! about requests and proposals, errors, answers, mails. They are string literals, so they are read where they are written.

use jarvis_assistant::persona::faults;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Crates whose texts people read.
const CRATES: &[&str] = &[
    "crates/model",
    "crates/guard",
    "crates/planner",
    "crates/tools",
    "crates/notify",
    "crates/assistant",
    "controller",
    "crds",
];
/// Tables of what people say to Jarvis, not the other way round; and what must be named to be found.
const NOT_SPOKEN: &[&str] = &[
    "assistant/src/builtin/meaning.rs",
    "assistant/src/builtin/orders.rs",
    "assistant/src/builtin/asking.rs",
    "assistant/src/builtin/figures.rs",
    "assistant/src/builtin/recall.rs",
    "assistant/src/builtin/spans.rs",
    "assistant/src/builtin/words.rs",
    "assistant/src/persona.rs",
    "notify/src/render/html.rs",
    // A page in Markdown.
    "tools/src/page.rs",
];
/// Fewer words are names and marks.
const WORDS: usize = 4;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" && name != "testing" {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !matches!(
                name.as_str(),
                "tests.rs" | "testing.rs" | "samples.rs" | "scene.rs"
            )
        {
            found.push(path);
        }
    }
}

/// The string literals of a source before its tests, each with its line.
fn literals(source: &str) -> Vec<(usize, String)> {
    let own = source.split("#[cfg(test)]").next().unwrap_or_default();
    let bytes: Vec<char> = own.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    while at < bytes.len() {
        let rest = |count: usize| bytes.get(at + count).copied().unwrap_or(' ');
        match bytes[at] {
            '\n' => line += 1,
            '/' if rest(1) == '/' => {
                while at < bytes.len() && bytes[at] != '\n' {
                    at += 1;
                }
                continue;
            }
            // A quote as a character, plain or escaped.
            '\'' if rest(2) == '\'' => at += 2,
            '\'' if rest(1) == '\\' => at += 3,
            '"' => {
                let begun = line;
                let mut text = String::new();
                at += 1;
                while at < bytes.len() && bytes[at] != '"' {
                    match bytes[at] {
                        '\\' if bytes.get(at + 1) == Some(&'\n') => {
                            line += 1;
                            at += 1;
                            while bytes.get(at + 1).is_some_and(|c| c.is_whitespace()) {
                                at += 1;
                            }
                        }
                        '\\' => {
                            at += 1;
                            text.push(if bytes.get(at) == Some(&'n') { '\n' } else { ' ' });
                        }
                        '\n' => {
                            line += 1;
                            text.push('\n');
                        }
                        c => text.push(c),
                    }
                    at += 1;
                }
                found.push((begun, text));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// A text as it reads once its gaps are filled.
fn filled(text: &str) -> String {
    let mut plain = String::new();
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '{' => {
                depth += 1;
                if depth == 1 {
                    plain.push('x');
                }
            }
            '}' => depth -= i32::from(depth > 0),
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[test]
fn every_text_of_the_source_is_in_the_voice() {
    let mut all = Vec::new();
    let (mut count, mut wrong) = (0, Vec::new());
    for one in CRATES {
        sources(&root().join(one).join("src"), &mut all);
    }
    for path in all {
        let shown = path.display().to_string().replace('\\', "/");
        if NOT_SPOKEN.iter().any(|known| shown.ends_with(known)) {
            continue;
        }
        for (line, text) in literals(&fs::read_to_string(&path).unwrap()) {
            // A tag of YAML is written with its mark.
            let text = filled(&text).replace("(!name)", "");
            if text.split_whitespace().count() < WORDS {
                continue;
            }
            count += 1;
            for fault in faults(&text) {
                wrong.push(format!("{shown}:{line}: {fault}: {text}"));
            }
        }
    }
    assert!(count > 1000, "{count} texts are not all of them");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_are_found_where_they_are_written() {
    let source = "// \"not this one\"\nlet c = '\"'; let a = \"It doesn't \\\n   work, {name:?}\"; fn f<'a>(x: &'a str) { \"b\" }\n#[cfg(test)] \"x\"";
    let found = literals(source);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], (2, "It doesn't work, {name:?}".to_owned()));
    assert_eq!(filled(&found[0].1), "It doesn't work, x");
    assert_eq!(faults(&filled(&found[0].1)).len(), 1);
}
