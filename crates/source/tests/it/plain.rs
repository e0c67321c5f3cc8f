//! Everyday use: new commits, older revisions, branches, folders, and remotes that are not as expected.

use crate::repo::{Push, Repo, failure, file, newest};
use jarvis_ports::ManifestSource;
use jarvis_source::{GitSource, Options};

#[tokio::test]
async fn the_newest_revision_is_fetched_once() {
    let repo = Repo::with(&[
        file("a/vm.yaml", "one"),
        file("b.yml", "two"),
        file("README.md", "x"),
    ]);
    let source = repo.source();
    let fetched = newest(&source).await;
    assert_eq!(fetched.commit, repo.id("main"));
    assert_eq!(fetched.summary, "tester: first");
    assert_eq!(fetched.files.keys().collect::<Vec<_>>(), ["a/vm.yaml", "b.yml"]);
    assert_eq!(fetched.files["a/vm.yaml"], b"one");
    assert_eq!(source.fetch(Some(&fetched.commit)).await.unwrap(), None);

    let second = repo.commit("main", "second", &[file("b.yml", "changed")], Push::Normal);
    let fetched = source.fetch(Some(&fetched.commit)).await.unwrap().unwrap();
    assert_eq!(
        (fetched.commit, fetched.summary.as_str()),
        (second, "tester: second")
    );
    assert_eq!(fetched.files["b.yml"], b"changed");
}

#[tokio::test]
async fn contents_are_not_judged() {
    let repo = Repo::with(&[file("bad.yaml", ": : not yaml\t\u{0}"), file("empty.yaml", "")]);
    let fetched = newest(&repo.source()).await;
    assert_eq!(fetched.files["bad.yaml"], ": : not yaml\t\u{0}".as_bytes());
    assert_eq!(fetched.files["empty.yaml"], b"");
}

#[tokio::test]
async fn a_commit_without_manifests_is_an_empty_set() {
    let repo = Repo::with(&[file("README.md", "x")]);
    assert!(newest(&repo.source()).await.files.is_empty());
}

#[tokio::test]
async fn a_force_push_is_the_new_head_and_is_told() {
    let repo = Repo::with(&[file("a.yaml", "old")]);
    let source = repo.source();
    let old = newest(&source).await;
    let new = repo.commit("main", "rewritten", &[file("a.yaml", "new")], Push::Force);
    let fetched = source.fetch(Some(&old.commit)).await.unwrap().unwrap();
    assert_eq!(fetched.commit, new);
    assert!(
        fetched
            .summary
            .starts_with("tester: rewritten (history was rewritten: "),
        "{}",
        fetched.summary
    );
    assert!(fetched.summary.contains(&old.commit[..12]), "{}", fetched.summary);
    // What was in force stays readable, by full and abbreviated id.
    assert_eq!(source.read(&old.commit).await.unwrap().files["a.yaml"], b"old");
    assert_eq!(source.read(&old.commit[..10]).await.unwrap().commit, old.commit);
}

#[tokio::test]
async fn an_unmerged_branch_is_read_fresh() {
    let repo = Repo::with(&[file("a.yaml", "main")]);
    let source = repo.source();
    newest(&source).await;
    let pushed = repo.commit("proposal/1", "idea", &[file("a.yaml", "idea")], Push::Force);
    assert_eq!(source.read("proposal/1").await.unwrap().commit, pushed);
    let again = repo.commit("proposal/1", "better", &[file("a.yaml", "better")], Push::Normal);
    assert_eq!(
        source.read("proposal/1").await.unwrap().files["a.yaml"],
        b"better"
    );
    assert_eq!(source.read(&again).await.unwrap().files["a.yaml"], b"better");
    assert_eq!(newest(&source).await.files["a.yaml"], b"main");
}

#[tokio::test]
async fn a_branch_that_looks_like_a_commit_is_found_and_never_hides_one() {
    let repo = Repo::with(&[file("a.yaml", "main")]);
    let source = repo.source();
    let main = newest(&source).await.commit;
    repo.commit("deadbeef", "odd", &[file("a.yaml", "odd")], Push::Force);
    assert_eq!(source.read("deadbeef").await.unwrap().files["a.yaml"], b"odd");
    repo.commit(&main[..8], "liar", &[file("a.yaml", "liar")], Push::Force);
    newest(&source).await;
    assert_eq!(source.read(&main[..8]).await.unwrap().files["a.yaml"], b"main");
}

#[tokio::test]
async fn unknown_revisions_are_told() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    let error = source.read(&"0".repeat(40)).await.unwrap_err();
    assert!(
        error.to_string().contains("no branch contains a commit 0000"),
        "{error}"
    );
    let error = source.read("nowhere").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("there is no branch nowhere; set the branch to one of: main"),
        "{error}"
    );
    for expression in [
        "HEAD",
        "main~1",
        "main^",
        "@{1}",
        "--all",
        "-h",
        "main:a.yaml",
        "refs/heads/main",
        "a b",
        "",
    ] {
        assert!(source.read(expression).await.is_err(), "{expression:?}");
    }
}

