//! The commands.

use std::ops::Range;

use super::{Parsed, Parser};
use crate::esql::ast::{Aggregate, Assignment, Command, ExprKind, Name, Order, Source, Spanned};
use crate::esql::lexer::{Symbol, TokenKind};
use crate::esql::problem::Problem;
use crate::suggest;

const SOURCES: &[&str] = &["from", "row"];

const COMMANDS: &[&str] = &[
    "change_point",
    "completion",
    "dissect",
    "drop",
    "enrich",
    "eval",
    "grok",
    "inline",
    "inlinestats",
    "keep",
    "limit",
    "lookup",
    "mv_expand",
    "rename",
    "sample",
    "sort",
    "stats",
    "where",
];

/// What Elasticsearch has besides.
const OTHER_SOURCES: &[&str] = &["explain", "external", "meta", "metrics", "promql", "set", "show", "ts"];
const OTHER_COMMANDS: &[&str] = &[
    "dedup",
    "embed",
    "fork",
    "full",
    "fuse",
    "highlight",
    "insist_",
    "ip_lookup",
    "left",
    "metrics_info",
    "mmr",
    "registered_domain",
    "rerank",
    "right",
    "rrf",
    "ts_info",
    "uri_parts",
    "user_agent",
];

impl Parser<'_> {
    /// The name of a command, in lower case.
    fn command_name(&mut self, expected: &'static str) -> Parsed<Name> {
        let span = self.span();
        let Some(word) = self.word_ahead(0) else { return self.expected(expected) };
        self.advance();
        Ok(Spanned { value: word.to_ascii_lowercase(), span })
    }

    // Sources

    pub(super) fn source(&mut self) -> Parsed<Source> {
        let Name { value: name, span } = self.command_name("`FROM` or `ROW`")?;
        match name.as_str() {
            "from" => self.from(),
            "row" => Ok(Source::Row(self.list(Self::assignment)?)),
            _ if OTHER_SOURCES.contains(&name.as_str()) => {
                self.skip_with_brackets(0);
                self.not_supported(span, command(&name))
            }
            _ if COMMANDS.contains(&name.as_str()) || OTHER_COMMANDS.contains(&name.as_str()) => {
                self.skip_with_brackets(0);
                self.fail(span, Problem::NoSource { command: name.to_ascii_uppercase() })
            }
            _ => self.unknown_command(span, name, SOURCES),
        }
    }

    fn unknown_command<T>(&mut self, span: Range<usize>, name: String, known: &[&str]) -> Parsed<T> {
        let similar = suggest::similar(&name, known.iter().copied(), 1);
        let similar = similar.into_iter().map(|name| name.to_ascii_uppercase()).collect();
        self.fail(span, Problem::UnknownCommand { name, similar })
    }

    /// `FROM a, b METADATA c`; of old the last part stood in brackets.
    fn from(&mut self) -> Parsed<Source> {
        let mut patterns = Vec::new();
        loop {
            self.index_patterns(&mut patterns)?;
            if !self.eat_symbol(Symbol::Comma) {
                break;
            }
        }
        let bracket = self.eat_symbol(Symbol::Open);
        let is_metadata = matches!(self.kind(), Some(TokenKind::Source))
            && self.source_text(0).eq_ignore_ascii_case("metadata");
        let mut metadata = Vec::new();
        if is_metadata {
            self.advance();
            metadata = self.list(|parser| parser.index("the name of a metadata field"))?;
        } else if bracket || !self.at_end() {
            return self.expected("`,`, `METADATA` or `|`");
        }
        if bracket {
            self.expect_symbol(Symbol::Close, "`]`")?;
        }
        Ok(Source::From { patterns, metadata })
    }

    // Commands

    pub(super) fn command(&mut self) -> Parsed<Command> {
        let Name { value: name, span } = self.command_name("a command")?;
        Ok(match name.as_str() {
            "where" => Command::Where(self.expression()?),
            "eval" => Command::Eval(self.list(Self::assignment)?),
            "keep" => Command::Keep(self.list(|parser| parser.name_pattern("the name of a column"))?),
            "drop" => Command::Drop(self.list(|parser| parser.name_pattern("the name of a column"))?),
            "rename" => Command::Rename(self.list(Self::renaming)?),
            "stats" => {
                let (aggregates, by) = self.stats()?;
                Command::Stats { aggregates, by }
            }
            "inlinestats" => self.inline_stats()?,
            "inline" => {
                self.expect_word("stats", "`STATS`")?;
                self.inline_stats()?
            }
            "sort" => Command::Sort(self.list(Self::order)?),
            "limit" => {
                let limit = Command::Limit(self.primary()?);
                if self.at_word("by") {
                    return self.not_supported(self.span(), "`LIMIT ... BY`");
                }
                limit
            }
            "mv_expand" => Command::MvExpand(self.name("the name of a column")?),
            "dissect" => self.dissect()?,
            "grok" => {
                let input = self.primary()?;
                Command::Grok { input, patterns: self.list(|parser| parser.string("a pattern in quotes"))? }
            }
            "enrich" => self.enrich()?,
            "lookup" => self.lookup_join()?,
            "change_point" => self.change_point()?,
            "completion" => self.completion()?,
            "sample" => Command::Sample(self.primary()?),
            _ => return self.other_command(span, name),
        })
    }

    fn other_command<T>(&mut self, span: Range<usize>, name: String) -> Parsed<T> {
        self.skip_with_brackets(0);
        let has = |names: &[&str]| names.contains(&name.as_str());
        if has(OTHER_COMMANDS) {
            return self.not_supported(span, command(&name));
        }
        if has(SOURCES) || has(OTHER_SOURCES) {
            return self.fail(span, Problem::SourceLater { command: name.to_ascii_uppercase() });
        }
        self.unknown_command(span, name, COMMANDS)
    }

    /// `name = value` or `value`.
    fn assignment(&mut self) -> Parsed<Assignment> {
        let start = self.span().start;
        let first = self.expression_or_name()?;
        if !self.at_symbol(Symbol::Assign) {
            return Ok(Assignment { name: None, span: first.span.clone(), value: first });
        }
        let ExprKind::Column(name) = first.kind else {
            return self.fail(self.span(), Problem::Assignment);
        };
        self.advance();
        let value = self.expression()?;
        Ok(Assignment { name: Some(name), value, span: self.since(start) })
    }

    /// `a AS b` or `b = a`.
    fn renaming(&mut self) -> Parsed<(Name, Name)> {
        let first = self.name("the name of a column")?;
        if self.eat_symbol(Symbol::Assign) {
            return Ok((self.name("the name of a column")?, first));
        }
        self.expect_word("as", "`AS` or `=`")?;
        Ok((first, self.name("the new name")?))
    }

    fn stats(&mut self) -> Parsed<(Vec<Aggregate>, Vec<Assignment>)> {
        let aggregates = if self.at_word("by") { Vec::new() } else { self.list(Self::aggregate)? };
        let by = if self.eat_word("by") { self.list(Self::assignment)? } else { Vec::new() };
        Ok((aggregates, by))
    }

    fn inline_stats(&mut self) -> Parsed<Command> {
        let (aggregates, by) = self.stats()?;
        Ok(Command::InlineStats { aggregates, by })
    }

    fn aggregate(&mut self) -> Parsed<Aggregate> {
        let assignment = self.assignment()?;
        let filter = if self.eat_word("where") { Some(self.expression()?) } else { None };
        Ok(Aggregate { assignment, filter })
    }

    fn order(&mut self) -> Parsed<Order> {
        let value = self.expression()?;
        let descending = self.eat_word("desc");
        if !descending {
            self.eat_word("asc");
        }
        let mut nulls_first = None;
        if self.eat_word("nulls") {
            nulls_first = Some(self.eat_word("first"));
            if nulls_first == Some(false) {
                self.expect_word("last", "`FIRST` or `LAST`")?;
            }
        }
        Ok(Order { value, descending, nulls_first })
    }

    fn dissect(&mut self) -> Parsed<Command> {
        const SEPARATOR: &str = "append_separator";
        let input = self.primary()?;
        let pattern = self.string("a pattern in quotes")?;
        let mut append_separator = None;
        if !self.at_end() {
            let options = self.list(|parser| {
                let option = parser.name("`|` or the option `APPEND_SEPARATOR`")?;
                parser.expect_symbol(Symbol::Assign, "`=`")?;
                Ok((option, parser.string("a string")?))
            })?;
            for (option, value) in options {
                let Name { value: name, span } = option;
                if !name.eq_ignore_ascii_case(SEPARATOR) {
                    self.problems.add(span, Problem::UnknownOption { option: name, known: SEPARATOR });
                } else if append_separator.replace(value.value).is_some() {
                    self.problems.add(span, Problem::RepeatedOption { option: name });
                }
            }
        }
        Ok(Command::Dissect { input, pattern, append_separator })
    }

    fn enrich(&mut self) -> Parsed<Command> {
        let policy = self.index("the name of a policy")?;
        let on = if self.eat_word("on") { Some(self.name("the name of a column")?) } else { None };
        let mut with = Vec::new();
        if self.eat_word("with") {
            with = self.list(|parser| {
                let first = parser.name("the name of a field of the policy")?;
                if parser.eat_symbol(Symbol::Assign) {
                    return Ok((Some(first), parser.name("the name of a field of the policy")?));
                }
                Ok((None, first))
            })?;
        }
        Ok(Command::Enrich { policy, on, with })
    }

    fn lookup_join(&mut self) -> Parsed<Command> {
        let is_join = matches!(self.kind(), Some(TokenKind::Source))
            && self.source_text(0).eq_ignore_ascii_case("join");
        if !is_join {
            return self.expected("`JOIN`");
        }
        self.advance();
        let index = self.index("the name of a lookup index")?;
        self.expect_word("on", "`ON`")?;
        Ok(Command::LookupJoin { index, on: self.list(Self::expression)? })
    }

    fn change_point(&mut self) -> Parsed<Command> {
        let value = self.name("the name of a column")?;
        let key = if self.eat_word("on") { Some(self.name("the name of a column")?) } else { None };
        if self.at_word("by") {
            return self.not_supported(self.span(), "`CHANGE_POINT ... BY`");
        }
        let mut output = None;
        if self.eat_word("as") {
            let kind = self.name("the name of the column for the kind of change")?;
            self.expect_symbol(Symbol::Comma, "`,` and the name of the column for the p-value")?;
            output = Some((kind, self.name("the name of the column for the p-value")?));
        }
        Ok(Command::ChangePoint { value, key, output })
    }

    fn completion(&mut self) -> Parsed<Command> {
        let mut prompt = self.primary()?;
        let mut target = None;
        if let ExprKind::Column(name) = &prompt.kind
            && self.at_symbol(Symbol::Assign)
        {
            target = Some(name.clone());
            self.advance();
            prompt = self.primary()?;
        }
        let options = if self.eat_word("with") { self.options()? } else { Vec::new() };
        Ok(Command::Completion { target, prompt, options })
    }
}

fn command(name: &str) -> String {
    format!("the command `{}`", name.trim_end_matches('_').to_ascii_uppercase())
}
