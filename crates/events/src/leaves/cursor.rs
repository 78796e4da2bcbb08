//! A place in a record, and what the grammar of JSON lets follow there.

use super::text::{self, Source, Text};
use super::{Found, GiveUp, numbers};

/// How deep records are walked. Deeper ones are for the parser to judge.
const MAX_DEPTH: usize = 64;

/// A place in a record.
pub(crate) struct Cursor<'j> {
    source: Source<'j>,
    /// The byte that comes next.
    at: usize,
    /// How many objects and arrays are open.
    depth: usize,
}

impl<'j> Cursor<'j> {
    /// At the start of a record, after whitespace.
    pub(crate) fn new(source: Source<'j>) -> Self {
        let mut cursor = Self { source, at: 0, depth: 0 };
        cursor.blanks();
        cursor
    }

    /// At a place of a record, in this many objects and arrays.
    #[inline]
    pub(crate) fn at_place(source: Source<'j>, at: usize, depth: usize) -> Self {
        Self { source, at, depth }
    }

    /// The record.
    #[inline]
    pub(crate) fn source(&self) -> Source<'j> {
        self.source
    }

    /// The place, in bytes.
    #[inline]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes to a place.
    #[inline]
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Whether nothing but whitespace follows.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.blanks();
        self.at == self.source.json.len()
    }

    /// The byte that comes next.
    #[inline]
    pub(crate) fn peek(&self) -> Result<u8, GiveUp> {
        self.source.json.as_bytes().get(self.at).copied().ok_or(GiveUp)
    }

    /// Passes over a byte.
    #[inline]
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), GiveUp> {
        if self.peek()? != byte {
            return Err(GiveUp);
        }
        self.at += 1;
        Ok(())
    }

    /// Passes over whitespace.
    #[inline]
    pub(crate) fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.source.json.as_bytes().get(self.at) {
            self.at += 1;
        }
    }

    /// Passes over the colon after a key.
    #[inline]
    pub(crate) fn colon(&mut self) -> Result<(), GiveUp> {
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(())
    }

    /// Opens an object or array. Says whether it has elements; if not, it is passed over.
    pub(crate) fn open(&mut self, closing: u8) -> Result<bool, GiveUp> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(GiveUp);
        }
        self.blanks();
        let is_empty = self.peek()? == closing;
        self.at += usize::from(is_empty);
        self.depth -= usize::from(is_empty);
        Ok(!is_empty)
    }

    /// After an element: whether another one follows before the closing bracket. Passes over either.
    #[inline]
    pub(crate) fn has_next(&mut self, closing: u8) -> Result<bool, GiveUp> {
        self.blanks();
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => {
                self.blanks();
                Ok(true)
            }
            byte if byte == closing => {
                self.depth -= 1;
                Ok(false)
            }
            _ => Err(GiveUp),
        }
    }

    /// Reads the string that begins here. Its text, if it has escapes, is put to the end of `unescaped`.
    #[inline]
    pub(crate) fn string(&mut self, unescaped: &mut String) -> Result<Text, GiveUp> {
        self.expect(b'"')?;
        let (text, after) = text::read(self.source, self.at, unescaped)?;
        self.at = after;
        Ok(text)
    }

    /// Passes over the string whose quote was passed over.
    #[inline]
    pub(crate) fn rest_of_string(&mut self) -> Result<(), GiveUp> {
        self.at = self.source.string_end(self.at)? + 1;
        Ok(())
    }

    /// Reads the value that begins here and is neither object nor array.
    #[inline]
    pub(crate) fn scalar(&mut self, unescaped: &mut String) -> Result<Found, GiveUp> {
        match self.peek()? {
            b'"' => self.string(unescaped).map(Found::Text),
            b't' => self.literal("true", Found::Bool(true)),
            b'f' => self.literal("false", Found::Bool(false)),
            b'n' => self.literal("null", Found::Null),
            _ => {
                let (number, after) = numbers::read(self.source.json, self.at)?;
                self.at = after;
                Ok(number)
            }
        }
    }

    /// Passes over the value that begins here and is neither object nor array.
    #[inline]
    pub(crate) fn skip_scalar(&mut self) -> Result<(), GiveUp> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.rest_of_string()
            }
            b't' | b'f' | b'n' => self.scalar(&mut String::new()).map(drop),
            _ => {
                (self.at, _) = numbers::end(self.source.json.as_bytes(), self.at)?;
                Ok(())
            }
        }
    }

    /// Passes over the value that begins here.
    pub(crate) fn skip(&mut self) -> Result<(), GiveUp> {
        let closing = match self.peek()? {
            b'{' => b'}',
            b'[' => b']',
            _ => return self.skip_scalar(),
        };
        if self.open(closing)? {
            loop {
                if closing == b'}' {
                    self.expect(b'"')?;
                    self.rest_of_string()?;
                    self.colon()?;
                }
                self.skip()?;
                if !self.has_next(closing)? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn literal(&mut self, word: &str, means: Found) -> Result<Found, GiveUp> {
        let rest = self.source.json.as_bytes().get(self.at..).ok_or(GiveUp)?;
        if !rest.starts_with(word.as_bytes()) {
            return Err(GiveUp);
        }
        self.at += word.len();
        Ok(means)
    }
}
