//! `jarvis run`: from a config to a running, serving, cleanly ending process. The demo goes the same way.
//!
//! | module | what |
//! | --- | --- |
//! | [`opening`] | state folder, journal, store, keys |
//! | [`own_guest`] | which guest this process runs in |
//! | [`listening`] | what the listener speaks, and by which names it is known |
//! | [`access`] | the first password and the local token |
//! | [`probe`] | readiness probes |
//! | [`oidc`] | how the sign-in provider is asked |
//! | [`clock`] | a clock that may run faster, for the demo |
//! | [`logging`] | where log lines go |
//! | [`supervisor`], [`pulse`] | the supervisor, and the signs of life that it is given |
//! | [`metrics`] | figures of the adapters |
//! | [`notifying`] | telling people |
//! | [`terminals`] | the ways to terminals |
//! | [`signals`] | being asked to stop |

pub mod access;
pub mod clock;
pub mod listening;
pub mod logging;
pub mod metrics;
pub mod notifying;
pub mod oidc;
pub mod opening;
pub mod outside;
pub mod own_guest;
pub mod probe;
pub mod pulse;
pub mod signals;
pub mod supervisor;
pub mod terminals;
mod thinking;

use crate::{
    client::{self, Trust},
    config::{ClusterConfig, Config},
    context::{self, ChaosContext, Context},
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
    text::add,
};
use jarvis_api::{
    ApiOptions, ApiState, Certificate, Mode, OneTimePassword, Protection, Serving, Terminals, tls::About,
};
use jarvis_controller::{Handle, Ports, Service};
use jarvis_guard::Floor;
use jarvis_ports::{Clock, HostShell, Journal, ManifestSource, Recorder, Store, Waker};
use jarvis_proxmox::Proxmox;
use jarvis_source::GitSource;
use jarvis_ssh::{LanWaker, Ssh};
use opening::Opened;
use pulse::Pulse;
use signals::Signals;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use supervisor::Supervisor;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// How long answers in hand may take after the loop has ended.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// What a start needs beside the config.
pub struct Launch {
    /// The config.
    pub config: Config,
    /// Real cluster or rehearsal.
    pub mode: Mode,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The simulated cluster's control endpoint.
    pub chaos: Option<ChaosContext>,
    /// The folder of manifests to commit in.
    pub manifests: Option<PathBuf>,
    /// The simulated network's port for magic packets; a real one's when none.
    pub wake_port: Option<u16>,
    /// What is printed once it serves.
    pub announce: Box<dyn FnOnce(&Started) -> String + Send>,
}

/// A process that serves.
pub struct Started {
    /// Base URL.
    pub url: String,
    /// Name of the cluster.
    pub cluster: String,
    /// What its certificate says, over https.
    pub certificate: Option<About>,
    /// State folder.
    pub state: PathBuf,
    /// The first user's password, when it was made at this start.
    pub password: Option<OneTimePassword>,
}

