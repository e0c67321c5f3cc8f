//! Changes one value of a YAML text and keeps all else as it is: comments, order, quotes, blank lines, other documents.
//!
//! Guarantees: the document then reads as wished, and so does every other one as before, or there is an error and no text.
//! Only the lines of what differs are touched; a list or mapping is compared part by part. How: the smallest cut that
//! brings the text nearer, made again and again until it reads as wished, each time on a fresh layout.

use super::{
    layout::{Document, Member, Piece, Quote, Shape, colon, lay_out},
    path::{Path, Segment},
    print::{escaped, quoted, to_yaml},
};
use serde_json::{Map, Value};
use std::ops::Range;

/// Cuts made for one change before it is given up; each brings the text one value nearer.
const MOST_CUTS: usize = 2_000;

/// Why a text cannot be changed in place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// The text cannot be read.
    #[error("the file is no YAML that manifests may be written in")]
    NotYaml,
    /// There is nothing at this path to be changed, or to put it into.
    #[error("there is no {0} here")]
    NoPlace(String),
    /// It is written in a way that cannot be changed in place.
    #[error("{0} is written in a way that cannot be changed in place")]
    Cannot(String),
}

/// Gives the value at `path` of a document another value; what is missing on the way is made.
pub fn set(text: &str, document: usize, path: &Path, new: &Value) -> Result<String, Stuck> {
    change(text, document, path, |root| {
        put(root, path.segments(), new).ok_or_else(|| Stuck::NoPlace(path.to_string()))
    })
}

/// Takes the value at `path` away, with its key.
pub fn unset(text: &str, document: usize, path: &Path) -> Result<String, Stuck> {
    change(text, document, path, |root| {
        take(root, path.segments()).ok_or_else(|| Stuck::NoPlace(path.to_string()))
    })
}

fn change(
    text: &str,
    document: usize,
    path: &Path,
    wish: impl FnOnce(&mut Value) -> Result<(), Stuck>,
) -> Result<String, Stuck> {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let documents = lay_out(body).ok_or(Stuck::NotYaml)?;
    let mut wanted: Vec<Value> = documents.iter().map(|document| document.root.value()).collect();
    let root = wanted
        .get_mut(document)
        .ok_or_else(|| Stuck::NoPlace(path.to_string()))?;
    wish(root)?;
    let crlf = body.contains("\r\n");
    let mut body = body.to_owned();
    for _ in 0..MOST_CUTS {
        let documents = lay_out(&body).ok_or_else(|| Stuck::Cannot(path.to_string()))?;
        let reads: Vec<Value> = documents.iter().map(|document| document.root.value()).collect();
        if reads == wanted {
            return Ok(format!("{mark}{body}"));
        }
        let others = |values: &[Value]| -> Vec<Value> {
            let apart = values.iter().enumerate().filter(|(n, _)| *n != document);
            apart.map(|(_, value)| value.clone()).collect()
        };
        let cut = documents
            .get(document)
            .filter(|_| others(&reads) == others(&wanted))
            .and_then(|laid| next_cut(&body, laid, &wanted[document]))
            .ok_or_else(|| Stuck::Cannot(path.to_string()))?;
        let put = if crlf {
            cut.put.replace('\n', "\r\n")
        } else {
            cut.put
        };
        body.replace_range(cut.range, &put);
    }
    Err(Stuck::Cannot(path.to_string()))
}

/// What takes the place of a range of bytes.
struct Cut {
    range: Range<usize>,
    put: String,
}

impl Cut {
    fn of(range: Range<usize>, put: impl Into<String>) -> Self {
        let put = put.into();
        Self { range, put }
    }
}

/// Where a piece stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// The whole document.
    Root,
    /// The value of a key.
    Entry(&'a Member),
    /// An item of a list.
    Item,
    /// Somewhere between braces or brackets.
    Flow,
}

fn next_cut(text: &str, document: &Document, want: &Value) -> Option<Cut> {
    Editor { text }.cut(&document.root, Place::Root, want)
}

struct Editor<'a> {
    text: &'a str,
}

