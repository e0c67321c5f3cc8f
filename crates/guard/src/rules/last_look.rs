//! The look that stands directly behind an act: the guest's live status, younger than its node's return, and its
//! identity; for a service, what it does.

use super::target::unknown;
use crate::case::Case;
use jarvis_model::{Rule, Verdict, limits};

/// What a service does must be known, whoever asks: what cannot be looked at cannot be verified either.
pub fn service(case: &Case<'_>) -> Option<Verdict> {
    let (host, name) = case.service()?;
    let (key, _) = case.facts.desired.service_at(host, name)?;
    let seen = case.facts.observed.services.get(key);
    let why = match seen {
        None => "not looked at yet".to_owned(),
        Some(seen) => {
            let why = seen.status.why_not(case.now(), limits::IMPORTANT)?;
            seen.trouble.clone().unwrap_or_else(|| why.as_str().to_owned())
        }
    };
    Some(unknown(case, &case.target(), &why))
}

/// Live status and identity must be fresh. A node's own state is checked with its cluster-wide facts.
pub fn fresh(case: &Case<'_>) -> Option<Verdict> {
    let guest = case.guest().filter(|_| !case.only_reads())?;
    let name = case.name(guest.vmid);
    if let Some(why) = guest.live.why_not(case.now(), limits::LIVE) {
        return Some(unknown(case, &name, why.as_str()));
    }
    let returned_at = case
        .facts
        .observed
        .nodes
        .get(&guest.node)
        .and_then(|node| node.returned_at);
    if guest.live.seen_at() < returned_at {
        return Some(unknown(case, &name, "it was last seen before its node came back"));
    }
    if let Some(why) = guest.identity.why_not(case.now(), limits::IDENTITY) {
        return Some(
            case.wait(
                Rule::TargetUnknown,
                name.clone(),
                format!(
                    "Whether {name} is still the same guest is not known; its identity: {}.",
                    why.as_str()
                ),
                "Wait for the next look at its identity (SMBIOS uuid, or the first MAC of a container)."
                    .to_owned(),
                None,
            ),
        );
    }
    None
}
