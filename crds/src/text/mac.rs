//! Ethernet addresses. Knows nothing of networks.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A 48-bit Ethernet address of one station, written `aa:bb:cc:dd:ee:ff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress([u8; 6]);

/// How an address is to be written.
pub const RULE: &str =
    "write the card's own address as six pairs of hexadecimal digits, such as 3c:ec:ef:00:00:01";

impl MacAddress {
    /// The six octets in the order written.
    pub const fn octets(self) -> [u8; 6] {
        self.0
    }

    /// Wraps six octets; a group or broadcast address and all zeros name no card and are refused.
    pub fn new(octets: [u8; 6]) -> Result<Self, &'static str> {
        if octets[0] & 1 == 1 || octets == [0; 6] {
            Err(RULE)
        } else {
            Ok(Self(octets))
        }
    }
}

impl FromStr for MacAddress {
    type Err = &'static str;

    /// Accepts `:` or `-` between the pairs, not a mixture.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let separator = if text.contains('-') { '-' } else { ':' };
        let mut octets = [0; 6];
        let mut pairs = text.split(separator);
        for octet in &mut octets {
            let pair = pairs.next().ok_or(RULE)?;
            if pair.len() != 2 || !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(RULE);
            }
            *octet = u8::from_str_radix(pair, 16).map_err(|_| RULE)?;
        }
        if pairs.next().is_some() {
            Err(RULE)
        } else {
            Self::new(octets)
        }
    }
}

impl TryFrom<String> for MacAddress {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(mac: MacAddress) -> Self {
        mac.to_string()
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|octet| format!("{octet:02x}")).collect();
        f.write_str(&pairs.join(":"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_one_card_is_taken() {
        assert_eq!(
            "3C-EC-EF-00-00-01".parse::<MacAddress>().unwrap().to_string(),
            "3c:ec:ef:00:00:01"
        );
        let bad = [
            "",
            "3c:ec:ef:00:00",
            "3c:ec:ef:00:00:01:02",
            "3c:ec-ef:00:00:01",
            "3cecef000001",
            "g0:00:00:00:00:01",
            "ff:ff:ff:ff:ff:ff",
            "01:00:5e:00:00:01",
            "00:00:00:00:00:00",
            "+1:00:00:00:00:01",
        ];
        for text in bad {
            assert!(text.parse::<MacAddress>().is_err(), "{text:?} must be refused");
        }
    }
}
