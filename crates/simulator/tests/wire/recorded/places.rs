//! The state in which each recording was made: which guests there were, what had been done before, what was broken.

use std::time::Duration;

use jarvis_simulator::world::World;
use jarvis_simulator::world::guest::{Guest, Process};
use jarvis_simulator::{Fault, Options, Scenario, SimTime};
use serde_json::Value;

use super::exchange::{Recorded, Replay};
use crate::common::{Lab, options as usual};

/// A simulator whose world has the guests that the recording shows, in the states it shows.
pub fn options(id: &str, steps: &[Recorded]) -> Options {
    let Scenario::Given(mut world) = Scenario::recorded(1) else {
        unreachable!("the recorded cluster is a given world");
    };
    let rows: Vec<&Value> = steps
        .iter()
        .flat_map(|step| step.answer["data"].as_array().into_iter().flatten())
        .filter(|row| row["vmid"].is_u64() && row["status"].is_string() && row["type"] != "storage")
        .collect();
    let of_cluster = steps.iter().any(|step| step.path.contains("/cluster/resources"));
    let node = steps.first().and_then(|step| {
        let rest = step.path.strip_prefix("/api2/json/nodes/")?;
        rest.split(['/', '?']).next().map(str::to_owned)
    });
    if !rows.is_empty() {
        align(&mut world, &rows, of_cluster, node.as_deref().unwrap_or("pve"));
    }
    for row in steps
        .iter()
        .flat_map(|step| step.answer["data"].as_array().into_iter().flatten())
    {
        if let (Some(name), Some(content)) = (row["storage"].as_str(), row["content"].as_str())
            && let Some(storage) = world.storages.get_mut(name)
        {
            content.clone_into(&mut storage.content);
        }
    }
    world.ha.ever_used = !id.starts_with("fault-pvestatd") && !id.starts_with("perm-");
    set_up(id, &mut world);
    Options {
        scenario: Scenario::Given(world),
        protected: Vec::new(),
        ..usual()
    }
}

/// Guests that are listed are where and as the list says; those that are not listed do not exist (there).
fn align(world: &mut World, rows: &[&Value], of_cluster: bool, node: &str) {
    let number = |row: &Value| row["vmid"].as_u64().and_then(|vmid| u32::try_from(vmid).ok());
    let listed: Vec<u32> = rows.iter().filter_map(|row| number(row)).collect();
    let kinds: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
    world.guests.retain(|vmid, guest| {
        let elsewhere = !of_cluster && (guest.node != node || (kinds.contains(&"lxc") != (*vmid / 100 == 2)));
        listed.contains(vmid) || elsewhere
    });
    for row in rows {
        let Some(vmid) = number(row) else { continue };
        if !world.guests.contains_key(&vmid) {
            let mut made = world.guests[&100].clone();
            made.vmid = vmid;
            made.name = format!("VM {vmid}");
            made.disk_bytes = 0;
            made.agent = false;
            made.pool = None;
            made.tags.clear();
            made.config.clear();
            world.guests.insert(vmid, made);
        }
        let Some(guest) = world.guests.get_mut(&vmid) else {
            continue;
        };
        row["node"].as_str().unwrap_or(node).clone_into(&mut guest.node);
        guest.set_tags(row["tags"].as_str().unwrap_or_default());
        guest.lock = row["lock"].as_str().map(str::to_owned);
        match row["status"].as_str() {
            Some("stopped") => guest.process = None,
            Some("running") => run(guest),
            _ => {}
        }
    }
}

fn run(guest: &mut Guest) {
    guest.process = guest.process.take().or(Some(Process {
        pid: 2000 + guest.vmid,
        started: SimTime::ZERO,
        uptime_before: Duration::from_mins(5),
        ready_at: SimTime::ZERO,
        paused: false,
        stopping: false,
    }));
}

fn change(world: &mut World, vmid: u32, deed: impl FnOnce(&mut Guest)) {
    if let Some(guest) = world.guests.get_mut(&vmid) {
        deed(guest);
    }
}

