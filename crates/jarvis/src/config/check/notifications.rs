//! `notifications`: the mail server and the secrets that channels name.

use super::{Checker, place};
use crate::config::file;
use jarvis_notify::{Settings, Smtp, settings::SmtpOptions};
use serde_saphyr::Spanned;
use std::fs;

impl Checker<'_> {
    /// Checks all of it.
    pub(super) fn notifications(&mut self, given: file::Notifications) -> Settings {
        let smtp = given.smtp.and_then(|smtp| self.smtp(&smtp));
        let mut settings = Settings {
            smtp,
            ..Settings::default()
        };
        for (name, secret) in &given.credentials {
            let field = format!("notifications.credentials.{name}");
            if let Some(value) = self.secret(&field, secret) {
                settings.credentials.insert(name.clone(), value);
            }
        }
        settings
    }

    fn smtp(&mut self, smtp: &Spanned<file::Smtp>) -> Option<Smtp> {
        let (at, given) = (place(smtp), &smtp.value);
        let login = match (&given.user, &given.password) {
            (Some(user), Some(secret)) => {
                let password = self.secret("notifications.smtp.password", secret)?;
                Some((user.clone(), password))
            }
            (None, None) => None,
            _ => {
                let problem = "`user` and `password` belong together";
                let hint = "write both, or neither for a server that asks for no log-in";
                self.wrong(at, "notifications.smtp", problem, hint);
                return None;
            }
        };
        let ca_pem = match &given.ca_file {
            Some(path) => Some(self.ca_file(smtp, path)?),
            None => None,
        };
        let options = SmtpOptions {
            host: &given.host,
            port: given.port,
            tls: given.tls,
            ca_pem: ca_pem.as_deref(),
            login,
            from: &given.from,
        };
        Smtp::new(options)
            .map_err(|error| {
                let field = format!("notifications.smtp.{}", error.field);
                self.wrong(at, &field, error.problem, error.hint);
            })
            .ok()
    }

    fn ca_file(&mut self, smtp: &Spanned<file::Smtp>, path: &str) -> Option<Vec<u8>> {
        let path = self.path(path);
        fs::read(&path)
            .map_err(|error| {
                let problem = format!("{} cannot be read: {error}", path.display());
                let hint = "name the PEM file of the authority that signed the server's certificate";
                self.wrong(place(smtp), "notifications.smtp.caFile", problem, hint);
            })
            .ok()
    }
}
