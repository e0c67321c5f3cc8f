//! Cuts into texts: tables of what differs, and properties over any document with comments in it.

use super::*;
use crate::yaml::layout::parse_path;
use proptest::prelude::*;
use serde_json::json;

fn path(text: &str) -> Path {
    parse_path(text).unwrap()
}

const WEB: &str = "\
# The web server.
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata:
  name: web   # as in DNS
  labels: {tier: front, team: 'a'}
spec:
  vmid: 101
  # Nobody stops it by hand.
  runStrategy: Always   # since the fair
  dependsOn:
  - db     # first
  - cache
  stopTimeout: \"90s\"

# The end.
";

/// The lines that differ, as `-old` and `+new`.
fn changed(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let ahead = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - ahead;
    let behind = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let gone = old[ahead..old.len() - behind]
        .iter()
        .map(|line| format!("-{line}"));
    let come = new[ahead..new.len() - behind]
        .iter()
        .map(|line| format!("+{line}"));
    gone.chain(come).collect()
}

fn sets(at: &str, new: Value) -> Vec<String> {
    changed(WEB, &set(WEB, 0, &path(at), &new).unwrap())
}

#[test]
fn a_scalar_changes_in_its_place() {
    assert_eq!(
        sets("spec.runStrategy", json!("Manual")),
        [
            "-  runStrategy: Always   # since the fair",
            "+  runStrategy: Manual   # since the fair"
        ]
    );
    assert_eq!(
        sets("spec.stopTimeout", json!("2m")),
        ["-  stopTimeout: \"90s\"", "+  stopTimeout: \"2m\""]
    );
    assert_eq!(
        sets("metadata.labels.team", json!("b, c")),
        [
            "-  labels: {tier: front, team: 'a'}",
            "+  labels: {tier: front, team: \"b, c\"}"
        ]
    );
    assert_eq!(sets("spec.vmid", json!(101)), Vec::<String>::new());
}

#[test]
fn keys_and_items_are_added_and_taken_away_on_lines_of_their_own() {
    assert_eq!(sets("spec.autonomy", json!("L3")), ["+  autonomy: L3"]);
    assert_eq!(
        sets("spec.ready", json!({"tcp": {"port": 80}})),
        ["+  ready:", "+    tcp:", "+      port: 80"]
    );
    assert_eq!(sets("spec.dependsOn[2]", json!("dns")), ["+  - dns"]);
    assert_eq!(
        sets("spec.dependsOn", json!(["dns", "db", "cache"])),
        ["+  - dns"]
    );
    assert_eq!(sets("spec.dependsOn", json!(["cache"])), ["-  - db     # first"]);
    assert_eq!(
        sets("metadata.labels.x", json!("y")),
        [
            "-  labels: {tier: front, team: 'a'}",
            "+  labels: {tier: front, team: 'a', x: \"y\"}"
        ]
    );
    let gone = |at: &str| changed(WEB, &unset(WEB, 0, &path(at)).unwrap());
    assert_eq!(gone("spec.stopTimeout"), ["-  stopTimeout: \"90s\""]);
    assert_eq!(
        gone("spec.dependsOn"),
        ["-  dependsOn:", "-  - db     # first", "-  - cache"]
    );
    assert_eq!(
        gone("metadata.labels.tier"),
        ["-  labels: {tier: front, team: 'a'}", "+  labels: {team: 'a'}"]
    );
}

#[test]
fn a_value_may_change_its_kind() {
    for (before, at, new, after) in [
        (
            "a: 1 # one\nb: 2\n",
            "a",
            json!({"c": [1]}),
            "a: # one\n  c:\n    - 1\nb: 2\n",
        ),
        ("a:\n  - 1\n  - 2\nb: 2\n", "a", json!("x"), "a: x\nb: 2\n"),
        ("a:\n  - 1\nb: 2\n", "a", json!({"c": 1}), "a:\n  c: 1\nb: 2\n"),
        ("a: {}\nb: 2\n", "a.c", json!(1), "a:\n  c: 1\nb: 2\n"),
        ("a:\nb: 2\n", "a", json!(3), "a: 3\nb: 2\n"),
        ("a: |\n  x\n  y\nb: 2\n", "a", json!("z"), "a: z\nb: 2\n"),
        ("a: 'x'\n", "a", json!("it's"), "a: it's\n"),
        (
            "a:\n  - b: 1\n    c: 2\n",
            "a[0].b",
            json!([]),
            "a:\n  - b: []\n    c: 2\n",
        ),
        (
            "a: 1\r\nb: 2\r\n",
            "c",
            json!([1]),
            "a: 1\r\nb: 2\r\nc:\r\n  - 1\r\n",
        ),
        ("a: 1", "b", json!(2), "a: 1\nb: 2"),
        ("\u{feff}a: 1\n", "a", json!(2), "\u{feff}a: 2\n"),
    ] {
        assert_eq!(set(before, 0, &path(at), &new).as_deref(), Ok(after), "{before}");
    }
    assert_eq!(
        unset("a:\n  b: 1\nc: 2\n", 0, &path("a.b")).unwrap(),
        "a: {}\nc: 2\n"
    );
    assert_eq!(
        unset("x:\n  - a: 1\n    b: 2\n", 0, &path("x[0].a")).unwrap(),
        "x:\n  - b: 2\n"
    );
}

