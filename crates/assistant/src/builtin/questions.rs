//! Patterns of questions, small talk and what is neither command nor wish.

use super::{
    asking::{COUNT_FORMS, DEEDS, LIST_FORMS, LISTS, Make, MakeDeeds, PLAIN, SLOTTED, SPLIT_LISTS, SUBJECTS},
    course,
    figures::{
        FIGURE_FORMS, FIGURES, OVER_FORMS, OVER_SINGLE, OVER_WHOLE, OVER_WHOLE_FORMS, SINGLE, WHOLE,
        WHOLE_FORMS,
    },
    intent::{Aspect, Deeds, Intent, Listed, Past},
    orders::phrase,
    pattern::{Pattern, Slots},
    spans,
    words::Word,
};
use std::sync::LazyLock;

struct Questions {
    plain: Vec<(Intent, Pattern)>,
    slotted: Vec<(Make, Pattern)>,
    deeds: Vec<(MakeDeeds, Pattern)>,
    whole: Vec<(Aspect, Pattern)>,
    single: Vec<(Aspect, Pattern)>,
    over_whole: Vec<(Aspect, Pattern)>,
    over_single: Vec<(Aspect, Pattern)>,
}

static QUESTIONS: LazyLock<Questions> = LazyLock::new(|| Questions {
    plain: plain(),
    slotted: each(SLOTTED),
    deeds: DEEDS
        .iter()
        .flat_map(|(make, texts)| {
            texts.iter().flat_map(|text| {
                let (with, without) = (text.replace("[<when>]", "<when>"), text.replace(" [<when>]", ""));
                [(*make, Pattern::read(&with)), (*make, Pattern::read(&without))]
            })
        })
        .collect(),
    whole: figures(WHOLE, WHOLE_FORMS),
    single: figures(SINGLE, FIGURE_FORMS),
    over_whole: figures(OVER_WHOLE, OVER_WHOLE_FORMS),
    over_single: figures(OVER_SINGLE, OVER_FORMS),
});

fn each<T: Clone>(table: &[(T, &[&str])]) -> Vec<(T, Pattern)> {
    let rows = table
        .iter()
        .flat_map(|(meaning, texts)| texts.iter().map(|text| (meaning.clone(), Pattern::read(text))));
    rows.collect()
}

fn figures(own: &[(Aspect, &[&str])], forms: &[&str]) -> Vec<(Aspect, Pattern)> {
    let formed = FIGURES.iter().flat_map(|(aspect, words)| {
        forms
            .iter()
            .map(|form| (*aspect, Pattern::read(&form.replace("{}", words))))
    });
    each(own).into_iter().chain(formed).collect()
}

fn plain() -> Vec<(Intent, Pattern)> {
    let mut all = each(PLAIN);
    for (what, words) in LISTS {
        let row = |form: &&str| Pattern::read(&form.replace("{}", words));
        all.extend(
            LIST_FORMS
                .iter()
                .map(|form| (Intent::List(what.clone()), row(form))),
        );
        all.extend(
            COUNT_FORMS
                .iter()
                .map(|form| (Intent::Count(what.clone()), row(form))),
        );
    }
    for (what, form) in SPLIT_LISTS {
        let many = form.replace("{}", "how many (guests|vms|containers|machines)");
        all.push((Intent::Count(what.clone()), Pattern::read(&many)));
        let which = form.replace("{}", SUBJECTS);
        all.push((Intent::List(what.clone()), Pattern::read(&which)));
        let what_is = form
            .replace("{} are", "what is")
            .replace("{} (is|are)", "what is");
        all.push((Intent::List(what.clone()), Pattern::read(&what_is)));
    }
    all
}

/// What a name of a pattern stands for.
pub(super) fn slot(slots: &Slots<'_>, name: &str) -> Option<String> {
    slots.get(name).map(|words| phrase(words))
}

/// The question that these words are, from the first to the last; none when what it would be about is no name.
pub(super) fn question(words: &[Word]) -> Option<Intent> {
    let found = find(words).filter(|intent| about(intent).is_none_or(is_name))?;
    // `the status` of nothing is that of the whole.
    Some(match found {
        Intent::Look(Aspect::State, None) => Intent::Status,
        other => other,
    })
}

