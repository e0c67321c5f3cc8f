//! Commands that need no running Jarvis.

use crate::support::{jarvis, program};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

#[test]
fn bad_command_lines_are_errors_that_say_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let empty = home.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(home.path().join("wide"), "jrv_x").unwrap();
    let mut told = Vec::new();
    for line in [
        "schem",
        "run",
        "run --config nowhere.yaml",
        "demo --time-factor 0",
        "demo --nodes 33",
        "demo --state .",
        "freeze",
        "freeze --reason x --for soon",
        "validate",
        "validate nowhere",
        "validate empty",
        "schema VirtualMachin",
        "get guest-list",
        "get nodes",
        "plan",
        "describe web-01 --url http://127.0.0.1:1 --token-file wide",
        "get nodes --url http://127.0.0.1:1 --token-file wide",
        "get nodes --url ftp://127.0.0.1",
        "get nodes --url http://jarvis.example --token-file wide",
        "get nodes --url https://127.0.0.1:1 --token-file none",
        "healthcheck",
        "chaos crash 101",
        "chaos json {",
        "audit log",
        "audit verify --state empty",
        "autonomy set-ceiling L5",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = jarvis(home.path(), &words);
        assert_eq!(said.code, 1, "{line}: {said:?}");
        assert!(said.out.is_empty(), "{line}: {said:?}");
        told.push(format!(
            "jarvis {line}\n  {}\n",
            said.err.trim_end().replace('\n', "\n  ")
        ));
    }
    insta::assert_snapshot!(
        told.concat()
            .replace(&home.path().display().to_string(), "HOME")
            .replace("  \n", "\n")
    );
}

#[test]
fn validate_says_every_error_of_every_file() {
    let home = tempfile::tempdir().unwrap();
    let examples = root().join("examples/homelab/manifests");
    let said = jarvis(home.path(), &["validate", examples.to_str().unwrap()]);
    insta::assert_snapshot!(said.expect(0).replace(&examples.display().to_string(), "examples/homelab/manifests"), @"valid: 34 resources in 10 files");

    let bad = home.path().join("bad");
    fs::create_dir_all(bad.join("inner")).unwrap();
    let head = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: web-01\n";
    fs::write(
        bad.join("a.yaml"),
        format!("{head}spec:\n  vmId: 101\n  runStrategy: Allways\n"),
    )
    .unwrap();
    fs::write(
        bad.join("inner/b.yml"),
        format!("{head}spec:\n  vmid: 101\n  runStrategy: Always\n  dependsOn: [VirtualMachine/db]\n"),
    )
    .unwrap();
    fs::write(bad.join("notes.txt"), "not a manifest").unwrap();
    insta::assert_snapshot!(jarvis(home.path(), &["validate", "bad"]).expect(1));

    let json: serde_json::Value =
        serde_json::from_str(&jarvis(home.path(), &["validate", "bad", "--output", "json"]).expect(1))
            .unwrap();
    assert_eq!(json["valid"], false);
    assert!(json["errors"].as_array().unwrap().len() >= 3);
}

#[test]
fn schemas_are_those_of_the_repository() {
    let home = tempfile::tempdir().unwrap();
    let wanted = fs::read_to_string(root().join("crds/generated/jsonschema/virtualmachine.json")).unwrap();
    assert_eq!(
        jarvis(home.path(), &["schema", "virtualmachine"]).expect(0),
        wanted
    );
    let wanted = fs::read_to_string(root().join("crds/generated/crd/nodes.yaml")).unwrap();
    assert_eq!(
        jarvis(home.path(), &["schema", "Node", "--crd"]).expect(0),
        wanted
    );
    let listed = jarvis(home.path(), &["schema"]).expect(0);
    assert_eq!(
        listed.lines().count(),
        12,
        "a head, nine kinds, the tools, the API: {listed}"
    );
    let tools: serde_json::Value =
        serde_json::from_str(&jarvis(home.path(), &["schema", "tools"]).expect(0)).unwrap();
    assert_eq!(tools.as_array().unwrap().len(), 18);
    let wanted = fs::read_to_string(root().join("api/schema.graphql")).unwrap();
    for name in ["graphql", "GraphQL"] {
        assert_eq!(jarvis(home.path(), &["schema", name]).expect(0), wanted);
    }
    for name in ["graphql", "tools"] {
        let said = jarvis(home.path(), &["schema", name, "--crd"]).expect(1);
        assert!(
            said.contains("without --crd there are also tools and graphql"),
            "{said}"
        );
    }
}

#[test]
fn completions_are_there_for_every_shell() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = jarvis(home.path(), &["completions", shell]).expect(0);
        assert!(
            script.contains("healthcheck") && script.contains("set-ceiling"),
            "{shell}"
        );
    }
}

#[test]
fn every_command_has_an_example_that_is_a_command() {
    fn walk(home: &Path, words: &[&str], seen: &mut usize) {
        let mut line = words.to_vec();
        line.push("--help");
        let help = jarvis(home, &line).expect(0);
        assert!(help.contains("Example:\n  "), "{words:?} has no example:\n{help}");
        *seen += 1;
        let Some((_, commands)) = help.split_once("Commands:\n") else {
            return;
        };
        for command in commands.lines().take_while(|line| !line.is_empty()) {
            let name = command.split_whitespace().next().unwrap();
            // Continued descriptions are indented further.
            if name != "help" && command.starts_with("  ") && !command.starts_with("   ") {
                let mut inner = words.to_vec();
                inner.push(name);
                walk(home, &inner, seen);
            }
        }
    }
    let home = tempfile::tempdir().unwrap();
    let mut seen = 0;
    walk(home.path(), &[], &mut seen);
    assert!(seen > 50, "{seen} commands");
}

#[test]
fn the_reference_is_the_one_in_the_repository() {
    let home = tempfile::tempdir().unwrap();
    let reference = jarvis(home.path(), &["docs-cli"]).expect(0);
    let kept = fs::read_to_string(root().join("docs/CLI.md")).unwrap_or_default();
    assert!(
        reference == kept,
        "docs/CLI.md is old: run `cargo run -p jarvis -- docs-cli > docs/CLI.md`"
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let home = tempfile::tempdir().unwrap();
    let mut child = program(home.path())
        .args(["schema", "--crd"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    std::io::sink().flush().unwrap();
}
