//! The hardware address of the card behind the default route (`ip -j`). On a Proxmox node that is a bridge, which by
//! default bears the address of its physical port.

use super::{Output, Trouble, absent, owned};
use serde_json::Value;

pub(super) fn programs() -> Vec<Vec<String>> {
    vec![
        owned(["ip", "-j", "route", "show", "default"]),
        owned(["ip", "-j", "link", "show"]),
    ]
}

pub(super) fn answer(outputs: &[Output]) -> Result<String, Trouble> {
    let [routes, links] = outputs else {
        return Err(Trouble::Strange("not two outputs".to_owned()));
    };
    let routes = rows("ip -j route show default", routes)?;
    let metric = |row: &&Value| row.get("metric").and_then(Value::as_u64).unwrap_or(0);
    let route = routes.iter().min_by_key(metric);
    let device = route
        .and_then(|route| route.get("dev").and_then(Value::as_str))
        .ok_or_else(|| Trouble::Absent("the host has no default route over IPv4".to_owned()))?;
    let links = rows("ip -j link show", links)?;
    let of_device = |row: &&Value| row.get("ifname").and_then(Value::as_str) == Some(device);
    let address = links
        .iter()
        .find(of_device)
        .and_then(|link| link.get("address").and_then(Value::as_str))
        .map(str::to_ascii_lowercase);
    address.filter(|address| is_mac(address)).ok_or_else(|| {
        let device = super::clean(device);
        Trouble::Absent(format!(
            "the card {device} of the default route has no hardware address"
        ))
    })
}

fn rows(program: &str, output: &Output) -> Result<Vec<Value>, Trouble> {
    if !output.succeeded() {
        return Err(absent(program, output, "is iproute2 installed there?"));
    }
    match serde_json::from_str(output.stdout.trim()) {
        Ok(Value::Array(rows)) => Ok(rows),
        _ if output.stdout.trim().is_empty() => Ok(Vec::new()),
        _ => Err(Trouble::Strange(format!("`{program}` did not write a list"))),
    }
}

/// `aa:bb:cc:dd:ee:ff`, of one card and not of nobody.
fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 6
        && parts
            .iter()
            .all(|part| part.len() == 2 && u8::from_str_radix(part, 16).is_ok())
        && text != "00:00:00:00:00:00"
        && u8::from_str_radix(parts[0], 16).is_ok_and(|first| first & 1 == 0)
}
