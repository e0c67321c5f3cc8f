//! What Proxmox's own commands print: `pvecm status`, `qm list`, `pct list`, as tables of the world's present state.

use std::fmt::Write as _;

use super::{Host, Output};
use crate::world::guest::{Guest, Kind};
use crate::world::place::Place;

/// `pvecm status`, as the node sees its cluster.
pub fn pvecm(host: &Host<'_>, arguments: &[&str]) -> Output {
    let Some(name) = node(host) else {
        return Output::failed(127, "pvecm: this is no node\n");
    };
    if arguments != ["status"] {
        return Output::failed(255, "pvecm: only `pvecm status` is simulated\n");
    }
    let world = &*host.world;
    let seen: Vec<_> = world
        .nodes
        .values()
        .filter(|node| world.sees_online(name, &node.name))
        .collect();
    let expected: u32 = world.nodes.values().map(|node| node.votes).sum();
    let votes: u32 = seen.iter().map(|node| node.votes).sum();
    let quorate = world.is_quorate(name);
    let mut text = format!(
        "Cluster information\n-------------------\nName:             {}\nTransport:        knet\n\n\
         Quorum information\n------------------\nNodes:            {}\nQuorate:          {}\n\n\
         Votequorum information\n----------------------\nExpected votes:   {expected}\nTotal votes:      {votes}\n\
         Quorum:           {}{}\n\nMembership information\n----------------------\n    Nodeid      Votes Name\n",
        world.cluster,
        seen.len(),
        if quorate { "Yes" } else { "No" },
        world.quorum_votes(),
        if quorate { "" } else { " Activity blocked" },
    );
    for node in seen {
        let local = if node.name == name { " (local)" } else { "" };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "0x{:08x} {:>10} {}{local}",
            node.nodeid, node.votes, node.name
        );
    }
    Output::of(text)
}

/// `qm list`: virtual machines of this node.
pub fn qm(host: &Host<'_>, arguments: &[&str]) -> Output {
    let Some(name) = node(host) else {
        return Output::failed(127, "qm: this is no node\n");
    };
    if arguments != ["list"] {
        return Output::failed(255, "qm: only `qm list` is simulated\n");
    }
    let mut text = "      VMID NAME                 STATUS     MEM(MB)    BOOTDISK(GB) PID\n".to_owned();
    for guest in guests(host, name, Kind::Qemu) {
        let disk = format!("{}.00", guest.disk_bytes >> 30);
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{:>10} {:<20} {:<10} {:<10} {disk:>12} {}",
            guest.vmid,
            guest.name,
            guest.fine_status(),
            guest.memory_bytes >> 20,
            guest.process.as_ref().map_or(0, |process| process.pid),
        );
    }
    Output::of(text)
}

/// `pct list`: containers of this node.
pub fn pct(host: &Host<'_>, arguments: &[&str]) -> Output {
    let Some(name) = node(host) else {
        return Output::failed(127, "pct: this is no node\n");
    };
    if arguments != ["list"] {
        return Output::failed(255, "pct: only `pct list` is simulated\n");
    }
    let mut text = "VMID       Status     Lock         Name\n".to_owned();
    for guest in guests(host, name, Kind::Lxc) {
        let lock = guest.lock.as_deref().unwrap_or_default();
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{:<10} {:<10} {lock:<12} {}",
            guest.vmid,
            guest.fine_status(),
            guest.name
        );
    }
    Output::of(text)
}

fn node<'a>(host: &'a Host<'_>) -> Option<&'a str> {
    match host.place {
        Place::Node(name) => Some(name),
        Place::Guest(_) => None,
    }
}

fn guests<'a>(host: &'a Host<'_>, node: &'a str, kind: Kind) -> impl Iterator<Item = &'a Guest> {
    host.world
        .guests
        .values()
        .filter(move |guest| guest.node == node && guest.kind == kind)
}
