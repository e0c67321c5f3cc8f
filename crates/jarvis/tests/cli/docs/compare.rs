//! Whether what the program printed is what a page shows, where a few things may differ from run to run.

use std::collections::BTreeMap;

/// What a page calls an identifier, and what the program gave.
pub type Names = BTreeMap<String, String>;

/// Stands for any text.
const ANY: &str = "…";

/// Compares lines; on success `names` knows the identifiers of the page.
pub fn lines(shown: &[String], printed: &[&str], names: &mut Names) -> Result<(), String> {
    let mut learnt = names.clone();
    match lines_from(shown, printed, &mut learnt) {
        Ok(()) => {
            *names = learnt;
            Ok(())
        }
        Err(line) => Err(line),
    }
}

fn lines_from(shown: &[String], printed: &[&str], names: &mut Names) -> Result<(), String> {
    let Some((first, rest)) = shown.split_first() else {
        return match printed.first() {
            None => Ok(()),
            Some(line) => Err(format!("the page does not show: {line}")),
        };
    };
    if first.trim() == ANY {
        let mut wrong = String::new();
        for skipped in 0..=printed.len() {
            let mut attempt = names.clone();
            match lines_from(rest, &printed[skipped..], &mut attempt) {
                Ok(()) => {
                    *names = attempt;
                    return Ok(());
                }
                Err(line) => wrong = line,
            }
        }
        return Err(wrong);
    }
    let Some((line, others)) = printed.split_first() else {
        return Err(format!("not printed: {first}"));
    };
    let mut attempt = names.clone();
    let (wanted, given): (Vec<&str>, Vec<&str>) = (
        first.split_whitespace().collect(),
        line.split_whitespace().collect(),
    );
    let (wanted, given) = match (numbered(&wanted), numbered(&given)) {
        (Some(wanted), Some(given)) => (wanted, given),
        _ => (&wanted[..], &given[..]),
    };
    if !words(wanted, given, &mut attempt) {
        return Err(format!("shown:   {first}\nprinted: {line}"));
    }
    *names = attempt;
    lines_from(rest, others, names)
}

fn words(shown: &[&str], printed: &[&str], names: &mut Names) -> bool {
    let Some((first, rest)) = shown.split_first() else {
        return printed.is_empty();
    };
    if *first == ANY {
        return (0..=printed.len()).any(|skipped| {
            let mut attempt = names.clone();
            let fits = words(rest, &printed[skipped..], &mut attempt);
            if fits {
                *names = attempt;
            }
            fits
        });
    }
    let Some((word, others)) = printed.split_first() else {
        return false;
    };
    // With a unit or with decimals it is measured.
    let measured = first.contains('.') || (rest.first() == others.first() && is_unit(rest.first()));
    let figures = is_figure(first) && is_figure(word) && measured;
    (figures || self::word(first, word, names)) && words(rest, others, names)
}

/// A row of a list that begins with a running number and a time: the number may be any.
fn numbered<'a>(words: &'a [&'a str]) -> Option<&'a [&'a str]> {
    let (first, rest) = words.split_first()?;
    let number = first.bytes().all(|byte| byte.is_ascii_digit());
    let time = rest
        .first()
        .is_some_and(|word| is_age(word) || moment_length(word) > 0);
    (number && time).then_some(rest)
}

fn is_figure(word: &str) -> bool {
    word.parse::<f64>().is_ok()
}

fn is_unit(word: Option<&&str>) -> bool {
    word.is_some_and(|word| ["%", "B", "KiB", "MiB", "GiB", "TiB"].contains(word))
}

fn word(shown: &str, printed: &str, names: &mut Names) -> bool {
    if shown.contains(ANY) {
        return glob(shown, printed);
    }
    let (wanted, given) = (tokens(shown), tokens(printed));
    wanted.len() == given.len()
        && wanted
            .iter()
            .zip(&given)
            .all(|(wanted, given)| token(wanted, given, names))
}

/// Runs of letters, digits and hyphens, and each other character for itself. A moment is one.
fn tokens(word: &str) -> Vec<&str> {
    let inner = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut tokens = Vec::new();
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        let moment = moment_length(rest);
        let end = if moment > 0 {
            moment
        } else if inner(letter) {
            rest.find(|letter| !inner(letter)).unwrap_or(rest.len())
        } else {
            letter.len_utf8()
        };
        let (token, others) = rest.split_at(end);
        tokens.push(token);
        rest = others;
    }
    tokens
}

fn token(shown: &str, printed: &str, names: &mut Names) -> bool {
    if moment_length(shown) > 0 {
        return moment_length(printed) > 0;
    }
    if is_age(shown) {
        return is_age(printed);
    }
    if !is_identifier(shown) {
        return shown == printed;
    }
    if let Some(real) = known(shown, names) {
        return real == printed;
    }
    let fits = is_identifier(printed) && printed.len() == shown.len();
    if fits {
        names.insert(shown.to_owned(), printed.to_owned());
    }
    fits
}

