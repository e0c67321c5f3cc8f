//! What is wanted, what is lacking, and the commands that mend it.

use super::*;
use jarvis_crds::load;

const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: web}
spec: {vmid: 101, runStrategy: Always, autonomy: L3, ready: {guestAgent: {}}}
---
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: mail}
spec: {vmid: 102, runStrategy: RerunOnFailure}
---
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: watched}
spec: {vmid: 104, runStrategy: Manual}
---
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: own}
spec: {vmid: 103, runStrategy: Always}
";

fn desired() -> Desired {
    let files = [("all.yaml".to_owned(), MANIFESTS.as_bytes().to_vec())].into();
    load(&files, "c").unwrap().desired
}

fn floor() -> Floor {
    Floor {
        own_guest: Some(Vmid::new(103).unwrap()),
        ..Floor::default()
    }
}

fn held(pairs: &[(&str, &[&str])]) -> Privileges {
    let mut held = Privileges::default();
    for (path, privileges) in pairs {
        let privileges = privileges.iter().map(|name| ((*name).to_owned(), true)).collect();
        held.paths.insert((*path).to_owned(), privileges);
    }
    held
}

#[test]
fn what_manifests_can_cause_decides_what_is_wanted() {
    let about = |major| {
        let all = wanted(&floor(), Some(&desired()), major);
        let guests = all.into_iter().filter(|wanted| wanted.path.starts_with("/vms/"));
        guests
            .map(|wanted| (wanted.path, wanted.any_of[0], wanted.without))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        about(Some(9)),
        [
            ("/vms/102".to_owned(), "VM.PowerMgmt", State::Warn),
            ("/vms/101".to_owned(), "VM.PowerMgmt", State::Fail),
            ("/vms/101".to_owned(), "VM.GuestAgent.Audit", State::Fail),
        ]
    );
    assert_eq!(about(Some(8))[2].1, "VM.Monitor", "until 8 it has another name");
    let capped = Floor {
        ceiling: Autonomy::L2,
        ..floor()
    };
    let all = wanted(&capped, Some(&desired()), Some(9));
    assert!(
        all.iter()
            .filter(|wanted| wanted.any_of == [ACTING])
            .all(|wanted| wanted.without == State::Warn)
    );
    assert_eq!(
        wanted(&floor(), None, None).len(),
        4,
        "nothing declared: only looking"
    );
}

#[test]
fn lacks_are_told_with_the_commands_that_mend_them() {
    let look: &[&str] = &["Sys.Audit", "VM.Audit", "Datastore.Audit"];
    let rights = held(&[
        ("/", look),
        ("/nodes", look),
        ("/vms", look),
        ("/storage", &[]),
        ("/vms/101", look),
        ("/vms/102", look),
    ]);
    let all = wanted(&floor(), Some(&desired()), Some(9));
    let findings = judge(&all, &rights, "jarvis@pve!read", Some(9));
    let told: Vec<String> = findings
        .iter()
        .map(|finding| {
            format!(
                "{:?} {}\n  {}",
                finding.state,
                finding.what,
                finding.fix.join("\n  ")
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn enough_is_said_in_one_line() {
    let all: &[&str] = &[
        "Sys.Audit",
        "VM.Audit",
        "Datastore.Audit",
        "VM.PowerMgmt",
        "VM.GuestAgent.Audit",
    ];
    let rights = held(&[
        ("/", all),
        ("/nodes", all),
        ("/vms", all),
        ("/storage", all),
        ("/vms/101", all),
        ("/vms/102", all),
    ]);
    let findings = judge(
        &wanted(&floor(), Some(&desired()), Some(9)),
        &rights,
        "jarvis@pve!act",
        Some(9),
    );
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].state, State::Ok);
}

#[test]
fn power_over_what_is_protected_is_told() {
    let rights = held(&[("/", &["Permissions.Modify"]), ("/vms/103", &["VM.PowerMgmt"])]);
    let findings = too_much(&rights, &floor(), "jarvis@pve!act");
    assert!(findings[0].what.contains("Permissions.Modify"), "{findings:?}");
    assert_eq!(
        findings[1].fix,
        ["pveum acl modify /vms/103 --tokens 'jarvis@pve!act' --roles PVEAuditor"]
    );
    assert_eq!(
        too_much(
            &held(&[("/", &[]), ("/vms/103", &["VM.Audit"])]),
            &floor(),
            "x@pve!y"
        ),
        []
    );
}

#[test]
fn the_least_rights_are_made_by_these_commands() {
    let protected = [Vmid::new(103).unwrap()].into();
    insta::assert_snapshot!(setup("jarvis@pve", "jarvis", true, &protected, Some(9)).join("\n"));
}
