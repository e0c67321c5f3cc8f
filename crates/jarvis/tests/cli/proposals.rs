//! A change of the manifests from the proposal to the running guest, with the real program, git, and the demo's cluster.

use crate::support::{Demo, until};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn proposals(demo: &Demo) -> Vec<Value> {
    let text = demo.jarvis(&["proposals", "--output", "json"]).expect(0);
    serde_json::from_str(&text).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story from the wish to the guest")]
fn an_approved_proposal_is_committed_with_its_comments_and_the_guest_changes() {
    let demo = Demo::start();
    let manifests = demo.manifests();
    let file = manifests.join("guests/laboratory.yaml");
    let plain = fs::read_to_string(&file).unwrap();
    let before = plain
        .replacen(
            "runStrategy: Halted",
            "runStrategy: Halted   # off unless somebody needs it",
            1,
        )
        .replacen("spec:", "# The course.\nspec:", 1);
    fs::write(&file, &before).unwrap();
    git(
        &manifests,
        &["commit", "--all", "--quiet", "--message", "Say why"],
    );
    let base = git(&manifests, &["rev-parse", "main"]);
    let comments = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.contains('#'))
            .map(str::to_owned)
            .collect()
    };

    until("the comment in force", || {
        let shown = demo.jarvis(&[
            "propose",
            "--set",
            "VirtualMachine/win-lab:spec.stopTimeout=9m",
            "--preview",
        ]);
        shown.out.contains("# off unless").then_some(())
    });

    let set = "VirtualMachine/win-lab:spec.runStrategy=Always";
    let shown = demo.jarvis(&["propose", "--set", set, "--preview"]).expect(0);
    assert!(
        shown.contains("Changes VirtualMachine/win-lab: spec.runStrategy from Halted to Always.")
            && shown.contains("Jarvis would then start guest")
            && shown.contains("-  runStrategy: Halted"),
        "{shown}"
    );
    assert!(proposals(&demo).is_empty(), "a preview records nothing");

    demo.jarvis(&[
        "propose",
        "--set",
        set,
        "--title",
        "Run the Windows laboratory",
        "--reason",
        "A course begins.",
    ])
    .expect(0);
    let made = proposals(&demo).remove(0);
    assert_eq!(made["state"], "WAITING");
    assert_eq!(
        git(&manifests, &["rev-parse", "main"]),
        base,
        "nothing is committed yet"
    );
    let id = made["id"].as_str().unwrap();
    let refused = demo.jarvis(&["proposals", "approve", id]).expect(3);
    assert!(refused.contains("--digest"), "{refused}");
    demo.jarvis(&["proposals", "approve", id, "--digest", "0123456789ab"])
        .expect(3);
    demo.jarvis(&["freeze", "--all", "--reason", "nobody acts"])
        .expect(0);
    demo.jarvis(&["proposals", "approve", id, "--yes"]).expect(8);
    demo.jarvis(&["thaw"]).expect(0);
    let done = demo.jarvis(&["proposals", "approve", id, "--yes"]).expect(0);
    assert!(done.contains("main as"), "{done}");

    let after = fs::read_to_string(&file).unwrap();
    let expected: Vec<String> = comments(&before)
        .iter()
        .map(|line| line.replace("Halted", "Always"))
        .collect();
    assert_eq!((comments(&after).len(), comments(&after)), (2, expected));
    assert_eq!(
        before
            .lines()
            .zip(after.lines())
            .filter(|(old, new)| old != new)
            .count(),
        1,
        "one line differs\n{after}"
    );
    let told = git(
        &manifests,
        &[
            "log",
            "-1",
            "--format=%s|%ae|%cn|%(trailers:key=Proposal,valueonly)",
        ],
    );
    assert!(
        told.starts_with("Run the Windows laboratory|")
            && told.contains("@jarvis.local|Jarvis|")
            && told.ends_with(id),
        "{told}"
    );
    until("the proposal in force", || {
        (proposals(&demo)[0]["state"] == "APPLIED").then_some(())
    });
    until("the guest running", || {
        let shown = demo.jarvis(&["get", "guests", "win-lab"]).expect(0);
        shown.to_lowercase().contains("running").then_some(())
    });
    let feed = demo.jarvis(&["get", "events"]).expect(0);
    assert!(feed.contains("proposes: Run the Windows laboratory"), "{feed}");
    let audit = demo.jarvis(&["audit", "log", "--last", "200"]).expect(0);
    assert!(
        audit.contains("was approved") && audit.contains("was pushed to main"),
        "{audit}"
    );
}

#[test]
fn what_others_changed_in_the_meantime_is_kept_or_named() {
    let demo = Demo::start();
    let manifests = demo.manifests();
    let file = manifests.join("guests/laboratory.yaml");
    let commit = |from: &str, to: &str| {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        git(
            &manifests,
            &["commit", "--all", "--quiet", "--message", "By hand"],
        );
    };
    let set = "VirtualMachine/win-lab:spec.runStrategy=Manual";
    demo.jarvis(&["propose", "--set", set, "--title", "Leave it alone"])
        .expect(0);
    commit("---\n", "---\n# By hand.\n");
    let id = proposals(&demo)[0]["id"].as_str().unwrap().to_owned();
    demo.jarvis(&["proposals", "approve", &id, "--yes"]).expect(0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("# By hand.") && text.contains("runStrategy: Manual"),
        "{text}"
    );

    let set = "VirtualMachine/win-lab:spec.runStrategy=Always";
    demo.jarvis(&["propose", "--set", set, "--title", "Run it after all"])
        .expect(0);
    let id = proposals(&demo)[0]["id"].as_str().unwrap().to_owned();
    commit("runStrategy: Manual", "runStrategy: RerunOnFailure");
    let overtaken = demo.jarvis(&["proposals", "approve", &id, "--yes"]).expect(3);
    assert!(
        overtaken.contains("spec.runStrategy from Manual to RerunOnFailure")
            && overtaken.contains("propose it anew"),
        "{overtaken}"
    );
    assert_eq!(proposals(&demo)[0]["state"], "CONFLICT");

    // Unsaved work in the demo's folder is never written over: then the change goes to a branch of its own.
    let unsaved = format!("{}# unsaved\n", fs::read_to_string(&file).unwrap());
    fs::write(&file, &unsaved).unwrap();
    let set = "VirtualMachine/win-lab:spec.runStrategy=Manual";
    demo.jarvis(&["propose", "--set", set, "--title", "Leave it alone again"])
        .expect(0);
    let id = proposals(&demo)[0]["id"].as_str().unwrap().to_owned();
    let said = demo.jarvis(&["proposals", "approve", &id, "--yes"]).expect(0);
    assert!(
        said.contains("open a pull request") && said.contains("jarvis/proposal-"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), unsaved);
    assert!(git(&manifests, &["branch", "--list", "jarvis/*"]).contains(&id));
}
