//! Each entry point by itself: whether it is reached, whether its certificate is trusted and for how long, whether it
//! admits the credential, and what it sees of the cluster.

use super::finding::{Finding, Report};
use crate::{
    config::{ClusterConfig, Config},
    exit::Failure,
    run::{self, listening::day},
};
use jarvis_model::{NodeName, Timestamp};
use jarvis_ports::{Clock as _, Hypervisor as _, LookError, QuorumLook, SystemClock};
use jarvis_proxmox::{
    EntryPoint, Proxmox, Tls,
    peer::{self, NotReached, Shown},
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// A certificate that ends sooner is worth a word: nodes renew theirs two weeks before.
const ENDS_SOON: Duration = Duration::from_hours(13 * 24);

/// What was learnt of one entry point.
pub struct Reached {
    /// The entry point.
    pub point: EntryPoint,
    /// Its certificate; none over plain http.
    pub shown: Result<Option<Shown>, NotReached>,
    /// Whether it is trusted.
    pub trusted: Result<(), NotReached>,
    /// The version of its node; the credential was accepted.
    pub version: Result<String, LookError>,
    /// The cluster as it sees it.
    pub quorum: Option<QuorumLook>,
}

impl Reached {
    /// Whether it can be asked.
    pub fn is_useful(&self) -> bool {
        self.version.is_ok()
    }

    /// Its node, or its address.
    pub fn name(&self) -> String {
        let node = self.quorum.as_ref().map(|look| look.via.clone());
        node.or_else(|| self.point.node.as_ref().map(NodeName::to_string))
            .unwrap_or_else(|| self.point.url().to_owned())
    }
}

/// Looks at all entry points at once, and reports them in the order of the file.
pub async fn look_at_all(config: &Config, report: &mut Report) -> Vec<Reached> {
    let mut looks = JoinSet::new();
    for (at, point) in config.cluster.entry_points.iter().enumerate() {
        let (point, cluster) = (point.clone(), config.cluster.clone());
        looks.spawn(async move { (at, look_at(point, cluster).await) });
    }
    let mut reached: Vec<(usize, Reached)> = looks.join_all().await;
    reached.sort_by_key(|(at, _)| *at);
    let reached: Vec<Reached> = reached.into_iter().map(|(_, reached)| reached).collect();
    for entry in &reached {
        report.add(tell_reached(entry));
    }
    if let [only] = &reached[..] {
        let mut finding = Finding::warn(
            "entry points",
            "there is only one: a node that is gone cannot be told from a way that is gone",
        );
        for line in others(only) {
            finding = finding.fixed_by(line);
        }
        report.add(finding);
    }
    for entry in &reached {
        if let Ok(shown) = &entry.shown {
            report.add(tell_trust(entry, shown.as_ref(), &config.cluster.tls));
        }
    }
    tell_admission(&reached, config.cluster.credential.public(), report);
    reached
}

async fn look_at(point: EntryPoint, mut cluster: ClusterConfig) -> Reached {
    let shown = peer::shown(&point).await;
    let trusted = match &shown {
        Ok(_) => peer::trusted(&point, &cluster.tls).await,
        Err(error) => Err(error.clone()),
    };
    cluster.entry_points = vec![point.clone()];
    let silent = |why: String| LookError::Unreachable {
        what: "ask for the version".to_owned(),
        whom: point.url().to_owned(),
        why,
    };
    let (version, quorum) = match (&trusted, run::proxmox(&cluster, &clock())) {
        (Ok(()), Ok(client)) => {
            let version = client.version().await;
            let quorum = match &version {
                Ok(_) => client.look_quorum(1).await.into_iter().find_map(Result::ok),
                Err(_) => None,
            };
            (version, quorum)
        }
        (Err(error), _) => (Err(silent(error.why.clone())), None),
        (_, Err(failure)) => (Err(silent(failure.text)), None),
    };
    Reached {
        point,
        shown,
        trusted,
        version,
        quorum,
    }
}

fn clock() -> Arc<dyn jarvis_ports::Clock> {
    Arc::new(SystemClock)
}

/// A client over the entry points that can be asked; none when there is none.
pub fn client(config: &Config, reached: &[Reached]) -> Result<Option<Proxmox>, Failure> {
    let useful: Vec<EntryPoint> = reached
        .iter()
        .filter(|entry| entry.is_useful())
        .map(|entry| entry.point.clone())
        .collect();
    if useful.is_empty() {
        return Ok(None);
    }
    let cluster = ClusterConfig {
        entry_points: useful,
        ..config.cluster.clone()
    };
    run::proxmox(&cluster, &clock()).map(Some)
}

fn tell_reached(entry: &Reached) -> Finding {
    let url = entry.point.url();
    if let Err(error) = &entry.shown {
        return Finding::fail("entry points", error.to_string()).fixed_by(format!(
            "curl -k {url}   (is the node on, and does a firewall let port 8006 through?)"
        ));
    }
    match (&entry.version, &entry.point.node, &entry.quorum) {
        (Ok(_), Some(said), Some(look)) if said.as_str() != look.via => {
            Finding::warn("entry points", format!("{url} is node {}, not {said}", look.via)).fixed_by(
                format!(
                    "write `node: {}` for it in jarvis.yaml, under cluster.entryPoints",
                    look.via
                ),
            )
        }
        (Ok(version), ..) => Finding::ok(
            "entry points",
            format!("{url} is {}, Proxmox VE {version}", entry.name()),
        ),
        (Err(_), ..) => Finding::ok("entry points", format!("{url} is reached")),
    }
}

/// The other members as lines for the config.
fn others(entry: &Reached) -> Vec<String> {
    let Some(look) = &entry.quorum else {
        return Vec::new();
    };
    let others = look.ips.iter().filter(|(node, _)| node.as_str() != look.via);
    others
        .take(2)
        .map(|(node, ip)| {
            let host = if ip.contains(':') {
                format!("[{ip}]")
            } else {
                ip.clone()
            };
            format!("add under cluster.entryPoints:  - {{node: {node}, url: 'https://{host}:8006'}}")
        })
        .collect()
}

fn tell_trust(entry: &Reached, shown: Option<&Shown>, tls: &Tls) -> Finding {
    let (area, name) = ("certificates", entry.name());
    let Some(shown) = shown else {
        return Finding::ok(area, format!("{name} speaks plain http on this machine"));
    };
    let pin = shown.fingerprint;
    if let Err(error) = &entry.trusted {
        return not_trusted(&name, error, shown, tls);
    }
    if matches!(tls, Tls::Insecure) {
        let what = format!("{name} is not checked: whoever is in between can take the token");
        return Finding::warn(area, what).fixed_by(format!(
            "write `tls: {{fingerprints: ['{pin}']}}` once `pvenode cert info` on {name} shows the same"
        ));
    }
    let how = match tls {
        Tls::ClusterCa(_) => "is signed by the cluster's CA",
        Tls::Pinned(_) => "is the pinned one",
        Tls::WebRoots | Tls::Insecure => "is signed by an authority this machine knows",
    };
    let now = SystemClock.now();
    let left = shown.not_after.since(now);
    let days = left.as_secs() / (24 * 3600);
    if left == Duration::ZERO {
        let what = format!("{name} {how}, but ended on {}", day(shown.not_after));
        return Finding::fail(area, what).fixed_by(renew(&name));
    }
    let what = format!(
        "{name} {how}, {days} days left, SHA-256 {}",
        short(&pin.to_string())
    );
    if left < ENDS_SOON {
        return Finding::warn(area, what).fixed_by(renew(&name));
    }
    Finding::ok(area, what)
}

fn renew(name: &str) -> String {
    format!("pvecm updatecerts --force && systemctl reload pveproxy   (on {name}; a pin must follow)")
}

/// The beginning of a fingerprint, which is what people compare first.
fn short(pin: &str) -> String {
    pin.chars().take(23).chain("…".chars()).collect()
}

fn not_trusted(name: &str, error: &NotReached, shown: &Shown, tls: &Tls) -> Finding {
    let why = error.why.split(". ").next().unwrap_or_default();
    let why = why.split("; it was renewed").next().unwrap_or_default();
    let finding = Finding::fail("certificates", format!("{name}: {why}"));
    let compare = format!(
        "pvenode cert info   (on {name}: does it show {}?)",
        shown.fingerprint
    );
    match tls {
        Tls::Pinned(_) => finding.fixed_by(compare).fixed_by(format!(
            "if it does, write '{}' under cluster.tls.fingerprints",
            shown.fingerprint
        )),
        Tls::ClusterCa(_) => finding
            .fixed_by(format!(
                "scp root@{}:/etc/pve/pve-root-ca.pem .   (to the caFile of jarvis.yaml)",
                host(&error.url)
            ))
            .fixed_by(format!("or, for a certificate of its own: {compare}, and pin it")),
        Tls::WebRoots | Tls::Insecure => {
            finding.fixed_by("write `tls: {caFile: pve-root-ca.pem}` with a copy of /etc/pve/pve-root-ca.pem")
        }
    }
}

fn host(url: &str) -> String {
    let parsed = reqwest::Url::parse(url).ok();
    parsed
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| url.to_owned())
}

