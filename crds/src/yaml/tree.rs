//! A YAML stream as trees whose every key and value knows its position.
//!
//! Guarantees: bounded work and memory (size, number of values, depth); no aliases, anchors or tags, so a document
//! is exactly as big as its text; iterative, so no input overflows the stack. Errors of one document do not hide the
//! documents before it.

use super::path::{Path, Segment};
use serde_saphyr::granit_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span};

/// The most bytes a file may have.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The most values (keys, scalars, lists, mappings) a file may have.
pub const MAX_NODES: usize = 20_000;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 32;

/// A place in a file, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

impl Position {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, number, boolean or nothing; `plain` when written without quotes.
    Scalar {
        /// As written, escapes resolved.
        text: String,
        /// Written without quotes, so it may mean a number, a boolean or nothing.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order written; keys are unique.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key begins.
    pub at: Position,
    /// The value.
    pub value: Node,
}

/// Something wrong with the YAML itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlFault {
    /// Where.
    pub at: Position,
    /// Inside what; empty where that is not known.
    pub path: Path,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
    /// In which document, as an index into [`Stream::documents`]; none when reading ended there.
    pub document: Option<usize>,
}

/// A document of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its tree.
    pub node: Node,
    /// Whether the tree says all that was written, so that more can be said about it: no aliases or the like left a
    /// hole. A tree with a key given twice has the first value.
    pub whole: bool,
}

/// A file, read.
#[derive(Debug, Default)]
pub struct Stream {
    /// Its documents; empty ones are left out.
    pub documents: Vec<Root>,
    /// What is wrong as YAML.
    pub faults: Vec<YamlFault>,
    /// Whether the faults hide documents whose content is therefore unknown.
    pub incomplete: bool,
}

/// Reads all documents of a file.
pub fn read(bytes: &[u8]) -> Stream {
    match decode(bytes) {
        Ok(text) => Reader::default().run(text),
        Err(fault) => Stream {
            documents: Vec::new(),
            faults: vec![fault],
            incomplete: true,
        },
    }
}

