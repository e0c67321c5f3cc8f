//! `list_guests` and `get_guest`.

use super::{look, part, percent, reads};
use crate::{answer::Trouble, arguments, moment::Moment, schema, tool::Tool};
use jarvis_model::{GuestKind, GuestObserved, GuestStatus, ResourceStatus, Vmid, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Guests in one answer.
const PAGE: u32 = 50;
const LONGEST_PAGE: u32 = 200;

pub(crate) const LIST: Tool = Tool {
    narrow: "narrow with node, status or text, or go on with `after`",
    example: r#"{"node":"atlas","status":"stopped"}"#,
    input: schema::input::<Filter>,
    output: schema::output::<Guests>,
    ..reads(
        "list_guests",
        "Guests",
        "Virtual machines and containers by number. status: running, stopped, unknown, or Proxmox's word when paused.",
        |call| look::<Filter, Guests>(call, list),
    )
};

pub(crate) const GET: Tool = Tool {
    example: r#"{"vmid":101}"#,
    input: schema::input::<Which>,
    output: schema::output::<Guest>,
    ..reads(
        "get_guest",
        "One guest",
        "One guest in full: why it stopped, what its manifest wants, what stands in the way.",
        |call| look::<Which, Guest>(call, get),
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only on this node.
    node: Option<String>,
    /// Only in this status.
    status: Option<String>,
    /// Part of name or tag.
    text: Option<String>,
    /// Only numbers above.
    after: Option<u32>,
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    #[schemars(range(min = 100, max = 999_999_999))]
    vmid: u32,
}

/// Guests by number.
#[derive(Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names are those of the answer")]
pub struct Guests {
    guests: Vec<GuestLine>,
    /// How many fit, shown or not.
    total: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A guest in short.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestLine {
    vmid: u32,
    /// Absent while its node is silent.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `vm` or `container`.
    kind: String,
    node: String,
    status: String,
    /// Why it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_secs: Option<u64>,
    /// What its manifest wants: Always, RerunOnFailure, Halted or Manual.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_strategy: Option<String>,
    /// Nothing that interrupts it is ever done.
    protected: bool,
}

/// A guest in full.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    #[serde(flatten)]
    line: GuestLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    uptime_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lock: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ha_state: Option<String>,
    template: bool,
    tags: Vec<String>,
    /// Seconds since its last backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_age_secs: Option<u64>,
    /// The manifest that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Synced, OutOfSync or Unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<String>,
    /// The condition that says most, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
}

fn status_word(guest: &GuestObserved, moment: &Moment) -> String {
    let known = guest.status.fresh(moment.now, limits::CRITICAL);
    known.map_or("unknown", GuestStatus::as_str).to_owned()
}

/// `101 web-01 running`.
pub(super) fn short(guest: &GuestObserved, moment: &Moment) -> String {
    let name = guest.name.as_deref().unwrap_or("-");
    format!("{} {name} {}", guest.vmid, status_word(guest, moment))
}

fn line(guest: &GuestObserved, protected: bool, moment: &Moment) -> GuestLine {
    let declared = moment.view.desired.guest_by_vmid(guest.vmid);
    GuestLine {
        vmid: guest.vmid.get(),
        name: guest.name.clone(),
        kind: match guest.kind {
            GuestKind::Qemu => "vm",
            GuestKind::Lxc => "container",
        }
        .to_owned(),
        node: guest.node.to_string(),
        status: status_word(guest, moment),
        why: moment.why_not(&guest.status, limits::CRITICAL),
        age_secs: moment.age(&guest.status),
        run_strategy: declared.map(|(_, manifest)| format!("{:?}", manifest.spec.run_strategy)),
        protected,
    }
}

fn list(filter: &Filter, moment: &Moment) -> Result<Guests, Trouble> {
    let limit = arguments::within("limit", filter.limit.unwrap_or(PAGE), 1, LONGEST_PAGE)?;
    let node = filter.node.as_deref().map(arguments::node).transpose()?;
    let text = filter.text.as_ref().map(|text| text.to_lowercase());
    let protected = moment.view.protected_guests();
    let holds = |guest: &GuestObserved, text: &str| {
        let names = guest.name.iter().chain(&guest.tags);
        names.into_iter().any(|name| name.to_lowercase().contains(text))
    };
    let fits = |guest: &&GuestObserved| {
        node.as_ref().is_none_or(|node| guest.node == *node)
            && filter
                .status
                .as_ref()
                .is_none_or(|status| status_word(guest, moment) == *status)
            && text.as_ref().is_none_or(|text| holds(guest, text))
            && filter.after.is_none_or(|after| guest.vmid.get() > after)
    };
    let mut found: Vec<&GuestObserved> = moment.view.observed.guests.values().filter(fits).collect();
    let total = found.len();
    found.truncate(limit as usize);
    let note = (total > found.len()).then(|| {
        let last = found.last().map_or(0, |guest| guest.vmid.get());
        format!("{} more; go on with after={last}", total - found.len())
    });
    Ok(Guests {
        guests: found
            .into_iter()
            .map(|guest| line(guest, protected.contains(&guest.vmid), moment))
            .collect(),
        total,
        note,
    })
}

/// A guest that is there.
pub(crate) fn known(vmid: Vmid, moment: &Moment) -> Result<&GuestObserved, Trouble> {
    let guests = &moment.view.observed.guests;
    guests.get(&vmid).ok_or_else(|| {
        Trouble(format!(
            "there is no guest {vmid} among {}; list_guests shows them",
            guests.len()
        ))
    })
}

fn get(which: &Which, moment: &Moment) -> Result<Guest, Trouble> {
    let vmid = arguments::vmid(which.vmid)?;
    let guest = known(vmid, moment)?;
    let key = moment.view.desired.guest_by_vmid(vmid).map(|(key, _)| key);
    let status = key.and_then(|key| moment.view.plan.statuses.get(key));
    let backups = moment.view.observed.backups.fresh(moment.now, limits::BACKGROUND);
    let usage = guest.usage;
    Ok(Guest {
        line: line(guest, moment.view.protected_guests().contains(&vmid), moment),
        uptime_secs: guest.uptime_secs,
        cpu_percent: percent(usage.cpu),
        memory_percent: part(usage.mem_bytes, usage.max_mem_bytes),
        stop_cause: guest.stop_cause.value().map(jarvis_model::StopCause::words),
        ready: guest.ready.fresh(moment.now, limits::CAUSE).copied(),
        lock: guest.lock.clone(),
        ha_state: guest.ha_state.clone(),
        template: guest.template,
        tags: guest.tags.clone(),
        backup_age_secs: backups
            .and_then(|backups| backups.get(&vmid))
            .map(|at| moment.now.since(*at).as_secs()),
        resource: key.map(ToString::to_string),
        sync: status.map(|status| format!("{:?}", status.sync)),
        condition: status
            .and_then(ResourceStatus::headline)
            .map(|condition| format!("{}: {}", condition.reason, condition.message)),
    })
}
