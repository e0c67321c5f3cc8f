//! `cargo xtask life`: random life at length, or one life again by its seed. Prints what was broken; exits 1 then.

use jarvis_tests::life::{Bug, Hardship, Life, Outcome, live};
use std::{process::ExitCode, time::Instant};

const USAGE: &str = "usage: life [--seed N] [--seeds N] [--from N] [--bug NAME] [--hardest] [--trace]";

/// What is asked for.
#[derive(Debug, Default)]
struct Wanted {
    seed: Option<u64>,
    seeds: Option<u64>,
    from: u64,
    bug: Bug,
    hardship: Hardship,
    trace: bool,
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seed" => wanted.seed = Some(words.next()?.parse().ok()?),
            "--seeds" => wanted.seeds = Some(words.next()?.parse().ok()?),
            "--from" => wanted.from = words.next()?.parse().ok()?,
            "--bug" => wanted.bug = Bug::named(&words.next()?)?,
            "--hardest" => wanted.hardship = Hardship::Hardest,
            "--trace" => wanted.trace = true,
            _ => return None,
        }
    }
    Some(wanted)
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        say(USAGE);
        return ExitCode::from(2);
    };
    let seeds = match wanted.seed {
        Some(seed) => seed..seed + 1,
        None => wanted.from..wanted.from + wanted.seeds.unwrap_or(2_000),
    };
    let began = Instant::now();
    let (mut broken, mut effects, mut hours, mut lives) = (0_u32, 0, 0.0, 0_u32);
    for seed in seeds {
        let outcome = live(Life {
            seed,
            bug: wanted.bug,
            hardship: wanted.hardship,
        });
        lives += 1;
        effects += outcome.effects;
        hours += outcome.lasted.as_secs_f64() / 3600.0;
        broken += u32::from(outcome.violation.is_some());
        show(&wanted, &outcome);
    }
    say(&format!(
        "{lives} lives, {hours:.0} hours, {effects} effects, {broken} broken promises, {:.1} s",
        began.elapsed().as_secs_f64()
    ));
    ExitCode::from(u8::from(broken > 0))
}

fn show(wanted: &Wanted, outcome: &Outcome) {
    if wanted.trace {
        for line in outcome.trace.lines() {
            say(line);
        }
        say(&format!("trace {}", outcome.trace.hash()));
    }
    if outcome.violation.is_some() {
        say(&outcome.to_string());
    }
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(text: &str) {
    println!("{text}");
}
