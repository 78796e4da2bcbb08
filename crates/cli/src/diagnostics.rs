//! Diagnostics as text, the way rustc shows them.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use rulehound_query::{Diagnostic, Severity};
use rulehound_rules::Problem;

use crate::output::printable;

/// A rule's problem: what is wrong, the line it is on, what would be right. Styled; ends in a newline.
pub(crate) fn render_problem(problem: &Problem) -> String {
    let file = problem.file.display().to_string();
    render(&problem.diagnostic, &file, problem.source.as_deref())
}

/// A diagnostic about a text. `name` is what the text is called; `None` for a text that could not be read.
pub(crate) fn render(diagnostic: &Diagnostic, name: &str, source: Option<&str>) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = printable(&diagnostic.message);
    let name = printable(name);
    let mut group = match source {
        Some(source) => {
            let annotation = AnnotationKind::Primary
                .span(within(source, &diagnostic.span))
                .label(diagnostic.label.as_deref());
            Group::with_title(level.primary_title(message).id(diagnostic.code))
                .element(Snippet::source(source).path(name).annotation(annotation))
        }
        None => Group::with_title(level.primary_title(format!("{name}: {message}")).id(diagnostic.code)),
    };
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(printable(help)));
    }
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    renderer.render(&[group]) + "\n"
}

/// The span, cut to what there is and to whole characters.
fn within(source: &str, span: &Range<usize>) -> Range<usize> {
    let floor = |at: usize| source.floor_char_boundary(at.min(source.len()));
    let (start, end) = (floor(span.start), floor(span.end));
    start..end.max(start)
}
