//! `jarvis schema`: the schemas generated from the types. Needs no running Jarvis.

use crate::{
    cli::Schema,
    exit::{Exit, Failure, Outcome},
    out,
    table::Table,
};
use jarvis_crds::{check::suggest::nearest, schema::about};
use jarvis_model::ResourceKind;

/// Not a kind: what assistants are told of the tools.
const TOOLS: &str = "tools";
/// Nor is this: the API in GraphQL's own language.
const GRAPHQL: &str = "graphql";

/// Runs the command.
pub fn run(arguments: &Schema) -> Outcome {
    match (&arguments.kind, arguments.crd) {
        (Some(name), false) if name.eq_ignore_ascii_case(GRAPHQL) => out::print(&jarvis_api::sdl()),
        (Some(name), false) if name.eq_ignore_ascii_case(TOOLS) => {
            let tools: Vec<serde_json::Value> = jarvis_tools::CATALOGUE
                .iter()
                .map(jarvis_tools::registry::described)
                .collect();
            out::print(&format!("{:#}\n", serde_json::Value::from(tools)));
        }
        (Some(name), crd) => {
            let kind = kind_of(name)?;
            out::print(&if crd {
                jarvis_crds::crd_yaml(kind)
            } else {
                format!("{:#}\n", jarvis_crds::json_schema(kind))
            });
        }
        (None, true) => {
            let all: Vec<String> = ResourceKind::ALL.into_iter().map(jarvis_crds::crd_yaml).collect();
            out::print(&all.join("---\n"));
        }
        (None, false) => {
            let mut table = Table::new(&["KIND", "WHAT"]);
            for kind in ResourceKind::ALL {
                table.row([kind.as_str().to_owned(), about(kind).to_owned()]);
            }
            for (name, what) in [
                (TOOLS, "what assistants are told of the tools"),
                (GRAPHQL, "the API that the dashboard and the commands use"),
            ] {
                table.row([name.to_owned(), what.to_owned()]);
            }
            out::print(&table.text());
        }
    }
    Ok(Exit::Ok)
}

/// A kind by its name, whatever the case.
fn kind_of(name: &str) -> Result<ResourceKind, Failure> {
    let known = ResourceKind::ALL.map(ResourceKind::as_str);
    if let Some(kind) = ResourceKind::ALL
        .into_iter()
        .find(|kind| kind.as_str().eq_ignore_ascii_case(name))
    {
        return Ok(kind);
    }
    let hint = match nearest(name, &known) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!(
            "kinds are {}; without --crd there are also {TOOLS} and {GRAPHQL}",
            known.join(", ")
        ),
    };
    Err(Failure::error(format!(
        "cannot print a schema of {name:?}: there is no such kind; {hint}"
    )))
}
