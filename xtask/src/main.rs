//! Developer commands, run as `cargo xtask COMMAND`. Know nothing of a running Jarvis.
//!
//! | command | what it does |
//! | --- | --- |
//! | `layers` | fails when a crate depends on one that is not below it |
//! | `tidy` | fails when the text of the repository breaks a house rule |
//! | `gen` | writes all generated files |
//! | `gen --check` | fails when a generated file is not current |
//! | `supply` | licences, banned crates, sources, advisories; installs cargo-deny and cargo-audit below target/tools when missing |
//! | `sbom [FILE]` | writes what the program is made of, as CycloneDX 1.6 JSON |
//! | `figures [MINUTES]` | measures the release program as a whole: memory, requests, disk writes, latency under load |
//! | `explore` | explores planner and guard exhaustively, with and without seeded bugs |
//! | `life` | lives random lives, or one by its seed: `life [--seed N] [--seeds N] [--from N] [--bug NAME] [--trace]` |
//! | `eval [OPTIONS]` | asks the requests of tests/eval of a played model, of code alone, or of a real model |
//! | `bench` | runs the benchmarks, in release |

mod dependencies;
mod error_pages;
mod generated;
mod layers;
mod manifest_pages;
mod names;
mod rule_texts;
mod sbom;
mod source_text;
mod supply;
mod terminal_texts;
mod threats;
mod tidy;
mod workspace;

use std::io::Write;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask layers | tidy | gen [--check] | supply | sbom [FILE] | explore | life [--seed N --trace] | eval [--built-in | --api API --model NAME ...] | bench | figures [MINUTES]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (text, code) = match run(&words) {
        Ok(report) => (report, ExitCode::SUCCESS),
        Err(error) => (format!("error: {error:#}"), ExitCode::FAILURE),
    };
    match writeln!(std::io::stderr().lock(), "{text}") {
        Ok(()) => code,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Runs one command; the text says what was found to be in order, the error what was not.
fn run(words: &[&str]) -> anyhow::Result<String> {
    let root = workspace::root();
    match words {
        ["layers"] => layers::run(&root),
        ["tidy"] => tidy::run(&root),
        ["gen"] => generated::write(&root, &generated::files()),
        ["gen", "--check"] => generated::check(&root, &generated::files()),
        ["supply"] => supply::run(&root),
        ["sbom"] => sbom::run(&root, sbom::DEFAULT),
        ["sbom", to] => sbom::run(&root, to),
        ["explore"] => of_tests(
            &root,
            "explore",
            &[],
            "a promise is broken, or a seeded bug was not caught; see above",
        ),
        ["figures"] => figures(&root, "10"),
        ["figures", minutes] => figures(&root, minutes),
        ["life", options @ ..] => of_tests(&root, "life", options, "a promise is broken; see above"),
        ["eval", options @ ..] => of_tests(
            &root,
            "eval",
            options,
            "not all passed, or nobody could be asked; see above",
        ),
        ["bench"] => bench(&root),
        [] | ["help" | "--help"] => Ok(USAGE.to_owned()),
        other => anyhow::bail!("unknown command {:?}; {USAGE}", other.join(" ")),
    }
}

/// Runs a program of the tests' crate; what it finds goes to standard output as it comes.
fn of_tests(
    root: &std::path::Path,
    bin: &str,
    options: &[&str],
    wrong: &'static str,
) -> anyhow::Result<String> {
    let status = std::process::Command::new("cargo")
        .current_dir(root)
        .args(["run", "--quiet", "--package", "jarvis-tests", "--bin", bin, "--"])
        .args(options)
        .status()?;
    anyhow::ensure!(status.success(), wrong);
    Ok(format!("{bin}: done"))
}

/// Runs the benchmarks; their figures go to standard output as they come.
fn bench(root: &std::path::Path) -> anyhow::Result<String> {
    let arguments = [
        "bench",
        "--locked",
        "--package",
        "jarvis-tests",
        "--bench",
        "speed",
    ];
    let status = std::process::Command::new("cargo")
        .current_dir(root)
        .args(arguments)
        .status()?;
    anyhow::ensure!(status.success(), "the benchmarks did not run through; see above");
    Ok("measured; docs/BENCHMARKS.md has the table of aims and earlier figures".to_owned())
}

/// Measures the release program, at rest for so many minutes a cluster.
fn figures(root: &std::path::Path, minutes: &str) -> anyhow::Result<String> {
    let build = ["build", "--release", "--locked", "--package", "jarvis"];
    let run = [
        "run",
        "--quiet",
        "--package",
        "jarvis-tests",
        "--bin",
        "figures",
        "--",
        "target/release/jarvis",
        minutes,
    ];
    for arguments in [&build[..], &run[..]] {
        let status = std::process::Command::new("cargo")
            .current_dir(root)
            .args(arguments)
            .status()?;
        anyhow::ensure!(
            status.success(),
            "cargo {} failed; see above",
            arguments.join(" ")
        );
    }
    Ok("measured; docs/BENCHMARKS.md has the table of aims and earlier figures".to_owned())
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn unknown_commands_are_refused_with_the_usage() {
        assert!(run(&["help"]).unwrap().contains("layers"));
        let error = run(&["gen", "--chekc"]).unwrap_err().to_string();
        assert!(error.contains("--chekc") && error.contains("usage"), "{error}");
    }
}
