//! How the API is set up. Knows nothing of the config file; the binary fills this in.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use zeroize::Zeroizing;

/// The longest a session lives, however busy.
pub const SESSION_LIFE: Duration = Duration::from_hours(12);
/// A session that is not used for this long is over.
pub const SESSION_IDLE: Duration = Duration::from_mins(30);
/// How long one cookie is good for; it is renewed on use after half of that.
pub const COOKIE_LIFE: Duration = Duration::from_mins(15);

/// Real cluster or rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A real cluster: the first password works once, to set another.
    Normal,
    /// The embedded simulated cluster: the printed password works as it is.
    Demo,
}

/// The key that signs session cookies. Never printed.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

impl SigningKey {
    /// Takes a key of at least 32 bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ShortKey> {
        if bytes.len() >= 32 {
            Ok(Self(Zeroizing::new(bytes)))
        } else {
            Err(ShortKey { bytes: bytes.len() })
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// A signing key that could be guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key that signs sessions has {bytes} bytes; give it 32 random ones or more")]
pub struct ShortKey {
    /// How many there were.
    pub bytes: usize,
}

/// Everything that can be chosen.
#[derive(Clone)]
pub struct ApiOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Browser origins that may use it (`https://jarvis.example`), without a trailing slash.
    pub origins: BTreeSet<String>,
    /// Whether a proxy in front ends TLS and sets `X-Forwarded-For`; its last entry is then the caller's address.
    pub trusted_proxy: bool,
    /// Whether the listener itself speaks TLS.
    pub tls: bool,
    /// Signs session cookies.
    pub key: SigningKey,
    /// Shared secret of the git webhook, when there is one.
    pub webhook_secret: Option<Zeroizing<String>>,
    /// Longest life of a session.
    pub session_life: Duration,
    /// Longest pause of a session.
    pub session_idle: Duration,
    /// Real cluster or rehearsal.
    pub mode: Mode,
}

impl fmt::Debug for ApiOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiOptions")
            .field("listen", &self.listen)
            .field("origins", &self.origins)
            .field("trusted_proxy", &self.trusted_proxy)
            .field("tls", &self.tls)
            .field("webhook", &self.webhook_secret.is_some())
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl ApiOptions {
    /// Defaults for a listen address: no TLS, no proxy, the loopback names of that port as origins.
    pub fn new(listen: SocketAddr, key: SigningKey) -> Self {
        let mut options = Self {
            listen,
            origins: BTreeSet::new(),
            trusted_proxy: false,
            tls: false,
            key,
            webhook_secret: None,
            session_life: SESSION_LIFE,
            session_idle: SESSION_IDLE,
            mode: Mode::Normal,
        };
        options.allow_own_names();
        options
    }

    /// Adds the names by which a browser on this machine reaches the listener.
    fn allow_own_names(&mut self) {
        let port = self.listen.port();
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            self.origins.insert(format!("http://{host}:{port}"));
        }
        if !self.listen.ip().is_unspecified() {
            self.origins.insert(format!("http://{}", self.listen));
        }
    }

    /// Adds the address people type, e.g. `https://jarvis.example/`. What follows the host is cut off.
    #[must_use]
    pub fn with_public_url(mut self, url: &str) -> Self {
        if let Some(origin) = origin_of(url) {
            self.origins.insert(origin);
        }
        self
    }

    /// Makes it a TLS listener that is known by these names and addresses.
    #[must_use]
    pub fn with_tls<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.tls = true;
        self.origins.clear();
        let port = self.listen.port();
        for name in names {
            let host = match name.parse::<IpAddr>() {
                Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
                _ => name.to_owned(),
            };
            self = self.with_public_url(&format!("https://{host}:{port}"));
        }
        self
    }

    /// Whether browsers reach it over TLS, so that cookies are marked Secure.
    pub fn is_secure(&self) -> bool {
        self.tls || self.trusted_proxy
    }

    /// Name of the session cookie. With TLS the `__Host-` prefix keeps other hosts and paths from setting it.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_secure() {
            "__Host-jarvis_session"
        } else {
            "jarvis_session"
        }
    }

    /// Whether a browser origin may use it.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.contains(&origin.to_ascii_lowercase())
    }

    /// Whether a `Host` header names one of the origins; anything else is a rebound name.
    pub fn allows_host(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.origins
            .iter()
            .filter_map(|origin| origin.split_once("://"))
            .any(|(_, authority)| authority == host)
    }
}

/// `scheme://authority` of a URL, in lower case; default ports are left out as browsers do.
fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let authority = rest
        .split(['/', '?', '#'])
        .next()
        .filter(|authority| !authority.is_empty())?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
    Some(format!("{scheme}://{authority}"))
}

/// What was said about the listener's TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ListenTls {
    /// Nothing: TLS where other machines can reach the address and no proxy ends it.
    #[default]
    Unsaid,
    /// Never; refused where other machines could reach it.
    Off,
    /// A certificate made here.
    Generated,
    /// A certificate of somebody else.
    Files {
        /// The PEM chain.
        certificate: PathBuf,
        /// Its PEM key.
        key: PathBuf,
    },
}

/// What the listener speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// Plain HTTP; whether that may be is [`check_bind`]'s to say.
    Plain,
    /// TLS with a certificate made here.
    Generated,
    /// TLS with these files.
    Files {
        /// The PEM chain.
        certificate: PathBuf,
        /// Its PEM key.
        key: PathBuf,
    },
}