#[tokio::test]
async fn branch_names_with_odd_characters() {
    let repo = Repo::with(&[file("a.yaml", "main")]);
    for branch in [
        "feature/ü#1",
        "a;b",
        "$(touch_x)",
        "`id`",
        "a'b\"c",
        "a&b|c",
        "%41",
        "!x",
        "a=b",
    ] {
        repo.commit(branch, "odd", &[file("a.yaml", branch)], Push::Force);
        let mut options = repo.options();
        branch.clone_into(&mut options.branch);
        let fetched = newest(&GitSource::new(options).unwrap()).await;
        assert_eq!(fetched.files["a.yaml"], branch.as_bytes(), "{branch}");
    }
}

#[tokio::test]
async fn only_the_manifest_folder_is_read() {
    let repo = Repo::with(&[
        file("clusters/home/a.yaml", "home"),
        file("clusters/homestead/b.yaml", "other"),
        file("c.yaml", "root"),
    ]);
    let mut options = repo.options();
    options.folder = "/clusters/home/".to_owned();
    let fetched = newest(&GitSource::new(options.clone()).unwrap()).await;
    assert_eq!(fetched.files.keys().collect::<Vec<_>>(), ["clusters/home/a.yaml"]);
    options.folder = "clusters/none".to_owned();
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("no folder clusters/none"), "{error}");
}

#[tokio::test]
async fn missing_branch_empty_repository_and_no_repository_differ() {
    let repo = Repo::new();
    let source = repo.source();
    let error = failure(&source).await;
    assert_eq!(
        (error.what, error.why.as_str()),
        ("fetch", "the repository is empty"),
        "{error}"
    );
    repo.commit("trunk", "x", &[file("a.yaml", "x")], Push::Force);
    let error = failure(&source).await;
    assert_eq!(error.why, "there is no branch main", "{error}");
    assert!(error.hint.contains("trunk"), "{error}");
    drop(source);
    let mut options = repo.options();
    options.remote = repo.root.path().join("nothing.git").to_str().unwrap().to_owned();
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(
        error.why.contains("there is no git repository at that address"),
        "{error}"
    );
}

#[tokio::test]
async fn a_remote_may_vanish_and_come_back() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    let known = newest(&source).await.commit;
    let away = repo.root.path().join("away.git");
    std::fs::rename(&repo.bare, &away).unwrap();
    let error = source.fetch(Some(&known)).await.unwrap_err();
    assert!(error.why.contains("no git repository"), "{error}");
    assert_eq!(
        source.read(&known).await.unwrap().files["a.yaml"],
        b"x",
        "what was seen needs no remote"
    );
    std::fs::rename(&away, &repo.bare).unwrap();
    assert_eq!(source.fetch(Some(&known)).await.unwrap(), None);
}

#[tokio::test]
async fn a_deleted_branch_is_told_and_may_turn_into_a_folder() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    repo.commit("topic", "t", &[file("a.yaml", "t")], Push::Force);
    let source = repo.source();
    source.read("topic").await.unwrap();
    crate::repo::git(&repo.bare, &["branch", "-D", "topic"]);
    repo.commit("topic/one", "t1", &[file("a.yaml", "t1")], Push::Force);
    assert_eq!(source.read("topic/one").await.unwrap().files["a.yaml"], b"t1");
    assert!(
        source
            .read("topic")
            .await
            .unwrap_err()
            .why
            .contains("no branch topic")
    );
}

#[tokio::test]
async fn a_shallow_remote_is_read() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    repo.commit("main", "second", &[file("a.yaml", "2")], Push::Normal);
    let url = format!("file://{}", repo.bare.display());
    crate::repo::git(
        repo.root.path(),
        &["clone", "--quiet", "--bare", "--depth=1", &url, "shallow.git"],
    );
    let options = Options::new(
        repo.root.path().join("shallow.git").to_str().unwrap(),
        "main",
        repo.root.path().join("state2"),
    );
    let result = GitSource::new(options).unwrap().fetch(None).await;
    match result {
        Ok(fetched) => assert_eq!(fetched.unwrap().files["a.yaml"], b"2"),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn calls_on_one_source_take_turns() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = std::sync::Arc::new(repo.source());
    let calls: Vec<_> = (0..6)
        .map(|_| {
            let source = source.clone();
            tokio::spawn(async move { newest(&source).await.commit })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), repo.id("main"));
    }
}

#[test]
fn bad_options_are_refused_before_anything_runs() {
    let refused = |change: &dyn Fn(&mut Options)| {
        let mut options = Options::new("/srv/x.git", "main", "/nowhere/state");
        change(&mut options);
        GitSource::new(options).unwrap_err().to_string()
    };
    let text = refused(&|o| o.remote = "https://me:s3cret@h/x".to_owned());
    assert!(
        text.contains("https://***@h/x") && text.contains("credentials") && !text.contains("s3cret"),
        "{text}"
    );
    assert!(refused(&|o| o.remote = "ext::sh".to_owned()).contains("transport program"));
    assert!(refused(&|o| o.branch = "-x".to_owned()).contains("'-'"));
    assert!(refused(&|o| o.folder = "../etc".to_owned()).contains("'..'"));
    assert!(refused(&|o| o.checkout = "state".into()).contains("absolute"));
    assert!(refused(&|o| o.remote = "git@h:x".to_owned()).contains("private key"));
}
