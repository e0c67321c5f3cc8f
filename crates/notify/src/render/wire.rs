//! Letters for programs: the JSON of a webhook, with its signature, and the message of ntfy.

use super::{Mood, mood, plain, subject};
use crate::{
    hours::rfc3339,
    letter::{Content, Letter},
    news::News,
    report::{Entry, Report},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// The form of webhook bodies; it grows with fields, and changes with what a receiver would misread.
const VERSION: u32 = 1;
/// Longest ntfy message in bytes; the server makes a file of a longer one.
const NTFY_BYTES: usize = 3_800;

/// The body of a webhook. The same letter always gives the same bytes.
pub fn webhook(letter: &Letter, url: Option<&str>) -> Vec<u8> {
    let mut body = json!({
        "version": VERSION,
        "id": letter.id,
        "cluster": letter.cluster,
        "channel": letter.channel,
        "createdAt": rfc3339(letter.created_at),
        "severity": mood_word(mood(letter)),
        "subject": subject(letter),
        "text": plain::text(letter, url),
    });
    match &letter.content {
        Content::News { items, more } => {
            body["kind"] = "news".into();
            body["items"] = items.iter().map(of_news).collect();
            body["more"] = (*more).into();
        }
        Content::Report { report } => {
            body["kind"] = "report".into();
            body["report"] = of_report(report);
        }
        Content::Test => body["kind"] = "test".into(),
    }
    serde_json::to_vec(&body).unwrap_or_default()
}

fn of_news(news: &News) -> Value {
    let tried = news.tried.iter();
    let tried = tried.map(|tried| json!({"at": rfc3339(tried.at), "text": tried.text}));
    json!({
        "seq": news.seq,
        "at": rfc3339(news.at),
        "kind": news.kind,
        "severity": news.severity,
        "issue": news.issue,
        "resource": news.resource,
        "title": news.title,
        "text": news.text,
        "evidence": news.evidence,
        "tried": tried.collect::<Vec<_>>(),
        "next": news.next,
    })
}

fn of_report(report: &Report) -> Value {
    let entries = |entries: &[Entry]| {
        let entry = |entry: &Entry| json!({"at": rfc3339(entry.at), "text": entry.text});
        entries.iter().map(entry).collect::<Vec<_>>()
    };
    json!({
        "day": report.day,
        "from": rfc3339(report.from),
        "to": rfc3339(report.to),
        "standing": report.standing,
        "open": entries(&report.open),
        "beyond": entries(&report.beyond),
        "done": entries(&report.done),
        "failed": entries(&report.failed),
        "anchor": report.anchor,
    })
}

/// The signature of a webhook: HMAC-SHA-256 in hex over the seconds of the time header, a full stop, and the body.
pub fn signature(secret: &str, at_secs: u64, body: &[u8]) -> String {
    // A key of any length is fine for HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(at_secs.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// A message for ntfy, to be posted to the server's root.
pub fn ntfy(letter: &Letter, topic: &str, url: Option<&str>) -> Value {
    let (priority, tag) = match mood(letter) {
        Mood::Critical => (5, "rotating_light"),
        Mood::Warning => (4, "warning"),
        Mood::Info => (3, "information_source"),
        Mood::Good => (3, "white_check_mark"),
    };
    let mut tags = vec![tag, "jarvis"];
    if matches!(letter.content, Content::Report { .. }) {
        tags.push("memo");
    }
    let mut message = json!({
        "topic": topic,
        "title": subject(letter),
        "message": shortened(plain::text(letter, None)),
        "priority": priority,
        "tags": tags,
    });
    if let Some(url) = url {
        message["click"] = url.into();
    }
    message
}

fn shortened(mut text: String) -> String {
    if text.len() > NTFY_BYTES {
        let mut end = NTFY_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("\n…");
    }
    text
}

fn mood_word(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "good",
        Mood::Info => "info",
        Mood::Warning => "warning",
        Mood::Critical => "critical",
    }
}
