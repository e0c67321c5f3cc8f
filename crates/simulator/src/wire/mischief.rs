//! Mischief on the wire: answers that are lost, cut short, slow, or nonsense. The world itself is not touched.

use serde::{Deserialize, Serialize};

/// How the next matching answers are spoilt. JSON form: `{"fault": "truncated-next", "prefix": "/cluster"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Mischief {
    /// A write is carried out, then the connection is dropped without an answer.
    ReplyLostNext(Which),
    /// The connection is dropped before anything is carried out.
    DropNext(Which),
    /// The body ends in the middle, though it is announced in full.
    TruncatedNext(Which),
    /// `200 OK` with a page of HTML.
    HtmlNext(Which),
    /// Numbers become texts, texts become numbers, lists become objects.
    WrongTypesNext(Which),
    /// One byte at a time, with long pauses.
    SlowLorisNext(Which),
    /// Half the head, then nothing more is sent, while the connection stays open for reading.
    HalfCloseNext(Which),
    /// The answer comes after this many milliseconds of wall-clock time.
    DelayNext {
        /// Which answers.
        #[serde(flatten)]
        which: Which,
        /// How long.
        millis: u64,
    },
    /// Another status, without a body.
    StatusNext {
        /// Which answers.
        #[serde(flatten)]
        which: Which,
        /// The status.
        status: u16,
        /// Its reason phrase.
        reason: String,
        /// The request was refused: nothing is carried out.
        #[serde(default)]
        unheard: bool,
    },
    /// Reads are answered as things stood when this was put in.
    StaleNext(Which),
}

/// Which answers are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// The path below `/api2/json` begins so.
    #[serde(default)]
    pub prefix: String,
    /// The method; any when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// How many times.
    #[serde(default = "once")]
    pub count: u32,
}

const fn once() -> u32 {
    1
}

impl Which {
    /// The next answer whose path begins so.
    pub fn next(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            method: None,
            count: 1,
        }
    }
}

impl Mischief {
    fn which(&mut self) -> &mut Which {
        match self {
            Self::ReplyLostNext(which)
            | Self::DropNext(which)
            | Self::TruncatedNext(which)
            | Self::HtmlNext(which)
            | Self::WrongTypesNext(which)
            | Self::SlowLorisNext(which)
            | Self::HalfCloseNext(which)
            | Self::StaleNext(which)
            | Self::DelayNext { which, .. }
            | Self::StatusNext { which, .. } => which,
        }
    }
}

impl Mischief {
    /// Whether a request that meets it is not carried out.
    pub const fn is_deaf(&self) -> bool {
        matches!(self, Self::DropNext(_) | Self::StatusNext { unheard: true, .. })
    }
}

/// Takes the first mischief that is meant for this request, and counts it down.
pub fn take(waiting: &mut Vec<Mischief>, method: &str, path: &str) -> Option<Mischief> {
    let at = waiting.iter_mut().position(|mischief| {
        let only_writes = matches!(mischief, Mischief::ReplyLostNext(_));
        let only_reads = matches!(mischief, Mischief::StaleNext(_));
        let which = mischief.which();
        path.starts_with(&which.prefix)
            && which.method.as_deref().is_none_or(|wanted| wanted == method)
            && !(only_writes && method == "GET")
            && !(only_reads && method != "GET")
    })?;
    let chosen = waiting[at].clone();
    let which = waiting[at].which();
    which.count = which.count.saturating_sub(1);
    if which.count == 0 {
        waiting.remove(at);
    }
    Some(chosen)
}

/// A body in which every type is another one.
pub fn wrong_types(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| "[]".to_owned(), |value| twist(value).to_string())
}

fn twist(value: serde_json::Value) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    match value {
        Value::Number(number) => json!(format!("x{number}")),
        Value::String(text) => json!(text.len()),
        Value::Null => json!([]),
        Value::Bool(on) => json!({ "was": on.to_string() }),
        Value::Array(items) => {
            let fields: Map<String, Value> = items
                .into_iter()
                .enumerate()
                .map(|(at, item)| (at.to_string(), twist(item)))
                .collect();
            Value::Object(fields)
        }
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, twist(value)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_reply_waits_for_a_write() {
        let mut waiting = vec![Mischief::ReplyLostNext(Which::next("/nodes"))];
        assert!(take(&mut waiting, "GET", "/nodes").is_none());
        assert!(take(&mut waiting, "POST", "/cluster").is_none());
        assert!(take(&mut waiting, "POST", "/nodes/a/qemu/100/status/start").is_some());
        assert!(waiting.is_empty());
    }

    #[test]
    fn only_reads_are_answered_out_of_the_past() {
        let mut waiting = vec![Mischief::StaleNext(Which::next("/nodes"))];
        assert!(take(&mut waiting, "POST", "/nodes/a/qemu/100/status/start").is_none());
        assert!(take(&mut waiting, "GET", "/nodes/a/qemu/100/status/current").is_some());
    }

    #[test]
    fn the_json_form_is_short() {
        let mischief: Mischief =
            serde_json::from_str(r#"{"fault":"html-next","prefix":"/cluster","count":2}"#).unwrap();
        assert_eq!(
            mischief,
            Mischief::HtmlNext(Which {
                prefix: "/cluster".to_owned(),
                method: None,
                count: 2
            })
        );
        let delay: Mischief = serde_json::from_str(r#"{"fault":"delay-next","millis":5}"#).unwrap();
        assert_eq!(
            delay,
            Mischief::DelayNext {
                which: Which::next(""),
                millis: 5
            }
        );
    }
}
