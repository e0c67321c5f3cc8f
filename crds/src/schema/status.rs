//! The schema of `status`: what Jarvis says about a resource. Written by Jarvis, never in git.

use serde_json::{Value, json};

/// The normal form of `status`.
pub fn status() -> Value {
    json!({
        "type": "object",
        "description": "What Jarvis says about the resource. Written by Jarvis, never in git.",
        "properties": {
            "observedRevision": {
                "type": "object",
                "description": "The revision that the rest of the status is about.",
                "properties": {
                    "commit": {"type": "string", "description": "The git commit."},
                    "hash": {"type": "string", "description": "SHA-256 over the manifests, hexadecimal."},
                },
                "required": ["commit", "hash"],
            },
            "sync": {
                "type": "string", "enum": ["Synced", "OutOfSync", "Unknown"],
                "description": "Whether the cluster is as the manifest says.",
            },
            "health": {
                "type": "string", "enum": ["Healthy", "Progressing", "Degraded", "Suspended", "Unknown"],
                "description": "Whether the resource does what it is for.",
            },
            "conditions": {
                "type": "array",
                "description": "What holds now, each with a reason; at most one of each type.",
                "items": condition(),
            },
        },
    })
}

fn condition() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": {
                "type": "string", "enum": ["Ready", "Reconciling", "Stalled", "Suspended", "Blocked", "Escalated"],
                "description": "What the condition says.",
            },
            "status": {"type": "string", "enum": ["True", "False", "Unknown"], "description": "Whether it holds."},
            "reason": {"type": "string", "description": "Why, in one word for programs."},
            "message": {"type": "string", "description": "Why, in a sentence for people."},
            "lastTransitionTime": {
                "type": "string", "format": "date-time", "description": "Since when.",
            },
        },
        "required": ["type", "status", "reason", "message"],
    })
}
