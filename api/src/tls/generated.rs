//! A certificate of our own making: ECDSA P-256, signed by itself, for the names and addresses of the listener. Kept in
//! the state folder, so that its fingerprint stays the same over restarts.
//!
//! Knows nothing of who serves it.

use super::About;
use jarvis_model::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long one is valid: browsers refuse more than 398 days.
pub const LIFE: Duration = Duration::from_hours(397 * 24);
/// Another one is made when this little is left.
pub const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

/// Key and certificate together, so that they are replaced together.
pub(super) fn kept_file(folder: &Path) -> PathBuf {
    folder.join("listener.pem")
}

/// The certificate alone, to be handed to browsers and other machines.
pub fn certificate_file(folder: &Path) -> PathBuf {
    folder.join("listener.crt")
}

/// Whether another one is needed: it ends soon, or is not for all names. Names that are no longer wanted do no harm.
pub(super) fn is_due(about: &About, names: &BTreeSet<String>, now: Timestamp) -> bool {
    about.left(now) < RENEW_BEFORE || !names.is_subset(&about.names)
}

/// Makes one and keeps it; returns its PEM text.
pub(super) fn make(folder: &Path, names: &BTreeSet<String>, now: Timestamp) -> Result<String, String> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| error.to_string())?;
    let params = params(names, now)?;
    let certificate = params.self_signed(&key).map_err(|error| error.to_string())?;
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    write(&kept_file(folder), &pem, 0o600).map_err(|error| error.to_string())?;
    write(&certificate_file(folder), &certificate.pem(), 0o644).map_err(|error| error.to_string())?;
    Ok(pem)
}

fn params(names: &BTreeSet<String>, now: Timestamp) -> Result<CertificateParams, String> {
    let names: Vec<String> = names.iter().cloned().collect();
    let mut params = CertificateParams::new(names).map_err(|error| error.to_string())?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Jarvis");
    params.distinguished_name = subject;
    // From the day before, for clocks that are behind.
    let begin = now.as_secs().saturating_sub(24 * 3600);
    let (year, month, day) = date(begin)?;
    params.not_before = date_time_ymd(year, month, day);
    let (year, month, day) = date(begin + LIFE.as_secs())?;
    params.not_after = date_time_ymd(year, month, day);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

/// Year, month and day of an instant, in UTC.
fn date(secs: u64) -> Result<(i32, u8, u8), String> {
    let at = i64::try_from(secs).map_err(|error| error.to_string())?;
    let at = jiff::Timestamp::from_second(at).map_err(|error| error.to_string())?;
    let date = jiff::tz::TimeZone::UTC.to_datetime(at).date();
    let [month, day] = [date.month(), date.day()].map(|part| u8::try_from(part).unwrap_or(1));
    Ok((date.year().into(), month, day))
}

/// Replaces a file whole.
fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(fresh, path)
}
