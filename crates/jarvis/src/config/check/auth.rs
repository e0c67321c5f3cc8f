//! `auth`: who signs people in beside passwords.

use super::{Checker, place};
use crate::config::file;
use jarvis_api::{OidcOptions, auth::oidc::claims::RoleMap};
use reqwest::Url;
use serde_saphyr::Spanned;

/// What is asked for beside `openid`.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

impl Checker<'_> {
    /// `auth.oidc`, when it is there.
    pub(super) fn oidc(&mut self, auth: Option<file::Auth>) -> Option<OidcOptions> {
        let oidc = auth?.oidc?;
        let given = &oidc.value;
        self.issuer(&given.issuer);
        let client_secret = match &given.client_secret {
            Some(secret) => Some(self.secret("auth.oidc.clientSecret", secret)?),
            None => None,
        };
        if given.client_id.trim().is_empty() {
            let hint = "write the client's id as the provider shows it";
            self.wrong(place(&oidc), "auth.oidc.clientId", "is empty", hint);
        }
        let set = |names: &[String]| names.iter().cloned().collect();
        let roles = RoleMap {
            admin: set(&given.roles.admin),
            operator: set(&given.roles.operator),
            viewer: set(&given.roles.viewer),
        };
        if roles == RoleMap::default() {
            let problem = "gives nobody a role, so that nobody could come in";
            let hint = "name values of the role claim: {admin: [jarvis-admins], operator: [], viewer: []}";
            self.wrong(place(&oidc), "auth.oidc.roles", problem, hint);
        }
        Some(OidcOptions {
            issuer: given.issuer.value.clone(),
            client_id: given.client_id.clone(),
            client_secret,
            scopes: scopes(given.scopes.as_deref()),
            user_claim: given.user_claim.clone().unwrap_or_else(|| "sub".to_owned()),
            role_claim: given.role_claim.clone().unwrap_or_else(|| "groups".to_owned()),
            roles,
            display_name: given
                .display_name
                .clone()
                .unwrap_or_else(|| "single sign-on".to_owned()),
        })
    }

    /// Over https; in the clear only within this machine.
    fn issuer(&mut self, issuer: &Spanned<String>) {
        let fine = Url::parse(&issuer.value).is_ok_and(|url| {
            let secured = url.scheme() == "https" || url.scheme() == "http" && crate::client::is_local(&url);
            secured && url.has_host() && url.username().is_empty() && url.query().is_none()
        });
        if !fine {
            let problem = format!("{:?} cannot be asked safely", issuer.value);
            let hint = "write the provider's issuer with https://, exactly as it spells it";
            self.wrong(place(issuer), "auth.oidc.issuer", problem, hint);
        }
    }
}

fn scopes(given: Option<&[String]>) -> Vec<String> {
    let mut scopes: Vec<String> = match given {
        Some(given) => given.to_vec(),
        None => SCOPES.map(str::to_owned).to_vec(),
    };
    if !scopes.iter().any(|scope| scope == "openid") {
        scopes.insert(0, "openid".to_owned());
    }
    scopes
}
