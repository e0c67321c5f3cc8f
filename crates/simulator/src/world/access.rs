//! Who may do what: users, tokens, roles, and the rule by which deeper paths replace inherited roles.
//!
//! Knows nothing of requests. Source: Proxmox VE access control, `GET /access/permissions`.

use std::collections::{BTreeMap, BTreeSet};

/// Every privilege of Proxmox VE 9.2.
pub const ALL_PRIVILEGES: &[&str] = &[
    "Datastore.Allocate",
    "Datastore.AllocateSpace",
    "Datastore.AllocateTemplate",
    "Datastore.Audit",
    "Group.Allocate",
    "Mapping.Audit",
    "Mapping.Modify",
    "Mapping.Use",
    "Permissions.Modify",
    "Pool.Allocate",
    "Pool.Audit",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "SDN.Allocate",
    "SDN.Audit",
    "SDN.Use",
    "Sys.AccessNetwork",
    "Sys.Audit",
    "Sys.Console",
    "Sys.Incoming",
    "Sys.Modify",
    "Sys.PowerMgmt",
    "Sys.Syslog",
    "User.Modify",
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.GuestAgent.Audit",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.GuestAgent.Unrestricted",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Replicate",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
];

const AUDITOR: &[&str] = &[
    "Datastore.Audit",
    "Mapping.Audit",
    "Pool.Audit",
    "SDN.Audit",
    "Sys.Audit",
    "VM.Audit",
    "VM.GuestAgent.Audit",
];

const VM_ADMIN: &[&str] = &[
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.GuestAgent.Audit",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.GuestAgent.Unrestricted",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Replicate",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
];

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `name@realm`.
    pub user: String,
    /// Token name, when a token is used.
    pub token: Option<String>,
}

impl Identity {
    /// As written in task ids: `name@realm!token`.
    pub fn full_name(&self) -> String {
        match &self.token {
            Some(token) => format!("{}!{token}", self.user),
            None => self.user.clone(),
        }
    }

    /// root@pam itself, not one of its tokens.
    pub fn is_root_itself(&self) -> bool {
        self.user == "root@pam" && self.token.is_none()
    }
}

/// An entry of the access control list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// Path, such as `/vms/103`.
    pub path: String,
    /// User, or user with token.
    pub who: String,
    /// Role.
    pub role: String,
    /// Holds below the path too.
    pub propagate: bool,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Secret, a UUID.
    pub secret: String,
    /// Its rights are cut to its own entries.
    pub privsep: bool,
}

/// Users, tokens, roles and entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Passwords by user.
    pub users: BTreeMap<String, String>,
    /// Tokens by full name.
    pub tokens: BTreeMap<String, Token>,
    /// Privileges of own roles.
    pub roles: BTreeMap<String, BTreeSet<String>>,
    /// The list.
    pub acl: Vec<AclEntry>,
}

/// Privileges on one path; the flag says whether they hold below it too.
pub type Rights = BTreeMap<&'static str, bool>;

impl Access {
    /// Gives a role on a path, holding below it too.
    pub fn grant(&mut self, path: &str, who: &str, role: &str) {
        self.acl.push(AclEntry {
            path: path.to_owned(),
            who: who.to_owned(),
            role: role.to_owned(),
            propagate: true,
        });
    }

    /// Makes a role of its own.
    pub fn define_role(&mut self, role: &str, privileges: &[&str]) {
        self.roles.insert(
            role.to_owned(),
            privileges.iter().map(|p| (*p).to_owned()).collect(),
        );
    }

    /// The rights of a caller on a path.
    pub fn rights(&self, who: &Identity, path: &str) -> Rights {
        let of_user = self.rights_of_user(&who.user, path);
        let Some(full) = who.token.as_ref().map(|_| who.full_name()) else {
            return of_user;
        };
        if self.tokens.get(&full).is_some_and(|token| !token.privsep) {
            return of_user;
        }
        let mut own = self.listed_rights(&full, path);
        own.retain(|privilege, _| of_user.contains_key(privilege));
        own
    }