/// What the program calls an identifier of the page, or the beginning or continuation of one.
pub fn known(shown: &str, names: &Names) -> Option<String> {
    names.iter().find_map(|(page, real)| {
        let same = page.starts_with(shown) && real.len() >= shown.len();
        same.then(|| real[..shown.len()].to_owned())
    })
}

/// Hexadecimal, perhaps with hyphens, of at least eight digits.
pub fn is_identifier(token: &str) -> bool {
    token.len() >= 8
        && token.bytes().any(|byte| byte.is_ascii_digit())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte) || byte == b'-')
        && !token.starts_with('-')
}

/// Whole numbers with units of time, such as `3m20s`.
fn is_age(token: &str) -> bool {
    let mut rest = token;
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let found = ["ms", "s", "m", "h", "d"]
            .into_iter()
            .find(|name| unit.starts_with(name));
        match found {
            Some(name) if unit.len() < rest.len() => rest = &unit[name.len()..],
            _ => return false,
        }
    }
    !token.is_empty()
}

/// The length of `2026-01-31T23:59:59.999Z`, or of `23:59:59`, at the beginning; 0 when there is none.
fn moment_length(text: &str) -> usize {
    let shape = |pattern: &str| {
        text.len() >= pattern.len()
            && pattern.bytes().zip(text.bytes()).all(|(shape, byte)| {
                if shape == b'0' {
                    byte.is_ascii_digit()
                } else {
                    shape == byte
                }
            })
    };
    if shape("0000-00-00T00:00:00") || shape("0000-00-00 00:00:00") {
        let rest = &text[19..];
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && !".Z".contains(letter));
        return 19 + end.unwrap_or(rest.len());
    }
    if shape("0000-00-00") {
        return 10;
    }
    if shape("00:00:00") { 8 } else { 0 }
}

fn glob(shown: &str, printed: &str) -> bool {
    let Some((before, after)) = shown.split_once(ANY) else {
        return shown == printed;
    };
    let Some(rest) = printed.strip_prefix(before) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| glob(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(shown: &str, printed: &str) -> bool {
        let shown: Vec<String> = shown.lines().map(str::to_owned).collect();
        let printed: Vec<&str> = printed.lines().collect();
        lines(&shown, &printed, &mut Names::new()).is_ok()
    }

    #[test]
    fn only_what_may_differ_may_differ() {
        for (shown, printed, same) in [
            ("in sync: nothing to do", "in sync: nothing to do", true),
            ("in sync: nothing to do", "out of sync", false),
            ("guest 101", "guest 102", false),
            ("NAME    AGE", "NAME   AGE", true),
            ("web-01  26d  10 %", "web-01 3s 11.5 %", true),
            ("web-01  26d", "web-01 many", false),
            ("upset 3m3s", "upset 4h", true),
            ("14 3s Info", "9 12s Info", true),
            ("14 Info", "9 Info", false),
            ("3 guests", "4 guests", false),
            ("load 18.1", "load 18.0", true),
            ("load 18.1", "load many", false),
            (
                "until 2026-01-31T23:59:59.001Z; run",
                "until 2027-02-01T00:00:00Z; run",
                true,
            ),
            ("a … d", "a b c d", true),
            ("a … d", "a b c", false),
            (
                "UPID:…:root@pam!full:",
                "UPID:atlas:00:qmstart:101:root@pam!full:",
                true,
            ),
            ("first\n…\nlast", "first\none\ntwo\nlast", true),
            ("first\n…\nlast", "first\nlast\nmore", false),
            ("only", "only\nand more", false),
            ("one\ntwo", "one", false),
        ] {
            assert_eq!(fits(shown, printed), same, "{shown:?} and {printed:?}");
        }
    }

    #[test]
    fn an_identifier_is_the_same_one_throughout() {
        assert!(fits(
            "id 935969dd3042\nrun `confirm 935969dd3042`",
            "id 111111111111\nrun `confirm 111111111111`"
        ));
        assert!(!fits(
            "id 935969dd3042\nagain 935969dd3042",
            "id 111111111111\nagain 222222222222"
        ));
        assert!(fits(
            "id 935969dd3042\nshort 935969dd",
            "id 111111111111\nshort 11111111"
        ));
        assert!(!fits("id 935969dd3042", "id unknown-to-me"));
        let mut names = Names::new();
        let shown = ["ticket 01a212d4-c0dd-75a6".to_owned()];
        lines(&shown, &["ticket 99a212d4-c0dd-75a7"], &mut names).unwrap();
        assert_eq!(known("01a212d4", &names).as_deref(), Some("99a212d4"));
        assert_eq!(known("02a212d4", &names), None);
    }
}
