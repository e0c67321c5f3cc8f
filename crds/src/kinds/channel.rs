//! `NotificationChannel`: where alerts, escalations and reports go. Credentials are named here and live in the
//! configuration file.

use super::{is_default, threshold::Severity};
use crate::schema::words::{ClockText, MailText, PlainNameText, ResourceNameText, TimeZoneText, UrlText};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where alerts go.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationChannelSpec {
    /// By which way.
    #[serde(flatten)]
    pub way: Way,
    /// What is less grave than this is not sent.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "warning"))]
    pub minimum_severity: Severity,
    /// When only what is critical is sent at once; the rest waits for the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// When the daily report is sent; no report when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClockText>")]
    pub daily_report: Option<String>,
    /// The time zone of quiet hours and report, by its IANA name.
    #[serde(default = "utc", skip_serializing_if = "is_utc")]
    #[schemars(with = "TimeZoneText", extend("default" = "UTC"))]
    pub time_zone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn is_utc(zone: &String) -> bool {
    zone == "UTC"
}

/// By which way a channel sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Way {
    /// Mail, through the SMTP server of the configuration file.
    Email(Email),
    /// A POST request with JSON.
    Webhook(Webhook),
    /// A message to an ntfy topic.
    Ntfy(Ntfy),
}

/// Mail.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Email {
    /// The receivers.
    #[schemars(with = "Vec<MailText>", length(min = 1, max = 50))]
    pub to: Vec<String>,
}

/// A POST request with JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Webhook {
    /// Where to; without user and password.
    #[schemars(with = "UrlText")]
    pub url: String,
    /// The name of the credential in the configuration file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceNameText>")]
    pub credential: Option<String>,
}

/// A message to an ntfy topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Ntfy {
    /// The server; without user and password.
    #[serde(default = "public_ntfy")]
    #[schemars(with = "UrlText")]
    pub server: String,
    /// The topic.
    #[schemars(with = "PlainNameText")]
    pub topic: String,
    /// The name of the credential in the configuration file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceNameText>")]
    pub credential: Option<String>,
}

fn public_ntfy() -> String {
    "https://ntfy.sh".to_owned()
}

/// When only what is critical is sent at once. May run over midnight.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct QuietHours {
    /// When they begin, in the channel's time zone.
    #[schemars(with = "ClockText")]
    pub from: String,
    /// When they end, in the channel's time zone; may be earlier than the beginning, over midnight.
    #[schemars(with = "ClockText")]
    pub to: String,
}
