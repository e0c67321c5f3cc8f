//! `jarvis run --check`, and configs that keep `jarvis run` from starting.

use crate::support::jarvis;
use std::{fs, net::TcpListener, path::Path};

fn config(home: &Path, more: &str) {
    fs::write(home.join("token"), "jarvis@pve!act=canary").unwrap();
    let text = format!(
        "state: state\ncluster:\n  name: home\n  entryPoints: [{{url: 'https://127.0.0.1:1'}}]\n  token: {{file: token}}\n  tls: {{insecure: true}}\n{more}"
    );
    fs::write(home.join("jarvis.yaml"), text).unwrap();
}

#[test]
fn a_good_config_is_said_to_be_valid_with_its_warnings() {
    let home = tempfile::tempdir().unwrap();
    config(home.path(), "");
    let said = jarvis(home.path(), &["run", "--config", "jarvis.yaml", "--check"]);
    assert!(
        said.err.contains("chmod 0640")
            && said
                .err
                .contains("certificates of https://127.0.0.1:1 are not checked"),
        "{said:?}"
    );
    assert_eq!(
        said.expect(0).lines().last().unwrap().split(':').next(),
        Some("warning")
    );
    assert!(
        !home.path().join("state").exists(),
        "a check leaves nothing behind"
    );
}

#[test]
fn an_open_address_is_refused_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    config(home.path(), "listen: 0.0.0.0:0\ntls: off\n");
    let said = jarvis(home.path(), &["run", "--config", "jarvis.yaml"]);
    assert!(
        said.err.contains("in the clear") && said.err.contains("`tls` and `trustedProxy`"),
        "{said:?}"
    );
    assert_eq!(said.code, 1);
    assert!(!home.path().join("state").exists());
}

#[test]
fn a_taken_port_and_a_state_that_is_a_file_are_errors_with_a_remedy() {
    let home = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    config(home.path(), &format!("listen: {}\n", taken.local_addr().unwrap()));
    let said = jarvis(home.path(), &["run", "--config", "jarvis.yaml"]);
    assert!(
        said.code == 1 && said.err.contains("choose another `listen` address"),
        "{said:?}"
    );

    config(home.path(), "listen: 127.0.0.1:0\n");
    fs::write(home.path().join("state"), "").unwrap();
    let said = jarvis(home.path(), &["run", "--config", "jarvis.yaml"]);
    assert!(
        said.code == 1 && said.err.contains("choose another `state` folder"),
        "{said:?}"
    );
}

#[test]
fn errors_of_the_config_are_all_told() {
    let home = tempfile::tempdir().unwrap();
    config(home.path(), "listen: here\nrecallSeconds: 9999\n");
    let said = jarvis(home.path(), &["run", "--config", "jarvis.yaml"]);
    insta::assert_snapshot!(said.expect(1), @r#"
    error: cannot use the config file:
    jarvis.yaml:7:9 listen: "here" is no address to listen on; write an IP address and a port, such as 127.0.0.1:7474 or [::1]:7474
    jarvis.yaml:8:16 recallSeconds: 9999 is out of range; write whole seconds from 0 to 300
    "#);
}
