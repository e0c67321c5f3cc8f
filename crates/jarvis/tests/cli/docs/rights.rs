//! The rights that the pages tell a reader to give, as Proxmox would compute them: enough to look and to act on guests,
//! and none on what is protected or that nobody asked for.

use super::{markdown, read};
use jarvis_model::Vmid;
use jarvis_proxmox::Privileges;
use jarvis_simulator::world::access::{Access, Identity};
use std::collections::BTreeMap;

/// The words of a shell line; quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Carries out one line of `pveum`.
fn pveum(access: &mut Access, line: &str) {
    let words = words(line);
    let option = |name: &str| {
        let at = words.iter().position(|word| word == name)?;
        words.get(at + 1).cloned()
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["pveum", "user", "add", user, ..] => drop(access.users.insert((*user).to_owned(), String::new())),
        ["pveum", "role", "add", role, ..] => {
            assert!(
                !role.to_lowercase().starts_with("pve"),
                "Proxmox takes no role {role}"
            );
            let privileges = option("--privs").unwrap();
            access.define_role(role, &privileges.split(' ').collect::<Vec<_>>());
        }
        ["pveum", "user", "token", "add", user, ..] => {
            assert!(access.users.contains_key(*user), "there is no {user} yet");
            assert_eq!(option("--privsep").as_deref(), Some("1"), "{line}");
        }
        ["pveum", "acl", "modify", path, ..] => {
            let who = option("--users").or_else(|| option("--tokens")).unwrap();
            for role in option("--roles").unwrap().split(',') {
                access.grant(path, &who, role);
            }
        }
        _ => panic!("unknown: {line}"),
    }
}

/// Carries out what a page says.
pub fn carry_out(access: &mut Access, page: &str) {
    for block in markdown::blocks(&read(page)) {
        for line in block.lines.iter().filter(|line| line.starts_with("pveum ")) {
            pveum(access, line);
        }
    }
}

fn as_told() -> Access {
    let mut access = Access::default();
    carry_out(&mut access, "docs/REAL_CLUSTER.md");
    access
}

fn rights(access: &Access, token: &str) -> Privileges {
    rights_of(access, "jarvis@pve", token)
}

fn rights_of(access: &Access, user: &str, token: &str) -> Privileges {
    let who = Identity {
        user: user.to_owned(),
        token: Some(token.to_owned()),
    };
    let mut rights = Privileges::default();
    for path in Privileges::paths_for(&[], &[101, 103, 104].map(|vmid| Vmid::new(vmid).unwrap())) {
        let held: BTreeMap<String, bool> = access
            .rights(&who, &path)
            .into_iter()
            .map(|(name, below)| (name.to_owned(), below))
            .collect();
        rights.paths.insert(path, held);
    }
    rights
}

#[test]
fn the_reading_token_sees_everything_and_changes_nothing() {
    let rights = rights(&as_told(), "read");
    assert_eq!(rights.lacks_for_looking(), []);
    for (path, held) in &rights.paths {
        for privilege in held.keys() {
            assert!(privilege.ends_with(".Audit"), "{privilege} on {path}");
        }
    }
}

#[test]
fn the_acting_token_acts_on_guests_but_not_on_the_protected_ones() {
    let rights = rights(&as_told(), "act");
    assert_eq!(rights.lacks_for_looking(), []);
    assert_eq!(rights.lacks_for_acting(&[Vmid::new(101).unwrap()]), []);
    for vmid in [103, 104] {
        let path = format!("/vms/{vmid}");
        assert!(rights.holds(&path, "VM.Audit"), "{path} is still seen");
        assert_eq!(
            rights.lacks_for_acting(&[Vmid::new(vmid).unwrap()]).len(),
            1,
            "{path}"
        );
    }
    for path in rights.paths.keys() {
        for privilege in [
            "Sys.PowerMgmt",
            "Sys.Modify",
            "VM.Allocate",
            "VM.Config.Disk",
            "VM.Migrate",
        ] {
            assert!(!rights.holds(path, privilege), "{privilege} on {path}");
        }
    }
}

#[test]
fn the_watchdogs_tokens_hold_what_they_need_and_no_more() {
    let mut access = Access::default();
    carry_out(&mut access, "docs/WATCHDOG.md");
    let reset = rights_of(&access, "watchdog@pve", "reset");
    for (path, held) in &reset.paths {
        let held: Vec<&str> = held.keys().map(String::as_str).collect();
        let wanted: &[&str] = if path == "/vms/103" {
            &["VM.Audit", "VM.PowerMgmt"]
        } else {
            &[]
        };
        assert_eq!(held, wanted, "{path}");
    }
    let audit = rights_of(&access, "watchdog@pve", "audit");
    assert!(audit.holds("/vms/103", "VM.GuestAgent.Audit") && audit.holds("/nodes", "Sys.Audit"));
    for (path, held) in &audit.paths {
        assert!(
            held.keys().all(|name| name.ends_with(".Audit")),
            "{held:?} on {path}"
        );
    }
}
