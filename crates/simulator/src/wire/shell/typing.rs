//! Typed bytes as keys, and the line they make. Pure; characters and sequences may come in pieces.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Return.
    Enter,
    /// Backspace.
    Backspace,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D.
    EndOfInput,
    /// Ctrl-L.
    Clear,
    /// Ctrl-U.
    Kill,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
}

/// Longest line, characters.
const LONGEST: usize = 4096;

/// Turns bytes into keys.
#[derive(Debug, Default)]
pub struct Keys {
    begun: Vec<u8>,
}

impl Keys {
    /// The keys of these bytes; what is unfinished is kept.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.begun.extend_from_slice(bytes);
        let mut keys = Vec::new();
        while let Some((length, key)) = first(&self.begun) {
            self.begun.drain(..length);
            keys.extend(key);
        }
        keys
    }
}

/// How many bytes the first key takes, and which it is; none when it is not whole.
fn first(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    let key = match *bytes.first()? {
        b'\r' | b'\n' => Some(Key::Enter),
        0x7f | 0x08 => Some(Key::Backspace),
        0x03 => Some(Key::Interrupt),
        0x04 => Some(Key::EndOfInput),
        0x0c => Some(Key::Clear),
        0x15 => Some(Key::Kill),
        0x1b => return sequence(bytes),
        ..0x20 => None,
        0x20..0x7f => Some(Key::Char(char::from(bytes[0]))),
        _ => return character(bytes),
    };
    Some((1, key))
}

/// `ESC [ … letter` or `ESC O letter`; of these only arrows up and down mean something.
fn sequence(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    match bytes.get(1)? {
        b'[' => {
            let end = bytes
                .iter()
                .skip(2)
                .position(|byte| (0x40..0x7f).contains(byte))?
                + 2;
            Some((end + 1, arrow(bytes[end])))
        }
        b'O' => Some((3, arrow(*bytes.get(2)?))),
        _ => Some((1, None)),
    }
}

fn arrow(letter: u8) -> Option<Key> {
    match letter {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        _ => None,
    }
}

fn character(bytes: &[u8]) -> Option<(usize, Option<Key>)> {
    let length = match bytes[0] {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => return Some((1, None)),
    };
    let whole = bytes.get(..length)?;
    let character = std::str::from_utf8(whole)
        .ok()
        .and_then(|text| text.chars().next());
    character.map_or(Some((1, None)), |character| {
        Some((length, Some(Key::Char(character))))
    })
}

/// The line being typed, and those typed before.
#[derive(Debug, Default)]
pub struct Line {
    /// What stands there.
    pub text: String,
    before: Vec<String>,
    at: usize,
}

impl Line {
    /// Adds a character; false when the line is full.
    pub fn push(&mut self, character: char) -> bool {
        let fits = self.text.len() < LONGEST;
        if fits {
            self.text.push(character);
        }
        fits
    }

    /// The finished line; a new one begins.
    pub fn finish(&mut self) -> String {
        let line = std::mem::take(&mut self.text);
        if !line.trim().is_empty() && self.before.last() != Some(&line) {
            self.before.push(line.clone());
            let over = self.before.len().saturating_sub(100);
            self.before.drain(..over);
        }
        self.at = self.before.len();
        line
    }

    /// An earlier line, or a later one.
    pub fn recall(&mut self, key: Key) {
        self.at = match key {
            Key::Up => self.at.saturating_sub(1),
            _ => (self.at + 1).min(self.before.len()),
        };
        self.text = self.before.get(self.at).cloned().unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_whole_however_their_bytes_are_cut() {
        let typed = "é漢🙂a\x7f\r\x03\x1b[A\x1b[1;5C\x1bOB\x15".as_bytes();
        let expected = [
            Key::Char('é'),
            Key::Char('漢'),
            Key::Char('🙂'),
            Key::Char('a'),
            Key::Backspace,
            Key::Enter,
            Key::Interrupt,
            Key::Up,
            Key::Down,
            Key::Kill,
        ];
        for cut in 1..=typed.len() {
            let mut keys = Keys::default();
            let got: Vec<Key> = typed.chunks(cut).flat_map(|piece| keys.take(piece)).collect();
            assert_eq!(got, expected, "cut at {cut}");
        }
        assert_eq!(
            Keys::default().take(b"\xff\xc3(x"),
            [Key::Char('('), Key::Char('x')]
        );
    }

    #[test]
    fn earlier_lines_come_back() {
        let mut line = Line::default();
        for text in ["one", "two", "two", " "] {
            text.chars().for_each(|character| assert!(line.push(character)));
            assert_eq!(line.finish(), text);
        }
        let mut recalled = |key| {
            line.recall(key);
            line.text.clone()
        };
        assert_eq!(
            [Key::Up, Key::Up, Key::Up, Key::Down, Key::Down].map(&mut recalled),
            ["two", "one", "one", "two", ""]
        );
    }
}
