//! The cluster: entry points that answer, certificates that somebody vouched for, a token that is accepted.

use super::{
    Draft, TokenAt, Trust,
    ask::{Asker, Told},
};
use crate::{
    cli::init::Answers, commands::doctor::rights, config::secret, environment::Environment, exit::Failure,
    run::listening::day, text::add,
};
use jarvis_guard::Floor;
use jarvis_ports::{Hypervisor as _, LookError, QuorumLook};
use jarvis_proxmox::{
    ClusterCa, EntryPoint, Fingerprint, Options, Proxmox, Tls, Token,
    peer::{self, Shown},
};
use std::{path::PathBuf, sync::Arc};

/// The client by which answers are tried.
#[derive(Debug, Clone)]
pub struct Tried(pub Arc<Proxmox>);

/// Asks for everything about the cluster.
pub async fn ask(
    asker: &Asker,
    given: &Answers,
    before: &[Fingerprint],
    environment: &Environment,
) -> Result<Draft, Failure> {
    let mut wanted = given.entry_points.clone().into_iter();
    let (first, trust) = first_entry(asker, given, wanted.next(), before).await?;
    let (token, at, client) = token(asker, given, &first, &trust, environment).await?;
    let look = client.look_quorum(1).await.into_iter().find_map(Result::ok);
    let mut entries = vec![(look.as_ref().map(|look| look.via.clone()), first.url().to_owned())];
    let mut trust = trust;
    let mut others: Vec<(Option<String>, String)> = wanted.map(|url| (None, url)).collect();
    if given.entry_points.len() < 2 {
        others.extend(look.iter().flat_map(|look| members(look, &first)));
    }
    for (_, url) in others {
        if let Some(entry) = further(asker, given, &url, &mut trust, &token).await? {
            entries.push(entry);
        }
    }
    let name = look
        .and_then(|look| look.cluster)
        .unwrap_or_else(|| "home".to_owned());
    Ok(Draft {
        cluster: name,
        entries,
        trust,
        token: at,
        client: Tried(Arc::new(client)),
        source: None,
        own: None,
        protected: Vec::new(),
        listen: String::new(),
        autonomy: jarvis_model::Autonomy::L1,
    })
}

async fn first_entry(
    asker: &Asker,
    given: &Answers,
    mut said: Option<String>,
    before: &[Fingerprint],
) -> Result<(EntryPoint, Trust), Failure> {
    loop {
        let text = match said.take() {
            Some(text) => text,
            None => asker.line(
                "Address of a Proxmox node, such as https://10.0.0.11:8006",
                None,
                "--entry-point URL",
            )?,
        };
        let point = match EntryPoint::new(None, &with_scheme(&text)) {
            Ok(point) => point,
            Err(error) => {
                asker.refuse(&error.to_string())?;
                continue;
            }
        };
        match peer::shown(&point).await {
            Ok(None) => return Ok((point, Trust::Plain)),
            Ok(Some(shown)) => match trust(asker, given, &point, &shown, before).await? {
                Some(trust) => return Ok((point, trust)),
                None => asker.refuse(&format!("the certificate of {} is not trusted", point.url()))?,
            },
            Err(error) => asker.refuse(&format!("{error}; is the node on, and is it port 8006?"))?,
        }
    }
}

fn with_scheme(text: &str) -> String {
    if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    }
}

