//! Services: systemd units and docker containers, on nodes and in guests. Pure state and its transitions.
//!
//! A service starts with its place. Stopping and starting take time; a broken one fails at the end of each start.

use std::time::Duration;

use super::journal::Saying;
use super::ledger::Command;
use super::place::{Place, Presence};
use super::{Event, World};
use crate::time::SimTime;

/// Who keeps a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keeper {
    /// systemd.
    Systemd,
    /// docker.
    Docker,
}

/// Which service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId {
    /// Where it runs.
    pub place: Place,
    /// Who keeps it.
    pub keeper: Keeper,
    /// The unit with its suffix, or the container.
    pub name: String,
}

/// What a service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It runs.
    Running,
    /// It is on its way up.
    Starting,
    /// It is on its way down, and perhaps up again after that.
    Stopping {
        /// A restart.
        and_start: bool,
    },
    /// It was stopped, or ended by itself with success.
    Stopped,
    /// It ended with this exit code.
    Failed(i32),
}

/// What is asked of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop it if it runs, and start it.
    Restart,
}

impl Verb {
    /// The word of `systemctl` and `docker`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// What it is, in words.
    pub title: String,
    /// What it does now.
    pub state: State,
    /// Every start fails.
    pub broken: bool,
    /// From the request to the end.
    pub stops_in: Duration,
    /// From the request to running.
    pub starts_in: Duration,
    /// Since when it has been in its state.
    pub since: SimTime,
    /// How often it was started.
    pub starts: u32,
    /// Its process.
    pub pid: u32,
    life: u32,
}

impl Service {
    /// A running service with ordinary times.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            state: State::Running,
            broken: false,
            stops_in: Duration::from_millis(400),
            starts_in: Duration::from_millis(1_600),
            since: SimTime::ZERO,
            starts: 1,
            pid: 900,
            life: 0,
        }
    }

    /// It is neither on its way up nor down.
    pub const fn is_settled(&self) -> bool {
        !matches!(self.state, State::Starting | State::Stopping { .. })
    }
}

impl World {
    /// The service of this name at a place. A unit may be named without `.service`; without a keeper either will do.
    pub fn find_service(&self, place: &Place, keeper: Option<Keeper>, name: &str) -> Option<ServiceId> {
        let full = if name.contains('.') {
            name.to_owned()
        } else {
            format!("{name}.service")
        };
        [(Keeper::Systemd, full), (Keeper::Docker, name.to_owned())]
            .into_iter()
            .filter(|(kept_by, _)| keeper.is_none_or(|wanted| wanted == *kept_by))
            .map(|(keeper, name)| ServiceId {
                place: place.clone(),
                keeper,
                name,
            })
            .find(|id| self.services.contains_key(id))
    }

    /// All services of a place.
    pub fn services_at(&self, place: &Place) -> impl Iterator<Item = (&ServiceId, &Service)> {
        self.services.iter().filter(move |(id, _)| id.place == *place)
    }

    /// Somebody asks something of a service; what follows takes its time.
    pub fn ask_service(&mut self, id: &ServiceId, verb: Verb, by: &str) {
        if !self.services.contains_key(id) {
            return;
        }
        self.ledger.commands.push(Command {
            at_ms: self.now.as_millis(),
            place: id.place.to_string(),
            user: by.to_owned(),
            action: verb.word(),
            service: id.name.clone(),
        });
        self.change_service(id, verb);
    }

    /// The same, without a word in the ledger of what was asked for.
    pub(super) fn change_service(&mut self, id: &ServiceId, verb: Verb) {
        let Some(state) = self.services.get(id).map(|service| service.state) else {
            return;
        };
        match (verb, state) {
            (Verb::Start, State::Running | State::Starting) => {}
            (Verb::Start | Verb::Restart, State::Stopped | State::Failed(_)) => self.begin_start(id),
            (Verb::Start, State::Stopping { .. }) => self.set_state(id, State::Stopping { and_start: true }),
            (Verb::Restart, _) => self.begin_stop(id, true),
            (Verb::Stop, State::Running | State::Starting | State::Stopping { .. }) => {
                self.begin_stop(id, false);
            }
            (Verb::Stop, State::Stopped | State::Failed(_)) => {}
        }
    }

    fn begin_start(&mut self, id: &ServiceId) {
        self.set_state(id, State::Starting);
        let title = self.described(id);
        self.systemd_says(id, 6, format!("Starting {title}..."));
        let delay = self
            .services
            .get(id)
            .map_or(Duration::ZERO, |service| service.starts_in);
        self.service_goes_on(id, delay);
    }

    fn begin_stop(&mut self, id: &ServiceId, and_start: bool) {
        self.set_state(id, State::Stopping { and_start });
        let title = self.described(id);
        self.systemd_says(id, 6, format!("Stopping {title}..."));
        let delay = self
            .services
            .get(id)
            .map_or(Duration::ZERO, |service| service.stops_in);
        self.service_goes_on(id, delay);
    }

