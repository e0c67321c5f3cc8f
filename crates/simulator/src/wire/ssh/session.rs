//! One client's session: who may log in, and the commands that run in its channels.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use russh::keys::ssh_key;
use russh::server::{Auth, ChannelOpenHandle, Handle, Handler, Msg, PublicKeyOffer, VerifiedPublicKey};
use russh::{Channel, ChannelId, MethodKind, MethodSet, Pty};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Servers;
use crate::programs::{self, Follow, Output, Ran, line};
use crate::wire::shared::Shared;
use crate::wire::shell::{Come, Screen, Shell};
use crate::world::place::Place;

/// Simulated time between two looks at what a program waits for.
const POLL: Duration = Duration::from_millis(100);
/// Standard error, as an extended stream.
const STDERR: u32 = 1;

/// What russh asks.
pub struct Session {
    shared: Arc<Shared>,
    servers: Arc<Servers>,
    place: Place,
    tracker: TaskTracker,
    ended: CancellationToken,
    user: String,
    running: BTreeMap<ChannelId, CancellationToken>,
    /// Sizes of the terminals that were asked for.
    sizes: BTreeMap<ChannelId, (u32, u32)>,
    shells: BTreeMap<ChannelId, mpsc::UnboundedSender<Come>>,
}

impl Session {
    /// Nobody has logged in yet.
    pub const fn new(
        shared: Arc<Shared>,
        servers: Arc<Servers>,
        place: Place,
        tracker: TaskTracker,
        ended: CancellationToken,
    ) -> Self {
        Self {
            shared,
            servers,
            place,
            tracker,
            ended,
            user: String::new(),
            running: BTreeMap::new(),
            sizes: BTreeMap::new(),
            shells: BTreeMap::new(),
        }
    }

    fn may_enter(&self, key: &ssh_key::PublicKey) -> Auth {
        let known = self
            .servers
            .authorized
            .iter()
            .any(|own| own.key_data() == key.key_data());
        if known {
            return Auth::Accept;
        }
        Auth::Reject {
            proceed_with_methods: Some(MethodSet::from([MethodKind::PublicKey].as_slice())),
            partial_success: false,
        }
    }
}

impl Handler for Session {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        _: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.may_enter(offer.public_key))
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        user.clone_into(&mut self.user);
        Ok(self.may_enter(key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let stop = self.ended.child_token();
        self.running.insert(channel, stop.clone());
        let run = Run {
            shared: Arc::clone(&self.shared),
            place: self.place.clone(),
            user: self.user.clone(),
            handle: session.handle(),
            channel,
        };
        let line = String::from_utf8_lossy(data).into_owned();
        self.tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = run.line(&line) => {}
            }
        });
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        cols: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        self.sizes.insert(channel, (cols, rows));
        session.channel_success(channel)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        cols: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        if let Some(shell) = self.shells.get(&channel) {
            // A shell that is over needs no size.
            let _ = shell.send(Come::Size(cols, rows));
        }
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        _: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        if let Some(shell) = self.shells.get(&channel) {
            // A shell that is over reads no more.
            let _ = shell.send(Come::Bytes(data.to_vec()));
        }
        Ok(())
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let Some(size) = self.sizes.get(&channel).copied() else {
            let text = "This is a simulated host: its shell wants a terminal; commands run without one.\r\n";
            session.data(channel, text.to_owned())?;
            session.exit_status_request(channel, 1)?;
            return session.close(channel);
        };
        let stop = self.ended.child_token();
        self.running.insert(channel, stop.clone());
        let (shell, come) = mpsc::unbounded_channel();
        self.shells.insert(channel, shell);
        let who = (self.place.clone(), self.user.clone());
        let shell = Shell::new(
            Arc::clone(&self.shared),
            who,
            Screen::Ssh(session.handle(), channel),
            size,
            come,
        );
        self.tracker.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = shell.run() => {}
            }
        });
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _: &mut russh::server::Session,
    ) -> Result<(), Self::Error> {
        if let Some(stop) = self.running.remove(&channel) {
            stop.cancel();
        }
        self.sizes.remove(&channel);
        self.shells.remove(&channel);
        Ok(())
    }
}

/// A command that runs in a channel.
struct Run {
    shared: Arc<Shared>,
    place: Place,
    user: String,
    handle: Handle,
    channel: ChannelId,
}

impl Run {
    async fn line(&self, line: &str) {
        let argv = match line::words(line) {
            Ok(argv) => argv,
            Err(refused) => {
                let text = format!("sh: 1: the simulated shell runs plain commands only: {refused:?}\n");
                return self.ends(Output::failed(2, text)).await;
            }
        };
        let Some(program) = argv.first().cloned() else {
            return self.ends(Output::default()).await;
        };
        let ran = self
            .shared
            .with(|world| programs::run(world, &self.place, &argv, &self.user));
        match ran {
            Ran::Done(output) => self.ends(output).await,
            Ran::Missing => {
                let text = format!("sh: 1: {program}: not found\n");
                self.ends(Output::failed(127, text)).await;
            }
            Ran::Waits(job) => {
                let output = loop {
                    if let Some(output) = self.shared.with(|world| programs::settled(world, &job)) {
                        break output;
                    }
                    self.shared.clock.sleep(POLL).await;
                };
                self.ends(output).await;
            }
            Ran::Follows(follow) => self.follows(follow).await,
        }
    }

    /// Until the client has enough or is gone.
    async fn follows(&self, mut follow: Follow) {
        let mut changes = self.shared.journals.subscribe();
        let mut text = std::mem::take(&mut follow.first);
        loop {
            if !text.is_empty() && self.handle.data(self.channel, text).await.is_err() {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
            text = self.shared.with(|world| follow.next(world));
        }
    }

    /// A client that is gone does not miss what it is not told.
    async fn ends(&self, output: Output) {
        let (handle, channel) = (&self.handle, self.channel);
        if !output.stdout.is_empty() {
            let _ = handle.data(channel, output.stdout).await;
        }
        if !output.stderr.is_empty() {
            let _ = handle.extended_data(channel, STDERR, output.stderr).await;
        }
        let _ = handle.exit_status_request(channel, u32::from(output.code)).await;
        let _ = handle.eof(channel).await;
        let _ = handle.close(channel).await;
    }
}
