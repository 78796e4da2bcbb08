//! Matching by distance.

/// A text made ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct Fuzzy {
    /// In lower case if case does not matter.
    text: Vec<char>,
    distance: usize,
    /// How many characters at the start must be the same; the others may be edited.
    prefix: usize,
    case_insensitive: bool,
}

impl Fuzzy {
    pub(super) fn new(text: &str, distance: u8, prefix: u32, case_insensitive: bool) -> Self {
        let text: Vec<char> = text.chars().map(|letter| fold(letter, case_insensitive)).collect();
        let prefix = usize::try_from(prefix).unwrap_or(usize::MAX).min(text.len());
        Self { text, distance: distance.into(), prefix, case_insensitive }
    }

    pub(super) fn is_match(&self, value: &str) -> bool {
        // More characters than these make too many edits.
        let most = self.text.len() + self.distance;
        let value: Vec<char> =
            value.chars().take(most + 1).map(|letter| fold(letter, self.case_insensitive)).collect();
        if value.len().abs_diff(self.text.len()) > self.distance {
            return false;
        }
        let (Some((prefix, text)), Some((start, rest))) =
            (self.text.split_at_checked(self.prefix), value.split_at_checked(self.prefix))
        else {
            return false;
        };
        prefix == start && is_within(text, rest, self.distance)
    }
}

fn fold(letter: char, case_insensitive: bool) -> char {
    if case_insensitive { letter.to_ascii_lowercase() } else { letter }
}

/// Whether one becomes the other by so many edits. Two neighbours change places in one, and are then not edited again.
fn is_within(a: &[char], b: &[char], distance: usize) -> bool {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut least =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if let (Some(i), Some(k)) = (i.checked_sub(1), j.checked_sub(1))
                && (a.get(i), b.get(k)) == (Some(y), Some(x))
            {
                least = least.min(at(&before, k) + 1);
            }
            row.push(least);
        }
        if row.iter().min().is_none_or(|least| *least > distance + 1) {
            return false;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().is_some_and(|edits| *edits <= distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (text, value, edits) in [
            ("", "", 0),
            ("box", "fox", 1),
            ("black", "lack", 1),
            ("sic", "sick", 1),
            ("act", "cat", 1),
            ("ca", "abc", 3),
            ("quikc", "quick", 1),
            ("brwn", "brown", 1),
            ("kitten", "sitting", 3),
            ("\u{e9}t\u{e9}", "ete", 2),
        ] {
            for distance in 0..3 {
                let is_match = Fuzzy::new(text, distance, 0, false).is_match(value);
                assert_eq!(is_match, edits <= distance, "{text} {value} within {distance}");
            }
        }
    }

    #[test]
    fn prefixes_and_case() {
        assert!(Fuzzy::new("Quick", 1, 0, true).is_match("qUICKs"));
        assert!(!Fuzzy::new("quick", 2, 0, false).is_match("QUIck"));
        assert!(Fuzzy::new("quick", 2, 1, false).is_match("qick"));
        assert!(!Fuzzy::new("quick", 2, 1, false).is_match("wick"));
        assert!(!Fuzzy::new("quick", 2, 9, false).is_match("quic"));
    }
}
