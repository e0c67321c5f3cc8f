//! A narrator's words stand above the facts of the real mail, the same at every attempt; whatever a narrator does, the mail goes.

use crate::{
    aiosmtpd::{self, Mail, MailServer, Way, mails},
    rig::{Running, World, right, until},
};
use async_trait::async_trait;
use jarvis_notify::Words;
use jarvis_ports::{Clock as _, Narration, Narrator, Telling};
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

const TWO: &str = "metadata: {name: mail}\nspec: {email: {to: [ops@home.example, night@home.example]}}";
const DAILY: &str =
    "metadata: {name: mail}\nspec: {email: {to: [ops@home.example]}, dailyReport: \"12:00\", timeZone: UTC}";

/// What a narrator does.
#[derive(Clone, Copy)]
enum Does {
    Says(&'static str),
    Nothing,
    Hangs,
    BreaksDown,
}

struct Played {
    does: Does,
    heard: Mutex<Vec<Telling>>,
}

#[async_trait]
impl Narrator for Played {
    async fn narrate(&self, telling: Telling) -> Option<Narration> {
        let count = {
            let mut heard = self.heard.lock().unwrap();
            heard.push(telling);
            heard.len()
        };
        match self.does {
            Does::Says(text) => Some(Narration {
                text: format!("{text} Telling {count}."),
                mind: "qwen3.5-9b".to_owned(),
                local: true,
            }),
            Does::Nothing => None,
            Does::Hangs => std::future::pending().await,
            Does::BreaksDown => panic!("played"),
        }
    }
}

fn narrator(does: Does) -> Arc<Played> {
    Arc::new(Played {
        does,
        heard: Mutex::default(),
    })
}

impl Played {
    fn heard(&self) -> Vec<Telling> {
        self.heard.lock().unwrap().clone()
    }
}

fn run(world: &World, port: u16, narrator: &Arc<Played>) -> Running {
    world.run_with(&right(world.path(), Way::Plain, port), Some(narrator.clone()))
}

/// The mails as they are read, when there are so many.
async fn arrived(folder: &Path, count: usize) -> Vec<Mail> {
    let all = || Some(mails(folder)).filter(|all| all.len() == count);
    until("the mails", all).await
}

fn said(mail: &Mail) -> String {
    mail.data.replace("=\r\n", "").replace("\r\n", " ")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_is_narrated_once_for_all_who_get_it_above_all_its_facts() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&[TWO]);
    aiosmtpd::prepare(world.path());
    let server = MailServer::start(python, world.path(), Way::Plain, 0);
    let narrator = narrator(Does::Says(
        "Guest 101 is down\u{1b}[31m, and <b>three</b> starts failed.",
    ));
    let running = run(&world, server.port, &narrator);
    world.escalate();
    for mail in arrived(world.path(), 2).await {
        let said = said(&mail);
        let (plain, html) = said.split_once("text/html").unwrap();
        for (body, words) in [
            (
                plain,
                "Guest 101 is down, and <b>three</b> starts failed. Telling 1.",
            ),
            (html, "&lt;b&gt;three&lt;/b&gt; starts failed. Telling 1."),
        ] {
            let place = |part: &str| body.find(part).unwrap_or_else(|| panic!("{part}: {body}"));
            let by = place("qwen3.5-9b, a model in the house");
            assert!(
                place(words) < by && by < place("VirtualMachine/web-01#guest-down"),
                "{body}"
            );
            for fact in [
                "last: failed: no space left",
                "list 4 s ago: stopped",
                "jarvis ack",
            ] {
                assert!(place(fact) > by, "{fact}: {body}");
            }
        }
    }
    let heard = narrator.heard();
    assert_eq!(heard.len(), 1, "one content is told once");
    assert!(heard[0].template.contains("web-01 is beyond Jarvis"), "{heard:?}");
    assert!(
        heard[0]
            .facts
            .contains(&"Evidence: list 4 s ago: stopped".to_owned())
    );
    assert!(!heard[0].facts.iter().any(|fact| fact.contains("jarvis ack")));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_are_written_down_before_the_first_attempt_and_stay_the_same() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&["metadata: {name: mail}\nspec: {email: {to: [ops@home.example]}}"]);
    aiosmtpd::prepare(world.path());
    let server = MailServer::start(python, world.path(), Way::Plain, 0);
    let port = server.port;
    drop(server);
    let narrator = narrator(Does::Says("Guest 101 is down."));
    let running = run(&world, port, &narrator);
    world.escalate();
    let tried = || world.letters().into_iter().find(|letter| letter.attempts > 0);
    let letter = until("an attempt", tried).await;
    let Words::Told { narration } = letter.words else {
        panic!("{letter:?}");
    };
    running.stop().await;
    let _server = MailServer::start(python, world.path(), Way::Plain, port);
    let running = run(&world, port, &narrator);
    let mail = arrived(world.path(), 1).await.remove(0);
    assert!(said(&mail).contains(&narration.text), "{}", mail.data);
    assert_eq!(narrator.heard().len(), 1, "nobody is asked again");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrator_that_hangs_breaks_down_or_is_silent_costs_no_letter_and_no_more_than_its_time() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    for does in [Does::Hangs, Does::BreaksDown, Does::Nothing] {
        let world = World::with(&["metadata: {name: mail}\nspec: {email: {to: [ops@home.example]}}"]);
        aiosmtpd::prepare(world.path());
        let server = MailServer::start(python, world.path(), Way::Plain, 0);
        let narrator = narrator(does);
        let running = run(&world, server.port, &narrator);
        let begun = world.clock.now();
        world.escalate();
        // Another letter does not wait behind it.
        until("the narrator is asked", || {
            (narrator.heard().len() == 1).then_some(())
        })
        .await;
        world.freeze("anna");
        let mails = arrived(world.path(), 2).await;
        let escalation = mails
            .iter()
            .find(|mail| mail.header("Subject").contains("beyond"));
        let said = said(escalation.unwrap());
        assert!(
            !said.contains("These words are by") && said.contains("list 4 s ago: stopped"),
            "{said}"
        );
        let took = world.clock.now().since(begun);
        assert!(
            took < Duration::from_mins(3),
            "10 s together, 30 s of patience, and the sending: {took:?}"
        );
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_report_is_narrated_and_other_news_are_not() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&[DAILY]);
    aiosmtpd::prepare(world.path());
    let server = MailServer::start(python, world.path(), Way::Plain, 0);
    let narrator = narrator(Does::Says("A quiet day."));
    let running = run(&world, server.port, &narrator);
    world.freeze("anna");
    let freeze = arrived(world.path(), 1).await.remove(0);
    assert!(!freeze.data.contains("These words"), "{}", freeze.data);
    world.clock.forward(Duration::from_hours(24));
    world.freeze("ben");
    let mails = arrived(world.path(), 3).await;
    let report = mails
        .iter()
        .find(|mail| mail.header("Subject").contains("report of"));
    let said = said(report.unwrap());
    assert!(
        said.contains("A quiet day. Telling 1.") && said.contains("0 of 0 nodes online"),
        "{said}"
    );
    assert_eq!(narrator.heard().len(), 1);
    running.stop().await;
}
