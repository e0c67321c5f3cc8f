//! Limits: each is an error that names what exceeded it.

use crate::repo::{File, Push, Repo, failure, file, newest};
use jarvis_source::GitSource;

#[tokio::test]
async fn a_huge_file_is_named() {
    let repo = Repo::with(&[
        file("ok.yaml", "x"),
        file("big/huge.yaml", &"x".repeat((1 << 20) + 1)),
    ]);
    let error = failure(&repo.source()).await;
    assert!(error.why.contains("big/huge.yaml is 1048577 bytes"), "{error}");
    repo.commit(
        "main",
        "fits",
        &[file("big/huge.yaml", &"x".repeat(1 << 20))],
        Push::Normal,
    );
    assert_eq!(newest(&repo.source()).await.files["big/huge.yaml"].len(), 1 << 20);
}

#[tokio::test]
async fn a_huge_file_that_is_no_manifest_does_not_matter() {
    let repo = Repo::with(&[file("ok.yaml", "x"), file("image.iso", &"x".repeat(20 << 20))]);
    assert_eq!(newest(&repo.source()).await.files.len(), 1);
}

#[tokio::test]
async fn ten_thousand_manifests_fit_and_one_more_does_not() {
    let mut files: Vec<File> = (0..10_000)
        .map(|n| file(&format!("vm/{n}.yaml"), &format!("n: {n}")))
        .collect();
    let repo = Repo::with(&files);
    let source = repo.source();
    let fetched = newest(&source).await;
    assert_eq!(
        (fetched.files.len(), fetched.files["vm/9999.yaml"].as_slice()),
        (10_000, &b"n: 9999"[..])
    );
    files.push(file("one-more.yaml", "x"));
    repo.commit("main", "more", &files, Push::Normal);
    let error = failure(&source).await;
    assert!(
        error
            .why
            .contains("there are 10001 manifest files, more than 10000"),
        "{error}"
    );
}

#[tokio::test]
async fn all_files_together_are_limited() {
    let files: Vec<File> = (0..17)
        .map(|n| file(&format!("{n}.yaml"), &"x".repeat(1 << 20)))
        .collect();
    let repo = Repo::with(&files);
    let error = failure(&repo.source()).await;
    assert!(
        error.why.contains("bytes together, more than 16777216"),
        "{error}"
    );
    repo.commit("main", "fits", &files[..16], Push::Normal);
    assert_eq!(newest(&repo.source()).await.files.len(), 16);
}

#[tokio::test]
async fn a_remote_that_never_answers_is_given_up() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    // A git of our own that is real until it fetches.
    let programs = repo.root.path().join("bin");
    let script = "case \" $* \" in *' fetch '*) exec sleep 600;; esac\nPATH=/usr/local/bin:/usr/bin:/bin exec git \"$@\"";
    crate::repo::program(&programs.join("git"), script);
    let mut options = repo.options();
    options.program_path = format!("{}:/usr/bin:/bin", programs.display());
    options.limits.timeout = std::time::Duration::from_secs(2);
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("did not finish within 2 s"), "{error}");
    newest(&repo.source()).await;
}

#[tokio::test]
async fn a_missing_git_is_told() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let mut options = repo.options();
    options.program_path = repo.root.path().to_str().unwrap().to_owned();
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.hint.contains("install git"), "{error}");
}
