//! Every kind of mistake, with the words a person reads. Each file of `tests/bad` is a set of its own; a folder is a
//! set of several files. What is printed is stored in `tests/bad/expected`.

use crate::{folder, lines};
use jarvis_crds::load;
use std::collections::BTreeMap;

fn sets() -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let mut sets: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for (file, bytes) in folder("crds/tests/bad")
        .into_iter()
        .filter(|(file, _)| !file.starts_with("expected/"))
    {
        let (set, name) = file
            .split_once('/')
            .unwrap_or((file.trim_end_matches(".yaml"), &file));
        sets.entry(set.to_owned())
            .or_default()
            .insert(name.to_owned(), bytes);
    }
    sets
}

#[test]
fn every_mistake_is_explained() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../bad/expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for (name, files) in sets() {
        let text = match load(&files, "commit") {
            Ok(loaded) => {
                assert!(!loaded.warnings.is_empty(), "{name} has nothing wrong");
                format!("only warnings:\n{}", lines(&loaded.warnings))
            }
            Err(errors) => lines(&errors),
        };
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_error_points_into_its_file_and_says_what_would_be_right() {
    for (name, files) in sets() {
        for error in load(&files, "commit").err().into_iter().flatten() {
            let lines = String::from_utf8_lossy(&files[&error.file]).lines().count();
            assert!((1..=lines + 1).contains(&error.line), "{name}: {error}");
            assert!(
                error.column >= 1 && !error.problem.is_empty() && !error.hint.is_empty(),
                "{name}: {error}"
            );
            assert!(!error.to_string().contains('\n'), "{name}: {error}");
        }
    }
}