impl Editor<'_> {
    /// The next cut that brings `piece` nearer to `want`; None when none is known.
    fn cut(&self, piece: &Piece, place: Place<'_>, want: &Value) -> Option<Cut> {
        let inside = match (&piece.shape, want) {
            (Shape::Mapping { flow, entries }, Value::Object(fields))
                if !entries.is_empty() && !fields.is_empty() =>
            {
                self.cut_mapping(*flow, entries, fields)
            }
            (Shape::Sequence { flow, items }, Value::Array(wanted))
                if !items.is_empty() && !wanted.is_empty() =>
            {
                self.cut_sequence(*flow, items, wanted)
            }
            _ => None,
        };
        inside.or_else(|| self.replace(piece, place, want))
    }

    fn cut_mapping(&self, flow: bool, entries: &[Member], fields: &Map<String, Value>) -> Option<Cut> {
        for member in entries {
            if let Some(want) = fields.get(&member.key)
                && member.value.value() != *want
            {
                let place = if flow { Place::Flow } else { Place::Entry(member) };
                return self.cut(&member.value, place, want);
            }
        }
        let has = |key: &str| entries.iter().any(|member| member.key == key);
        if let Some((key, value)) = fields.iter().find(|(key, _)| !has(key)) {
            let last = entries.last()?;
            if flow {
                let put = format!(", {}: {}", in_flow(&Value::String(key.clone())), in_flow(value));
                return Some(Cut::of(last.end()..last.end(), put));
            }
            let column = self.column(entries.first()?.span.start);
            return Some(self.add_lines(last.end(), column, &to_yaml(&one(key, value))));
        }
        let at = entries
            .iter()
            .position(|member| !fields.contains_key(&member.key))?;
        let spans: Vec<(usize, usize)> = entries
            .iter()
            .map(|member| (member.span.start, member.end()))
            .collect();
        if flow {
            return Some(without(&spans, at));
        }
        self.remove_lines(spans[at].0, spans[at].1)
            .or_else(|| Some(Cut::of(spans[at].0..spans.get(at + 1)?.0, "")))
    }

    fn cut_sequence(&self, flow: bool, items: &[Piece], wanted: &[Value]) -> Option<Cut> {
        let reads: Vec<Value> = items.iter().map(Piece::value).collect();
        let ahead = reads.iter().zip(wanted).take_while(|(a, b)| a == b).count();
        let room = reads.len().min(wanted.len()) - ahead;
        let behind = reads.iter().rev().zip(wanted.iter().rev());
        let behind = behind.take(room).take_while(|(a, b)| a == b).count();
        let (kept, wished) = (reads.len() - behind, wanted.len() - behind);
        if ahead < kept && ahead < wished {
            let place = if flow { Place::Flow } else { Place::Item };
            return self.cut(&items[ahead], place, &wanted[ahead]);
        }
        if ahead < wished {
            return self.insert_item(flow, items, ahead, &wanted[ahead]);
        }
        let spans: Vec<(usize, usize)> = items
            .iter()
            .map(|item| (item.span.start, item.span.end))
            .collect();
        if flow {
            return Some(without(&spans, ahead));
        }
        let dash = self.dash(spans[ahead].0)?;
        self.remove_lines(dash, spans[ahead].1).or_else(|| {
            let next = self.dash(spans.get(ahead + 1)?.0)?;
            Some(Cut::of(dash..next, ""))
        })
    }

    fn insert_item(&self, flow: bool, items: &[Piece], at: usize, value: &Value) -> Option<Cut> {
        let before = at.checked_sub(1).map(|before| items[before].span.end);
        if flow {
            return Some(if let Some(end) = before {
                Cut::of(end..end, format!(", {}", in_flow(value)))
            } else {
                let start = items.first()?.span.start;
                Cut::of(start..start, format!("{}, ", in_flow(value)))
            });
        }
        let dash = self.dash(items.first()?.span.start)?;
        let column = self.column(dash);
        let lines = to_yaml(&Value::Array(vec![value.clone()]));
        if let Some(end) = before {
            return Some(self.add_lines(end, column, &lines));
        }
        let start = self.line_start(dash);
        let put = indented(&lines, column) + "\n";
        self.is_blank(start, dash).then(|| Cut::of(start..start, put))
    }

    /// Writes a value in the place of another one.
    fn replace(&self, piece: &Piece, place: Place<'_>, want: &Value) -> Option<Cut> {
        let span = piece.span.clone();
        let blank = if span.is_empty() { " " } else { "" };
        if let Place::Flow = place {
            return Some(Cut::of(span, format!("{blank}{}", in_flow(want))));
        }
        let filled = |value: &Value| match value {
            Value::Object(fields) => !fields.is_empty(),
            Value::Array(items) => !items.is_empty(),
            _ => false,
        };
        let was_flow = piece.is_flow() && filled(&piece.value());
        if !filled(want) || was_flow {
            return self.replace_inline(piece, place, want, blank);
        }
        match place {
            Place::Entry(member) => self.replace_by_block(piece, member, want),
            Place::Item if !span.is_empty() => {
                let lines = to_yaml(want);
                let column = self.column(span.start);
                Some(Cut::of(span, indented(&lines, column).trim_start().to_owned()))
            }
            _ => None,
        }
    }

    fn replace_inline(&self, piece: &Piece, place: Place<'_>, want: &Value, blank: &str) -> Option<Cut> {
        let put = match &piece.shape {
            Shape::Scalar { quote, .. } => inline(want, *quote),
            _ => in_flow(want),
        };
        let is_block = !piece.is_flow() && !matches!(piece.shape, Shape::Scalar { .. });
        match place {
            Place::Root | Place::Flow => None,
            Place::Item if piece.span.is_empty() => None,
            Place::Entry(member) if is_block => {
                let from = colon(self.text, member.span.end)?;
                Some(Cut::of(from..piece.span.end, format!(" {put}")))
            }
            _ => Some(Cut::of(piece.span.clone(), format!("{blank}{put}"))),
        }
    }

    /// A list or mapping on lines of its own below its key; what stands behind the old value in its line stays there.
    fn replace_by_block(&self, piece: &Piece, member: &Member, want: &Value) -> Option<Cut> {
        let lines = indented(&to_yaml(want), self.column(member.span.start) + 2);
        let from = colon(self.text, member.span.end)?;
        match &piece.shape {
            Shape::Scalar {
                quote: Quote::Block, ..
            } => Some(Cut::of(from..piece.span.end, format!("\n{lines}"))),
            Shape::Scalar { .. } | Shape::Mapping { flow: true, .. } | Shape::Sequence { flow: true, .. } => {
                let end = self.line_end(piece.span.end);
                let behind = self.text.get(piece.span.end..end)?.trim_end();
                Some(Cut::of(from..end, format!("{behind}\n{lines}")))
            }
            _ => Some(Cut::of(self.line_start(piece.span.start)..piece.span.end, lines)),
        }
    }

    /// Lines below the one in which something ends.
    fn add_lines(&self, end: usize, column: usize, lines: &str) -> Cut {
        let at = self.line_end(end);
        Cut::of(at..at, format!("\n{}", indented(lines, column)))
    }

    /// The lines from one place to another, if nothing else is in them before.
    fn remove_lines(&self, start: usize, end: usize) -> Option<Cut> {
        let from = self.line_start(start);
        if !self.is_blank(from, start) {
            return None;
        }
        let to = self.line_end(end);
        let newline = self.text.get(to..)?.find('\n').map(|at| to + at + 1);
        Some(match newline {
            Some(next) => Cut::of(from..next, ""),
            // The last line of a file that does not end with a line break.
            None => Cut::of(from.saturating_sub(1)..to, ""),
        })
    }

    /// The dash of the item that begins there.
    fn dash(&self, item: usize) -> Option<usize> {
        let before = self.text.get(..item)?.trim_end();
        before.ends_with('-').then(|| before.len() - 1)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The end of the line, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let line = rest.find('\n').map_or(rest, |newline| &rest[..newline]);
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    fn is_blank(&self, from: usize, to: usize) -> bool {
        self.text[from..to].chars().all(|c| c == ' ')
    }
}

