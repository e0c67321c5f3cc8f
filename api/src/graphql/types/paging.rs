//! The guest list in pages: filter, order, and a cursor that survives changes of the list.

use super::{
    cluster::Guest,
    scalar::int,
    word::{GuestKind, GuestStatus, RunStrategy},
};
use async_graphql::{Enum, InputObject, SimpleObject};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// Largest page.
pub const MAX_PAGE: i32 = 100;
/// Page when nothing is said.
pub const DEFAULT_PAGE: i32 = 50;

/// Which guests; every part that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub struct GuestFilter {
    /// Only these numbers.
    pub vmids: Option<Vec<i32>>,
    /// Only on this node.
    pub node: Option<String>,
    /// Only in one of these states.
    pub status: Option<Vec<GuestStatus>>,
    /// Only virtual machines, or only containers.
    pub kind: Option<GuestKind>,
    /// Only with this tag.
    pub tag: Option<String>,
    /// Only whose name or number contains this, whatever the letter case.
    pub search: Option<String>,
    /// Only declared by a manifest, or only not declared.
    pub managed: Option<bool>,
    /// Only with this run strategy.
    pub run_strategy: Option<RunStrategy>,
    /// Only protected ones, or only others.
    pub protected: Option<bool>,
}

impl GuestFilter {
    fn fits(&self, guest: &Guest) -> bool {
        let found = |needle: &String| {
            let needle = needle.to_lowercase();
            guest.vmid.to_string().contains(&needle)
                || guest
                    .name
                    .as_ref()
                    .is_some_and(|name| name.to_lowercase().contains(&needle))
        };
        self.vmids
            .as_ref()
            .is_none_or(|vmids| vmids.contains(&guest.vmid))
            && self.node.as_ref().is_none_or(|node| *node == guest.node)
            && self
                .status
                .as_ref()
                .is_none_or(|status| status.contains(&guest.status))
            && self.kind.is_none_or(|kind| kind == guest.kind)
            && self.tag.as_ref().is_none_or(|tag| guest.tags.contains(tag))
            && self.search.as_ref().is_none_or(found)
            && self
                .managed
                .is_none_or(|managed| managed == guest.resource.is_some())
            && self
                .run_strategy
                .is_none_or(|strategy| guest.run_strategy == Some(strategy))
            && self
                .protected
                .is_none_or(|protected| protected == guest.protected)
    }
}

/// In which order. Ties are ordered by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum GuestOrder {
    /// By number.
    Vmid,
    /// By name; nameless ones last.
    Name,
    /// By node.
    Node,
    /// By state: running, stopped, held, unknown.
    Status,
    /// By CPU share, largest first.
    Cpu,
    /// By memory used, largest first.
    Memory,
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct PageInfo {
    /// Whether there are more after this page.
    pub has_next_page: bool,
    /// Cursor of the last one of this page, for `after`.
    pub end_cursor: Option<String>,
}

/// A page of guests.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct GuestPage {
    /// The guests.
    pub nodes: Vec<Guest>,
    /// How to go on.
    pub page_info: PageInfo,
    /// How many fit the filter in all.
    pub total: i32,
}

type SortKey = (u64, String, i32);

/// The page of at most `first` guests after `after`.
///
/// # Errors
/// In words, for a page size or cursor that makes no sense.
pub fn page(
    mut guests: Vec<Guest>,
    filter: &GuestFilter,
    order: GuestOrder,
    first: i32,
    after: Option<&str>,
) -> Result<GuestPage, String> {
    if !(1..=MAX_PAGE).contains(&first) {
        return Err(format!("first: a page has 1 to {MAX_PAGE} guests, not {first}"));
    }
    let start = after.map(|cursor| decode(cursor, order)).transpose()?;
    guests.retain(|guest| filter.fits(guest));
    guests.sort_by_cached_key(|guest| sort_key(guest, order));
    let total = int(guests.len());
    let mut rest = guests.into_iter().skip_while(|guest| {
        start
            .as_ref()
            .is_some_and(|start| sort_key(guest, order) <= *start)
    });
    let nodes: Vec<Guest> = rest.by_ref().take(usize::try_from(first).unwrap_or(1)).collect();
    let end_cursor = nodes.last().map(|guest| encode(&sort_key(guest, order), order));
    Ok(GuestPage {
        page_info: PageInfo {
            has_next_page: rest.next().is_some(),
            end_cursor,
        },
        nodes,
        total,
    })
}

fn sort_key(guest: &Guest, order: GuestOrder) -> SortKey {
    let number = match order {
        GuestOrder::Name => u64::from(guest.name.is_none()),
        GuestOrder::Status => guest.status as u64,
        // Bits of non-negative floats are ordered as the floats are.
        GuestOrder::Cpu => u64::MAX - guest.usage.cpu.unwrap_or(0.0).max(0.0).to_bits(),
        GuestOrder::Memory => u64::MAX - guest.usage.mem_bytes.map_or(0, |bytes| bytes.0),
        GuestOrder::Vmid | GuestOrder::Node => 0,
    };
    let text = match order {
        GuestOrder::Name => guest.name.clone().unwrap_or_default(),
        GuestOrder::Node => guest.node.clone(),
        _ => String::new(),
    };
    (number, text, guest.vmid)
}

fn encode(key: &SortKey, order: GuestOrder) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(order as u8, key)).unwrap_or_default())
}

fn decode(cursor: &str, order: GuestOrder) -> Result<SortKey, String> {
    let wrong =
        || "after: this is no cursor of this list; take `endCursor` of a page in the same order".to_owned();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let (made_for, key): (u8, SortKey) = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if made_for == order as u8 {
        Ok(key)
    } else {
        Err(wrong())
    }
}
