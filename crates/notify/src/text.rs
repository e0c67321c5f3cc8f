//! Text from guests, tasks, logs and manifests made harmless before anybody reads it, and lines of a width.
//!
//! What could move a cursor, hide or reorder other text is dropped: control characters and ANSI sequences, direction
//! marks, characters without width, tags. Length is capped. Nothing here knows what the text says.

/// Longest line that is told.
pub const LINE: usize = 400;
/// Longest paragraph that is told.
pub const PARAGRAPH: usize = 2_000;
/// Lines of a list that are told.
pub const LINES: usize = 20;

/// One harmless line of at most `most` characters. Blanks of any kind become one blank.
pub fn line(text: &str, most: usize) -> String {
    let mut clean = String::new();
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            skip_sequence(&mut chars);
        } else if c == '\u{9b}' {
            skip_to_final(&mut chars);
        } else if c.is_whitespace() || c.is_control() {
            if !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
                count += 1;
            }
        } else if !is_invisible(c) {
            clean.push(c);
            count += 1;
        }
        if count > most {
            clean = clean.chars().take(most.saturating_sub(1)).collect();
            clean.truncate(clean.trim_end().len());
            clean.push('…');
            return clean;
        }
    }
    clean.truncate(clean.trim_end().len());
    clean
}

/// A list of harmless lines, at most [`LINES`]; what is left out is counted.
pub fn lines<T: AsRef<str>>(texts: &[T]) -> Vec<String> {
    let all: Vec<String> = texts
        .iter()
        .flat_map(|text| text.as_ref().lines())
        .map(|text| line(text, LINE))
        .filter(|line| !line.is_empty())
        .collect();
    let more = all.len().saturating_sub(LINES);
    let mut shown: Vec<String> = all.into_iter().take(LINES).collect();
    if more > 0 {
        shown.push(format!("and {more} more lines"));
    }
    shown
}

/// After ESC: `[ … final`, `] … BEL or ESC \`, or one character.
fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => skip_to_final(chars),
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\u{9c}' {
                    return;
                }
                if c == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    return;
                }
            }
        }
        _ => {}
    }
}

fn skip_to_final(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| matches!(c, '\u{20}'..='\u{3f}')).is_some() {}
    chars.next_if(|c| matches!(c, '\u{40}'..='\u{7e}'));
}

/// Whether it has no width, changes the direction of what follows, or is a tag.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Words in lines of at most `width` characters, each after the first begun by `indent` blanks. A longer word is cut.
pub fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        for piece in pieces(word, width.saturating_sub(indent).max(1)) {
            let length = piece.chars().count();
            let gap = usize::from(used > 0 && !line.ends_with(' '));
            if used + gap + length > width && used > 0 {
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
                used = indent;
            } else if gap > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(&piece);
            used += length;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

fn pieces(word: &str, most: usize) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    chars.chunks(most).map(|part| part.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_moves_a_cursor_hides_or_reorders_is_gone() {
        for (dirty, clean) in [
            ("web-01", "web-01"),
            ("a\r\nBcc: x@y\tb", "a Bcc: x@y b"),
            ("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}end", "red end"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("\u{9b}2Jx", "x"),
            ("ad\u{202e}min\u{2066}\u{200b}\u{feff}", "admin"),
            ("tag\u{e0041}s", "tags"),
            ("  many   blanks  ", "many blanks"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(line(dirty, 100), clean, "{dirty:?}");
        }
        assert_eq!(line("abcdef", 4), "abc…");
        assert_eq!(line("abcd", 4), "abcd");
        let many: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        assert_eq!(lines(&many).last().unwrap(), "and 10 more lines");
        assert_eq!(lines(&["a\nb", ""]), ["a", "b"]);
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrap("one two three", 7, 0), ["one two", "three"]);
        assert_eq!(wrap("- one two three", 7, 2), ["- one", "  two", "  three"]);
        assert_eq!(wrap("abcdefghij k", 4, 0), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("  ", 4, 0), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_becomes_one_harmless_line(text in ".{0,300}", most in 1usize..100) {
            let clean = line(&text, most);
            prop_assert!(clean.chars().count() <= most);
            prop_assert!(!clean.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(line(&clean, most), clean.clone(), "cleaning twice changes nothing");
        }

        #[test]
        fn lines_are_never_wider_and_lose_no_word(text in "[a-z ]{0,300}", width in 4usize..80) {
            let wrapped = wrap(&text, width, 2);
            prop_assert!(wrapped.iter().all(|line| line.chars().count() <= width), "{wrapped:?}");
            let joined: String = wrapped.concat().split_whitespace().collect();
            let wanted: String = text.split_whitespace().collect();
            prop_assert_eq!(joined, wanted);
        }
    }
}
