//! What was typed as words: letter case, typographical quotes and contractions taken out, what is quoted marked, sentences
//! apart. Knows nothing of what words mean.

/// Longest text that is looked at, bytes.
pub const MOST: usize = 1000;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// In small letters.
    pub low: String,
    /// As it was written.
    pub written: String,
    /// Whether it stands between quotes.
    pub quoted: bool,
}

/// The words of one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sentence {
    /// Its words.
    pub words: Vec<Word>,
    /// Whether a question mark ends it.
    pub asks: bool,
}

/// Contractions written without their apostrophe.
const BARE: &[(&str, &str)] = &[
    ("dont", "do not"),
    ("doesnt", "does not"),
    ("didnt", "did not"),
    ("cant", "can not"),
    ("cannot", "can not"),
    ("wont", "will not"),
    ("isnt", "is not"),
    ("arent", "are not"),
    ("wasnt", "was not"),
    ("shouldnt", "should not"),
    ("wouldnt", "would not"),
    ("couldnt", "could not"),
    ("mustnt", "must not"),
    ("neednt", "need not"),
    ("whats", "what is"),
    ("hows", "how is"),
    ("wheres", "where is"),
    ("whos", "who is"),
    ("thats", "that is"),
    ("theres", "there is"),
    ("percent", "%"),
];
/// Words after which `'s` means `is`, not whose.
const IS_AFTER: &[&str] = &[
    "what",
    "how",
    "who",
    "where",
    "when",
    "why",
    "it",
    "that",
    "there",
    "here",
    "everything",
    "all",
    "anything",
    "something",
    "nothing",
    "which",
    "he",
    "she",
];

/// The sentences of a text. One that is too long has none.
pub fn sentences(text: &str) -> Vec<Sentence> {
    if text.len() > MOST {
        return Vec::new();
    }
    let plain: String = text.chars().map(plain).collect();
    let mut reading = Reading::default();
    let mut letters = plain.chars().peekable();
    let mut before = ' ';
    while let Some(c) = letters.next() {
        let after = letters.peek().copied().unwrap_or(' ');
        reading.take(c, before, after);
        before = c;
    }
    reading.end_sentence(false);
    reading.sentences
}

