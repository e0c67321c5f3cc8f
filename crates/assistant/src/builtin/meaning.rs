//! What a text means: politeness off, then commands and wishes, then questions. Pure.
//!
//! A command is one only as a whole sentence that begins with its verb. What negates it, makes it depend on something, asks
//! about it, quotes it or names a second one stands before, after or around it, so that the sentence no longer fits; it is
//! then said why nothing is done.

use super::{
    intent::{Caution, Intent, Wish},
    orders::{self, command, doing, wish},
    pattern::Pattern,
    questions::question,
    recall::recall,
    spans,
    target::bare_name,
    words::{Sentence, Word, sentences},
};
use jarvis_model::FreezeScope;
use std::sync::LazyLock;

/// Said before something is asked for; means nothing.
const POLITE: &[&str] = &[
    "please",
    "kindly",
    "jarvis",
    "hey",
    "hi",
    "hello",
    "ok",
    "okay",
    "so",
    "well",
    "now",
    "then",
    "just",
    "good morning",
    "good evening",
    "good afternoon",
    "go ahead and",
    "be so kind as to",
    "be so good as to",
    "could you",
    "can you",
    "would you",
    "could you please",
    "can you please",
    "would you please",
    "will you please",
    "would you kindly",
    "could you kindly",
    "do me a favour and",
    "do me a favor and",
    "i would like you to",
    "i want you to",
    "i need you to",
    "i would ask you to",
    "you may",
    "go and",
    "would you be so kind as to",
    "would you be so kind to",
    "if you please",
    "if you would",
    "sir",
    "thanks",
    "thank you",
    "and please",
];
/// Said before something is wished to be known.
const CURIOUS: &[&str] = &[
    "tell me",
    "show me",
    "give me",
    "let me know",
    "do you know",
    "may i ask",
    "i want to know",
    "can you tell me",
    "could you tell me",
    "can you show me",
    "could you show me",
    "please tell me",
    "i would like to know",
    "remind me",
    "i wonder",
    "and",
    "but",
    "also",
    "quick question",
    "let me see",
    "any idea",
    "do you have any idea",
    "can you say",
    "could you say",
    "explain",
    "explain to me",
    "explain me",
];
/// Said after it.
const AFTER: &[&str] = &[
    "please",
    "jarvis",
    "for me",
    "now",
    "right now",
    "at the moment",
    "at once",
    "immediately",
    "thanks",
    "thank you",
    "straight away",
    "if you please",
    "if you would",
    "would you",
    "will you",
    "could you",
    "currently",
    "then",
    "kindly",
    "sir",
    "right away",
    "asap",
    "exactly",
    "actually",
    "today please",
];
/// Words that turn a command round.
const NOT: &[&str] = &[
    "not", "never", "no", "without", "avoid", "nobody", "none", "refrain", "forbid", "prevent", "nor",
    "neither", "cancel", "abort", "undo", "forget", "rather",
];
/// Words that make it depend on something.
const IF: &[&str] = &[
    "if",
    "unless",
    "when",
    "once",
    "after",
    "before",
    "until",
    "whenever",
    "except",
    "provided",
    "otherwise",
    "in",
    "at",
    "later",
    "tomorrow",
    "tonight",
    "should",
    "as",
    "while",
    "every",
    "next",
];
/// Words that ask.
const ASKS: &[&str] = &[
    "what", "why", "how", "who", "which", "where", "when", "is", "are", "was", "were", "does", "do", "did",
    "has", "have", "shall", "may", "can", "could", "would", "will", "must",
];

/// Words that no single name has in it.
const JOINING: &[&str] = &[
    "and", "or", "but", "then", "also", "because", "to", "for", "from", "with",
];
/// Words of a sentence that went another way.
const ASTRAY: &[&str] = &[
    "i", "you", "we", "me", "why", "what", "who", "how", "did", "do", "does", "is", "are", "was", "were",
    "has", "have", "told", "that", "which", "it's", "so",
];
/// Words of times: something for later.
const TIMES: &[&str] = &[
    "minute",
    "minutes",
    "hour",
    "hours",
    "second",
    "seconds",
    "morning",
    "noon",
    "evening",
    "night",
    "midnight",
    "week",
    "weekend",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "o'clock",
    "am",
    "pm",
    "soon",
];

