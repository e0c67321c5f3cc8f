//! The rules behind the `format` words of the schemas: what single texts must look like.

use crate::{
    text::{duration, mac},
    windows::{cron::Cron, is_time_zone, time_zones},
};
use jarvis_model::{NodeName, ResourceKey, ResourceKind};

/// What is wrong with a text, as the end of a sentence that begins with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// "is not a ...".
    pub problem: String,
    /// What would be right.
    pub hint: String,
    /// Whether the text must not be shown, because it has a secret in it.
    pub secret: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "every caller returns it as it is")]
fn wrong(problem: &str, hint: &str) -> Option<Wrong> {
    Some(Wrong {
        problem: problem.to_owned(),
        hint: hint.to_owned(),
        secret: false,
    })
}

/// The format words, each with a text that fits.
const EXAMPLES: [(&str, &str); 19] = [
    ("node-name", "pve1"),
    ("resource-name", "web-01"),
    ("guest-key", "VirtualMachine/dns-01"),
    ("duration-text", "90s"),
    ("mac-address", "3c:ec:ef:00:00:01"),
    ("ipv4", "10.0.0.255"),
    ("cron", "\"0 2 * * sat\""),
    ("time-zone", "Europe/Berlin"),
    ("clock-time", "\"22:30\""),
    ("web-address", "https://dns.home.example/health"),
    ("host-port", "10.0.0.5:53"),
    ("mail-address", "ops@home.example"),
    ("host-name", "dns-01"),
    ("plain-name", "nginx.service"),
    ("name-pattern", "\"web-*\""),
    ("argument", "\"{unit}\""),
    ("line", "k10temp Tctl"),
    ("label-key", "home.example/tier"),
    ("label-value", "front"),
];

/// A text that fits a format, as it is written in YAML.
pub fn example(format: &str) -> Option<&'static str> {
    EXAMPLES
        .iter()
        .find(|(word, _)| *word == format)
        .map(|(_, example)| *example)
}

/// What is wrong with a text under a format; `None` when it fits, or the format is not known here.
pub fn check(format: &str, text: &str) -> Option<Wrong> {
    match format {
        "node-name" => NodeName::new(text)
            .err()
            .and_then(|error| wrong("is not a node name", error.rule)),
        "resource-name" => resource_name(text),
        "guest-key" => guest_key(text),
        "duration-text" => duration::parse(text)
            .err()
            .and_then(|rule| wrong("is not a duration", rule)),
        "mac-address" => {
            let parsed = text.parse::<mac::MacAddress>();
            parsed
                .err()
                .and_then(|rule| wrong("is not the address of a network card", rule))
        }
        "ipv4" => refuse(
            text.parse::<std::net::Ipv4Addr>().is_ok(),
            "is not an IPv4 address",
            "write four numbers, such as 10.0.0.255",
        ),
        "cron" => Cron::parse(text)
            .err()
            .and_then(|error| wrong(&format!("is not a schedule: {error}"), CRON_RULE)),
        "time-zone" => time_zone(text),
        "clock-time" => refuse(
            is_clock_time(text),
            "is not a time of day",
            "write HH:MM in quotes, from \"00:00\" to \"23:59\"",
        ),
        "web-address" => web_address(text),
        "host-port" => refuse(
            is_host_port(text),
            "is not a host and port",
            "write host:port, such as 10.0.0.5:22 or [fd00::5]:22",
        ),
        "mail-address" => refuse(
            is_mail(text),
            "is not a mail address",
            "write name@host, without a display name",
        ),
        "host-name" => refuse(
            is_host(text),
            "is not a host name",
            "letters, digits, inner '-' and '.' are taken",
        ),
        "plain-name" => refuse(
            is_plain_name(text),
            "is not a name",
            "letters, digits and _ . @ : + - are taken, with no blank and no '-' in front",
        ),
        "name-pattern" => refuse(
            is_name_pattern(text),
            "can fit no resource name",
            "lower-case letters, digits, '-', '.' and '*' are taken",
        ),
        "argument" | "line" => refuse(
            !text.chars().any(char::is_control),
            "has control characters",
            "write it on one line",
        ),
        "label-key" => refuse(is_label_key(text), "is not a label key", LABEL_KEY_RULE),
        "label-value" => refuse(
            text.is_empty() || is_label_word(text),
            "is not a label value",
            LABEL_VALUE_RULE,
        ),
        _ => None,
    }
}

const CRON_RULE: &str = "write minute hour day-of-month month day-of-week, such as \"0 2 * * sat\"";
const LABEL_KEY_RULE: &str = "write at most 63 letters, digits, inner '-', '_' or '.', with an optional lower-case domain and '/' before them";
const LABEL_VALUE_RULE: &str = "write at most 63 letters, digits, inner '-', '_' or '.'";

fn refuse(fits: bool, problem: &str, hint: &str) -> Option<Wrong> {
    if fits { None } else { wrong(problem, hint) }
}

