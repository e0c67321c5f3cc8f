//! Proxmox's JSON into the vocabulary. Pure and total: unknown fields are ignored, unknown rows skipped, unknown words
//! kept; only what gives a row its identity must be there. Knows no connection and judges nothing. The cluster list is
//! read in `list`.

use crate::loose::{flag, fraction, share, whole, word};
use jarvis_model::{
    GuestKind, GuestStatus, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Upid, Vmid,
};
use jarvis_ports::{PastUsage, QuorumLook, SnapshotSeen, TaskState, hostread::Output};
use serde_json::Value;
use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

/// The longest time a row of past figures stands for.
const LONGEST_STEP_SECS: u64 = 7 * 86_400;

/// Why data could not be understood, in words.
pub type Misfit = String;

fn rows<'a>(data: &'a Value, of: &str) -> Result<&'a Vec<Value>, Misfit> {
    data.as_array().ok_or_else(|| format!("{of} should be a list"))
}

fn node_name(row: &Value, field: &str) -> Option<NodeName> {
    NodeName::new(row.get(field)?.as_str()?).ok()
}

/// `GET /cluster/status`: membership, and the node that answered (`local`). Without a cluster row it is a stand-alone
/// node, which is always quorate. Votes are not in it.
pub fn quorum(data: &Value, via: String) -> Result<(QuorumLook, Option<NodeName>), Misfit> {
    let rows = rows(data, "the cluster status")?;
    let kind = |row: &&Value, word: &str| row.get("type").and_then(Value::as_str) == Some(word);
    let cluster = rows.iter().find(|row| kind(row, "cluster"));
    let mut look = QuorumLook {
        via,
        quorate: cluster.is_none_or(|row| flag(row.get("quorate"))),
        cluster: cluster.map(|row| word(row.get("name")).unwrap_or_default()),
        online: BTreeMap::new(),
        ips: BTreeMap::new(),
        votes: BTreeMap::new(),
    };
    let mut local = None;
    for row in rows.iter().filter(|row| kind(row, "node")) {
        let Some(name) = node_name(row, "name") else {
            continue;
        };
        if flag(row.get("local")) {
            local = Some(name.clone());
        }
        if let Some(ip) = word(row.get("ip")) {
            look.ips.insert(name.clone(), ip);
        }
        look.online.insert(name, flag(row.get("online")));
    }
    if look.online.is_empty() {
        return Err("the cluster status names no node".to_owned());
    }
    Ok((look, local))
}

/// `GET /cluster/config/nodes`: votes by node, as the corosync configuration has them.
pub fn votes(data: &Value) -> BTreeMap<NodeName, u32> {
    let rows = data.as_array().map_or(&[][..], Vec::as_slice);
    rows.iter()
        .filter_map(|row| {
            let name = node_name(row, "name").or_else(|| node_name(row, "node"))?;
            let votes = row
                .get("quorum_votes")
                .map_or(Some(1), |votes| whole(Some(votes)))?;
            Some((name, u32::try_from(votes).ok()?))
        })
        .collect()
}

/// The process id out of `POST …/agent/exec`.
pub fn agent_pid(data: &Value) -> Result<u64, Misfit> {
    whole(data.get("pid")).ok_or_else(|| "the agent gave no process id".to_owned())
}

/// `GET …/agent/exec-status`: what the program left behind, once it has ended.
pub fn agent_output(data: &Value) -> Result<Option<Output>, Misfit> {
    let exited = data
        .get("exited")
        .ok_or_else(|| "the agent's answer has no `exited`".to_owned())?;
    if !flag(Some(exited)) {
        return Ok(None);
    }
    let text = |field: &str| {
        data.get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Ok(Some(Output {
        exit: data
            .get("exitcode")
            .and_then(|code| i32::try_from(whole(Some(code))?).ok()),
        stdout: text("out-data"),
        stderr: text("err-data"),
        cut: flag(data.get("out-truncated")) || flag(data.get("err-truncated")),
    }))
}

/// One of `GET /nodes/{node}/storage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageSeen {
    /// Its name.
    pub name: String,
    /// Whether all nodes see the same in it.
    pub shared: bool,
    /// Whether it can be read there now.
    pub active: bool,
}

/// `GET /nodes/{node}/storage`.
pub fn storages(data: &Value) -> Result<Vec<StorageSeen>, Misfit> {
    let seen = rows(data, "the storages")?.iter().filter_map(|row| {
        Some(StorageSeen {
            name: word(row.get("storage"))?,
            shared: flag(row.get("shared")),
            active: flag(row.get("active")),
        })
    });
    Ok(seen.collect())
}