/// One kind of quote, apostrophe and space.
fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{2bc}' | '\u{b4}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' | '`' => '"',
        '\u{a0}' | '\u{202f}' | '\u{2009}' | '\t' => ' ',
        '\u{2026}' => '.',
        _ => c,
    }
}

#[derive(Default)]
struct Reading {
    sentences: Vec<Sentence>,
    words: Vec<Word>,
    word: String,
    double: bool,
    single: bool,
}

impl Reading {
    fn take(&mut self, c: char, before: char, after: char) {
        let outer = |c: char| c.is_whitespace() || ".,;:!?()\"".contains(c);
        match c {
            '"' => {
                self.end_word();
                self.double = !self.double;
            }
            '\'' if outer(before) && !outer(after) => {
                self.end_word();
                self.single = true;
            }
            '\'' if self.single && outer(after) => {
                self.end_word();
                self.single = false;
            }
            '\n' | ';' => self.end_sentence(false),
            '.' | '!' | '?' if outer(after) => self.end_sentence(c == '?'),
            ',' if before.is_ascii_digit() && after.is_ascii_digit() => self.word.push('.'),
            ',' | '(' | ')' | '!' | '?' => self.end_word(),
            ':' if outer(after) => self.end_word(),
            '%' | '\u{b0}' => {
                self.end_word();
                self.word.push('%');
                self.end_word();
            }
            _ if c.is_whitespace() => self.end_word(),
            _ => self.word.push(c),
        }
    }

    fn end_word(&mut self) {
        let written = std::mem::take(&mut self.word);
        let quoted = self.double || self.single;
        // Dashes between words say nothing.
        if written.is_empty() || matches!(written.as_str(), "-" | "\u{2013}" | "\u{2014}") {
            return;
        }
        for part in taken_apart(&written) {
            let low = part.to_lowercase();
            self.words.push(Word {
                low,
                written: part,
                quoted,
            });
        }
    }

    fn end_sentence(&mut self, asks: bool) {
        self.end_word();
        if self.words.is_empty() {
            // `restart media ?!`: the mark belongs to what came before.
            if let Some(last) = self.sentences.last_mut() {
                last.asks |= asks;
            }
            return;
        }
        let words = std::mem::take(&mut self.words);
        self.sentences.push(Sentence { words, asks });
    }
}

/// `don't` as `do not`, `media's` as `media 's`, `what's` as `what is`.
fn taken_apart(written: &str) -> Vec<String> {
    let low = written.to_lowercase();
    let parts = |text: &str| text.split(' ').map(str::to_owned).collect();
    if let Some((_, full)) = BARE.iter().find(|(bare, _)| *bare == low) {
        return parts(full);
    }
    if let Some(verb) = low.strip_suffix("n't") {
        let verb = match verb {
            "ca" => "can",
            "wo" => "will",
            "sha" => "shall",
            other => other,
        };
        return vec![verb.to_owned(), "not".to_owned()];
    }
    for (short, long) in [
        ("'re", "are"),
        ("'ve", "have"),
        ("'ll", "will"),
        ("'d", "would"),
        ("'m", "am"),
    ] {
        if low.ends_with(short) && written.is_char_boundary(written.len() - short.len()) {
            return vec![written[..written.len() - short.len()].to_owned(), long.to_owned()];
        }
    }
    match written.strip_suffix("'s").or_else(|| written.strip_suffix("'S")) {
        Some(whose) if IS_AFTER.contains(&whose.to_lowercase().as_str()) => {
            vec![whose.to_owned(), "is".to_owned()]
        }
        Some(whose) if !whose.is_empty() => vec![whose.to_owned(), "'s".to_owned()],
        _ => match written.strip_suffix('\'') {
            Some(whose) if !whose.is_empty() => vec![whose.to_owned(), "'s".to_owned()],
            _ => vec![written.to_owned()],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low(text: &str) -> Vec<String> {
        let all = sentences(text);
        all.iter()
            .map(|sentence| {
                let words: Vec<&str> = sentence.words.iter().map(|word| word.low.as_str()).collect();
                words.join(" ") + if sentence.asks { " ?" } else { "" }
            })
            .collect()
    }

    #[test]
    fn writing_habits_make_no_difference() {
        for (text, words) in [
            ("How\u{2019}s the cluster?", "how is the cluster ?"),
            ("Don't restart MEDIA!", "do not restart media"),
            ("dont  restart\u{a0}media", "do not restart media"),
            ("media's disk passes 80%", "media 's disk passes 80 %"),
            ("can't I", "can not i"),
            (
                "Restart nginx.service on forge.",
                "restart nginx.service on forge",
            ),
            ("restart media ?!", "restart media ?"),
            ("guest 101 (media)", "guest 101 media"),
        ] {
            assert_eq!(low(text), [words], "{text}");
        }
    }

    #[test]
    fn sentences_are_apart_and_quotes_are_known() {
        assert_eq!(low("Hello. Restart media; then web-01").len(), 3);
        let quoted = |text: &str| -> Vec<bool> {
            let all = sentences(text);
            all.iter()
                .flat_map(|sentence| sentence.words.iter().map(|word| word.quoted))
                .collect()
        };
        assert_eq!(quoted("\u{201e}restart media\u{201c}"), [true, true]);
        assert_eq!(quoted("'restart media'"), [true, true]);
        assert_eq!(quoted("restart `media`"), [false, true]);
        assert_eq!(quoted("media's disk"), [false, false, false]);
    }

    #[test]
    fn what_is_too_long_is_not_looked_at() {
        assert!(sentences(&"a ".repeat(MOST)).is_empty());
    }
}
