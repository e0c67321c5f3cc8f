//! Who asks, and what that one may.

use jarvis_controller::Person;
use jarvis_model::{Door, Origin, Role, Scope};

/// Who calls a tool: an assistant by its token, or the conversation on behalf of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    origin: Origin,
}

impl Caller {
    /// An assistant, by the name of its token and what the token allows.
    pub fn token(name: impl Into<String>, scopes: Vec<Scope>) -> Self {
        let token = name.into();
        Self {
            origin: Origin::Mcp { token, scopes },
        }
    }

    /// The conversation, on behalf of a person.
    pub fn in_conversation(user: impl Into<String>, role: Role) -> Self {
        let user = user.into();
        Self {
            origin: Origin::Chat { user, role },
        }
    }

    /// Who asks, as the guard wants it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether this scope is open. Every scope includes reading; in the conversation a role stands for scopes, and a
    /// second call with a digest is never one of them: there a person confirms on a card.
    pub fn may(&self, scope: Scope) -> bool {
        match &self.origin {
            Origin::Mcp { scopes, .. } => scopes.iter().any(|has| has.includes(scope)),
            Origin::Chat { role, .. } => match scope {
                Scope::Read => true,
                Scope::Propose | Scope::Operate => *role >= Role::Operator,
                Scope::OperateRed => false,
            },
            Origin::Reconciler | Origin::Runbook { .. } | Origin::Person { .. } => false,
        }
    }

    /// As a person of the controller: for taking back what it asked for, for its second call, and as the author of a
    /// proposal. The guard knows a token's own word by this name.
    pub fn person(&self) -> Person {
        let (role, door) = match &self.origin {
            Origin::Chat { role, .. } => (*role, Door::Dashboard),
            _ if self.may(Scope::Operate) || self.may(Scope::Propose) => (Role::Operator, Door::Mcp),
            _ => (Role::Viewer, Door::Mcp),
        };
        let user = match &self.origin {
            Origin::Chat { user, .. } => user.clone(),
            other => other.label(),
        };
        Person { user, role, door }
    }

    /// Why this scope is closed, and what would open it.
    pub(crate) fn lacks(&self, scope: Scope) -> Option<String> {
        if self.may(scope) {
            return None;
        }
        let word = word(scope);
        Some(match &self.origin {
            Origin::Mcp { token, .. } => format!(
                "the token {token} lacks the scope `{word}`; an admin can make a token that has it (`jarvis token create`)"
            ),
            Origin::Chat { user, .. } => {
                format!("{user} is a viewer and may look, not act; an operator can ask for it")
            }
            other => format!("{} asks for nothing through tools", other.label()),
        })
    }
}

/// A scope as it is written.
pub fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Propose => "propose",
        Scope::Operate => "operate",
        Scope::OperateRed => "operate-red",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_open_what_they_say() {
        use Scope::{Operate, OperateRed, Propose, Read};
        let open = |scopes: &[Scope]| {
            let caller = Caller::token("desk", scopes.to_vec());
            [Read, Propose, Operate, OperateRed].map(|scope| caller.may(scope))
        };
        assert_eq!(open(&[]), [false; 4]);
        assert_eq!(open(&[Read]), [true, false, false, false]);
        assert_eq!(open(&[Propose]), [true, true, false, false]);
        assert_eq!(open(&[Operate]), [true, false, true, false]);
        assert_eq!(open(&[OperateRed]), [true, false, true, true]);
        assert_eq!(Caller::token("desk", vec![Read]).person().role, Role::Viewer);
        assert_eq!(
            Caller::token("desk", vec![Operate]).person().user,
            "token desk (mcp)"
        );
    }

    #[test]
    fn the_conversation_never_confirms() {
        let admin = Caller::in_conversation("anna", Role::Admin);
        assert!(admin.may(Scope::Operate) && !admin.may(Scope::OperateRed));
        let viewer = Caller::in_conversation("anna", Role::Viewer);
        assert!(viewer.may(Scope::Read) && !viewer.may(Scope::Propose));
        assert!(viewer.lacks(Scope::Operate).unwrap().contains("viewer"));
    }
}
