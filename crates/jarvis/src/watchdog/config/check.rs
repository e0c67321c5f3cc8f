//! The shape of `watchdog.yaml` to a [`Config`], or every error in it. Reads the secret and certificate files it names.

use super::{Cluster, Config, Watched, shape};
use crate::{
    config::{
        ConfigError,
        check::{Around, Checker, place},
        error::Place,
        file::Text,
    },
    watchdog::mail::{Post, Protection},
};
use jarvis_model::{Identity, Vmid};
use jarvis_proxmox::Tls;
use reqwest::Url;
use serde_saphyr::Spanned;
use std::net::SocketAddr;

/// Everything that watching needs.
pub fn all(file: shape::Given, around: &Around) -> Result<Config, Vec<ConfigError>> {
    let mut checker = checker(around);
    // systemd says where it made a folder for the service.
    let state = match (&file.state, around.environment.get("STATE_DIRECTORY")) {
        (Some(state), _) => checker.path(&state.value),
        (None, Some(made)) => made.into(),
        (None, None) => checker.path("watchdog-state"),
    };
    let maintenance = file.maintenance_file.as_ref();
    let maintenance_file =
        maintenance.map_or_else(|| state.join("maintenance"), |path| checker.path(&path.value));
    let every = checker.seconds("everySeconds", file.every_seconds.as_ref(), 10, 1, 60);
    let misses = misses(&mut checker, file.misses.as_ref());
    let jarvis = needed(&mut checker, "jarvis", file.jarvis).and_then(|given| watched(&mut checker, given));
    let machine =
        needed(&mut checker, "machine", file.machine).and_then(|given| machine(&mut checker, &given));
    let second_opinion = file.witnesses.len();
    let cluster = needed(&mut checker, "cluster", file.cluster)
        .and_then(|given| cluster(&mut checker, given, second_opinion));
    let network = needed(&mut checker, "network", file.network).map(|given| network(&mut checker, given));
    let witnesses = file
        .witnesses
        .iter()
        .filter_map(|url| url_of(&mut checker, "witnesses", url))
        .collect();
    let mail = file.mail.map(|given| mail(&mut checker, given));
    if mail.is_none() {
        let warning = "no `mail` is configured: what the watchdog does is in its log alone";
        checker.warnings.push(warning.to_owned());
    }
    let Checker { errors, warnings, .. } = checker;
    match (jarvis, machine, cluster, network) {
        (Some(jarvis), Some((vmid, identity)), Some(cluster), Some((gateway, neighbours)))
            if errors.is_empty() =>
        {
            Ok(Config {
                jarvis,
                vmid,
                identity,
                cluster,
                gateway,
                neighbours,
                witnesses,
                state,
                maintenance_file,
                every,
                misses,
                mail: mail.flatten(),
                log: file.log,
                warnings,
            })
        }
        _ => Err(sorted(errors)),
    }
}

/// What a mail needs.
pub fn mail_alone(file: shape::Given, around: &Around) -> Result<Post, Vec<ConfigError>> {
    let mut checker = checker(around);
    let post = needed(&mut checker, "mail", file.mail).and_then(|given| mail(&mut checker, given));
    post.filter(|_| checker.errors.is_empty())
        .ok_or_else(|| sorted(checker.errors))
}

fn checker<'a>(around: &'a Around<'a>) -> Checker<'a> {
    Checker {
        around,
        errors: Vec::new(),
        warnings: Vec::new(),
    }
}

fn sorted(mut errors: Vec<ConfigError>) -> Vec<ConfigError> {
    errors.sort_by_key(|error| error.at);
    errors
}

fn needed<T>(checker: &mut Checker, field: &str, given: Option<T>) -> Option<T> {
    if given.is_none() {
        let hint = format!("{} shows every field", super::EXAMPLE);
        checker.wrong(Place::default(), field, "is missing", hint);
    }
    given
}

