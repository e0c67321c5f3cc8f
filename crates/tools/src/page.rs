//! The reference of all tools, as a page.

use crate::{
    caller,
    registry::described,
    tool::{Kind, Tool},
};
use serde_json::Value;
use std::fmt::Write as _;

/// Where the page is kept.
pub const PATH: &str = "docs/TOOLS.md";

const HEAD: &str = "\
# Tools

What an assistant can see and ask for over MCP. The list is fixed when Jarvis is built and its order never changes.
[MCP.md](MCP.md) says how to connect one and what its token should be allowed.

The tier is the base tier of what a tool does; the guard raises it by context, for everybody alike
([SAFETY.md](SAFETY.md)). Yellow runs with the scope `operate`. Red answers the first call with a digest and a preview;
then a person confirms on the dashboard, or the token calls again with the digest if it has `operate-red`. Black is refused,
and the refusal says what would unblock it. Every answer that holds data of the cluster is cleaned of characters nobody
can see and of marks that begin a turn in a model's template, is capped, and is framed as data.

This page is generated: `cargo xtask gen` writes it.
";

/// The page.
pub fn page(tools: &[Tool]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| tool | group | tier | scope | time |\n| --- | --- | --- | --- | --- |\n");
    for tool in tools {
        let _ = writeln!(
            page,
            "| [`{0}`](#{0}) | {1} | {2} | `{3}` | {4} s |",
            tool.name,
            tool.kind.as_str(),
            tool.tier,
            caller::word(tool.scope),
            tool.budget.as_secs()
        );
    }
    for tool in tools {
        section(&mut page, tool);
    }
    page
}

fn section(page: &mut String, tool: &Tool) {
    let about = described(tool);
    let hints: Vec<&str> = [
        (tool.hints.read_only, "changes nothing"),
        (tool.hints.destructive, "may interrupt something"),
        (
            tool.hints.idempotent && tool.kind != Kind::Read,
            "calling it again changes nothing more",
        ),
        (tool.hints.open_world, "reaches what Jarvis does not look after"),
    ]
    .into_iter()
    .filter_map(|(holds, words)| holds.then_some(words))
    .collect();
    let _ = write!(
        page,
        "\n## {}\n\n{} ({}; tier {}; scope `{}`{}{})\n\n",
        tool.name,
        tool.description,
        tool.title,
        tool.tier,
        caller::word(tool.scope),
        if hints.is_empty() { "" } else { "; " },
        hints.join(", ")
    );
    arguments(page, &about["inputSchema"]);
    let _ = write!(page, "Example: `{}`\n\n", tool.example.replace('\n', "\\n"));
    let fields: Vec<String> = about["outputSchema"]["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    let _ = writeln!(page, "Answer: {}", fields.join(", "));
}

fn arguments(page: &mut String, schema: &Value) {
    let Some(fields) = schema["properties"]
        .as_object()
        .filter(|fields| !fields.is_empty())
    else {
        page.push_str("No arguments.\n\n");
        return;
    };
    let needed: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    page.push_str("| argument | type | needed | what |\n| --- | --- | --- | --- |\n");
    for (name, field) in fields {
        let bounds: Vec<String> = [
            ("minimum", "from"),
            ("maximum", "to"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("minItems", "at least"),
            ("maxItems", "at most"),
        ]
        .into_iter()
        .filter_map(|(word, said)| Some(format!("{said} {}", field.get(word)?)))
        .collect();
        let what = [
            field["description"].as_str().unwrap_or_default(),
            &bounds.join(" "),
        ]
        .join(" ");
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} | {} |",
            field["type"].as_str().unwrap_or("object"),
            if needed.contains(&name.as_str()) {
                "yes"
            } else {
                "no"
            },
            what.trim()
        );
    }
    page.push('\n');
}
