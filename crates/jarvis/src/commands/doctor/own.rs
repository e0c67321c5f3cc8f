//! What Jarvis has here: state folder, journal, what it protects, and its listener.

use super::finding::{Finding, Report};
use crate::{config::Config, run::listening};
use jarvis_api::{Certificate, Protection, tls::About};
use jarvis_guard::Floor;
use jarvis_model::Vmid;
use jarvis_ports::{Clock as _, SystemClock};
use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

const MIB: u64 = 1024 * 1024;
/// Less room than this is worth a word.
const LITTLE_ROOM: u64 = 1024 * MIB;
/// With less than this records cannot be promised.
const NO_ROOM: u64 = 100 * MIB;

/// Looks at all of it.
pub fn look_at(config: &Config, seen: &BTreeSet<Vmid>, report: &mut Report) {
    state(&config.state, report);
    journal(&config.state.join("journal"), report);
    protected(&config.floor, seen, report);
    report.add(listener(config));
}

fn state(folder: &Path, report: &mut Report) {
    let shown = folder.display();
    let (there, place) = match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => (Some(metadata), folder.to_owned()),
        Ok(_) => {
            report.add(
                Finding::fail("state", format!("{shown} is no folder"))
                    .fixed_by("choose another `state` in jarvis.yaml"),
            );
            return;
        }
        Err(_) => (None, above(folder)),
    };
    if let Err(error) = try_writing(&place) {
        report.add(
            Finding::fail("state", format!("cannot write in {}: {error}", place.display()))
                .fixed_by(format!("chown {} {}   (as root)", user(), place.display())),
        );
        return;
    }
    let free = rustix::fs::statvfs(&place).map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize));
    let free = free.unwrap_or(u64::MAX);
    let word = if there.is_some() {
        "is writable"
    } else {
        "will be made at the first start"
    };
    let what = format!("{shown} {word}, {} free", size(free));
    report.add(match free {
        ..NO_ROOM => Finding::fail("state", what).fixed_by(format!("make room: df -h {}", place.display())),
        NO_ROOM..LITTLE_ROOM => {
            Finding::warn("state", what).fixed_by(format!("make room: df -h {}", place.display()))
        }
        _ => Finding::ok("state", what),
    });
    if there.is_some_and(|metadata| metadata.permissions().mode() & 0o077 != 0) {
        report.add(
            Finding::warn("state", format!("{shown} can be entered by others"))
                .fixed_by(format!("chmod 0700 {shown}")),
        );
    }
}

/// The nearest folder above that is there.
fn above(folder: &Path) -> PathBuf {
    folder
        .ancestors()
        .find(|path| path.is_dir())
        .unwrap_or(Path::new("/"))
        .to_owned()
}

fn try_writing(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new()
        .prefix(".jarvis-doctor-")
        .tempfile_in(folder)
        .map(drop)
}

/// The number of the user this runs as.
fn user() -> u32 {
    rustix::process::getuid().as_raw()
}

fn size(bytes: u64) -> String {
    if bytes >= 10 * 1024 * MIB {
        format!("{} GiB", bytes / (1024 * MIB))
    } else {
        format!("{} MiB", bytes / MIB)
    }
}

fn journal(folder: &Path, report: &mut Report) {
    if !folder.is_dir() {
        report.add(Finding::ok("state", "no journal yet"));
        return;
    }
    let again = format!(
        "jarvis audit verify --state {}",
        folder.parent().unwrap_or(folder).display()
    );
    report.add(match jarvis_store::verify(folder, &[]) {
        Ok(found) if found.is_clean() => Finding::ok(
            "state",
            format!(
                "the journal is whole: {} records, every link checked",
                found.records
            ),
        ),
        Ok(found) => {
            let why = found.broken.map_or_else(String::new, |broken| {
                format!(
                    ": record {} in {}: {}",
                    broken.seq,
                    broken.path.display(),
                    broken.why
                )
            });
            Finding::fail(
                "state",
                format!("the journal is damaged, Jarvis would only observe{why}"),
            )
            .fixed_by(again)
        }
        Err(error) => Finding::fail("state", format!("the journal cannot be read: {error}")).fixed_by(again),
    });
}

