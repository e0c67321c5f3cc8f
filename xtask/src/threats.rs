//! Part of `tidy`: every row of the threat model names a test, and each test it names is in the tree.
//! A row is a line of a table whose last column is headed `test`; what stands there between backticks is a test's name, with
//! or without the modules before it.

use crate::tidy::Finding;
use crate::workspace::RepoFile;
use std::collections::BTreeSet;

const DOC: &str = "docs/THREAT_MODEL.md";
/// Fewer would mean that the tables are no longer found.
const LEAST_ROWS: usize = 20;

/// Compares the page with the tests.
pub fn judge(files: &[RepoFile]) -> Vec<Finding> {
    let Some(text) = files
        .iter()
        .find(|file| file.path == DOC)
        .and_then(|file| file.text.as_deref())
    else {
        return vec![finding(
            0,
            "is missing: what is feared, and the test of what stops it".to_owned(),
        )];
    };
    let rows = rows(text);
    let known = tests(files);
    let mut findings = Vec::new();
    if rows.len() < LEAST_ROWS {
        findings.push(finding(
            0,
            format!("has {} rows with tests, fewer than {LEAST_ROWS}", rows.len()),
        ));
    }
    for row in rows {
        if row.tests.is_empty() {
            findings.push(finding(
                row.line,
                "names no test: what would show that this is stopped?".to_owned(),
            ));
        }
        let missing = row.tests.iter().filter(|test| !known.contains(last(test)));
        findings
            .extend(missing.map(|test| finding(row.line, format!("there is no test {test} in the tree"))));
    }
    findings
}

fn finding(line: usize, what: String) -> Finding {
    Finding {
        path: DOC.to_owned(),
        line,
        what,
    }
}

/// A line of a table with a column of tests.
#[derive(Debug, PartialEq, Eq)]
struct Row<'a> {
    line: usize,
    tests: Vec<&'a str>,
}

fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut in_table = false;
    for (at, line) in text.lines().enumerate() {
        let Some(cells) = line.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')) else {
            in_table = false;
            continue;
        };
        let cell = cells.rsplit('|').next().unwrap_or_default().trim();
        if cell == "test" {
            in_table = true;
        } else if in_table && !cell.starts_with("---") {
            rows.push(Row {
                line: at + 1,
                tests: cell.split('`').skip(1).step_by(2).collect(),
            });
        }
    }
    rows
}

/// The function's own name.
fn last(test: &str) -> &str {
    test.rsplit("::").next().unwrap_or(test)
}

/// Names of all functions that are tests.
fn tests(files: &[RepoFile]) -> BTreeSet<&str> {
    let rust = files
        .iter()
        .filter(|file| file.path.strip_suffix(".rs").is_some());
    rust.filter_map(|file| file.text.as_deref())
        .flat_map(tests_in)
        .collect()
}

fn tests_in(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some(name) = name(line) {
            if marked {
                found.push(name);
            }
            marked = false;
        }
    }
    found
}

fn name(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(rows: &str) -> Vec<RepoFile> {
        let fill: Vec<String> = (0..LEAST_ROWS).map(|n| format!("| {n} | `known` |\n")).collect();
        let filler = fill.concat();
        let file = |path: &str, text: String| RepoFile {
            path: path.to_owned(),
            text: Some(text),
        };
        let tests = "#[test]\n#[should_panic]\nfn known() {}\nfn plain() {}\n    #[tokio::test(flavor = \"x\")]\n    async fn later<T>() {}\n";
        vec![
            file(DOC, format!("| what | test |\n| --- | --- |\n{filler}{rows}")),
            file("crates/x/src/lib.rs", tests.to_owned()),
        ]
    }

    fn said(rows: &str) -> Vec<String> {
        judge(&page(rows))
            .iter()
            .map(|finding| finding.what.clone())
            .collect()
    }

    #[test]
    fn named_tests_must_be_there_and_be_tests() {
        assert_eq!(said("| a | x `a::b::later`, `known` |\n"), Vec::<String>::new());
        assert_eq!(said("| a | `plain` |\n"), ["there is no test plain in the tree"]);
        assert_eq!(
            said("| a | `known`, `m::gone` |\n"),
            ["there is no test m::gone in the tree"]
        );
        assert!(said("| a | later |\n")[0].contains("names no test"));
    }

    #[test]
    fn other_tables_are_left_alone_and_an_empty_page_is_not_content() {
        assert_eq!(
            said("\n| what | who |\n| --- | --- |\n| a | b |\n"),
            Vec::<String>::new()
        );
        let mut files = page("");
        files[0].text = Some("# Threats\n".to_owned());
        assert!(judge(&files)[0].what.contains("0 rows"));
        assert!(judge(&files[1..])[0].what.contains("missing"));
    }
}