fn tell_admission(reached: &[Reached], credential: &str, report: &mut Report) {
    let refused: Vec<(String, String)> = reached
        .iter()
        .filter_map(|entry| match &entry.version {
            Err(LookError::Unreachable { .. }) | Ok(_) => None,
            Err(error) => Some((entry.name(), error.to_string())),
        })
        .collect();
    let accepted = reached.iter().filter(|entry| entry.is_useful()).count();
    if accepted > 0 && refused.is_empty() {
        report.add(Finding::ok("rights", format!("{credential} is accepted")));
    }
    for (name, why) in refused {
        let (user, id) = credential.split_once('!').unwrap_or((credential, ""));
        let mut finding = Finding::fail("rights", format!("{name} does not accept {credential}: {why}"));
        if id.is_empty() {
            finding = finding.fixed_by(format!("pveum passwd {user}"));
        } else {
            finding = finding.fixed_by(format!(
                "pveum user token list {user}   (is {id} there, and not expired?)"
            ));
            finding = finding.fixed_by(format!(
                "pveum user token remove {user} {id} && pveum user token add {user} {id} --privsep 1"
            ));
        }
        report.add(finding);
    }
    if accepted == 0 {
        report.add(Finding::fail(
            "rights",
            "nothing more can be told of the cluster: no entry point could be asked",
        ));
    }
}

/// How far a node's clock is from ours, in whole seconds with a sign; zero within what whole seconds can tell.
pub fn skew_secs(node_secs: u64, before: Timestamp, after: Timestamp) -> i64 {
    let signed = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
    let (low, high) = (signed(node_secs * 1000), signed(node_secs * 1000 + 999));
    let (before, after) = (signed(before.as_millis()), signed(after.as_millis()));
    if low > after {
        (low - after + 500) / 1000
    } else if high < before {
        -((before - high + 500) / 1000)
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skew_is_only_what_cannot_be_explained() {
        let at = Timestamp::from_millis;
        assert_eq!(skew_secs(100, at(100_200), at(100_300)), 0);
        assert_eq!(
            skew_secs(100, at(99_900), at(101_900)),
            0,
            "a slow answer proves nothing"
        );
        assert_eq!(skew_secs(110, at(100_000), at(100_000)), 10);
        assert_eq!(skew_secs(97, at(101_000), at(101_200)), -3);
    }
}