fn misses(checker: &mut Checker, given: Option<&Spanned<u64>>) -> u32 {
    let count = given.map_or(6, |given| given.value);
    match u32::try_from(count) {
        Ok(count) if (2..=360).contains(&count) => count,
        _ => {
            let at = given.map(place).unwrap_or_default();
            let hint = "write a number from 2 to 360: one lost packet is no death";
            checker.wrong(at, "misses", format!("{count} is out of range"), hint);
            6
        }
    }
}

/// A URL with a host and without credentials; a path is for witnesses.
fn url_of(checker: &mut Checker, field: &str, text: &Text) -> Option<Url> {
    let url = Url::parse(text.value.trim()).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    if url.is_none() {
        let hint = "write scheme, host and port, such as https://10.0.0.103:7474; no user, no password";
        checker.wrong(place(text), field, "is no URL that can be asked", hint);
    }
    url
}

fn watched(checker: &mut Checker, given: Spanned<shape::Watched>) -> Option<Watched> {
    let (at, given) = (place(&given), given.value);
    let url = url_of(checker, "jarvis.url", &given.url);
    if url
        .as_ref()
        .is_some_and(|url| !matches!(url.path(), "" | "/") || url.query().is_some())
    {
        let hint = "write scheme, host and port; /api/health is asked below it";
        checker.wrong(place(&given.url), "jarvis.url", "has a path", hint);
    }
    let plain = url.as_ref().is_some_and(|url| url.scheme() == "http");
    let tls = match (&given.tls, plain) {
        (None, true) => Some(Tls::WebRoots),
        (Some(tls), true) => {
            let hint = "write https, or leave `tls` out";
            checker.wrong(
                place(tls),
                "jarvis.tls",
                "the URL is http, which has no certificates",
                hint,
            );
            None
        }
        (tls, false) => checker.tls("jarvis.tls", tls.as_ref(), at),
    };
    let freeze_token = match &given.freeze_token {
        Some(secret) if plain || matches!(tls, Some(Tls::Insecure)) => {
            let hint = "use https with a certificate that is checked, or leave `freezeToken` out";
            let problem = "would be told to whoever answers there";
            checker.wrong(place(secret), "jarvis.freezeToken", problem, hint);
            None
        }
        Some(secret) => checker.secret("jarvis.freezeToken", secret),
        None => None,
    };
    Some(Watched {
        url: url?,
        tls: tls?,
        freeze_token,
    })
}

fn machine(checker: &mut Checker, given: &Spanned<shape::Machine>) -> Option<(Vmid, Option<Identity>)> {
    let uuid = given.value.uuid.as_ref();
    if let Some(text) = uuid.filter(|text| uuid_of(&text.value).is_none()) {
        let hint = "it is in `qm config VMID` as smbios1, 36 characters long";
        checker.wrong(place(text), "machine.uuid", "is no uuid", hint);
    }
    let identity = uuid.and_then(|text| uuid_of(&text.value)).map(Identity);
    match Vmid::new(given.value.vmid) {
        Ok(vmid) => Some((vmid, identity)),
        Err(error) => {
            checker.wrong(place(given), "machine.vmid", error.to_string(), "");
            None
        }
    }
}

fn uuid_of(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        });
    fits.then_some(text)
}

fn cluster(checker: &mut Checker, given: Spanned<shape::Cluster>, witnesses: usize) -> Option<Cluster> {
    let (at, given) = (place(&given), given.value);
    if given.entry_points.is_empty() {
        let hint = "name at least one node, better two: - {node: atlas, url: https://10.0.0.11:8006}";
        checker.wrong(at, "cluster.entryPoints", "is empty", hint);
    }
    let entry_points = given
        .entry_points
        .iter()
        .filter_map(|entry| checker.entry(entry))
        .collect();
    if given.audit_token.is_none() && witnesses == 0 {
        let hint = "add cluster.auditToken, by which the guest agent is asked, or a URL under `witnesses`";
        let problem = "there is no second vantage point: a running machine would never be reset";
        checker.wrong(at, "cluster.auditToken", problem, hint);
    }
    let token = checker.token("cluster.token", &given.token);
    let audit_token = given
        .audit_token
        .as_ref()
        .map(|secret| checker.token("cluster.auditToken", secret));
    let tls = checker.tls("cluster.tls", given.tls.as_ref(), at);
    Some(Cluster {
        entry_points,
        token: token?,
        audit_token: audit_token.flatten(),
        tls: tls?,
    })
}

