//! Broken mirrors: replaced once, by themselves, and never in a circle.

use crate::repo::{Push, Repo, failure, file, git, newest};
use jarvis_ports::ManifestSource;
use std::fs;
use std::path::{Path, PathBuf};

/// All loose objects and packs of a mirror.
fn object_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("objects")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

fn empty_all_objects(folder: &Path) {
    for path in object_files(folder) {
        fs::remove_file(&path).unwrap();
        fs::write(&path, b"").unwrap();
    }
}

#[tokio::test]
async fn emptied_objects_are_replaced() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    let known = newest(&source).await.commit;
    let mirror = repo.state().join("mirror.git");
    empty_all_objects(&mirror);
    assert_eq!(source.read(&known).await.unwrap().files["a.yaml"], b"x");
    assert!(
        repo.state().join("mirror.damaged").is_dir(),
        "the broken mirror is kept aside"
    );
    empty_all_objects(&mirror);
    assert_eq!(newest(&source).await.files["a.yaml"], b"x");
}

#[tokio::test]
async fn one_missing_manifest_is_replaced() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    newest(&source).await;
    let blob = repo.id("main:a.yaml");
    let object = repo
        .state()
        .join("mirror.git/objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    fs::remove_file(object).expect("small fetches are stored loose");
    assert_eq!(newest(&source).await.files["a.yaml"], b"x");
}

#[tokio::test]
async fn a_ruined_configuration_or_folder_is_replaced() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    newest(&source).await;
    let mirror = repo.state().join("mirror.git");
    fs::write(mirror.join("config"), "[nonsense").unwrap();
    assert_eq!(newest(&source).await.files["a.yaml"], b"x");
    fs::remove_file(mirror.join("HEAD")).unwrap();
    assert_eq!(newest(&source).await.files["a.yaml"], b"x");
    fs::remove_dir_all(&mirror).unwrap();
    assert_eq!(newest(&source).await.files["a.yaml"], b"x");
}

#[tokio::test]
async fn what_an_ended_git_left_behind_is_removed_without_a_new_mirror() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    let known = newest(&source).await.commit;
    let mirror = repo.state().join("mirror.git");
    for name in [
        "packed-refs.lock",
        "config.lock",
        "refs/jarvis/heads/main.lock",
        "objects/pack/tmp_pack_x",
    ] {
        fs::create_dir_all(mirror.join(name).parent().unwrap()).unwrap();
        fs::write(mirror.join(name), b"").unwrap();
    }
    fs::create_dir_all(repo.state().join("mirror.new")).unwrap();
    repo.commit("main", "next", &[file("a.yaml", "y")], Push::Normal);
    assert_eq!(
        source.fetch(Some(&known)).await.unwrap().unwrap().files["a.yaml"],
        b"y"
    );
    assert!(!repo.state().join("mirror.damaged").exists());
    assert!(!mirror.join("objects/pack/tmp_pack_x").exists());
}

#[tokio::test]
async fn a_broken_remote_is_told_and_does_not_make_a_circle() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    let known = newest(&source).await.commit;
    repo.commit("main", "next", &[file("a.yaml", "y")], Push::Normal);
    let blob = repo.id("main:a.yaml");
    for path in object_files(&repo.bare) {
        if path.ends_with(format!("{}/{}", &blob[..2], &blob[2..]))
            || path.extension().is_some_and(|e| e == "pack")
        {
            fs::remove_file(path).unwrap();
        }
    }
    let error = failure(&source).await;
    assert!(error.why.contains("git says"), "{error}");
    assert!(repo.state().join("mirror.damaged").is_dir());
    let mark = repo.state().join("mirror.git/mark");
    fs::write(&mark, b"").unwrap();
    failure(&source).await;
    assert!(
        mark.exists(),
        "the mirror was replaced again with no success in between"
    );

    let content = repo.root.path().join("content");
    fs::write(&content, "y").unwrap();
    git(&repo.bare, &["hash-object", "-w", content.to_str().unwrap()]);
    assert_eq!(
        source.fetch(Some(&known)).await.unwrap().unwrap().files["a.yaml"],
        b"y"
    );
}

#[tokio::test]
async fn another_remote_starts_another_mirror() {
    let repo = Repo::with(&[file("a.yaml", "first")]);
    let old = newest(&repo.source()).await.commit;
    let other = Repo::with(&[file("a.yaml", "second")]);
    other.commit("main", "more", &[file("a.yaml", "third")], Push::Normal);
    let mut options = other.options();
    options.checkout = repo.state();
    let source = jarvis_source::GitSource::new(options).unwrap();
    assert_eq!(newest(&source).await.files["a.yaml"], b"third");
    assert!(
        source.read(&old).await.is_err(),
        "a commit of the former remote was served"
    );
}

#[tokio::test]
async fn a_state_folder_that_cannot_be_made_is_told() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    fs::write(repo.state(), b"in the way").unwrap();
    let error = failure(&repo.source()).await;
    assert!(error.why.contains("the state folder cannot be used"), "{error}");
}

#[tokio::test]
async fn a_state_folder_in_use_is_told() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    newest(&source).await;
    let lock = fs::File::create(repo.state().join("mirror.lock")).unwrap();
    lock.lock().unwrap();
    let error = failure(&source).await;
    assert!(error.why.contains("another process"), "{error}");
    drop(lock);
    newest(&source).await;
}

#[tokio::test]
async fn a_dropped_fetch_leaves_a_usable_mirror() {
    let repo = Repo::with(&[file("a.yaml", "x")]);
    let source = repo.source();
    for _ in 0..3 {
        let fetch = source.fetch(None);
        // Polled once, which starts git, then dropped.
        tokio::select! { biased; _ = fetch => {} () = std::future::ready(()) => {} }
    }
    assert_eq!(newest(&source).await.files["a.yaml"], b"x");
}
