//! Routes: which paths there are, what they need, and the order in which a request is checked.
//!
//! Order (section 2 of the API facts): authentication → route → permission → forwarding → parameters → handler.

use std::collections::BTreeMap;
use std::time::Duration;

use super::answer::{NO_CLUSTER_FILES, Packing, Progress, Reply};
use super::params::{Given, Param, check};
use super::reach::{self, Reach};
use super::tls::Site;
use crate::json::Json;
use crate::world::access::Identity;
use crate::world::flavour::Release;
use crate::world::guest::Kind;
use crate::world::{Refusal, World};

/// A request that passed authentication.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method.
    pub method: String,
    /// Path below the format, percent-decoded, without a trailing slash.
    pub path: String,
    /// Parameters of query and body.
    pub given: Given,
    /// Who asks; nothing for routes that need no one.
    pub who: Option<Identity>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug)]
pub enum Guard {
    /// Everybody, without credentials.
    Everyone,
    /// Everybody with credentials.
    Login,
    /// Any of the privileges on the path, whose `{names}` are taken from the request.
    Need(&'static str, &'static [&'static str]),
}

/// What a handler returns.
pub enum Done {
    /// Data.
    Data(Json),
    /// Data and a total beside it.
    Page(Json, u64),
    /// Not yet: the handler wants to be asked again.
    NotYet,
    /// Data, but only after this much simulated time.
    Later(Json, Duration),
    /// Data that comes packed whether or not the client asked for it, and a total.
    Packed(Json, u64),
}

/// What a handler is given.
pub struct Ctx<'a> {
    /// The cluster.
    pub world: &'a mut World,
    /// Certificates and version.
    pub site: &'a Site,
    /// The node that was asked.
    pub entry: &'a str,
    /// Who asks.
    pub who: Identity,
    /// Parts of the path by name.
    pub parts: BTreeMap<&'static str, String>,
    /// Checked parameters.
    pub params: BTreeMap<String, String>,
    /// How long the request has been waiting (simulated).
    pub waited: Duration,
}

impl Ctx<'_> {
    /// A part of the path.
    pub fn part(&self, name: &str) -> &str {
        self.parts.get(name).map_or("", String::as_str)
    }

    /// The node in the path.
    pub fn node(&self) -> &str {
        self.part("node")
    }

    /// The guest in the path.
    pub fn vmid(&self) -> u32 {
        self.part("vmid").parse().unwrap_or(0)
    }

    /// The kind of guest in the path.
    pub fn kind(&self) -> Kind {
        if self.part("kind") == "lxc" {
            Kind::Lxc
        } else {
            Kind::Qemu
        }
    }

    /// A parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    /// A parameter that is 1.
    pub fn flag(&self, name: &str) -> bool {
        self.param(name) == Some("1")
    }

    /// A whole number not below zero.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.param(name)?.parse().ok()
    }

    /// The release whose answers are given.
    pub const fn release(&self) -> Release {
        self.world.flavour.release
    }

    /// The caller has any of the privileges on the path.
    pub fn allowed(&self, path: &str, any_of: &[&str]) -> bool {
        self.world.access.allows(&self.who, path, any_of)
    }
}

/// A handler.
pub type Handler = fn(&mut Ctx<'_>) -> Result<Done, Refusal>;

/// A route.
pub struct Route {
    /// Method.
    pub method: &'static str,
    /// Path; `{name}` is any one segment. `{kind}` is `qemu` or `lxc`.
    pub path: &'static str,
    /// Who may.
    pub guard: Guard,
    /// Forwarded to the node in the path.
    pub forward: bool,
    /// Done by `pvedaemon`.
    pub protected: bool,
    /// Parameters.
    pub params: &'static [Param],
    /// Configuration keys are accepted as parameters.
    pub open: bool,
    /// The first release that has it.
    pub since: Release,
    /// The handler.
    pub run: Handler,
}

impl Route {
    /// A route answered by the node that is asked.
    pub const fn here(method: &'static str, path: &'static str, guard: Guard, run: Handler) -> Self {
        Self {
            method,
            path,
            guard,
            forward: false,
            protected: false,
            params: &[],
            open: false,
            since: Release::V8,
            run,
        }
    }

    /// A route forwarded to the node in the path.
    pub const fn there(method: &'static str, path: &'static str, guard: Guard, run: Handler) -> Self {
        Self {
            forward: true,
            ..Self::here(method, path, guard, run)
        }
    }

    /// With parameters.
    pub const fn with(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    /// Done by `pvedaemon`.
    pub const fn protected(self) -> Self {
        Self {
            protected: true,
            ..self
        }
    }

    /// Configuration keys are parameters too.
    pub const fn open(self) -> Self {
        Self { open: true, ..self }
    }

    /// Not in releases before 9.
    pub const fn new_in_9(self) -> Self {
        Self {
            since: Release::V9,
            ..self
        }
    }

    fn matches(&self, method: &str, path: &str) -> Option<BTreeMap<&'static str, String>> {
        if self.method != method {
            return None;
        }
        let mut parts = BTreeMap::new();
        let mut given = path.split('/');
        for wanted in self.path.split('/') {
            let part = given.next()?;
            match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some("kind") if part != "qemu" && part != "lxc" => return None,
                Some(name) => {
                    parts.insert(name, part.to_owned());
                }
                None if wanted != part => return None,
                None => {}
            }
        }
        given.next().is_none().then_some(parts)
    }
}