fn resource_name(text: &str) -> Option<Wrong> {
    let error = ResourceKey::new(ResourceKind::Node, text).err()?;
    let lower = text.to_ascii_lowercase().replace(['_', ' '], "-");
    if ResourceKey::new(ResourceKind::Node, &lower).is_ok() {
        return wrong(
            "is not a resource name",
            &format!("{}: {lower} would do", error.rule),
        );
    }
    wrong("is not a resource name", error.rule)
}

fn guest_key(text: &str) -> Option<Wrong> {
    let rule = "write VirtualMachine/name or Container/name";
    match text.parse::<ResourceKey>() {
        Ok(key) if matches!(key.kind, ResourceKind::VirtualMachine | ResourceKind::Container) => None,
        Ok(key) => wrong(
            &format!("is a {}, and only guests can be started first", key.kind),
            rule,
        ),
        Err(_) => wrong("is not the key of a guest", rule),
    }
}

fn time_zone(text: &str) -> Option<Wrong> {
    if is_time_zone(text) {
        return None;
    }
    let zones = time_zones();
    let names: Vec<&str> = zones.iter().map(String::as_str).collect();
    match Some(text)
        .filter(|text| text.contains('/'))
        .and_then(|text| super::suggest::nearest(text, &names))
    {
        Some(near) => wrong("is not a time zone", &format!("did you mean {near}?")),
        None => wrong(
            "is not a time zone",
            "write an IANA name such as Europe/Berlin or UTC",
        ),
    }
}

fn is_clock_time(text: &str) -> bool {
    let Some((hour, minute)) = text.split_once(':') else {
        return false;
    };
    let below = |part: &str, limit: u8| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse::<u8>().is_ok_and(|n| n < limit)
    };
    below(hour, 24) && below(minute, 60)
}

fn web_address(text: &str) -> Option<Wrong> {
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return wrong("is not a web address", "write http:// or https:// and a host");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    if authority.contains('@') {
        let hint = "keep secrets in the configuration file, never in git; and change this one".to_owned();
        return Some(Wrong {
            problem: "has a user or password in it".to_owned(),
            hint,
            secret: true,
        });
    }
    let clean = text
        .chars()
        .all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c));
    let host = is_host(authority) || is_host_port(authority) || is_bracketed(authority);
    refuse(
        clean && host,
        "is not a web address",
        "write http:// or https://, a host, and a path without blanks",
    )
}

fn is_bracketed(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

fn is_host_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
    digits && port.parse::<u16>().is_ok_and(|port| port > 0) && (is_host(host) || is_bracketed(host))
}

fn is_host(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.split('.').all(|label| NodeName::new(label).is_ok())
}

fn is_mail(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let letters = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    (1..=64).contains(&local.len()) && local.chars().all(letters) && is_host(host)
}

fn is_plain_name(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"_.@:+-".contains(&b);
    text.bytes().all(letter) && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@')
}

fn is_name_pattern(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.*".contains(&b))
}

fn is_label_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((domain, word)) => ResourceKey::new(ResourceKind::Node, domain).is_ok() && is_label_word(word),
        None => is_label_word(text),
    }
}

fn is_label_word(text: &str) -> bool {
    let end = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&text.len())
        && text.starts_with(end)
        && text.ends_with(end)
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_fits_its_format() {
        for (format, example) in EXAMPLES {
            assert_eq!(check(format, example.trim_matches('"')), None, "{format}");
            assert!(check(format, "\u{7}\n").is_some(), "{format} is checked at all");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let bad: [(&str, &[&str]); 12] = [
            (
                "guest-key",
                &[
                    "dns-01",
                    "Node/atlas",
                    "VirtualMachine/",
                    "virtualmachine/dns",
                    "VirtualMachine/A",
                ],
            ),
            ("clock-time", &["24:00", "9:30", "09:60", "0930", "09:30:00"]),
            (
                "web-address",
                &[
                    "ftp://x",
                    "https://",
                    "https://u:p@host/",
                    "https://token@host",
                    "http://a b",
                    "http://-a",
                    "http://x:0/",
                ],
            ),
            (
                "host-port",
                &[
                    "host",
                    "host:",
                    ":22",
                    "host:0",
                    "host:65536",
                    "fd00::5:22",
                    "a b:22",
                    "host:+22",
                ],
            ),
            (
                "mail-address",
                &["ops", "@host", "a b@host", "Ops <a@host>", "a@"],
            ),
            ("plain-name", &["-f", "a b", "a;b", "../x", "a/b"]),
            ("label-key", &["", "-a", "a b", "A.example/x", "a/b/c"]),
            ("label-value", &["-a", "a b", "ä"]),
            ("name-pattern", &["Web-*", "a?", "a b"]),
            ("ipv4", &["10.0.0", "10.0.0.256", "::1"]),
            ("node-name", &["-a", "a.b"]),
            ("time-zone", &["CEST", "Europe/Berln"]),
        ];
        for (format, texts) in bad {
            for text in texts {
                assert!(check(format, text).is_some(), "{format} {text:?} must be refused");
            }
        }
    }

    #[test]
    fn hints_name_what_was_meant() {
        assert!(
            check("time-zone", "Europe/Berln")
                .unwrap()
                .hint
                .contains("Europe/Berlin")
        );
        assert!(check("resource-name", "Web_01").unwrap().hint.contains("web-01"));
    }
}
