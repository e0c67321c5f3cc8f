//! The words of the socket: query, JSON messages, and the codes with which it closes. Pure. Bytes travel in binary messages.

use super::reason::Reason;
use jarvis_ports::terminal::{Ended, Size};
use serde::{Deserialize, Serialize};

/// The subprotocol that must be offered.
pub const PROTOCOL: &str = "jarvis-terminal-v1";

/// The query of the upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Query {
    cols: u16,
    rows: u16,
    /// The terminal to take up again.
    pub session: Option<String>,
    /// How many bytes of it were received.
    #[serde(default)]
    pub after: u64,
}

impl Query {
    /// The size of the screen.
    pub fn size(&self) -> Option<Size> {
        Size::new(self.cols, self.rows)
    }
}

/// What the browser says beside what is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Said {
    /// The screen has another size.
    Resize {
        /// Characters in a line.
        cols: u16,
        /// Lines.
        rows: u16,
    },
    /// So many bytes were processed in all.
    Ack {
        /// Since the terminal was opened.
        bytes: u64,
    },
    /// The terminal is to end.
    Close,
}

/// What the server says beside what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Word {
    /// It is open; bytes follow.
    Ready {
        /// Names the terminal, to take it up again.
        session: String,
        /// Whether the bytes follow those that were received. When not, the screen is empty and counts begin at 0.
        resumed: bool,
        /// Where it is: `node/atlas`.
        target: String,
        /// As whom.
        user: String,
    },
    /// The shell ended; the socket closes.
    Exit {
        /// Exit status.
        status: Option<u32>,
        /// The signal that ended it.
        signal: Option<String>,
        /// In words.
        message: String,
    },
    /// It does not go on as wanted; the socket closes, but for lost output.
    Error {
        /// `JV4…`, see docs/errors.
        code: &'static str,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },
}

impl Word {
    /// The end of a shell, in words.
    pub fn exit(ended: &Ended) -> Self {
        let message = match (&ended.why, ended.status, &ended.signal) {
            (Some(why), ..) => why.clone(),
            (None, Some(status), _) => format!("the shell ended with status {status}"),
            (None, None, Some(signal)) => format!("the shell was ended by SIG{signal}"),
            (None, None, None) => "the shell ended".to_owned(),
        };
        Self::Exit {
            status: ended.status,
            signal: ended.signal.clone(),
            message,
        }
    }

    /// A reason, as it is told.
    pub fn error(reason: &Reason) -> Self {
        Self::Error {
            code: reason.code(),
            message: reason.to_string(),
            hint: reason.hint(),
        }
    }

    /// As JSON.
    pub fn text(&self) -> String {
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_form_that_the_dashboard_reads() {
        let ready = Word::Ready {
            session: "ID".into(),
            resumed: false,
            target: "node/atlas".into(),
            user: "root".into(),
        };
        assert_eq!(
            ready.text(),
            r#"{"type":"ready","session":"ID","resumed":false,"target":"node/atlas","user":"root"}"#
        );
        let ended = |status, signal: Option<&str>, why: Option<&str>| {
            Word::exit(&Ended {
                status,
                signal: signal.map(str::to_owned),
                why: why.map(str::to_owned),
            })
            .text()
        };
        assert_eq!(
            ended(Some(3), None, None),
            r#"{"type":"exit","status":3,"signal":null,"message":"the shell ended with status 3"}"#
        );
        assert_eq!(
            ended(None, Some("KILL"), None),
            r#"{"type":"exit","status":null,"signal":"KILL","message":"the shell was ended by SIGKILL"}"#
        );
        assert!(ended(None, None, Some("lost")).contains(r#""message":"lost""#));
        let error = Word::error(&Reason::Idle { minutes: 30 }).text();
        assert!(
            error.starts_with(r#"{"type":"error","code":"JV4009","message":""#),
            "{error}"
        );
    }

    #[test]
    fn what_a_browser_says_is_understood_or_not() {
        let said = |text: &str| serde_json::from_str::<Said>(text);
        assert_eq!(
            said(r#"{"type":"resize","cols":80,"rows":24}"#).unwrap(),
            Said::Resize { cols: 80, rows: 24 }
        );
        assert_eq!(
            said(r#"{"type":"ack","bytes":12345678901}"#).unwrap(),
            Said::Ack {
                bytes: 12_345_678_901
            }
        );
        assert_eq!(said(r#"{"type":"close"}"#).unwrap(), Said::Close);
        for wrong in [
            "{}",
            "[]",
            r#"{"type":"run"}"#,
            r#"{"type":"ack","bytes":-1}"#,
            r#"{"type":"resize","cols":70000,"rows":1}"#,
        ] {
            assert!(said(wrong).is_err(), "{wrong}");
        }
    }
}
