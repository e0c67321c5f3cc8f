//! `jarvis demo`: a simulated cluster on real sockets with its own certificates, a git repository of manifests, and
//! Jarvis on both, by the same way as [`crate::run`].
//!
//! | module | what |
//! | --- | --- |
//! | [`folder`] | the demo's state folder |
//! | [`files`] | the manifests |
//! | [`repository`] | the git repository they are committed in |
//! | [`shell`] | how Jarvis gets into the simulated machines |
//! | [`banner`] | what is printed |

mod banner;
mod files;
mod folder;
mod repository;
mod shell;

use crate::{
    cli::Demo,
    commands::simulate::scenario,
    config::{AssistantConfig, ClusterConfig, Config, Log, LogLevel, SourceConfig, TerminalConfig},
    context::ChaosContext,
    environment::Environment,
    exit::{Failure, Outcome},
    run::{self, Launch, clock::FastClock},
};
use banner::About;
use folder::Folder;
use jarvis_api::{Mode, TerminalOptions};
use jarvis_guard::Floor;
use jarvis_model::{Autonomy, NodeName, Vmid};
use jarvis_ports::{Clock, SystemClock};
use jarvis_proxmox::{ClusterCa, EntryPoint, Tls, Token};
use jarvis_simulator::{Options, Scenario, Simulator};
use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

/// A commit is seen after this at the latest.
const POLL: Duration = Duration::from_secs(2);
/// How often the simulated cluster is looked at: often, so that a screen is lively.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// Runs the command.
pub async fn run(arguments: &Demo, environment: &Environment) -> Outcome {
    run::logging::begin(log(arguments), environment)?;
    let assistant = assistant(arguments, environment)?;
    let scenario = scenario(&arguments.scenario);
    let folder = Folder::prepare(arguments, environment)?;
    let manifests = folder.manifests();
    repository::prepare(
        &manifests,
        &files::of(&scenario, arguments.scenario.seed),
        environment,
    )
    .await?;
    let simulator = Simulator::start(Options {
        scenario: scenario.clone(),
        seed: arguments.scenario.seed,
        time_factor: arguments.time_factor,
        tls: jarvis_simulator::Tls::Generated,
        ..Options::default()
    })
    .await
    .map_err(|error| Failure::error(format!("cannot start the simulated cluster: {error}")))?;
    let clock: Arc<dyn Clock> = if arguments.time_factor == 1 {
        Arc::new(SystemClock)
    } else {
        Arc::new(FastClock::new(arguments.time_factor))
    };
    let files = shell::prepare(&folder.ssh(), &simulator)?;
    let mut config = config(arguments, &folder, &simulator, &scenario, environment)?;
    config.assistant = assistant;
    let ssh = shell::options(&files, &simulator)?;
    config.terminal = Some(TerminalConfig {
        options: TerminalOptions::default(),
        ssh: Some(shell::for_terminals(&ssh)),
        console: true,
    });
    config.ssh = Some(ssh);
    let wake_port = Some(simulator.wake_address().port());
    let chaos = ChaosContext {
        url: simulator.control_url().to_owned(),
        secret: simulator.control_secret().to_owned().into(),
    };
    let counts = banner::Counts::of(&simulator);
    let (shown, called) = (manifests.clone(), environment.called().to_owned());
    let launch = Launch {
        config,
        mode: Mode::Demo,
        clock,
        chaos: Some(chaos),
        manifests: Some(manifests),
        wake_port,
        announce: Box::new(move |started| {
            banner::text(&About {
                started,
                counts,
                manifests: &shown,
                homelab: scenario == Scenario::Homelab,
                called: &called,
            })
        }),
    };
    let outcome = run::serve(launch, environment).await;
    simulator.stop().await;
    outcome
}

fn log(arguments: &Demo) -> Log {
    let level = if arguments.verbose {
        LogLevel::Info
    } else {
        LogLevel::Error
    };
    Log {
        level,
        ..Log::default()
    }
}

/// The conversation's language models: none, unless a file names some.
fn assistant(arguments: &Demo, environment: &Environment) -> Result<AssistantConfig, Failure> {
    let Some(path) = &arguments.assistant else {
        return Ok(AssistantConfig::default());
    };
    AssistantConfig::load(path, environment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::error(format!(
            "cannot use the file of --assistant:\n{}",
            lines.join("\n")
        ))
    })
}

fn config(
    arguments: &Demo,
    folder: &Folder,
    simulator: &Simulator,
    scenario: &Scenario,
    environment: &Environment,
) -> Result<Config, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::error(format!("cannot set the demo up: {error}"));
    let entry_points = simulator
        .endpoints()
        .iter()
        .map(|(node, url)| EntryPoint::new(Some(node), url));
    let entry_points = entry_points
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(&error))?;
    let full = &simulator.tokens().full;
    let token = Token::parse(&format!("{}={}", full.id, full.secret)).map_err(|error| wrong(&error))?;
    let ca = ClusterCa::from_pem(simulator.ca_pem().as_bytes(), "the simulated cluster")
        .map_err(|error| wrong(&error))?;
    Ok(Config {
        listen: ([127, 0, 0, 1], arguments.port).into(),
        public_url: None,
        origins: Vec::new(),
        trusted_proxy: false,
        tls: jarvis_api::ListenTls::Unsaid,
        state: folder.state(),
        cluster: ClusterConfig {
            name: "demo".to_owned(),
            entry_points,
            credential: token.into(),
            tls: Tls::ClusterCa(ca),
            look_every: Some(LOOK_EVERY),
            timeouts: None,
        },
        ssh: None,
        terminal: None,
        source: Some(SourceConfig {
            git: git(&folder.manifests(), &folder.state(), environment),
            poll: POLL,
            proposing: jarvis_controller::Proposing::default(),
            webhook_secret: None,
        }),
        floor: floor(scenario).map_err(|error| wrong(&error))?,
        recall: Duration::from_secs(4),
        notifications: jarvis_notify::Settings::default(),
        oidc: None,
        assistant: AssistantConfig::default(),
        log: Log::default(),
        warnings: Vec::new(),
    })
}

fn git(manifests: &Path, state: &Path, environment: &Environment) -> jarvis_source::Options {
    let mut git = jarvis_source::Options::new(
        manifests.display().to_string(),
        repository::BRANCH,
        state.join("source"),
    );
    if let Some(path) = environment.get("PATH") {
        path.clone_into(&mut git.program_path);
    }
    git
}

/// What `jarvis.yaml` of this household would say: Jarvis lives in guest 103 on agent1.
fn floor(scenario: &Scenario) -> Result<Floor, jarvis_model::InvalidName> {
    let mut floor = Floor {
        autonomy: Autonomy::L3,
        ceiling: Autonomy::L3,
        ..Floor::default()
    };
    if *scenario == Scenario::Homelab {
        let own = Vmid::new(103)?;
        floor.nodes = BTreeSet::from([NodeName::new("agent1")?]);
        floor.guests = BTreeSet::from([own]);
        floor.own_guest = Some(own);
    }
    Ok(floor)
}
