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
        for (at, &byte) in text.iter().enumerate() {
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
                (State::String, _) => {}
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
        }
        None
    }
}