/// What a list does not show.
fn set_up(id: &str, world: &mut World) {
    match id {
        "wol-ok" | "fault-node-dead-wol" => {
            if let Some(node) = world.nodes.get_mut("node4") {
                node.wake_mac = Some("02:99:00:00:00:04".to_owned());
            }
        }
        "agent-not-enabled" | "seq-shutdown-already-stopped" => {
            change(world, 120, |guest| guest.process = None);
        }
        "get-cluster-nextid" => {
            world.guests.retain(|vmid, _| *vmid < 102);
        }
        "seq-lxc-start" | "seq-create-ok" | "get-lxc-status-stopped" => {
            change(world, 200, |guest| guest.process = None);
        }
        "seq-lxc-create" => {
            world.guests.remove(&200);
        }
        "seq-create-qcow2" => {
            world.guests.remove(&112);
        }
        "seq-lxc-start-200" => change(world, 200, |guest| {
            guest.process = None;
            guest.lock = Some("backup".to_owned());
        }),
        "seq-destroy-guest" => {
            let mut made = world.guests[&112].clone();
            made.vmid = 300;
            "pve".clone_into(&mut made.node);
            world.guests.insert(300, made);
        }
        "seq-start-100" => change(world, 100, |guest| guest.process = None),
        "seq-start-ok" => change(world, 101, |guest| {
            guest.process = None;
            "pve".clone_into(&mut guest.node);
        }),
        "seq-start-locked" | "seq-shutdown-locked" => change(world, 101, |guest| {
            "pve".clone_into(&mut guest.node);
            guest.lock = Some("backup".to_owned());
        }),
        "ok-config-update-sync"
        | "auth-cookie-write-without-csrf"
        | "task-log-migrate"
        | "seq-migrate-online" => {
            change(world, 101, |guest| "pve".clone_into(&mut guest.node));
        }
        "seq-migrate-offline-ok" => change(world, 110, |guest| "home".clone_into(&mut guest.node)),
        "ha-recovered-resources" | "ha-recovered-status" => change(world, 110, |guest| {
            "node4".clone_into(&mut guest.node);
            // Seen before it ran in its new place.
            guest.habits.fails_to_start = id == "ha-recovered-resources";
            run(guest);
        }),
        "get-ha-status-current" | "get-ha-status-current-started" | "seq-ha-start" => {
            change(world, 110, |guest| "node4".clone_into(&mut guest.node));
        }
        _ => {}
    }
}

async fn act(lab: &Lab, path: &str, form: &str) -> String {
    let got = lab.call("pve", "POST", path, form).await;
    got.data().as_str().unwrap_or_default().to_owned()
}

fn inject(lab: &Lab, fault: &Fault) {
    lab.handle.inject(fault).unwrap();
}

fn node(name: &str) -> String {
    name.to_owned()
}

/// What was done or broken before the request.
pub async fn prepare(id: &str, lab: &Lab, run: &mut Replay<'_>) {
    match id {
        _ if id.starts_with("fault-") || id.starts_with("pmxcfs") || id.starts_with("partition") => {
            break_it(id, lab);
        }
        "seq-no-quorum-start" => break_it("fault-no-quorum", lab),
        "perm-op-token-node-status"
        | "perm-op-token-resources"
        | "perm-ro-token-qemu-list"
        | "perm-ro-token-start"
        | "get-user-tokens"
        | "auth-login-pve-realm" => tokens(lab, run),
        _ if id.starts_with("get-ha") || id.starts_with("seq-ha") || id.starts_with("ha-re") => {
            ha(id, lab).await;
        }
        _ => work(id, lab, run).await,
    }
}

/// Tasks that had been done, or were running.
async fn work(id: &str, lab: &Lab, run: &mut Replay<'_>) {
    match id {
        "after-guest-crash-resources-later" => {
            act(lab, "/nodes/pve/qemu/100/status/suspend", "").await;
            lab.pass(15.0);
            act(lab, "/nodes/pve/qemu/100/status/resume", "").await;
            inject(lab, &Fault::CrashGuest { vmid: 100 });
        }
        "task-log-migrate" => {
            let upid = act(lab, "/nodes/pve/qemu/101/migrate", "target=home&online=1").await;
            run.stands_for(
                "UPID:pve:000015A8:0004E521:6B045D08:qmigrate:101:root@pam!jarvis:",
                &upid,
            );
            lab.pass(20.0);
        }
        "task-status-running" => {
            let upid = act(lab, "/nodes/home/qemu/111/status/shutdown", "timeout=60").await;
            run.stands_for(
                "UPID:home:0000033C:00060D9B:6B045FFF:qmshutdown:111:root@pam!jarvis:",
                &upid,
            );
            lab.pass(1.0);
        }
        "node-tasks-after-boot" => {
            act(lab, "/nodes/agent1/qemu/103/status/stop", "").await;
            lab.pass(8.0);
            act(lab, "/nodes/agent1/qemu/103/status/start", "").await;
            lab.pass(50.0);
            lab.call("pve", "POST", "/nodes/agent1/status", "command=reboot")
                .await;
            let answers = |world: &mut World| world.nodes["agent1"].daemons.proxy;
            until(lab, |world| !answers(world));
            // Asked as soon as it answered, before it had started its guests.
            until(lab, answers);
        }
        "tasks-limit-start" => {
            for verb in ["shutdown", "start", "shutdown", "start"] {
                act(lab, &format!("/nodes/pve/qemu/100/status/{verb}"), "").await;
                lab.pass(10.0);
            }
        }
        "get-cluster-tasks" | "get-node-tasks" | "get-cluster-log" => {
            for _ in 0..5 {
                act(lab, "/nodes/pve/qemu/100/status/reboot", "").await;
                lab.pass(10.0);
            }
        }
        "get-qemu-snapshots-one" => {
            act(
                lab,
                "/nodes/home/qemu/112/snapshot",
                "snapname=before-upgrade&description=taken+by+lab",
            )
            .await;
            lab.pass(3.0);
        }
        "get-qemu-rrddata-hour" => {
            lab.pass(100.0);
            act(lab, "/nodes/agent1/qemu/103/status/stop", "").await;
            lab.pass(70.0);
            act(lab, "/nodes/agent1/qemu/103/status/start", "").await;
            lab.pass(250.0);
        }
        _ => {}
    }
}