fn protected(floor: &Floor, seen: &BTreeSet<Vmid>, report: &mut Report) {
    report.add(match (floor.own_guest, &floor.own_node) {
        (Some(vmid), _) if !seen.is_empty() && !seen.contains(&vmid) => Finding::fail(
            "protection",
            format!("Jarvis is said to run in guest {vmid}, which is not to be seen in this cluster"),
        )
        .fixed_by("correct `safety: {own: {vmid: NUMBER}}` in jarvis.yaml"),
        (Some(vmid), _) => Finding::ok(
            "protection",
            format!("Jarvis runs in guest {vmid}; it and its node are protected"),
        ),
        (None, Some(node)) => Finding::ok(
            "protection",
            format!("Jarvis runs on node {node}, which is protected"),
        ),
        (None, None) => match crate::run::own_guest::machine_uuid() {
            Some(_) => Finding::ok(
                "protection",
                "in which guest Jarvis runs is found out at each start",
            ),
            None => Finding::warn(
                "protection",
                "where Jarvis itself runs is not said, and cannot be found out here",
            )
            .fixed_by(
                "write `safety: {own: {vmid: NUMBER}}` or `{own: {node: NAME}}`, unless it runs elsewhere",
            ),
        },
    });
    let mut all: Vec<String> = floor.nodes.iter().map(|node| format!("node {node}")).collect();
    all.extend(floor.guests.iter().map(|vmid| format!("guest {vmid}")));
    if all.is_empty() {
        report.add(Finding::warn("protection", "nothing else is protected").fixed_by(
            "write `safety: {protected: [{node: NAME}, {vmid: NUMBER}]}` for what must never be touched",
        ));
    } else {
        report.add(Finding::ok(
            "protection",
            format!("never touched: {}", all.join(", ")),
        ));
    }
    let unseen: Vec<String> = floor
        .guests
        .iter()
        .filter(|vmid| !seen.is_empty() && !seen.contains(*vmid))
        .map(Vmid::to_string)
        .collect();
    if !unseen.is_empty() {
        let what = format!(
            "protected, but not to be seen in the cluster: {}",
            unseen.join(", ")
        );
        report.add(
            Finding::warn("protection", what)
                .fixed_by("check the numbers; with NoAccess on them, give PVEAuditor instead"),
        );
    }
}

fn listener(config: &Config) -> Finding {
    let area = "listener";
    let listen = config.listen;
    if let Err(failure) = crate::run::may_bind(config) {
        return Finding::fail(area, failure.text).fixed_by("leave out `tls: off`, or listen on 127.0.0.1");
    }
    let left = |about: &About| about.left(SystemClock.now()).as_secs() / (24 * 3600);
    match listening::protection(config) {
        Protection::Plain if config.trusted_proxy => {
            Finding::ok(area, format!("{listen}, behind a proxy that ends TLS"))
        }
        Protection::Plain => Finding::ok(area, format!("{listen}, for this machine only")),
        Protection::Generated => {
            let kept = jarvis_api::tls::certificate_file(&config.state);
            match fs::read(&kept).ok().and_then(|pem| About::of_pem(&pem).ok()) {
                Some(about) => Finding::ok(
                    area,
                    format!(
                        "{listen} over TLS, {} days left, SHA-256 {}",
                        left(&about),
                        about.fingerprint
                    ),
                ),
                None => Finding::ok(
                    area,
                    format!("{listen} over TLS; its certificate is made at the first start"),
                ),
            }
        }
        Protection::Files { .. } => {
            let opened =
                listening::source(config).map(|source| Certificate::open(source, Arc::new(SystemClock)));
            match opened {
                Some(Ok(certificate)) => {
                    let about = certificate.about();
                    let what = format!(
                        "{listen} over TLS, {} days left, SHA-256 {}",
                        left(&about),
                        about.fingerprint
                    );
                    match left(&about) {
                        0 => Finding::fail(area, what).fixed_by("renew the files that `tls` names"),
                        1..14 => Finding::warn(area, what).fixed_by("renew the files that `tls` names"),
                        _ => Finding::ok(area, what),
                    }
                }
                Some(Err(error)) => Finding::fail(area, error.to_string()),
                None => Finding::ok(area, listen.to_string()),
            }
        }
    }
}
