//! What the credential may do against what Jarvis needs for looking and what the manifests can make it do; and the
//! exact commands by which Proxmox is told. What is too much is told too: Proxmox should refuse what Jarvis must not do.

use super::{
    finding::{Finding, Report, State},
    is_protected,
};
use crate::config::Config;
use jarvis_crds::{
    Desired,
    kinds::{guest::RunStrategy, runbook::StepAction, target::Probe},
};
use jarvis_guard::Floor;
use jarvis_model::{Autonomy, NodeName, Vmid};
use jarvis_proxmox::{Privileges, Proxmox};
use std::collections::{BTreeMap, BTreeSet};

/// Guests are asked about one by one; more than these are not.
const MOST_GUESTS: usize = 100;
/// Paths named in a finding.
const MOST_NAMED: usize = 4;
/// What no Jarvis needs.
const TOO_MUCH: [&str; 4] = ["Permissions.Modify", "User.Modify", "VM.Allocate", "Sys.Modify"];

/// One privilege that is wanted somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Where.
    pub path: String,
    /// Any of these will do.
    pub any_of: &'static [&'static str],
    /// What it is for.
    pub purpose: &'static str,
    /// How bad it is without.
    pub without: State,
}

/// What the roles need at least, on this main version.
pub fn looking(major: Option<u32>) -> Vec<&'static str> {
    let mut privileges = vec!["Sys.Audit", "VM.Audit", "Datastore.Audit"];
    privileges.extend(agent(major).first());
    privileges
}

/// What acting on guests needs beside.
pub const ACTING: &str = "VM.PowerMgmt";

/// What showing a guest's console needs.
pub const CONSOLE: &str = "VM.Console";

fn agent(major: Option<u32>) -> &'static [&'static str] {
    match major {
        Some(..=8) => &["VM.Monitor"],
        _ => &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"],
    }
}

/// What looking, and everything that the manifests can cause, needs.
pub fn wanted(floor: &Floor, desired: Option<&Desired>, major: Option<u32>) -> Vec<Wanted> {
    let look = |path: &str, any_of, purpose| Wanted {
        path: path.to_owned(),
        any_of,
        purpose,
        without: State::Fail,
    };
    let mut all = vec![
        look(
            "/",
            &["Sys.Audit"],
            "seeing quorum, nodes, HA and everybody's tasks",
        ),
        look("/nodes", &["Sys.Audit"], "seeing each node's status and tasks"),
        look("/vms", &["VM.Audit"], "seeing guests"),
        look("/storage", &["Datastore.Audit"], "seeing storages"),
    ];
    let Some(desired) = desired else { return all };
    for guest in desired.guests.values() {
        let (spec, path) = (&guest.spec, format!("/vms/{}", guest.spec.vmid));
        if is_protected(floor, spec.vmid) {
            continue;
        }
        if spec.run_strategy != RunStrategy::Manual {
            let level = spec.autonomy.unwrap_or(floor.autonomy).min(floor.ceiling);
            all.push(Wanted {
                path: path.clone(),
                any_of: &[ACTING],
                purpose: "starting and shutting down what manifests declare",
                without: if level >= Autonomy::L3 {
                    State::Fail
                } else {
                    State::Warn
                },
            });
        }
        if spec
            .ready
            .as_ref()
            .is_some_and(|ready| matches!(ready.probe, Probe::GuestAgent(_)))
        {
            all.push(look(
                &path,
                agent(major),
                "asking guest agents whether a guest is ready",
            ));
        }
    }
    for node in desired.nodes.values() {
        let via = node.spec.wake_on_lan.as_ref().and_then(|wake| wake.via.as_ref());
        all.extend(via.map(|via| Wanted {
            path: format!("/nodes/{via}"),
            any_of: &["Sys.PowerMgmt"],
            purpose: "waking nodes through another node",
            without: State::Warn,
        }));
    }
    let steps = desired.runbooks.values().flat_map(|runbook| &runbook.spec.steps);
    if steps
        .into_iter()
        .any(|step| step.action == StepAction::CreateSnapshot)
    {
        all.push(Wanted {
            path: "/vms".to_owned(),
            any_of: &["VM.Snapshot"],
            purpose: "taking the snapshots of runbooks",
            without: State::Warn,
        });
    }
    all
}