fn decode(bytes: &[u8]) -> Result<&str, YamlFault> {
    if bytes.len() > MAX_BYTES {
        let problem = format!(
            "the file has {} bytes, more than the {MAX_BYTES} allowed",
            bytes.len()
        );
        return Err(fault(Position::START, &problem, "split it into several files"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        fault(
            Position { line, column },
            "the file is not UTF-8 text here",
            "save it as UTF-8",
        )
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn fault(at: Position, problem: &str, hint: &str) -> YamlFault {
    YamlFault {
        at,
        path: Path::root(),
        problem: problem.to_owned(),
        hint: hint.to_owned(),
        document: None,
    }
}

/// Builds trees from parser events with its own stack.
#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    /// Faults of the document in hand.
    current: Vec<YamlFault>,
    /// Whether something in the document in hand could not be kept.
    hole: bool,

    stream: Stream,
}

/// A collection whose end has not come yet.
enum Open {
    Sequence {
        at: Position,
        items: Vec<Node>,
    },
    Mapping {
        at: Position,
        entries: Vec<Entry>,
        key: Option<(String, Position)>,
    },
}

impl Reader {
    fn run(mut self, text: &str) -> Stream {
        for next in Parser::new_from_str(text) {
            let step = match next {
                Ok((event, span)) => self.take(event, span),
                Err(error) => Err(syntax(&error, text)),
            };
            if let Err(fatal) = step {
                self.current.push(fatal);
                self.stream.faults.append(&mut self.current);
                self.stream.incomplete = true;
                return self.stream;
            }
        }
        self.stream
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlFault> {
        let at = position(&span.start);
        if event.is_node() {
            self.count(at)?;
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_extras(at, anchor, tag.is_some());
                let plain = style == ScalarStyle::Plain;
                self.put(Node {
                    at,
                    content: Content::Scalar {
                        text: text.into_owned(),
                        plain,
                    },
                });
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_extras(at, anchor, tag.is_some());
                self.enter(Open::Sequence {
                    at,
                    items: Vec::new(),
                })?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_extras(at, anchor, tag.is_some());
                self.enter(Open::Mapping {
                    at,
                    entries: Vec::new(),
                    key: None,
                })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.complain(
                    at,
                    "an alias (*name) is not taken in manifests",
                    "write the value out where it is needed",
                );
                self.put(Node {
                    at,
                    content: Content::Scalar {
                        text: String::new(),
                        plain: true,
                    },
                });
            }
            Event::DocumentEnd => self.finish(),
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, at: Position) -> Result<(), YamlFault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let problem = format!("the file has more than {MAX_NODES} values");
            return Err(fault(at, &problem, "split it into several files"));
        }
        Ok(())
    }

    fn refuse_extras(&mut self, at: Position, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.complain(
                at,
                "an anchor (&name) is not taken in manifests",
                "write the value out where it is needed",
            );
        }
        if tagged {
            self.complain(
                at,
                "a tag (!name) is not taken in manifests",
                "remove it; the kind decides the types",
            );
        }
    }

    /// Records a fault once a document and wording: ten thousand aliases need one line.
    fn complain(&mut self, at: Position, problem: &str, hint: &str) {
        self.hole = true;

        if !self.current.iter().any(|known| known.problem == problem) {
            let path = self.path();
            self.current.push(YamlFault {
                at,
                path,
                problem: problem.to_owned(),
                hint: hint.to_owned(),
                document: None,
            });
        }
    }

    /// Where the reader is: the open collections' keys and indexes.
    fn path(&self) -> Path {
        self.open.iter().fold(Path::root(), |path, open| match open {
            Open::Sequence { items, .. } => path.index(items.len()),
            Open::Mapping {
                key: Some((key, _)), ..
            } => path.key(key),
            Open::Mapping { key: None, .. } => path,
        })
    }

    fn enter(&mut self, open: Open) -> Result<(), YamlFault> {
        if self.open.len() >= MAX_DEPTH {
            let (Open::Sequence { at, .. } | Open::Mapping { at, .. }) = open;
            let problem = format!("values are nested more than {MAX_DEPTH} deep");
            return Err(fault(
                at,
                &problem,
                "no manifest needs that; look for a wrong indentation",
            ));
        }
        self.open.push(open);
        Ok(())
    }

    fn leave(&mut self) {
        let node = match self.open.pop() {
            Some(Open::Sequence { at, items }) => Node {
                at,
                content: Content::Sequence(items),
            },
            Some(Open::Mapping { at, entries, .. }) => Node {
                at,
                content: Content::Mapping(entries),
            },
            None => return,
        };
        self.put(node);
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { key, .. }) => match key.take() {
                Some((name, at)) => self.put_entry(Entry {
                    key: name,
                    at,
                    value: node,
                }),
                None => {
                    if let Content::Scalar { text, .. } = node.content {
                        *key = Some((text, node.at));
                    } else {
                        *key = Some((String::from("?"), node.at));
                        self.complain(
                            node.at,
                            "a list or mapping is used as a key",
                            "a key is plain text; look for a missing quote around { or [",
                        );
                    }
                }
            },
        }
    }

    fn put_entry(&mut self, entry: Entry) {
        let Some(Open::Mapping { entries, .. }) = self.open.last_mut() else {
            return;
        };
        if let Some(first) = entries.iter().find(|known| known.key == entry.key) {
            let problem = format!(
                "{:?} is there twice; the first is in line {}",
                entry.key, first.at.line
            );
            let path = self.path().key(&entry.key);
            let hint = "keep one of the two".to_owned();
            self.current.push(YamlFault {
                at: entry.at,
                path,
                problem,
                hint,
                document: None,
            });
        } else {
            entries.push(entry);
        }
    }

    fn finish(&mut self) {
        let whole = !std::mem::take(&mut self.hole);
        let root = self.root.take().filter(|root| !root.is_null());
        let document = root.is_some().then_some(self.stream.documents.len());
        self.stream.faults.extend(
            self.current
                .drain(..)
                .map(|fault| YamlFault { document, ..fault }),
        );
        self.stream.incomplete |= !whole;
        self.stream
            .documents
            .extend(root.map(|node| Root { node, whole }));
    }
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line().max(1),
        column: marker.col() + 1,
    }
}

fn syntax(error: &ScanError, text: &str) -> YamlFault {
    let at = position(error.marker());
    let line = text.lines().nth(at.line - 1).unwrap_or("");
    let indentation = &line[..line.len() - line.trim_start().len()];
    let kind = error.kind().to_string();
    let hint = if indentation.contains('\t') {
        "indent with spaces; YAML takes no tabs there"
    } else if kind.contains("mapping values") {
        "put a value that contains ': ' in quotes"
    } else if kind.contains("unclosed") {
        "close what is opened here"
    } else {
        "check indentation, quotes and brackets here and in the line before"
    };
    fault(at, &format!("this is not YAML: {kind}"), hint)
}

impl Node {
    /// Whether it is nothing: an empty place, `null` or `~`.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The text, if this is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Where a path's value begins, or the nearest thing around it that exists: its key, or what it is missing from.
    pub fn locate(&self, path: &Path) -> Position {
        let mut here = self;
        let mut at = self.at;
        for segment in path.segments() {
            match (segment, &here.content) {
                (Segment::Key(key), Content::Mapping(_)) => match here.entry(key) {
                    Some(entry) => {
                        here = &entry.value;
                        at = if matches!(here.content, Content::Scalar { .. }) {
                            here.at
                        } else {
                            entry.at
                        };
                    }
                    None => break,
                },
                (Segment::Index(index), Content::Sequence(items)) => match items.get(*index) {
                    Some(item) => {
                        here = item;
                        at = item.at;
                    }
                    None => break,
                },
                _ => break,
            }
        }
        at
    }
}

#[cfg(test)]
mod tests;
