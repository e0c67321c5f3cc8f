//! Consoles of guests, where they are switched on: which of them Proxmox shows to this credential, and the commands that grant
//! one. Opens none: each would be a task of the cluster.

use super::{
    finding::{Finding, Report},
    rights::{CONSOLE, whom},
};
use crate::config::Config;
use jarvis_model::{Host, Vmid};
use jarvis_proxmox::{Credential, Privileges, Proxmox};
use std::collections::BTreeSet;

/// Guests are asked about one by one; more than these are not.
const MOST_GUESTS: usize = 100;
/// Guests named in a finding.
const MOST_NAMED: usize = 8;
/// The first release whose consoles let an API token in (qemu-server 9.1.7, pve-container 6.1.3).
const TOKENS_SINCE: [u32; 3] = [9, 1, 9];

/// Looks at the rights, and at the version where a token is used.
pub async fn look_at(client: &Proxmox, config: &Config, seen: &BTreeSet<Vmid>, report: &mut Report) {
    let Some(terminal) = config.terminal.as_ref().filter(|terminal| terminal.console) else {
        return;
    };
    let hosts = terminal.ssh.as_ref().map(|ssh| &ssh.hosts);
    let over_ssh = |vmid: &Vmid| hosts.is_some_and(|hosts| hosts.contains_key(&Host::Guest(*vmid)));
    let guests = seen.iter().filter(|vmid| !over_ssh(vmid)).take(MOST_GUESTS);
    let guests: Vec<Vmid> = guests.copied().collect();
    match client.preflight(&[], &guests).await {
        Ok(held) => report.add(tell(&guests, &held, config.cluster.credential.public())),
        Err(error) => report.add(
            Finding::fail("terminal", error.to_string())
                .fixed_by("look at the findings about entry points first"),
        ),
    }
    if let (Credential::Token(_), Ok(version)) = (&config.cluster.credential, client.version().await)
        && too_old(&version)
    {
        let what = format!("Proxmox VE {version} lets no API token into consoles, only a user that logs in");
        report.add(Finding::warn("terminal", what).fixed_by(
            "apt update && apt full-upgrade   (on each node: qemu-server 9.1.7, pve-container 6.1.3)",
        ));
    }
}

/// Consoles of some guests are enough: who may enter which is for the operator to say.
fn tell(guests: &[Vmid], held: &Privileges, credential: &str) -> Finding {
    let path = |vmid: &Vmid| format!("/vms/{vmid}");
    let shown: Vec<&Vmid> = guests
        .iter()
        .filter(|vmid| held.holds(&path(vmid), CONSOLE))
        .collect();
    let Some(first) = guests.first() else {
        return Finding::ok("terminal", "consoles: there is no guest that SSH does not reach");
    };
    if !shown.is_empty() {
        let named: Vec<String> = shown.iter().take(MOST_NAMED).map(ToString::to_string).collect();
        let more = if shown.len() > MOST_NAMED { ", …" } else { "" };
        let (count, all) = (shown.len(), guests.len());
        return Finding::ok(
            "terminal",
            format!(
                "consoles: {count} of {all} guests show theirs ({}{more})",
                named.join(", ")
            ),
        );
    }
    let at = path(first);
    // A role on a deeper path replaces what was inherited, so the new one holds that as well.
    let inherited = held.paths.get(&at).into_iter().flat_map(|held| held.keys());
    let privileges: BTreeSet<&str> = inherited.map(String::as_str).chain([CONSOLE]).collect();
    let privileges: Vec<&str> = privileges.into_iter().collect();
    let finding = Finding::fail(
        "terminal",
        format!("{CONSOLE} is missing on every guest: `terminal.console` shows nothing without it"),
    )
    .fixed_by(format!(
        "pveum role add JarvisConsole --privs \"{}\"",
        privileges.join(" ")
    ));
    whom(credential).into_iter().fold(finding, |finding, whom| {
        finding.fixed_by(format!(
            "pveum acl modify {at} {whom} --roles JarvisConsole   (for each guest; /vms for all)"
        ))
    })
}

fn too_old(version: &str) -> bool {
    let parts = version.split(['.', '-', '~']).map(str::parse);
    let numbers: Vec<u32> = parts.map_while(Result::ok).collect();
    !numbers.is_empty() && numbers < TOKENS_SINCE.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::State;

    fn vmid(number: u32) -> Vmid {
        Vmid::new(number).unwrap()
    }

    fn held(on: &[(u32, &[&str])]) -> Privileges {
        let mut rights = Privileges::default();
        for (number, privileges) in on {
            let privileges = privileges.iter().map(|name| ((*name).to_owned(), true)).collect();
            rights.paths.insert(format!("/vms/{number}"), privileges);
        }
        rights
    }

    #[test]
    fn a_missing_right_is_told_with_the_commands_that_keep_what_was_held() {
        let guests = [vmid(101), vmid(102)];
        let none = held(&[(101, &["VM.Audit", "VM.PowerMgmt"]), (102, &["VM.Audit"])]);
        let finding = tell(&guests, &none, "jarvis@pve!act");
        assert_eq!(finding.state, State::Fail);
        assert_eq!(
            finding.fix,
            [
                "pveum role add JarvisConsole --privs \"VM.Audit VM.Console VM.PowerMgmt\"",
                "pveum acl modify /vms/101 --users jarvis@pve --roles JarvisConsole   (for each guest; /vms for all)",
                "pveum acl modify /vms/101 --tokens 'jarvis@pve!act' --roles JarvisConsole   (for each guest; /vms for all)",
            ]
        );
        let some = held(&[(101, &["VM.Audit"]), (102, &["VM.Audit", "VM.Console"])]);
        let finding = tell(&guests, &some, "jarvis@pve!act");
        assert_eq!(finding.state, State::Ok);
        assert!(
            finding.what.contains("1 of 2 guests show theirs (102)"),
            "{}",
            finding.what
        );
    }

    #[test]
    fn tokens_are_let_in_from_a_release_on() {
        for (version, old) in [
            ("8.4.1", true),
            ("9.1.8", true),
            ("9.1.9", false),
            ("9.1.10", false),
            ("9.2.11", false),
            ("10.0.1", false),
            ("strange", false),
        ] {
            assert_eq!(too_old(version), old, "{version}");
        }
    }
}