#[test]
fn other_documents_stay_and_what_is_not_there_is_said() {
    let text = "a: 1\n---\na: 2 # two\n---\na: 3\n";
    let after = set(text, 1, &path("a"), &json!(9)).unwrap();
    assert_eq!(after, "a: 1\n---\na: 9 # two\n---\na: 3\n");
    let stuck = |text: &str, at: &str| set(text, 0, &path(at), &json!(1)).unwrap_err();
    assert_eq!(stuck("a: 1\n", "a.b"), Stuck::NoPlace("a.b".into()));
    assert_eq!(stuck("a: [1]\n", "a[3]"), Stuck::NoPlace("a[3]".into()));
    assert_eq!(stuck("a: *x\n", "a"), Stuck::NotYaml);
    assert_eq!(
        unset("a: 1\n", 0, &path("b")).unwrap_err(),
        Stuck::NoPlace("b".into())
    );
    assert_eq!(
        set(text, 3, &path("a"), &json!(1)).unwrap_err(),
        Stuck::NoPlace("a".into())
    );
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-1000_i64..1000).prop_map(Value::from),
        "[a-z]{1,6}".prop_map(Value::from),
        "(on|null|5m|a, b|a: b|it's|# no|x # y|- z|\"q\"|)".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn mapping() -> impl Strategy<Value = Value> {
    proptest::collection::btree_map("[a-e]{1,2}", value(), 1..5)
        .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()))
}

/// The text of a value, with comments and blank lines between its lines and now and then behind a value.
fn commented(value: &Value, noise: &[u8]) -> String {
    let mut text = String::new();
    for (n, line) in to_yaml(value).lines().enumerate() {
        let noise = noise.get(n % noise.len().max(1)).copied().unwrap_or(9);
        let pad = line.len() - line.trim_start().len();
        match noise {
            0 => text.extend([" ".repeat(pad), format!("# note {n}\n")]),
            1 => text.push('\n'),
            _ => {}
        }
        text.push_str(line);
        text.push_str(if noise == 2 { "   # behind\n" } else { "\n" });
    }
    text
}

/// Every path to a value.
fn paths(value: &Value, here: &Path, all: &mut Vec<Path>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let path = here.key(key);
                paths(inner, &path, all);
                all.push(path);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                let path = here.index(index);
                paths(inner, &path, all);
                all.push(path);
            }
        }
        _ => {}
    }
}

/// The lines outside the key and value that are changed must be there afterwards, in order.
fn untouched_lines_stay(before: &str, after: &str, root: &Piece, path: &Path) -> Result<(), TestCaseError> {
    let touched = root.at(path.segments()).unwrap().span.clone();
    let (last, parent) = path.segments().split_last().unwrap();
    let start = match last {
        Segment::Key(key) => root.at(parent).unwrap().member(key).unwrap().span.start,
        Segment::Index(_) => touched.start,
    };
    let head = before[..start].rfind('\n').map_or(0, |at| at + 1);
    let tail = before[touched.end..]
        .find('\n')
        .map_or(before.len(), |at| touched.end + at + 1);
    prop_assert!(after.starts_with(&before[..head]), "{before}\n=>\n{after}");
    prop_assert!(after.ends_with(&before[tail..]), "{before}\n=>\n{after}");
    Ok(())
}

proptest! {
    #[test]
    fn what_is_set_is_read_back_and_all_else_is_kept(
        old in mapping(), new in value(), pick in any::<prop::sample::Index>(), noise in proptest::collection::vec(0_u8..8, 1..12),
    ) {
        let before = commented(&old, &noise);
        let mut all = Vec::new();
        paths(&old, &Path::root(), &mut all);
        let path = pick.get(&all);
        let laid = lay_out(&before).unwrap();
        prop_assert_eq!(&laid[0].root.value(), &old, "{}", before);
        let after = set(&before, 0, path, &new).unwrap();
        let mut wished = old.clone();
        put(&mut wished, path.segments(), &new).unwrap();
        prop_assert_eq!(lay_out(&after).unwrap()[0].root.value(), wished, "{}\n=>\n{}", before, after);
        untouched_lines_stay(&before, &after, &laid[0].root, path)?;
    }

    #[test]
    fn what_is_taken_away_is_gone_and_all_else_is_read_back(
        old in mapping(), pick in any::<prop::sample::Index>(), noise in proptest::collection::vec(0_u8..8, 1..12),
    ) {
        let before = commented(&old, &noise);
        let mut all = Vec::new();
        paths(&old, &Path::root(), &mut all);
        // The last key of a document cannot go: a document without keys is none.
        all.retain(|path| path.segments().len() > 1 || old.as_object().is_some_and(|fields| fields.len() > 1));
        prop_assume!(!all.is_empty());
        let path = pick.get(&all);
        let mut wished = old.clone();
        take(&mut wished, path.segments()).unwrap();
        let after = unset(&before, 0, path).unwrap();
        prop_assert_eq!(lay_out(&after).unwrap()[0].root.value(), wished, "{}\n=>\n{}", before, after);
    }
}
