//! Verification of a journal from the outside: every checksum, every link, every record's content, and anchors that were
//! kept elsewhere. Changes nothing, needs no lock, may run beside the writer.

use crate::{
    chain::Anchor,
    disk::{Disk, OsDisk},
    frame::Frame,
    journal::{OpenError, find},
};
use jarvis_model::Record;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The first place at which a journal is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokenLink {
    /// The file.
    pub path: PathBuf,
    /// The first record that cannot be trusted.
    pub seq: u64,
    /// What is wrong.
    pub why: String,
}

/// An append that is not whole at the end: it was never answered, and the next start for writing cuts it off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TornTail {
    /// The segment.
    pub path: PathBuf,
    /// Bytes behind the last whole append.
    pub bytes: u64,
}

/// What became of an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AnchorState {
    /// Its record is there, as it was: everything up to it is what was written.
    Held,
    /// The journal ends before it: its end was cut, or it was rolled back.
    Missing,
    /// Another record has its place: the chain was written anew.
    Different,
}

/// An anchor and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnchorCheck {
    /// The anchor.
    pub anchor: Anchor,
    /// What became of it.
    pub state: AnchorState,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Records that are whole, chained and readable, up to the first broken link.
    pub records: u64,
    /// Segments that were read.
    pub segments: usize,
    /// The last good record and its hash.
    pub head: Anchor,
    /// The first broken link.
    pub broken: Option<BrokenLink>,
    /// A torn append at the end.
    pub torn: Option<TornTail>,
    /// The anchors, in the order given.
    pub anchors: Vec<AnchorCheck>,
}

impl VerifyReport {
    /// Whether nothing is wrong: no broken link, every anchor held. A torn tail is not wrong.
    pub fn is_clean(&self) -> bool {
        self.broken.is_none() && self.anchors.iter().all(|check| check.state == AnchorState::Held)
    }

    /// The last record that a held anchor vouches for; after it a cut or rewrite could not be told.
    pub fn anchored_to(&self) -> u64 {
        let held = self
            .anchors
            .iter()
            .filter(|check| check.state == AnchorState::Held);
        held.map(|check| check.anchor.seq).max().unwrap_or(0)
    }
}

/// Verifies the journal in `folder` against itself and against `anchors`.
pub fn verify(folder: &Path, anchors: &[Anchor]) -> Result<VerifyReport, OpenError> {
    verify_on(&OsDisk, folder, anchors)
}

pub(crate) fn verify_on(
    disk: &dyn Disk,
    folder: &Path,
    anchors: &[Anchor],
) -> Result<VerifyReport, OpenError> {
    let mut states: Vec<AnchorState> = anchors.iter().map(|_| AnchorState::Missing).collect();
    let found = find(disk, folder, &mut |frame| {
        for (anchor, state) in anchors
            .iter()
            .zip(&mut states)
            .filter(|(anchor, _)| anchor.seq == frame.head.seq)
        {
            *state = judge(anchor, &frame.hash.to_hex());
        }
        content(frame)
    })?;
    let (scan, root) = (found.scan, found.root);
    for (anchor, state) in anchors.iter().zip(&mut states) {
        if anchor.seq == 0 {
            *state = root.map_or(AnchorState::Missing, |root| judge(anchor, &root.to_hex()));
        } else if anchor.seq > scan.head {
            *state = AnchorState::Missing;
        }
    }
    let checks = anchors
        .iter()
        .cloned()
        .zip(states)
        .map(|(anchor, state)| AnchorCheck { anchor, state });
    Ok(VerifyReport {
        records: scan.head,
        segments: scan.segments.len(),
        head: Anchor {
            seq: scan.head,
            hash: scan.hash.to_hex(),
        },
        broken: found.broken.map(|broken| BrokenLink {
            path: broken.path,
            seq: broken.seq,
            why: broken.why,
        }),
        torn: scan.torn.map(|torn| TornTail {
            path: torn.path,
            bytes: torn.lost,
        }),
        anchors: checks.collect(),
    })
}

fn judge(anchor: &Anchor, hash: &str) -> AnchorState {
    if anchor.hash.eq_ignore_ascii_case(hash) {
        AnchorState::Held
    } else {
        AnchorState::Different
    }
}

/// Whether the content of a record says the same as its frame.
fn content(frame: &Frame<'_>) -> Result<(), String> {
    let record: Record = serde_json::from_slice(frame.payload)
        .map_err(|error| format!("a record is not understood: {error}"))?;
    let same = (record.seq, record.epoch) == (frame.head.seq, frame.head.epoch);
    if same {
        Ok(())
    } else {
        Err("a record's content has another number or epoch than its frame".to_owned())
    }
}
