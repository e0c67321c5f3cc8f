//! Which branch names, folders and revisions are accepted. Pure; the rules are those of `git check-ref-format`.

/// Why a name cannot be a branch; None when it can.
pub fn refused_branch(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("the branch name is empty");
    }
    if name.len() > 200 {
        return Some("the branch name is longer than 200 bytes");
    }
    if name.starts_with('-') {
        return Some("the branch name starts with '-'");
    }
    if name == "@" || name.contains("@{") || name.contains("..") {
        return Some("the branch name contains '..' or '@{', which git reads as an expression");
    }
    if name.chars().any(|c| c.is_control() || " ~^:?*[\\".contains(c)) {
        return Some("the branch name contains a blank, a control character or one of ~^:?*[\\");
    }
    let bad_part =
        |part: &str| part.is_empty() || part.starts_with('.') || part.strip_suffix(".lock").is_some();
    if name.ends_with('.') || name.split('/').any(bad_part) {
        return Some("a part of the branch name is empty, starts with '.' or ends with '.' or '.lock'");
    }
    None
}

/// The folder in git's spelling (no slash at either end), or why it is refused.
pub fn plain_folder(folder: &str) -> Result<String, &'static str> {
    let folder = folder.trim_matches('/');
    let folder = folder.strip_prefix("./").unwrap_or(folder);
    if folder.is_empty() || folder == "." {
        return Ok(String::new());
    }
    if folder.chars().any(char::is_control) {
        return Err("the manifest folder contains a control character");
    }
    if folder
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Err("the manifest folder contains an empty part, '.' or '..'");
    }
    Ok(folder.to_owned())
}

/// True when the text may be a full or abbreviated commit id (SHA-1 or SHA-256).
pub fn may_be_commit(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_but_legal_branches() {
        for name in [
            "main",
            "feature/ü#1",
            "a;b",
            "$(x)",
            "`x`",
            "a'b\"c",
            "a&b",
            "v1.0",
            "a@b",
            "%41",
            "!",
        ] {
            assert_eq!(refused_branch(name), None, "{name}");
        }
    }

    #[test]
    fn what_git_would_read_otherwise_is_refused() {
        let long = "x".repeat(201);
        for name in [
            "",
            "-x",
            "--upload-pack=x",
            "a..b",
            "a@{1}",
            "@",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[",
            "a\\b",
            "a\nb",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            &long,
        ] {
            assert!(refused_branch(name).is_some(), "{name:?}");
        }
    }

    #[test]
    fn folders() {
        assert_eq!(plain_folder(""), Ok(String::new()));
        assert_eq!(plain_folder("/"), Ok(String::new()));
        assert_eq!(plain_folder("."), Ok(String::new()));
        assert_eq!(plain_folder("./a/b/"), Ok("a/b".to_owned()));
        for bad in ["..", "a/../b", "a//b", "a/./b", "a\0b"] {
            assert!(plain_folder(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn commit_ids() {
        assert!(may_be_commit("deadbeef"));
        assert!(may_be_commit(&"a".repeat(40)));
        assert!(!may_be_commit("abc"));
        assert!(!may_be_commit("main"));
        assert!(!may_be_commit(&"a".repeat(65)));
    }
}