/// Runs until asked to stop.
pub async fn serve(launch: Launch, environment: &Environment) -> Outcome {
    let mut signals = Signals::listen()?;
    let Launch {
        config,
        mode,
        clock,
        chaos,
        manifests,
        wake_port,
        announce,
    } = launch;
    warn(&config.warnings);
    let listener = bind(&config).await?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::error(format!("cannot listen: {error}")))?;
    let opened = opening::open(&config.state, clock.now())?;
    let certificate = listening::certificate(&config, &clock)?;
    let client = Arc::new(proxmox(&config.cluster, &clock)?);
    warn(client.warnings());
    let floor = own_guest::protect(config.floor.clone(), &client, &config.state, mode).await;
    let (service, handle) = control(&config, floor, client.clone(), &opened, &clock, wake_port)?;
    let options = api_options(&config, address, mode, &opened, certificate.as_ref())?;
    let terminals = terminals::open(&config, &client);
    let (stats, journal) = (client, opened.journal.clone());
    let pulse = pulse_of(&handle, &opened);
    let state = ApiState::new(handle.clone(), options, clock.clone()).with_liveness(pulse.liveness());
    let state = oidc::with_provider(state, &config)?;
    let state = thinking::with_assistant(state, &config, handle.store().clone(), &clock)?;
    let narrator = thinking::narrator(state.assistant());
    // The demo's channels belong to nobody.
    let notifier = (mode != Mode::Demo)
        .then(|| notifying::service(&config, &handle, journal.clone(), (&clock, narrator)))
        .transpose()?;
    let queue = notifier.as_ref().map(jarvis_notify::Service::queue);
    let counted = queue.clone();
    let state = state
        .with_metrics(Arc::new(move || {
            metrics::text(&stats.stats(), journal.low_space()) + &metrics::of_queue(counted.as_ref())
        }))
        .with_outside(outside::of(&config, &handle, queue, &clock)?);
    let api = Api::new(listener, state, certificate.clone(), terminals);
    let running = Running::begin(service, notifier, handle, api);
    let password = access::first_password(&running.handle, mode).await;
    let context = Context {
        url: listening::own_url(address, certificate.as_ref()),
        token: access::local_token(&running.handle).await.unwrap_or_default(),
        fingerprint: certificate.as_ref().map(|served| served.about().fingerprint),
        state: config.state.clone(),
        pid: std::process::id(),
        chaos,
        manifests,
    };
    write_context(&context, environment);
    let started = Started {
        url: context.url.clone(),
        cluster: config.cluster.name.clone(),
        certificate: certificate.as_ref().map(Certificate::about),
        state: config.state.clone(),
        password,
    };
    let ping = Ping {
        url: context.url.clone(),
        certificate: certificate.clone(),
    };
    follow(certificate, context, environment, &running);
    out::print(&announce(&started));
    let supervisor = give_signs(environment, pulse, ping, &running);
    running.until_asked(&mut signals, &opened, &supervisor).await
}

fn warn<T: std::fmt::Display>(warnings: impl IntoIterator<Item = T>) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// Tells the supervisor that it serves, and from then on that it lives.
fn give_signs(environment: &Environment, pulse: Pulse, ping: Ping, running: &Running) -> Arc<Supervisor> {
    let supervisor = Arc::new(Supervisor::find(environment));
    supervisor.ready();
    let stop = running.stop_loop.clone();
    tokio::spawn(pulse::beat_for(
        supervisor.clone(),
        pulse,
        move || ping.clone().ask(),
        stop,
    ));
    supervisor
}

/// Follows the loop and the disk.
fn pulse_of(handle: &Handle, opened: &Opened) -> Pulse {
    let journal = opened.journal.clone();
    Pulse::follow(handle.watch(), Arc::new(move || journal.sync_took()))
}

/// Asks the API as a stranger would: with a connection of its own, so that what accepts connections is proven too.
#[derive(Clone)]
struct Ping {
    url: String,
    certificate: Option<Certificate>,
}

