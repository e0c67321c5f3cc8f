//! Words about the memory: what is to be remembered, forgotten, or told of what is remembered. Pure.

use super::{
    intent::{Intent, Recall},
    orders::phrase,
    pattern::Pattern,
    words::{Word, sentences},
};
use std::sync::LazyLock;

/// How a fact is begun. What follows is kept as it was written.
const REMEMBER: &[&str] = &[
    "(remember|note|note down|keep in mind|bear in mind|take note|memorise|memorize|do not forget|never forget) that <said>",
    "(make a note|take a note) that <said>",
];
/// Choices of how Jarvis speaks, and what of them is kept.
const PREFER: &[(&str, &str, &[&str])] = &[
    (
        "form-of-address",
        "Address the operator as “{}”.",
        &[
            "[always|from now on|in future] (call me|address me as) <x>",
            "(i would like|i want|i prefer) to be (called|addressed as) <x>",
        ],
    ),
    (
        "brevity",
        "Answer briefly.",
        &[
            "[always|from now on|in future] (be brief|be short|be concise|answer briefly|keep it short|keep it brief)",
            "[always|from now on|in future] keep [your] answers (short|brief)",
            "i prefer (short|brief) answers",
        ],
    ),
    (
        "brevity",
        "Answer in detail.",
        &[
            "[always|from now on|in future] (answer in detail|answer at length|be thorough|be detailed|explain in detail)",
            "i prefer (long|detailed) answers",
        ],
    ),
    (
        "units",
        "Give sizes in powers of 1000 (GB).",
        &[
            "[always|from now on|in future] (use|show|give|tell) [me] [all] [the] (sizes|bytes|units) in (gb|gigabytes|decimal units|powers of 1000)",
            "(use|i prefer) decimal units",
        ],
    ),
    (
        "units",
        "Give sizes in powers of 1024 (GiB).",
        &[
            "[always|from now on|in future] (use|show|give|tell) [me] [all] [the] (sizes|bytes|units) in (gib|gibibytes|binary units|powers of 1024)",
            "(use|i prefer) binary units",
        ],
    ),
];
const FORGET_NUMBER: &[&str] =
    &["forget [about] [the] (fact|entry|number|memory|preference|note|no) [number|no] <number>"];
const FORGET: &[&str] = &[
    "forget that <what>",
    "forget about <what>",
    "forget (what|everything) (i|we) (said|told you) about <what>",
    "(remove|delete|erase) <what> from (your|the) memory",
];
const SHOW: &[&str] = &[
    "what do you remember",
    "what have you remembered",
    "what do you have in [your] memory",
    "what is in (your|the) memory",
    "[list|show] [me] (your|the) (memories|memory entries|memorised facts|remembered facts)",
    "(list|show) [me] (your|the) memory",
    "what did (i|we) (tell|ask) you to remember",
    "what (facts|preferences) do you (know|remember|have)",
];
const SHOW_OF: &[&str] = &[
    "what do you remember (about|of) <what>",
    "what have you remembered (about|of) <what>",
    "what did (i|we) tell you about <what>",
    "do you remember (anything|something) (about|of) <what>",
];

/// Words of a form of address, at most, and those that are in none: `call me when media is down`.
const MOST_OF_A_NAME: usize = 3;
const NO_NAME: &[&str] = &[
    "when", "if", "back", "at", "as", "in", "on", "once", "about", "later", "tomorrow", "by", "again",
    "before", "after", "until", "unless", "every", "a", "an",
];

struct Forms {
    remember: Vec<Pattern>,
    prefer: Vec<(&'static str, &'static str, Pattern)>,
    number: Vec<Pattern>,
    forget: Vec<Pattern>,
    show: Vec<Pattern>,
    show_of: Vec<Pattern>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let all = |texts: &[&str]| texts.iter().map(|text| Pattern::read(text)).collect();
    Forms {
        remember: all(REMEMBER),
        prefer: PREFER
            .iter()
            .flat_map(|(name, kept, texts)| texts.iter().map(|text| (*name, *kept, Pattern::read(text))))
            .collect(),
        number: all(FORGET_NUMBER),
        forget: all(FORGET),
        show: all(SHOW),
        show_of: all(SHOW_OF),
    }
});

/// What these words want of the memory, from the first to the last. A fact is kept as it was typed.
pub(super) fn recall(words: &[Word], text: &str) -> Option<Intent> {
    let slot = |patterns: &[Pattern], name: &str| {
        patterns.iter().find_map(|pattern| {
            let slots = pattern.fit(words)?;
            slots.get(name).map(|words| words.to_vec())
        })
    };
    let recall = if let Some(said) = slot(&FORMS.remember, "said") {
        Recall::Remember(typed(&said, text))
    } else if let Some(chosen) = chosen(words) {
        chosen
    } else if let Some(number) = slot(&FORMS.number, "number").and_then(|words| number(&words)) {
        Recall::ForgetNumber(number)
    } else if let Some(what) = slot(&FORMS.forget, "what") {
        Recall::Forget(typed(&what, text))
    } else if FORMS.show.iter().any(|pattern| pattern.fit(words).is_some()) {
        Recall::Show(None)
    } else {
        Recall::Show(Some(phrase(&slot(&FORMS.show_of, "what")?)))
    };
    Some(Intent::Memory(recall))
}

