//! Names of columns, of indices, and what is made of them.

use super::{Parsed, Parser};
use crate::esql::ast::{Name, NamePattern, Spanned};
use crate::esql::lexer::{Symbol, TokenKind};
use crate::esql::problem::Problem;

impl Parser<'_> {
    /// `` a.b.`c d` ``.
    pub(super) fn name(&mut self, expected: &'static str) -> Parsed<Name> {
        let pattern = self.name_pattern(expected)?;
        match <[String; 1]>::try_from(pattern.parts) {
            Ok([value]) => Ok(Spanned { value, span: pattern.span }),
            Err(parts) => self.fail(pattern.span, Problem::WildcardHere { name: parts.join("*") }),
        }
    }

    /// `` a.*.`c d`* ``: words, names in backquotes and stars, with dots between.
    pub(super) fn name_pattern(&mut self, expected: &'static str) -> Parsed<NamePattern> {
        let start = self.span().start;
        let mut parts = vec![String::new()];
        loop {
            self.name_segment(&mut parts, expected)?;
            if !self.at_symbol(Symbol::Dot) {
                return Ok(NamePattern { parts, span: self.since(start) });
            }
            push(&mut parts, ".");
            self.advance();
        }
    }

    /// What stands between two dots: pieces without blanks between.
    fn name_segment(&mut self, parts: &mut Vec<String>, expected: &'static str) -> Parsed<()> {
        loop {
            match self.kind() {
                Some(TokenKind::Word) => push(parts, self.source_text(0)),
                Some(TokenKind::Quoted(name)) => push(parts, name),
                Some(TokenKind::Stars) => {
                    for (place, piece) in self.source_text(0).split('*').enumerate() {
                        if place > 0 {
                            parts.push(String::new());
                        }
                        push(parts, piece);
                    }
                }
                _ => return self.expected(expected),
            }
            let end = self.span().end;
            self.advance();
            let touches = self.token(0).is_some_and(|next| {
                next.span.start == end
                    && matches!(next.kind, TokenKind::Stars | TokenKind::Word | TokenKind::Quoted(_))
            });
            if !touches {
                return Ok(());
            }
        }
    }

    /// Names of indices, aliases or data streams. A string may have several.
    pub(super) fn index_patterns(&mut self, patterns: &mut Vec<Spanned<String>>) -> Parsed<()> {
        let span = self.span();
        match self.kind() {
            Some(TokenKind::String(text)) if self.symbol_ahead(1) != Some(Symbol::Colon) => {
                self.advance();
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                patterns.extend(parts.map(|part| Spanned { value: part.to_owned(), span: span.clone() }));
                if text.trim_matches([',', ' ']).is_empty() {
                    return self.fail(span, Problem::EmptyName);
                }
                Ok(())
            }
            Some(TokenKind::Symbol(Symbol::OpenParen)) => {
                self.advance();
                self.sub_query()
            }
            _ => {
                patterns.push(self.index("the name of an index")?);
                Ok(())
            }
        }
    }

    /// `name`, `"name"`, `cluster:name` or `name::selector`.
    pub(super) fn index(&mut self, expected: &'static str) -> Parsed<Spanned<String>> {
        let start = self.span().start;
        let mut value = self.index_word(expected)?;
        for (symbol, text) in [(Symbol::Colon, ":"), (Symbol::Cast, "::")] {
            if self.eat_symbol(symbol) {
                value.push_str(text);
                value.push_str(&self.index_word(expected)?);
            }
        }
        Ok(Spanned { value, span: self.since(start) })
    }

    fn index_word(&mut self, expected: &'static str) -> Parsed<String> {
        let word = match self.kind() {
            Some(TokenKind::Source) => self.source_text(0).to_owned(),
            Some(TokenKind::String(text)) => text.clone(),
            _ => return self.expected(expected),
        };
        self.advance();
        Ok(word)
    }
}

fn push(parts: &mut [String], text: &str) {
    if let Some(last) = parts.last_mut() {
        last.push_str(text);
    }
}