impl Ping {
    async fn ask(self) -> Result<(), String> {
        let asked = tokio::time::timeout(pulse::PING_WITHIN, self.get()).await;
        asked.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn get(self) -> Result<(), String> {
        let trust = match &self.certificate {
            Some(served) => served.about().fingerprint.parse().map(Trust::Pin),
            None => Ok(Trust::System),
        };
        let trust = trust.map_err(|_| "its own certificate has no fingerprint".to_owned())?;
        let http = client::http(trust).map_err(|failure| failure.text)?;
        let url = format!("{}/api/health", self.url);
        let answer = http.get(url).send().await.map_err(|error| error.to_string())?;
        answer
            .error_for_status()
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

/// Keeps the context file true to the certificate.
fn follow(certificate: Option<Certificate>, context: Context, environment: &Environment, running: &Running) {
    if let Some(certificate) = certificate {
        let (file, stop) = (context::path(environment), running.stop_api.clone());
        tokio::spawn(listening::follow(certificate, context, file, stop));
    }
}

/// Makes the controller with its adapters.
fn control(
    config: &Config,
    floor: Floor,
    client: Arc<Proxmox>,
    opened: &Opened,
    clock: &Arc<dyn Clock>,
    wake_port: Option<u16>,
) -> Result<(Service, Handle), Failure> {
    let waker = match wake_port {
        Some(port) => LanWaker::to_port(clock.clone(), port),
        None => LanWaker::new(clock.clone()),
    };
    let ports = Ports {
        hypervisor: client,
        journal: opened.journal.clone(),
        store: opened.store.clone(),
        source: source(config)?,
        shell: ssh(config, clock).map(|ssh| ssh as Arc<dyn HostShell>),
        waker: Some(Arc::new(waker) as Arc<dyn Waker>),
        probe: Arc::new(probe::NetworkProbe::new()?),
        recorder: opened
            .recorder
            .clone()
            .map(|recorder| recorder as Arc<dyn Recorder>),
        clock: clock.clone(),
    };
    Ok(jarvis_controller::controller(
        controller_options(config, floor),
        ports,
    ))
}

/// Makes a controller that keeps its records in memory, with everything of the config that looks. What its floor and its kill
/// switch allow is the caller's to say.
pub fn looking(
    config: &Config,
    floor: Floor,
    journal: Arc<dyn Journal>,
    store: Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> Result<(Service, Handle), Failure> {
    let ports = Ports {
        hypervisor: Arc::new(proxmox(&config.cluster, clock)?),
        journal,
        store,
        source: source(config)?,
        shell: ssh(config, clock).map(|ssh| ssh as Arc<dyn HostShell>),
        waker: None,
        probe: Arc::new(probe::NetworkProbe::new()?),
        recorder: None,
        clock: clock.clone(),
    };
    let mut options = controller_options(config, floor);
    options.freeze_file = None;
    Ok(jarvis_controller::controller(options, ports))
}

/// Whether the config's address may be listened on as it says.
pub fn may_bind(config: &Config) -> Result<(), Failure> {
    let check = api_like(config)?;
    jarvis_api::check_bind(config.listen, &check).map_err(|error| {
        Failure::error(format!(
            "{error}; in jarvis.yaml these are `listen`, `tls` and `trustedProxy`"
        ))
    })
}

async fn bind(config: &Config) -> Result<TcpListener, Failure> {
    may_bind(config)?;
    TcpListener::bind(config.listen).await.map_err(|error| {
        Failure::error(format!(
            "cannot listen on {}: {error}; stop what listens there, or choose another `listen` address (the demo: --port)",
            config.listen
        ))
    })
}

/// The options as far as the bind check looks at them.
fn api_like(config: &Config) -> Result<ApiOptions, Failure> {
    let key = jarvis_api::SigningKey::new(vec![0; 32]).map_err(|error| Failure::error(error.to_string()))?;
    Ok(ApiOptions {
        trusted_proxy: config.trusted_proxy,
        tls: listening::protection(config) != Protection::Plain,
        ..ApiOptions::new(config.listen, key)
    })
}

fn api_options(
    config: &Config,
    address: SocketAddr,
    mode: Mode,
    opened: &Opened,
    certificate: Option<&Certificate>,
) -> Result<ApiOptions, Failure> {
    let mut options = ApiOptions::new(address, opened.signing_key()?);
    if let Some(certificate) = certificate {
        let (mut names, about) = (listening::names(config), certificate.about());
        names.extend(about.names);
        options = options.with_tls(names.iter().map(String::as_str));
    }
    options.trusted_proxy = config.trusted_proxy;
    options.mode = mode;
    options.webhook_secret = config
        .source
        .as_ref()
        .and_then(|source| source.webhook_secret.clone());
    for url in config.public_url.iter().chain(&config.origins) {
        options = options.with_public_url(url);
    }
    Ok(options)
}

/// A client of the cluster; opens no connection.
pub fn proxmox(cluster: &ClusterConfig, clock: &Arc<dyn Clock>) -> Result<Proxmox, Failure> {
    let failed = |error: jarvis_proxmox::OptionsError| {
        Failure::error(format!("cannot use `cluster` of the config: {error}"))
    };
    let mut options = jarvis_proxmox::Options::new(
        &cluster.name,
        cluster.entry_points.clone(),
        cluster.credential.clone(),
        cluster.tls.clone(),
    )
    .map_err(failed)?;
    options.clock = clock.clone();
    options.timeouts = cluster.timeouts.unwrap_or(options.timeouts);
    Proxmox::new(options).map_err(failed)
}

/// Hosts over SSH, where some are configured; opens no connection.
fn ssh(config: &Config, clock: &Arc<dyn Clock>) -> Option<Arc<Ssh>> {
    let mut options = config.ssh.clone()?;
    options.clock = clock.clone();
    Some(Arc::new(Ssh::new(options)))
}

fn source(config: &Config) -> Result<Option<Arc<dyn ManifestSource>>, Failure> {
    let Some(source) = &config.source else {
        tracing::warn!("no `source` is configured: nothing is declared, the cluster is only observed");
        return Ok(None);
    };
    let git = GitSource::new(source.git.clone()).map_err(|error| Failure::error(error.to_string()))?;
    Ok(Some(Arc::new(git)))
}

fn controller_options(config: &Config, floor: Floor) -> jarvis_controller::Options {
    let defaults = jarvis_controller::Options::default();
    jarvis_controller::Options {
        cluster: config.cluster.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        floor,
        look_every: config.cluster.look_every.unwrap_or(defaults.look_every),
        fetch_every: config
            .source
            .as_ref()
            .map_or(defaults.fetch_every, |source| source.poll),
        recall: config.recall,
        proposing: config
            .source
            .as_ref()
            .map_or(defaults.proposing, |source| source.proposing.clone()),
        freeze_file: Some(config.state.join(jarvis_controller::freeze_file::NAME)),
        ..defaults
    }
}

/// Commands of this machine find the process by it; without it they need --url and a token.
fn write_context(context: &Context, environment: &Environment) {
    let Some(path) = context::path(environment) else {
        tracing::warn!("neither XDG_STATE_HOME nor HOME is set: commands need --url and a token");
        return;
    };
    if let Err(error) = context.write(&path) {
        tracing::warn!(path = %path.display(), %error, "cannot write the context file: commands need --url and a token");
    }
}

/// The API before it is served.
struct Api {
    listener: TcpListener,
    state: ApiState,
    serving: Serving,
    terminals: Option<Arc<Terminals>>,
}

impl Api {
    fn new(
        listener: TcpListener,
        state: ApiState,
        certificate: Option<Certificate>,
        terminals: Option<Arc<Terminals>>,
    ) -> Self {
        let state = match &terminals {
            Some(terminals) => state.with_terminals(terminals.clone()),
            None => state,
        };
        let serving = Serving {
            certificate,
            ..Serving::default()
        };
        Self {
            listener,
            state,
            serving,
            terminals,
        }
    }
}

/// The tasks of a running process.
struct Running {
    handle: Handle,
    stop_loop: CancellationToken,
    stop_notifier: CancellationToken,
    stop_api: CancellationToken,
    stop_assistant: CancellationToken,
    terminals: Option<Arc<Terminals>>,
    loop_task: JoinHandle<()>,
    notifier_task: JoinHandle<()>,
    api_task: JoinHandle<std::io::Result<()>>,
    assistant_task: JoinHandle<()>,
}

impl Running {
    fn begin(service: Service, notifier: Option<jarvis_notify::Service>, handle: Handle, api: Api) -> Self {
        let [stop_loop, stop_notifier, stop_api, stop_assistant] =
            std::array::from_fn(|_| CancellationToken::new());
        let loop_task = tokio::spawn(service.run(stop_loop.clone()));
        let notifier_task = tokio::spawn(notifying::run(notifier, stop_notifier.clone()));
        let assistant = api.state.assistant().clone();
        let assistant_task = tokio::spawn(assistant.run(stop_assistant.clone()));
        let api_task = tokio::spawn(jarvis_api::serve_as(
            api.listener,
            api.state,
            api.serving,
            stop_api.clone(),
        ));
        Self {
            handle,
            stop_loop,
            stop_notifier,
            stop_api,
            stop_assistant,
            terminals: api.terminals,
            loop_task,
            notifier_task,
            api_task,
            assistant_task,
        }
    }

    /// Waits for a signal (or for a part to end, which is an error), then ends in order: answers that still come, and
    /// terminals, whose ends the loop puts on record; the loop, so that the effect in hand reaches a recorded state; the notifier, which tells of it; the store; the API last. A second signal ends it at once.
    async fn until_asked(
        mut self,
        signals: &mut Signals,
        opened: &Opened,
        supervisor: &Supervisor,
    ) -> Outcome {
        let broken = tokio::select! {
            name = signals.next() => { tracing::info!(signal = name, "asked to stop; a second signal stops at once"); None }
            ended = &mut self.loop_task => Some(format!("the reconcile loop ended: {ended:?}")),
            ended = &mut self.api_task => Some(format!("the API ended: {ended:?}")),
        };
        supervisor.stopping();
        let ending = self.end(broken.is_none(), opened);
        tokio::select! {
            () = ending => {}
            name = signals.next() => return Err(Failure::error(format!("stopped at once by a second {name}; effects in hand are resolved at the next start"))),
        }
        match broken {
            None => {
                tracing::info!("ended");
                Ok(Exit::Ok)
            }
            Some(why) => Err(Failure::error(format!(
                "{why}; look at the log, then start it again"
            ))),
        }
    }

    async fn end(self, wait: bool, opened: &Opened) {
        if let Some(terminals) = &self.terminals {
            terminals.end_all().await;
        }
        self.stop_assistant.cancel();
        if let Err(error) = self.assistant_task.await {
            tracing::error!(%error, "the conversation did not end well");
        }
        self.stop_loop.cancel();
        if wait && let Err(error) = self.loop_task.await {
            tracing::error!(%error, "the reconcile loop did not end well");
        }
        self.stop_notifier.cancel();
        if let Err(error) = self.notifier_task.await {
            tracing::error!(%error, "the notifier did not end well");
        }
        opened.close();
        self.stop_api.cancel();
        if wait && tokio::time::timeout(LAST_ANSWERS, self.api_task).await.is_err() {
            tracing::warn!("answers in hand were cut off");
        }
    }
}

/// `jarvis run`.
pub async fn from_file(arguments: &crate::cli::Run, environment: &Environment) -> Outcome {
    let mut config = Config::load(&arguments.config, environment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::error(format!("cannot use the config file:\n{}", lines.join("\n")))
    })?;
    if arguments.check {
        return check(&config);
    }
    logging::begin(config.log, environment)?;
    let clock = clock::of_run(environment, &mut config)?;
    let announce = |started: &Started| {
        let mut text = String::new();
        if let Some(password) = &started.password {
            add!(
                text,
                "first sign-in: admin / {password} (once, to set another; it is not shown again)\n"
            );
        }
        if let Some(about) = &started.certificate {
            add!(text, "{}", listening::told(about));
        }
        text + &format!(
            "ready: {} (cluster {}, state {})\n",
            started.url,
            started.cluster,
            started.state.display()
        )
    };
    let launch = Launch {
        config,
        mode: Mode::Normal,
        clock,
        chaos: None,
        manifests: None,
        wake_port: None,
        announce: Box::new(announce),
    };
    serve(launch, environment).await
}

/// `jarvis run --check`: everything that can be told without opening a connection.
fn check(config: &Config) -> Outcome {
    let clock: Arc<dyn Clock> = Arc::new(jarvis_ports::SystemClock);
    may_bind(config)?;
    let warnings = proxmox(&config.cluster, &clock)?.warnings();
    for warning in config.warnings.iter().chain(&warnings) {
        out::note(&format!("warning: {warning}"));
    }
    out::print(&format!(
        "valid: cluster {} with {} entry points\n",
        config.cluster.name,
        config.cluster.entry_points.len()
    ));
    Ok(Exit::Ok)
}