struct Forms {
    freeze: Vec<(FreezeScope, Pattern)>,
    would: Vec<Pattern>,
    why_not: Vec<Pattern>,
}

const STOP_ALL: &str =
    "(freeze|pause|halt|stop) (everything|all|all of it|everyone|the cluster|all actions|all acts|it all)";
const STOP_SELF: &[&str] = &[
    "freeze [yourself|jarvis|autonomy|automation|the automation]",
    "(pause|halt|suspend|stop) (yourself|jarvis|autonomy|automation|the automation|acting|acting alone|all automation|reconciling)",
    "(stop|quit) acting on your own",
    "(set|pull|hit|activate|throw|use) the kill switch",
];
/// How long, and why.
const TAILS: &[&str] = &[
    "",
    "for <ttl>",
    "for <ttl> (because|because of|due to|as|since|while) <reason>",
    "(because|because of|due to|since) <reason>",
    "for <ttl> for <reason>",
];

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let heads = std::iter::once((FreezeScope::All, STOP_ALL))
        .chain(STOP_SELF.iter().map(|head| (FreezeScope::Autonomy, *head)));
    let freeze = heads.flat_map(|(scope, head)| {
        TAILS
            .iter()
            .map(move |tail| (scope, Pattern::read(&format!("{head} {tail}"))))
    });
    let all = |texts: &[&str]| texts.iter().map(|text| Pattern::read(text)).collect();
    Forms {
        freeze: freeze.collect(),
        would: all(&[
            "what (happens|would happen|will happen|breaks|would break) (if|when) (i|you|we|one|someone) <order>",
            "what if (i|you|we) <order>",
            "(can|may|could|should|shall|must) (i|we|you) [safely] <order>",
            "(is it|would it be) (safe|ok|okay|allowed|possible|wise|all right|fine) (to|if i|if we|if you) <order>",
            "what would <doing> (do|break|interrupt|mean|affect)",
            "what does <doing> (do|break|interrupt|mean|affect)",
            "(is|would) <doing> (safe|ok|okay|allowed|possible|wise|be safe|be allowed)",
            "what (depends on|would be interrupted by) <doing>",
        ]),
        why_not: all(&[
            "why (can|may|could|must|should) (i|we|you) not <order>",
            "why (can|may|could) not (i|we|you) <order>",
            "why (do|did|will|would) (you|jarvis) (refuse|decline) to <order>",
            "why (am i|are we) not allowed to <order>",
            "why (is|was) it (not allowed|forbidden|refused|impossible) to <order>",
            "why (will|would) you not <order>",
            "what (stops|keeps|prevents) (me|us|you) from <doing>",
        ]),
    }
});

/// What a text means; none when that is not known.
pub fn meaning(text: &str) -> Option<Intent> {
    let all = sentences(text);
    let (courteous, said): (Vec<&Sentence>, Vec<&Sentence>) =
        all.iter().partition(|sentence| is_courtesy(&sentence.words));
    match said.as_slice() {
        [] => question(&courteous.last()?.words),
        [only] => of(only, text),
        several => {
            let ordered = |sentence: &&Sentence| has_order(&sentence.words);
            several
                .iter()
                .any(ordered)
                .then_some(Intent::Caution(Caution::Several))
        }
    }
}

fn is_courtesy(words: &[Word]) -> bool {
    matches!(question(words), Some(Intent::Hello | Intent::Thanks))
        || without(words, POLITE, AFTER).is_empty()
}