/// `GET …/content?content=backup`: when the newest backup of each guest was begun.
pub fn backups(data: &Value) -> Result<BTreeMap<Vmid, Timestamp>, Misfit> {
    let mut newest = BTreeMap::new();
    for row in rows(data, "the backups")? {
        let vmid = whole(row.get("vmid")).and_then(|number| Vmid::new(u32::try_from(number).ok()?).ok());
        if let (Some(vmid), Some(secs)) = (vmid, whole(row.get("ctime"))) {
            let at = Timestamp::from_secs(secs);
            let known = newest.entry(vmid).or_insert(at);
            *known = at.max(*known);
        }
    }
    Ok(newest)
}

/// Uptime out of `GET /nodes/{node}/status`, seconds.
pub fn node_uptime(data: &Value) -> Result<u64, Misfit> {
    whole(data.get("uptime")).ok_or_else(|| "the node status has no uptime".to_owned())
}

/// `GET …/status/current`. For QEMU the finer word (`qmpstatus`) decides whether a running guest is held.
pub fn live(data: &Value) -> Result<LiveStatus, Misfit> {
    let status = word(data.get("status")).ok_or_else(|| "the guest status has no `status`".to_owned())?;
    let fine = word(data.get("qmpstatus"));
    let status = match (status.as_str(), fine.as_deref()) {
        ("stopped", _) => GuestStatus::Stopped,
        ("running", None | Some("running")) => GuestStatus::Running,
        ("running", Some(fine)) => GuestStatus::Held(fine.to_owned()),
        (other, _) => GuestStatus::Held(other.to_owned()),
    };
    Ok(LiveStatus {
        uptime_secs: whole(data.get("uptime")).unwrap_or(0),
        pid: if status == GuestStatus::Stopped {
            None
        } else {
            whole(data.get("pid")).filter(|pid| *pid > 0)
        },
        lock: word(data.get("lock")),
        ha_managed: flag(data.get("ha").and_then(|ha| ha.get("managed"))),
        status,
    })
}

/// The identity out of `GET …/config`: the SMBIOS uuid of a VM, else the MAC of its first network device.
pub fn identity(data: &Value, kind: GuestKind) -> Result<Option<Identity>, Misfit> {
    let config = data
        .as_object()
        .ok_or_else(|| "the guest config should be an object".to_owned())?;
    let uuid = config
        .get("smbios1")
        .and_then(Value::as_str)
        .and_then(|text| property(text, "uuid"));
    if let (GuestKind::Qemu, Some(uuid)) = (kind, uuid) {
        return Ok(Some(Identity(uuid.to_lowercase())));
    }
    let mut devices: Vec<(u32, &str)> = config
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix("net")?.parse().ok()?, value.as_str()?)))
        .collect();
    devices.sort_unstable();
    let mac = devices.into_iter().find_map(|(_, text)| match kind {
        GuestKind::Lxc => property(text, "hwaddr").filter(|mac| is_mac(mac)),
        GuestKind::Qemu => text.split(',').find_map(|part| {
            part.split_once('=')
                .map(|(_, value)| value.trim())
                .filter(|value| is_mac(value))
        }),
    });
    Ok(mac.map(|mac| Identity(mac.to_lowercase())))
}

/// The value of one key in a property text (`a=1,b=2`), keys in any case.
fn property<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(',')
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(key))
        .map(|(_, value)| value.trim())
        .filter(|value| !value.is_empty())
}

