//! Part of `tidy`: every direct dependency, of the workspace and of the dashboard, has its line in `docs/DEPENDENCIES.md`, and
//! no line is left over.
//! A line is a table row that begins with the name: `| name | what for | why this one | how it would be replaced |`.

use crate::tidy::Finding;
use crate::workspace::RepoFile;

const DOC: &str = "docs/DEPENDENCIES.md";
const DASHBOARD: &str = "ui/package.json";

/// Compares the two lists.
pub fn judge(files: &[RepoFile]) -> Vec<Finding> {
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .and_then(|file| file.text.as_deref())
            .unwrap_or_default()
    };
    let used = used(text("Cargo.toml"));
    let of_dashboard = of_dashboard(text(DASHBOARD));
    let rows = rows(text(DOC));
    let finding = |line: usize, what: String| Finding {
        path: DOC.to_owned(),
        line,
        what,
    };
    let all = used
        .iter()
        .copied()
        .chain(of_dashboard.iter().map(String::as_str));
    let missing = all
        .filter(|name| !rows.iter().any(|row| row.name == *name))
        .map(|name| {
            finding(
                0,
                format!("no line for {name}: say what for, why this one, how it would be replaced"),
            )
        });
    let wrong = rows.iter().filter_map(|row| {
        if !used.contains(&row.name) && !of_dashboard.iter().any(|name| name == row.name) {
            Some(finding(
                row.line,
                format!(
                    "{} is no dependency of the workspace or the dashboard; remove the line",
                    row.name
                ),
            ))
        } else if row.empty_cells > 0 || row.cells != 4 {
            Some(finding(
                row.line,
                format!("the line of {} needs four filled cells", row.name),
            ))
        } else {
            None
        }
    });
    let unused = used
        .iter()
        .filter(|name| !files.iter().any(|file| is_used_by(file, name)))
        .map(|name| Finding {
            path: "Cargo.toml".to_owned(),
            line: 0,
            what: format!("{name} is in [workspace.dependencies], but no crate uses it; remove it"),
        });
    missing.chain(wrong).chain(unused).collect()
}

/// Whether a member's manifest names a dependency.
fn is_used_by(file: &RepoFile, name: &str) -> bool {
    let starts = |line: &str| {
        let rest = line.trim().strip_prefix(name).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with(".workspace") || rest.starts_with('='))
    };
    file.path.ends_with("/Cargo.toml") && file.text.as_deref().is_some_and(|text| text.lines().any(starts))
}

/// Names under `[workspace.dependencies]`, without the workspace's own crates.
fn used(manifest: &str) -> Vec<&str> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && !line.contains("path = "))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim())
        .collect()
}

/// Names of the packages the dashboard asks for.
fn of_dashboard(package: &str) -> Vec<String> {
    let package: serde_json::Value = serde_json::from_str(package).unwrap_or_default();
    ["dependencies", "devDependencies"]
        .iter()
        .filter_map(|table| package[*table].as_object())
        .flat_map(|table| table.keys().cloned())
        .collect()
}

struct Row<'a> {
    line: usize,
    name: &'a str,
    cells: usize,
    empty_cells: usize,
}

fn rows(doc: &str) -> Vec<Row<'_>> {
    doc.lines()
        .enumerate()
        .filter_map(|(at, line)| {
            let cells: Vec<&str> = line
                .trim()
                .strip_prefix('|')?
                .strip_suffix('|')?
                .split('|')
                .map(str::trim)
                .collect();
            let name = cells.first()?.strip_prefix('`')?.strip_suffix('`')?;
            let empty_cells = cells.iter().filter(|cell| cell.is_empty()).count();
            Some(Row {
                line: at + 1,
                name,
                cells: cells.len(),
                empty_cells,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(doc: &str) -> Vec<String> {
        found_with(doc, "serde.workspace = true\ntokio = { workspace = true }\n")
    }

    fn found_with(doc: &str, member: &str) -> Vec<String> {
        let manifest = "[workspace.package]\nx = 1\n[workspace.dependencies]\nown = { path = \"x\" }\n# c\nserde = \"1\"\n\
                        tokio = { version = \"1\" }\n\n[workspace.lints.rust]\ny = 1\n";
        let file = |path: &str, text: &str| RepoFile {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        judge(&[
            file("Cargo.toml", manifest),
            file(DOC, doc),
            file("crates/x/Cargo.toml", member),
        ])
        .iter()
        .map(Finding::to_string)
        .collect()
    }

    #[test]
    fn both_lists_must_agree() {
        let head = "| name | for | why | instead |\n| --- | --- | --- | --- |\n";
        let serde = "| `serde` | a | b | c |\n";
        assert_eq!(
            found(&format!("{head}{serde}| `tokio` | a | b | c |\n")),
            Vec::<String>::new()
        );
        assert!(found(&format!("{head}{serde}"))[0].contains("no line for tokio"));
        assert!(found(&format!("{head}{serde}| `tokio` | a |  | c |\n"))[0].contains("four filled cells"));
        assert!(
            found(&format!(
                "{serde}| `tokio` | a | b | c |\n| `sled` | a | b | c |\n"
            ))[0]
                .contains(":3: sled is no")
        );
    }

    #[test]
    fn packages_of_the_dashboard_have_their_lines_too() {
        let file = |path: &str, text: &str| RepoFile {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        };
        let package = r#"{"dependencies":{"react":"1"},"devDependencies":{"@scope/x":"1"}}"#;
        let found = |doc: &str| {
            let findings = judge(&[file("Cargo.toml", ""), file(DASHBOARD, package), file(DOC, doc)]);
            findings.iter().map(Finding::to_string).collect::<Vec<_>>()
        };
        let both = "| `react` | a | b | c |\n| `@scope/x` | a | b | c |\n";
        assert_eq!(found(both), Vec::<String>::new());
        assert!(found("| `react` | a | b | c |\n")[0].contains("no line for @scope/x"));
    }

    #[test]
    fn what_no_crate_uses_is_told() {
        let doc = "| `serde` | a | b | c |\n| `tokio` | a | b | c |\n";
        let findings = found_with(doc, "serde.workspace = true\ntokio-util.workspace = true\n");
        assert!(
            findings.len() == 1 && findings[0].contains("tokio is in [workspace.dependencies]"),
            "{findings:?}"
        );
    }
}