fn of(sentence: &Sentence, text: &str) -> Option<Intent> {
    let polite = without(&sentence.words, POLITE, AFTER);
    if let Some(recall) = recall(polite, text).or_else(|| recall(without(polite, CURIOUS, AFTER), text)) {
        return Some(recall);
    }
    let asked_kindly = polite.len() < sentence.words.len();
    if let Some(order) = order(polite) {
        // `Restart media?` may be a question; `Could you restart media?` is a request.
        return Some(if sentence.asks && !asked_kindly {
            Intent::Caution(Caution::Asked)
        } else {
            order
        });
    }
    let curious = without(polite, CURIOUS, AFTER);
    would(&sentence.words)
        .or_else(|| would(curious))
        .or_else(|| question(curious))
        .or_else(|| question(polite))
        .or_else(|| question(&sentence.words))
        .or_else(|| caution(&sentence.words).map(Intent::Caution))
}

/// A command, freeze or wish that these words are as a whole.
fn order(words: &[Word]) -> Option<Intent> {
    freeze(words).or_else(|| wishes(words)).or_else(|| {
        let command = command(words)?;
        let named = [Some(&command.what), command.with.as_ref()];
        let plain = named.into_iter().flatten().all(|phrase| is_plain(phrase));
        plain.then_some(Intent::Command(command))
    })
}

/// Whether a phrase can name one thing: a name, perhaps with its number, and no word that turns it round or is a second thing.
fn is_plain(phrase: &str) -> bool {
    if phrase == "that" {
        return true;
    }
    if bare_name(phrase).split(' ').count() > 2 {
        return false;
    }
    !phrase.split(' ').any(|word| {
        let turning = [NOT, IF, JOINING, ASTRAY, TIMES];
        turning.iter().any(|known| known.contains(&word))
    })
}

fn freeze(words: &[Word]) -> Option<Intent> {
    FORMS.freeze.iter().find_map(|(scope, pattern)| {
        let slots = pattern.fit(words)?;
        let ttl = match slots.get("ttl") {
            Some(words) => Some(spans::duration(words)?),
            None => None,
        };
        let reason = slots.get("reason").map(|words| {
            let written: Vec<&str> = words.iter().map(|word| word.written.as_str()).collect();
            written.join(" ").replace(" 's", "'s")
        });
        Some(Intent::Freeze {
            scope: *scope,
            ttl,
            reason,
        })
    })
}

/// One wish, or several joined by `and`, all of which are understood.
fn wishes(words: &[Word]) -> Option<Intent> {
    let mut found: Vec<Wish> = Vec::new();
    for part in words.split(|word| word.low == "and" && !word.quoted) {
        let part = without(part, &["please", "also", "then"], &["please"]);
        let before = found.first().map(Wish::what);
        let wish = wish(part, before)?;
        if !is_plain(wish.what()) {
            return None;
        }
        found.push(wish);
    }
    Some(Intent::Wishes(found))
}

impl Wish {
    /// What it is about.
    pub fn what(&self) -> &str {
        match self {
            Self::Keep(what) | Self::Leave(what) | Self::Release(what) | Self::Warn { what, .. } => what,
        }
    }
}

/// A question about a command: what it would do, or why it may not be done.
fn would(words: &[Word]) -> Option<Intent> {
    let ordered = |pattern: &Pattern| {
        let slots = pattern.fit(words)?;
        let command = match slots.get("order") {
            Some(words) => {
                let order = without(words, &["just", "simply", "ever"], AFTER);
                command(order).or_else(|| command(&present(order)))?
            }
            None => doing(slots.get("doing")?)?,
        };
        is_plain(&command.what).then(|| Intent::Would(Box::new(command)))
    };
    let mut all = FORMS.why_not.iter().chain(&FORMS.would);
    all.find_map(ordered)
}

