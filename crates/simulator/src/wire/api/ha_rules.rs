//! `/cluster/ha/rules` (release 9) and the groups that release 8 had in their place.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::flavour::Release;
use crate::world::ha_rules::{Affinity, HaRule};
use crate::world::{Refusal, actions};

const AUDIT: Guard = Guard::Need("/", &["Sys.Audit"]);
const CONSOLE: Guard = Guard::Need("/", &["Sys.Console"]);
const KINDS: Shape = Shape::OneOf(&["node-affinity", "resource-affinity"]);

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/cluster/ha/rules", AUDIT, list)
        .with(&[may("type", KINDS), may("resource", Shape::Text)])
        .new_in_9(),
    Route::here("GET", "/cluster/ha/rules/{rule}", AUDIT, one).new_in_9(),
    Route::here("POST", "/cluster/ha/rules", CONSOLE, add)
        .with(&[
            must("rule", Shape::Text),
            must("type", KINDS),
            must("resources", Shape::Text),
            may("nodes", Shape::Text),
            may("strict", Shape::Flag),
            may("affinity", Shape::OneOf(&["negative", "positive"])),
            may("comment", Shape::Text),
            may("disable", Shape::Flag),
        ])
        .protected()
        .new_in_9(),
    Route::here("DELETE", "/cluster/ha/rules/{rule}", CONSOLE, remove)
        .protected()
        .new_in_9(),
    Route::here("GET", "/cluster/ha/groups", AUDIT, groups),
];

fn row(rule: &HaRule) -> Json {
    let resources: Vec<String> = rule.resources.iter().cloned().collect();
    let mut row = Json::object()
        .with("rule", &rule.name)
        .with("resources", resources.join(","))
        .with("digest", "5a1c4a2b21f76d31b9c4f7b1c3a7f0d9e2b3c4d5")
        .with("order", 1);
    match &rule.affinity {
        Affinity::Nodes { nodes, strict } => {
            let nodes: Vec<String> = nodes
                .iter()
                .map(|(node, priority)| match priority {
                    0 => node.clone(),
                    priority => format!("{node}:{priority}"),
                })
                .collect();
            row.put("type", "node-affinity");
            row.put("nodes", nodes.join(","));
            row.put("strict", Json::flag(*strict));
        }
        Affinity::Resources { together } => {
            row.put("type", "resource-affinity");
            row.put("affinity", if *together { "positive" } else { "negative" });
        }
    }
    row.put_some("comment", rule.comment.as_ref());
    row.put_some("disable", rule.disabled.then_some(1));
    row
}

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let rows = ctx
        .world
        .ha_rules
        .values()
        .filter(|rule| {
            ctx.param("resource")
                .is_none_or(|sid| rule.resources.contains(sid))
        })
        .map(row)
        .filter(|row| {
            ctx.param("type")
                .is_none_or(|kind| row.get("type").and_then(Json::as_text) == Some(kind))
        });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn missing(name: &str) -> Refusal {
    Refusal::failed(format!("no such ha rule '{name}'"))
}

fn one(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("rule");
    let rule = ctx.world.ha_rules.get(name).ok_or_else(|| missing(name))?;
    Ok(Done::Data(row(rule)))
}

fn add(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    if !ctx.world.is_quorate(ctx.entry) {
        return Err(Refusal::failed(actions::NO_QUORUM));
    }
    let words = |name: &str| -> BTreeSet<String> {
        ctx.param(name)
            .unwrap_or_default()
            .split([',', ' '])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let absent = |name: &'static str| Refusal::parameter(name, "property is missing and it is not optional");
    let affinity = if ctx.param("type") == Some("node-affinity") {
        let nodes: BTreeMap<String, u32> = words("nodes")
            .into_iter()
            .map(|word| match word.split_once(':') {
                Some((node, priority)) => (node.to_owned(), priority.parse().unwrap_or(0)),
                None => (word, 0),
            })
            .collect();
        if nodes.is_empty() {
            return Err(absent("nodes"));
        }
        if let Some(unknown) = nodes.keys().find(|node| !ctx.world.nodes.contains_key(*node)) {
            return Err(Refusal::failed(format!("no such cluster node '{unknown}'")));
        }
        Affinity::Nodes {
            nodes,
            strict: ctx.flag("strict"),
        }
    } else {
        let together = ctx.param("affinity").ok_or_else(|| absent("affinity"))? == "positive";
        Affinity::Resources { together }
    };
    let rule = HaRule {
        name: ctx.param("rule").unwrap_or_default().to_owned(),
        affinity,
        resources: words("resources"),
        disabled: ctx.flag("disable"),
        comment: ctx.param("comment").map(str::to_owned),
    };
    ctx.world.ha_rule_add(rule)?;
    Ok(Done::Data(Json::Null))
}

fn remove(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("rule").to_owned();
    ctx.world.ha_rules.remove(&name).ok_or_else(|| missing(&name))?;
    Ok(Done::Data(Json::Null))
}

/// There never were any; release 9 says that it has made rules of them.
fn groups(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    if ctx.release() >= Release::V9 {
        return Err(Refusal::failed(
            "cannot index groups: ha groups have been migrated to rules",
        ));
    }
    Ok(Done::Data(Json::List(Vec::new())))
}
