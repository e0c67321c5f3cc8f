//! Following the journals of nodes: `journalctl -f` on the kept connection, taken up again when it ends. News wakes the loop;
//! nothing is decided from it, so what is lost in between is only late.

use crate::{
    link::Link,
    news,
    options::Limits,
    pace::{self, Bucket},
    quote,
};
use jarvis_model::NodeName;
use jarvis_ports::{HostNews, hostread};
use russh::ChannelMsg;
use std::sync::Arc;
use tokio::{
    sync::mpsc::{Sender, error::TrySendError},
    task::JoinSet,
    time::Instant,
};

/// Bytes of a line that are looked at; of a longer one the rest is skipped.
const LONGEST_LINE: usize = 1024;
/// A stream that lasted this long was a good one.
const GOOD: std::time::Duration = std::time::Duration::from_mins(1);

/// Follows until the receiver is gone.
pub async fn follow(links: Vec<(NodeName, Arc<Link>)>, limits: &Limits, news: Sender<HostNews>) {
    let mut streams = JoinSet::new();
    for (node, link) in links {
        streams.spawn(keep(node, link, limits.rest, news.clone()));
    }
    tokio::select! {
        () = news.closed() => {}
        () = async { while streams.join_next().await.is_some() {} } => {}
    }
}

async fn keep(
    node: NodeName,
    link: Arc<Link>,
    limits: (std::time::Duration, std::time::Duration),
    news: Sender<HostNews>,
) {
    let mut failures = 0;
    let mut pace = Pace {
        begun: Instant::now(),
        bucket: Bucket::full(std::time::Duration::ZERO),
        dropped: 0,
    };
    while !news.is_closed() {
        let since = Instant::now();
        let why = stream(&node, &link, &news, &mut pace).await;
        failures = if since.elapsed() >= GOOD { 1 } else { failures + 1 };
        let rest = pace::rest(failures, limits, node.as_str());
        tracing::info!(%node, why, ?rest, "the journal is not followed; taken up again after a rest");
        tokio::time::sleep(rest).await;
    }
}

/// One stream, until it ends; says why it did.
async fn stream(node: &NodeName, link: &Link, news: &Sender<HostNews>, pace: &mut Pace) -> String {
    let (_session, mut place) = match link.place().await {
        Ok(place) => place,
        Err(error) => return error.why().to_owned(),
    };
    if let Err(error) = place.start(&quote::line(&argv())).await {
        return error.to_string();
    }
    let (mut lines, mut said) = (Lines::default(), String::new());
    while let Some(message) = place.next().await {
        match message {
            ChannelMsg::Data { data } => {
                for line in lines.add(&data) {
                    if !pass_on(node, &line, news, pace) {
                        return "nobody listens any more".to_owned();
                    }
                }
            }
            ChannelMsg::ExtendedData { data, .. } if said.len() < LONGEST_LINE => {
                said.push_str(&String::from_utf8_lossy(&data));
            }
            ChannelMsg::ExitStatus { exit_status } => {
                return format!(
                    "journalctl ended with exit code {exit_status}: {}",
                    hostread::clean(&said)
                );
            }
            ChannelMsg::Failure => return "the server does not run commands for this user".to_owned(),
            ChannelMsg::Success => tracing::info!(%node, "following the journal"),
            _ => {}
        }
    }
    "the connection was lost".to_owned()
}

fn argv() -> Vec<String> {
    let mut argv = [
        "journalctl",
        "--follow",
        "--lines=0",
        "--quiet",
        "--no-pager",
        "--output=cat",
    ]
    .map(str::to_owned)
    .to_vec();
    for identifier in news::IDENTIFIERS {
        argv.extend(["-t".to_owned(), identifier.to_owned()]);
    }
    argv
}

struct Pace {
    begun: Instant,
    bucket: Bucket,
    dropped: u64,
}

/// Passes on a line that is news; says whether anybody listens. A receiver that is behind is not waited for: the connection's
/// other programs would wait too, and it will look anyway.
fn pass_on(node: &NodeName, line: &str, news: &Sender<HostNews>, pace: &mut Pace) -> bool {
    let Some(vmid) = news::ended(line) else {
        return !news.is_closed();
    };
    if !pace.bucket.take(pace.begun.elapsed()) {
        pace.dropped += 1;
        if pace.dropped.is_power_of_two() {
            tracing::warn!(%node, dropped = pace.dropped, "the journal tells of more guests ending than is passed on");
        }
        return true;
    }
    let said = HostNews {
        node: node.clone(),
        vmid: Some(vmid),
        line: hostread::clean(line),
    };
    !matches!(news.try_send(said), Err(TrySendError::Closed(_)))
}

/// Bytes as they come, as lines.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
    skipping: bool,
}

impl Lines {
    fn add(&mut self, data: &[u8]) -> Vec<String> {
        let mut whole = Vec::new();
        for byte in data {
            match byte {
                b'\n' => {
                    if !self.skipping {
                        whole.push(String::from_utf8_lossy(&self.begun).into_owned());
                    }
                    self.begun.clear();
                    self.skipping = false;
                }
                _ if self.begun.len() >= LONGEST_LINE => {
                    self.begun.clear();
                    self.skipping = true;
                }
                _ if self.skipping => {}
                byte => self.begun.push(*byte),
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_long_ones_not_at_all() {
        let mut lines = Lines::default();
        assert!(lines.add(b"Starting clea").is_empty());
        assert_eq!(
            lines.add(b"nup for 101\n\nnext"),
            ["Starting cleanup for 101", ""]
        );
        assert!(lines.add(&[b'x'; 5000]).is_empty());
        assert_eq!(lines.add(b"tail\nshort\n"), ["short"]);
        assert!(lines.begun.is_empty());
    }

    #[tokio::test]
    async fn a_flood_is_passed_on_in_part_and_never_waits() {
        let (news, mut heard) = tokio::sync::mpsc::channel(100);
        let mut pace = Pace {
            begun: Instant::now(),
            bucket: Bucket::full(std::time::Duration::ZERO),
            dropped: 0,
        };
        let node = NodeName::new("forge").unwrap();
        for number in 100..1100 {
            assert!(pass_on(
                &node,
                &format!("Starting cleanup for {number}"),
                &news,
                &mut pace
            ));
        }
        assert!(pass_on(&node, "nothing of interest", &news, &mut pace));
        assert_eq!(heard.len() as u64 + pace.dropped, 1000);
        assert!(heard.len() < 40, "{}", heard.len());
        assert_eq!(heard.recv().await.unwrap().vmid.unwrap().to_string(), "100");
        drop(heard);
        pace.bucket = Bucket::full(std::time::Duration::ZERO);
        assert!(!pass_on(&node, "Starting cleanup for 101", &news, &mut pace));
    }
}