/// Finds the route of a path, also for deciding whether credentials are needed.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, BTreeMap<&'static str, String>)> {
    super::api::ROUTES
        .iter()
        .copied()
        .flatten()
        .find_map(|route| route.matches(method, path).map(|parts| (route, parts)))
}

/// Answers a request as far as it can be answered after having waited this long.
pub fn respond(world: &mut World, site: &Site, entry: &str, asked: &Asked, waited: Duration) -> Progress {
    match attempt(world, site, entry, asked, waited) {
        Ok(Done::Data(data)) => Progress::Done(Reply::ok(data, None, world.rng_mut())),
        Ok(Done::Page(data, total)) => Progress::Done(Reply::ok(data, Some(total), world.rng_mut())),
        Ok(Done::Later(data, delay)) => Progress::Done(Reply {
            delay,
            ..Reply::ok(data, None, world.rng_mut())
        }),
        Ok(Done::Packed(data, total)) => Progress::Done(Reply {
            packing: Packing::Unasked,
            ..Reply::ok(data, Some(total), world.rng_mut())
        }),
        Ok(Done::NotYet) => Progress::Wait(Duration::from_millis(200)),
        Err(refusal) => Progress::Done(Reply::refusal(&refusal, world.rng_mut())),
    }
}

fn attempt(
    world: &mut World,
    site: &Site,
    entry: &str,
    asked: &Asked,
    waited: Duration,
) -> Result<Done, Refusal> {
    no_cluster_files(world, entry)?;
    let found = find(&asked.method, &asked.path).filter(|(route, _)| route.since <= world.flavour.release);
    let Some((route, parts)) = found else {
        let text = format!("Method '{} {}' not implemented", asked.method, asked.path);
        return Err(Refusal {
            status: 501,
            text,
            errors: Vec::new(),
        });
    };
    let who = asked.who.clone().unwrap_or(Identity {
        user: "nobody".to_owned(),
        token: None,
    });
    permit(world, route, &parts, &who)?;
    let node = if route.forward {
        parts.get("node").map_or(entry, String::as_str)
    } else {
        entry
    };
    match reach::reach(world, entry, node, route.protected, waited) {
        Reach::Open => {}
        Reach::NotYet => return Ok(Done::NotYet),
        Reach::Closed(refusal) => return Err(refusal),
    }
    no_cluster_files(world, node)?;
    if let Some(refusal) = wrong_part(&parts) {
        return Err(refusal);
    }
    let params = check(&asked.given, route.params, route.open)?;
    let mut ctx = Ctx {
        world,
        site,
        entry,
        who,
        parts,
        params,
        waited,
    };
    (route.run)(&mut ctx)
}

/// Without its cluster file system a node knows nobody and refuses everything.
pub fn no_cluster_files(world: &World, node: &str) -> Result<(), Refusal> {
    match world.nodes.get(node) {
        Some(state) if state.no_cluster_files => Err(Refusal::failed(format!(
            "{NO_CLUSTER_FILES}: Unable to load access control list: Connection refused"
        ))),
        _ => Ok(()),
    }
}

fn permit(
    world: &World,
    route: &Route,
    parts: &BTreeMap<&'static str, String>,
    who: &Identity,
) -> Result<(), Refusal> {
    let Guard::Need(template, privileges) = route.guard else {
        return Ok(());
    };
    let path = parts.iter().fold(template.to_owned(), |path, (name, value)| {
        path.replace(&format!("{{{name}}}"), value)
    });
    if world.access.allows(who, &path, privileges) {
        return Ok(());
    }
    Err(Refusal::forbidden(format!(
        "Permission check failed ({path}, {})",
        privileges.join("|")
    )))
}

fn wrong_part(parts: &BTreeMap<&'static str, String>) -> Option<Refusal> {
    let vmid = parts.get("vmid")?;
    let sound = vmid.len() <= 9 && vmid.parse::<u32>().is_ok_and(|number| number >= 100);
    (!sound).then(|| {
        Refusal::parameter(
            "vmid",
            "invalid format - value does not look like a valid VM ID\n",
        )
    })
}
