//! Analysed text: the words that Elasticsearch's `standard` analyzer makes of it.
//!
//! Words are those of Unicode's text segmentation (UAX #29), in lower case, at most 255 characters long, what is longer
//! cut into several (`StandardTokenizer`, `LowerCaseFilter`). Unlike there, emoji are no words, and scripts that write no
//! spaces (Thai, Khmer, ...) give a word a character.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Characters of the longest word: `max_token_length`.
const LONGEST: usize = 255;

/// The words of a text, in order. Kept to be used again, it saves allocating.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// All words, one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Words {
    /// The words of a text.
    pub(crate) fn of(text: &str) -> Self {
        let mut words = Self::default();
        words.fill(text);
        words
    }

    /// Takes the words of a text in place of those it has.
    pub(crate) fn fill(&mut self, text: &str) {
        self.text.clear();
        self.ends.clear();
        for word in text.unicode_words() {
            let mut length = 0;
            for letter in word.chars() {
                if length == LONGEST {
                    self.ends.push(self.text.len());
                    length = 0;
                }
                self.text.push(lower(letter));
                length += 1;
            }
            self.ends.push(self.text.len());
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A word, by its place.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        self.text.get(self.range(place)?)
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    fn range(&self, place: usize) -> Option<Range<usize>> {
        let start = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        Some(start..*self.ends.get(place)?)
    }
}

/// A letter in lower case: one for one, as `Character.toLowerCase` has it.
pub(crate) fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Words::of(text).iter().map(str::to_owned).collect()
    }

    /// From the reference of the standard tokenizer.
    #[test]
    fn the_standard_tokenizer_of_the_reference() {
        assert_eq!(
            words("The 2 QUICK Brown-Foxes jumped over the lazy dog's bone."),
            ["the", "2", "quick", "brown", "foxes", "jumped", "over", "the", "lazy", "dog's", "bone"]
        );
    }

    #[test]
    fn words_of_scripts_and_logs() {
        for (text, expected) in [
            ("", &[][..]),
            ("-- * ...", &[]),
            ("foo_bar.Baz", &["foo_bar.baz"]),
            ("C:\\Windows\\cmd.exe", &["c", "windows", "cmd.exe"]),
            ("[System.Convert]::FromBase64String(", &["system.convert", "frombase64string"]),
            ("10.0.0.1 1,024", &["10.0.0.1", "1,024"]),
            ("\u{c9}cole STRASSE", &["\u{e9}cole", "strasse"]),
            ("\u{65e5}\u{672c}", &["\u{65e5}", "\u{672c}"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let cut: Vec<usize> = words(&"x".repeat(600)).iter().map(String::len).collect();
        assert_eq!(cut, [255, 255, 90]);
    }
}
