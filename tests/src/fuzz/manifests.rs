//! Manifest files: either every error has a place in the file and words, or every manifest prints to a text that is read
//! as the same manifest with the same hash. A set of files never loads with an empty list of errors.

use jarvis_crds::{ManifestError, hash, load, parse};
use std::collections::BTreeMap;

/// Reads a manifest file, alone and as a set.
///
/// # Panics
/// When a promise is broken.
pub fn check(data: &[u8]) {
    let files = BTreeMap::from([("fuzzed.yaml".to_owned(), data.to_vec())]);
    let lines = data.iter().filter(|byte| ends_line(**byte)).count() + 1;
    match load(&files, "fuzzed") {
        Ok(loaded) => {
            assert_eq!(loaded.desired.manifests().len(), loaded.desired.len());
            for source in loaded.sources.values() {
                assert!((1..=lines).contains(&source.line), "{source:?} of {lines} lines");
            }
            places(&loaded.warnings, lines);
        }
        Err(errors) => {
            assert!(!errors.is_empty(), "a refusal says why");
            places(&errors, lines);
        }
    }
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(manifests) = parse("fuzzed.yaml", text) else {
        return;
    };
    for manifest in manifests {
        let printed = manifest.to_yaml();
        let read = parse("printed.yaml", &printed)
            .unwrap_or_else(|errors| panic!("what is printed is not read back: {}\n{printed}", errors[0]));
        assert_eq!(read, std::slice::from_ref(&manifest), "{printed}");
        assert_eq!(hash::of_manifest(&read[0]), hash::of_manifest(&manifest));
    }
}

/// YAML knows more line ends than one; those outside ASCII by their last byte.
fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0x85 | 0xA8 | 0xA9)
}

fn places(errors: &[ManifestError], lines: usize) {
    for error in errors {
        // An error may stand behind the last line.
        assert!(
            (1..=lines + 1).contains(&error.line),
            "{error:?} of {lines} lines"
        );
        assert!(error.column >= 1 && !error.problem.is_empty(), "{error:?}");
    }
}
