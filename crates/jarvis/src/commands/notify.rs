//! `jarvis notify`: a real test message by each channel, what waits in the outbox, and another try for what is parked.

use crate::{
    cli::{
        Connection, Output,
        notify::{Notify, NotifyCommand, Queue, Retry, Test},
    },
    client::Client,
    config::Config,
    context::Context,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    manifests, out,
    run::notifying,
    table::Table,
    text::add,
};
use jarvis_crds::check::suggest::nearest;
use jarvis_model::Timestamp;
use jarvis_notify::{Content, Letter, Outbox, Outcome as Sent, audience, hours, letter, render};
use jarvis_ports::{Clock as _, SystemClock};
use serde_json::json;
use std::{path::PathBuf, sync::Arc};

/// Runs the command.
pub async fn run(arguments: &Notify, connection: &Connection, environment: &Environment) -> Outcome {
    match &arguments.command {
        NotifyCommand::Test(test) => send_tests(test, environment).await,
        NotifyCommand::Queue(queue) => show(queue, environment),
        NotifyCommand::Retry(wish) => retry(wish, &Client::find(connection, environment)?).await,
    }
}

async fn send_tests(arguments: &Test, environment: &Environment) -> Outcome {
    let config = Config::load(&arguments.config, environment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::error(format!("cannot use the config file:\n{}", lines.join("\n")))
    })?;
    let sender = notifying::sender(&config, Arc::new(SystemClock))?;
    let mut failures = 0;
    for letter in letters(&config, arguments.channel.as_deref()).await? {
        let (word, answer) = match sender.send(&letter).await {
            Sent::Accepted(answer) => ("taken", answer),
            Sent::Later(why) => ("not taken", why),
            Sent::Refused(why) => ("refused", why),
        };
        failures += usize::from(word != "taken");
        let line = format!("{}, {}: {word}: {answer}\n", letter.channel, letter.to.label());
        out::print(&line);
    }
    Ok(if failures == 0 { Exit::Ok } else { Exit::Error })
}

/// A test letter for each receiver of the channels.
async fn letters(config: &Config, wanted: Option<&str>) -> Result<Vec<Letter>, Failure> {
    let Some(source) = &config.source else {
        return Err(Failure::error(
            "there are no channels: no `source` is configured, and NotificationChannels are manifests",
        ));
    };
    let fetched = manifests::fetch(source)
        .await
        .map_err(|error| Failure::error(error.to_string()))?;
    let loaded = jarvis_crds::load(&fetched.files, &fetched.commit).map_err(|errors| {
        Failure::error(format!(
            "the manifests have {} errors: run `jarvis doctor`",
            errors.len()
        ))
    })?;
    let channels: Vec<_> = audience::channels(&loaded.desired).collect();
    let names: Vec<&str> = channels.iter().map(|(name, _)| *name).collect();
    if let Some(wanted) = wanted.filter(|wanted| !names.contains(wanted)) {
        let hint = nearest(wanted, &names).map_or_else(
            || format!("the channels are: {}", names.join(", ")),
            |near| format!("did you mean {near}?"),
        );
        return Err(Failure::error(format!(
            "there is no NotificationChannel {wanted}; {hint}"
        )));
    }
    if names.is_empty() {
        return Err(Failure::error(
            "no NotificationChannel is declared: nobody is told of anything; docs/NOTIFICATIONS.md shows one",
        ));
    }
    let now = SystemClock.now();
    let chosen = channels
        .into_iter()
        .filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let mut all = Vec::new();
    for channel in chosen {
        let letters = letter::letters(&config.cluster.name, channel, &Content::Test, now);
        all.extend(letters.into_iter().map(|letter| Letter {
            // Each test is another message.
            id: format!("{:x}{}", now.as_millis(), letter.id),
            ..letter
        }));
    }
    Ok(all)
}