    /// Whether the caller has any of the privileges on the path.
    pub fn allows(&self, who: &Identity, path: &str, any_of: &[&str]) -> bool {
        let rights = self.rights(who, path);
        any_of.iter().any(|privilege| rights.contains_key(privilege))
    }

    /// Paths that have an entry of their own for the caller.
    pub fn own_paths(&self, who: &Identity) -> BTreeSet<&str> {
        let full = who.full_name();
        self.acl
            .iter()
            .filter(|entry| entry.who == full || entry.who == who.user)
            .map(|entry| entry.path.as_str())
            .collect()
    }

    fn rights_of_user(&self, user: &str, path: &str) -> Rights {
        if user == "root@pam" {
            return ALL_PRIVILEGES
                .iter()
                .map(|privilege| (*privilege, true))
                .collect();
        }
        self.listed_rights(user, path)
    }

    fn listed_rights(&self, who: &str, path: &str) -> Rights {
        let mut rights = Rights::new();
        for prefix in prefixes(path) {
            let here: Vec<&AclEntry> = self
                .acl
                .iter()
                .filter(|entry| {
                    entry.who == who && entry.path == prefix && (entry.propagate || prefix == path)
                })
                .collect();
            if !here.is_empty() {
                rights.clear();
                for entry in here {
                    for privilege in self.privileges(&entry.role) {
                        rights.insert(privilege, entry.propagate);
                    }
                }
            }
        }
        rights
    }

    fn privileges(&self, role: &str) -> Vec<&'static str> {
        match role {
            "Administrator" => ALL_PRIVILEGES.to_vec(),
            "PVEAuditor" => AUDITOR.to_vec(),
            "PVEVMAdmin" => VM_ADMIN.to_vec(),
            own => {
                let named = self.roles.get(own);
                ALL_PRIVILEGES
                    .iter()
                    .copied()
                    .filter(|p| named.is_some_and(|set| set.contains(*p)))
                    .collect()
            }
        }
    }
}

/// `/`, `/vms`, `/vms/100` for `/vms/100`.
fn prefixes(path: &str) -> Vec<&str> {
    let mut prefixes = vec!["/"];
    prefixes.extend(path.match_indices('/').skip(1).map(|(at, _)| &path[..at]));
    if path != "/" {
        prefixes.push(path);
    }
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str) -> Identity {
        Identity {
            user: "jarvis@pve".to_owned(),
            token: Some(name.to_owned()),
        }
    }

    fn access() -> Access {
        let mut access = Access::default();
        access.tokens.insert(
            "jarvis@pve!act".to_owned(),
            Token {
                secret: String::new(),
                privsep: true,
            },
        );
        access.define_role("Power", &["VM.Audit", "VM.PowerMgmt"]);
        access.grant("/", "jarvis@pve", "Administrator");
        access.grant("/vms", "jarvis@pve!act", "Power");
        access.grant("/vms/103", "jarvis@pve!act", "NoAccess");
        access
    }

    #[test]
    fn deeper_paths_replace_inherited_roles() {
        let access = access();
        assert!(access.allows(&token("act"), "/vms/100", &["VM.PowerMgmt"]));
        assert!(!access.allows(&token("act"), "/vms/103", &["VM.PowerMgmt", "VM.Audit"]));
        assert!(!access.allows(&token("act"), "/", &["Sys.Audit"]));
    }

    #[test]
    fn a_separated_token_has_at_most_the_rights_of_its_user() {
        let mut access = access();
        access.acl.retain(|entry| entry.who != "jarvis@pve");
        assert!(!access.allows(&token("act"), "/vms/100", &["VM.PowerMgmt"]));
    }

    #[test]
    fn prefixes_go_from_the_root_down() {
        assert_eq!(prefixes("/vms/100"), ["/", "/vms", "/vms/100"]);
        assert_eq!(prefixes("/"), ["/"]);
    }
}
