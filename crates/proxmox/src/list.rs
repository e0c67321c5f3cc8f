//! `GET /cluster/resources` straight from its bytes: by far the largest answer, so that no tree of values is built for
//! it. As tolerant as `decode`: any row may be strange, and it alone is lost; a key given twice counts as its last.
//! Knows no connection and judges nothing.

use crate::{
    answer::{Body, not_json},
    loose::{Scalar, flag, fraction, share, tags, whole, word},
};
use jarvis_model::{GuestKind, NodeName, Timestamp, Usage, Vmid};
use jarvis_ports::{ClusterLook, GuestRow, NodeRow, StorageRow};
use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// The cluster list: node, guest and storage rows, each sorted; everything else is skipped. It does not say via whom.
#[derive(Debug, Default)]
pub struct ClusterList(pub ClusterLook);

impl Body for ClusterList {
    fn read(bytes: &[u8]) -> Result<Self, String> {
        // Texts that are skipped are not looked into, and JSON is UTF-8 everywhere.
        let text = std::str::from_utf8(bytes).map_err(|error| format!("not JSON ({error})"))?;
        let data = match serde_json::from_str(text).map_err(|error| not_json(&error, bytes))? {
            Envelope::Object { data } => data.ok_or("the envelope has no `data`")?,
            Envelope::Other => return Err("the envelope is no object".to_owned()),
        };
        let Data::List(mut look) = data else {
            return Err("the cluster list should be a list".to_owned());
        };
        look.nodes.sort_by(|a, b| a.node.cmp(&b.node));
        look.guests.sort_by_key(|guest| guest.vmid);
        look.storages.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self(look))
    }

    fn dated(&mut self, date: Option<Timestamp>) {
        self.0.told_at = date;
    }
}

enum Envelope {
    Object { data: Option<Data> },
    Other,
}

enum Data {
    List(ClusterLook),
    Other,
}

/// One row as it came.
#[derive(Default)]
struct Row<'a> {
    kind: Scalar<'a>,
    id: Scalar<'a>,
    node: Scalar<'a>,
    name: Scalar<'a>,
    vmid: Scalar<'a>,
    status: Scalar<'a>,
    uptime: Scalar<'a>,
    template: Scalar<'a>,
    lock: Scalar<'a>,
    ha_state: Scalar<'a>,
    tags: Scalar<'a>,
    storage: Scalar<'a>,
    plugin: Scalar<'a>,
    shared: Scalar<'a>,
    cpu: Scalar<'a>,
    max_cpu: Scalar<'a>,
    mem: Scalar<'a>,
    max_mem: Scalar<'a>,
    disk: Scalar<'a>,
    max_disk: Scalar<'a>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    Type,
    Id,
    Node,
    Name,
    Vmid,
    Status,
    Uptime,
    Template,
    Lock,
    HaState,
    Tags,
    Storage,
    PluginType,
    Shared,
    Cpu,
    MaxCpu,
    Mem,
    MaxMem,
    Disk,
    MaxDisk,
    #[serde(other)]
    Other,
}