async fn retry(arguments: &Retry, client: &Client) -> Outcome {
    const QUERY: &str = "mutation($channel: String) { retryNotifications(channel: $channel) }";
    let data = client.ask(QUERY, json!({ "channel": arguments.channel })).await?;
    let count = data["retryNotifications"].as_u64().unwrap_or(0);
    let of = arguments
        .channel
        .as_ref()
        .map_or_else(String::new, |name| format!(" for {name}"));
    out::print(&format!("{count} parked messages{of} are tried once more\n"));
    Ok(Exit::Ok)
}

fn show(arguments: &Queue, environment: &Environment) -> Outcome {
    let state = state(arguments, environment)?;
    let outbox = Outbox::of(&state);
    let failed = |error: jarvis_notify::OutboxError| Failure::error(error.to_string());
    let found = outbox.letters().map_err(failed)?;
    let sent = outbox.sent().map_err(failed)?.letters.len();
    let desk = outbox.desk().map_err(failed)?.unwrap_or_default();
    let gathered: Vec<(String, usize)> = desk
        .counts()
        .map(|(name, count)| (name.to_owned(), count))
        .collect();
    let text = match arguments.output {
        Output::Json => {
            let letters: Vec<_> = found.letters.iter().map(row).collect();
            let gathered: Vec<_> = gathered
                .iter()
                .map(|(channel, count)| json!({"channel": channel, "news": count}))
                .collect();
            format!(
                "{:#}\n",
                json!({"letters": letters, "gathered": gathered, "damaged": found.damaged, "sent": sent})
            )
        }
        Output::Table => table(&found.letters, &gathered, sent, &found.damaged),
    };
    out::print(&text);
    Ok(Exit::Ok)
}

fn state(arguments: &Queue, environment: &Environment) -> Result<PathBuf, Failure> {
    let context = || Context::find(environment).map(|context| context.state);
    let state = arguments.state.clone().or_else(context).ok_or_else(|| {
        Failure::error("cannot read the outbox: no state folder is known; name it with --state DIR")
    })?;
    if state.is_dir() {
        return Ok(state);
    }
    Err(Failure::error(format!(
        "cannot read the outbox: {} is no folder; name the state folder with --state DIR",
        state.display()
    )))
}

fn row(letter: &Letter) -> serde_json::Value {
    json!({
        "id": letter.id,
        "channel": letter.channel,
        "to": letter.to.label(),
        "subject": render::subject(letter),
        "createdAt": hours::rfc3339(letter.created_at),
        "attempts": letter.attempts,
        "nextAt": letter.parked.is_none().then(|| hours::rfc3339(letter.next_at)),
        "state": if letter.parked.is_some() { "parked" } else { "waiting" },
        "why": letter.parked.as_ref().or(letter.trouble.as_ref()),
    })
}

fn table(letters: &[Letter], gathered: &[(String, usize)], sent: usize, damaged: &[PathBuf]) -> String {
    let mut table = Table::new(&["STATE", "CHANNEL", "TO", "SINCE", "TRIED", "NEXT", "WHAT", "WHY"]);
    let zone = hours::zone("UTC");
    let time = |at: Timestamp| hours::stamp(at, &zone);
    for letter in letters {
        let (state, next) = match &letter.parked {
            Some(_) => ("parked", "never".to_owned()),
            None => ("waiting", time(letter.next_at)),
        };
        let why = letter.parked.as_ref().or(letter.trouble.as_ref());
        table.row([
            state.to_owned(),
            letter.channel.clone(),
            letter.to.label(),
            time(letter.created_at),
            letter.attempts.to_string(),
            next,
            render::subject(letter),
            why.cloned().unwrap_or_default(),
        ]);
    }
    let mut text = if table.is_empty() {
        String::new()
    } else {
        table.text() + "\n"
    };
    let parked = letters.iter().filter(|letter| letter.parked.is_some()).count();
    add!(
        text,
        "{} waiting, {parked} parked, {sent} of the latest sent\n",
        letters.len() - parked
    );
    if parked > 0 {
        text.push_str("when their reason is gone: jarvis notify retry\n");
    }
    for (channel, count) in gathered {
        add!(text, "{count} news are gathered for {channel}\n");
    }
    for path in damaged {
        add!(
            text,
            "{} cannot be read: look at it, then remove it\n",
            path.display()
        );
    }
    text
}
