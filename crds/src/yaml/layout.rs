//! Where in a file's bytes each key and value stands, so that one of them can be changed and all else kept.
//!
//! Guarantees: spans are byte ranges of the text handed in, without the blank space and comments around them. Takes only
//! what [`super::tree`] takes whole; for anything else there is no layout. Knows nothing of manifests.

use super::path::{Path, Segment};
use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use std::ops::Range;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes; empty for a value that is not written (`key:`).
    pub span: Range<usize>,
    /// What it is.
    pub shape: Shape,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Text, number, boolean or nothing.
    Scalar {
        /// As read, escapes resolved.
        text: String,
        /// How it is written.
        quote: Quote,
    },
    /// A list.
    Sequence {
        /// Written in brackets.
        flow: bool,
        /// Its items.
        items: Vec<Piece>,
    },
    /// Keys and values.
    Mapping {
        /// Written in braces.
        flow: bool,
        /// Its entries.
        entries: Vec<Member>,
    },
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// Without quotes: it may be a number, a boolean or nothing.
    Plain,
    /// `'…'`.
    Single,
    /// `"…"`.
    Double,
    /// `|` or `>` and lines.
    Block,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key.
    pub key: String,
    /// Its bytes, quotes included.
    pub span: Range<usize>,
    /// The value.
    pub value: Piece,
}

/// A document and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// From its `---`, or from the end of the one before, to the `---` of the next or the end.
    pub span: Range<usize>,
    /// What it holds.
    pub root: Piece,
}

/// The layout of a text; None when it is not YAML, or holds what manifests do not take (anchors, aliases, tags).
pub fn lay_out(text: &str) -> Option<Vec<Document>> {
    let mut reader = Reader {
        text,
        starts: Vec::new(),
        open: Vec::new(),
        done: Vec::new(),
        root: None,
    };
    for next in Parser::new_from_str(text) {
        let (event, span) = next.ok()?;
        reader.take(event, span)?;
    }
    Some(reader.documents())
}

struct Reader<'a> {
    text: &'a str,
    /// Where each document begins.
    starts: Vec<usize>,
    open: Vec<Open>,
    done: Vec<Option<Piece>>,
    root: Option<Piece>,
}

struct Open {
    start: usize,
    flow: bool,
    items: Option<Vec<Piece>>,
    entries: Vec<Member>,
    key: Option<(String, Range<usize>)>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let (start, end) = (span.start.byte_offset()?, span.end.byte_offset()?);
        match event {
            Event::Scalar(text, style, 0, None) => {
                let quote = match style {
                    ScalarStyle::Plain => Quote::Plain,
                    ScalarStyle::SingleQuoted => Quote::Single,
                    ScalarStyle::DoubleQuoted => Quote::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Quote::Block,
                };
                let absent = text.is_empty() && quote == Quote::Plain;
                let written = self.text.get(start..end)?.trim_end().len();
                let span = start..if absent { start } else { start + written };
                let text = text.into_owned();
                self.put(Piece {
                    span,
                    shape: Shape::Scalar { text, quote },
                })?;
            }
            Event::SequenceStart(style, 0, None) => self.enter(start, style, Some(Vec::new())),
            Event::MappingStart(style, 0, None) => self.enter(start, style, None),
            Event::SequenceEnd | Event::MappingEnd => self.leave(end)?,
            Event::DocumentStart(..) => self.starts.push(start),
            Event::DocumentEnd => {
                let root = self.root.take();
                self.done.push(root);
            }
            Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..)
            | Event::Alias(_)
            | Event::UnresolvedAlias(_) => return None,
            // Comments, and the ends of the stream.
            _ => {}
        }
        Some(())
    }

    fn enter(&mut self, start: usize, style: StructureStyle, items: Option<Vec<Piece>>) {
        self.open.push(Open {
            start,
            flow: style == StructureStyle::Flow,
            items,
            entries: Vec::new(),
            key: None,
        });
    }

    fn leave(&mut self, end: usize) -> Option<()> {
        let Open {
            start,
            flow,
            items,
            entries,
            ..
        } = self.open.pop()?;
        let last = match &items {
            Some(items) => items.last().map(|item| item.span.end),
            None => entries.last().map(Member::end),
        };
        // The end of a block is where the next thing begins; its own is that of its last part.
        let end = if flow { end } else { last.unwrap_or(start) };
        let shape = match items {
            Some(items) => Shape::Sequence { flow, items },
            None => Shape::Mapping { flow, entries },
        };
        self.put(Piece {
            span: start..end.max(start),
            shape,
        })
    }

    fn put(&mut self, piece: Piece) -> Option<()> {
        let text = self.text;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(piece);
            return Some(());
        };
        let is_block = matches!(
            piece.shape,
            Shape::Scalar {
                quote: Quote::Block,
                ..
            }
        );
        if let Some(items) = &mut open.items {
            let mut item = piece;
            if is_block {
                // The lines of a block are reported, not its sign.
                let header = text.get(..item.span.start)?.trim_end();
                let line = header.rfind('\n').map_or(0, |newline| newline + 1);
                let mut at = line;
                while let Some(rest) = header[at..].trim_start_matches(' ').strip_prefix("- ") {
                    at = header.len() - rest.len();
                }
                item.span.start = sign(text, at)?;
            }
            items.push(item);
            return Some(());
        }
        match open.key.take() {
            None => match piece.shape {
                Shape::Scalar { text, .. } => open.key = Some((text, piece.span)),
                _ => return None,
            },
            Some((key, span)) => {
                let mut value = piece;
                if value.span.is_empty() {
                    // What is not written stands right behind its colon.
                    let at = colon(text, span.end)?;
                    value.span = at..at;
                } else if is_block {
                    value.span.start = sign(text, colon(text, span.end)?)?;
                }
                open.entries.push(Member { key, span, value });
            }
        }
        Some(())
    }

    fn documents(self) -> Vec<Document> {
        let ends = self.starts.iter().skip(1).copied().chain([self.text.len()]);
        let spans = self.starts.iter().copied().zip(ends).enumerate();
        spans
            .zip(self.done)
            .filter_map(|((position, (start, end)), root)| {
                let start = if position == 0 { 0 } else { start };
                root.map(|root| Document {
                    span: start..end,
                    root,
                })
            })
            .collect()
    }
}

