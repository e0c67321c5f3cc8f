//! `jarvis`: one binary. Reads the command line and the environment, runs one command, and says how it ended.
//!
//! | module | what |
//! | --- | --- |
//! | [`cli`] | the command line |
//! | [`commands`] | what the commands do |
//! | [`run`] | the long-running process |
//! | [`demo`] | the same against a simulated cluster |
//! | [`watchdog`] | watching Jarvis from another machine |
//! | [`config`] | `jarvis.yaml` |
//! | [`client`], [`context`] | finding and asking a running process |
//! | [`exit`], [`out`], [`table`], [`text`] | how results are told |

mod cli;
mod client;
mod commands;
mod config;
mod context;
mod demo;
mod environment;
mod exit;
mod manifests;
mod out;
mod run;
mod table;
mod text;
mod watchdog;

use clap::{CommandFactory, Parser, error::ErrorKind};
use cli::{Cli, Command};
use client::Client;
use environment::Environment;
use exit::{Exit, Failure, Outcome};
use std::{process::ExitCode, time::Duration};

/// A pass makes and frees some ten thousand small things at once, which the system's allocator takes twice as long for, and it
/// gives less of it back.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What is left to do when the end was cut short gets this long.
const LAST_MOMENT: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return said_by_clap(&error),
    };
    match begin(cli, &Environment::of_process()) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            out::note(&format!("error: {failure}"));
            failure.exit.into()
        }
    }
}

/// Help and version go to standard output; a bad command line is an ordinary error, not drift.
fn said_by_clap(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out::print(&text);
            Exit::Ok.into()
        }
        _ => {
            out::note(&text);
            Exit::Error.into()
        }
    }
}

/// Commands that need no runtime are done here, the others in one.
fn begin(cli: Cli, environment: &Environment) -> Outcome {
    match &cli.command {
        Command::Validate(arguments) => return commands::validate::run(arguments),
        Command::Schema(arguments) => return commands::schema::run(arguments),
        Command::Audit(arguments) => return commands::audit::run(arguments, environment),
        Command::Replay(arguments) => return commands::replay::run(arguments, environment),
        Command::Completions(arguments) => {
            let mut script = Vec::new();
            clap_complete::generate(arguments.shell, &mut Cli::command(), "jarvis", &mut script);
            out::print(&String::from_utf8_lossy(&script));
            return Ok(Exit::Ok);
        }
        Command::DocsCli => {
            out::print(&cli::reference::markdown());
            return Ok(Exit::Ok);
        }
        _ => {}
    }
    let mut builder = match &cli.command {
        Command::Run(_) | Command::Demo(_) | Command::Simulate(_) | Command::Mcp(_) => {
            tokio::runtime::Builder::new_multi_thread()
        }
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Failure::error(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(dispatch(cli, environment));
    runtime.shutdown_timeout(LAST_MOMENT);
    outcome
}

async fn dispatch(cli: Cli, environment: &Environment) -> Outcome {
    let connection = &cli.connection;
    match &cli.command {
        Command::Run(arguments) => return run::from_file(arguments, environment).await,
        Command::Watchdog(arguments) => return watchdog::run(arguments, environment).await,
        Command::Demo(arguments) => return demo::run(arguments, environment).await,
        Command::Init(arguments) => return commands::init::run(arguments, environment).await,
        Command::Doctor(arguments) => return commands::doctor::run(arguments, environment).await,
        Command::Notify(arguments) => return commands::notify::run(arguments, connection, environment).await,
        Command::Simulate(arguments) => return commands::simulate::run(arguments).await,
        Command::Chaos(arguments) => return commands::chaos::run(arguments, environment).await,
        Command::Explain(arguments) => {
            let client = Client::find(connection, environment);
            return commands::explain::run(arguments, client, environment).await;
        }
        Command::Mcp(arguments) => return commands::mcp::run(arguments, connection, environment).await,
        Command::Healthcheck(arguments) => {
            return commands::healthcheck::run(arguments, connection, environment).await;
        }
        _ => {}
    }
    let client = Client::find(connection, environment)?;
    ask(&cli.command, &client).await
}

/// Commands that ask a running Jarvis.
async fn ask(command: &Command, client: &Client) -> Outcome {
    use commands::{act, adopt, describe, get, plan, propose, steer};
    match command {
        Command::Adopt(arguments) => adopt::run(arguments, client).await,
        Command::Plan(arguments) => plan::run(arguments, client).await,
        Command::Get(arguments) => get::run(arguments, client).await,
        Command::Describe(arguments) => describe::run(arguments, client).await,
        Command::Request(arguments) => act::request(arguments, client).await,
        Command::Confirm(arguments) => act::confirm(arguments, client).await,
        Command::Reject(arguments) => act::take_back(arguments, "reject", client).await,
        Command::Recall(arguments) => act::take_back(arguments, "recall", client).await,
        Command::Propose(arguments) => propose::propose(arguments, client).await,
        Command::Proposals(arguments) => propose::proposals(arguments, client).await,
        Command::Freeze(arguments) => steer::freeze(arguments, client).await,
        Command::Thaw => steer::thaw(client).await,
        Command::Hold(arguments) => steer::hold(arguments, client).await,
        Command::Release(arguments) => steer::release(arguments, client).await,
        Command::AcceptIdentity(arguments) => steer::accept_identity(arguments, client).await,
        Command::Ack(arguments) => steer::acknowledge(arguments, client).await,
        Command::Autonomy(arguments) => steer::autonomy(&arguments.command, client).await,
        Command::Reconcile => steer::reconcile(client).await,
        Command::Token(arguments) => steer::token(&arguments.command, client).await,
        Command::User(arguments) => steer::user(&arguments.command, client).await,
        _ => Err(Failure::error("this command is not asked of a running Jarvis")),
    }
}
