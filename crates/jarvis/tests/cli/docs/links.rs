//! Links between pages lead somewhere, to a heading that is there.

use super::{markdown, read, root};
use std::{fs, path::Path};

/// Every page that is looked at, from the root of the repository.
pub fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/adr", "docs/errors", "crds", "examples"] {
        collect(folder, folder.starts_with("examples"), &mut pages);
    }
    pages.sort();
    pages
}

fn collect(folder: &str, deep: bool, pages: &mut Vec<String>) {
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let below = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        if path.is_dir() && deep {
            collect(&below, deep, pages);
        } else if path.extension().is_some_and(|end| end == "md") {
            pages.push(below);
        }
    }
}

/// What is wrong with a link, if anything is.
fn broken(page: &str, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let full = root().join(Path::new(page).parent().unwrap()).join(path);
    if !path.is_empty() && !full.exists() {
        return Some(format!("{path} is not there"));
    }
    let there = if path.is_empty() {
        text.to_owned()
    } else {
        fs::read_to_string(&full).unwrap_or_default()
    };
    let missing = !anchor.is_empty() && !markdown::anchors(&there).iter().any(|known| known == anchor);
    missing.then(|| format!("no heading makes #{anchor}"))
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        for (line, target) in markdown::links(&text) {
            wrong.extend(broken(&page, &text, &target).map(|why| format!("{page}:{line}: {target}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_in_the_index() {
    let index = read("docs/README.md");
    for page in pages() {
        let name = page
            .strip_prefix("docs/")
            .filter(|name| !name.contains('/') && *name != "README.md");
        if let Some(name) = name.filter(|name| *name != "PROGRESS.md") {
            assert!(
                index.contains(&format!("({name})")),
                "docs/README.md does not name {name}"
            );
        }
    }
}

/// Pages that are read from beginning to end.
const READ_THROUGH: [&str; 7] = [
    "README.md",
    "docs/README.md",
    "docs/QUICKSTART.md",
    "docs/CONCEPTS.md",
    "docs/EXIT_CODES.md",
    "docs/REAL_CLUSTER.md",
    "docs/UPGRADE_AND_BACKUP.md",
];

/// What a person reads in an editor does not run out of the window; tables and consoles may.
#[test]
fn lines_of_prose_are_short() {
    let mut long = Vec::new();
    for page in READ_THROUGH {
        let text = read(page);
        let prose = markdown::prose(&text);
        let found = prose
            .iter()
            .filter(|(_, line)| line.chars().count() > 125 && !line.starts_with('|'));
        long.extend(found.map(|(number, line)| format!("{page}:{number}: {} letters", line.chars().count())));
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn broken_links_are_found() {
    let text = "# One\n";
    assert_eq!(broken("README.md", text, "#one"), None);
    assert_eq!(broken("README.md", text, "docs/CLI.md#exit-codes"), None);
    assert!(broken("README.md", text, "#two").is_some());
    assert!(broken("README.md", text, "docs/NOWHERE.md").is_some());
    assert!(broken("docs/README.md", text, "CLI.md#nothing-of-that-name").is_some());
}
