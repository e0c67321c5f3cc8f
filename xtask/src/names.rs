//! The words in names. A name that says nothing (`manager`, `helper` ...) hides that nobody decided what the thing is.

use crate::source_text::Line;

/// Words no name may contain.
const EMPTY_WORDS: &[&str] = &[
    concat!("man", "ager"),
    concat!("man", "agers"),
    "helper",
    "helpers",
    "util",
    "utils",
    "misc",
];

/// Names taken from outside, where the word is theirs: Proxmox's HA manager and systemd's `user.slice` kin.
const GIVEN: &[&str] = &["ha_manager", "hamanager", "manager_status", "managerstatus"];

/// More words than this are a sentence, as tests have for names.
const LONGEST_NAME_WORDS: usize = 5;

/// After these words a name is declared.
const DECLARING: &[&str] = &[
    "fn", "struct", "enum", "trait", "mod", "type", "const", "static", "let", "mut", "union",
];

/// The first empty word in a name, if any.
pub fn empty_word(name: &str) -> Option<&'static str> {
    let plain = name.to_lowercase();
    if GIVEN.iter().any(|given| plain.contains(given)) {
        return None;
    }
    let words = words(name);
    if words.len() > LONGEST_NAME_WORDS {
        return None;
    }
    EMPTY_WORDS
        .iter()
        .copied()
        .find(|empty| words.iter().any(|word| word == empty))
}

/// The names that a line declares, without those that begin with a lower-case letter in a pattern.
pub fn declared<'a>(line: &'a Line<'_>) -> Vec<&'a str> {
    let tokens: Vec<&str> = line
        .code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|token| !token.is_empty())
        .collect();
    tokens
        .windows(2)
        .filter(|pair| DECLARING.contains(&pair[0]) && !DECLARING.contains(&pair[1]))
        .map(|pair| pair[1])
        .collect()
}

/// `httpServer_two` as http, server, two.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && previous_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source_text::lines;

    #[test]
    fn words_are_found_whole_and_in_every_spelling() {
        for name in [
            "TaskManager",
            "task_manager",
            "utils.rs",
            "string-util",
            "MiscThings",
            "HELPER",
        ] {
            assert!(empty_word(name).is_some(), "{name}");
        }
        for name in [
            "utilisation",
            "managed",
            "tokio_utility",
            "miscount",
            "ha_manager_status",
            "HaManager",
            "what_the_local_manager_does_then",
        ] {
            assert_eq!(empty_word(name), None, "{name}");
        }
    }

    #[test]
    fn only_declarations_count() {
        let found = |text: &str| {
            lines(text)
                .iter()
                .flat_map(|line| declared(line).into_iter().map(str::to_owned).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("pub fn task_manager(x: u8) { let mut helper = 1; }"),
            ["task_manager", "helper"]
        );
        assert_eq!(found("use tokio_util::util; // fn helper"), Vec::<String>::new());
    }
}