/// A choice of how Jarvis speaks.
fn chosen(words: &[Word]) -> Option<Recall> {
    FORMS.prefer.iter().find_map(|(name, kept, pattern)| {
        let slots = pattern.fit(words)?;
        let named = slots.get("x").copied().unwrap_or_default();
        let is_name =
            named.len() <= MOST_OF_A_NAME && !named.iter().any(|word| NO_NAME.contains(&word.low.as_str()));
        let said = is_name.then(|| written(named))?;
        Some(Recall::Prefer(name, kept.replace("{}", &said)))
    })
}

/// What was typed behind the first `that`, when it is these words; else the words.
fn typed(words: &[Word], text: &str) -> String {
    let low = text.to_lowercase();
    let behind = low.find("that ").and_then(|at| text.get(at + 5..)).map(str::trim);
    let same = |behind: &&str| {
        let all = sentences(behind);
        let low = |words: &[Word]| words.iter().map(|word| word.low.clone()).collect::<Vec<_>>();
        matches!(all.as_slice(), [only] if low(&only.words) == low(words))
    };
    behind.filter(same).map_or_else(|| written(words), str::to_owned)
}

fn written(words: &[Word]) -> String {
    let words: Vec<&str> = words.iter().map(|word| word.written.as_str()).collect();
    words.join(" ").replace(" 's", "'s")
}

fn number(words: &[Word]) -> Option<u64> {
    match words {
        [one] => one.low.trim_start_matches('#').parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(text: &str) -> Option<Recall> {
        match super::super::meaning::meaning(text)? {
            Intent::Memory(recall) => Some(recall),
            _ => None,
        }
    }

    #[test]
    fn a_fact_is_kept_as_it_was_typed_and_only_whole_sentences_count() {
        let fact = |text: &str| Some(Recall::Remember(text.to_owned()));
        for (text, said) in [
            (
                "Remember that the NAS, in the cellar, is slow on Sundays.",
                "the NAS, in the cellar, is slow on Sundays.",
            ),
            ("Please note that forge hums at 80 %", "forge hums at 80 %"),
            ("Remember that 'media' is Anna's, please", "media is Anna's"),
            ("Don't forget that the UPS is old", "the UPS is old"),
        ] {
            assert_eq!(meant(text), fact(said), "{text}");
        }
        for text in [
            "Do not remember that the NAS is slow",
            "remember",
            "remember that",
            "forget it",
            "forget that",
        ] {
            assert_eq!(meant(text), None, "{text}");
        }
        assert_eq!(
            meant("Remember that forge is slow. Restart media."),
            None,
            "one at a time"
        );
    }

    #[test]
    fn choices_are_whole_sentences_about_how_to_speak() {
        for (text, name, kept) in [
            (
                "Call me Captain Anna",
                "form-of-address",
                "Address the operator as “Captain Anna”.",
            ),
            ("Please be brief.", "brevity", "Answer briefly."),
            (
                "From now on keep your answers short",
                "brevity",
                "Answer briefly.",
            ),
            ("Always answer in detail, please", "brevity", "Answer in detail."),
            ("Use decimal units", "units", "Give sizes in powers of 1000 (GB)."),
            (
                "Show sizes in GiB",
                "units",
                "Give sizes in powers of 1024 (GiB).",
            ),
        ] {
            assert_eq!(meant(text), Some(Recall::Prefer(name, kept.to_owned())), "{text}");
        }
        for text in [
            "Don't call me Anna",
            "call me when media is down",
            "be brief about forge",
        ] {
            assert!(!matches!(meant(text), Some(Recall::Prefer(..))), "{text}");
        }
    }

    #[test]
    fn what_is_forgotten_and_told_is_named() {
        assert_eq!(meant("forget number 12"), Some(Recall::ForgetNumber(12)));
        assert_eq!(meant("Forget fact #12, please."), Some(Recall::ForgetNumber(12)));
        assert_eq!(
            meant("Forget that the NAS is slow"),
            Some(Recall::Forget("the NAS is slow".to_owned()))
        );
        assert_eq!(
            meant("forget about the NAS"),
            Some(Recall::Forget("the NAS".to_owned()))
        );
        assert_eq!(meant("What do you remember?"), Some(Recall::Show(None)));
        assert_eq!(
            meant("What do you remember about the NAS?"),
            Some(Recall::Show(Some("the nas".to_owned())))
        );
    }
}
