//! Rust text taken apart as far as the house rules need: where code ends and comments, strings and tests begin.
//! A line scanner, not a parser; it errs on the side of not seeing things.

/// One line of Rust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// As written.
    pub text: &'a str,
    /// Without the contents of strings, and without comments.
    pub code: String,
    /// Whether it stands in or after the first `#[cfg(test)]` module of its file.
    pub in_tests: bool,
}

/// All lines of a file.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut scan = Scan::default();
    let mut in_tests = false;
    text.lines()
        .enumerate()
        .map(|(at, text)| {
            in_tests |= text.trim_start().starts_with("#[cfg(test)]");
            Line {
                number: at + 1,
                text,
                code: scan.line(text),
                in_tests,
            }
        })
        .collect()
}

/// What a line may leave open for the next one.
#[derive(Debug, Default)]
struct Scan {
    comment_depth: usize,
    string: Option<Closing>,
}

/// How the string in hand ends: a quote that may be escaped, or a quote and this many `#`.
#[derive(Debug, Clone, Copy)]
enum Closing {
    Quote,
    Raw(usize),
}

impl Scan {
    fn line(&mut self, text: &str) -> String {
        let mut code = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if self.comment_depth > 0 {
                rest = self.in_comment(rest);
            } else if let Some(closing) = self.string {
                rest = self.in_string(rest, closing);
                if self.string.is_none() {
                    code.push('"');
                }
            } else if rest.starts_with("//") {
                break;
            } else if let Some(after) = rest.strip_prefix("/*") {
                self.comment_depth = 1;
                rest = after;
            } else if let Some((closing, after)) = opening(rest, code.chars().last()) {
                self.string = Some(closing);
                code.push('"');
                rest = after;
            } else if let Some(after) = character(rest) {
                code.push_str("' '");
                rest = after;
            } else {
                code.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        code
    }

    fn in_comment<'a>(&mut self, rest: &'a str) -> &'a str {
        let (open, close) = (rest.find("/*"), rest.find("*/"));
        match (open, close) {
            (Some(open), Some(close)) if open < close => {
                self.comment_depth += 1;
                &rest[open + 2..]
            }
            (_, Some(close)) => {
                self.comment_depth -= 1;
                &rest[close + 2..]
            }
            (Some(open), None) => {
                self.comment_depth += 1;
                &rest[open + 2..]
            }
            (None, None) => "",
        }
    }

    fn in_string<'a>(&mut self, rest: &'a str, closing: Closing) -> &'a str {
        match closing {
            Closing::Quote => {
                let mut escaped = false;
                for (at, c) in rest.char_indices() {
                    match c {
                        '"' if !escaped => {
                            self.string = None;
                            return &rest[at + 1..];
                        }
                        '\\' => escaped = !escaped,
                        _ => escaped = false,
                    }
                }
                ""
            }
            Closing::Raw(hashes) => {
                let end = format!("\"{}", "#".repeat(hashes));
                match rest.find(&end) {
                    Some(at) => {
                        self.string = None;
                        &rest[at + end.len()..]
                    }
                    None => "",
                }
            }
        }
    }
}

/// A string that begins here, and what follows its opening quote.
fn opening(rest: &str, before: Option<char>) -> Option<(Closing, &str)> {
    if let Some(after) = rest.strip_prefix('"') {
        return Some((Closing::Quote, after));
    }
    if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    Some((Closing::Raw(hashes), after[hashes..].strip_prefix('"')?))
}

/// What follows a character literal that begins here; None for lifetimes.
fn character(rest: &str) -> Option<&str> {
    let inside = rest.strip_prefix('\'')?;
    if inside.starts_with('\\') {
        let end = inside.get(2..)?.find('\'')?;
        return inside.get(2 + end + 1..);
    }
    let first = inside.chars().next()?;
    inside[first.len_utf8()..].strip_prefix('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        lines(text)
            .into_iter()
            .map(|line| line.code.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn comments_and_strings_are_blanked() {
        assert_eq!(code("let a = \"x // y\"; // z"), ["let a = \"\";"]);
        assert_eq!(code("a /* b /* c */ d */ e"), ["a  e"]);
        assert_eq!(code("a /* b\nc */ d"), ["a", " d"]);
        assert_eq!(
            code(r#"f("a\"b", 'c', '"', '\'', x)"#),
            ["f(\"\", ' ', ' ', ' ', x)"]
        );
        assert_eq!(code("r#\"a\n\"b\" // c\"# + d"), ["\"", "\" + d"]);
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), ["fn f<'a>(x: &'a str) {}"]);
        assert_eq!(code("\"open\nstill\" + x"), ["\"", "\" + x"]);
    }

    #[test]
    fn tests_begin_at_their_attribute() {
        let seen: Vec<bool> = lines("a\n#[cfg(test)]\nmod tests {\n}")
            .iter()
            .map(|line| line.in_tests)
            .collect();
        assert_eq!(seen, [false, true, true, true]);
    }
}
