//! Patterns of words: `(start|boot) [up] <guest>`. A word stands for itself, `(a|b c)` for one of these, `[a|b c]` for one of
//! these or nothing, `<name>` for one to eight words that are handed on. A pattern fits a whole sentence or not at all, so
//! that nothing before or after a command is ever overlooked.

use super::words::Word;
use std::collections::BTreeMap;

/// Words that `<name>` may stand for.
const LONGEST: usize = 8;

/// A pattern, read.
#[derive(Debug, Clone)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    /// One of these word sequences; or none, when it may be left out.
    One { of: Vec<Vec<String>>, optional: bool },
    /// Words under a name; the last part takes all there are.
    Slot { name: String, last: bool },
}

/// What the names of a pattern stand for.
pub type Slots<'w> = BTreeMap<String, &'w [Word]>;

impl Pattern {
    /// Reads one. A bracket that is not closed ends with the pattern.
    pub fn read(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while let Some(first) = rest.chars().next() {
            let (close, inner) = match first {
                '(' => (')', &rest[1..]),
                '[' => (']', &rest[1..]),
                '<' => ('>', &rest[1..]),
                _ => (' ', rest),
            };
            let end = inner.find(close).unwrap_or(inner.len());
            let body = &inner[..end];
            rest = inner.get(end + 1..).unwrap_or_default().trim_start();
            parts.push(match first {
                '<' => Part::Slot {
                    name: body.to_owned(),
                    last: rest.is_empty(),
                },
                _ => Part::One {
                    of: longest_first(body),
                    optional: first == '[',
                },
            });
        }
        Self { parts }
    }

    /// Whether all these words fit, and what the names stand for. Words between quotes fit names only.
    pub fn fit<'w>(&self, words: &'w [Word]) -> Option<Slots<'w>> {
        let mut slots = Slots::new();
        fit(&self.parts, words, &mut slots).then_some(slots)
    }
}

/// The sequences of a bracket; `start up` is tried before `start`.
fn longest_first(body: &str) -> Vec<Vec<String>> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let mut of: Vec<Vec<String>> = body.split('|').map(words).collect();
    of.sort_by_key(|words| std::cmp::Reverse(words.len()));
    of
}

fn fit<'w>(parts: &[Part], words: &'w [Word], slots: &mut Slots<'w>) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return words.is_empty();
    };
    match part {
        Part::One { of, optional } => {
            let begins = |of: &&Vec<String>| {
                let said = words.get(..of.len());
                said.is_some_and(|said| {
                    said.iter()
                        .zip(*of)
                        .all(|(word, wanted)| !word.quoted && word.low == *wanted)
                })
            };
            of.iter()
                .filter(begins)
                .any(|of| fit(rest, &words[of.len()..], slots))
                || (*optional && fit(rest, words, slots))
        }
        Part::Slot { name, last } => {
            let most = if *last {
                words.len()
            } else {
                words.len().min(LONGEST)
            };
            (1..=most).any(|taken| {
                let fits = fit(rest, &words[taken..], slots);
                if fits {
                    slots.insert(name.clone(), &words[..taken]);
                }
                fits
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::sentences;
    use super::*;

    fn slots(pattern: &str, text: &str) -> Option<Vec<(String, String)>> {
        let all = sentences(text);
        let fitted = Pattern::read(pattern).fit(&all.first()?.words)?;
        let said = |words: &[Word]| {
            let words: Vec<&str> = words.iter().map(|word| word.low.as_str()).collect();
            words.join(" ")
        };
        Some(
            fitted
                .into_iter()
                .map(|(name, words)| (name, said(words)))
                .collect(),
        )
    }

    #[test]
    fn patterns_fit_whole_sentences() {
        let start = "(start|boot|power on) [up] [the] <guest>";
        let web = Some(vec![("guest".to_owned(), "web-01".to_owned())]);
        assert_eq!(slots(start, "Start web-01"), web);
        assert_eq!(slots(start, "power on the web-01"), web);
        assert_eq!(slots(start, "do not start web-01"), None);
        assert_eq!(slots(start, "start"), None);
        assert_eq!(slots(start, "\"start\" web-01"), None, "a quoted verb is no verb");
        assert_eq!(slots("status", "status please"), None);
    }

    #[test]
    fn names_take_what_the_rest_leaves() {
        let fitted = slots("restart <what> on <host>", "restart nginx on node forge");
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            fitted,
            Some(vec![pair("host", "node forge"), pair("what", "nginx")])
        );
        assert_eq!(slots("why is <x> slow", "why is a b c d e f g h i j slow"), None);
    }
}