/// Words that no name has in it.
const NO_NAME: &[&str] = &[
    "of", "if", "unless", "when", "before", "after", "not", "never", "and", "or", "but", "to", "me", "is",
    "are", "was", "why", "what", "how", "that", "then", "does", "did",
];

fn is_name(phrase: &str) -> bool {
    let words = phrase.split(' ');
    matches!(phrase, "that" | "it") || !words.into_iter().any(|word| NO_NAME.contains(&word))
}

/// What a question names.
fn about(intent: &Intent) -> Option<&str> {
    match intent {
        Intent::Look(_, what) | Intent::Over(_, what, _) | Intent::Why(_, what) => what.as_deref(),
        Intent::List(Listed::On(what)) | Intent::Count(Listed::On(what)) => Some(what),
        Intent::Past(past) => match (&past.about, &past.what) {
            (Some(what), _) | (None, Deeds::By(what)) => Some(what),
            _ => None,
        },
        _ => None,
    }
}

fn find(words: &[Word]) -> Option<Intent> {
    let known = &*QUESTIONS;
    let plain = known
        .plain
        .iter()
        .find(|(_, pattern)| pattern.fit(words).is_some());
    let whole = || {
        let found = known
            .whole
            .iter()
            .find(|(_, pattern)| pattern.fit(words).is_some());
        found.map(|(aspect, _)| Intent::Look(*aspect, None))
    };
    let single = || {
        known.single.iter().find_map(|(aspect, pattern)| {
            let what = slot(&pattern.fit(words)?, "x")?;
            Some(Intent::Look(*aspect, Some(what)))
        })
    };
    let slotted = || {
        let mut rows = known.slotted.iter();
        rows.find_map(|(make, pattern)| make(&pattern.fit(words)?))
    };
    plain
        .map(|(intent, _)| intent.clone())
        .or_else(|| past(words))
        .or_else(slotted)
        .or_else(whole)
        .or_else(|| over(words))
        .or_else(single)
}

/// How a figure went over a time: a question of now, put into the past, with the time behind it.
fn over(words: &[Word]) -> Option<Intent> {
    let known = &*QUESTIONS;
    (1..words.len()).find_map(|at| {
        let (asked, when) = words.split_at(at);
        let span = spans::read(when)?;
        let asked: Vec<Word> = asked.iter().filter_map(now).collect();
        let whole = known.whole.iter().chain(&known.over_whole);
        let whole = whole
            .filter(|(_, pattern)| pattern.fit(&asked).is_some())
            .map(|(aspect, _)| (*aspect, None));
        let single = known.single.iter().chain(&known.over_single);
        let single = single.filter_map(|(aspect, pattern)| {
            let what = slot(&pattern.fit(&asked)?, "x")?;
            Some((*aspect, Some(what)))
        });
        let mut kept = whole.chain(single).filter(|(aspect, _)| course::is_kept(*aspect));
        kept.next().map(|(aspect, what)| Intent::Over(aspect, what, span))
    })
}

/// A word of the past as that of the present; none where the present does without.
fn now(word: &Word) -> Option<Word> {
    let low = match word.low.as_str() {
        "was" | "has" if !word.quoted => "is",
        "were" | "have" if !word.quoted => "are",
        "did" if !word.quoted => "does",
        "been" if !word.quoted => return None,
        other => other,
    };
    Some(Word {
        low: low.to_owned(),
        ..word.clone()
    })
}

/// A question about the past. A pattern whose time cannot be read does not fit.
fn past(words: &[Word]) -> Option<Intent> {
    QUESTIONS.deeds.iter().find_map(|(make, pattern)| {
        let slots = pattern.fit(words)?;
        let span = match slots.get("when") {
            Some(when) => spans::read(when)?,
            None => super::intent::Span::Lately,
        };
        Some(Intent::Past(Past {
            what: make(slot(&slots, "who")),
            about: slot(&slots, "x"),
            span,
        }))
    })
}
