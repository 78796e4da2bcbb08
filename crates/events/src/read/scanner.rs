//! Where a JSON value ends, told by its brackets and quotes alone.

/// Follows one JSON value through pieces of text. It holds no stack: any depth costs the same.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scanner {
    depth: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the value or between its parts.
    #[default]
    Outside,
    String,
    /// After a backslash in a string.
    Escape,
    /// In a number, `true`, `false` or `null` that is the whole value.
    Bare,
}

impl Scanner {
    /// In the middle of a value whose brackets are open to this depth.
    pub(super) fn inside(depth: usize) -> Self {
        Self { depth, state: State::Outside }
    }

    /// Goes on over the next piece of text. Gives how much of it belongs to the value, if it ends in it.
    pub(super) fn advance(&mut self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match (self.state, byte) {
                (State::Escape, _) => self.state = State::String,
                (State::String, b'\\') => self.state = State::Escape,
                // A string never holds a line break; one that does lost its closing quote.
                (State::String, b'"' | b'\n') => {
                    self.state = State::Outside;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                // Most bytes are of strings.
                (State::String, _) => {
                    at += memchr::memchr3(b'"', b'\\', b'\n', &text[at..])?;
                    continue;
                }
                (State::Bare, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') => return Some(at),
                (State::Bare, _) => {}
                (State::Outside, b'"') => self.state = State::String,
                (State::Outside, b'{' | b'[') => self.depth += 1,
                (State::Outside, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                (State::Outside, b' ' | b'\t' | b'\r' | b'\n') => {}
                (State::Outside, _) if self.depth == 0 => self.state = State::Bare,
                (State::Outside, _) => {}
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_of_a_text_are_one_text(text in "[\\[{}\\],\"\\\\a \n]{0,40}", piece in 1_usize..40) {
            let mut scanner = Scanner::default();
            let whole = scanner.advance(text.as_bytes());
            for size in [1, piece] {
                let (mut scanner, mut before) = (Scanner::default(), 0);
                let end = text.as_bytes().chunks(size).find_map(|piece| {
                    let end = scanner.advance(piece).map(|end| before + end);
                    before += piece.len();
                    end
                });
                prop_assert_eq!(end, whole);
            }
        }

        #[test]
        fn a_value_ends_where_serde_says(text in "[\"\\\\a]{0,9}", rest in "[ ,\"\\]a]{0,9}") {
            let json = serde_json::json!([text, {"a": [1, text]}]).to_string();
            prop_assert_eq!(Scanner::default().advance(format!("{json}{rest}").as_bytes()), Some(json.len()));
        }
    }
}