/// Looks at the rights.
pub async fn look_at(
    client: &Proxmox,
    config: &Config,
    desired: Option<&Desired>,
    major: Option<u32>,
    report: &mut Report,
) {
    let all = wanted(&config.floor, desired, major);
    let guests = desired.map(|desired| desired.guests.values().map(|guest| guest.spec.vmid));
    let declared: BTreeSet<Vmid> = guests.into_iter().flatten().take(MOST_GUESTS).collect();
    let own = config.floor.own_guest.iter().chain(&config.floor.guests);
    let guests: BTreeSet<Vmid> = declared.iter().chain(own).copied().collect();
    let nodes: BTreeSet<NodeName> = all
        .iter()
        .filter_map(|wanted| NodeName::new(wanted.path.strip_prefix("/nodes/")?).ok())
        .collect();
    let (nodes, guests): (Vec<_>, Vec<_>) = (nodes.into_iter().collect(), guests.into_iter().collect());
    match client.preflight(&nodes, &guests).await {
        Ok(held) => {
            for finding in judge(&all, &held, config.cluster.credential.public(), major) {
                report.add(finding);
            }
            for finding in too_much(&held, &config.floor, config.cluster.credential.public()) {
                report.add(finding);
            }
        }
        Err(error) => report.add(
            Finding::fail("rights", error.to_string())
                .fixed_by("look at the findings about entry points first"),
        ),
    }
}

/// Compares; lacks of one kind are one finding.
pub fn judge(all: &[Wanted], held: &Privileges, credential: &str, major: Option<u32>) -> Vec<Finding> {
    let mut groups: BTreeMap<(State, &str, &str), Vec<&str>> = BTreeMap::new();
    let mut fine = BTreeMap::new();
    for wanted in all.iter().filter(|wanted| held.paths.contains_key(&wanted.path)) {
        let has = wanted
            .any_of
            .iter()
            .any(|privilege| held.holds(&wanted.path, privilege));
        let privilege = wanted.any_of.first().copied().unwrap_or_default();
        if has {
            *fine.entry(wanted.purpose).or_insert(0) += 1;
        } else {
            let key = (wanted.without, privilege, wanted.purpose);
            groups.entry(key).or_default().push(&wanted.path);
        }
    }
    let mut findings: Vec<Finding> = groups
        .into_iter()
        .rev()
        .map(|((state, privilege, purpose), paths)| {
            let what = format!("{privilege} is missing on {}: it is for {purpose}", named(&paths));
            let mut finding = match state {
                State::Fail => Finding::fail("rights", what),
                _ => Finding::warn("rights", what),
            };
            for line in grant(credential, &paths, privilege, major) {
                finding = finding.fixed_by(line);
            }
            finding
        })
        .collect();
    if findings.is_empty() {
        let purposes: Vec<&str> = fine.into_keys().collect();
        findings.push(Finding::ok(
            "rights",
            format!("enough for {}", purposes.join("; ")),
        ));
    }
    findings
}

fn named(paths: &[&str]) -> String {
    match paths.len() {
        0..=MOST_NAMED => paths.join(", "),
        count => format!(
            "{} and {} more",
            paths[..MOST_NAMED].join(", "),
            count - MOST_NAMED
        ),
    }
}

