//! What is read, and what is refused where.

use super::*;
use crate::yaml::path::field;

fn at(line: usize, column: usize) -> Position {
    Position { line, column }
}

fn only_fault(text: &str) -> YamlFault {
    let stream = read(text.as_bytes());
    assert_eq!(stream.faults.len(), 1, "{:?}", stream.faults);

    stream.faults[0].clone()
}

#[test]
fn positions_are_those_of_keys_and_values() {
    let stream = read(b"a: 1\nb:\n  - x\n  - {c: \"d\"}\n");
    let root = &stream.documents[0].node;
    assert_eq!(root.locate(&field!("a")), at(1, 4));
    assert_eq!(
        root.locate(&field!("b")),
        at(2, 1),
        "a collection is shown by its key"
    );
    assert_eq!(root.locate(&field!("b", 1, "c")), at(4, 9));
    assert_eq!(root.locate(&field!("b", 1, "missing", "deeper")), at(4, 5));
    assert_eq!(root.locate(&field!("b", 7)), at(2, 1));
}

#[test]
fn empty_documents_are_skipped_and_marks_of_order_ignored() {
    let stream = read("\u{feff}---\n---\n# nothing\n---\nnull\n---\na: 1\n...\n".as_bytes());
    assert_eq!(stream.documents.len(), 1);
    assert!(stream.faults.is_empty() && !stream.incomplete);
    assert_eq!(read(b"").documents.len(), 0);
}

#[test]
fn a_second_key_is_reported_where_it_is() {
    let fault = only_fault("a:\n  b: 1\n  c: 2\n  b: 3\n");
    assert_eq!((fault.at, fault.path.to_string().as_str()), (at(4, 3), "a.b"));
    assert!(fault.problem.contains("line 2"), "{}", fault.problem);
}

#[test]
fn a_fault_does_not_hide_the_documents_around_it() {
    let stream = read(b"a: 1\n---\nb: 1\nb: 2\n---\nc: 1\n---\nd: [1\n");
    assert_eq!(
        stream.documents.iter().map(|root| root.whole).collect::<Vec<_>>(),
        [true, true, true]
    );
    assert_eq!(
        stream
            .faults
            .iter()
            .map(|fault| fault.document)
            .collect::<Vec<_>>(),
        [Some(1), None]
    );

    assert!(stream.incomplete);
}

#[test]
fn anchors_aliases_and_tags_are_named_and_refused() {
    for (text, word) in [
        ("a: &x 1\n", "anchor"),
        ("a: !!str 1\n", "tag"),
        ("a: !x {b: 1}\n", "tag"),
    ] {
        assert!(only_fault(text).problem.contains(word), "{text}");
    }
    let bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\n";
    let stream = read(bomb.as_bytes());
    assert!(!stream.documents[0].whole && stream.incomplete);
    assert_eq!(stream.faults.len(), 2, "one line for anchors, one for aliases");
}

#[test]
fn limits_hold() {
    assert!(only_fault(&"#".repeat(MAX_BYTES + 1)).problem.contains("bytes"));
    assert!(
        only_fault(&"- 1\n".repeat(MAX_NODES + 1))
            .problem
            .contains("20000 values")
    );
    assert!(
        only_fault(&format!("{}{}", "[".repeat(40), "]".repeat(40)))
            .problem
            .contains("deep")
    );
    only_fault(&"[".repeat(100_000));
}

#[test]
fn what_is_not_utf8_is_shown_where_it_begins() {
    let stream = read(b"a: 1\nb: \xff\xfe\n");
    assert_eq!(stream.faults[0].at, at(2, 4));
}

#[test]
fn a_tab_as_indentation_is_explained() {
    let fault = only_fault("spec:\n\tvmid: 100\n");
    assert_eq!(fault.at.line, 2);
    assert!(fault.hint.contains("tabs"), "{}", fault.hint);
}

proptest::proptest! {
    /// No input makes the reader panic or run away.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let stream = read(&bytes);
        proptest::prop_assert!(stream.documents.len() <= 400);
    }

    /// Text that looks like YAML neither.
    #[test]
    fn any_yaml_like_text_is_read_or_refused(text in "[a-c:\\-\\[\\]{}&*!|>'\"#, \n\t?%]{0,200}") {
        let _ = read(text.as_bytes());
    }
}
