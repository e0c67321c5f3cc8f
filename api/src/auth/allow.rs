//! Who may do what: the one place in the API that says yes or no, for GraphQL, the terminal, the audit trail, MCP, the
//! webhook and the figures.
//!
//! A door says what it needs ([`Need`]); the caller has a role and, as a token, scopes. Which scope includes which is
//! [`Scope::includes`], for the tools of assistants and the guard as well. What an action may do to the cluster is judged
//! again by the guard, whoever asks.

use super::{Caller, Credential};
use jarvis_model::{Role, Scope};
use serde::Serialize;

/// What a door asks of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// This role or a higher one: a field of GraphQL, the terminal.
    Role(Role),
    /// A bearer token with this scope, or one that includes it: a tool over MCP.
    Scope(Scope),
    /// To have the repository fetched sooner: a token of an operator, or of scope `propose` or `operate`.
    Fetch,
    /// To read the figures: any token; a cookie is for pages.
    Figures,
    /// To give this scope to a token.
    Give(Scope),
}

/// What a terminal asks for.
pub const TERMINAL: Need = Need::Role(Role::Operator);
/// What exporting the audit trail asks for.
pub const AUDIT: Need = Need::Role(Role::Operator);

/// Why a caller may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{user} {has}; this needs {needs}")]
pub struct Denied {
    user: String,
    has: String,
    needs: String,
}

/// Whether this caller may; if not, why.
///
/// # Errors
/// [`Denied`], in words for people.
pub fn allow(caller: &Caller, need: Need) -> Result<(), Denied> {
    let role = |least: Role| caller.role >= least;
    let scope = |wanted: Scope| caller.scopes.iter().any(|has| has.includes(wanted));
    let token = matches!(caller.credential, Credential::Token { .. });
    let fine = match need {
        Need::Role(least) => role(least),
        Need::Scope(wanted) => token && scope(wanted),
        Need::Fetch => token && (role(Role::Operator) || scope(Scope::Propose) || scope(Scope::Operate)),
        Need::Figures => token,
        Need::Give(_) => role(Role::Admin),
    };
    if fine {
        return Ok(());
    }
    Err(Denied {
        user: caller.user.clone(),
        has: has(caller, need),
        needs: needs(need),
    })
}

fn has(caller: &Caller, need: Need) -> String {
    let by_scope = matches!(need, Need::Scope(_) | Need::Fetch);
    match &caller.credential {
        Credential::Session { .. } if matches!(need, Need::Scope(_) | Need::Fetch | Need::Figures) => {
            "came with a cookie".to_owned()
        }
        Credential::Token { .. } if by_scope && caller.scopes.is_empty() => "has no scope".to_owned(),
        Credential::Token { .. } if by_scope => {
            let words: Vec<String> = caller.scopes.iter().map(word).collect();
            format!("has the scope {}", words.join(", "))
        }
        _ => format!("has the role {}", word(&caller.role)),
    }
}

fn needs(need: Need) -> String {
    match need {
        Need::Role(least) => format!("the role {}", word(&least)),
        Need::Scope(wanted) => format!("a bearer token with the scope {}", word(&wanted)),
        Need::Fetch => "a bearer token of an operator, or one with the scope propose or operate".to_owned(),
        Need::Figures => "a bearer token".to_owned(),
        Need::Give(scope) => format!("the role admin, to give the scope {}", word(&scope)),
    }
}

/// A role or scope as people write it: `operate-red`.
fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_model::Door;

    const ROLES: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];
    const SCOPES: [Scope; 4] = [Scope::Read, Scope::Propose, Scope::Operate, Scope::OperateRed];

    fn caller(role: Role, scopes: &[Scope], token: bool) -> Caller {
        let credential = if token {
            Credential::Token {
                name: "ci".to_owned(),
                secret_hash: String::new(),
            }
        } else {
            Credential::Session { key: String::new() }
        };
        Caller {
            user: if token { "token:ci" } else { "anna" }.to_owned(),
            role,
            scopes: scopes.to_vec(),
            door: Door::Graphql,
            credential,
        }
    }

    /// For every role: whether it satisfies viewer, operator, admin.
    #[test]
    fn a_role_opens_itself_and_what_is_below() {
        let expected = [[true, false, false], [true, true, false], [true, true, true]];
        for (role, row) in ROLES.into_iter().zip(expected) {
            for token in [false, true] {
                let answers = ROLES.map(|least| allow(&caller(role, &[], token), Need::Role(least)).is_ok());
                assert_eq!(answers, row, "{role:?}");
            }
        }
    }

    /// For every scope: whether it opens read, propose, operate, operate-red.
    #[test]
    fn a_scope_opens_itself_and_reading() {
        let expected = [
            [true, false, false, false],
            [true, true, false, false],
            [true, false, true, false],
            [true, false, true, true],
        ];
        for (scope, row) in SCOPES.into_iter().zip(expected) {
            for role in ROLES {
                let token = caller(role, &[scope], true);
                let answers = SCOPES.map(|wanted| allow(&token, Need::Scope(wanted)).is_ok());
                assert_eq!(answers, row, "{scope:?} as {role:?}: a role is no scope");
            }
        }
    }

    #[test]
    fn without_a_scope_or_with_a_cookie_no_tool_opens() {
        for wanted in SCOPES {
            assert!(allow(&caller(Role::Admin, &[], true), Need::Scope(wanted)).is_err());
            assert!(allow(&caller(Role::Admin, &SCOPES, false), Need::Scope(wanted)).is_err());
        }
    }

    #[test]
    fn the_webhook_takes_operators_and_those_who_propose_or_operate() {
        let may = |role, scopes: &[Scope], token| allow(&caller(role, scopes, token), Need::Fetch).is_ok();
        assert!(may(Role::Operator, &[], true) && may(Role::Viewer, &[Scope::Propose], true));
        assert!(may(Role::Viewer, &[Scope::OperateRed], true));
        assert!(!may(Role::Viewer, &[Scope::Read], true) && !may(Role::Viewer, &[], true));
        assert!(
            !may(Role::Admin, &SCOPES, false),
            "a browser has no business there"
        );
    }

    #[test]
    fn only_an_admin_gives_scopes_and_only_tokens_read_the_figures() {
        for scope in SCOPES {
            let may = ROLES.map(|role| allow(&caller(role, &SCOPES, true), Need::Give(scope)).is_ok());
            assert_eq!(may, [false, false, true], "{scope:?}");
        }
        assert!(allow(&caller(Role::Viewer, &[], true), Need::Figures).is_ok());
        assert!(allow(&caller(Role::Admin, &[], false), Need::Figures).is_err());
    }

    #[test]
    fn a_refusal_says_what_there_is_and_what_is_wanted() {
        let words = |caller, need| allow(&caller, need).unwrap_err().to_string();
        assert_eq!(
            words(caller(Role::Viewer, &[], false), Need::Role(Role::Operator)),
            "anna has the role viewer; this needs the role operator"
        );
        assert_eq!(
            words(
                caller(Role::Admin, &[Scope::Read, Scope::Propose], true),
                Need::Scope(Scope::OperateRed)
            ),
            "token:ci has the scope read, propose; this needs a bearer token with the scope operate-red"
        );
        assert_eq!(
            words(caller(Role::Admin, &[], false), Need::Scope(Scope::Read)),
            "anna came with a cookie; this needs a bearer token with the scope read"
        );
    }
}
