//! The pages of `docs/errors/`: one for every rule that can refuse or hold an action, one for every reason why there is no
//! terminal, and an index. Codes and names come from the model and the API, the sentences from [`crate::rule_texts`] and
//! [`crate::terminal_texts`].

use crate::rule_texts::text;
use crate::terminal_texts;
use jarvis_api::terminal::{reason, wire::Word};
use jarvis_model::Rule;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the guard says, reached and kept by its own tests.
const SAID: &str =
    include_str!("../../crates/guard/tests/guard/snapshots/guard__refusals__the_texts_of_all_refusals.snap");

const MARK: &str = concat!(
    "<!-- @gen",
    "erated by `cargo xtask gen`; edit xtask/src/rule_texts.rs -->\n\n"
);

const TERMINAL_MARK: &str = concat!(
    "<!-- @gen",
    "erated by `cargo xtask gen`; edit xtask/src/terminal_texts.rs -->\n\n"
);

/// Path and text of every page.
pub fn files() -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = Rule::ALL
        .iter()
        .map(|rule| (format!("docs/errors/{}.md", rule.code()), page(*rule)))
        .collect();
    let terminals = reason::CODES.iter().zip(reason::samples());
    files.extend(terminals.map(|((code, name), sample)| {
        let said = Word::error(&sample).text();
        (
            format!("docs/errors/{code}.md"),
            terminal_page(code, name, &sample, &said),
        )
    }));
    files.insert("docs/errors/index.md".to_owned(), index());
    files
}

fn page(rule: Rule) -> String {
    let text = text(rule);
    let (title, said) = example(SAID, &rule.code()).unwrap_or_default();
    format!(
        "{MARK}# {code} {name}\n\n{meaning}.\n\n## When\n\n{when}\n\n## What to do\n\n{remedy}\n\n\
         ## Example\n\n{title}:\n\n```text\n{said}\n```\n",
        code = rule.code(),
        name = rule.name(),
        meaning = text.meaning,
        when = text.when,
        remedy = text.remedy,
        title = capital(title),
    )
}

fn terminal_page(code: &str, name: &str, sample: &reason::Reason, said: &str) -> String {
    let text = terminal_texts::text(sample);
    format!(
        "{TERMINAL_MARK}# {code} {name}\n\n{}.\n\n## When\n\n{}\n\n## What to do\n\n{}\n\n\
         ## Example\n\nThe socket says:\n\n```json\n{said}\n```\n",
        text.meaning, text.when, text.remedy,
    )
}

/// The first case of a code: what it is about, and what is asked and answered.
fn example<'a>(said: &'a str, code: &str) -> Option<(&'a str, &'a str)> {
    let case = said
        .split("\n## ")
        .find(|case| case.starts_with(&format!("{code} ")))?;
    let (head, body) = case.split_once('\n')?;
    Some((head.split_once(": ")?.1, body.trim_end()))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

fn index() -> String {
    let mut page = format!(
        "{MARK}# Why an action was refused or is waiting\n\n\
         Every verdict names its rule by one of these codes. Codes never change and are never used again.\n\n\
         | code | name | meaning |\n| --- | --- | --- |\n"
    );
    for rule in Rule::ALL {
        let code = rule.code();
        let _ = writeln!(
            page,
            "| [{code}]({code}.md) | `{}` | {} |",
            rule.name(),
            text(rule).meaning
        );
    }
    page.push_str("\n# Why there is no terminal\n\n| code | name | meaning |\n| --- | --- | --- |\n");
    for ((code, name), sample) in reason::CODES.iter().zip(reason::samples()) {
        let meaning = terminal_texts::text(&sample).meaning;
        let _ = writeln!(page, "| [{code}]({code}.md) | `{name}` | {meaning} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_its_own_full_page() {
        let files = files();
        assert_eq!(files.len(), Rule::ALL.len() + reason::CODES.len() + 1);
        let meanings: BTreeSet<&str> = Rule::ALL.iter().map(|rule| text(*rule).meaning).collect();
        assert_eq!(meanings.len(), Rule::ALL.len(), "two rules have the same meaning");
        for rule in Rule::ALL {
            let text = text(rule);
            for (part, least) in [(text.meaning, 15), (text.when, 30), (text.remedy, 30)] {
                assert!(
                    part.len() >= least && !part.contains('|'),
                    "{}: {part:?}",
                    rule.name()
                );
            }
            assert!(
                !text.meaning.ends_with('.') && text.when.ends_with('.') && text.remedy.ends_with('.'),
                "{rule:?}"
            );
            assert!(files["docs/errors/index.md"].contains(&format!("`{}`", rule.name())));
            let (title, said) = example(SAID, &rule.code()).unwrap_or_default();
            assert!(
                // A verdict, or what is said where there is none: the resource, and below it what would unblock it.
                !title.is_empty()
                    && (said.contains("-> ")
                        || said.trim_start().starts_with('[') && said.lines().count() == 2),
                "no example of {}",
                rule.code()
            );
        }
    }

    #[test]
    fn every_terminal_reason_has_its_own_full_page() {
        let texts: Vec<_> = reason::samples().iter().map(terminal_texts::text).collect();
        let meanings: BTreeSet<&str> = texts.iter().map(|text| text.meaning).collect();
        assert_eq!(
            meanings.len(),
            reason::CODES.len(),
            "two reasons have the same meaning"
        );
        for text in texts {
            assert!(
                text.meaning.len() >= 15 && text.when.len() >= 30 && text.remedy.len() >= 30,
                "{text:?}"
            );
            assert!(
                !text.meaning.ends_with('.') && text.when.ends_with('.') && text.remedy.ends_with('.'),
                "{text:?}"
            );
        }
        let rules: BTreeSet<String> = Rule::ALL.iter().map(|rule| rule.code()).collect();
        assert!(
            reason::CODES.iter().all(|(code, _)| !rules.contains(*code)),
            "a code is used twice"
        );
    }

    #[test]
    fn an_example_is_the_first_case_of_its_code() {
        let said = "---\n---\n## JV1: one\nx\n\n## JV2 b: two\nasks\n-> no\n\n## JV2 b: more\ny\n";
        assert_eq!(example(said, "JV2"), Some(("two", "asks\n-> no")));
        assert_eq!(example(said, "JV3"), None);
    }
}
