//! Changes applied one after the other give the documents, whatever changed.

use super::*;
use crate::{document::plan_value, merge::apply, scene::Scene};
use jarvis_model::{GuestObserved, Vmid};
use proptest::prelude::*;
use serde::Deserialize as _;
use std::time::Duration;

const MANIFEST: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: other}\nspec: {vmid: 102, runStrategy: Halted}\n";

/// Applies the change between two passes to a document, as a reader does.
fn follow(document: &mut Value, before: Option<&Pass>, after: &Pass) -> usize {
    let text = serde_json::to_string(&Delta { before, after }).unwrap();
    apply(document, serde_json::from_str(&text).unwrap());
    text.len()
}

fn is_that_of(document: &Value, pass: &Pass) {
    assert_eq!(document, &Document::of(pass).unwrap().to_value().unwrap());
    let read = Document::deserialize(document).unwrap();
    assert_eq!(read.desired, *pass.desired);
    assert_eq!(read.plan, plan_value(&pass.plan).unwrap());
    assert_eq!(
        (read.seq, read.now, read.floor),
        (pass.seq, pass.now, pass.floor.clone())
    );
}

/// One thing that may differ between two passes.
fn disturb(scene: &mut Scene, what: u8) {
    let vmid = |number| Vmid::new(number).unwrap();
    let copy = |guest: &GuestObserved, number| GuestObserved {
        vmid: vmid(number),
        ..guest.clone()
    };
    let guests = &mut scene.observed.guests;
    match what {
        0 => drop(guests.remove(&vmid(101))),
        1 => {
            if let Some(guest) = guests.values().next().map(|guest| copy(guest, 102)) {
                guests.insert(guest.vmid, guest);
            }
        }
        2 => guests
            .values_mut()
            .for_each(|guest| guest.lock = Some("backup".to_owned())),
        3 => guests.values_mut().for_each(|guest| guest.usage.cpu = Some(0.5)),
        4 => scene.observed.nodes.clear(),
        5 => scene.desired = Arc::default(),
        6 => {
            let files = [("b.yaml".to_owned(), MANIFEST.as_bytes().to_vec())].into();
            scene.desired = Arc::new(jarvis_crds::load(&files, "b").unwrap().desired);
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn changes_applied_in_turn_give_each_document(steps in prop::collection::vec((0..9_u8, 0..30_u64), 1..6)) {
        let mut scene = Scene::new();
        let mut document = Value::Null;
        let mut before: Option<Pass> = None;
        for (what, secs) in steps {
            scene.now = scene.now + Duration::from_secs(secs);
            disturb(&mut scene, what);
            let after = scene.pass();
            follow(&mut document, before.as_ref(), &after);
            is_that_of(&document, &after);
            scene.remember(after.plan.events.clone());
            before = Some(after);
        }
    }
}

#[test]
fn what_did_not_change_is_not_said() {
    let pass = Scene::new().pass();
    let mut document = Value::Null;
    let whole = follow(&mut document, None, &pass);
    let again = Pass {
        desired: Arc::new((*pass.desired).clone()),
        ..pass.clone()
    };
    let nothing = follow(&mut document, Some(&pass), &again);
    assert!(whole > 1000 && nothing < 100, "{whole}, {nothing}");
    is_that_of(&document, &pass);
}
