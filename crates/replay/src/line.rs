//! One line of a recording. A line carries the checksum of what it says, so that damage is never taken for a planner that
//! decides differently; a line that is not whole at the end of a file is a torn one, and everything before it stands.

use jarvis_model::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The form written here. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

const HEAD: &str = "{\"sum\":\"";
const MIDDLE: &str = "\",\"says\":";
/// Hexadecimal digits of the checksum.
const DIGITS: usize = 8;

/// What a line says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Line {
    /// The first line of a file.
    Begin {
        /// See [`FORMAT`].
        format: u32,
        /// Version of the Jarvis that records.
        version: String,
        /// Whether the same process wrote the file before this one.
        continues: bool,
    },
    /// A pass.
    Pass {
        /// Passes before this one that should have been written and were not.
        missed: u64,
        /// SHA-256 over the whole plan.
        plan_digest: Digest,
        /// The document of this pass, as a merge patch of the one before; the first of a file patches nothing.
        change: Value,
    },
    /// The process ended in good order; every pass it took was written.
    End {
        /// Passes that should have been written and were not since the last line.
        missed: u64,
    },
}

/// [`Line::Pass`] as it is written: with a change that becomes text bit by bit.
#[derive(Serialize)]
#[serde(tag = "line", rename = "pass", rename_all = "camelCase")]
pub struct Pass<C> {
    /// As there.
    pub missed: u64,
    /// As there.
    pub plan_digest: Digest,
    /// As there.
    pub change: C,
}

/// As text, with its checksum and line end.
pub fn seal(line: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let zeros = [b'0'; DIGITS];
    let mut text = [HEAD.as_bytes(), &zeros, MIDDLE.as_bytes()].concat();
    let says_from = text.len();
    serde_json::to_writer(&mut text, line)?;
    let sum = format!("{:08x}", crc32fast::hash(&text[says_from..]));
    text[HEAD.len()..HEAD.len() + DIGITS].copy_from_slice(sum.as_bytes());
    text.extend(b"}\n");
    Ok(text)
}

/// Reads a whole line without its line end; the error says what is wrong.
pub fn open(text: &str) -> Result<Line, String> {
    let parts = text.strip_prefix(HEAD).and_then(|rest| {
        let (sum, rest) = rest.split_at_checked(DIGITS)?;
        Some((sum, rest.strip_prefix(MIDDLE)?.strip_suffix('}')?))
    });
    let (sum, says) = parts.ok_or("it has not the form of a line")?;
    let found = format!("{:08x}", crc32fast::hash(says.as_bytes()));
    if found != sum {
        return Err(format!("its checksum is {found}, not {sum}"));
    }
    serde_json::from_str(says).map_err(|error| format!("it is not understood: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_is_json_and_every_changed_byte_is_found() {
        let line = Line::Pass {
            missed: 0,
            plan_digest: Digest::of(&1),
            change: json!({"now": 5, "text": "a \"quoted\" word"}),
        };
        let text = String::from_utf8(seal(&line).unwrap()).unwrap();
        let whole = text.trim_end();
        assert!(serde_json::from_str::<Value>(whole).unwrap()["says"]["line"] == "pass");
        assert_eq!(open(whole), Ok(line));
        for at in 0..whole.len() {
            let mut bytes = whole.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(open(&String::from_utf8(bytes).unwrap()).is_err(), "byte {at}");
        }
        assert!(open(&whole[..whole.len() - 3]).is_err());
    }
}
