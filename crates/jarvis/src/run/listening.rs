//! What the listener speaks: plain HTTP, or TLS with a certificate of its own making or of files. By which names it is
//! known, and what commands on this machine must know of it.
//!
//! Knows nothing of what is served.

use crate::{config::Config, context::Context, exit::Failure};
use jarvis_api::{Certificate, CertificateSource, Protection, tls::About};
use jarvis_ports::Clock;
use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr, UdpSocket},
    path::PathBuf,
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// What the config asks for.
pub fn protection(config: &Config) -> Protection {
    jarvis_api::protection(config.listen, config.trusted_proxy, &config.tls)
}

/// Where the certificate comes from; none in the clear.
pub fn source(config: &Config) -> Option<CertificateSource> {
    match protection(config) {
        Protection::Plain => None,
        Protection::Generated => Some(CertificateSource::Generated {
            folder: config.state.clone(),
            names: names(config),
        }),
        Protection::Files { certificate, key } => Some(CertificateSource::Files { certificate, key }),
    }
}

/// The certificate to serve with; a generated one is made when it is due.
pub fn certificate(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Certificate>, Failure> {
    source(config)
        .map(|source| Certificate::open(source, clock.clone()))
        .transpose()
        .map_err(|error| Failure::error(error.to_string()))
}

/// Names and addresses by which the listener is reached.
pub fn names(config: &Config) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ["127.0.0.1", "::1", "localhost", "jarvis.local"]
        .map(str::to_owned)
        .into();
    let ip = config.listen.ip();
    if ip.is_unspecified() {
        names.extend(own_addresses().into_iter().map(|ip| ip.to_string()));
    } else {
        names.insert(ip.to_canonical().to_string());
    }
    names.extend(host_name());
    for url in config.public_url.iter().chain(&config.origins) {
        let host = reqwest::Url::parse(url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        names.extend(host.map(|host| host.trim_matches(['[', ']']).to_owned()));
    }
    names
}

/// The addresses of this machine on its way out. Nothing is sent: connecting a datagram socket only picks a route.
fn own_addresses() -> Vec<IpAddr> {
    let towards = |bind: &str, far: &str| {
        let socket = UdpSocket::bind(bind).ok()?;
        socket.connect(far).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    // Addresses set aside for documentation: nobody has them.
    let found = [
        towards("0.0.0.0:0", "192.0.2.1:9"),
        towards("[::]:0", "[2001:db8::1]:9"),
    ];
    found
        .into_iter()
        .flatten()
        .filter(|ip| !ip.is_loopback())
        .collect()
}

/// The machine's name, where it can stand in a certificate.
pub fn host_name() -> Option<String> {
    let name = rustix::system::uname();
    let name = name.nodename().to_str().ok()?.to_lowercase();
    let fits = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    (fits && !name.is_empty() && name != "localhost").then_some(name)
}

/// The URL under which this machine reaches the listener.
pub fn own_url(address: SocketAddr, certificate: Option<&Certificate>) -> String {
    let scheme = if certificate.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", reachable(address))
}

fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    let loopback = if address.is_ipv4() {
        [127, 0, 0, 1].into()
    } else {
        std::net::Ipv6Addr::LOCALHOST.into()
    };
    SocketAddr::new(loopback, address.port())
}

/// The certificate as the start tells it, for whoever compares it in a browser.
pub fn told(about: &About) -> String {
    let names: Vec<&str> = about.names.iter().map(String::as_str).collect();
    format!(
        "certificate: SHA-256 {}\n             until {}, for {}\n",
        about.fingerprint,
        day(about.not_after),
        names.join(", ")
    )
}

/// The day of an instant, in UTC.
pub fn day(at: jarvis_model::Timestamp) -> String {
    let secs = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(secs).map_or_else(
        |_| "never".to_owned(),
        |at| jiff::tz::TimeZone::UTC.to_datetime(at).date().to_string(),
    )
}

/// Tells of every later certificate, and writes its fingerprint down for commands on this machine.
pub async fn follow(
    certificate: Certificate,
    context: Context,
    file: Option<PathBuf>,
    stop: CancellationToken,
) {
    let mut changes = certificate.changes();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = changes.changed() => if changed.is_err() { return },
        }
        let About { fingerprint, .. } = certificate.about();
        tracing::info!(%fingerprint, "the listener has another certificate");
        let context = Context {
            fingerprint: Some(fingerprint),
            ..context.clone()
        };
        if let Some(file) = &file
            && let Err(error) = context.write(file)
        {
            tracing::warn!(path = %file.display(), %error, "cannot write the context file: commands need --fingerprint");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use std::fs;

    fn config(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jarvis.yaml");
        fs::write(folder.path().join("token"), "jarvis@pve!act=secret").unwrap();
        let cluster = "cluster:\n  entryPoints: [{url: https://10.0.0.11}]\n  token: {file: token}\n  tls: {system: true}\n";
        fs::write(&path, format!("{cluster}{text}")).unwrap();
        Config::load(&path, &Environment::default()).unwrap()
    }

    #[test]
    fn a_lan_address_gets_a_certificate_for_all_its_names() {
        for (text, wanted) in [
            ("", None),
            ("listen: 127.0.0.1:1\n", None),
            ("listen: 192.168.1.5:1\ntrustedProxy: true\n", None),
            (
                "listen: 192.168.1.5:1\npublicUrl: https://jarvis.example\n",
                Some("192.168.1.5"),
            ),
            (
                "listen: '[fd00::9]:1'\norigins: ['https://jarvis.example']\n",
                Some("fd00::9"),
            ),
        ] {
            let source = source(&config(text));
            let Some(wanted) = wanted else {
                assert_eq!(source, None, "{text}");
                continue;
            };
            let Some(CertificateSource::Generated { names, .. }) = source else {
                panic!("{text}: {source:?}");
            };
            for name in [wanted, "jarvis.local", "localhost", "127.0.0.1", "jarvis.example"] {
                assert!(names.contains(name), "{text}: {names:?}");
            }
        }
    }

    #[test]
    fn an_open_listener_is_reached_on_loopback_from_here() {
        let reached = |text: &str| own_url(text.parse().unwrap(), None);
        assert_eq!(reached("0.0.0.0:7474"), "http://127.0.0.1:7474");
        assert_eq!(reached("[::]:7474"), "http://[::1]:7474");
        assert_eq!(reached("10.0.0.9:7474"), "http://10.0.0.9:7474");
    }
}