/// How the first certificate is trusted; none when nobody vouches for it.
async fn trust(
    asker: &Asker,
    given: &Answers,
    point: &EntryPoint,
    shown: &Shown,
    before: &[Fingerprint],
) -> Result<Option<Trust>, Failure> {
    asker.say(&describe(point, shown));
    if let Some(path) = &given.ca_file {
        return by_ca(asker, path.clone(), point).await;
    }
    let pin = shown.fingerprint;
    let pins = pins(given)?;
    if pins.contains(&pin) {
        asker.say("  It is the one that was given: pinned.");
        return Ok(Some(Trust::Pins(pins)));
    }
    if let Some(expected) = before.first().filter(|_| !before.contains(&pin)) {
        asker.say(&format!(
            "  CHANGED: the config file pins {expected}. It was renewed, or somebody is in between.\n  Compare it on the node: pvenode cert info"
        ));
    } else if !pins.is_empty() {
        let why = format!(
            "{} shows {pin}, which is none of the pins given; compare it on the node: pvenode cert info",
            point.url()
        );
        return asker.refuse(&why).map(|()| None);
    }
    if peer::trusted(point, &Tls::WebRoots).await.is_ok() {
        asker.say("  It is signed by an authority that this machine knows.");
        return Ok(Some(Trust::System));
    }
    asker.say(
        "  Nobody this machine knows vouches for it, and Jarvis trusts nothing unseen. Either\n    name a copy of the cluster's own authority: scp root@NODE:/etc/pve/pve-root-ca.pem .   (survives renewals)\n    or write pin, when `pvenode cert info` on the node shows the same fingerprint",
    );
    let answer = asker.line("CA file, or pin", None, "--ca-file FILE or --pin AA:BB:…")?;
    if answer != "pin" {
        return by_ca(asker, PathBuf::from(answer), point).await;
    }
    if asker.agrees("Did you compare it on the node itself?", Told::Nothing)? {
        return Ok(Some(Trust::Pins(vec![pin])));
    }
    Ok(None)
}

async fn by_ca(asker: &Asker, path: PathBuf, point: &EntryPoint) -> Result<Option<Trust>, Failure> {
    let ca = match ClusterCa::from_file(&path) {
        Ok(ca) => ca,
        Err(error) => return asker.refuse(&error.to_string()).map(|()| None),
    };
    match peer::trusted(point, &Tls::ClusterCa(ca)).await {
        Ok(()) => {
            asker.say("  It is signed by that authority.");
            Ok(Some(Trust::Ca(path)))
        }
        Err(error) => asker.refuse(&error.to_string()).map(|()| None),
    }
}

fn pins(given: &Answers) -> Result<Vec<Fingerprint>, Failure> {
    let parsed = given.pins.iter().map(|pin| pin.parse::<Fingerprint>());
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::error(format!("cannot use --pin: {error}")))
}

fn describe(point: &EntryPoint, shown: &Shown) -> String {
    format!(
        "\n{} answers. Its certificate:\n  for        {}\n  signed by  {}\n  until      {}\n  SHA-256    {}",
        point.url(),
        shown.names.join(", "),
        shown.issuer,
        day(shown.not_after),
        shown.fingerprint
    )
}

fn tls(trust: &Trust) -> Result<Tls, Failure> {
    Ok(match trust {
        Trust::Ca(path) => {
            Tls::ClusterCa(ClusterCa::from_file(path).map_err(|error| Failure::error(error.to_string()))?)
        }
        Trust::Pins(pins) => Tls::Pinned(pins.clone()),
        Trust::System | Trust::Plain => Tls::WebRoots,
    })
}

fn client(point: &EntryPoint, trust: &Trust, token: &Token) -> Result<Proxmox, Failure> {
    let options = Options::new("init", vec![point.clone()], token.clone(), tls(trust)?);
    options
        .and_then(Proxmox::new)
        .map_err(|error| Failure::error(error.to_string()))
}

async fn token(
    asker: &Asker,
    given: &Answers,
    point: &EntryPoint,
    trust: &Trust,
    environment: &Environment,
) -> Result<(Token, TokenAt, Proxmox), Failure> {
    let mut file = given.pve_token_file.clone();
    let mut variable = environment.get("JARVIS_PROXMOX_TOKEN").map(str::to_owned);
    if file.is_none() && variable.is_none() {
        asker.say(&format!(
            "\nJarvis needs an API token. If there is none yet:\n\n{}",
            super::commands(None)
        ));
    }
    loop {
        let (text, at) = match (file.take(), variable.take()) {
            (Some(path), _) => match secret::from_file(&path) {
                Ok(resolved) => (resolved.value, TokenAt::File(path)),
                Err(error) => {
                    asker.refuse(&format!("{}; {}", error.problem, error.hint))?;
                    continue;
                }
            },
            (None, Some(text)) => (text.clone().into(), TokenAt::New(text.into())),
            (None, None) => {
                let text = asker.secret("Token, USER@REALM!ID=SECRET", "--pve-token-file FILE")?;
                (text.clone(), TokenAt::New(text))
            }
        };
        let token = match Token::parse(&text) {
            Ok(token) => token,
            Err(error) => {
                asker.refuse(&error.to_string())?;
                continue;
            }
        };
        let client = client(point, trust, &token)?;
        match try_token(&client, &token).await {
            Ok(text) => {
                asker.say(&text);
                return Ok((token, at, client));
            }
            Err(error) => asker.refuse(&error.to_string())?,
        }
    }
}

