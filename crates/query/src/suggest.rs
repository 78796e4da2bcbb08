//! Near misses.

/// The names closest to `name`, closest first, at most `count`; none that are far off.
pub(crate) fn similar<'a>(name: &str, names: impl Iterator<Item = &'a str>, count: usize) -> Vec<String> {
    let lower = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = names
        .filter(|candidate| *candidate != name && candidate.len().abs_diff(name.len()) <= name.len() / 2 + 1)
        .map(|candidate| (strsim::jaro_winkler(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(score, candidate)| {
            *score > 0.9 || strsim::osa_distance(&lower, &candidate.to_lowercase()) <= 1.max(name.len() / 6)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(count).map(|(_, candidate)| candidate.to_owned()).collect()
}