/// What Proxmox would let this credential do although Jarvis must not.
fn too_much(held: &Privileges, floor: &Floor, credential: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let more: Vec<&str> = TOO_MUCH
        .into_iter()
        .filter(|privilege| held.holds("/", privilege))
        .collect();
    if !more.is_empty() {
        let what = format!(
            "{credential} may do far more than Jarvis needs: {}",
            more.join(", ")
        );
        findings.push(
            Finding::warn("rights", what)
                .fixed_by("jarvis init --print-commands   (a user and a token with the least rights)"),
        );
    }
    let own = floor.own_guest.iter().chain(&floor.guests);
    let guests: BTreeSet<Vmid> = own
        .filter(|vmid| held.holds(&format!("/vms/{vmid}"), ACTING))
        .copied()
        .collect();
    if !guests.is_empty() {
        let list: Vec<String> = guests.iter().map(Vmid::to_string).collect();
        let what = format!(
            "Proxmox would let Jarvis switch off what is protected: {}",
            list.join(", ")
        );
        let mut finding = Finding::warn("rights", what);
        for vmid in guests.iter().take(MOST_NAMED) {
            let whom = whom(credential).pop().unwrap_or_default();
            finding = finding.fixed_by(format!("pveum acl modify /vms/{vmid} {whom} --roles PVEAuditor"));
        }
        findings.push(finding);
    }
    findings
}

/// Of whom the access list speaks: the user, and the token, which by default has no rights of its own.
pub fn whom(credential: &str) -> Vec<String> {
    match credential.split_once('!') {
        Some((user, _)) => vec![format!("--users {user}"), format!("--tokens '{credential}'")],
        None => vec![format!("--users {credential}")],
    }
}

/// The commands that grant a privilege. A role on a deeper path replaces what was inherited, so the acting role holds
/// what looking needs as well.
fn grant(credential: &str, paths: &[&str], privilege: &str, major: Option<u32>) -> Vec<String> {
    let looking_only = looking(major).contains(&privilege);
    let (role, privileges, at): (_, Vec<&str>, &str) = if looking_only {
        ("JarvisLook", looking(major), "/")
    } else if privilege == "Sys.PowerMgmt" {
        (
            "JarvisWake",
            vec!["Sys.Audit", privilege],
            paths.first().copied().unwrap_or("/nodes"),
        )
    } else {
        let mut all = looking(major);
        all.extend(
            [ACTING]
                .into_iter()
                .chain((privilege != ACTING).then_some(privilege)),
        );
        ("JarvisAct", all, "/vms")
    };
    // Rights on one guest can have been replaced there; with a list, the place for all is the one to mend.
    let at = match paths {
        [only] if only.starts_with("/vms/") => only,
        _ => at,
    };
    let mut lines = vec![format!(
        "pveum role add {role} --privs \"{}\"",
        privileges.join(" ")
    )];
    lines.extend(
        whom(credential)
            .into_iter()
            .map(|whom| format!("pveum acl modify {at} {whom} --roles {role}")),
    );
    lines
}

/// The commands that make a user and a token with the least rights: looking everywhere, acting on guests but those that
/// are protected.
pub fn setup(
    user: &str,
    token: &str,
    acts: bool,
    protected: &BTreeSet<Vmid>,
    major: Option<u32>,
) -> Vec<String> {
    let credential = format!("{user}!{token}");
    let mut lines = vec![
        format!("pveum user add {user} --comment Jarvis"),
        format!("pveum user token add {user} {token} --privsep 1"),
        format!(
            "pveum role add JarvisLook --privs \"{}\"",
            looking(major).join(" ")
        ),
    ];
    let granted = |at: &str, role: &str| {
        whom(&credential)
            .into_iter()
            .map(|whom| format!("pveum acl modify {at} {whom} --roles {role}"))
            .collect::<Vec<_>>()
    };
    lines.extend(granted("/", "JarvisLook"));
    if acts {
        let mut all = looking(major);
        all.push(ACTING);
        lines.push(format!("pveum role add JarvisAct --privs \"{}\"", all.join(" ")));
        lines.extend(granted("/vms", "JarvisAct"));
        for vmid in protected {
            lines.push(format!(
                "pveum acl modify /vms/{vmid} --tokens '{credential}' --roles JarvisLook"
            ));
        }
    }
    lines
}

#[cfg(test)]
mod tests;