fn network(checker: &mut Checker, given: Spanned<shape::Network>) -> (String, Vec<String>) {
    let (at, given) = (place(&given), given.value);
    if given.neighbours.is_empty() {
        let hint = "name another machine that is always on, best another Proxmox node: 10.0.0.12:8006";
        checker.wrong(at, "network.neighbours", "is empty", hint);
    }
    let gateway = address(checker, "network.gateway", &given.gateway);
    let neighbours = given
        .neighbours
        .iter()
        .map(|text| address(checker, "network.neighbours", text))
        .collect();
    (gateway, neighbours)
}

/// An IP address and a port: names would need the network that is to be tested.
fn address(checker: &mut Checker, field: &str, text: &Text) -> String {
    if text.value.parse::<SocketAddr>().is_err() {
        let problem = format!("{:?} is no address with a port", text.value);
        let hint = "write an IP address and a TCP port, such as 10.0.0.1:53; a refused connection counts as an answer";
        checker.wrong(place(text), field, problem, hint);
    }
    text.value.clone()
}

fn mail(checker: &mut Checker, given: Spanned<shape::Mail>) -> Option<Post> {
    let (at, given) = (place(&given), given.value);
    let word = given.tls.as_ref().map_or("starttls", |word| word.value.as_str());
    let protection = Protection::of(word);
    if let (None, Some(text)) = (protection, &given.tls) {
        let hint = "write starttls (port 587), tls (port 465) or off (port 25)";
        checker.wrong(
            place(text),
            "mail.tls",
            format!("{word:?} is not known here"),
            hint,
        );
    }
    let ca = given.ca_file.as_ref().and_then(|path| {
        std::fs::read(checker.path(&path.value))
            .map_err(|error| {
                checker.wrong(place(path), "mail.caFile", format!("cannot be read: {error}"), "");
            })
            .ok()
    });
    let login = match (&given.user, &given.password) {
        (Some(user), Some(password)) => checker
            .secret("mail.password", password)
            .map(|password| (user.value.clone(), password)),
        (None, None) => None,
        _ => {
            let hint = "write both, or neither for a server that asks for none";
            checker.wrong(at, "mail.user", "`user` and `password` belong together", hint);
            None
        }
    };
    if login.is_some() && protection == Some(Protection::Off) {
        let hint = "use starttls or tls";
        checker.wrong(at, "mail.password", "would be sent in the clear", hint);
    }
    if given.to.is_empty() {
        checker.wrong(at, "mail.to", "is empty", "name who is told: [ops@example.org]");
    }
    let from = mailbox(checker, "mail.from", &given.from);
    let to: Vec<_> = given
        .to
        .iter()
        .filter_map(|text| mailbox(checker, "mail.to", text))
        .collect();
    let protection = protection?;
    Some(Post {
        server: given.server.value,
        port: given.port.map_or(protection.usual_port(), |port| port.value),
        protection,
        ca,
        login,
        from: from?,
        to,
    })
}

fn mailbox(checker: &mut Checker, field: &str, text: &Text) -> Option<lettre::message::Mailbox> {
    text.value
        .parse()
        .map_err(|error| {
            let problem = format!("{:?} is no mail address: {error}", text.value);
            checker.wrong(
                place(text),
                field,
                problem,
                "write NAME@HOST or Jarvis <NAME@HOST>",
            );
        })
        .ok()
}
