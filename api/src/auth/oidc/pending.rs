//! Log-ins under way: what was sent along with the browser, until it comes back. Single use, five minutes, bound to the
//! browser by a cookie; bounded, so that beginning many costs nothing.

use super::OidcError;
use crate::auth::{random_secret, secret_hash, throttle};
use jarvis_model::Timestamp;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long the provider's pages may take.
pub const LIFE: Duration = Duration::from_mins(5);
/// Log-ins under way at most, altogether and from one address.
const ALTOGETHER: usize = 2000;
const FROM_ONE: usize = 20;

/// A log-in that begins: what goes to the provider, and what stays in the browser.
pub struct Begun {
    /// Comes back with the browser.
    pub state: Zeroizing<String>,
    /// Comes back inside the ID token.
    pub nonce: Zeroizing<String>,
    /// Proves at the token endpoint that it was us who began.
    pub verifier: Zeroizing<String>,
    /// Value of the cookie.
    pub binding: Zeroizing<String>,
}

/// What is kept of it.
pub struct Kept {
    /// Must be in the ID token.
    pub nonce: Zeroizing<String>,
    /// For the token endpoint.
    pub verifier: Zeroizing<String>,
    /// Where the provider was told to send the browser.
    pub redirect_uri: String,
    binding_hash: String,
    network: IpAddr,
    until: Timestamp,
}

/// All of them, by the hash of their state.
#[derive(Default)]
pub struct Pending {
    kept: Mutex<BTreeMap<String, Kept>>,
}

impl Pending {
    /// Begins one.
    pub fn begin(&self, redirect_uri: &str, address: IpAddr, now: Timestamp) -> Result<Begun, OidcError> {
        let random = || random_secret().map_err(|error| OidcError::Unavailable(error.to_string()));
        let begun = Begun {
            state: random()?,
            nonce: random()?,
            verifier: random()?,
            binding: random()?,
        };
        let network = throttle::network_of(address);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, one| one.until > now);
        let here = kept.values().filter(|one| one.network == network).count();
        if here >= FROM_ONE || kept.len() >= ALTOGETHER {
            return Err(OidcError::Busy);
        }
        let one = Kept {
            nonce: begun.nonce.clone(),
            verifier: begun.verifier.clone(),
            redirect_uri: redirect_uri.to_owned(),
            binding_hash: secret_hash(&begun.binding),
            network,
            until: now + LIFE,
        };
        kept.insert(secret_hash(&begun.state), one);
        Ok(begun)
    }

    /// Takes one out, if this state began in the browser with this cookie. Asked with the wrong cookie, it is over, too.
    pub fn take(&self, state: &str, binding: Option<&str>, now: Timestamp) -> Result<Kept, OidcError> {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.remove(&secret_hash(state)).ok_or(OidcError::Unknown)?;
        let same = binding.is_some_and(|binding| {
            bool::from(
                secret_hash(binding)
                    .as_bytes()
                    .ct_eq(kept.binding_hash.as_bytes()),
            )
        });
        if same && kept.until > now {
            Ok(kept)
        } else {
            Err(OidcError::Unknown)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://jarvis.example/auth/oidc/callback";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_state_is_good_once_in_its_browser_for_five_minutes() {
        let now = Timestamp::from_secs(1000);
        let pending = Pending::default();
        let begin = || pending.begin(HERE, ip("10.0.0.1"), now).unwrap();
        let good = begin();
        let taken = pending
            .take(&good.state, Some(&good.binding), now + Duration::from_secs(299))
            .unwrap();
        assert_eq!((&*taken.nonce, &*taken.verifier), (&*good.nonce, &*good.verifier));
        assert!(
            pending.take(&good.state, Some(&good.binding), now).is_err(),
            "twice"
        );
        for (binding, later) in [(Some("other"), 0), (None, 0), (Some(""), 0), (Some("own"), 300)] {
            let begun = begin();
            let binding = if binding == Some("own") {
                Some(begun.binding.as_str())
            } else {
                binding
            };
            let at = now + Duration::from_secs(later);
            assert!(pending.take(&begun.state, binding, at).is_err(), "{later}");
            assert!(
                pending.take(&begun.state, Some(&begun.binding), now).is_err(),
                "tried once, it is over"
            );
        }
        assert!(pending.take("guessed", Some("x"), now).is_err());
    }

    #[test]
    fn a_flood_from_one_address_leaves_room_for_others() {
        let now = Timestamp::from_secs(1000);
        let pending = Pending::default();
        for n in 0..FROM_ONE {
            pending.begin(HERE, ip(&format!("2001:db8::{n}")), now).unwrap();
        }
        assert_eq!(
            pending.begin(HERE, ip("2001:db8::ffff"), now).err(),
            Some(OidcError::Busy)
        );
        assert!(pending.begin(HERE, ip("10.0.0.1"), now).is_ok());
        assert!(
            pending.begin(HERE, ip("2001:db8::1"), now + LIFE).is_ok(),
            "the old ones are gone"
        );
    }
}
