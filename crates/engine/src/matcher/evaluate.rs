//! One batch: the program walked lazily over sets of rows.

use rulehound_events::EventBatch;
use rulehound_query::Expr;
use rulehound_schema::Value;

use super::atoms::{Atoms, OpenColumns};
use super::program::{ComputedId, Node, NodeId, Program};
use super::rows::RowSet;

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
    pub(super) fn new(program: &'a Program, atoms: &'a Atoms, batch: &'a EventBatch) -> Self {
        let none = RowSet::empty(batch.num_rows());
        Self {
            program,
            batch,
            columns: OpenColumns::new(atoms, batch),
            known: vec![None; program.num_nodes()],
            computed: (program.expressions().iter())
                .map(|_| Computed { judged: none.clone(), holds: none.clone() })
                .collect(),
        }
    }

    /// All rows on which a node holds.
    pub(super) fn rows(&mut self, node: NodeId) -> RowSet {
        self.rows_among(node, &RowSet::full(self.batch.num_rows()))
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
                for child in children {
                    rows = self.rows_among(*child, &rows);
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
