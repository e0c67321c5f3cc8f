//! The page `docs/MANIFESTS.md`: every field of every kind, from the schemas.
//!
//! | module | what |
//! | --- | --- |
//! | [`fields`] | the fields of a schema as rows |
//! | [`kinds`] | introductions and examples |

mod fields;
mod kinds;

use fields::{Field, fields};
use jarvis_crds::schema::{about, document};
use jarvis_model::ResourceKind;
use std::fmt::Write;

const MARK: &str = concat!(
    "<!-- @gen",
    "erated by `cargo xtask gen` from the kinds in crds/; edit those, or xtask/src/manifest_pages -->\n\n"
);
const HEAD: &str = include_str!("manifest_pages/head.md");

/// Path of the page.
pub const PATH: &str = "docs/MANIFESTS.md";

/// The page.
pub fn page() -> String {
    let mut page = format!("{MARK}{HEAD}\n## Kinds\n\n| kind | what |\n| --- | --- |\n");
    for kind in ResourceKind::ALL {
        // Writing into a String cannot fail.
        let _ = writeln!(
            page,
            "| [{kind}](#{}) | {} |",
            kind.as_str().to_lowercase(),
            about(kind)
        );
    }
    for kind in ResourceKind::ALL {
        section(kind, &mut page);
    }
    page
}

fn section(kind: ResourceKind, page: &mut String) {
    let introduction = kinds::introduction(kind);
    let example = kinds::document(introduction.content, kind, introduction.name).unwrap_or_default();
    let _ = write!(
        page,
        "\n## {kind}\n\n{}\n\n```yaml\n{example}```\n\nFrom [{file}](../examples/homelab/manifests/{file}).\n\n\
         | field | type | default | required | meaning |\n| --- | --- | --- | --- | --- |\n",
        introduction.text,
        file = introduction.file,
    );
    for field in fields(&document(kind)["properties"]["spec"]) {
        row(&field, page);
    }
}

fn row(field: &Field, page: &mut String) {
    let default = field.default.as_ref().map(|default| format!("`{default}`"));
    let _ = writeln!(
        page,
        "| `{}` | {} | {} | {} | {} |",
        field.path,
        field.takes,
        default.unwrap_or_default(),
        field.required,
        field.meaning
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn of(kind: ResourceKind) -> Vec<Field> {
        fields(&document(kind)["properties"]["spec"])
    }

    #[test]
    fn every_field_says_what_it_means() {
        for kind in ResourceKind::ALL {
            let all = of(kind);
            assert!(all.len() > 4, "{kind}");
            for field in all {
                let sentence =
                    field.meaning.len() > 5 && field.meaning.ends_with('.') && !field.meaning.contains('|');
                assert!(sentence, "{kind} {}: {:?}", field.path, field.meaning);
                assert!(
                    !field.takes.is_empty() && !field.takes.contains('|'),
                    "{kind} {}",
                    field.path
                );
            }
        }
    }

    #[test]
    fn every_example_is_in_its_file_and_is_valid_there() {
        let kinds = ResourceKind::ALL.map(kinds::introduction);
        for (kind, introduction) in ResourceKind::ALL.into_iter().zip(kinds) {
            assert!(
                kinds::document(introduction.content, kind, introduction.name).is_some(),
                "{} has no {kind}/{}",
                introduction.file,
                introduction.name
            );
        }
        let laboratory = include_str!("../../examples/homelab/manifests/guests/laboratory.yaml");
        let mut files: BTreeMap<String, String> = kinds
            .map(|introduction| (introduction.file.to_owned(), introduction.content.to_owned()))
            .into();
        files.insert("guests/laboratory.yaml".to_owned(), laboratory.to_owned());
        let loaded = jarvis_crds::load_unsaved(&files);
        assert!(
            loaded.is_ok(),
            "{:?}",
            loaded.err().map(|errors| errors[0].to_string())
        );
    }
}
