//! Looking for words in what is told.

/// Whether words contain what is sought, whatever the letter case. A number is sought as a whole: 105 is neither in 1057
/// nor in the revision 9105ed57.
pub fn found(words: &str, sought: &str) -> bool {
    let (words, sought) = (words.to_lowercase(), sought.trim().to_lowercase());
    let whole = !sought.is_empty() && sought.bytes().all(|byte| byte.is_ascii_digit());
    words.match_indices(&sought).any(|(at, _)| {
        let inside = |beside: Option<char>| beside.is_some_and(char::is_alphanumeric);
        let (before, after) = (&words[..at], &words[at + sought.len()..]);
        !whole || !(inside(before.chars().next_back()) || inside(after.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_whole_and_a_word_in_part() {
        for (words, sought, there) in [
            ("start guest 105", "105", true),
            ("UPID:forge:qmstart:105:root@pam", "105", true),
            ("win-lab (105) is stopped", " 105 ", true),
            ("Revision 9105ed57 is in force", "105", false),
            ("guests 1057 and 2105", "105", false),
            ("guests 1057 and 105", "105", true),
            ("web-01", "01", true),
            ("VirtualMachine/Win-Lab", "win-l", true),
            ("Revision 9105ed57 is in force", "9105e", true),
            ("anything", "", true),
            ("", "105", false),
        ] {
            assert_eq!(found(words, sought), there, "{sought:?} in {words:?}");
        }
    }
}
