//! Generated certificates: what they say, how long they are kept; files: read again when they change.

use super::*;
use async_trait::async_trait;
use std::{
    os::unix::fs::PermissionsExt as _,
    sync::atomic::{AtomicU64, Ordering},
};

const DAY_SECS: u64 = 24 * 3600;

struct HandClock(AtomicU64);

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.load(Ordering::Relaxed))
    }
    async fn sleep(&self, _: Duration) {}
}

fn clock() -> Arc<HandClock> {
    Arc::new(HandClock(AtomicU64::new(20_000 * DAY_SECS)))
}

fn generated(folder: &Path, names: &[&str]) -> CertificateSource {
    CertificateSource::Generated {
        folder: folder.to_owned(),
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn a_generated_one_is_kept_renewed_in_time_and_for_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let open = |names: &[&str]| Certificate::open(generated(folder.path(), names), clock.clone()).unwrap();
    let names = ["10.0.0.9", "fd00::9", "jarvis.local"];
    let first = open(&names).about();
    assert_eq!(first.names, names.map(str::to_owned).into());
    assert!(first.left(clock.now()) > Duration::from_hours(395 * 24));
    assert!(first.left(clock.now()) < LIFE);
    let kept = generated::kept_file(folder.path());
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let handed_out = fs::read_to_string(certificate_file(folder.path())).unwrap();
    assert!(!handed_out.contains("PRIVATE"), "{handed_out}");

    assert_eq!(open(&names), first, "a restart keeps it");
    assert_eq!(open(&names[..1]), first, "fewer names need no other one");
    let other = open(&["10.0.0.9", "10.0.0.10"]);
    assert_ne!(other, first);
    let second = open(&names).about();

    clock.0.fetch_add(360 * DAY_SECS, Ordering::Relaxed);
    assert_eq!(open(&names), second, "more than thirty days are left");
    clock.0.fetch_add(8 * DAY_SECS, Ordering::Relaxed);
    assert_ne!(open(&names), second);
}

impl PartialEq<About> for Certificate {
    fn eq(&self, other: &About) -> bool {
        self.about() == *other
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.about() == other.about()
    }
}

#[test]
fn a_generated_one_is_renewed_while_it_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let certificate = Certificate::open(generated(folder.path(), &["jarvis.local"]), clock.clone()).unwrap();
    let (first, changes) = (certificate.about(), certificate.changes());
    certificate.current();
    assert!(!changes.has_changed().unwrap());
    clock.0.fetch_add(370 * DAY_SECS, Ordering::Relaxed);
    let key = certificate.current();
    assert!(changes.has_changed().unwrap());
    assert_ne!(certificate.about().fingerprint, first.fingerprint);
    assert_eq!(fingerprint(&key.cert[0]), certificate.about().fingerprint);
}

#[test]
fn files_are_read_again_when_they_change_and_kept_when_they_are_broken() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let issue = |name: &str| {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        fs::write(path("chain.pem"), made.cert.pem()).unwrap();
        fs::write(path("key.pem"), made.signing_key.serialize_pem()).unwrap();
    };
    let source = CertificateSource::Files {
        certificate: path("chain.pem"),
        key: path("key.pem"),
    };
    let error = Certificate::open(source.clone(), clock())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("chain.pem: No such file") && error.contains("`tls` in jarvis.yaml"),
        "{error}"
    );
    issue("a.example");
    let certificate = Certificate::open(source.clone(), clock()).unwrap();
    let first = certificate.about();
    certificate.current();
    assert_eq!(certificate, first);

    fs::write(path("key.pem"), "half of a file").unwrap();
    certificate.current();
    assert_eq!(certificate, first, "the one before is served on");
    let foreign = rcgen::generate_simple_self_signed(vec!["b".to_owned()]).unwrap();
    fs::write(path("key.pem"), foreign.signing_key.serialize_pem()).unwrap();
    let error = Certificate::open(source, clock()).unwrap_err().to_string();
    assert!(error.contains("the key does not belong to it"), "{error}");

    issue("longer.example");
    certificate.current();
    assert_eq!(certificate.about().names, ["longer.example".to_owned()].into());
}