/// Decides what a listener speaks.
pub fn protection(listen: SocketAddr, trusted_proxy: bool, said: &ListenTls) -> Protection {
    match said {
        ListenTls::Off => Protection::Plain,
        ListenTls::Generated => Protection::Generated,
        ListenTls::Files { certificate, key } => Protection::Files {
            certificate: certificate.clone(),
            key: key.clone(),
        },
        ListenTls::Unsaid if trusted_proxy || is_loopback(listen.ip()) => Protection::Plain,
        ListenTls::Unsaid => Protection::Generated,
    }
}

/// Why a listen address is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "refusing to listen on {addr}: passwords would cross the network in the clear; listen on 127.0.0.1, let the listener \
     speak TLS, or set the trusted-proxy option if a proxy in front ends TLS"
)]
pub struct BindError {
    /// The address.
    pub addr: SocketAddr,
}

/// Refuses an address that other machines can reach unless TLS or a trusted proxy protects it.
pub fn check_bind(addr: SocketAddr, options: &ApiOptions) -> Result<(), BindError> {
    if is_loopback(addr.ip()) || options.is_secure() {
        Ok(())
    } else {
        Err(BindError { addr })
    }
}

/// Whether an address never leaves this machine; IPv4 written as IPv6 counts as IPv4.
pub(crate) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(listen: &str) -> ApiOptions {
        ApiOptions::new(listen.parse().unwrap(), SigningKey::new(vec![7; 32]).unwrap())
    }

    #[test]
    fn an_open_address_needs_tls_or_a_proxy() {
        for fine in [
            "127.0.0.1:7474",
            "[::1]:7474",
            "[::ffff:127.0.0.1]:7474",
            "127.8.8.8:1",
        ] {
            assert_eq!(
                check_bind(fine.parse().unwrap(), &options(fine)),
                Ok(()),
                "{fine}"
            );
        }
        for open in [
            "0.0.0.0:7474",
            "192.168.1.5:7474",
            "[::]:7474",
            "[::ffff:10.0.0.1]:7474",
        ] {
            let addr = open.parse().unwrap();
            let error = check_bind(addr, &options(open)).unwrap_err();
            assert!(error.to_string().contains("in the clear"), "{error}");
            assert_eq!(
                check_bind(
                    addr,
                    &ApiOptions {
                        tls: true,
                        ..options(open)
                    }
                ),
                Ok(())
            );
            assert_eq!(
                check_bind(
                    addr,
                    &ApiOptions {
                        trusted_proxy: true,
                        ..options(open)
                    }
                ),
                Ok(())
            );
        }
    }

    #[test]
    fn an_open_address_speaks_tls_unless_a_proxy_does() {
        let files = ListenTls::Files {
            certificate: "c".into(),
            key: "k".into(),
        };
        let decided =
            |listen: &str, proxy, said: &ListenTls| protection(listen.parse().unwrap(), proxy, said);
        for open in ["0.0.0.0:7474", "192.168.1.5:1", "[::]:7474", "[fd00::1]:1"] {
            assert_eq!(
                decided(open, false, &ListenTls::Unsaid),
                Protection::Generated,
                "{open}"
            );
            assert_eq!(decided(open, true, &ListenTls::Unsaid), Protection::Plain);
            assert_eq!(decided(open, true, &ListenTls::Generated), Protection::Generated);
            assert_eq!(decided(open, false, &ListenTls::Off), Protection::Plain);
            assert!(check_bind(open.parse().unwrap(), &options(open)).is_err());
        }
        for own in ["127.0.0.1:7474", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert_eq!(
                decided(own, false, &ListenTls::Unsaid),
                Protection::Plain,
                "{own}"
            );
            assert_eq!(decided(own, false, &ListenTls::Generated), Protection::Generated);
            assert!(matches!(decided(own, false, &files), Protection::Files { .. }));
        }
    }

    #[test]
    fn a_tls_listener_is_known_by_its_names_over_https_only() {
        let options = options("0.0.0.0:7474").with_tls(["jarvis.local", "10.0.0.9", "fd00::9"]);
        assert!(options.is_secure());
        for fine in [
            "https://jarvis.local:7474",
            "https://10.0.0.9:7474",
            "https://[fd00::9]:7474",
        ] {
            assert!(options.allows_origin(fine), "{fine}");
        }
        assert!(!options.allows_origin("http://127.0.0.1:7474"));
        assert!(!options.allows_host("evil.example:7474"));
    }

    #[test]
    fn origins_and_hosts_are_exact() {
        let options = options("127.0.0.1:7474").with_public_url("https://Jarvis.example:443/x?y");
        for fine in [
            "http://localhost:7474",
            "http://127.0.0.1:7474",
            "https://jarvis.example",
        ] {
            assert!(options.allows_origin(fine), "{fine}");
        }
        for bad in [
            "null",
            "",
            "http://localhost:7475",
            "http://localhost",
            "https://jarvis.example.evil",
            "http://jarvis.example",
        ] {
            assert!(!options.allows_origin(bad), "{bad}");
        }
        assert!(options.allows_host("localhost:7474") && options.allows_host("jarvis.example"));
        assert!(!options.allows_host("evil.example") && !options.allows_host("evil.example:7474"));
    }

    #[test]
    fn short_keys_are_refused_and_keys_are_not_printed() {
        assert!(SigningKey::new(vec![1; 31]).is_err());
        assert_eq!(
            format!("{:?}", SigningKey::new(vec![1; 32]).unwrap()),
            "SigningKey(…)"
        );
    }

    #[test]
    fn cookies_are_host_bound_over_tls() {
        assert_eq!(options("127.0.0.1:1").cookie_name(), "jarvis_session");
        assert_eq!(
            ApiOptions {
                tls: true,
                ..options("127.0.0.1:1")
            }
            .cookie_name(),
            "__Host-jarvis_session"
        );
    }
}
