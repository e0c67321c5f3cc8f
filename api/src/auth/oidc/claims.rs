//! Claims to user and role. Pure.

use super::{OidcError, OidcOptions};
use jarvis_model::Role;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Before the names of users whom the provider vouches for; no other user can have it.
pub const PREFIX: &str = "oidc:";
/// Longest name, with the prefix, bytes.
const LONGEST: usize = 128;

/// All claims about one person.
pub type Claims = Map<String, Value>;

/// Which values of the role claim make whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleMap {
    /// An admin.
    pub admin: BTreeSet<String>,
    /// An operator.
    pub operator: BTreeSet<String>,
    /// A viewer.
    pub viewer: BTreeSet<String>,
}

impl RoleMap {
    /// The highest role of these values.
    fn role(&self, values: &[&str]) -> Option<Role> {
        let any = |names: &BTreeSet<String>| values.iter().any(|value| names.contains(*value));
        [
            (Role::Admin, &self.admin),
            (Role::Operator, &self.operator),
            (Role::Viewer, &self.viewer),
        ]
        .into_iter()
        .find(|(_, names)| any(names))
        .map(|(role, _)| role)
    }
}

/// The claim at a dotted path; a name that has dots itself is found as it is.
fn at<'a>(claims: &'a Claims, path: &str) -> Option<&'a Value> {
    if let Some(found) = claims.get(path) {
        return Some(found);
    }
    let (head, rest) = path.split_once('.')?;
    at(claims.get(head)?.as_object()?, rest)
}

/// Whether the claims that decide are all there, so that the provider need not be asked for more.
pub fn complete(claims: &Claims, options: &OidcOptions) -> bool {
    at(claims, &options.user_claim).is_some() && at(claims, &options.role_claim).is_some()
}

/// The user's name here: `oidc:` and the claim.
///
/// # Errors
/// When the claim is missing, is no plain text, or is an address the provider did not verify.
pub fn user(claims: &Claims, options: &OidcOptions) -> Result<String, OidcError> {
    let claim = options.user_claim.as_str();
    let name = at(claims, claim)
        .and_then(Value::as_str)
        .ok_or_else(|| OidcError::untrusted(format!("it has no claim {claim}, which names the user")))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@+|=/".contains(c);
    if name.is_empty() || name.len() > LONGEST - PREFIX.len() || !name.chars().all(plain) {
        return Err(OidcError::untrusted(format!(
            "the claim {claim} is no name: 1 to {} of letters, digits and ._-@+|=/ are",
            LONGEST - PREFIX.len()
        )));
    }
    if claim == "email" && claims.get("email_verified") == Some(&Value::Bool(false)) {
        return Err(OidcError::untrusted("the provider has not verified the address"));
    }
    Ok(format!("{PREFIX}{name}"))
}

/// The highest role that the claims give; None gives no entry.
pub fn role(claims: &Claims, options: &OidcOptions) -> Option<Role> {
    let values: Vec<&str> = match at(claims, &options.role_claim)? {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    options.roles.role(&values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options(user_claim: &str, role_claim: &str) -> OidcOptions {
        let set = |name: &str| BTreeSet::from([name.to_owned()]);
        OidcOptions {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            scopes: Vec::new(),
            user_claim: user_claim.to_owned(),
            role_claim: role_claim.to_owned(),
            roles: RoleMap {
                admin: set("admins"),
                operator: set("ops"),
                viewer: set("all"),
            },
            display_name: String::new(),
        }
    }

    fn claims(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_highest_role_counts_and_no_role_is_no_entry() {
        let options = options("sub", "groups");
        for (groups, expected) in [
            (json!(["all", "admins"]), Some(Role::Admin)),
            (json!(["all", "ops", "x"]), Some(Role::Operator)),
            (json!("all"), Some(Role::Viewer)),
            (json!("all,admins"), None),
            (json!(["Admins", "ADMINS", "admins "]), None),
            (json!([["admins"], {"admins": true}, 7]), None),
            (json!({"admins": true}), None),
            (json!(true), None),
            (Value::Null, None),
        ] {
            assert_eq!(
                role(&claims(json!({ "groups": groups })), &options),
                expected,
                "{groups}"
            );
        }
        assert_eq!(role(&claims(json!({})), &options), None);
    }

    #[test]
    fn a_claim_may_be_deep_or_have_dots() {
        let deep = claims(json!({"realm_access": {"roles": ["ops"]}, "https://x.example/roles": ["admins"]}));
        assert_eq!(
            role(&deep, &options("sub", "realm_access.roles")),
            Some(Role::Operator)
        );
        assert_eq!(
            role(&deep, &options("sub", "https://x.example/roles")),
            Some(Role::Admin)
        );
        assert_eq!(role(&deep, &options("sub", "realm_access")), None);
    }

    #[test]
    fn a_user_is_named_after_the_claim_and_nothing_strange_is_a_name() {
        let named = |claim: &str, value: Value| user(&claims(value), &options(claim, "groups"));
        assert_eq!(
            named("sub", json!({"sub": "auth0|a-1"})).unwrap(),
            "oidc:auth0|a-1"
        );
        for bad in [
            json!({}),
            json!({"sub": ""}),
            json!({"sub": 7}),
            json!({"sub": "a b"}),
            json!({"sub": "a\nb"}),
            json!({"sub": "аnna"}),
            json!({"sub": "x".repeat(124)}),
            json!({"sub": ["anna"]}),
        ] {
            assert!(named("sub", bad.clone()).is_err(), "{bad}");
        }
        let mail = |verified: Value| {
            named(
                "email",
                json!({"email": "anna@example.org", "email_verified": verified}),
            )
        };
        assert!(mail(json!(true)).is_ok() && mail(json!(false)).is_err());
    }
}
