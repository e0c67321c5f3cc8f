//! The listener's own certificate: made here and kept, or read from files; looked at again at every handshake, so that
//! a renewed one is served without a restart.
//!
//! Knows nothing of HTTP, nor of who may connect.

mod generated;

use jarvis_model::Timestamp;
use jarvis_ports::Clock;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    fmt, fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::sync::watch;
use x509_parser::{extensions::GeneralName, prelude::FromDer as _};

pub use generated::{LIFE, RENEW_BEFORE, certificate_file};

/// Where the listener's certificate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateSource {
    /// Made here, kept in this folder, for these names and addresses.
    Generated {
        /// State folder.
        folder: PathBuf,
        /// Host names and IP addresses.
        names: BTreeSet<String>,
    },
    /// PEM files of somebody else. A change of either is noticed at the next handshake.
    Files {
        /// The chain, leaf first.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// Why there is no certificate to serve with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot use the listener's certificate {path}: {why}; {remedy}")]
pub struct CertificateError {
    /// The file.
    pub path: String,
    /// Reason.
    pub why: String,
    /// What to do.
    pub remedy: &'static str,
}

const OWN_FILES: &str =
    "`tls` in jarvis.yaml names a PEM chain, leaf first, and the PEM key that belongs to it";
const KEPT_FILE: &str =
    "check that the state folder is writable, or remove that file to have another one made";

/// What a certificate says, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// SHA-256 of the leaf, `AA:BB:…`.
    pub fingerprint: String,
    /// When it stops being valid.
    pub not_after: Timestamp,
    /// Host names and addresses it is for.
    pub names: BTreeSet<String>,
}

impl About {
    /// Reads the leaf's DER form.
    pub fn of(der: &[u8]) -> Result<Self, String> {
        let (_, leaf) =
            x509_parser::certificate::X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        let names = match leaf.subject_alternative_name() {
            Ok(Some(names)) => names.value.general_names.iter().filter_map(plain_name).collect(),
            _ => BTreeSet::new(),
        };
        let secs = leaf.validity().not_after.timestamp();
        Ok(Self {
            fingerprint: fingerprint(der),
            not_after: Timestamp::from_secs(u64::try_from(secs).unwrap_or(0)),
            names,
        })
    }

    /// Reads the first certificate of a PEM text.
    pub fn of_pem(pem: &[u8]) -> Result<Self, String> {
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| error.to_string())?;
        Self::of(&der)
    }

    /// How long it is still valid; zero once it is not.
    pub fn left(&self, now: Timestamp) -> Duration {
        self.not_after.since(now)
    }
}

fn plain_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => Some(IpAddr::from(<[u8; 4]>::try_from(*bytes).ok()?).to_string()),
            16 => Some(IpAddr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// SHA-256 of a certificate, in the spelling browsers and Proxmox show.
pub fn fingerprint(der: &[u8]) -> String {
    let pairs: Vec<String> = Sha256::digest(der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    pairs.join(":")
}

/// The certificate in use. Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Shared>);

struct Shared {
    source: CertificateSource,
    clock: Arc<dyn Clock>,
    current: Mutex<Current>,
    about: watch::Sender<About>,
}

struct Current {
    key: Arc<CertifiedKey>,
    /// When the files were last changed, as last looked at; they may have been unusable then.
    stamp: Option<Stamp>,
}

type Stamp = [(SystemTime, u64); 2];

impl Certificate {
    /// Reads the certificate; a generated one is made when there is none, when it is for other names, or when it ends
    /// soon.
    pub fn open(source: CertificateSource, clock: Arc<dyn Clock>) -> Result<Self, CertificateError> {
        let (key, about) = load(&source, clock.now())?;
        let stamp = source.stamp();
        Ok(Self(Arc::new(Shared {
            source,
            clock,
            current: Mutex::new(Current { key, stamp }),
            about: watch::Sender::new(about),
        })))
    }

    /// What it says now.
    pub fn about(&self) -> About {
        self.0.about.borrow().clone()
    }

    /// Hears of every later one.
    pub fn changes(&self) -> watch::Receiver<About> {
        self.0.about.subscribe()
    }

    /// TLS 1.2 and 1.3; HTTP/2 and HTTP/1.1 by ALPN.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    /// The key for the next handshake. What cannot be read leaves the one before in place.
    fn current(&self) -> Arc<CertifiedKey> {
        let shared = &*self.0;
        let mut current = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = shared.clock.now();
        let stamp = shared.source.stamp();
        let due = match &shared.source {
            CertificateSource::Files { .. } => stamp != current.stamp,
            CertificateSource::Generated { .. } => {
                shared.about.borrow().left(now) < RENEW_BEFORE && stamp == current.stamp
            }
        };
        if due {
            match load(&shared.source, now) {
                Ok((key, about)) => {
                    current.key = key;
                    current.stamp = shared.source.stamp();
                    shared.about.send_replace(about);
                }
                Err(error) => {
                    tracing::warn!(%error, "the certificate before it is served on");
                    // Looked at again when the files change, not at every handshake.
                    current.stamp = match shared.source {
                        CertificateSource::Files { .. } => stamp,
                        CertificateSource::Generated { .. } => None,
                    };
                }
            }
        }
        Arc::clone(&current.key)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.about()).finish()
    }
}

impl CertificateSource {
    fn stamp(&self) -> Option<Stamp> {
        let one = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        match self {
            Self::Files { certificate, key } => Some([one(certificate)?, one(key)?]),
            Self::Generated { folder, .. } => {
                let stamp = one(&generated::kept_file(folder))?;
                Some([stamp, stamp])
            }
        }
    }
}

fn load(source: &CertificateSource, now: Timestamp) -> Result<(Arc<CertifiedKey>, About), CertificateError> {
    let wrong = |path: &Path, why: String, remedy| CertificateError {
        path: path.display().to_string(),
        why,
        remedy,
    };
    match source {
        CertificateSource::Files { certificate, key } => {
            let read =
                |path: &Path| fs::read(path).map_err(|error| wrong(path, error.to_string(), OWN_FILES));
            key_pair(&read(certificate)?, &read(key)?).map_err(|why| wrong(certificate, why, OWN_FILES))
        }
        CertificateSource::Generated { folder, names } => {
            let kept = generated::kept_file(folder);
            let failed = |why: String| wrong(&kept, why, KEPT_FILE);
            match fs::read(&kept) {
                Ok(pem) => match key_pair(&pem, &pem) {
                    Ok((key, about)) if !generated::is_due(&about, names, now) => return Ok((key, about)),
                    Ok(_) => {}
                    Err(why) => return Err(failed(why)),
                },
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error.to_string())),
            }
            let pem = generated::make(folder, names, now).map_err(failed)?;
            key_pair(pem.as_bytes(), pem.as_bytes()).map_err(failed)
        }
    }
}

/// The first private key and all certificates of PEM texts; they must belong together.
fn key_pair(chain: &[u8], key: &[u8]) -> Result<(Arc<CertifiedKey>, About), String> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("a PEM block is broken: {error}"))?;
    let leaf = chain.first().ok_or("there is no certificate in it")?;
    let about = About::of(leaf).map_err(|why| format!("it cannot be understood: {why}"))?;
    let key =
        PrivateKeyDer::from_pem_slice(key).map_err(|error| format!("the key cannot be read: {error}"))?;
    let pair =
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => "the key does not belong to it".to_owned(),
            other => other.to_string(),
        })?;
    Ok((Arc::new(pair), about))
}

#[cfg(test)]
mod tests;