    fn service_goes_on(&mut self, id: &ServiceId, delay: Duration) {
        let Some(service) = self.services.get_mut(id) else {
            return;
        };
        service.life += 1;
        let event = Event::Service {
            id: id.clone(),
            life: service.life,
        };
        self.at(delay, event);
    }

    /// A start or stop that was under way is over.
    pub(super) fn service_settles(&mut self, id: &ServiceId, life: u32) {
        let Some(service) = self.services.get(id).filter(|service| service.life == life) else {
            return;
        };
        if self.presence(&id.place) == Presence::Silent {
            self.service_goes_on(id, Duration::from_millis(500));
            return;
        }
        match service.state {
            State::Starting if service.broken => self.fail_start(id),
            State::Starting => self.runs(id),
            State::Stopping { and_start } => {
                self.set_state(id, State::Stopped);
                self.systemd_says(id, 6, format!("{}: Deactivated successfully.", id.name));
                let title = self.described(id);
                self.systemd_says(id, 6, format!("Stopped {title}."));
                if and_start {
                    self.begin_start(id);
                }
            }
            State::Running | State::Stopped | State::Failed(_) => {}
        }
    }

    fn runs(&mut self, id: &ServiceId) {
        self.set_state(id, State::Running);
        let pid = self.fresh_pid(id);
        if let Some(service) = self.services.get_mut(id) {
            service.starts += 1;
            service.pid = pid;
        }
        let title = self.described(id);
        self.systemd_says(id, 6, format!("Started {title}."));
        self.service_says(id, 6, "ready".to_owned());
    }

    fn fail_start(&mut self, id: &ServiceId) {
        self.set_state(id, State::Failed(1));
        let pid = self.fresh_pid(id);
        if let Some(service) = self.services.get_mut(id) {
            service.pid = pid;
        }
        self.service_says(
            id,
            3,
            "cannot bind to its port: Address already in use".to_owned(),
        );
        let name = &id.name;
        self.systemd_says(
            id,
            5,
            format!("{name}: Main process exited, code=exited, status=1/FAILURE"),
        );
        self.systemd_says(id, 4, format!("{name}: Failed with result 'exit-code'."));
        let title = self.described(id);
        self.systemd_says(id, 3, format!("Failed to start {title}."));
    }

    /// The process of a service is killed.
    pub(super) fn kill_service(&mut self, id: &ServiceId) {
        if let Some(service) = self.services.get_mut(id) {
            service.life += 1;
        }
        self.set_state(id, State::Failed(137));
        self.service_says(id, 3, "killed".to_owned());
        let name = &id.name;
        self.systemd_says(
            id,
            5,
            format!("{name}: Main process exited, code=killed, status=9/KILL"),
        );
        self.systemd_says(id, 4, format!("{name}: Failed with result 'signal'."));
    }

    /// A place has started: so do its services.
    pub(super) fn place_started(&mut self, place: &Place) {
        let ids: Vec<ServiceId> = self.services_at(place).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let broken = self.services.get(&id).is_some_and(|service| service.broken);
            if let Some(service) = self.services.get_mut(&id) {
                service.life += 1;
            }
            if broken {
                self.fail_start(&id);
            } else {
                self.runs(&id);
            }
        }
    }

    fn fresh_pid(&mut self, id: &ServiceId) -> u32 {
        match &id.place {
            Place::Node(name) => self.nodes.get_mut(name).map_or(1, super::node::Node::take_pid),
            Place::Guest(_) => 600 + self.services.get(id).map_or(0, |service| service.starts),
        }
    }

    fn set_state(&mut self, id: &ServiceId, state: State) {
        let now = self.now;
        if let Some(service) = self.services.get_mut(id) {
            service.state = state;
            service.since = now;
        }
    }

    /// `chrony.service - chrony, an NTP client/server`.
    fn described(&self, id: &ServiceId) -> String {
        let title = self.services.get(id).map_or("", |service| service.title.as_str());
        format!("{} - {title}", id.name)
    }

    /// A line of systemd about a unit; docker writes none.
    fn systemd_says(&mut self, id: &ServiceId, priority: u8, text: String) {
        if id.keeper == Keeper::Systemd {
            self.say(&id.place, Saying::systemd(&id.name, priority, text));
        }
    }

    /// A line of the service itself.
    fn service_says(&mut self, id: &ServiceId, priority: u8, text: String) {
        let program = id.name.trim_end_matches(".service");
        let pid = self.services.get(id).map_or(1, |service| service.pid);
        let saying = Saying {
            program,
            pid,
            unit: Some(&id.name),
            priority,
            text,
        };
        self.say(&id.place, saying);
    }
}
