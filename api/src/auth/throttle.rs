//! Guessing is slow: ten failures within ten minutes, per account and per address. An attempt counts as failed from
//! its beginning until it succeeded, so that many at once gain nothing.

use jarvis_model::Timestamp;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Failures allowed within [`WINDOW`].
pub const FAILURES: usize = 10;
/// The rolling window.
pub const WINDOW: Duration = Duration::from_mins(10);
/// Names remembered at most; the ones longest silent go first.
const KEPT: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Account(String),
    Address(IpAddr),
}

/// Counts failed log-ins.
#[derive(Debug, Default)]
pub struct Throttle {
    failures: Mutex<BTreeMap<Key, Vec<Timestamp>>>,
}

/// Too many failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many failed log-ins for this name or from this address; try again in {}", wait(*retry_after))]
pub struct Throttled {
    /// When the oldest failure leaves the window.
    pub retry_after: Duration,
}

/// A wait as people say it: seconds below two minutes, else whole minutes, rounded up.
fn wait(left: Duration) -> String {
    match left.as_secs().max(1) {
        1 => "a second".to_owned(),
        secs @ 2..120 => format!("{secs} seconds"),
        secs => format!("{} minutes", secs.div_ceil(60)),
    }
}

impl Throttle {
    /// Takes one attempt for an account from an address, or says how long to wait.
    pub fn begin(&self, account: &str, address: IpAddr, now: Timestamp) -> Result<(), Throttled> {
        let keys = keys(account, address);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &keys {
            let Some(times) = failures.get_mut(key) else {
                continue;
            };
            times.retain(|at| now.since(*at) < WINDOW);
            if let (true, Some(oldest)) = (times.len() >= FAILURES, times.first()) {
                return Err(Throttled {
                    retry_after: WINDOW.saturating_sub(now.since(*oldest)),
                });
            }
        }
        for key in keys {
            failures.entry(key).or_default().push(now);
        }
        bound(&mut failures, now);
        Ok(())
    }

    /// Takes an attempt back that succeeded: the account starts anew, the address loses one.
    pub fn succeeded(&self, account: &str, address: IpAddr) {
        let [account, address] = keys(account, address);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&account);
        if let Some(times) = failures.get_mut(&address) {
            times.pop();
        }
    }
}

fn keys(account: &str, address: IpAddr) -> [Key; 2] {
    let account: String = account.chars().take(64).collect::<String>().to_lowercase();
    [Key::Account(account), Key::Address(network_of(address))]
}

/// One household has a whole /64 of IPv6.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

fn bound(failures: &mut BTreeMap<Key, Vec<Timestamp>>, now: Timestamp) {
    if failures.len() <= KEPT {
        return;
    }
    failures.retain(|_, times| times.last().is_some_and(|last| now.since(*last) < WINDOW));
    if failures.len() <= KEPT {
        return;
    }
    // Still too many: the half that is silent longest goes, so that this is rare.
    let mut order: Vec<(Option<Timestamp>, Key)> = failures
        .iter()
        .map(|(key, times)| (times.last().copied(), key.clone()))
        .collect();
    order.sort();
    for (_, key) in order.into_iter().take(KEPT / 2) {
        failures.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_eleventh_failure_waits_until_the_first_is_old() {
        let throttle = Throttle::default();
        let at = Timestamp::from_secs;
        for n in 0..10 {
            throttle
                .begin("anna", ip(&format!("10.0.0.{n}")), at(1000 + n))
                .unwrap();
        }
        let error = throttle.begin("Anna", ip("10.0.1.1"), at(1100)).unwrap_err();
        assert_eq!(error.retry_after, Duration::from_secs(500));
        assert!(error.to_string().ends_with("try again in 9 minutes"), "{error}");
        let soon = Throttled {
            retry_after: Duration::from_secs(119),
        };
        assert!(soon.to_string().ends_with("try again in 119 seconds"), "{soon}");
        assert!(throttle.begin("berta", ip("10.0.1.1"), at(1100)).is_ok());
        assert!(throttle.begin("anna", ip("10.0.1.1"), at(1600)).is_ok());
    }

    #[test]
    fn an_address_is_counted_over_all_accounts_and_as_a_network() {
        let throttle = Throttle::default();
        for n in 0..10 {
            throttle
                .begin(
                    &format!("user{n}"),
                    ip(&format!("2001:db8::{n}")),
                    Timestamp::from_secs(1),
                )
                .unwrap();
        }
        assert!(
            throttle
                .begin("else", ip("2001:db8::ffff"), Timestamp::from_secs(2))
                .is_err()
        );
        assert!(
            throttle
                .begin("else", ip("2001:db8:0:1::1"), Timestamp::from_secs(2))
                .is_ok()
        );
    }

    #[test]
    fn success_clears_the_account() {
        let throttle = Throttle::default();
        for _ in 0..9 {
            throttle
                .begin("anna", ip("10.0.0.1"), Timestamp::from_secs(1))
                .unwrap();
        }
        throttle
            .begin("anna", ip("10.0.0.2"), Timestamp::from_secs(1))
            .unwrap();
        throttle.succeeded("anna", ip("10.0.0.2"));
        assert!(
            throttle
                .begin("anna", ip("10.0.0.2"), Timestamp::from_secs(1))
                .is_ok()
        );
    }

    #[test]
    fn a_flood_of_names_stays_bounded() {
        let throttle = Throttle::default();
        for n in 0..(KEPT + 50) {
            let address = IpAddr::V4((u32::try_from(n).unwrap() + 1).into());
            throttle
                .begin(
                    &format!("u{n}"),
                    address,
                    Timestamp::from_secs(1 + n as u64 / 100),
                )
                .unwrap();
        }
        assert!(throttle.failures.lock().unwrap().len() <= KEPT);
    }
}
