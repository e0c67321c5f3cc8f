//! What each root field of the schema asks of a caller: one table. What is not in the table is refused to everybody.
//! Whether a caller's role is enough is [`crate::auth::allow`]'s to say, before anything is executed, for queries,
//! mutations and subscriptions alike.

use async_graphql::parser::types::OperationType;
use jarvis_model::Role::{self, Admin, Operator, Viewer};

/// The least role for each query.
pub const QUERIES: &[(&str, Role)] = &[
    ("alerts", Viewer),
    ("audit", Operator),
    ("auditChain", Operator),
    ("clusters", Viewer),
    ("conversation", Viewer),
    ("conversations", Viewer),
    ("costs", Viewer),
    ("decision", Viewer),
    ("decisions", Viewer),
    ("events", Viewer),
    ("freeze", Viewer),
    ("guest", Viewer),
    ("guests", Viewer),
    ("histories", Viewer),
    ("hourlyHistories", Viewer),
    ("holds", Viewer),
    ("intents", Viewer),
    ("issues", Viewer),
    ("lastBackup", Viewer),
    ("manifest", Viewer),
    ("manifestSchemas", Viewer),
    ("manifests", Viewer),
    ("me", Viewer),
    ("memory", Viewer),
    ("memoryExport", Viewer),
    ("minds", Viewer),
    ("node", Viewer),
    ("nodes", Viewer),
    ("notificationChannels", Viewer),
    ("passedLimits", Viewer),
    ("plan", Viewer),
    ("policy", Viewer),
    ("previewChange", Operator),
    ("proposal", Viewer),
    ("proposals", Viewer),
    ("quorum", Viewer),
    ("resource", Viewer),
    ("resources", Viewer),
    ("revision", Viewer),
    ("runbooks", Viewer),
    ("services", Viewer),
    ("snapshots", Viewer),
    ("storage", Viewer),
    ("taskLog", Operator),
    ("tasks", Viewer),
    ("ticket", Viewer),
    ("tickets", Viewer),
    ("tokens", Admin),
    ("tools", Viewer),
    ("users", Admin),
    ("validateManifests", Operator),
    ("version", Viewer),
    ("windows", Viewer),
    // Introspection: whoever is signed in.
    ("__schema", Viewer),
    ("__type", Viewer),
    ("__typename", Viewer),
];

/// The least role for each mutation. The guard judges actions again, whoever asks.
pub const MUTATIONS: &[(&str, Role)] = &[
    ("acceptIdentity", Operator),
    ("acknowledge", Operator),
    ("approveProposal", Operator),
    ("cancelMessage", Viewer),
    ("confirm", Operator),
    ("confirmFact", Operator),
    ("correctMemory", Operator),
    ("createToken", Admin),
    ("createUser", Admin),
    ("deleteConversation", Viewer),
    ("forget", Operator),
    ("freeze", Operator),
    ("hold", Operator),
    ("proposeChange", Operator),
    ("recall", Operator),
    ("reconcileNow", Operator),
    ("reject", Operator),
    ("rejectProposal", Operator),
    ("release", Operator),
    ("rememberFact", Operator),
    ("requestAction", Operator),
    ("retryNotifications", Operator),
    ("removeUser", Admin),
    ("revokeSessions", Admin),
    ("revokeToken", Admin),
    ("sendMessage", Viewer),
    ("setAutonomyCeiling", Admin),
    ("setPassword", Admin),
    ("testNotification", Operator),
    ("thaw", Operator),
    ("__typename", Viewer),
];

/// The least role for each subscription.
pub const SUBSCRIPTIONS: &[(&str, Role)] = &[
    ("alertUpdates", Viewer),
    ("clusterUpdates", Viewer),
    ("conversation", Viewer),
    ("costUpdates", Viewer),
    ("events", Viewer),
    ("freezeUpdates", Viewer),
    ("planUpdates", Viewer),
    ("ticketUpdates", Viewer),
    ("__typename", Viewer),
];

/// The least role for a root field; None for one that is not in the table.
pub fn least_role(operation: OperationType, field: &str) -> Option<Role> {
    let table = match operation {
        OperationType::Query => QUERIES,
        OperationType::Mutation => MUTATIONS,
        OperationType::Subscription => SUBSCRIPTIONS,
    };
    table
        .iter()
        .find(|(name, _)| *name == field)
        .map(|(_, role)| *role)
}
