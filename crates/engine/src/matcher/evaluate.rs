//! One batch: the program walked lazily over sets of rows.

use rulehound_events::EventBatch;
use rulehound_query::Expr;
use rulehound_schema::Value;

use super::FilterId;
use super::atoms::{Atoms, OpenColumns};
use super::profile::Memory;
use super::program::{ComputedId, Node, NodeId, Program};
use super::rows::RowSet;

/// Of so many rows of a batch one is few.
const FEW: usize = 64;

/// The state of a program on one batch: what was found out so far.
pub(super) struct Evaluation<'a> {
    program: &'a Program,
    batch: &'a EventBatch,
    columns: OpenColumns<'a>,
    /// All rows on which a node holds, by node; for nodes without computed expressions.
    known: Vec<Option<RowSet>>,
    /// By computed expression.
    computed: Vec<Computed>,
}

/// What is known of a computed expression.
struct Computed {
    /// Rows on which it was evaluated.
    judged: RowSet,
    /// Those on which it is true.
    holds: RowSet,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(
        program: &'a Program,
        atoms: &'a Atoms,
        batch: &'a EventBatch,
        memory: &'a mut Memory,
    ) -> Self {
        let none = RowSet::empty(batch.num_rows());
        Self {
            program,
            batch,
            columns: OpenColumns::new(atoms, batch, memory),
            known: vec![None; program.num_nodes()],
            computed: (program.expressions().iter())
                .map(|_| Computed { judged: none.clone(), holds: none.clone() })
                .collect(),
        }
    }

    /// All rows on which a filter holds.
    pub(super) fn rows_of_filter(&mut self, filter: FilterId, root: NodeId) -> RowSet {
        let started = self.columns.memory().start();
        let rows = self.rows(root);
        let memory = self.columns.memory();
        if memory.meter.is_some() {
            memory.book_filter(started, filter, rows.count());
        }
        rows
    }

    /// All rows on which a node holds.
    pub(super) fn rows(&mut self, node: NodeId) -> RowSet {
        if !self.may_hold(node) {
            return RowSet::empty(self.batch.num_rows());
        }
        self.rows_among(node, &RowSet::full(self.batch.num_rows()))
    }

    /// Whether a node may hold at all, by the cheapest of what it needs.
    fn may_hold(&mut self, node: NodeId) -> bool {
        let program = self.program;
        program.needed(node).all(|atom| !self.columns.is_cheap(atom) || self.columns.holds_anywhere(atom))
    }

    /// The rows on which each computed expression was evaluated.
    #[cfg(test)]
    pub(super) fn judged(&self) -> impl Iterator<Item = &RowSet> {
        self.computed.iter().map(|computed| &computed.judged)
    }

    /// The rows of `among` on which a node holds.
    fn rows_among(&mut self, id: NodeId, among: &RowSet) -> RowSet {
        if among.is_empty() {
            return RowSet::empty(self.batch.num_rows());
        }
        if self.program.is_computed(id) {
            return self.judge(id, among);
        }
        if self.known.get(id.index()).is_none_or(Option::is_none) {
            if self.is_few(among) {
                return self.judge(id, among);
            }
            let all = self.judge(id, &RowSet::full(self.batch.num_rows()));
            if let Some(known) = self.known.get_mut(id.index()) {
                *known = Some(all);
            }
        }
        let mut rows = among.clone();
        if let Some(Some(known)) = self.known.get(id.index()) {
            rows.intersect(known);
        }
        rows
    }

    fn judge(&mut self, id: NodeId, among: &RowSet) -> RowSet {
        match self.program.node(id) {
            Node::Constant(true) => among.clone(),
            Node::Constant(false) => RowSet::empty(self.batch.num_rows()),
            Node::Atom(atom) if self.is_few(among) => self.columns.rows_of_few(*atom, among),
            Node::Atom(atom) => {
                let mut rows = self.columns.rows(*atom);
                rows.intersect(among);
                rows
            }
            Node::Computed(computed) => self.compute(*computed, among),
            Node::Not(inner) => {
                let mut rows = among.clone();
                rows.subtract(&self.rows_among(*inner, among));
                rows
            }
            Node::And(children) => {
                let mut rows = among.clone();
                let (first, then): (Vec<NodeId>, Vec<NodeId>) =
                    children.iter().partition(|child| self.is_cheap_atom(**child));
                for child in first.into_iter().chain(then) {
                    rows = self.rows_among(child, &rows);
                    if rows.is_empty() {
                        break;
                    }
                }
                rows
            }
            Node::Or(children) => {
                let mut rest = among.clone();
                for child in children {
                    let found = self.rows_among(*child, &rest);
                    rest.subtract(&found);
                    if rest.is_empty() {
                        break;
                    }
                }
                let mut rows = among.clone();
                rows.subtract(&rest);
                rows
            }
        }
    }

    /// Whether it costs less to ask each of some rows than to find all rows of the batch.
    fn is_few(&self, rows: &RowSet) -> bool {
        rows.count() <= self.batch.num_rows() / FEW
    }

    fn is_cheap_atom(&mut self, id: NodeId) -> bool {
        matches!(self.program.node(id), Node::Atom(atom) if self.columns.is_cheap(*atom))
    }

    /// Runs the interpreter on those rows of `among` that it has not seen.
    fn compute(&mut self, id: ComputedId, among: &RowSet) -> RowSet {
        let (Some(expr), Some(state)) =
            (self.program.expressions().get(id.index()), self.computed.get_mut(id.index()))
        else {
            return RowSet::empty(self.batch.num_rows());
        };
        let mut unseen = among.clone();
        unseen.subtract(&state.judged);
        for row in unseen.iter().filter(|row| is_true(expr, self.batch, *row)) {
            state.holds.insert(row);
        }
        state.judged.unite(&unseen);
        let mut rows = among.clone();
        rows.intersect(&state.holds);
        rows
    }
}

fn is_true(expr: &Expr, batch: &EventBatch, row: usize) -> bool {
    expr.evaluate(&batch.row(row)) == Some(Value::Boolean(true))
}
