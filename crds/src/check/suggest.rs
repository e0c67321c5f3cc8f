//! Did you mean: the known word nearest to an unknown one. Knows nothing of what the words mean.

/// The known word that was probably meant, if one is near enough: another letter case, another style of joining
/// words, the beginning of just one, or a letter or two off. Opposites (start, stop) are further apart than that.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase()
    };
    let meant = plain(word);
    if let Some(same) = known.iter().find(|candidate| plain(candidate) == meant) {
        return Some(same);
    }
    if meant.len() >= 4 {
        let mut longer = known
            .iter()
            .filter(|candidate| plain(candidate).starts_with(&meant));
        if let (Some(only), None) = (longer.next(), longer.next()) {
            return Some(only);
        }
    }
    let allowed = match meant.chars().count() {
        0..=2 => 0,
        3..=9 => 1,
        _ => 2,
    };

    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&meant, &plain(candidate)), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_slips_are_understood_and_others_not_guessed() {
        let known = ["vmid", "runStrategy", "dependsOn", "node", "stopTimeout"];
        for (word, meant) in [
            ("vmId", Some("vmid")),
            ("run_strategy", Some("runStrategy")),
            ("run-strategy", Some("runStrategy")),
            ("runStratgey", Some("runStrategy")),
            ("depends", Some("dependsOn")),
            ("dependOn", Some("dependsOn")),
            ("nod", Some("node")),
            ("memory", None),
            ("stop", Some("stopTimeout")),
            ("startTimeout", None),
            ("vm", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), meant, "{word}");
        }
    }
}
