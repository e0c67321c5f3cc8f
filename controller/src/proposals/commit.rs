//! How an approved proposal becomes a commit: author, message, trailers, branch. Pure.

use super::Proposing;
use jarvis_model::{ChangedFile, Origin, Proposal};
use jarvis_ports::{Author, Change, PushTarget};

/// The branch of its own.
pub fn own_branch(proposal: &Proposal) -> String {
    format!("jarvis/proposal-{}", proposal.id)
}

/// The change to be pushed: `files` on `base`.
pub fn change(
    proposal: &Proposal,
    by: &str,
    (base, files): (&str, &[ChangedFile]),
    target: PushTarget,
    proposing: &Proposing,
) -> Change {
    let requester = requester(&proposal.origin);
    Change {
        id: proposal.id.to_string(),
        base: base.to_owned(),
        files: files
            .iter()
            .map(|file| (file.path.clone(), file.after.clone().map(String::into_bytes)))
            .collect(),
        author: Author {
            email: format!("{}@{}", mailbox(&requester), proposing.author_domain),
            name: requester,
        },
        committer: Author {
            name: "Jarvis".to_owned(),
            email: format!("jarvis@{}", proposing.author_domain),
        },
        message: message(proposal, by),
        target,
    }
}

/// Whose change it is.
fn requester(origin: &Origin) -> String {
    match origin {
        Origin::Person { user, .. } | Origin::Chat { user, .. } => user.clone(),
        Origin::Mcp { token, .. } => token.clone(),
        Origin::Reconciler | Origin::Runbook { .. } => "jarvis".to_owned(),
    }
}

/// The part of an address before its @.
fn mailbox(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    name.chars().map(|c| if plain(c) { c } else { '-' }).collect()
}

/// Title, reason and trailers.
pub fn message(proposal: &Proposal, by: &str) -> String {
    let mut parts = vec![proposal.title.clone()];
    if !proposal.reason.trim().is_empty() {
        parts.push(wrapped(&proposal.reason));
    }
    let mut trailers = format!(
        "Proposed-by: {}\nApproved-by: {by}\nProposal: {}",
        proposal.origin.label(),
        proposal.id
    );
    if let Some(conversation) = &proposal.conversation {
        trailers = format!("{trailers}\nConversation: {conversation}");
    }
    parts.push(trailers);
    parts.join("\n\n") + "\n"
}

/// What a person does with a branch of its own.
pub fn pull_request(proposal: &Proposal, branch: &str, why: Option<&str>) -> String {
    let why = why.map_or_else(
        || {
            "Approved changes go to a branch of their own here (`source.propose.push: proposal-branch`)."
                .to_owned()
        },
        |why| format!("The server does not take this change on the branch in force: {why}."),
    );
    format!(
        "{why} It was pushed to {branch}: open a pull request from there and merge it, then it comes into force.\n\nTitle: {}\n\n{}",
        proposal.title,
        [proposal.reason.trim(), proposal.effect.as_str()]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n\n")
    )
}

/// Lines of at most 76 characters.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.trim().lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > 76 {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}
