//! Whatever is put before a command to turn it round keeps it from being one.

use super::corpus::phrasings;
use jarvis_assistant::builtin::{intent::Intent, meaning::meaning};
use proptest::prelude::*;

const AGAINST: &[&str] = &[
    "don't",
    "do not",
    "never",
    "please don't",
    "please do not",
    "you must not",
    "I do not want you to",
    "I don't want you to",
    "no need to",
    "there is no need to",
    "avoid:",
    "by no means",
    "under no circumstances",
    "nobody should",
    "not:",
    "could you please not",
    "can you not",
    "rather not",
    "I would never",
    "if it is slow,",
    "when the backup is done,",
    "unless I say otherwise,",
    "what happens if I",
    "should I",
    "why did you",
    "did you",
    "who told you to",
    "tomorrow,",
    "tell me how to",
    "I was told to",
    "Anna wants to",
    "it is wrong to",
    "somebody wrote:",
    "without asking me, do not",
];

fn commands() -> Vec<&'static str> {
    let all = phrasings().into_iter();
    let commands = all.filter(|(wanted, _)| {
        ["command", "freeze", "wishes"]
            .iter()
            .any(|kind| wanted.starts_with(kind))
    });
    commands.map(|(_, said)| said).collect()
}

fn acts(text: &str) -> bool {
    matches!(
        meaning(text),
        Some(Intent::Command(_) | Intent::Wishes(_) | Intent::Freeze { .. })
    )
}

#[test]
fn each_command_is_one_and_none_is_after_a_negation() {
    for said in commands() {
        assert!(acts(said), "{said:?} is a command");
        for against in AGAINST {
            let turned = format!("{against} {said}");
            assert!(!acts(&turned), "{turned:?} gave {:?}", meaning(&turned));
        }
        for quote in ['"', '\'', '`'] {
            let quoted = format!("{quote}{}{quote}", said.trim_end_matches(['.', '!', '?']));
            assert!(!acts(&quoted), "{quoted:?} gave {:?}", meaning(&quoted));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// No words before a negation, and none between it and the command, make it one.
    #[test]
    fn a_negated_command_is_never_one(
        said in prop::sample::select(commands()),
        against in prop::sample::select(AGAINST[..18].to_vec()),
        before in "(please |Jarvis, |hey |so |well |ok, |now |kindly |could you |I want you to ){0,3}",
        upper in any::<bool>(),
    ) {
        let text = format!("{before}{against} {said}");
        let text = if upper { text.to_uppercase() } else { text };
        prop_assert!(!acts(&text), "{text:?} gave {:?}", meaning(&text));
    }

    /// Whatever is typed, nothing breaks.
    #[test]
    fn any_text_is_taken(text in "\\PC{0,200}") {
        let _ = meaning(&text);
    }
}
