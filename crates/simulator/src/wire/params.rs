//! Parameters of requests: decoding of queries and bodies, and the checks that end in `400`.
//!
//! Knows nothing of what parameters mean.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::world::Refusal;

/// What values a parameter may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Text,
    /// A whole number not below the bound.
    Int(i64),
    /// 0 or 1 (or `yes`, `no`, `on`, `off`).
    Flag,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// The name of a snapshot.
    SnapName,
    /// One or more texts under one name; kept with zero bytes between them.
    List,
}

/// A parameter of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Name.
    pub name: &'static str,
    /// Values.
    pub shape: Shape,
    /// It must be there.
    pub required: bool,
}

/// An optional parameter.
pub const fn may(name: &'static str, shape: Shape) -> Param {
    Param {
        name,
        shape,
        required: false,
    }
}

/// A required parameter.
pub const fn must(name: &'static str, shape: Shape) -> Param {
    Param {
        name,
        shape,
        required: true,
    }
}

/// Parameters by name; several values when a key was given twice.
pub type Given = BTreeMap<String, Vec<String>>;

/// Decodes `a=b&c=d`; a raw `;` separates too.
pub fn decode_form(text: &str, into: &mut Given) {
    for pair in text.split(['&', ';']).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = decode(key);
        if key != "_dc" {
            into.entry(key).or_default().push(decode(value));
        }
    }
}

/// Decodes a JSON body; true and false count as 1 and 0.
pub fn decode_json(body: &[u8], into: &mut Given) -> Result<(), Refusal> {
    let broken = || {
        Refusal::failed(
            "malformed JSON string, neither tag, array, object, number, string or atom, at character offset 0",
        )
    };
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|_| broken())?;
    let object = value.as_object().ok_or_else(broken)?;
    for (key, value) in object {
        let values = match value {
            serde_json::Value::Array(items) => items.iter().map(scalar).collect(),
            other => vec![scalar(other)],
        };
        into.insert(key.clone(), values);
    }
    Ok(())
}

fn scalar(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Bool(on) => u8::from(*on).to_string(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " "))
        .decode_utf8_lossy()
        .into_owned()
}

/// Checks all parameters; every wrong one is named.
///
/// `open` routes accept names that look like configuration keys too.
pub fn check(given: &Given, params: &[Param], open: bool) -> Result<BTreeMap<String, String>, Refusal> {
    let mut errors = Vec::new();
    let mut flat = BTreeMap::new();
    for (name, values) in given {
        let shape = params
            .iter()
            .find(|param| param.name == name)
            .map(|param| param.shape);
        let verdict = match (shape, values.as_slice()) {
            (None, _) if !(open && is_config_key(name)) => Err(
                "property is not defined in schema and the schema does not allow additional properties"
                    .to_owned(),
            ),
            (Some(Shape::List), values) => Ok(values.join("\0")),
            (shape, [value]) => fits(shape.unwrap_or(Shape::Text), value),
            _ => Err("type check ('string') failed - got ARRAY".to_owned()),
        };
        match verdict {
            Ok(value) => {
                flat.insert(name.clone(), value);
            }
            Err(text) => errors.push((name.clone(), text)),
        }
    }
    for param in params
        .iter()
        .filter(|param| param.required && !given.contains_key(param.name))
    {
        errors.push((
            param.name.to_owned(),
            "property is missing and it is not optional".to_owned(),
        ));
    }
    if errors.is_empty() {
        Ok(flat)
    } else {
        Err(Refusal {
            status: 400,
            text: "Parameter verification failed.".to_owned(),
            errors,
        })
    }
}

fn fits(shape: Shape, value: &str) -> Result<String, String> {
    match shape {
        Shape::Text | Shape::List => Ok(value.to_owned()),
        Shape::Int(least) => match value.parse::<i64>() {
            Err(_) => Err(format!("type check ('integer') failed - got '{value}'")),
            Ok(number) if number < least => Err(format!("value must have a minimum value of {least}")),
            Ok(number) => Ok(number.to_string()),
        },
        Shape::Flag => match value {
            "1" | "on" | "yes" => Ok("1".to_owned()),
            "0" | "off" | "no" => Ok("0".to_owned()),
            _ => Err(format!("type check ('boolean') failed - got '{value}'")),
        },
        Shape::OneOf(words) if words.contains(&value) => Ok(value.to_owned()),
        Shape::OneOf(words) => Err(format!(
            "value '{value}' does not have a value in the enumeration '{}'",
            words.join(", ")
        )),
        Shape::SnapName => {
            let sound = value.len() > 1
                && value.len() <= 40
                && value.starts_with(|first: char| first.is_ascii_alphabetic())
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
            if sound {
                Ok(value.to_owned())
            } else {
                Err("invalid format - invalid configuration ID '".to_owned() + value + "'\n")
            }
        }
    }
}

/// Keys that a guest configuration may have.
fn is_config_key(name: &str) -> bool {
    const PLAIN: &[&str] = &[
        "acpi",
        "affinity",
        "agent",
        "arch",
        "args",
        "audio0",
        "autostart",
        "balloon",
        "bios",
        "boot",
        "cdrom",
        "cmode",
        "console",
        "cores",
        "cpu",
        "cpulimit",
        "cpuunits",
        "debug",
        "description",
        "efidisk0",
        "features",
        "hookscript",
        "hostname",
        "hotplug",
        "hugepages",
        "kvm",
        "localtime",
        "lock",
        "machine",
        "memory",
        "name",
        "nameserver",
        "onboot",
        "ostype",
        "protection",
        "rootfs",
        "scsihw",
        "searchdomain",
        "smbios1",
        "sockets",
        "startup",
        "swap",
        "tablet",
        "tags",
        "template",
        "timezone",
        "tpmstate0",
        "tty",
        "unprivileged",
        "vga",
        "vmgenid",
        "watchdog",
    ];
    const NUMBERED: &[&str] = &[
        "hostpci", "ide", "ipconfig", "mp", "net", "numa", "sata", "scsi", "serial", "unused", "usb",
        "virtio",
    ];
    let stem = name.trim_end_matches(|last: char| last.is_ascii_digit());
    PLAIN.contains(&name) || (stem.len() < name.len() && NUMBERED.contains(&stem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(form: &str) -> Given {
        let mut given = Given::new();
        decode_form(form, &mut given);
        given
    }

    #[test]
    fn a_raw_semicolon_separates_parameters() {
        let refusal = check(&given("tags=prod;web"), &[], true).unwrap_err();
        assert_eq!(refusal.errors[0].0, "web");
        let flat = check(&given("tags=prod%3Bweb"), &[], true).unwrap();
        assert_eq!(flat["tags"], "prod;web");
    }

    #[test]
    fn the_word_true_is_no_boolean_in_a_form() {
        let params = [may("online", Shape::Flag)];
        assert_eq!(check(&given("online=1"), &params, false).unwrap()["online"], "1");
        let refusal = check(&given("online=true"), &params, false).unwrap_err();
        assert_eq!(refusal.errors[0].1, "type check ('boolean') failed - got 'true'");
        let mut json = Given::new();
        decode_json(br#"{"online":true}"#, &mut json).unwrap();
        assert_eq!(check(&json, &params, false).unwrap()["online"], "1");
    }

    #[test]
    fn missing_and_unknown_parameters_are_all_named() {
        let refusal = check(&given("x=1"), &[must("vmid", Shape::Int(100))], false).unwrap_err();
        let names: Vec<&str> = refusal.errors.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["x", "vmid"]);
    }
}
