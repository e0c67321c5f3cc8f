//! Schemas of single values that are more than text or a number: names, durations, addresses.
//!
//! Each carries a `format` by which the checker (`crate::check::formats`) applies the exact rule, and, where a
//! regular expression can say it, a `pattern` for outside validators. The pattern never refuses what the rule takes.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! word {
    ($($(#[$doc:meta])* $name:ident = $schema:tt;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

word! {
    /// A Proxmox node.
    NodeNameText = {"type": "string", "format": "node-name", "minLength": 1, "maxLength": 63,
        "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"};
    /// The number of a guest.
    VmidNumber = {"type": "integer", "minimum": 100, "maximum": 999_999_999};
    /// The name of a resource.
    ResourceNameText = {"type": "string", "format": "resource-name", "minLength": 1, "maxLength": 253,
        "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"};
    /// A guest's resource, `VirtualMachine/name` or `Container/name`.
    GuestKeyText = {"type": "string", "format": "guest-key", "pattern": "^(VirtualMachine|Container)/[a-z0-9.-]+$"};
    /// A kind of resource.
    KindText = {"type": "string", "enum": ["VirtualMachine", "Container", "Node", "Service", "Threshold", "Runbook",
        "SafetyPolicy", "MaintenanceWindow", "NotificationChannel"]};
    /// A kind of resource that has figures.
    SubjectKindText = {"type": "string", "enum": ["VirtualMachine", "Container", "Node", "Service"]};
    /// Labels by key.
    LabelMap = {"type": "object", "x-jarvis-keys": "label-key",
        "additionalProperties": {"type": "string", "format": "label-value", "maxLength": 63}};
    /// A level of autonomy.
    AutonomyText = {"type": "string", "enum": ["L0", "L1", "L2", "L3", "L4"]};
    /// A span of time.
    DurationText = {"type": "string", "format": "duration-text",
        "pattern": "^([0-9]+d([0-9]+h)?([0-9]+m)?([0-9]+s)?|[0-9]+h([0-9]+m)?([0-9]+s)?|[0-9]+m([0-9]+s)?|[0-9]+s)$"};
    /// An Ethernet address.
    MacText = {"type": "string", "format": "mac-address",
        "pattern": "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$|^([0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}$"};
    /// An IPv4 address.
    Ipv4Text = {"type": "string", "format": "ipv4"};
    /// A five-field cron expression.
    CronText = {"type": "string", "format": "cron"};
    /// An IANA time zone.
    TimeZoneText = {"type": "string", "format": "time-zone"};
    /// A time of day.
    ClockText = {"type": "string", "format": "clock-time", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"};
    /// An http or https address without user and password.
    UrlText = {"type": "string", "format": "web-address", "pattern": "^https?://"};
    /// A host and a port.
    HostPortText = {"type": "string", "format": "host-port", "pattern": ":[0-9]{1,5}$"};
    /// A mail address.
    MailText = {"type": "string", "format": "mail-address", "pattern": "^[^@ ]+@[^@ ]+$"};
    /// A host by name or address.
    HostText = {"type": "string", "format": "host-name", "minLength": 1, "maxLength": 253};
    /// A name as services, containers, sensors and storages have it: no blanks, no leading hyphen.
    PlainNameText = {"type": "string", "format": "plain-name", "minLength": 1, "maxLength": 200,
        "pattern": "^[A-Za-z0-9_@][A-Za-z0-9_.@:+-]*$"};
    /// A resource name in which `*` stands for any letters.
    NamePatternText = {"type": "string", "format": "name-pattern", "minLength": 1, "maxLength": 253,
        "pattern": "^[a-z0-9.*-]+$"};
    /// One argument of an allowed command, or `{name}` for one to be filled in.
    ArgumentText = {"type": "string", "format": "argument", "minLength": 1, "maxLength": 200};
    /// A figure.
    LevelNumber = {"type": "number", "minimum": -1_000_000_000, "maximum": 1_000_000_000};
    /// A short text on one line.
    LineText = {"type": "string", "format": "line", "minLength": 1, "maxLength": 200};
}
