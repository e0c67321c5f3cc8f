//! What the client needs to know, checked where it enters. Every error names the setting and the remedy.
//! Reads no files and no environment.

use crate::{
    fingerprint::InvalidFingerprint,
    login::{Credential, InvalidLogin},
    tls::{InvalidTls, Tls},
    token::InvalidToken,
};
use jarvis_model::{InvalidName, NodeName};
use jarvis_ports::{Clock, SystemClock};
use reqwest::Url;
use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

/// The port of a Proxmox node's API.
pub const DEFAULT_PORT: u16 = 8006;

/// A node's API as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPoint {
    /// The node behind it, when known; otherwise it is learnt from the node itself.
    pub node: Option<NodeName>,
    url: Url,
}

/// Time limits. All of them hold for each call by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP and TLS together.
    pub connect: Duration,
    /// A whole look, waiting for a slot included.
    pub look: Duration,
    /// A whole write; above Proxmox's own 30 s between nodes, so that its 596 is seen.
    pub write: Duration,
    /// A second entry point is asked when the first has not answered after this.
    pub hedge: Duration,
    /// A program that reads inside a guest, through its agent; in whole seconds.
    pub agent_read: Duration,
    /// A program that changes something inside a guest.
    pub agent_act: Duration,
    /// How often it is asked whether a program inside a guest has ended.
    pub agent_poll: Duration,
    /// How long an entry point that did not answer is asked last (and not at all for writes).
    pub aside: Duration,
    /// How long an entry point that did not accept the token is not asked again.
    pub auth_backoff: Duration,
    /// How long votes read from the corosync configuration are believed.
    pub votes: Duration,
    /// A log-in; above the 3 s that Proxmox holds a refused one back.
    pub login: Duration,
    /// How long no log-in is tried after a refused one.
    pub login_pause: Duration,
    /// The age at which a ticket is renewed.
    pub ticket_renewal: Duration,
    /// The age at which a ticket is not used any more; Proxmox takes it for two hours.
    pub ticket_end: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            look: Duration::from_secs(12),
            write: Duration::from_secs(35),
            hedge: Duration::from_secs(3),
            agent_read: Duration::from_secs(10),
            agent_act: Duration::from_mins(2),
            agent_poll: Duration::from_millis(500),
            aside: Duration::from_secs(20),
            auth_backoff: Duration::from_mins(1),
            votes: Duration::from_mins(5),
            login: Duration::from_secs(8),
            login_pause: Duration::from_mins(30),
            ticket_renewal: Duration::from_hours(1),
            ticket_end: Duration::from_mins(115),
        }
    }
}

