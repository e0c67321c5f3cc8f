//! Tasks: lists of a node and of the cluster, status, log, cancelling.

use std::time::Duration;

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::task::{Task, parse_upid};
use crate::world::timing::TASKS_SHARED;
use crate::world::{Refusal, World};

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/cluster/tasks", Guard::Login, cluster_list),
    Route::there("GET", "/nodes/{node}/tasks", Guard::Login, node_list).with(&[
        may("errors", Shape::Flag),
        may("limit", Shape::Int(0)),
        may("since", Shape::Int(0)),
        may("source", Shape::OneOf(&["archive", "active", "all"])),
        may("start", Shape::Int(0)),
        may("statusfilter", Shape::Text),
        may("typefilter", Shape::Text),
        may("until", Shape::Int(0)),
        may("userfilter", Shape::Text),
        may("vmid", Shape::Int(100)),
    ]),
    Route::there("GET", "/nodes/{node}/tasks/{upid}/status", Guard::Login, status),
    Route::there("GET", "/nodes/{node}/tasks/{upid}/log", Guard::Login, log).with(&[
        may("start", Shape::Int(0)),
        may("limit", Shape::Int(0)),
        may("download", Shape::Flag),
    ]),
    Route::there("DELETE", "/nodes/{node}/tasks/{upid}", Guard::Login, cancel).protected(),
];

fn owned_by(ctx: &Ctx<'_>, task: &Task) -> bool {
    task.user == ctx.who.full_name() || task.owner() == ctx.who.user
}

fn user_keys(row: &mut Json, task: &Task) {
    row.put("user", task.owner().to_owned());
    row.put_some("tokenid", task.token().map(str::to_owned));
}

/// The last tasks of each node, as the nodes tell each other.
fn cluster_list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let all = ctx.allowed("/", &["Sys.Audit"]);
    let world = &*ctx.world;
    let mut rows = Vec::new();
    for node in world.nodes.keys() {
        let known_until = world
            .views
            .get(ctx.entry)
            .and_then(|view| view.gone_since.get(node))
            .copied();
        let recent = world
            .tasks
            .values()
            .rev()
            .filter(|task| task.node == *node && known_until.is_none_or(|until| task.started <= until))
            .filter(|task| all || owned_by(ctx, task))
            .take(TASKS_SHARED);
        rows.extend(recent.map(|task| shared_row(world, task)));
    }
    Ok(Done::Data(Json::List(rows)))
}

fn shared_row(world: &World, task: &Task) -> Json {
    let mut row = Json::object()
        .with("upid", &task.upid)
        .with("node", &task.node)
        .with("type", &task.kind)
        .with("id", &task.id)
        .with("starttime", task.started_at_secs);
    user_keys(&mut row, task);
    match &task.end {
        None => {
            row.put("pid", task.pid);
            row.put("pstart", task.pstart);
            row.put("saved", "0");
        }
        Some(end) => {
            row.put("endtime", world.epoch_secs + end.at.as_secs());
            row.put("status", &end.status);
            // The field changes its type when the status daemon writes the list anew.
            let fresh = world.now().since(end.at) < Duration::from_secs(5);
            row.put("saved", if fresh { Json::Int(1) } else { Json::from("1") });
        }
    }
    row
}