fn is_mac(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() == 6
        && parts
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Task lists (`/cluster/tasks`, `/nodes/{node}/tasks`), newest first, started in the second of `since` or later.
/// Rows without a readable task id are skipped.
pub fn tasks(data: &Value, since: Timestamp) -> Result<Vec<TaskObserved>, Misfit> {
    let mut tasks: Vec<TaskObserved> = rows(data, "the task list")?
        .iter()
        .filter_map(task_row)
        .filter(|task| task.upid.started_at().as_secs() >= since.as_secs())
        .collect();
    tasks.sort_by_key(|task| Reverse(task.upid.started_at()));
    Ok(tasks)
}

fn task_row(row: &Value) -> Option<TaskObserved> {
    let upid: Upid = row.get("upid")?.as_str()?.parse().ok()?;
    let status = word(row.get("status")).filter(|status| !status.eq_ignore_ascii_case("running"));
    let ended_at = whole(row.get("endtime"))
        .filter(|secs| *secs > 0)
        .map(Timestamp::from_secs);
    // A row with an exit text has ended, even when it does not say when.
    let ended_at = ended_at.or_else(|| status.is_some().then(|| upid.started_at()));
    Some(TaskObserved {
        exit: if ended_at.is_some() { status } else { None },
        ended_at,
        upid,
    })
}

/// `GET …/tasks/{upid}/status`. A task runs or has stopped; what says something else is no word on it, and is asked again:
/// a failure that was none would be tried again.
pub fn task_state(data: &Value) -> Result<TaskState, Misfit> {
    let status = word(data.get("status")).ok_or_else(|| "the task status has no `status`".to_owned())?;
    let exit = word(data.get("exitstatus"));
    Ok(match (status.as_str(), exit) {
        ("running", None) => TaskState::Running,
        ("running" | "stopped", Some(exit)) => TaskState::Ended(exit),
        ("stopped", None) => TaskState::Ended("stopped without an exit status".to_owned()),
        (other, _) => {
            return Err(format!(
                "the task status is {other:?}, neither running nor stopped"
            ));
        }
    })
}

/// Lines of a task's log, in order; the placeholder of an empty log is no line.
pub fn log(data: &Value) -> Result<Vec<String>, Misfit> {
    let mut lines: Vec<(u64, String)> = rows(data, "the task log")?
        .iter()
        .filter_map(|row| Some((whole(row.get("n"))?, row.get("t")?.as_str()?.to_owned())))
        .collect();
    lines.sort_by_key(|(number, _)| *number);
    if let [(_, only)] = &lines[..]
        && only == "no content"
    {
        lines.clear();
    }
    Ok(lines.into_iter().map(|(_, text)| text).collect())
}

/// Snapshots, oldest first; the row that stands for now (`current`) is none.
pub fn snapshots(data: &Value) -> Result<Vec<SnapshotSeen>, Misfit> {
    let mut found: Vec<SnapshotSeen> = rows(data, "the list of snapshots")?
        .iter()
        .filter_map(|row| {
            let name = row
                .get("name")?
                .as_str()
                .filter(|name| *name != "current")?
                .to_owned();
            Some(SnapshotSeen {
                name,
                description: word(row.get("description")).unwrap_or_default(),
                taken_at: whole(row.get("snaptime")).map(Timestamp::from_secs),
                memory: flag(row.get("vmstate")),
                parent: word(row.get("parent")),
            })
        })
        .collect();
    found.sort_by(|a, b| (a.taken_at, &a.name).cmp(&(b.taken_at, &b.name)));
    Ok(found)
}

/// Averages of the past, oldest first. A row stands for the time from its own to that of the next; what it does not say is left
/// out, as are rows that say nothing. Figures of nodes and guests have names of their own.
pub fn week(data: &Value) -> Result<Vec<PastUsage>, Misfit> {
    let mut found: Vec<(u64, &Value)> = rows(data, "the past figures")?
        .iter()
        .filter_map(|row| Some((whole(row.get("time"))?, row)))
        .collect();
    found.sort_by_key(|(time, _)| *time);
    let step = found
        .windows(2)
        .filter_map(|pair| Some(pair.get(1)?.0 - pair.first()?.0))
        .filter(|secs| *secs > 0)
        .min()
        .map_or(60, |secs| secs.min(LONGEST_STEP_SECS));
    let part = |row: &Value, used: &str, of: &str| {
        let (used, of) = (fraction(row.get(used))?, fraction(row.get(of))?);
        Some(used / of).filter(|share| share.is_finite() && *share >= 0.0)
    };
    let usage = found.into_iter().map(|(time, row)| PastUsage {
        at: Timestamp::from_secs(time),
        long: Duration::from_secs(step),
        cpu: share(row.get("cpu")),
        mem: part(row, "memused", "memtotal").or_else(|| part(row, "mem", "maxmem")),
        disk: part(row, "rootused", "roottotal").or_else(|| part(row, "disk", "maxdisk")),
    });
    let known = |usage: &PastUsage| usage.cpu.is_some() || usage.mem.is_some() || usage.disk.is_some();
    Ok(usage.filter(known).collect())
}

/// How many packages have a newer version.
pub fn updates(data: &Value) -> Result<usize, Misfit> {
    Ok(rows(data, "the list of updates")?.len())
}

/// Whether an answer of the guest agent is one (errors of the agent come inside a success).
pub fn agent_answered(data: &Value) -> bool {
    data.get("result")
        .and_then(|result| result.get("error"))
        .is_none()
}

/// `GET /access/permissions?path=…`: privileges held on the path, and whether each holds below it too.
pub fn privileges(data: &Value, path: &str) -> BTreeMap<String, bool> {
    let held = data.get(path).and_then(Value::as_object);
    held.into_iter()
        .flatten()
        .map(|(name, below)| (name.clone(), flag(Some(below))))
        .collect()
}
