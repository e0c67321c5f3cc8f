//! Whether the machine is dead by more than one opinion, and what would help. What is not known speaks against acting.

use super::{Health, Topic};
use jarvis_model::{GuestStatus, NodeName, StopCause};
use jarvis_proxmox::watchdog::Deed;
use std::time::Duration;

/// A machine that was started less than this ago may be on its way up.
const SETTLES: Duration = Duration::from_mins(5);

/// What was found out about a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Jarvis, asked once more at the end.
    pub health: Health,
    /// Whether the maintenance file is there by now.
    pub maintenance: bool,
    /// Whether the gateway answers.
    pub gateway: bool,
    /// Whether a neighbour answers.
    pub neighbour: bool,
    /// The machine, by a Proxmox entry point.
    pub guest: Result<Guest, String>,
    /// What others say who ask Jarvis another way.
    pub witnesses: Vec<Witness>,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Where it lives.
    pub node: NodeName,
    /// Whether it is a virtual machine and no template.
    pub is_machine: bool,
    /// Whether it is the one that was named; why not, or why it is not known.
    pub identity: Result<(), String>,
    /// Whether the HA manager has it.
    pub ha_managed: bool,
    /// Its lock.
    pub lock: Option<String>,
    /// What it does.
    pub status: GuestStatus,
    /// Since when it runs.
    pub uptime: Duration,
    /// Its guest agent.
    pub agent: Agent,
    /// Why it stopped, where it is stopped; or why that cannot be read.
    pub stopped_by: Result<StopCause, String>,
}

/// The guest agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agent {
    /// It answers: the machine lives.
    Answers,
    /// It does not, though it should.
    Silent,
    /// It could not be asked.
    Unknown(String),
}

/// What one says who asks Jarvis another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Witness {
    /// Jarvis answers there.
    Answers,
    /// It does not answer there either.
    Silent,
    /// Nothing was learnt.
    Unknown(String),
}

/// What would help, where, and on what it stands; or why the machine is left alone.
pub type Judgement = Result<(Deed, NodeName, String), (Topic, String)>;

/// The whole question.
pub fn judge(found: &Found) -> Judgement {
    network(found)?;
    let guest = found
        .guest
        .as_ref()
        .map_err(|why| (Topic::Blind, format!("it cannot be looked at: {why}")))?;
    is_the_one(guest)?;
    if found.witnesses.contains(&Witness::Answers) {
        let why = "a witness reaches Jarvis: what is broken lies between here and there";
        return Err((Topic::WitnessAnswers, why.to_owned()));
    }
    match &guest.status {
        GuestStatus::Running => running(guest, &found.witnesses),
        GuestStatus::Stopped => stopped(guest),
        GuestStatus::Held(word) => Err((
            Topic::Held,
            format!("it is {word}, which a person or a full storage does; a reset would not help"),
        )),
    }
}

fn network(found: &Found) -> Result<(), (Topic, String)> {
    let why = match (found.gateway, found.neighbour) {
        (true, true) => return Ok(()),
        (false, true) => "the gateway does not answer here",
        (true, false) => "no neighbour answers here",
        (false, false) => "neither the gateway nor a neighbour answers here",
    };
    let text = format!("{why}: the watchdog's own network may be what is broken");
    Err((Topic::NoNetwork, text))
}

/// That it is the machine which was named, and nobody else works on it.
fn is_the_one(guest: &Guest) -> Result<(), (Topic, String)> {
    if !guest.is_machine {
        return Err((
            Topic::NoMachine,
            "it is a container or a template, no virtual machine".to_owned(),
        ));
    }
    if let Err(why) = &guest.identity {
        return Err((Topic::OtherGuest, why.clone()));
    }
    if guest.ha_managed {
        return Err((
            Topic::Managed,
            "the HA manager of Proxmox looks after it".to_owned(),
        ));
    }
    match &guest.lock {
        Some(lock) => Err((
            Topic::Locked,
            format!("it is locked ({lock}): something works on it"),
        )),
        None => Ok(()),
    }
}

fn running(guest: &Guest, witnesses: &[Witness]) -> Judgement {
    if guest.uptime < SETTLES {
        let why = format!(
            "it was started {} s ago and may be on its way up",
            guest.uptime.as_secs()
        );
        return Err((Topic::JustStarted, why));
    }
    let witness = witnesses.contains(&Witness::Silent);
    let opinion = match (&guest.agent, witness) {
        (Agent::Answers, _) => {
            let why =
                "its guest agent answers: the machine lives, Jarvis in it does not; restart the service";
            return Err((Topic::AgentAnswers, why.to_owned()));
        }
        (Agent::Silent, true) => "its guest agent is silent, and a witness does not reach Jarvis either",
        (Agent::Silent, false) => "its guest agent is silent",
        (Agent::Unknown(_), true) => "a witness does not reach Jarvis either",
        (Agent::Unknown(why), false) => {
            let why = format!("it runs, and no second opinion says that it is dead (guest agent: {why})");
            return Err((Topic::NobodyAgrees, why));
        }
    };
    Ok((Deed::Reset, guest.node.clone(), format!("it runs, {opinion}")))
}

fn stopped(guest: &Guest) -> Judgement {
    let start = |why: &str| Ok((Deed::Start, guest.node.clone(), why.to_owned()));
    match &guest.stopped_by {
        Ok(StopCause::NoTask) => start("it is stopped, and no task says that anybody meant it"),
        Ok(StopCause::StartFailed { text, .. }) => start(&format!(
            "it is stopped, and its last start failed ({})",
            text.chars().take(200).collect::<String>()
        )),
        Ok(StopCause::Person { user, task_type, .. }) => Err((
            Topic::StoppedByPerson,
            format!("{user} stopped it ({task_type}), and what a person stopped stays stopped"),
        )),
        Ok(StopCause::Ourselves { .. }) => {
            Err((Topic::StoppedByPerson, "it was stopped on purpose".to_owned()))
        }
        Ok(StopCause::System { task_type, .. }) => Err((
            Topic::StoppedWithNode,
            format!("it was stopped with its node or by the cluster ({task_type})"),
        )),
        Ok(StopCause::Unreadable) => Err((
            Topic::StopUnexplained,
            "it is stopped, and why cannot be read".to_owned(),
        )),
        Err(why) => Err((
            Topic::StopUnexplained,
            format!("it is stopped, and why cannot be read: {why}"),
        )),
    }
}