impl<'a> Row<'a> {
    fn slot(&mut self, field: &Field) -> Option<&mut Scalar<'a>> {
        Some(match field {
            Field::Type => &mut self.kind,
            Field::Id => &mut self.id,
            Field::Node => &mut self.node,
            Field::Name => &mut self.name,
            Field::Vmid => &mut self.vmid,
            Field::Status => &mut self.status,
            Field::Uptime => &mut self.uptime,
            Field::Template => &mut self.template,
            Field::Lock => &mut self.lock,
            Field::HaState => &mut self.ha_state,
            Field::Tags => &mut self.tags,
            Field::Storage => &mut self.storage,
            Field::PluginType => &mut self.plugin,
            Field::Shared => &mut self.shared,
            Field::Cpu => &mut self.cpu,
            Field::MaxCpu => &mut self.max_cpu,
            Field::Mem => &mut self.mem,
            Field::MaxMem => &mut self.max_mem,
            Field::Disk => &mut self.disk,
            Field::MaxDisk => &mut self.max_disk,
            Field::Other => return None,
        })
    }

    /// Puts the row where it belongs, if it is one of ours and says who it is.
    fn file(self, look: &mut ClusterLook) {
        match self.kind.text() {
            Some("node") => look.nodes.extend(self.node()),
            Some("qemu") => look.guests.extend(self.guest(GuestKind::Qemu)),
            Some("lxc") => look.guests.extend(self.guest(GuestKind::Lxc)),
            Some("storage") => look.storages.extend(self.storage()),
            _ => {}
        }
    }

    fn node(self) -> Option<NodeRow> {
        Some(NodeRow {
            node: NodeName::new(self.node.text()?).ok()?,
            status: status(self.status),
            uptime_secs: whole(self.uptime),
            ha_state: word(self.ha_state),
            usage: usage(
                [self.cpu, self.max_cpu],
                [self.mem, self.max_mem],
                [self.disk, self.max_disk],
            ),
        })
    }

    fn guest(self, kind: GuestKind) -> Option<GuestRow> {
        let vmid = u32::try_from(whole(self.vmid)?).ok()?;
        Some(GuestRow {
            vmid: Vmid::new(vmid).ok()?,
            kind,
            node: NodeName::new(self.node.text()?).ok()?,
            name: word(self.name),
            status: status(self.status),
            uptime_secs: whole(self.uptime),
            template: flag(self.template),
            lock: word(self.lock),
            ha_state: word(self.ha_state),
            tags: tags(self.tags),
            usage: usage(
                [self.cpu, self.max_cpu],
                [self.mem, self.max_mem],
                [self.disk, self.max_disk],
            ),
        })
    }

    fn storage(self) -> Option<StorageRow> {
        let node = NodeName::new(self.node.text()?).ok()?;
        let storage = word(self.storage)?;
        Some(StorageRow {
            id: word(self.id).unwrap_or_else(|| format!("storage/{node}/{storage}")),
            storage,
            node,
            plugin: word(self.plugin).unwrap_or_default(),
            shared: flag(self.shared),
            available: self.status.text() == Some("available"),
            used_bytes: whole(self.disk),
            total_bytes: whole(self.max_disk),
        })
    }
}

fn status(status: Scalar<'_>) -> String {
    word(status).unwrap_or_else(|| "unknown".to_owned())
}

fn usage([cpu, max_cpu]: [Scalar<'_>; 2], [mem, max_mem]: [Scalar<'_>; 2], disks: [Scalar<'_>; 2]) -> Usage {
    let [disk, max_disk] = disks;
    Usage {
        cpu: share(cpu),
        // Fewer CPUs than none is no figure.
        max_cpu: fraction(max_cpu).filter(|count| *count >= 0.0),
        mem_bytes: whole(mem),
        max_mem_bytes: whole(max_mem),
        disk_bytes: whole(disk),
        max_disk_bytes: whole(max_disk),
    }
}

/// What is made of a list or of an object; where neither is looked for, `other`.
trait Shape<'de>: Sized {
    /// Not what was looked for.
    fn other() -> Self;

    fn of_map<A: MapAccess<'de>>(mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }

    fn of_list<A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::other())
    }
}

impl<'de> Shape<'de> for Envelope {
    fn other() -> Self {
        Self::Other
    }

    fn of_map<A: MapAccess<'de>>(mut fields: A) -> Result<Self, A::Error> {
        let mut data = None;
        while let Some(key) = fields.next_key::<Scalar<'de>>()? {
            if key.text() == Some("data") {
                data = Some(fields.next_value::<Of<Data>>()?.0);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Self::Object { data })
    }
}

impl<'de> Shape<'de> for Data {
    fn other() -> Self {
        Self::Other
    }

    fn of_list<A: SeqAccess<'de>>(mut items: A) -> Result<Self, A::Error> {
        let mut look = ClusterLook::default();
        while let Some(Of(row)) = items.next_element::<Of<Row<'de>>>()? {
            row.file(&mut look);
        }
        Ok(Self::List(look))
    }
}

impl<'de> Shape<'de> for Row<'de> {
    fn other() -> Self {
        Self::default()
    }

    fn of_map<A: MapAccess<'de>>(mut fields: A) -> Result<Self, A::Error> {
        let mut row = Self::default();
        while let Some(field) = fields.next_key::<Field>()? {
            match row.slot(&field) {
                Some(slot) => *slot = fields.next_value()?,
                None => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(row)
    }
}

/// A shape out of any JSON.
struct Of<T>(T);

impl<'de, T: Shape<'de>> Deserialize<'de> for Of<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any(PhantomData)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Of::deserialize(deserializer).map(|Of(envelope)| envelope)
    }
}

struct Any<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::other())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::other())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::other())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::other())
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::other())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::other())
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::of_map(fields)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<T, A::Error> {
        T::of_list(items)
    }
}
