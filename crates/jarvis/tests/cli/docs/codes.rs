//! The lists of codes are whole: each exit code of the program has its part with a case that was run, and each error code
//! that the sources name has its page.

use super::{markdown, read, root};
use std::{collections::BTreeMap, fs, path::Path};

/// Code and meaning of each row of a table of exit codes.
fn rows(text: &str) -> BTreeMap<u8, String> {
    let rows = text.lines().filter_map(|line| {
        let (code, meaning) = line.strip_prefix("| ")?.split_once(" | ")?;
        let code = code.trim_start_matches('[').split(']').next()?;
        Some((code.parse().ok()?, meaning.trim_end_matches(" |").to_owned()))
    });
    rows.collect()
}

/// The codes that the page shows a command to end with.
fn shown(page: &str) -> Vec<u8> {
    let lines = markdown::blocks(page)
        .into_iter()
        .filter(|block| block.language == "console")
        .flat_map(|block| block.lines);
    let codes = lines.filter_map(|line| {
        line.strip_prefix("$ ")
            .map(|command| match command.rsplit_once("# exit code ") {
                Some((_, code)) => code.trim().parse().unwrap(),
                None => 0,
            })
    });
    codes.collect()
}

#[test]
fn every_exit_code_of_the_program_is_explained_and_shown() {
    let page = read("docs/EXIT_CODES.md");
    let home = tempfile::tempdir().unwrap();
    let reference = crate::support::jarvis(home.path(), &["docs-cli"]).expect(0);
    let program = rows(&reference);
    assert!(program.len() > 4, "{program:?}");
    assert_eq!(rows(&page), program, "the table of docs/EXIT_CODES.md");
    for code in program.keys() {
        assert!(
            page.contains(&format!("\n### {code} ")),
            "docs/EXIT_CODES.md: exit code {code} has no part"
        );
        assert!(
            shown(&page).contains(code),
            "docs/EXIT_CODES.md: no command ends with {code}"
        );
    }
}

#[test]
fn a_missing_exit_code_is_found() {
    let table = "| code | meaning |\n| --- | --- |\n| [0](#0-done) | done |\n| 3 | refused |\n";
    assert_eq!(
        rows(table),
        BTreeMap::from([(0, "done".to_owned()), (3, "refused".to_owned())])
    );
    assert_eq!(shown("```console\n$ a\n$ b  # exit code 8\n```\n"), [0, 8]);
}

/// Every `JV` code in a text.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("JV").filter_map(|(at, _)| {
        let code = text.get(at..at + 6)?;
        code[2..]
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then_some(code)
    })
}

fn sources(folder: &Path, take: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, take);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "snap") {
            take(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_error_code_has_a_whole_page() {
    let index = read("docs/errors/index.md");
    let mut known = BTreeMap::new();
    for folder in ["api/src", "controller/src", "crates", "crds/src"] {
        sources(&root().join(folder), &mut |path, text| {
            for code in codes(text) {
                known
                    .entry(code.to_owned())
                    .or_insert_with(|| path.display().to_string());
            }
        });
    }
    known.retain(|_, place| !place.contains("/tests/cli/docs/"));
    assert!(known.len() > 30, "{known:?}");
    for (code, place) in known {
        let path = root().join(format!("docs/errors/{code}.md"));
        let page =
            fs::read_to_string(path).unwrap_or_else(|_| panic!("{place} names {code}, which has no page"));
        for heading in ["# ", "## When", "## What to do", "## Example"] {
            let (_, after) = page
                .split_once(&format!("\n{heading}"))
                .unwrap_or_else(|| panic!("{code} does not say {heading}"));
            assert!(
                after.lines().any(|line| line.len() > 15),
                "{code}: nothing under {heading}"
            );
        }
        assert!(
            index.contains(&format!("({code}.md)")),
            "the index leaves {code} out"
        );
    }
    for entry in fs::read_dir(root().join("docs/errors")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "index.md" || index.contains(&format!("({name})")),
            "{name} is in no index"
        );
    }
}
