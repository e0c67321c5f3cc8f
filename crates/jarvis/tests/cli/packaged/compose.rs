//! `compose.yaml`: understood by the specification's parser, and as closed as it says.

use super::{dockerfile::Stage, tools, yaml};
use serde_json::json;

#[test]
fn it_follows_the_compose_specification() {
    if let Some(said) = tools::check(&[]) {
        assert!(said["compose"]["services"]["jarvis"].is_object(), "{said:#}");
    }
}

#[test]
fn nothing_is_writable_but_the_volume_and_nothing_is_privileged() {
    let compose = yaml("compose.yaml");
    let jarvis = &compose["services"]["jarvis"];
    assert_eq!(jarvis["user"], "65532:65532");
    assert_eq!(jarvis["read_only"], true);
    assert_eq!(jarvis["cap_drop"], json!(["ALL"]));
    assert_eq!(jarvis["security_opt"], json!(["no-new-privileges:true"]));
    for refused in [
        "privileged",
        "cap_add",
        "devices",
        "pid",
        "ipc",
        "env_file",
        "environment",
    ] {
        assert!(jarvis.get(refused).is_none(), "{refused}");
    }
    let volumes = jarvis["volumes"].as_array().unwrap();
    let writable: Vec<_> = volumes
        .iter()
        .filter(|volume| volume["read_only"] != true)
        .map(|volume| (&volume["type"], &volume["target"]))
        .collect();
    assert_eq!(writable, [(&json!("volume"), &json!("/var/lib/jarvis"))]);
    for volume in volumes.iter().filter(|volume| volume["type"] == "volume") {
        assert!(
            compose["volumes"]
                .get(volume["source"].as_str().unwrap())
                .is_some()
        );
    }
}

#[test]
fn it_runs_what_the_image_is_made_for() {
    let compose = yaml("compose.yaml");
    let jarvis = &compose["services"]["jarvis"];
    let image = Stage::last();
    assert_eq!(jarvis["user"], image.one("USER"));
    assert_eq!(jarvis["command"], image.json("CMD"));
    let mut test = vec![json!("CMD")];
    test.extend(image.healthcheck().into_iter().map(Into::into));
    assert_eq!(jarvis["healthcheck"]["test"], json!(test));
    assert_eq!(jarvis["image"], format!("jarvis:{}", env!("CARGO_PKG_VERSION")));
}
