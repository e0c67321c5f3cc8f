//! Proxmox's answers: the envelope, where an error's text is, and what it means for a look and for a write.
//! Pure; knows no connection.

use jarvis_model::{Timestamp, Upid};
use jarvis_ports::{Accepted, LookError, PerformError};
use serde_json::{Map, Value};

/// An HTTP answer, read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// 100 to 999.
    pub status: u16,
    /// The reason phrase; often the only place of an error's text.
    pub reason: String,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// The sender's clock, whole seconds.
    pub date: Option<Timestamp>,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

/// What a successful answer carries.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Envelope {
    /// The value itself.
    pub data: Value,
    /// Rows there are, for paged lists.
    pub total: Option<u64>,
}

/// Longest error text that is passed on, characters.
const LONGEST_TEXT: usize = 600;

/// What a successful answer is read into.
pub trait Body: Sized + Send {
    /// Reads a whole body, envelope included; an error says in words what is wrong with it.
    fn read(bytes: &[u8]) -> Result<Self, String>;

    /// Takes in what the sender's clock said; most do not care.
    fn dated(&mut self, _date: Option<Timestamp>) {}
}

impl Body for Envelope {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| not_json(&error, bytes))?;
        let Value::Object(mut body) = value else {
            return Err("the envelope is no object".to_owned());
        };
        let data = body.remove("data").ok_or("the envelope has no `data`")?;
        Ok(Self {
            data,
            total: crate::loose::whole(body.get("total")),
        })
    }
}

/// A body that is no JSON, and how it begins.
pub fn not_json(error: &serde_json::Error, bytes: &[u8]) -> String {
    let start: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
    format!("not JSON ({error}); it starts {:?}", plain(&start))
}

impl Answer {
    /// The text of an error: `errors`, else `message`, else the reason phrase, else what the number means.
    pub fn text(&self) -> String {
        let body: Option<Map<String, Value>> = serde_json::from_slice(&self.body).ok();
        let parameters = body
            .as_ref()
            .and_then(|body| body.get("errors"))
            .and_then(parameter_errors);
        let message = body
            .as_ref()
            .and_then(|body| body.get("message"))
            .and_then(Value::as_str);
        let text = parameters
            .or_else(|| message.map(str::to_owned).filter(|text| !text.trim().is_empty()))
            .unwrap_or_else(|| self.reason.clone());
        let text = plain(&text);
        match (&self.location, text.is_empty()) {
            (Some(location), _) if (300..400).contains(&self.status) => {
                format!(
                    "{text} to {}; the `url` of this entry point should be https and the node itself",
                    plain(location)
                )
            }
            (_, true) => "no reason given".to_owned(),
            (_, false) => text,
        }
    }

    /// What a successful answer says; otherwise why the look failed. `whom` is the node concerned.
    pub fn read<T: Body>(&self, what: &str, whom: &str) -> Result<T, LookError> {
        if (200..300).contains(&self.status) {
            let mut told = T::read(&self.body).map_err(|why| LookError::Malformed {
                what: what.to_owned(),
                why,
            })?;
            told.dated(self.date);
            return Ok(told);
        }
        let (what, why) = (what.to_owned(), self.text());
        Err(match self.status {
            401 => LookError::NotAuthenticated { what, why },
            403 => LookError::NoRights { what, why },
            status @ 595..=599 => LookError::Unreachable {
                what,
                whom: whom.to_owned(),
                why: format!("{status} {why}"),
            },
            _ if is_missing(&why) => LookError::Missing { what, why },
            status => LookError::Refused { what, status, why },
        })
    }

    /// What became of a write that got this answer. `expects_task` when success carries a task id.
    pub fn outcome(&self, what: &str, expects_task: bool) -> Result<Accepted, PerformError> {
        let text = format!("{what}: Proxmox answered {} {}", self.status, self.text());
        match self.status {
            200..=299 => self.accepted(expects_task).map_err(|why| PerformError::Unknown {
                text: format!("{what}: {why}; whether it was begun is not known"),
            }),
            502..=504 | 595..=999 => Err(PerformError::Unknown {
                text: format!("{text}; whether it was begun is not known"),
            }),
            _ => Err(PerformError::Rejected {
                retryable: is_passing(&text),
                text,
            }),
        }
    }

    fn accepted(&self, expects_task: bool) -> Result<Accepted, String> {
        let envelope = Envelope::read(&self.body)?;
        match (&envelope.data, expects_task) {
            (Value::String(text), _) => match text.parse::<Upid>() {
                Ok(upid) => Ok(Accepted {
                    upid: Some(upid),
                    output: None,
                }),
                Err(_) if !expects_task => Ok(Accepted::default()),
                Err(error) => Err(format!(
                    "the answer holds no task id: {}",
                    plain(&error.to_string())
                )),
            },
            (_, false) => Ok(Accepted::default()),
            (_, true) => Err("the answer holds no task id".to_owned()),
        }
    }
}

