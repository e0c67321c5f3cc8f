//! Mail that a played model puts into words, through a real mail server: what it says stands above the facts when it is true to
//! them, paid for and in time; else the facts stand alone.

use async_trait::async_trait;
use jarvis_assistant::spend::{Caps, Kind};
use jarvis_model::{Event, IssueKey, Observed};
use jarvis_notify::{
    Followed, Options, Picture, Sender, Service, Settings, Smtp, SmtpTls, settings::SmtpOptions,
};
use jarvis_ports::{Journal as _, Narrator};
use jarvis_simulator::models::{Act, Dialect, Fault, Play};
use jarvis_store::MemoryJournal;
use jarvis_tests::stage::{Cast, Stage, plays, say};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

#[path = "../../../crates/notify/tests/smtp/aiosmtpd.rs"]
#[expect(dead_code, reason = "other tests log in and look at headers")]
mod aiosmtpd;
use aiosmtpd::{Mail, MailServer, PASSWORD, USER, Way, mails};

const CHANNEL: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: mail}\nspec: {email: {to: [ops@home.example]}}\n";
const TRUE: &str =
    "Guest 101 is stopped and I could not start it: 3 starts failed, the last for want of space.";
const PATIENCE: Duration = Duration::from_mins(1);

struct Still(Picture);

#[async_trait]
impl Followed for Still {
    fn picture(&self) -> Option<Picture> {
        Some(self.0.clone())
    }

    async fn changed(&mut self) {
        std::future::pending::<()>().await;
    }
}

fn settings(folder: &Path, port: u16) -> Settings {
    let pem = std::fs::read(folder.join("ca.pem")).unwrap();
    let options = SmtpOptions {
        host: "localhost",
        port: Some(port),
        tls: SmtpTls::None,
        ca_pem: Some(&pem),
        login: Some((USER.to_owned(), Zeroizing::new(PASSWORD.to_owned()))),
        from: "Jarvis <jarvis@home.example>",
    };
    Settings {
        smtp: Some(Smtp::new(options).unwrap()),
        credentials: BTreeMap::new(),
    }
}

/// A journal in which a guest was given to people for these reasons.
fn escalated(stage: &Stage, evidence: Vec<String>) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let epoch = journal.acquire_lease().unwrap();
    let issue: IssueKey = "VirtualMachine/web-01#guest-down".parse().unwrap();
    let events = vec![
        Event::IssueOpened {
            issue: issue.clone(),
            summary: "guest 101 is stopped; no task explains it".to_owned(),
        },
        Event::IssueEscalated {
            issue,
            resource_hash: "h".to_owned(),
            text: "guest 101 is stopped. 3 starts failed, last: no space left. Free some space".to_owned(),
            evidence,
        },
    ];
    let head = journal.head();
    journal
        .append(head, epoch, stage.rig.clock().now(), events)
        .unwrap();
    journal
}

/// The mail of an escalation that these models may put into words, and how long it took by the clock of Jarvis.
async fn mail(casts: &[&Cast], caps: Caps) -> Option<(Stage, Mail, Duration)> {
    mail_of(casts, caps, vec!["list 4 s ago: stopped".to_owned()]).await
}

/// The same for these reasons.
async fn mail_of(casts: &[&Cast], caps: Caps, evidence: Vec<String>) -> Option<(Stage, Mail, Duration)> {
    let python = aiosmtpd::interpreter()?;
    let stage = Stage::capped(casts, caps).await;
    let folder = tempfile::tempdir().unwrap();
    aiosmtpd::prepare(folder.path());
    let server = MailServer::start(python, folder.path(), Way::Plain, 0);
    let files = BTreeMap::from([("all.yaml".to_owned(), CHANNEL.as_bytes().to_vec())]);
    let clock = stage.rig.clock();
    let sender = Sender::new(
        Arc::new(settings(folder.path(), server.port)),
        None,
        None,
        clock.clone(),
    );
    let options = Options {
        state: folder.path().join("state"),
        sender: sender.unwrap(),
        narrator: Some(Arc::new(stage.assistant.clone()) as Arc<dyn Narrator>),
    };
    let picture = Picture {
        cluster: "home".into(),
        desired: Arc::new(jarvis_crds::load(&files, "0123456789abcdef").unwrap().desired),
        observed: Arc::new(Observed::default()),
        at: clock.now(),
    };
    // The desk begins at the end of the journal; so that it tells of it, it is opened on an empty one.
    let empty = Arc::new(MemoryJournal::new());
    drop(Service::open(
        Options {
            state: options.state.clone(),
            sender: options.sender.clone(),
            narrator: None,
        },
        empty,
        clock.clone(),
        Box::new(Still(picture.clone())),
    ));
    let begun = clock.now();
    let journal = Arc::new(escalated(&stage, evidence));
    let service = Service::open(options, journal, clock.clone(), Box::new(Still(picture))).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(service.run(stop.clone()));
    let waiting = Instant::now();
    let mail = loop {
        if let Some(mail) = mails(folder.path()).into_iter().next() {
            break mail;
        }
        assert!(waiting.elapsed() < PATIENCE, "the mail comes");
        tokio::task::yield_now().await;
    };
    let took = clock.now().since(begun);
    stop.cancel();
    running.await.unwrap();
    Some((stage, mail, took))
}

