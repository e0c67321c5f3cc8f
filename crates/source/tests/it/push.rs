//! Changes committed and pushed: to bare repositories and checkouts over files, with hooks that refuse, after others were
//! quicker, and never anything but what was asked for.

use crate::repo::{Push, Repo, file, git, newest};
use jarvis_ports::{Author, Change, ManifestSource, PushError, PushTarget};
use jarvis_source::{GitSource, Options};
use std::fs;
use std::path::Path;

pub fn change(base: &str, files: &[(&str, Option<&str>)]) -> Change {
    Change {
        id: "p-1".into(),
        base: base.into(),
        files: files
            .iter()
            .map(|(path, text)| ((*path).into(), text.map(|text| text.as_bytes().to_vec())))
            .collect(),
        author: Author {
            name: "anna".into(),
            email: "anna@jarvis.local".into(),
        },
        committer: Author {
            name: "Jarvis".into(),
            email: "jarvis@jarvis.local".into(),
        },
        message: "Leave web alone\n\nIt is being moved.\n\nProposed-by: anna\nProposal: p-1\n".into(),
        target: PushTarget::InForce,
    }
}

fn hook(bare: &Path, name: &str, script: &str) {
    crate::repo::program(&bare.join("hooks").join(name), script);
}

fn three() -> Repo {
    let repo = Repo::new();
    let tree = [
        file("README.md", "readme"),
        file("a/web.yaml", "one\n"),
        crate::repo::File {
            mode: "100755",
            ..file("b.yaml", "two\n")
        },
    ];
    repo.commit("main", "first", &tree, Push::Force);
    repo
}