/// What the token may do, and what would be missing.
async fn try_token(client: &Proxmox, token: &Token) -> Result<String, LookError> {
    let version = client.version().await?;
    let held = client.preflight(&[], &[]).await?;
    let mut text = format!(
        "  {} is accepted by Proxmox VE {version}. It may:\n",
        token.public()
    );
    for (path, privileges) in &held.paths {
        let names: Vec<&str> = privileges.keys().map(String::as_str).collect();
        let told = match names.len() {
            0 => "nothing".to_owned(),
            1..=8 => names.join(" "),
            count => format!("{} and {} more", names[..8].join(" "), count - 8),
        };
        add!(text, "    {:<10}{}\n", path, told);
    }
    let major = version.split('.').next().and_then(|part| part.parse().ok());
    let all = rights::wanted(&Floor::default(), None, major);
    for finding in rights::judge(&all, &held, token.public(), major) {
        add!(text, "  {}\n", finding.what);
        for line in finding.fix {
            add!(text, "    > {}\n", line);
        }
    }
    if !held.holds("/vms", rights::ACTING) {
        text += "  It may not start or stop guests: fine to observe with, not to act.\n";
    }
    Ok(text)
}

/// URLs of the other members, at the port of the first.
fn members(look: &QuorumLook, first: &EntryPoint) -> Vec<(Option<String>, String)> {
    let Ok(url) = reqwest::Url::parse(first.url()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (node, ip) in look.ips.iter().filter(|(node, _)| node.as_str() != look.via) {
        let (mut url, Ok(ip)) = (url.clone(), ip.parse()) else {
            continue;
        };
        if look.online.get(node) == Some(&true) && url.set_ip_host(ip).is_ok() {
            found.push((
                Some(node.to_string()),
                url.as_str().trim_end_matches('/').to_owned(),
            ));
        }
    }
    found
}

/// A further entry point, when it answers, is trusted, and takes the token; told when not.
async fn further(
    asker: &Asker,
    given: &Answers,
    url: &str,
    trust: &mut Trust,
    token: &Token,
) -> Result<Option<(Option<String>, String)>, Failure> {
    let left_out = |why: &str| {
        asker.say(&format!("  {url} is left out: {why}"));
        Ok(None)
    };
    let point = match EntryPoint::new(None, &with_scheme(url)) {
        Ok(point) => point,
        Err(error) => return left_out(&error.to_string()),
    };
    let shown = match peer::shown(&point).await {
        Ok(shown) => shown,
        Err(error) => return left_out(&error.why),
    };
    if let (Trust::Pins(pins), Some(shown)) = (&mut *trust, &shown)
        && !pins.contains(&shown.fingerprint)
    {
        asker.say(&describe(&point, shown));
        if !given.pins.is_empty()
            || !asker.agrees(
                "Does `pvenode cert info` on that node show the same?",
                Told::Nothing,
            )?
        {
            return left_out("its certificate is not among the pins");
        }
        pins.push(shown.fingerprint);
    }
    if let Err(error) = peer::trusted(&point, &tls(trust)?).await {
        return left_out(&error.why);
    }
    let client = client(&point, trust, token)?;
    match client.look_quorum(1).await.into_iter().next() {
        Some(Ok(look)) => {
            asker.say(&format!(
                "  {} is {}: a further entry point",
                point.url(),
                look.via
            ));
            Ok(Some((Some(look.via), point.url().to_owned())))
        }
        Some(Err(error)) => left_out(&error.to_string()),
        None => left_out("it does not answer"),
    }
}
