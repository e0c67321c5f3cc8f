//! The shape of the file to a [`Config`], or every error in it. Reads the secret and certificate files it names.

mod assistant;
mod auth;
mod notifications;
mod ssh;
mod terminal;

use super::{
    ClusterConfig, Config, DEFAULT_LISTEN, SourceConfig,
    error::{ConfigError, Place},
    file::{self, File},
    secret,
};
use crate::environment::Environment;
use jarvis_api::ListenTls;
use jarvis_controller::{Proposing, PushMode};
use jarvis_guard::Floor;
use jarvis_model::{Autonomy, NodeName, Vmid};
use jarvis_proxmox::{ClusterCa, Credential, EntryPoint, Login, Tls, Token};
use jarvis_source::{GitSource, HttpsOptions, HttpsToken, SshOptions};
use serde_saphyr::Spanned;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};
use zeroize::Zeroizing;

/// What surrounds the file.
pub struct Around<'a> {
    /// Its name in messages.
    pub name: &'a str,
    /// Its folder; relative paths begin there.
    pub base: &'a Path,
    /// For secrets and the default state folder.
    pub environment: &'a Environment,
}

/// Checks the whole file.
pub fn check(file: File, around: &Around) -> Result<Config, Vec<ConfigError>> {
    let mut checker = Checker {
        around,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let state = match &file.state {
        Some(state) => around.base.join(&state.value),
        None => around.base.join("state"),
    };
    let listen = checker.listen(file.listen.as_ref());
    let tls = checker.listen_tls(file.tls);
    for url in file.public_url.iter().chain(&file.origins) {
        checker.origin(url);
    }
    let cluster = checker.cluster(file.cluster);
    let source = file.source.and_then(|source| checker.source(source, &state));
    let ssh = checker.ssh(file.ssh, &state);
    let terminal = checker.terminal(file.terminal, ssh.as_ref());
    let floor = checker.floor(&file.safety);
    let recall = checker.seconds("recallSeconds", file.recall_seconds.as_ref(), 4, 0, 300);
    let notifications = checker.notifications(file.notifications);
    let oidc = checker.oidc(file.auth);
    let assistant = checker.assistant(file.assistant);
    let Checker {
        mut errors, warnings, ..
    } = checker;
    match (listen, cluster) {
        (Some(listen), Some(cluster)) if errors.is_empty() => Ok(Config {
            listen,
            public_url: file.public_url.map(|url| url.value),
            origins: file.origins.into_iter().map(|origin| origin.value).collect(),
            trusted_proxy: file.trusted_proxy,
            tls,
            state,
            cluster,
            source,
            ssh,
            terminal,
            floor,
            recall,
            notifications,
            oidc,
            assistant,
            log: file.log,
            warnings,
        }),
        _ => {
            errors.sort_by_key(|error| error.at);
            Err(errors)
        }
    }
}

/// Checks the section `assistant` of a file that has no other.
pub fn check_assistant(
    given: file::Assistant,
    around: &Around,
) -> Result<super::AssistantConfig, Vec<ConfigError>> {
    let mut checker = Checker {
        around,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let assistant = checker.assistant(given);
    if checker.errors.is_empty() {
        Ok(assistant)
    } else {
        checker.errors.sort_by_key(|error| error.at);
        Err(checker.errors)
    }
}

/// Gathers what is wrong while a file is checked; the watchdog's file is checked with it as well.
pub struct Checker<'a> {
    /// What surrounds the file.
    pub around: &'a Around<'a>,
    /// What is wrong.
    pub errors: Vec<ConfigError>,
    /// What the operator should know.
    pub warnings: Vec<String>,
}

/// Where a value stands.
pub fn place<T>(spanned: &Spanned<T>) -> Place {
    spanned.referenced.into()
}

impl Checker<'_> {
    /// Notes an error.
    pub fn wrong(&mut self, at: Place, field: &str, problem: impl Into<String>, hint: impl Into<String>) {
        self.errors.push(ConfigError {
            file: self.around.name.to_owned(),
            at,
            field: field.to_owned(),
            problem: problem.into(),
            hint: hint.into(),
        });
    }

    /// A path of the file; relative ones begin at its folder.
    pub fn path(&self, text: &str) -> PathBuf {
        self.around.base.join(text)
    }

    fn listen(&mut self, text: Option<&file::Text>) -> Option<SocketAddr> {
        let given = text.map_or(DEFAULT_LISTEN, |text| text.value.as_str());
        let parsed = given.parse().ok();
        if let (None, Some(text)) = (parsed, text) {
            let hint = format!("write an IP address and a port, such as {DEFAULT_LISTEN} or [::1]:7474");
            self.wrong(
                place(text),
                "listen",
                format!("{given:?} is no address to listen on"),
                hint,
            );
        }
        parsed
    }

    fn listen_tls(&mut self, tls: Option<Spanned<file::ListenTls>>) -> ListenTls {
        let Some(tls) = tls else {
            return ListenTls::Unsaid;
        };
        let at = place(&tls);
        match tls.value {
            file::ListenTls::Files(files) => ListenTls::Files {
                certificate: self.path(&files.certificate),
                key: self.path(&files.key),
            },
            file::ListenTls::Word(word) => match word.as_str() {
                "generated" => ListenTls::Generated,
                "off" => ListenTls::Off,
                other => {
                    let problem = format!("{other:?} is not known here");
                    let hint = "write generated, off, or {certificate: FILE, key: FILE}";
                    self.wrong(at, "tls", problem, hint);
                    ListenTls::Unsaid
                }
            },
        }
    }

    fn origin(&mut self, text: &file::Text) {
        let fine = reqwest::Url::parse(&text.value).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty()
        });
        if !fine {
            let problem = format!("{:?} is no origin of a browser", text.value);
            self.wrong(
                place(text),
                "publicUrl",
                problem,
                "write scheme and host, such as https://jarvis.example",
            );
        }
    }

    /// Looks a secret up.
    pub fn secret(&mut self, field: &str, secret: &Spanned<file::Secret>) -> Option<Zeroizing<String>> {
        match secret::resolve(&secret.value, self.around.base, self.around.environment) {
            Ok(resolved) => {
                self.warnings
                    .extend(resolved.warning.map(|warning| format!("{field}: {warning}")));
                Some(resolved.value)
            }
            Err(unresolved) => {
                self.wrong(place(secret), field, unresolved.problem, unresolved.hint);
                None
            }
        }
    }

    /// A span within bounds.
    pub fn seconds(
        &mut self,
        field: &str,
        given: Option<&Spanned<u64>>,
        default: u64,
        least: u64,
        most: u64,
    ) -> Duration {
        let secs = given.map_or(default, |given| given.value);
        if let Some(given) = given.filter(|given| !(least..=most).contains(&given.value)) {
            let hint = format!("write whole seconds from {least} to {most}");
            self.wrong(place(given), field, format!("{secs} is out of range"), hint);
        }
        Duration::from_secs(secs)
    }

    fn cluster(&mut self, cluster: Spanned<file::Cluster>) -> Option<ClusterConfig> {
        let (at, cluster) = (place(&cluster), cluster.value);
        let name = cluster
            .name
            .as_ref()
            .map_or("default", |name| name.value.as_str())
            .to_owned();
        if let Some(given) = cluster
            .name
            .as_ref()
            .filter(|given| NodeName::new(&given.value).is_err())
        {
            let problem = format!("{name:?} is no name of a cluster");
            self.wrong(
                place(given),
                "cluster.name",
                problem,
                "use 1 to 63 letters, digits or inner hyphens",
            );
        }
        if cluster.entry_points.is_empty() {
            let hint = "name at least one node, better two: - url: https://10.0.0.11:8006";
            self.wrong(at, "cluster.entryPoints", "is empty", hint);
        }
        let entry_points = cluster
            .entry_points
            .iter()
            .filter_map(|entry| self.entry(entry))
            .collect();
        let credential = self.credential(&cluster, at);
        let tls = self.tls("cluster.tls", cluster.tls.as_ref(), at);
        Some(ClusterConfig {
            name,
            entry_points,
            credential: credential?,
            tls: tls?,
            look_every: None,
            timeouts: None,
        })
    }

    /// One of `cluster.entryPoints`.
    pub fn entry(&mut self, entry: &Spanned<file::Entry>) -> Option<EntryPoint> {
        match EntryPoint::new(entry.value.node.as_deref(), &entry.value.url) {
            Ok(point) => Some(point),
            Err(error) => {
                self.wrong(place(entry), "cluster.entryPoints", plain(&error), "");
                None
            }
        }
    }

    fn credential(&mut self, cluster: &file::Cluster, at: Place) -> Option<Credential> {
        const WAYS: &str = "write token: {file: PATH}; only where no token can be had, user: USER@REALM and password: {file: PATH}";
        match (&cluster.token, &cluster.user, &cluster.password) {
            (Some(token), None, None) => self.token("cluster.token", token).map(Credential::Token),
            (None, Some(user), Some(password)) => self.login(user, password).map(Credential::Login),
            (None, None, None) => {
                self.wrong(
                    at,
                    "cluster.token",
                    "is missing: Proxmox lets nobody in without it",
                    WAYS,
                );
                None
            }
            _ => {
                let problem = "either `token`, or `user` and `password`, is wanted";
                self.wrong(at, "cluster.token", problem, WAYS);
                None
            }
        }
    }

    fn login(&mut self, user: &file::Text, secret: &Spanned<file::Secret>) -> Option<Login> {
        let password = self.secret("cluster.password", secret)?;
        match Login::new(&user.value, &password) {
            Ok(login) => Some(login),
            Err(error) => {
                let at = if error.field == "user" {
                    place(user)
                } else {
                    place(secret)
                };
                self.wrong(at, &format!("cluster.{}", error.field), plain(&error), "");
                None
            }
        }
    }

    /// An API token of Proxmox.
    pub fn token(&mut self, field: &str, secret: &Spanned<file::Secret>) -> Option<Token> {
        let text = self.secret(field, secret)?;
        match Token::parse(&text) {
            Ok(token) => Some(token),
            Err(error) => {
                self.wrong(place(secret), field, plain(&error), "");
                None
            }
        }
    }

    /// How certificates are trusted; `above` is where it is missing when it is.
    pub fn tls(&mut self, field: &str, tls: Option<&Spanned<file::Tls>>, above: Place) -> Option<Tls> {
        const WAYS: &str =
            "write {caFile: pve-root-ca.pem}, {fingerprints: [AA:BB:…]}, {system: true} or {insecure: true}";
        let Some(tls) = tls else {
            self.wrong(
                above,
                field,
                "is missing: it must be said how certificates are trusted",
                WAYS,
            );
            return None;
        };
        let given = &tls.value;
        let made = match (&given.ca_file, &given.fingerprints, given.system, given.insecure) {
            (Some(path), None, false, false) => ClusterCa::from_file(&self.path(path))
                .map(Tls::ClusterCa)
                .map_err(|error| plain(&error)),
            (None, Some(pins), false, false) => {
                Tls::pinned(pins.iter().map(String::as_str)).map_err(|error| plain(&error))
            }
            (None, None, true, false) => Ok(Tls::WebRoots),
            (None, None, false, true) => Ok(Tls::Insecure),
            _ => {
                self.wrong(place(tls), field, "exactly one way of trust is wanted", WAYS);
                return None;
            }
        };
        made.map_err(|problem| self.wrong(place(tls), field, problem, ""))
            .ok()
    }

    fn source(&mut self, source: file::Source, state: &Path) -> Option<SourceConfig> {
        let poll = self.seconds("source.pollSeconds", source.poll_seconds.as_ref(), 30, 1, 86_400);
        let webhook_secret = match &source.webhook_secret {
            Some(secret) => Some(self.secret("source.webhookSecret", secret)?),
            None => None,
        };
        let proposing = self.proposing(source.propose.as_ref());
        let at = place(&source.git);
        let given = source.git.value;
        let token = match &given.https_token {
            Some(secret) => Some(self.secret("source.git.httpsToken", secret)?),
            None => None,
        };
        let branch = given.branch.unwrap_or_else(|| "main".to_owned());
        let remote = self.remote(given.remote);
        let mut git = jarvis_source::Options::new(remote, branch, state.join("source"));
        git.folder = given.folder.unwrap_or_default();
        git.ssh = given.ssh.map(|ssh| SshOptions {
            key_file: self.path(&ssh.key_file),
            known_hosts_file: self.path(&ssh.known_hosts_file),
        });
        git.https = HttpsOptions {
            token: token.map(|token| HttpsToken::new(&token)),
            ca_file: given.ca_file.map(|path| self.path(&path)),
        };
        if let Some(path) = self.around.environment.get("PATH") {
            path.clone_into(&mut git.program_path);
        }
        if let Err(error) = GitSource::new(git.clone()) {
            self.wrong(
                at,
                "source.git",
                format!("{} cannot be used: {}", error.remote, error.why),
                error.hint,
            );
            return None;
        }
        Some(SourceConfig {
            git,
            poll,
            proposing: proposing?,
            webhook_secret,
        })
    }

    fn proposing(&mut self, given: Option<&Spanned<file::Propose>>) -> Option<Proposing> {
        let mut proposing = Proposing::default();
        let Some(given) = given else {
            return Some(proposing);
        };
        let (at, said) = (place(given), &given.value);
        proposing.push = match said.push.as_deref() {
            None | Some("branch") => PushMode::Branch,
            Some("proposal-branch") => PushMode::OwnBranch,
            Some("off") => PushMode::Off,
            Some(other) => {
                let problem = format!("{other:?} is not known here");
                self.wrong(
                    at,
                    "source.propose.push",
                    problem,
                    "write branch, proposal-branch or off",
                );
                return None;
            }
        };
        if let Some(domain) = &said.author_domain {
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
            if domain.is_empty() || !domain.chars().all(plain) {
                let problem = format!("{domain:?} is no domain");
                let hint = "write what stands behind the @ of an author, such as example.org";
                self.wrong(at, "source.propose.authorDomain", problem, hint);
                return None;
            }
            proposing.author_domain.clone_from(domain);
        }
        if let Some(days) = said.expires_after_days {
            if !(1..=90).contains(&days) {
                let problem = format!("{days} is out of range");
                self.wrong(
                    at,
                    "source.propose.expiresAfterDays",
                    problem,
                    "write whole days from 1 to 90",
                );
                return None;
            }
            proposing.expires_after = Duration::from_hours(24 * days);
        }
        Some(proposing)
    }

    /// A path in the file system may be written relative to the file.
    fn remote(&self, remote: String) -> String {
        let is_relative = remote.starts_with("./") || remote.starts_with("../");
        if is_relative {
            self.path(&remote).display().to_string()
        } else {
            remote
        }
    }

    fn floor(&mut self, safety: &file::Safety) -> Floor {
        let mut floor = Floor::default();
        for subject in &safety.protected {
            match self.subject("safety.protected", subject) {
                Some(Subject::Node(node)) => drop(floor.nodes.insert(node)),
                Some(Subject::Guest(vmid)) => drop(floor.guests.insert(vmid)),
                None => {}
            }
        }
        match safety
            .own
            .as_ref()
            .and_then(|own| self.subject("safety.own", own))
        {
            Some(Subject::Node(node)) => floor.own_node = Some(node),
            Some(Subject::Guest(vmid)) => floor.own_guest = Some(vmid),
            None => {}
        }
        if let Some(level) = self.level("safety.autonomy", safety.autonomy.as_ref()) {
            floor.autonomy = level;
        }
        if let Some(level) = self.level("safety.ceiling", safety.ceiling.as_ref()) {
            floor.ceiling = level;
        }
        if let Some(count) = self.count(
            "safety.actionsPerHour",
            safety.actions_per_hour.as_ref(),
            floor.actions_per_hour,
        ) {
            floor.actions_per_hour = count;
        }
        if let Some(count) = self.count(
            "safety.largestPlan",
            safety.largest_plan.as_ref(),
            floor.largest_plan,
        ) {
            floor.largest_plan = count;
        }
        floor
    }

    fn subject(&mut self, field: &str, subject: &Spanned<file::Subject>) -> Option<Subject> {
        let made = match (&subject.value.node, subject.value.vmid) {
            (Some(node), None) => NodeName::new(node).map(Subject::Node),
            (None, Some(vmid)) => Vmid::new(vmid).map(Subject::Guest),
            _ => {
                self.wrong(
                    place(subject),
                    field,
                    "exactly one of `node` and `vmid` is wanted",
                    "write {node: NAME} or {vmid: NUMBER}",
                );
                return None;
            }
        };
        made.map_err(|error| self.wrong(place(subject), field, error.to_string(), ""))
            .ok()
    }

    fn level(&mut self, field: &str, text: Option<&file::Text>) -> Option<Autonomy> {
        let text = text?;
        Autonomy::from_str(&text.value)
            .map_err(|error| self.wrong(place(text), field, error.to_string(), ""))
            .ok()
    }

    /// The file may tighten what is built in, not loosen it.
    fn count(&mut self, field: &str, given: Option<&Spanned<u32>>, most: u32) -> Option<u32> {
        let given = given?;
        if given.value <= most {
            return Some(given.value);
        }
        self.wrong(
            place(given),
            field,
            format!("{} is above the built-in limit", given.value),
            format!("write a number from 0 to {most}"),
        );
        None
    }
}

enum Subject {
    Node(NodeName),
    Guest(Vmid),
}

/// The client's texts begin with the name of its setting; the field stands in front already.
pub fn plain(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    match text.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        Some((_, rest)) => rest.trim_start_matches([':', ' ']).to_owned(),
        None => text,
    }
}
