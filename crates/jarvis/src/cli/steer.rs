//! Commands that steer Jarvis itself: kill switch, holds, autonomy, tokens, users.

use clap::{Args, Subcommand, ValueEnum};
use std::time::Duration;

/// Reads `90s`, `5m`, `1h30m`, `2d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    jarvis_crds::text::duration::parse(text).map_err(str::to_owned)
}

/// `freeze`.
#[derive(Debug, Clone, Args)]
pub struct Freeze {
    /// Stop persons too.
    #[arg(long)]
    pub all: bool,
    /// Thaw by itself after this long.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub ttl: Option<Duration>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// `hold`.
#[derive(Debug, Clone, Args)]
pub struct Hold {
    /// cluster, node:NAME or KIND/NAME.
    pub scope: String,
    /// For how long; without it one hour.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub ttl: Option<Duration>,
    /// Why.
    #[arg(long, default_value = "asked for on the command line")]
    pub reason: String,
}

/// `release`.
#[derive(Debug, Clone, Args)]
pub struct Release {
    /// cluster, node:NAME or KIND/NAME.
    pub scope: String,
}

/// `accept-identity`.
#[derive(Debug, Clone, Args)]
pub struct AcceptIdentity {
    /// The guest's number.
    pub vmid: u32,
    /// The identity that is accepted; without it the one observed now.
    pub identity: Option<String>,
}

/// `ack`.
#[derive(Debug, Clone, Args)]
pub struct Ack {
    /// KIND/NAME#ISSUE-KIND, as `jarvis get issues` shows it.
    pub issue: String,
}

/// `autonomy`.
#[derive(Debug, Clone, Args)]
pub struct Autonomy {
    /// What.
    #[command(subcommand)]
    pub command: AutonomyCommand,
}

/// A level of autonomy, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "verbatim")]
pub enum Ceiling {
    /// Observe.
    L0,
    /// Alert.
    L1,
    /// Recommend.
    L2,
    /// Act and report.
    L3,
    /// Act silently.
    L4,
    /// Lift the ceiling set before; that of the config file stays.
    #[value(name = "none")]
    None,
}

/// What can be done with autonomy.
#[derive(Debug, Clone, Subcommand)]
pub enum AutonomyCommand {
    /// Set or lift the ceiling over all autonomy.
    #[command(after_help = "Example:\n  jarvis autonomy set-ceiling L2")]
    SetCeiling {
        /// The level.
        #[arg(value_enum)]
        level: Ceiling,
    },
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads and acts within the tiers.
    Operator,
    /// Also policy, tokens, users and autonomy.
    Admin,
}

/// What an assistant may do. Each includes reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Reads.
    Read,
    /// Proposes manifest changes.
    Propose,
    /// Acts within the yellow tier.
    Operate,
    /// Acts within the red tier as well, by a second call that carries the digest.
    OperateRed,
}

/// `token`.
#[derive(Debug, Clone, Args)]
pub struct Token {
    /// What.
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// What can be done with tokens.
#[derive(Debug, Clone, Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is printed once.
    #[command(
        after_help = "Example:\n  jarvis token create ci --role viewer --for 30d\n  jarvis token create assistant --scope read,propose,operate --for 90d"
    )]
    Create {
        /// Its name: lower-case letters, digits and hyphens.
        name: String,
        /// What it may do over GraphQL and as a command's token.
        #[arg(long, value_enum, default_value = "viewer")]
        role: Role,
        /// What an assistant may do with it over MCP; several with commas.
        #[arg(long = "scope", value_enum, value_delimiter = ',', default_value = "read")]
        scopes: Vec<Scope>,
        /// When it lapses; without it never.
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        ttl: Option<Duration>,
    },
    /// List tokens; secrets are not kept.
    #[command(after_help = "Example:\n  jarvis token list")]
    List,
    /// Revoke a token.
    #[command(after_help = "Example:\n  jarvis token revoke ci")]
    Revoke {
        /// Its name.
        name: String,
    },
}

/// `user`.
#[derive(Debug, Clone, Args)]
pub struct User {
    /// What.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What can be done with users. Passwords are read from standard input.
#[derive(Debug, Clone, Subcommand)]
pub enum UserCommand {
    /// Add a person; the password is read from standard input.
    #[command(after_help = "Example:\n  printf '%s\\n' \"$PASSWORD\" | jarvis user add anna --role operator")]
    Add {
        /// Name.
        name: String,
        /// What the person may do.
        #[arg(long, value_enum, default_value = "viewer")]
        role: Role,
        /// The password works only to set another one.
        #[arg(long)]
        one_time: bool,
    },
    /// Set a person's password, read from standard input; that ends all sessions of the person.
    #[command(
        after_help = "Example:\n  printf '%s\\n' \"$PASSWORD\" | jarvis user passwd anna\n  printf '%s\\n' \"$PASSWORD\" | jarvis user passwd anna --role viewer"
    )]
    Passwd {
        /// Name.
        name: String,
        /// A new role as well.
        #[arg(long, value_enum)]
        role: Option<Role>,
        /// The password works only to set another one.
        #[arg(long)]
        one_time: bool,
    },
    /// Sign a person out everywhere.
    #[command(after_help = "Example:\n  jarvis user sign-out anna")]
    SignOut {
        /// Name.
        name: String,
    },
    /// Remove a person: sessions end, tokens the person made are revoked, conversations are deleted.
    #[command(after_help = "Example:\n  jarvis user remove anna")]
    Remove {
        /// Name.
        name: String,
    },
    /// List people.
    #[command(after_help = "Example:\n  jarvis user list")]
    List,
}