/// `I stopped it` as `stop it`.
fn present(words: &[Word]) -> Vec<Word> {
    const PAST: &[(&str, &str)] = &[
        ("stopped", "stop"),
        ("started", "start"),
        ("restarted", "restart"),
        ("rebooted", "reboot"),
        ("woke", "wake"),
        ("reset", "reset"),
        ("turned", "turn"),
        ("switched", "switch"),
        ("powered", "power"),
        ("took", "take"),
    ];
    let mut words = words.to_vec();
    if let Some(first) = words.first_mut()
        && let Some((_, base)) = PAST.iter().find(|(past, _)| *past == first.low)
    {
        (*base).clone_into(&mut first.low);
    }
    words
}

/// Why these words are no command, although one is in them.
fn caution(words: &[Word]) -> Option<Caution> {
    if words.iter().any(|word| word.quoted) && has_order(&unquoted(words)) && !has_order(words) {
        return Some(Caution::Quoted);
    }
    let begins = (0..words.len()).find(|begin| begins_order(&words[*begin..]))?;
    let has = |words: &[Word], known: &[&str]| words.iter().any(|word| known.contains(&word.low.as_str()));
    let before = &words[..begins];
    let joined = |word: &Word| matches!(word.low.as_str(), "and" | "then" | "or" | "but");
    Some(if has(words, NOT) {
        Caution::Negated
    } else if has(before, ASKS) && !has(before, &["if", "unless", "when", "once", "after", "before"]) {
        Caution::Asked
    } else if has(words, IF) {
        Caution::Conditional
    } else if words.iter().any(joined) {
        Caution::Several
    } else {
        return None;
    })
}

fn unquoted(words: &[Word]) -> Vec<Word> {
    let plain = |word: &Word| Word {
        quoted: false,
        ..word.clone()
    };
    words.iter().map(plain).collect()
}

/// Whether a command or wish begins anywhere in these words.
fn has_order(words: &[Word]) -> bool {
    (0..words.len()).any(|begin| begins_order(&words[begin..]))
}

fn begins_order(words: &[Word]) -> bool {
    let longest = words.len().min(8);
    let whole = command(words).is_some() || freeze(words).is_some() || orders::wish(words, None).is_some();
    let part = |end| {
        let head = &words[..end];
        command(head).is_some() || freeze(head).is_some() || orders::wish(head, None).is_some()
    };
    whole || (1..=longest).any(part)
}

/// Whether a word says what kind of thing the next one names, or what is to be done to it.
fn says_kind(word: &Word) -> bool {
    const KINDS: &[&str] = &[
        "guest",
        "vm",
        "machine",
        "container",
        "ct",
        "node",
        "host",
        "server",
        "start",
        "stop",
        "restart",
        "reboot",
    ];
    !word.quoted && KINDS.contains(&word.low.as_str())
}

/// Words without any of these sequences before and after them.
fn without<'w>(words: &'w [Word], before: &[&str], after: &[&str]) -> &'w [Word] {
    let mut rest = words;
    let is = |words: &[Word], text: &str| {
        let wanted: Vec<&str> = text.split(' ').collect();
        words.len() == wanted.len()
            && words
                .iter()
                .zip(wanted)
                .all(|(word, wanted)| !word.quoted && word.low == wanted)
    };
    // The longest goes first: `could you please` before `could you`.
    loop {
        let length = rest.len();
        let starts = before.iter().filter_map(|text| {
            let count = text.split(' ').count();
            rest.get(..count).filter(|head| is(head, text)).map(|_| count)
        });
        let begun = starts.max().unwrap_or(0);
        rest = &rest[begun..];
        let ends = after.iter().filter_map(|text| {
            let count = text.split(' ').count();
            let at = rest.len().checked_sub(count)?;
            // `the guest jarvis` is a guest.
            let is_name = *text == "jarvis" && rest.get(..at).and_then(<[Word]>::last).is_some_and(says_kind);
            (is(&rest[at..], text) && !is_name).then_some(count)
        });
        let ended = ends.max().unwrap_or(0);
        rest = &rest[..rest.len() - ended];
        if rest.len() == length {
            return rest;
        }
    }
}