fn node_list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let all = ctx.allowed(&format!("/nodes/{}", ctx.node()), &["Sys.Audit"]);
    let source = ctx.param("source").unwrap_or("archive");
    let world = &*ctx.world;
    let mut found: Vec<&Task> = world
        .tasks
        .values()
        .rev()
        .filter(|task| task.node == ctx.node() && (all || owned_by(ctx, task)))
        .filter(|task| match source {
            "active" => task.end.is_none(),
            "all" => true,
            _ => task.end.is_some(),
        })
        .filter(|task| passes(ctx, task))
        .collect();
    found.sort_by_key(|task| std::cmp::Reverse((task.end.is_none(), task.started_at_secs, task.seq)));
    let total = found.len() as u64;
    let start = usize::try_from(ctx.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = match ctx.number("limit") {
        None => 50,
        Some(0) => usize::MAX,
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let rows = found
        .into_iter()
        .skip(start)
        .take(limit)
        .map(|task| archive_row(world, task))
        .collect();
    Ok(Done::Page(Json::List(rows), total))
}

fn passes(ctx: &Ctx<'_>, task: &Task) -> bool {
    let status = task.end.as_ref().map(|end| end.status.as_str());
    let is_error = status.is_some_and(|status| status != "OK" && !status.starts_with("WARNINGS"));
    let word = match status {
        None => "unknown",
        Some("OK") => "ok",
        Some(warnings) if warnings.starts_with("WARNINGS") => "warning",
        Some(_) => "error",
    };
    ctx.param("vmid").is_none_or(|vmid| task.id == vmid)
        && ctx.param("typefilter").is_none_or(|kind| task.kind == kind)
        && ctx
            .param("userfilter")
            .is_none_or(|user| task.user.contains(user))
        && ctx
            .number("since")
            .is_none_or(|since| task.started_at_secs >= since)
        && ctx
            .number("until")
            .is_none_or(|until| task.started_at_secs <= until)
        && ctx
            .param("statusfilter")
            .is_none_or(|words| words.split(',').any(|wanted| wanted == word))
        && (!ctx.flag("errors") || is_error)
}

fn archive_row(world: &World, task: &Task) -> Json {
    let mut row = Json::object()
        .with("upid", &task.upid)
        .with("node", &task.node)
        .with("pid", task.pid)
        .with("pstart", task.pstart)
        .with("starttime", task.started_at_secs)
        .with("type", &task.kind)
        .with("id", &task.id);
    user_keys(&mut row, task);
    match &task.end {
        None => row.put("status", "RUNNING"),
        Some(end) => {
            row.put("endtime", world.epoch_secs + end.at.as_secs());
            row.put("status", &end.status);
        }
    }
    row
}

fn checked<'a>(ctx: &'a Ctx<'_>) -> Result<Option<&'a Task>, Refusal> {
    let upid = ctx.part("upid");
    if parse_upid(upid).is_none() {
        return Err(Refusal::parameter("upid", "unable to parse worker upid"));
    }
    let task = ctx.world.task(upid).filter(|task| task.node == ctx.node());
    let may_see = task.is_none_or(|task| {
        owned_by(ctx, task) || ctx.allowed(&format!("/nodes/{}", ctx.node()), &["Sys.Audit"])
    });
    if may_see {
        Ok(task)
    } else {
        Err(Refusal::forbidden(format!(
            "Permission check failed (/nodes/{}, Sys.Audit)",
            ctx.node()
        )))
    }
}

fn status(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let task = checked(ctx)?.ok_or_else(|| Refusal::parameter("upid", "no such task"))?;
    let mut data = Json::object()
        .with("upid", &task.upid)
        .with("node", &task.node)
        .with("pid", task.pid)
        .with("pstart", task.pstart)
        .with("starttime", task.started_at_secs)
        .with("type", &task.kind)
        .with("id", &task.id)
        .with("status", if task.end.is_some() { "stopped" } else { "running" });
    user_keys(&mut data, task);
    data.put_some("exitstatus", task.end.as_ref().map(|end| &end.status));
    Ok(Done::Data(data))
}

fn log(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let line = |number: usize, text: String| Json::object().with("n", number as u64).with("t", text);
    let Some(task) = checked(ctx)? else {
        let rows = vec![line(
            1,
            "unable to open file - No such file or directory".to_owned(),
        )];
        return Ok(Done::Page(Json::List(rows), 1));
    };
    let lines = task.lines();
    if lines.is_empty() {
        return Ok(Done::Page(Json::List(vec![line(1, "no content".to_owned())]), 1));
    }
    let total = lines.len() as u64;
    let start = usize::try_from(ctx.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = match ctx.number("limit").unwrap_or(50) {
        0 => usize::MAX,
        limit => usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let rows = lines
        .into_iter()
        .enumerate()
        .skip(start)
        .take(limit)
        .map(|(at, text)| line(at + 1, text))
        .collect();
    Ok(Done::Page(Json::List(rows), total))
}

fn cancel(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let upid = ctx.part("upid").to_owned();
    let own = match checked(ctx)? {
        Some(task) => owned_by(ctx, task),
        None => return Err(Refusal::parameter("upid", "no such task")),
    };
    if !own && !ctx.allowed(&format!("/nodes/{}", ctx.node()), &["Sys.Modify"]) {
        return Err(Refusal::forbidden(format!(
            "Permission check failed (/nodes/{}, Sys.Modify)",
            ctx.node()
        )));
    }
    ctx.world.cancel_task(&upid)?;
    Ok(Done::Data(Json::Null))
}
