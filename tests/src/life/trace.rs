//! What is written down of a life: a line for each thing that happened. Its hash tells whether two lives are the same.

use sha2::{Digest as _, Sha256};

/// Lines in the order in which things happened.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    lines: Vec<String>,
}

impl Trace {
    /// Writes one thing down.
    pub fn line(&mut self, at_ms: u64, kind: &str, text: &str) {
        let (secs, millis) = (at_ms / 1000, at_ms % 1000);
        let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
        self.lines.push(format!(
            "{hours:02}:{minutes:02}:{secs:02}.{millis:03} {kind:<8} {text}"
        ));
    }

    /// All lines.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The last lines.
    pub fn last(&self, most: usize) -> &[String] {
        &self.lines[self.lines.len().saturating_sub(most)..]
    }

    /// SHA-256 over all lines, in hexadecimal.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for line in &self.lines {
            hasher.update(line.as_bytes());
            hasher.update(b"\n");
        }
        hasher
            .finalize()
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}
