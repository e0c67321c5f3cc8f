//! Log lines go to standard error, as text or as JSON, filtered by level.

use crate::{
    config::{Log, LogFormat},
    environment::Environment,
    exit::Failure,
};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::MakeWriter,
    layer::{Context, SubscriberExt as _},
    util::{SubscriberInitExt as _, TryInitError},
};

/// Libraries that say much at `info`.
const QUIET: &str =
    "hyper=warn,hyper_util=warn,h2=warn,reqwest=warn,rustls=warn,sled=warn,async_graphql=warn";

/// Begins logging. `JARVIS_LOG` replaces the level, in the form `jarvis=debug,jarvis_proxmox=trace`.
pub fn begin(log: Log, environment: &Environment) -> Result<(), Failure> {
    let wanted = environment
        .get("JARVIS_LOG")
        .map_or_else(|| format!("{},{QUIET}", log.level.as_str()), str::to_owned);
    let filter = EnvFilter::try_new(&wanted).map_err(|error| {
        Failure::error(format!(
            "cannot use JARVIS_LOG={wanted:?}: {error}; write it as info or jarvis=debug"
        ))
    })?;
    install(filter, log.format, std::io::stderr)
        .map_err(|error| Failure::error(format!("cannot begin logging: {error}")))
}

fn install<W>(filter: EnvFilter, format: LogFormat, writer: W) -> Result<(), TryInitError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer);
    match format {
        LogFormat::Text => {
            let text = builder.with_ansi(crate::out::is_interactive());
            text.finish().with(WhileThreadLives).try_init()
        }
        LogFormat::Json => {
            let json = builder.json().flatten_event(true);
            json.finish().with(WhileThreadLives).try_init()
        }
    }
}

thread_local! {
    /// Has something to drop, so it is gone once the thread's end has come to it.
    static ALIVE: String = const { String::new() };
}

/// Leaves out what is said while a thread drops its thread-local values.
///
/// The formatter keeps its buffer in one, and panics when that is gone already; a panic there aborts the whole program.
/// sled speaks at such moments: a thread that ends frees the pages it kept. This value is set up at a thread's first line,
/// together with the buffer, so neither outlives the other long enough for a third to speak.
struct WhileThreadLives;

impl<S: Subscriber> Layer<S> for WhileThreadLives {
    fn event_enabled(&self, _event: &Event<'_>, _ctx: Context<'_, S>) -> bool {
        ALIVE.try_with(|_| ()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct SpeaksAtItsEnd;

    impl Drop for SpeaksAtItsEnd {
        fn drop(&mut self) {
            tracing::info!(target: "last_words", "the end");
        }
    }

    thread_local! {
        static FIRST: SpeaksAtItsEnd = const { SpeaksAtItsEnd };
    }

    #[test]
    fn a_thread_that_speaks_while_it_ends_does_not_end_the_program() {
        install(EnvFilter::new("last_words=info"), LogFormat::Text, std::io::sink).unwrap();
        let thread = std::thread::spawn(|| {
            // What is set up first is dropped last, after the formatter's buffer.
            FIRST.with(|_| ());
            tracing::info!(target: "last_words", "the first line of this thread");
        });
        thread.join().unwrap();
    }
}