#[tokio::test]
async fn a_change_is_one_commit_of_exactly_its_files() {
    let repo = three();
    let source = repo.source();
    let base = newest(&source).await.commit;
    let files = [
        ("a/web.yaml", None),
        ("b.yaml", Some("2\n")),
        ("c/d.yaml", Some("new\n")),
    ];
    let pushed = source.push(change(&base, &files)).await.unwrap();
    assert_eq!(
        (pushed.branch.as_str(), pushed.commit.as_str()),
        ("main", &*repo.id("main"))
    );
    let told = git(
        &repo.bare,
        &[
            "log",
            "-1",
            "--format=%an <%ae>|%cn <%ce>|%P|%s|%(trailers:key=Proposal,valueonly)",
            "main",
        ],
    );
    assert_eq!(
        told,
        format!("anna <anna@jarvis.local>|Jarvis <jarvis@jarvis.local>|{base}|Leave web alone|p-1")
    );
    let tree = git(
        &repo.bare,
        &["ls-tree", "-r", "--format=%(objectmode) %(path)", "main"],
    );
    assert_eq!(tree, "100644 README.md\n100755 b.yaml\n100644 c/d.yaml");
    let fetched = source.fetch(Some(&base)).await.unwrap().unwrap();
    assert_eq!(fetched.commit, pushed.commit);
    assert_eq!(fetched.files["b.yaml"], b"2\n");
    let left: Vec<String> = fs::read_dir(repo.state())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("index"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_pushed_already_is_found_and_not_made_twice() {
    let repo = three();
    let source = repo.source();
    let base = newest(&source).await.commit;
    let first = source
        .push(change(&base, &[("b.yaml", Some("2\n"))]))
        .await
        .unwrap();
    repo.commit("main", "later", &[file("b.yaml", "3\n")], Push::Normal);
    let again = source
        .push(change(&base, &[("b.yaml", Some("2\n"))]))
        .await
        .unwrap();
    assert_eq!(first, again);
    assert_eq!(git(&repo.bare, &["rev-list", "--count", "main"]), "3");
}

#[tokio::test]
async fn a_branch_that_moved_on_is_told_and_nothing_is_forced() {
    let repo = three();
    let source = repo.source();
    let base = newest(&source).await.commit;
    let theirs = repo.commit("main", "quicker", &[file("b.yaml", "theirs\n")], Push::Normal);
    let end = source.push(change(&base, &[("b.yaml", Some("ours\n"))])).await;
    assert_eq!(end, Err(PushError::Moved));
    assert_eq!(repo.id("main"), theirs);
}

#[tokio::test]
async fn of_two_pushes_at_once_one_is_told_that_the_branch_moved() {
    let repo = three();
    let other = repo.root.path().join("other");
    // Both have fetched the same head; the hook lets the other one through first.
    let here = repo.source();
    let there = GitSource::new(Options::new(repo.bare.to_str().unwrap(), "main", &other)).unwrap();
    let base = newest(&here).await.commit;
    newest(&there).await;
    let flag = repo.root.path().join("second");
    let script = format!(
        "if [ ! -e '{0}' ]; then touch '{0}'; unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES; \
         t=$(git rev-parse main^{{tree}}); c=$(git -c user.name=x -c user.email=x@x commit-tree -p main -m quick $t); \
         git update-ref refs/heads/main $c; fi",
        flag.display()
    );
    hook(&repo.bare, "pre-receive", &script);
    let end = here.push(change(&base, &[("b.yaml", Some("ours\n"))])).await;
    assert_eq!(end, Err(PushError::Moved));
    let moved = repo.id("main");
    let mut second = change(&moved, &[("b.yaml", Some("ours\n"))]);
    second.id = "p-2".into();
    // Or both make the very same commit, and neither is late.
    second.message = second.message.replace("p-1", "p-2");
    let (a, b) = tokio::join!(
        here.push(change(&moved, &[("b.yaml", Some("ours\n"))])),
        there.push(second)
    );
    let moved = [&a, &b]
        .iter()
        .filter(|end| **end == &Err(PushError::Moved))
        .count();
    assert!(moved == 1 && (a.is_ok() || b.is_ok()), "{a:?} {b:?}");
}

#[tokio::test]
async fn a_hook_that_refuses_is_told_in_its_words_and_another_branch_may_be_free() {
    let repo = three();
    let source = repo.source();
    let base = newest(&source).await.commit;
    hook(
        &repo.bare,
        "pre-receive",
        "while read o n r; do if [ $r = refs/heads/main ]; then echo 'Only on Sundays.' >&2; exit 1; fi; done",
    );
    let refused = source.push(change(&base, &[("b.yaml", Some("2\n"))])).await;
    let Err(PushError::Refused { branch, why }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(branch, "main");
    assert!(
        why.contains("pre-receive hook declined: Only on Sundays."),
        "{why}"
    );
    assert_eq!(repo.id("main"), base);
    let mut own = change(&base, &[("b.yaml", Some("2\n"))]);
    own.target = PushTarget::Own("jarvis/proposal-p-1".into());
    let pushed = source.push(own.clone()).await.unwrap();
    assert_eq!(pushed.branch, "jarvis/proposal-p-1");
    assert_eq!(repo.id("jarvis/proposal-p-1"), pushed.commit);
    assert_eq!(
        source.push(own).await.unwrap(),
        pushed,
        "the branch has it already"
    );
    assert_eq!(repo.id("main"), base);
}

#[tokio::test]
async fn a_checkout_is_not_written_into_unless_it_says_so_itself() {
    let repo = three();
    let work = repo.root.path().join("work");
    git(repo.root.path(), &["clone", "--quiet", "remote.git", "work"]);
    let source = GitSource::new(Options::new(work.to_str().unwrap(), "main", repo.state())).unwrap();
    let base = newest(&source).await.commit;
    let end = source.push(change(&base, &[("b.yaml", Some("2\n"))])).await;
    assert!(
        matches!(&end, Err(PushError::Refused { why, .. }) if why.contains("checked out")),
        "{end:?}"
    );
    assert_eq!(fs::read_to_string(work.join("b.yaml")).unwrap(), "two\n");
    git(&work, &["config", "receive.denyCurrentBranch", "updateInstead"]);
    fs::write(work.join("b.yaml"), "unsaved work\n").unwrap();
    let end = source.push(change(&base, &[("b.yaml", Some("2\n"))])).await;
    assert!(matches!(&end, Err(PushError::Refused { .. })), "{end:?}");
    assert_eq!(fs::read_to_string(work.join("b.yaml")).unwrap(), "unsaved work\n");
    git(&work, &["checkout", "--quiet", "--", "b.yaml"]);
    source
        .push(change(&base, &[("b.yaml", Some("2\n"))]))
        .await
        .unwrap();
    assert_eq!(fs::read_to_string(work.join("b.yaml")).unwrap(), "2\n");
}

#[tokio::test]
async fn nothing_but_manifests_in_their_folder_is_written() {
    let repo = Repo::with(&[file("prod/a.yaml", "one\n"), file("ci.yaml", "x\n")]);
    let mut options = repo.options();
    options.folder = "prod".into();
    let source = GitSource::new(options).unwrap();
    let base = newest(&source).await.commit;
    for path in [
        "ci.yaml",
        "prod/../ci.yaml",
        "prod/.github/x.yaml",
        "prod/run.sh",
        "prod/",
        "/prod/a.yaml",
        "prodder/a.yaml",
    ] {
        let end = source.push(change(&base, &[(path, Some("y\n"))])).await;
        assert!(
            matches!(&end, Err(PushError::Source(error)) if error.why.contains("no file of the manifests")),
            "{path}: {end:?}"
        );
    }
    assert_eq!(repo.id("main"), base);
    source
        .push(change(&base, &[("prod/b.yaml", Some("y\n"))]))
        .await
        .unwrap();
}

#[tokio::test]
async fn nobodys_settings_sign_or_change_a_commit() {
    let repo = three();
    let mark = repo.root.path().join("ran");
    let gpg = repo.root.path().join("gpg");
    crate::repo::trap(&gpg, &mark);
    fs::create_dir_all(repo.state()).unwrap();
    let settings = format!(
        "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {0}\n[push]\n\tgpgSign = if-asked\n[user]\n\tname = other\n",
        gpg.display()
    );
    fs::write(repo.state().join(".gitconfig"), &settings).unwrap();
    let source = repo.source();
    let base = newest(&source).await.commit;
    source
        .push(change(&base, &[("b.yaml", Some("2\n"))]))
        .await
        .unwrap();
    assert!(!mark.exists(), "a program of somebody's settings ran");
    let commit = git(&repo.bare, &["cat-file", "commit", "main"]);
    assert!(
        !commit.contains("gpgsig") && commit.contains("author anna <anna@jarvis.local>"),
        "{commit}"
    );
}