fn break_it(id: &str, lab: &Lab) {
    let (home, node4) = (node("home"), node("node4"));
    if id.starts_with("fault-no-quorum") {
        inject(lab, &Fault::PowerLoss { node: node4 });
        inject(lab, &Fault::PowerLoss { node: home });
        lab.pass(20.0);
    } else if id.starts_with("fault-node-dead") {
        inject(lab, &Fault::PowerLoss { node: node4 });
        lab.pass(if id.ends_with("first-call") { 8.0 } else { 45.0 });
    } else if id.starts_with("fault-node-frozen") {
        inject(lab, &Fault::Freeze { node: home });
        lab.pass(20.0);
    } else if id.starts_with("fault-pvedaemon") {
        inject(lab, &Fault::StopApiDaemon { node: home });
    } else if id.starts_with("fault-pveproxy") {
        inject(lab, &Fault::StopProxy { node: home });
    } else if id.starts_with("fault-pvestatd") {
        inject(lab, &Fault::StopStatusDaemon { node: home });
        lab.pass(310.0);
    } else if id.starts_with("pmxcfs") {
        inject(lab, &Fault::StopClusterFiles { node: home });
    } else {
        inject(lab, &Fault::StopCorosync { node: home });
        lab.pass(15.0);
    }
}

/// The narrow and the reading token of the recordings.
fn tokens(lab: &Lab, run: &mut Replay<'_>) {
    use jarvis_simulator::world::access::Token;
    lab.handle.with_world(|world| {
        let access = &mut world.access;
        access.define_role(
            "JarvisOps",
            &["VM.Audit", "VM.PowerMgmt", "Sys.Audit", "Datastore.Audit"],
        );
        access.tokens.retain(|name, _| !name.starts_with("jarvis@pve"));
        access.acl.retain(|entry| !entry.who.starts_with("jarvis@pve"));
        for name in ["op", "ro"] {
            let secret = format!("secret-of-{name}");
            access.tokens.insert(
                format!("jarvis@pve!{name}"),
                Token {
                    secret,
                    privsep: true,
                },
            );
        }
        access.grant("/", "jarvis@pve", "PVEAuditor");
        access.grant("/vms/100", "jarvis@pve", "JarvisOps");
        access.grant("/vms/100", "jarvis@pve!op", "JarvisOps");
        access.grant("/", "jarvis@pve!ro", "PVEAuditor");
    });
    for (words, name) in [
        ("API token jarvis@pve!op", "op"),
        ("API token jarvis@pve!ro", "ro"),
    ] {
        run.tokens
            .push((words, format!("PVEAPIToken=jarvis@pve!{name}=secret-of-{name}")));
    }
}

async fn ha(id: &str, lab: &Lab) {
    let recovered = id.starts_with("ha-recovered");
    let state = if recovered { "started" } else { "stopped" };
    let comment = if recovered { "" } else { "&comment=lab" };
    let form = format!("sid=vm%3A110&state={state}&max_restart=1&max_relocate=1{comment}");
    lab.call("pve", "POST", "/cluster/ha/resources", &form)
        .await
        .data();
    lab.pass(40.0);
    if recovered {
        inject(lab, &Fault::PowerLoss { node: node("node4") });
        until(lab, |world| world.guests[&110].node != "node4");
        if id == "ha-recovered-resources" {
            until(lab, |world| {
                let guest = world.guests[&110].clone();
                world
                    .known_guest("pve", &guest)
                    .is_some_and(|seen| seen.status == "stopped")
            });
        }
    }
    if id == "get-ha-status-current-started" {
        lab.call("pve", "PUT", "/cluster/ha/resources/vm:110", "state=started")
            .await
            .data();
        until(lab, |world| world.ha.services[&110].crm == Some("started"));
    }
}

/// Lets time pass in small steps until something is so.
fn until(lab: &Lab, so: impl Fn(&mut World) -> bool) {
    for _ in 0..4000 {
        if lab.handle.with_world(&so) {
            return;
        }
        lab.pass(0.1);
    }
    panic!("it does not come to this");
}
