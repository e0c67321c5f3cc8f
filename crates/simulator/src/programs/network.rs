//! `ip -j`, and the one thing `perl` is known for here: a magic packet.

use serde_json::{Value, json};

use super::{Host, Output};
use crate::world::place::Place;

/// `ip -j route show default` and `ip -j link show [dev DEVICE]`.
pub fn ip(host: &Host<'_>, arguments: &[&str]) -> Output {
    let Some(machine) = host.world.machine(host.place) else {
        return Output::failed(1, "");
    };
    let words: Vec<&str> = arguments
        .iter()
        .copied()
        .filter(|word| !word.starts_with('-'))
        .collect();
    if !arguments.contains(&"-j") {
        return Output::failed(255, "ip: only -j is simulated\n");
    }
    let links = || {
        let loopback = json!({
            "ifindex": 1, "ifname": "lo", "flags": ["LOOPBACK", "UP", "LOWER_UP"], "mtu": 65536, "operstate": "UNKNOWN",
            "link_type": "loopback", "address": "00:00:00:00:00:00", "broadcast": "00:00:00:00:00:00"
        });
        let card = |index: u32, name: &str| {
            json!({
                "ifindex": index, "ifname": name, "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"], "mtu": 1500,
                "operstate": "UP", "link_type": "ether", "address": machine.mac, "broadcast": "ff:ff:ff:ff:ff:ff"
            })
        };
        match host.place {
            Place::Node(_) => vec![loopback, card(2, "eno1"), card(3, machine.device)],
            Place::Guest(_) => vec![loopback, card(2, machine.device)],
        }
    };
    let rows = match words.as_slice() {
        ["route" | "r", "show", "default"] => vec![json!({
            "dst": "default", "gateway": machine.gateway, "dev": machine.device, "protocol": "kernel", "flags": []
        })],
        ["link" | "l"] | ["link" | "l", "show"] => links(),
        ["link" | "l", "show", device] | ["link" | "l", "show", "dev", device] => links()
            .into_iter()
            .filter(|row| row["ifname"] == *device)
            .collect(),
        _ => {
            return Output::failed(
                255,
                format!("Object \"{}\" is unknown, try \"ip help\".\n", words.join(" ")),
            );
        }
    };
    Output::of(format!("{}\n", Value::Array(rows)))
}

/// A script that was given an address of a card sends a magic packet to it; no other script is known.
pub fn perl(host: &mut Host<'_>, arguments: &[&str]) -> Output {
    let mac = arguments
        .iter()
        .skip_while(|word| **word != "-e")
        .skip(2)
        .find(|word| is_mac(word));
    let script = arguments
        .iter()
        .skip_while(|word| **word != "-e")
        .nth(1)
        .copied()
        .unwrap_or_default();
    match mac {
        Some(mac) if script.contains("send") && matches!(host.place, Place::Node(_)) => {
            let from = host.place.to_string();
            host.world.magic_packet(&mac.replace('-', ":"), &from);
            Output::default()
        }
        _ => Output::failed(2, "perl: the simulated perl only sends magic packets\n"),
    }
}

fn is_mac(word: &str) -> bool {
    let parts: Vec<&str> = word.split([':', '-']).collect();
    parts.len() == 6
        && parts
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
