//! Records what a terminal shows, in asciinema's form (version 2): a file for each terminal, readable by its owner alone. What
//! is typed is not recorded, beyond what the host echoes.
//!
//! A piece is written before it is shown; a recording that cannot be written ends its terminal.

use jarvis_model::Timestamp;
use jarvis_ports::terminal::{Size, TERM};
use serde_json::json;
use std::{io, path::Path};
use tokio::{
    fs::{self, File, OpenOptions},
    io::AsyncWriteExt as _,
};

/// Only the owner reads and writes.
const MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// A recording under way.
#[derive(Debug)]
pub struct Recording {
    file: File,
    began: Timestamp,
    /// The beginning of a character whose end has not come.
    begun: Vec<u8>,
}

/// The name of a recording's file: when, who, where, and the beginning of the terminal's name.
pub fn name(at: Timestamp, user: &str, host: &str, session: &str) -> String {
    let secs = i64::try_from(at.as_secs()).unwrap_or_default();
    let time = jiff::Timestamp::from_second(secs).unwrap_or_default();
    let plain = |text: &str| -> String {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        text.chars()
            .map(|c| if fits(c) { c } else { '-' })
            .take(40)
            .collect()
    };
    let session: String = session.chars().take(12).collect();
    format!(
        "{}-{}-{}-{}.cast",
        time.strftime("%Y%m%dT%H%M%SZ"),
        plain(user),
        plain(host),
        plain(&session)
    )
}

impl Recording {
    /// Makes the file, which must not be there yet, and its folder.
    pub async fn begin(folder: &Path, name: &str, size: Size, at: Timestamp) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)
            .await?;
        let path = folder.join(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(path)
            .await?;
        let mut recording = Self {
            file,
            began: at,
            begun: Vec::new(),
        };
        let head = json!({ "version": 2, "width": size.cols(), "height": size.rows(), "timestamp": at.as_secs(), "env": { "TERM": TERM } });
        recording.line(&head).await?;
        Ok(recording)
    }

    /// Writes a piece of output.
    pub async fn output(&mut self, bytes: &[u8], at: Timestamp) -> io::Result<()> {
        let text = text_of(&mut self.begun, bytes);
        if text.is_empty() {
            return Ok(());
        }
        self.event("o", &text, at).await
    }

    /// Notes another size of the screen.
    pub async fn resize(&mut self, size: Size, at: Timestamp) -> io::Result<()> {
        self.event("r", &size.to_string(), at).await
    }

    async fn event(&mut self, kind: &str, text: &str, at: Timestamp) -> io::Result<()> {
        let since = at.since(self.began).as_millis() as f64 / 1000.0;
        self.line(&json!([since, kind, text])).await
    }

    async fn line(&mut self, value: &serde_json::Value) -> io::Result<()> {
        self.file.write_all(format!("{value}\n").as_bytes()).await?;
        self.file.flush().await
    }
}

/// The text of a piece, with what was left of the one before; an unfinished character is kept for the next one. Bytes that are
/// no text are replaced, here alone: the terminal gets them as they are.
fn text_of(begun: &mut Vec<u8>, bytes: &[u8]) -> String {
    begun.extend_from_slice(bytes);
    let mut text = String::new();
    let mut rest = begun.as_slice();
    loop {
        match std::str::from_utf8(rest) {
            Ok(whole) => {
                text.push_str(whole);
                rest = &[];
            }
            Err(error) => {
                let (whole, bad) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(whole));
                rest = bad;
                if let Some(length) = error.error_len() {
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[length..];
                    continue;
                }
            }
        }
        break;
    }
    let rest = rest.to_vec();
    *begun = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn characters_that_are_cut_are_put_together() {
        let whole = "a漢字🙂é\u{1b}[0m".as_bytes();
        for cut in 1..whole.len() {
            let mut begun = Vec::new();
            let text: String = whole
                .chunks(cut)
                .map(|piece| text_of(&mut begun, piece))
                .collect();
            assert_eq!(text.as_bytes(), whole, "cut at {cut}");
            assert!(begun.is_empty());
        }
        let mut begun = Vec::new();
        assert_eq!(text_of(&mut begun, b"a\xffb\xf0\x9f"), "a\u{fffd}b");
        assert_eq!(begun, b"\xf0\x9f");
    }

    #[test]
    fn a_name_keeps_to_its_folder() {
        let at = Timestamp::from_secs(1_800_000_000);
        assert_eq!(
            name(at, "../token:ci", "node/atlas", "AbCd_efgh-ijklmn"),
            "20270115T080000Z-..-token-ci-node-atlas-AbCd_efgh-ij.cast"
        );
    }

    #[tokio::test]
    async fn a_recording_is_a_cast_of_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made");
        let at = Timestamp::from_secs(1_800_000_000);
        let size = Size::new(80, 24).unwrap();
        let mut recording = Recording::begin(&folder, "x.cast", size, at).await.unwrap();
        let later = Timestamp::from_millis(at.as_millis() + 1500);
        recording.output(b"hi \xf0\x9f", later).await.unwrap();
        recording.output(b"\x99\x82\r\n", later).await.unwrap();
        recording
            .resize(Size::new(100, 30).unwrap(), later)
            .await
            .unwrap();
        let path = folder.join("x.cast");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["version"], 2);
        assert_eq!(
            lines[1..],
            [
                json!([1.5, "o", "hi "]),
                json!([1.5, "o", "🙂\r\n"]),
                json!([1.5, "r", "100x30"])
            ]
        );
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(
            Recording::begin(&folder, "x.cast", size, at).await.is_err(),
            "no file is written over"
        );
    }
}
