//! The schema as text: kept in `api/schema.graphql`, every part of it described.

use std::path::Path;

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql")
}

#[test]
fn the_kept_schema_is_the_code_s() {
    let kept = std::fs::read_to_string(path()).unwrap_or_default();
    assert!(
        kept == jarvis_api::sdl(),
        "api/schema.graphql is not what the code says; run `cargo xtask gen`"
    );
}

/// A hold without seconds is passed on without an end; how long it then lasts is the controller's to say, and stands here.
#[test]
fn how_long_a_hold_lasts_by_itself_is_said_as_it_is() {
    assert_eq!(
        jarvis_controller::Options::default().default_hold,
        std::time::Duration::from_hours(1)
    );
    let sdl = jarvis_api::sdl();
    let (_, hold) = sdl.split_once("\thold(").unwrap();
    let (arguments, _) = hold.split_once("): Boolean!").unwrap();
    assert!(
        arguments.contains("For how long, seconds; an hour when left out."),
        "{arguments}"
    );
}

#[test]
fn everything_in_the_schema_is_described() {
    let sdl = jarvis_api::sdl();
    let mut described = false;
    let mut bare = Vec::new();
    let mut in_text = false;
    for line in sdl.lines() {
        let line = line.trim();
        if line.starts_with("\"\"\"") || in_text {
            let one_line = !in_text && line.len() > 3 && line.ends_with("\"\"\"");
            in_text = if in_text {
                !line.ends_with("\"\"\"")
            } else {
                !one_line
            };
            described = true;
            continue;
        }
        let declares = !line.is_empty()
            && !line.starts_with(['}', ')', '{'])
            && !line.starts_with("schema")
            && !line.starts_with("directive");
        let root_part = ["query:", "mutation:", "subscription:"]
            .iter()
            .any(|part| line.starts_with(part));
        if declares && !described && !root_part {
            bare.push(line.to_owned());
        }
        described = false;
    }
    assert!(bare.is_empty(), "not described: {bare:#?}");
}
