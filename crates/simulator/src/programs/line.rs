//! A command line as `sh` splits it into words.
//!
//! Only plain words: what a shell would do beyond that (variables, pipes, lists, patterns) is refused, so that a quoting
//! that lets any of it through is seen.

/// Why a line is not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A quote has no end.
    Unterminated,
    /// A character that means something to a shell, outside of quotes.
    Special(char),
}

/// The words of a line.
pub fn words(line: &str) -> Result<Vec<String>, Refused> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        match character {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => single(&mut rest, word.get_or_insert_default())?,
            '"' => double(&mut rest, word.get_or_insert_default())?,
            '\\' => {
                let next = rest.next().ok_or(Refused::Unterminated)?;
                word.get_or_insert_default().push(next);
            }
            '#' if word.is_some() => word.get_or_insert_default().push('#'),
            '$' | '`' | ';' | '&' | '|' | '<' | '>' | '(' | ')' | '*' | '?' | '[' | '{' | '}' | '~' | '!'
            | '#' | '\n' | '\r' => {
                return Err(Refused::Special(character));
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

fn single(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Refused> {
    loop {
        match rest.next().ok_or(Refused::Unterminated)? {
            '\'' => return Ok(()),
            other => word.push(other),
        }
    }
}

fn double(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Refused> {
    loop {
        match rest.next().ok_or(Refused::Unterminated)? {
            '"' => return Ok(()),
            special @ ('$' | '`') => return Err(Refused::Special(special)),
            '\\' => match rest.next().ok_or(Refused::Unterminated)? {
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn quoted(word: &str) -> String {
        format!("'{}'", word.replace('\'', r"'\''"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn quoted_words_come_back_as_the_shell_gives_them(
            given in proptest::collection::vec("[ -~äß]{0,12}", 1..5)
        ) {
            let line = given.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(words(&line), Ok(given.clone()));
            let shell = Command::new("sh")
                .args(["-c", &format!("printf '%s\\0' {line}")])
                .output()
                .unwrap();
            let theirs: String = given.iter().flat_map(|word| [word.as_str(), "\0"]).collect();
            prop_assert_eq!(String::from_utf8_lossy(&shell.stdout), theirs);
        }
    }

    #[test]
    fn plain_words_and_other_quotes_are_understood() {
        assert_eq!(
            words(r#"cat  /proc/loadavg "a \"b\" \c" d\ e x#y ''"#).unwrap(),
            ["cat", "/proc/loadavg", r#"a "b" \c"#, "d e", "x#y", ""]
        );
    }

    #[test]
    fn what_a_shell_would_act_on_is_refused() {
        for (line, character) in [
            ("systemctl restart a; reboot", ';'),
            ("echo $HOME", '$'),
            ("echo \"`id`\"", '`'),
            ("cat /etc/*", '*'),
            ("true\nreboot", '\n'),
            ("true && reboot", '&'),
        ] {
            assert_eq!(words(line), Err(Refused::Special(character)), "{line}");
        }
        assert_eq!(words("echo 'a"), Err(Refused::Unterminated));
    }
}
