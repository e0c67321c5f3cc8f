//! Whether people can be told: the mail server is reached, trusted and admits us, and what the channels name is configured.
//! Sends nothing.

use super::finding::{Finding, Report};
use crate::{config::Config, environment::Environment, run::listening};
use jarvis_crds::{Desired, NotificationChannelSpec, Way};
use jarvis_notify::{
    Outbox, Settings, Smtp, SmtpTls, audience,
    send::mail::{self, NotReady, Phase},
};

const AREA: &str = "notifications";

/// Looks at it.
pub async fn look_at(
    config: &Config,
    desired: Option<&Desired>,
    environment: &Environment,
    report: &mut Report,
) {
    let settings = &config.notifications;
    if let Some(smtp) = &settings.smtp {
        let checked = mail::check(smtp, listening::host_name().as_deref()).await;
        report.add(server(smtp, checked));
    }
    parked(config, environment, report);
    let Some(desired) = desired else { return };
    let channels: Vec<_> = audience::channels(desired).collect();
    if channels.is_empty() {
        report.add(
            Finding::warn(
                AREA,
                "no NotificationChannel is declared: nobody is told of anything",
            )
            .fixed_by("commit one; docs/NOTIFICATIONS.md shows how"),
        );
        return;
    }
    let mut missing = Vec::new();
    for (name, spec) in &channels {
        missing.extend(lack(name, spec, settings));
    }
    if missing.is_empty() {
        let names: Vec<&str> = channels.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let try_them = format!("{} notify test", environment.called());
        let what =
            format!("what the channels need is configured: {names}; `{try_them}` sends a message by each");
        report.add(Finding::ok(AREA, what));
    }
    for finding in missing {
        report.add(finding);
    }
}

/// Messages that a server refused for good.
fn parked(config: &Config, environment: &Environment, report: &mut Report) {
    let found = Outbox::of(&config.state).letters().unwrap_or_default();
    let parked = found
        .letters
        .iter()
        .filter(|letter| letter.parked.is_some())
        .count();
    if parked > 0 {
        let fix = format!(
            "{} notify queue --state {}",
            environment.called(),
            config.state.display()
        );
        let again = format!(
            "{} notify retry   (once what stood in their way is gone)",
            environment.called()
        );
        let what = format!("{parked} messages are parked: nobody got them");
        report.add(Finding::warn(AREA, what).fixed_by(fix).fixed_by(again));
    }
}

/// What a channel names and the config has not.
fn lack(name: &str, spec: &NotificationChannelSpec, settings: &Settings) -> Option<Finding> {
    let credential = match &spec.way {
        Way::Email(_) if settings.smtp.is_none() => {
            let what = format!("the channel {name} sends mail, and no mail server is configured");
            return Some(Finding::fail(AREA, what).fixed_by(
                "write `notifications: {smtp: {host: HOST, user: USER, password: {file: PATH}, from: ADDRESS}}` in jarvis.yaml",
            ));
        }
        Way::Email(_) => return None,
        Way::Webhook(webhook) => webhook.credential.as_ref()?,
        Way::Ntfy(ntfy) => ntfy.credential.as_ref()?,
    };
    if settings.credentials.contains_key(credential) {
        return None;
    }
    let what = format!("the channel {name} names the credential {credential}, which is not configured");
    let fix =
        format!("write `notifications: {{credentials: {{{credential}: {{file: PATH}}}}}}` in jarvis.yaml");
    Some(Finding::fail(AREA, what).fixed_by(fix))
}

fn server(smtp: &Smtp, checked: Result<(), NotReady>) -> Finding {
    let address = smtp.address();
    let NotReady { phase, why } = match checked {
        Ok(()) => {
            let way = match smtp.tls() {
                SmtpTls::Starttls => "STARTTLS",
                SmtpTls::Tls => "TLS",
                SmtpTls::None => "no TLS, on this machine",
            };
            let user = smtp.user().map_or_else(
                || "without a log-in".to_owned(),
                |user| format!("and admits {user}"),
            );
            return Finding::ok(AREA, format!("the mail server {address} answers, {way}, {user}"));
        }
        Err(problem) => problem,
    };
    let finding = Finding::fail(AREA, why);
    let openssl = match smtp.tls() {
        SmtpTls::Starttls => {
            format!("openssl s_client -starttls smtp -connect {address} -showcerts </dev/null")
        }
        _ => format!("openssl s_client -connect {address} -showcerts </dev/null"),
    };
    match phase {
        Phase::Connect => finding
            .fixed_by(format!(
                "nc -vz {}   (is it there, and on this port?)",
                address.replace(':', " ")
            ))
            .fixed_by("correct `notifications.smtp.host`, `port` and `tls` in jarvis.yaml"),
        Phase::Tls => finding.fixed_by(openssl).fixed_by(
            "name its authority as `notifications.smtp.caFile`, or correct `host` to the certificate's name",
        ),
        Phase::Login => finding.fixed_by("correct `notifications.smtp.user` and the file of `password`"),
    }
}
