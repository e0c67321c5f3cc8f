//! The played model on a socket: one request a connection, answers in chunks, faults at the level of bytes.

use super::{Act, Fault, Play};
use super::{Dialect, Heard, Part, Shared, anthropic, lock, openai, part};
use crate::wire::http;
use serde_json::{Value, json};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::task::TaskTracker;

const STREAM: &str = "text/event-stream";
const JSON: &str = "application/json";

/// Takes connections until the end.
pub async fn listen(shared: Arc<Shared>, listener: TcpListener, tasks: TaskTracker) {
    loop {
        let taken = tokio::select! {
            () = shared.end.cancelled() => return,
            taken = listener.accept() => taken,
        };
        let Ok((stream, _)) = taken else { continue };
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let end = shared.end.clone();
            let _ = end.run_until_cancelled(connection(&shared, stream)).await;
        });
    }
}

async fn connection(shared: &Shared, mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::new();
    let Some(request) = http::read(&mut stream, &mut buffer).await? else {
        return Ok(());
    };
    if let Some(refusal) = locked(shared, &request) {
        return refuse(shared, &mut stream, 401, "", &refusal).await;
    }
    if request.method == "GET" {
        return about(shared, &mut stream, &request.path).await;
    }
    let wanted = match shared.options.dialect {
        Dialect::Anthropic => "/v1/messages",
        Dialect::OpenaiCompatible => "/v1/chat/completions",
    };
    if request.path != wanted {
        return refuse(shared, &mut stream, 404, "", "not found").await;
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let place = {
        let mut heard = lock(&shared.heard);
        heard.push(Heard {
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: body.clone(),
        });
        heard.len()
    };
    let checked = match shared.options.dialect {
        Dialect::Anthropic => {
            anthropic::check(request.header("anthropic-version"), &body).map_err(|why| (400, why))
        }
        Dialect::OpenaiCompatible => openai::check(&body),
    };
    if let Err((status, why)) = checked {
        return refuse(shared, &mut stream, status, "", &why).await;
    }
    let done = perform(shared, &mut stream, &body, place).await;
    if done.is_err() {
        shared.gone.send_modify(|gone| *gone += 1);
    }
    Ok(())
}

/// Why somebody is not let in.
fn locked(shared: &Shared, request: &http::Request) -> Option<String> {
    let key = shared.options.key.as_ref()?;
    let bearer = request
        .header("authorization")
        .and_then(|line| line.strip_prefix("Bearer "));
    let given = match shared.options.dialect {
        Dialect::Anthropic => request.header("x-api-key").or(bearer),
        Dialect::OpenaiCompatible => bearer,
    };
    // Some servers repeat the key, so this one does.
    (given != Some(key.as_str())).then(|| format!("invalid API key: {}", given.unwrap_or_default()))
}

async fn about(shared: &Shared, stream: &mut TcpStream, path: &str) -> io::Result<()> {
    let model = &shared.options.model;
    let answer = match (shared.options.dialect, path) {
        (Dialect::Anthropic, path) if path == format!("/v1/models/{model}") => {
            json!({"type": "model", "id": model, "display_name": model, "max_input_tokens": 200_000, "max_tokens": 64_000})
        }
        (Dialect::OpenaiCompatible, "/v1/models") => {
            json!({"object": "list", "data": [{"id": model, "object": "model"}]})
        }
        (Dialect::OpenaiCompatible, "/props") => {
            json!({"default_generation_settings": {"n_ctx": 8192}, "total_slots": 1})
        }
        _ => return refuse(shared, stream, 404, "", "not found").await,
    };
    whole(stream, 200, JSON, "", &answer.to_string()).await
}

async fn perform(shared: &Shared, stream: &mut TcpStream, body: &Value, place: usize) -> io::Result<()> {
    let scene = match shared.options.dialect {
        Dialect::Anthropic => anthropic::scene(body),
        Dialect::OpenaiCompatible => openai::scene(body),
    };
    let play = match &shared.options.part {
        Part::Script(_) => shared
            .next_play()
            .unwrap_or_else(|| Act::say("I have nothing to say.").into()),
        Part::Cued(cues) => part::cued(cues, &scene),
        Part::Obeying { first } => part::obey(&scene, first.as_deref()).into(),
        Part::Looping { tool, arguments } => Act::call(&[(tool.as_str(), arguments.clone())]).into(),
    };
    let (model, id) = (shared.options.model.as_str(), format!("{place:04}"));
    let events = match shared.options.dialect {
        Dialect::Anthropic => anthropic::events(model, &id, body, &play.act),
        Dialect::OpenaiCompatible => openai::events(model, &id, body, &play.act),
    };
    match &play.fault {
        Some(Fault::NoHead) => silence(stream).await,
        Some(Fault::TooMany { after_secs }) => {
            let header = after_secs.map_or_else(String::new, |secs| format!("retry-after: {secs}\r\n"));
            refuse(shared, stream, 429, &header, "too many requests").await
        }
        Some(Fault::Overloaded) => match shared.options.dialect {
            Dialect::Anthropic => refuse(shared, stream, 529, "", "Overloaded").await,
            Dialect::OpenaiCompatible => refuse(shared, stream, 503, "", "Loading model").await,
        },
        Some(Fault::NotStreamed) => {
            let answer = match shared.options.dialect {
                Dialect::Anthropic => anthropic::whole(model, &id, body, &play.act),
                Dialect::OpenaiCompatible => openai::whole(model, &id, body, &play.act),
            };
            whole(stream, 200, JSON, "", &answer.to_string()).await
        }
        _ => {
            stream
                .write_all(head(200, STREAM, "Transfer-Encoding: chunked\r\n").as_bytes())
                .await?;
            streamed(shared, stream, &play, &events, &id).await
        }
    }
}

async fn streamed(
    shared: &Shared,
    stream: &mut TcpStream,
    play: &Play,
    events: &[String],
    id: &str,
) -> io::Result<()> {
    let (most, then) = match &play.fault {
        Some(Fault::HeadOnly) => (0, play.fault.as_ref()),
        Some(Fault::SilentAfter(n) | Fault::CutAfter(n) | Fault::ErrorAfter(n) | Fault::RestartAfter(n)) => {
            (*n, play.fault.as_ref())
        }
        _ => (events.len(), None),
    };
    let endless = play.act.endless;
    // An answer without end stays in its text.
    let most = if endless {
        most.min(events.len().saturating_sub(3))
    } else {
        most
    };
    for event in events.iter().take(most) {
        chunk(stream, event).await?;
    }
    match then {
        Some(Fault::HeadOnly | Fault::SilentAfter(_)) => return silence(stream).await,
        Some(Fault::CutAfter(_)) => return stream.shutdown().await,
        Some(Fault::ErrorAfter(_)) => {
            let error = match shared.options.dialect {
                Dialect::Anthropic => anthropic::error_event(),
                Dialect::OpenaiCompatible => openai::error_event(),
            };
            chunk(stream, &error).await?;
        }
        Some(Fault::RestartAfter(_)) => {
            for event in events {
                chunk(stream, event).await?;
            }
        }
        _ => {}
    }
    if !endless {
        stream.write_all(b"0\r\n\r\n").await?;
        return stream.shutdown().await;
    }
    loop {
        let more = match shared.options.dialect {
            Dialect::Anthropic => anthropic::more(),
            Dialect::OpenaiCompatible => openai::more(&shared.options.model, id),
        };
        chunk(stream, &more).await?;
    }
}

/// Says nothing until the client hangs up, which counts as such.
async fn silence(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Err(io::ErrorKind::UnexpectedEof.into())
}

async fn chunk(stream: &mut TcpStream, text: &str) -> io::Result<()> {
    let framed = format!("{:x}\r\n{text}\r\n", text.len());
    http::send(stream, framed.as_bytes()).await
}

async fn refuse(
    shared: &Shared,
    stream: &mut TcpStream,
    status: u16,
    header: &str,
    why: &str,
) -> io::Result<()> {
    let body = match shared.options.dialect {
        Dialect::Anthropic => anthropic::refusal(status, why),
        Dialect::OpenaiCompatible => openai::refusal(status, why),
    };
    whole(stream, status, JSON, header, &body).await
}

async fn whole(stream: &mut TcpStream, status: u16, kind: &str, header: &str, body: &str) -> io::Result<()> {
    let length = format!("Content-Length: {}\r\n{header}", body.len());
    let text = head(status, kind, &length) + body;
    http::send(stream, text.as_bytes()).await?;
    stream.shutdown().await
}

fn head(status: u16, kind: &str, lines: &str) -> String {
    format!(
        "HTTP/1.1 {status} Played\r\nContent-Type: {kind}\r\n{lines}request-id: req_play\r\nConnection: close\r\n\r\n"
    )
}
