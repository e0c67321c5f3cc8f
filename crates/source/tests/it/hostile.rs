//! What a hostile repository might try. Every trap leaves a mark when it springs; no mark may appear.

use crate::repo::{File, Push, Repo, failure, file, git, link, newest, trap};
use jarvis_ports::ManifestSource;
use std::path::Path;

#[tokio::test]
async fn a_symlink_out_of_the_tree_is_named_and_never_followed() {
    let repo = Repo::with(&[file("ok.yaml", "x"), link("deep/secret.yaml", "/etc/hostname")]);
    let error = failure(&repo.source()).await;
    assert!(error.why.contains("deep/secret.yaml is a symlink"), "{error}");
    repo.commit(
        "main",
        "folder",
        &[file("ok.yaml", "x"), link("etc", "/etc")],
        Push::Normal,
    );
    assert_eq!(newest(&repo.source()).await.files.len(), 1);
}

#[tokio::test]
async fn a_manifest_folder_that_is_a_symlink_is_refused() {
    let repo = Repo::with(&[link("home", "/etc")]);
    let mut options = repo.options();
    options.folder = "home".to_owned();
    let error = failure(&jarvis_source::GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("manifest folder home is a symlink"), "{error}");
}

#[tokio::test]
async fn submodules_are_not_entered() {
    let modules = "[submodule \"m\"]\n\tpath = m.yaml\n\turl = ext::sh -c touch% x\n\tupdate = !touch x\n";
    let repo = Repo::with(&[
        file("ok.yaml", "x"),
        file(".gitmodules", modules),
        File {
            mode: "160000",
            path: b"m.yaml".to_vec(),
            content: "1".repeat(40).into_bytes(),
        },
    ]);
    let fetched = newest(&repo.source()).await;
    assert_eq!(fetched.files.keys().collect::<Vec<_>>(), ["ok.yaml"]);
}

#[tokio::test]
async fn names_that_are_no_text_are_refused() {
    let odd = File {
        mode: "100644",
        path: b"caf\xe9.yaml".to_vec(),
        content: b"x".to_vec(),
    };
    let repo = Repo::with(&[odd]);
    let error = failure(&repo.source()).await;
    assert!(
        error.why.contains("caf\u{fffd}.yaml is not plain UTF-8"),
        "{error}"
    );
    let other = File {
        mode: "100644",
        path: b"caf\xe9.txt".to_vec(),
        content: b"x".to_vec(),
    };
    repo.commit("main", "fine", &[other, file("ünï.yaml", "x")], Push::Normal);
    assert_eq!(
        newest(&repo.source()).await.files.keys().collect::<Vec<_>>(),
        ["ünï.yaml"]
    );
}

#[tokio::test]
async fn attributes_and_filters_do_nothing() {
    let repo = Repo::with(&[
        file("a.yaml", "$Id$\r\nx"),
        file(".gitattributes", "* text eol=lf ident filter=f\n"),
    ]);
    assert_eq!(newest(&repo.source()).await.files["a.yaml"], b"$Id$\r\nx");
}

#[tokio::test]
async fn hooks_of_the_remote_and_of_the_mirror_do_not_run() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let source = repo.source();
    let known = newest(&source).await.commit;
    let mark = repo.root.path().join("sprung");
    let mirror = repo.state().join("mirror.git");
    for folder in [&repo.bare, &mirror] {
        for hook in [
            "reference-transaction",
            "post-merge",
            "post-checkout",
            "pre-auto-gc",
            "post-update",
            "update",
        ] {
            trap(&folder.join("hooks").join(hook), &mark);
        }
    }
    // The trap itself works: without our settings the mirror's hook runs.
    git(&mirror, &["update-ref", "refs/jarvis/probe", &known]);
    assert!(mark.exists(), "the trap is no trap");
    std::fs::remove_file(&mark).unwrap();

    let mut source_commit = known;
    for n in 2..4 {
        let other = repo.root.path().join("hooks-away");
        std::fs::rename(repo.bare.join("hooks"), &other).unwrap();
        repo.commit("main", "next", &[file("a.yaml", &n.to_string())], Push::Normal);
        std::fs::rename(&other, repo.bare.join("hooks")).unwrap();
        source_commit = source.fetch(Some(&source_commit)).await.unwrap().unwrap().commit;
    }
    source.read(&source_commit).await.unwrap();
    assert!(!mark.exists(), "a hook ran");
}

#[tokio::test]
async fn configuration_of_the_remote_and_of_the_mirror_starts_nothing() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let source = repo.source();
    let known = newest(&source).await.commit;
    let mark = repo.root.path().join("sprung");
    let program = repo.root.path().join("program");
    trap(&program, &mark);
    let program = program.to_str().unwrap();
    let mirror = repo.state().join("mirror.git");
    for folder in [&repo.bare, &mirror] {
        poison(folder, program);
    }
    // A partial clone's missing objects would be fetched by a program of the remote's choice.
    git(&repo.bare, &["config", "extensions.partialClone", "evil"]);
    git(
        &repo.bare,
        &["config", "remote.evil.url", &format!("ext::{program}")],
    );
    git(&repo.bare, &["config", "remote.evil.promisor", "true"]);
    git(&repo.bare, &["config", "protocol.ext.allow", "always"]);
    repo.commit("main", "next", &[file("a.yaml", "2")], Push::Normal);
    let signed = repo.commit_again_as_signed("main");
    let next = source.fetch(Some(&known)).await.unwrap().unwrap();
    assert_eq!(source.read(&next.commit).await.unwrap().files["a.yaml"], b"2");
    assert_eq!(next.commit, signed);
    assert!(!mark.exists(), "a configured program ran");
}

fn poison(folder: &Path, program: &str) {
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.askPass",
        "core.pager",
        "core.editor",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "uploadpack.packObjectsHook",
        "gpg.program",
        "pager.log",
        "diff.external",
    ] {
        git(folder, &["config", key, program]);
    }
    git(folder, &["config", "log.showSignature", "true"]);
    git(folder, &["config", "credential.helper", &format!("!{program}")]);
}

#[tokio::test]
async fn text_from_the_repository_is_cleaned() {
    let repo = Repo::new();
    let subject = format!("red \u{1b}[31m bell \u{7} {}", "long ".repeat(200));
    repo.commit("main", &subject, &[file("a.yaml", "x")], Push::Force);
    let fetched = newest(&repo.source()).await;
    assert!(
        !fetched.summary.chars().any(char::is_control),
        "{:?}",
        fetched.summary
    );
    assert!(
        fetched.summary.starts_with("tester: red [31m bell long"),
        "{:?}",
        fetched.summary
    );
    assert!(fetched.summary.chars().count() <= 300);
}

#[tokio::test]
async fn replacement_refs_do_not_change_what_is_read() {
    let repo = Repo::with(&[file("a.yaml", "good")]);
    let good = repo.id("main");
    let evil = repo.commit("evil", "x", &[file("a.yaml", "evil")], Push::Force);
    git(&repo.bare, &["replace", &good, &evil]);
    let source = repo.source();
    assert_eq!(newest(&source).await.files["a.yaml"], b"good");
    git(&repo.state().join("mirror.git"), &["replace", &good, &evil]);
    assert_eq!(source.read(&good).await.unwrap().files["a.yaml"], b"good");
}