/// Everything about one cluster.
#[derive(Clone)]
pub struct Options {
    /// Its name in the configuration; appears in logs.
    pub cluster: String,
    /// Where to ask, in order of preference.
    pub entry_points: Vec<EntryPoint>,
    /// The credential.
    pub credential: Credential,
    /// How entry points are trusted.
    pub tls: Tls,
    /// Time limits.
    pub timeouts: Timeouts,
    /// Whether addresses of members, as Proxmox tells them, become further entry points.
    pub use_member_addresses: bool,
    /// Requests in flight for one node.
    pub in_flight_per_node: usize,
    /// The clock by which permits expire.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("cluster", &self.cluster)
            .field("entry_points", &self.entry_points)
            .field("credential", &self.credential)
            .field("tls", &self.tls)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// What is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// A URL.
    #[error("`entry_points`: {url:?}: {why}; it should look like https://10.0.0.11:8006")]
    Url {
        /// As given, without user information.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// No entry point, or one twice.
    #[error("`entry_points`: {0}")]
    EntryPoints(String),
    /// A node name.
    #[error("`entry_points`: {0}")]
    Node(#[from] InvalidName),
    /// The token.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// User or password.
    #[error(transparent)]
    Login(#[from] InvalidLogin),
    /// A fingerprint.
    #[error(transparent)]
    Fingerprint(#[from] InvalidFingerprint),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] InvalidTls),
    /// The HTTP library.
    #[error("`entry_points`: the HTTP client for {url} cannot be built: {why}")]
    Client {
        /// Which.
        url: String,
        /// Why.
        why: String,
    },
}

impl EntryPoint {
    /// Checks a URL. A missing port is 8006; plain http is for loopback addresses only.
    pub fn new(node: Option<&str>, url: &str) -> Result<Self, OptionsError> {
        let node = node.map(NodeName::new).transpose()?;
        Ok(Self {
            node,
            url: checked(url.trim())?,
        })
    }

    /// Scheme, host and port, without a final slash.
    pub fn url(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or(DEFAULT_PORT);
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }

    /// The same scheme and port at another address.
    pub(crate) fn at(&self, node: NodeName, ip: IpAddr) -> Option<Self> {
        let mut url = self.url.clone();
        url.set_ip_host(ip).ok()?;
        Some(Self {
            node: Some(node),
            url,
        })
    }
}

fn checked(text: &str) -> Result<Url, OptionsError> {
    let shown: String = text
        .rsplit('@')
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect();
    let wrong = |why: &str| OptionsError::Url {
        url: shown.clone(),
        why: why.to_owned(),
    };
    if !text.contains("://") {
        return Err(wrong("the scheme is missing"));
    }
    let mut url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("credentials do not belong here; use `token`"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("the host is missing"));
    }
    if !matches!(url.path(), "" | "/" | "/api2/json" | "/api2/json/")
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(wrong("only scheme, host and port belong here"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err(wrong("plain http would send the token readable; use https")),
        _ => return Err(wrong("the scheme is not https")),
    }
    if url.port().is_none() && !names_default_port(text) {
        url.set_port(Some(DEFAULT_PORT))
            .map_err(|()| wrong("it takes no port"))?;
    }
    url.set_path("/");
    Ok(url)
}

/// The parser drops a scheme's default port; whoever wrote `:443` meant it.
fn names_default_port(text: &str) -> bool {
    let authority = text.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    });
    authority.ends_with(":443") || authority.ends_with(":80")
}

fn is_loopback(url: &Url) -> bool {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_start_matches('[')
        .trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl Options {
    /// Checks what belongs together; time limits start at their defaults.
    pub fn new(
        cluster: &str,
        entry_points: Vec<EntryPoint>,
        credential: impl Into<Credential>,
        tls: Tls,
    ) -> Result<Self, OptionsError> {
        if entry_points.is_empty() {
            return Err(OptionsError::EntryPoints(format!(
                "cluster {cluster} has none; name at least one node, better two, like https://10.0.0.11:8006"
            )));
        }
        for (at, entry) in entry_points.iter().enumerate() {
            if entry_points[..at].iter().any(|earlier| earlier.url == entry.url) {
                return Err(OptionsError::EntryPoints(format!(
                    "{} is there twice; leave one",
                    entry.url()
                )));
            }
            if entry.node.is_some()
                && entry_points[..at]
                    .iter()
                    .any(|earlier| earlier.node == entry.node)
            {
                let node = entry.node.as_ref().map_or("", NodeName::as_str);
                return Err(OptionsError::EntryPoints(format!(
                    "node {node} has two; leave one"
                )));
            }
        }
        Ok(Self {
            cluster: cluster.to_owned(),
            entry_points,
            credential: credential.into(),
            tls,
            timeouts: Timeouts::default(),
            use_member_addresses: false,
            in_flight_per_node: 2,
            clock: Arc::new(SystemClock),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Token;

    #[test]
    fn urls_are_completed_and_checked() {
        for (given, wanted) in [
            ("https://10.0.0.11", "https://10.0.0.11:8006"),
            ("https://10.0.0.11/", "https://10.0.0.11:8006"),
            ("https://atlas.home:8006/api2/json", "https://atlas.home:8006"),
            ("https://atlas.home:443", "https://atlas.home"),
            ("https://[fd00::1]", "https://[fd00::1]:8006"),
            ("http://127.0.0.1:4711", "http://127.0.0.1:4711"),
            ("http://[::1]:4711", "http://[::1]:4711"),
            ("http://localhost", "http://localhost:8006"),
        ] {
            assert_eq!(EntryPoint::new(None, given).unwrap().url(), wanted);
        }
        for (given, why) in [
            ("10.0.0.11:8006", "scheme is missing"),
            ("ftp://10.0.0.11", "not https"),
            ("http://10.0.0.11", "token readable"),
            ("https://root:secret@10.0.0.11", "use `token`"),
            ("https://10.0.0.11/pve", "only scheme"),
            ("https://", "host"),
            ("https://a b", "invalid"),
        ] {
            let error = EntryPoint::new(None, given).unwrap_err().to_string();
            assert!(
                error.starts_with("`entry_points`: ") && error.contains(why),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(EntryPoint::new(Some("a/b"), "https://10.0.0.11").is_err());
    }

    #[test]
    fn entry_points_are_there_and_only_once() {
        let token = Token::parse("jarvis@pve!reads=secret").unwrap();
        let build = |entries| Options::new("home", entries, token.clone(), Tls::WebRoots);
        let entry = |node, url| EntryPoint::new(node, url).unwrap();
        assert!(build(vec![]).unwrap_err().to_string().contains("at least one"));
        let twice = vec![entry(None, "https://a"), entry(None, "https://a:8006/")];
        assert!(build(twice).unwrap_err().to_string().contains("twice"));
        let same = vec![entry(Some("a"), "https://a"), entry(Some("a"), "https://b")];
        assert!(build(same).unwrap_err().to_string().contains("node a has two"));
        let options = build(vec![entry(Some("a"), "https://a")]).unwrap();
        assert!(!format!("{options:?}").contains("secret"));
    }
}
