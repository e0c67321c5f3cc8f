//! Where Jarvis itself runs, what must never be touched, how far it may go alone, and where it listens.

use super::{Draft, ask::Asker};
use crate::{cli::init::Answers, config::DEFAULT_LISTEN, exit::Failure, run::own_guest};
use jarvis_model::{Autonomy, NodeName, Vmid};
use jarvis_ports::{ClusterLook, Hypervisor as _};
use std::{fmt, net::SocketAddr, str::FromStr as _};

/// A node or a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A node.
    Node(NodeName),
    /// A guest.
    Guest(Vmid),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Guest(vmid) => write!(f, "guest {vmid}"),
        }
    }
}

const LEVELS: &str = "How far may Jarvis go alone, at first?\n  L0  observe        L1  alert        L2  recommend: a person confirms\n  L3  act and report L4  act, told in the audit only";

/// Asks for all of it.
pub async fn ask(asker: &Asker, given: &Answers, draft: &mut Draft) -> Result<(), Failure> {
    let look = draft.client.0.look_cluster().await;
    let look = look.map_err(|error| Failure::error(error.to_string()))?;
    draft.own = own(asker, given, draft, &look).await?;
    draft.protected = protected(asker, given, &look)?;
    draft.listen = listen(asker, given)?;
    draft.autonomy = autonomy(asker, given)?;
    Ok(())
}

async fn own(
    asker: &Asker,
    given: &Answers,
    draft: &Draft,
    look: &ClusterLook,
) -> Result<Option<Subject>, Failure> {
    let mut found = None;
    if let Some(uuid) = own_guest::machine_uuid() {
        found = own_guest::search(&*draft.client.0, &uuid).await.ok().flatten();
    }
    if let Some(vmid) = found {
        asker.say(&format!(
            "\nThis machine is guest {vmid} of the cluster; it and its node will be protected."
        ));
    }
    let default = found.map_or_else(|| "elsewhere".to_owned(), |vmid| vmid.to_string());
    let mut said = given.own.clone();
    loop {
        let text = match said.take() {
            Some(text) => text,
            None => asker.line(
                "Where does Jarvis itself run? A guest's number, a node's name, or elsewhere",
                Some(&default),
                "--own WHERE",
            )?,
        };
        if text == "elsewhere" {
            return Ok(None);
        }
        match subject(&text, look) {
            Ok(subject) => return Ok(Some(subject)),
            Err(why) => asker.refuse(&why)?,
        }
    }
}

fn protected(asker: &Asker, given: &Answers, look: &ClusterLook) -> Result<Vec<Subject>, Failure> {
    let mut said = (!given.protect.is_empty()).then(|| given.protect.join(" "));
    loop {
        let text = match said.take() {
            Some(text) => text,
            None => asker.line(
                "What must never be touched? Numbers of guests and names of nodes, or none",
                Some("none"),
                "--protect WHAT",
            )?,
        };
        let words = text
            .split([' ', ','])
            .filter(|word| !word.is_empty() && *word != "none");
        match words
            .map(|word| subject(word, look))
            .collect::<Result<Vec<_>, _>>()
        {
            Ok(subjects) => return Ok(subjects),
            Err(why) => asker.refuse(&why)?,
        }
    }
}

/// A guest by number or a node by name, which must be there.
fn subject(text: &str, look: &ClusterLook) -> Result<Subject, String> {
    if let Ok(number) = text.parse::<u32>() {
        let vmid = Vmid::new(number).map_err(|error| error.to_string())?;
        let there = look.guests.iter().any(|guest| guest.vmid == vmid);
        return there
            .then_some(Subject::Guest(vmid))
            .ok_or_else(|| format!("there is no guest {vmid} in this cluster that the token sees"));
    }
    let nodes: Vec<String> = look.nodes.iter().map(|node| node.node.to_string()).collect();
    match NodeName::new(text) {
        Ok(node) if nodes.contains(&node.to_string()) => Ok(Subject::Node(node)),
        _ => Err(format!(
            "{text:?} is no node of this cluster; there are {}",
            nodes.join(", ")
        )),
    }
}

fn listen(asker: &Asker, given: &Answers) -> Result<String, Failure> {
    let mut said = given.listen.clone();
    loop {
        let text = match said.take() {
            Some(text) => text,
            None => asker.line(
                "Address of the dashboard",
                Some(DEFAULT_LISTEN),
                "--listen ADDRESS",
            )?,
        };
        let Ok(address) = text.parse::<SocketAddr>() else {
            asker.refuse(&format!(
                "{text:?} is no address and port, such as {DEFAULT_LISTEN} or 0.0.0.0:7474"
            ))?;
            continue;
        };
        match std::net::TcpListener::bind(address) {
            Ok(_) => {
                if !address.ip().to_canonical().is_loopback() {
                    asker.say("  Other machines can reach that: it speaks TLS, and `jarvis run` prints the fingerprint to compare.");
                }
                return Ok(text);
            }
            Err(error) => asker.refuse(&format!("cannot listen on {address}: {error}"))?,
        }
    }
}

fn autonomy(asker: &Asker, given: &Answers) -> Result<Autonomy, Failure> {
    let mut said = given.autonomy.clone();
    loop {
        let text = match said.take() {
            Some(text) => text,
            None => asker.line(LEVELS, Some("L2"), "--autonomy LEVEL")?,
        };
        match Autonomy::from_str(&text) {
            Ok(level) => return Ok(level),
            Err(error) => asker.refuse(&error.to_string())?,
        }
    }
}
