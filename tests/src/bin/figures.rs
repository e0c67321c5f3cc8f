//! `cargo xtask figures [MINUTES]`: figures of the release program for docs/BENCHMARKS.md. Prints a line each. By itself:
//! `figures BINARY MINUTES [home|load|large|deaths]`.

use jarvis_ssh::JournalUse;
use jarvis_tests::figures::{deaths, pages, percentile, program::Used, site::Site, subscribers};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary = PathBuf::from(
        arguments
            .next()
            .unwrap_or_else(|| "target/release/jarvis".to_owned()),
    );
    let binary = std::fs::canonicalize(binary)?;
    let minutes: u32 = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let size = std::fs::metadata(&binary)?.len();
    say("program", &format!("{} MB (1 MB = 1,000,000 bytes)", mega(size)));
    let only = arguments.next();
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("home") {
        home(&binary, minutes).await?;
    }
    if wanted("load") {
        load(&binary).await?;
    }
    if wanted("large") {
        large(&binary, minutes).await?;
    }
    if wanted("deaths") {
        spread(
            "death to decision, journals followed",
            deaths::measure(JournalUse::Follow).await?.as_mut_slice(),
        );
        spread(
            "death to decision, without",
            deaths::measure(JournalUse::Leave).await?.as_mut_slice(),
        );
    }
    Ok(())
}

/// Four nodes and 40 guests, at rest.
async fn home(binary: &Path, minutes: u32) -> anyhow::Result<()> {
    let site = Site::start(binary, 4, 50).await?;
    say(
        "serving after its start",
        &format!("{} ms", site.jarvis.ready_after.as_millis()),
    );
    site.in_sync().await?;
    let (before, asked) = (site.jarvis.used()?, site.door.proxmox_requests().await?);
    rest(minutes).await;
    let (after, asked_after) = (site.jarvis.used()?, site.door.proxmox_requests().await?);
    at_rest("4 nodes, 50 guests", &before, &after, minutes);
    say(
        "requests to Proxmox a minute",
        &format!("{:.1}", (asked_after - asked) as f64 / f64::from(minutes)),
    );
    Ok(())
}

/// Many readers and many subscribers.
async fn load(binary: &Path) -> anyhow::Result<()> {
    let site = Site::start(binary, 4, 120).await?;
    site.in_sync().await?;
    let mut pages = pages::measure(&site.door, 50, 30).await?;
    spread("page of 100 guests, 50 clients once a second", &mut pages);
    let mut heard = subscribers::measure(&site, binary, 500, 10).await?;
    spread("one change to 500 subscribers", &mut heard);
    Ok(())
}

/// 32 nodes and 10,000 guests.
async fn large(binary: &Path, minutes: u32) -> anyhow::Result<()> {
    let site = Site::start(binary, 32, 10_000).await?;
    say(
        "serving after its start, large",
        &format!("{} ms", site.jarvis.ready_after.as_millis()),
    );
    site.in_sync().await?;
    let before = site.jarvis.used()?;
    rest(minutes).await;
    at_rest("32 nodes, 10,000 guests", &before, &site.jarvis.used()?, minutes);
    Ok(())
}

async fn rest(minutes: u32) {
    tokio::time::sleep(Duration::from_mins(u64::from(minutes))).await;
}

fn at_rest(name: &str, before: &Used, after: &Used, minutes: u32) {
    let hours = f64::from(minutes) / 60.0;
    say(
        &format!("{name}: memory"),
        &format!("{:.1} MiB", after.resident_bytes as f64 / 1_048_576.0),
    );
    let written = after.written_bytes - before.written_bytes;
    say(
        &format!("{name}: disk writes an hour"),
        &format!("{:.0} kB", written as f64 / 1000.0 / hours),
    );
    let busy = after.cpu.saturating_sub(before.cpu).as_secs_f64() / (f64::from(minutes) * 60.0);
    say(&format!("{name}: one core"), &format!("{:.2} %", busy * 100.0));
}

fn spread(name: &str, samples: &mut [Duration]) {
    let at: Vec<String> = [0.5, 0.95, 0.99, 1.0]
        .iter()
        .map(|share| format!("{:.1}", percentile(samples, *share).as_secs_f64() * 1000.0))
        .collect();
    say(
        name,
        &format!(
            "p50 {} p95 {} p99 {} most {} ms ({} samples)",
            at[0],
            at[1],
            at[2],
            at[3],
            samples.len()
        ),
    );
}

fn mega(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1_000_000.0)
}

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn say(what: &str, figure: &str) {
    println!("{what}: {figure}");
}