/// `{"vmid": "text", …}` as one line.
fn parameter_errors(errors: &Value) -> Option<String> {
    let errors = errors.as_object()?;
    let lines: Vec<String> = errors
        .iter()
        .map(|(name, text)| {
            format!(
                "{name}: {}",
                text.as_str()
                    .map_or_else(|| text.to_string(), |t| t.trim().to_owned())
            )
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// The guest or task is not (or no longer) there.
fn is_missing(text: &str) -> bool {
    (text.contains("Configuration file") && text.contains("does not exist")) || text.contains("no such task")
}

/// Refusals that pass by themselves: another operation holds the lock.
fn is_passing(text: &str) -> bool {
    (text.contains("can't lock file") && text.contains("got timeout")) || text.contains("cfs-lock")
}

/// One line without control characters, cut.
pub fn plain(text: &str) -> String {
    let line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match line.char_indices().nth(LONGEST_TEXT) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(status: u16, reason: &str, body: &str) -> Answer {
        Answer {
            status,
            reason: reason.to_owned(),
            location: None,
            date: None,
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn the_text_is_errors_then_message_then_reason() {
        let all = r#"{"data":null,"message":"Parameter verification failed.\n","errors":{"vmid":"bad\n"}}"#;
        assert_eq!(
            answer(400, "Parameter verification failed.", all).text(),
            "vmid: bad"
        );
        assert_eq!(
            answer(500, "reason", r#"{"data":null,"message":"VM 9 not running\n"}"#).text(),
            "VM 9 not running"
        );
        assert_eq!(
            answer(500, "VM 9 not running", r#"{"data":null}"#).text(),
            "VM 9 not running"
        );
        assert_eq!(answer(401, "No ticket", "").text(), "No ticket");
        assert_eq!(answer(595, "", "").text(), "no reason given");
        assert_eq!(answer(500, "r", r#"{"errors":{},"message":" "}"#).text(), "r");
        assert_eq!(answer(500, "a\u{7}b\nc", "").text(), "a b c");
        assert!(answer(500, &"x".repeat(5000), "").text().chars().count() <= LONGEST_TEXT + 1);
    }

    #[test]
    fn looks_are_sorted_by_what_to_do() {
        let look = |status, reason: &str| {
            answer(status, reason, r#"{"data":null}"#)
                .read::<Envelope>("look", "atlas")
                .unwrap_err()
        };
        assert!(matches!(
            look(401, "Authentication failed!"),
            LookError::NotAuthenticated { .. }
        ));
        assert!(matches!(
            look(403, "Permission check failed (/, Sys.Audit)"),
            LookError::NoRights { .. }
        ));
        for status in 595..=599 {
            let LookError::Unreachable { whom, why, .. } = look(status, "Connection refused") else {
                panic!("{status}")
            };
            assert_eq!(
                (whom.as_str(), why),
                ("atlas", format!("{status} Connection refused"))
            );
        }
        let missing = look(
            500,
            "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist",
        );
        assert!(matches!(missing, LookError::Missing { .. }));
        assert!(matches!(
            look(500, "anything"),
            LookError::Refused { status: 500, .. }
        ));
        assert!(matches!(look(700, "odd"), LookError::Refused { status: 700, .. }));
        let moved = Answer {
            location: Some("https://atlas:8006/".to_owned()),
            ..answer(301, "Moved Permanently", "")
        };
        let text = moved.read::<Envelope>("look", "atlas").unwrap_err().to_string();
        assert!(
            text.contains("https://atlas:8006/") && text.contains("`url`"),
            "{text}"
        );
    }

    #[test]
    fn writes_are_accepted_rejected_or_unknown() {
        let upid = "UPID:pve:00000B70:0003EDD9:6B045A8F:qmstart:100:root@pam!jarvis:";
        let accepted = answer(200, "OK", &format!(r#"{{"data":"{upid}"}}"#))
            .outcome("start", true)
            .unwrap();
        assert_eq!(accepted.upid.unwrap().as_str(), upid);
        assert_eq!(
            answer(200, "OK", r#"{"data":null}"#)
                .outcome("reboot", false)
                .unwrap(),
            Accepted::default()
        );
        for (status, body) in [
            (200, r#"{"data":null}"#),
            (200, r#"{"data":"OK"}"#),
            (200, r#"{"data":"UPID"#),
            (200, "<html>welcome</html>"),
            (502, ""),
            (504, ""),
            (595, ""),
            (596, ""),
            (597, ""),
            (598, ""),
            (599, ""),
            (700, ""),
        ] {
            let error = answer(status, "x", body).outcome("start", true).unwrap_err();
            assert!(
                matches!(error, PerformError::Unknown { .. }),
                "{status} {body}: {error:?}"
            );
        }
        for (status, reason, passing) in [
            (
                500,
                "can't lock file '/var/lock/qemu-server/lock-203.conf' - got timeout",
                true,
            ),
            (500, "cfs-lock 'domain-ha' error: no quorum!", true),
            (500, "VM 100 not running", false),
            (500, "cluster not ready - no quorum?", false),
            (401, "Authentication failed!", false),
            (403, "Permission check failed (/vms/100, VM.PowerMgmt)", false),
            (400, "Parameter verification failed.", false),
            (501, "Method 'POST /x' not implemented", false),
            (301, "Moved Permanently", false),
        ] {
            let error = answer(status, reason, "").outcome("start", true).unwrap_err();
            let PerformError::Rejected { text, retryable } = error else {
                panic!("{status} {reason} must be rejected")
            };
            assert_eq!(retryable, passing, "{text}");
            assert!(text.contains(reason), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_sorted_without_panic(
            status in 100_u16..1000,
            reason in ".{0,30}",
            body in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let answer = Answer { status, reason, location: None, date: None, body };
            let _ = answer.read::<Envelope>("look", "atlas");
            let begun = answer.outcome("start", true);
            let refused = matches!(begun, Err(PerformError::Rejected { .. }));
            prop_assert!(!(refused && (200..300).contains(&status)), "a 2xx may have begun something");
        }
    }
}