/// The place of the `|` or `>` that follows.
fn sign(text: &str, after: usize) -> Option<usize> {
    let rest = text.get(after..)?;
    let at = after + rest.len() - rest.trim_start_matches([' ', '\t']).len();
    text[at..].starts_with(['|', '>']).then_some(at)
}

/// The place right behind the colon that follows a key.
pub fn colon(text: &str, key_end: usize) -> Option<usize> {
    let rest = text.get(key_end..)?;
    let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest[blank..].starts_with(':').then_some(key_end + blank + 1)
}

impl Member {
    /// Where the entry ends.
    pub fn end(&self) -> usize {
        self.value.span.end.max(self.span.end)
    }
}

impl Piece {
    /// The piece at a path.
    pub fn at(&self, path: &[Segment]) -> Option<&Piece> {
        let mut here = self;
        for segment in path {
            here = match (segment, &here.shape) {
                (Segment::Key(key), Shape::Mapping { .. }) => &here.member(key)?.value,
                (Segment::Index(index), Shape::Sequence { items, .. }) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(here)
    }

    /// An entry of a mapping.
    pub fn member(&self, key: &str) -> Option<&Member> {
        match &self.shape {
            Shape::Mapping { entries, .. } => entries.iter().find(|member| member.key == key),
            _ => None,
        }
    }

    /// Whether it is in braces or brackets.
    pub fn is_flow(&self) -> bool {
        matches!(
            self.shape,
            Shape::Sequence { flow: true, .. } | Shape::Mapping { flow: true, .. }
        )
    }

    /// The value as YAML's core schema reads it.
    pub fn value(&self) -> Value {
        match &self.shape {
            Shape::Scalar { text, quote } => resolve(text, *quote),
            Shape::Sequence { items, .. } => items.iter().map(Piece::value).collect(),
            Shape::Mapping { entries, .. } => Value::Object(
                entries
                    .iter()
                    .map(|member| (member.key.clone(), member.value.value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

fn resolve(text: &str, quote: Quote) -> Value {
    if quote != Quote::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let plain = number && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let integer = text.parse::<i64>().map(Value::from);
    let integer = integer.or_else(|_| text.parse::<u64>().map(Value::from));
    match (plain, integer, text.parse::<f64>()) {
        (true, Ok(integer), _) => integer,
        (true, Err(_), Ok(float)) => {
            serde_json::Number::from_f64(float).map_or_else(|| Value::String(text.to_owned()), Value::Number)
        }
        _ => Value::String(text.to_owned()),
    }
}

/// Reads a path as people write it: `spec.dependsOn[1]`, `metadata.labels["a.b/c"]`.
pub fn parse_path(text: &str) -> Option<Path> {
    let mut path = Path::root();
    let mut rest = text.trim();
    let mut first = true;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (step, after) = bracketed(inside)?;
            path = match step {
                Segment::Key(key) => path.key(&key),
                Segment::Index(index) => path.index(index),
            };
            rest = after;
        } else {
            let key_on = if first { rest } else { rest.strip_prefix('.')? };
            let end = key_on.find(['.', '[']).unwrap_or(key_on.len());
            let key = &key_on[..end];
            if key.is_empty() || key.chars().any(char::is_control) {
                return None;
            }
            path = path.key(key);
            rest = &key_on[end..];
        }
        first = false;
    }
    (path.segments().len() <= super::tree::MAX_DEPTH).then_some(path)
}

/// What follows an opening bracket: an index or a quoted key, and the rest behind the closing one.
fn bracketed(inside: &str) -> Option<(Segment, &str)> {
    if inside.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let key = stream.next()?.ok()?;
        let rest = inside.get(stream.byte_offset()..)?.strip_prefix(']')?;
        return Some((Segment::Key(key), rest));
    }
    let (number, rest) = inside.split_once(']')?;
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let index = number.parse().ok().filter(|_| digits)?;
    Some((Segment::Index(index), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spans_are_exactly_what_is_written() {
        let text = "# head\na: 1 # one\n\"b\": 'x y'   # two\nc:\n  - u\n  - v: [1, {k: w}]\n    t:\nd: |\n  l1\n  l2\nf:\n  - >- # folded\n    m\n\n# tail\ne: ä\n";
        let documents = lay_out(text).unwrap();
        let root = &documents[0].root;
        let shown = |path: &str| {
            let path = parse_path(path).unwrap();
            &text[root.at(path.segments()).unwrap().span.clone()]
        };
        assert_eq!(shown("a"), "1");
        assert_eq!(shown("b"), "'x y'");
        assert_eq!(shown("c"), "- u\n  - v: [1, {k: w}]\n    t:");
        assert_eq!(shown("c[1].v"), "[1, {k: w}]");
        assert_eq!(shown("c[1].v[1].k"), "w");
        assert_eq!(shown("c[1].t"), "");
        assert_eq!(shown("d"), "|\n  l1\n  l2");
        assert_eq!(shown("f[0]"), ">- # folded\n    m");
        assert_eq!(shown("e"), "ä");
        assert_eq!(
            root.value(),
            json!({"a": 1, "b": "x y", "c": ["u", {"v": [1, {"k": "w"}], "t": null}], "d": "l1\nl2\n", "f": ["m"], "e": "ä"})
        );
    }

    #[test]
    fn documents_follow_each_other_without_a_gap() {
        let text = "# one\na: 1\n---\n# two\nb: 2\n--- # three\nc: 3\n";
        let parts: Vec<&str> = lay_out(text)
            .unwrap()
            .into_iter()
            .map(|document| &text[document.span])
            .collect();
        assert_eq!(
            parts,
            ["# one\na: 1\n", "---\n# two\nb: 2\n", "--- # three\nc: 3\n"]
        );
        assert_eq!(lay_out("a: &x 1\n"), None, "anchors");
        assert_eq!(lay_out("a: [\n"), None, "no YAML");
    }

    #[test]
    fn paths_are_read_as_they_are_shown() {
        for path in ["spec.runStrategy", "spec.steps[2].action", "a[0][1].b"] {
            assert_eq!(parse_path(path).unwrap().to_string(), path);
        }
        let quoted = parse_path(r#"metadata.labels["a.b/c"]"#).unwrap();
        assert_eq!(quoted.segments()[2], Segment::Key("a.b/c".to_owned()));
        for bad in ["a..b", ".a", "a[", "a[x]", "a[-1]", "a[1", "a.", "a[\"x]"] {
            assert_eq!(parse_path(bad), None, "{bad}");
        }
    }
}
