//! An argument vector as the one line that SSH has room for. The far side's shell reads it back as exactly these arguments.
//!
//! The shell there must be a POSIX one (sh, dash, bash, zsh); `docs/SSH.md` says so.

/// Each argument between single quotes, inside which a POSIX shell finds nothing special; a quote itself is put between
/// them as `'\''`. The arguments hold no control characters ([`jarvis_ports::hostread::fit`] saw to that).
pub fn line(argv: &[String]) -> String {
    let quoted: Vec<String> = argv
        .iter()
        .map(|argument| format!("'{}'", argument.replace('\'', r"'\''")))
        .collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    fn given_back(shell: &str, argv: &[String]) -> Vec<String> {
        let output = Command::new(shell).arg("-c").arg(line(argv)).output().unwrap();
        assert!(output.status.success(), "{argv:?}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    fn check(arguments: &[String]) {
        let mut argv = vec!["printf".to_owned(), r"%s\0".to_owned()];
        argv.extend(arguments.iter().cloned());
        for shell in ["sh", "bash"] {
            assert_eq!(given_back(shell, &argv), arguments, "{shell}");
        }
    }

    #[test]
    fn each_argument_is_one_word() {
        let argv = ["a b", "it's", "", "$(id)"].map(str::to_owned);
        assert_eq!(line(&argv), r"'a b' 'it'\''s' '' '$(id)'");
    }

    #[test]
    fn a_shell_gives_back_hostile_words() {
        let hostile = [
            "",
            "'",
            "''",
            r"'\''",
            "\\",
            "\\'",
            "\"",
            "$(id)",
            "`id`",
            "; id",
            "| id",
            "&& id",
            "> /tmp/x",
            "*",
            "~",
            "!!",
            "#",
            "a b",
            "-n",
            "--",
            "{a,b}",
            "$HOME",
            "%s",
            "=",
            "\u{202e}ü",
        ];
        check(&hostile.map(str::to_owned));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn a_shell_gives_back_what_was_quoted(arguments in prop::collection::vec("[^\\p{Cc}]{0,12}|['\"\\\\$` ;&|<>*?~!#(){}\\[\\]-]{0,8}", 1..6)) {
            check(&arguments);
        }
    }
}
