//! What a line of a node's journal says of a guest: that it ended. Which guest, not why.
//!
//! | line | who writes it |
//! | --- | --- |
//! | `Starting cleanup for 101` | `qm cleanup`, run by qmeventd when a virtual machine's process let go of it |
//! | `101.scope: …` | systemd, about the processes of a virtual machine (`Deactivated successfully.`, `Failed with result 'oom-kill'.`) |
//! | `pve-container@105.service: …` | systemd, about a container |
//!
//! A power-off from inside and a crash of QEMU leave the same lines: the one difference, an argument of `qm cleanup`, is not
//! written down. So nothing here tells them apart; a line that names its cause (`oom-kill`) is passed on as it is.
//!
//! The words are from the running systems' habit, not from a promise of Proxmox: the parts that vary are not looked at, and a
//! line that is missed costs time, never truth, for the loop looks by itself.

use jarvis_model::Vmid;

/// The identifiers whose lines are asked for.
pub const IDENTIFIERS: [&str; 2] = ["qmeventd", "systemd"];

/// The guest that ended, as the line says.
pub fn ended(line: &str) -> Option<Vmid> {
    let line = line.trim();
    if let Some(number) = line.strip_prefix("Starting cleanup for ") {
        return vmid(number.split_whitespace().next()?);
    }
    let (unit, said) = line.split_once(": ")?;
    // Written after the end, and sometimes long after.
    if said.starts_with("Consumed ") {
        return None;
    }
    let number = unit.strip_suffix(".scope").or_else(|| {
        unit.strip_prefix("pve-container@")
            .and_then(|rest| rest.strip_suffix(".service"))
    });
    vmid(number?)
}

fn vmid(text: &str) -> Option<Vmid> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    Vmid::new(text.parse().ok().filter(|_| digits)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_the_guest_that_ended_or_nothing() {
        for (line, expected) in [
            ("Starting cleanup for 101", Some(101)),
            ("101.scope: Deactivated successfully.", Some(101)),
            ("101.scope: Succeeded.", Some(101)),
            ("101.scope: Failed with result 'oom-kill'.", Some(101)),
            (
                "101.scope: A process of this unit has been killed by the OOM killer.",
                Some(101),
            ),
            (
                "pve-container@105.service: Main process exited, code=exited, status=1/FAILURE",
                Some(105),
            ),
            ("pve-container@105.service: Deactivated successfully.", Some(105)),
            ("Finished cleanup for 101", None),
            ("101.scope: Consumed 1min 2.3s CPU time.", None),
            ("Started 101.scope.", None),
            (
                "Started pve-container@105.service - PVE LXC Container: 105.",
                None,
            ),
            ("Starting cleanup for ", None),
            ("Starting cleanup for all", None),
            ("Starting cleanup for +101", None),
            ("7.scope: Deactivated successfully.", None),
            ("99999999999.scope: Deactivated successfully.", None),
            ("session-101.scope: Deactivated successfully.", None),
            ("nginx.service: Deactivated successfully.", None),
            ("", None),
        ] {
            assert_eq!(
                ended(line),
                expected.map(|number| Vmid::new(number).unwrap()),
                "{line}"
            );
        }
    }
}