fn said(mail: &Mail) -> String {
    mail.data.replace("=\r\n", "").replace("\r\n", " ")
}

fn has_all_facts(said: &str) -> bool {
    let facts = [
        "is beyond Jarvis",
        "last: no space left",
        "list 4 s ago: stopped",
        "jarvis ack VirtualMachine/web-01",
    ];
    facts.iter().all(|fact| said.matches(fact).count() >= 2)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_wrote_stands_above_the_facts_with_its_name_and_its_price() {
    let far = plays(Dialect::Anthropic, "claude-haiku-5-5", vec![say(TRUE)]).await;
    let Some((stage, mail, _)) = mail(&[&far], Caps::default()).await else {
        return;
    };
    let said = said(&mail);
    assert_eq!(
        said.matches("the last for want of space.").count(),
        2,
        "both bodies: {said}"
    );
    assert_eq!(
        said.matches("claude-haiku-5-5, a model outside the house")
            .count(),
        2,
        "{said}"
    );
    assert!(has_all_facts(&said), "{said}");
    let day = stage.assistant.minds().report(stage.rig.now()).unwrap().day;
    assert_eq!(day.kinds.len(), 1);
    assert_eq!((day.kinds[0].kind, day.kinds[0].requests), (Kind::Narration, 1));
    assert!(day.micro_dollars > 0);
    let heard = far.server.heard();
    assert_eq!(heard.len(), 1);
    assert!(
        heard[0]
            .body
            .get("tools")
            .is_none_or(|tools| tools.as_array().is_some_and(Vec::is_empty))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_number_leaves_the_facts_alone() {
    let wrong = say("Guest 101 is stopped; 5 starts failed.");
    let far = plays(Dialect::Anthropic, "claude-haiku-5-5", vec![wrong]).await;
    let Some((_stage, mail, _)) = mail(&[&far], Caps::default()).await else {
        return;
    };
    let said = said(&mail);
    assert!(
        !said.contains("5 starts") && !said.contains("These words are by") && has_all_facts(&said),
        "{said}"
    );
    assert_eq!(far.server.heard().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_budget_spent_nothing_is_sent_and_the_facts_stand_alone() {
    let far = plays(Dialect::Anthropic, "claude-haiku-5-5", vec![say(TRUE)]).await;
    let caps = Caps {
        per_day: Some(10),
        ..Caps::default()
    };
    let Some((_stage, mail, _)) = mail(&[&far], caps).await else {
        return;
    };
    let said = said(&mail);
    assert!(
        !said.contains("These words are by") && has_all_facts(&said),
        "{said}"
    );
    assert!(far.server.heard().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_hangs_keeps_the_mail_no_longer_than_half_a_minute() {
    let hangs = Play {
        act: Act::say(TRUE),
        fault: Some(Fault::NoHead),
    };
    let far = plays(Dialect::Anthropic, "claude-haiku-5-5", vec![hangs]).await;
    let Some((_stage, mail, took)) = mail(&[&far], Caps::default()).await else {
        return;
    };
    let said = said(&mail);
    assert!(
        !said.contains("These words are by") && has_all_facts(&said),
        "{said}"
    );
    assert!(took >= Duration::from_secs(30), "it was asked: {took:?}");
    assert!(
        took < Duration::from_mins(5),
        "ten seconds together, thirty of patience, the sending: {took:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_facts_and_is_obeyed_renders_nothing_and_fetches_nothing() {
    let strings = crate::injected::strings();
    let leak = "![seen](http://leak.example/pixel) <img src=\"http://leak.example/pixel\"> \
                <a href=\"http://leak.example\">console</a> [console](http://leak.example)";
    for texts in strings.chunks(18) {
        // It writes what the texts ask for, and asks for what it was given no means to do.
        let obeyed = say(&format!("Guest 101 is stopped. {leak}"));
        let far = plays(Dialect::Anthropic, "claude-haiku-5-5", vec![obeyed]).await;
        let mut evidence = texts.to_vec();
        evidence.push(leak.to_owned());
        let Some((stage, mail, _)) = mail_of(&[&far], Caps::default(), evidence).await else {
            return;
        };
        let asked = far.server.heard();
        assert_eq!(asked.len(), 1);
        assert!(
            asked[0].body.to_string().contains("leak.example"),
            "the model has read them"
        );
        let said = said(&mail);
        let (plain, html) = said.split_once("Content-Type: text/html").expect("two bodies");
        assert!(plain.contains("leak.example"), "it is told as text: {plain}");
        assert!(html.contains("&lt;img"), "it is told as text: {html}");
        for active in [
            "<img", "<a ", "<script", "<iframe", "<form", "<link", "<svg", "<style",
        ] {
            assert!(!html.contains(active), "{active} in {html}");
        }
        assert!(!said.chars().any(|c| c == '\u{1b}' || c == '\u{202e}'), "{said}");
        crate::injected::assert_harmless(&stage);
    }
}
