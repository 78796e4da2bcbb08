//! Index patterns: `logs-endpoint.events.*`, `-*elastic-cloud-logs-*`.

/// A list of index patterns, as a rule has it. It says of an index name whether the rule searches it.
///
/// As in Elasticsearch:
/// - `*` is any run of characters; nothing else is special,
/// - a pattern with a leading `-` takes away from what the patterns before it have matched,
/// - `cluster:pattern` matches indices of remote clusters, which are named `cluster:index`, and no local one; a
///   pattern without a cluster matches local indices only,
/// - a backing index (`.ds-logs-x-default-2026.10.01-000001`) belongs to its data stream (`logs-x-default`), and a
///   pattern for the one matches the other,
/// - a hidden index, one that begins with a dot, is only matched by a pattern that begins with a dot too.
///
/// A list without patterns restricts nothing: it matches every name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct IndexPatterns {
    patterns: Vec<IndexPattern>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct IndexPattern {
    excludes: bool,
    cluster: Option<Box<str>>,
    index: Box<str>,
}

impl IndexPatterns {
    /// From patterns as a rule lists them; each may itself be a list with commas. Empty ones are left out.
    pub fn new<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Self {
        let mut all = Vec::new();
        for list in patterns {
            let names = list.as_ref().split(',').map(str::trim).filter(|name| !name.is_empty());
            all.extend(names.map(IndexPattern::new));
        }
        Self { patterns: all }
    }

    /// Whether there are no patterns, so that every name matches.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether an index, or the data stream of a backing index, is among those the patterns stand for.
    pub fn matches(&self, name: &str) -> bool {
        if self.is_empty() {
            return true;
        }
        let (cluster, index) = match name.split_once(':') {
            Some((cluster, index)) => (Some(cluster), index),
            None => (None, name),
        };
        let stream = data_stream(index);
        // The last pattern that says something of the name decides.
        let last = self.patterns.iter().rev().find(|p| {
            p.matches_cluster(cluster)
                && (p.matches_index(index) || stream.is_some_and(|s| p.matches_index(s)))
        });
        last.is_some_and(|pattern| !pattern.excludes)
    }
}

impl IndexPattern {
    fn new(pattern: &str) -> Self {
        let (cluster, index) = match pattern.split_once(':') {
            Some((cluster, index)) => (Some(cluster), index),
            None => (None, pattern),
        };
        // Excluded are `-cluster:index` and `cluster:-index`.
        let strip =
            |s: &'_ str| s.strip_prefix('-').map_or((false, s.to_owned()), |rest| (true, rest.to_owned()));
        let (excludes_cluster, cluster) = cluster.map(strip).map_or((false, None), |(e, c)| (e, Some(c)));
        let (excludes_index, index) = strip(index);
        let index = if index == "_all" { "*".to_owned() } else { index };
        Self {
            excludes: excludes_cluster || excludes_index,
            cluster: cluster.map(Into::into),
            index: index.into(),
        }
    }

    fn matches_cluster(&self, cluster: Option<&str>) -> bool {
        match (&self.cluster, cluster) {
            (None, None) => true,
            (Some(pattern), Some(cluster)) => wildcard(pattern, cluster),
            _ => false,
        }
    }

    fn matches_index(&self, index: &str) -> bool {
        (self.index.starts_with('.') || !index.starts_with('.')) && wildcard(&self.index, index)
    }
}

/// The data stream that a backing index belongs to: what stands between `.ds-` and the day and generation. An
/// index mounted from a snapshot has a prefix of its own before.
fn data_stream(index: &str) -> Option<&str> {
    let index = index.strip_prefix("partial-").or_else(|| index.strip_prefix("restored-")).unwrap_or(index);
    let (rest, generation) = index.strip_prefix(".ds-")?.rsplit_once('-')?;
    let (stream, day) = rest.rsplit_once('-')?;
    let is_generation = generation.len() >= 6 && generation.bytes().all(|b| b.is_ascii_digit());
    let is_day = day.len() == 10
        && day
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 4 | 7) { b == b'.' } else { b.is_ascii_digit() });
    (is_generation && is_day).then_some(stream)
}

/// Whether a text is what a pattern stands for, in which `*` is any run of characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*').filter(|part| !part.is_empty()) {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests;