/// A part of a list or mapping between brackets taken out, with one comma.
fn without(spans: &[(usize, usize)], at: usize) -> Cut {
    let (start, end) = spans[at];
    let range = match (spans.get(at + 1), at.checked_sub(1)) {
        (Some(next), _) => start..next.0,
        (None, Some(before)) => spans[before].1..end,
        (None, None) => start..end,
    };
    Cut::of(range, "")
}

fn one(key: &str, value: &Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value.clone())]))
}

fn indented(lines: &str, column: usize) -> String {
    let pad = " ".repeat(column);
    let lines: Vec<String> = lines
        .trim_end()
        .lines()
        .map(|line| format!("{pad}{line}"))
        .collect();
    lines.join("\n")
}

/// A value in one line, in the quotes the old one had where they fit.
fn inline(value: &Value, quote: Quote) -> String {
    match (value, quote) {
        (Value::String(text), Quote::Double) => escaped(text),
        (Value::String(text), Quote::Single) if text.chars().all(|c| c != '\'' && !c.is_control()) => {
            let plain = escaped(text);
            // What needs escapes needs double quotes.
            if plain.contains('\\') {
                plain
            } else {
                format!("'{text}'")
            }
        }
        (Value::String(text), _) => quoted(text),
        _ => in_flow(value),
    }
}

/// A value between braces or brackets.
fn in_flow(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains([',', ':']) => escaped(text),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(in_flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", in_flow(&Value::String(key.clone())), in_flow(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}

/// Puts a value at a path, making the mappings on the way.
fn put(here: &mut Value, path: &[Segment], new: &Value) -> Option<()> {
    let Some((step, rest)) = path.split_first() else {
        *here = new.clone();
        return Some(());
    };
    if here.is_null() {
        *here = match step {
            Segment::Key(_) => Value::Object(Map::new()),
            Segment::Index(_) => Value::Array(Vec::new()),
        };
    }
    match (step, here) {
        (Segment::Key(key), Value::Object(fields)) => {
            put(fields.entry(key.clone()).or_insert(Value::Null), rest, new)
        }
        (Segment::Index(index), Value::Array(items)) => {
            if *index == items.len() {
                items.push(Value::Null);
            }
            put(items.get_mut(*index)?, rest, new)
        }
        _ => None,
    }
}

fn take(here: &mut Value, path: &[Segment]) -> Option<()> {
    let (step, rest) = path.split_first()?;
    if !rest.is_empty() {
        let inner = match (step, here) {
            (Segment::Key(key), Value::Object(fields)) => fields.get_mut(key)?,
            (Segment::Index(index), Value::Array(items)) => items.get_mut(*index)?,
            _ => return None,
        };
        return take(inner, rest);
    }
    match (step, here) {
        (Segment::Key(key), Value::Object(fields)) => fields.shift_remove(key).map(drop),
        (Segment::Index(index), Value::Array(items)) => (*index < items.len()).then(|| {
            items.remove(*index);
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
