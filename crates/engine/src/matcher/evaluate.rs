//! One batch: the program walked lazily over sets of rows.

use ahash::AHashMap;
use rulehound_events::EventBatch;

use super::FilterId;
use super::atoms::{Atoms, OpenColumns};
use super::profile::Memory;
use super::program::{ComputedId, Node, NodeId, Program};
use super::rows::RowSet;
use crate::interpret;

/// Of so many rows of a batch one is few.
const FEW: usize = 64;

/// The state of a program on one batch: what was found out so far.
pub(super) struct Evaluation<'a> {
    program: &'a Program,
    batch: &'a EventBatch,
    columns: OpenColumns<'a>,
    /// All rows on which a node holds; for nodes that several terms share.
    known: AHashMap<NodeId, RowSet>,
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
            known: AHashMap::new(),
            computed: (program.computed().iter())
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
        let len = self.batch.num_rows();
        if !self.may_hold(node) {
            return RowSet::empty(len);
        }
        let mut rows = RowSet::full(len);
        self.narrow(node, &mut rows);
        rows
    }

    /// Whether a node may hold anywhere, by what is cheap to ask. Of most filters it is found out here that they
    /// do not.
    fn may_hold(&mut self, id: NodeId) -> bool {
        let program = self.program;
        match program.node(id) {
            Node::Constant(answer) => *answer,
            Node::Atom(atom) => self.columns.at_most(*atom) > 0,
            Node::And(children) => children.iter().all(|child| self.may_hold(*child)),
            Node::Or(children) => children.iter().any(|child| self.may_hold(*child)),
            Node::Computed(_) | Node::Not(_) => true,
        }
    }

    /// The rows on which each computed expression was evaluated.
    #[cfg(test)]
    pub(super) fn judged(&self) -> impl Iterator<Item = &RowSet> {
        self.computed.iter().map(|computed| &computed.judged)
    }

    /// Keeps those of `rows` on which a node holds.
    fn narrow(&mut self, id: NodeId, rows: &mut RowSet) {
        if rows.is_empty() {
            return;
        }
        if let Some(known) = self.known.get(&id) {
            return rows.intersect(known);
        }
        if !self.program.is_shared(id) || self.are_few(rows) {
            return self.judge(id, rows);
        }
        let mut all = RowSet::full(self.batch.num_rows());
        self.judge(id, &mut all);
        rows.intersect(&all);
        self.known.insert(id, all);
    }

    /// Whether it costs less to ask each of some rows than to find all rows of the batch.
    fn are_few(&self, rows: &RowSet) -> bool {
        rows.count() <= self.batch.num_rows() / FEW
    }

    /// [`Self::narrow`] by asking the node anew.
    fn judge(&mut self, id: NodeId, rows: &mut RowSet) {
        let program = self.program;
        match program.node(id) {
            Node::Constant(true) => {}
            Node::Constant(false) => rows.clear(),
            Node::Atom(atom) if self.are_few(rows) => self.columns.narrow(*atom, rows),
            Node::Atom(atom) => rows.intersect(&self.columns.rows(*atom)),
            Node::Computed(computed) => self.compute(*computed, rows),
            Node::Not(inner) => {
                let mut held = rows.clone();
                self.narrow(*inner, &mut held);
                rows.subtract(&held);
            }
            Node::And(children) => {
                let mut children: Vec<(u32, NodeId)> =
                    children.iter().map(|child| (self.at_most(*child), *child)).collect();
                children.sort_by_key(|(at_most, _)| *at_most);
                for (_, child) in children {
                    self.narrow(child, rows);
                }
            }
            Node::Or(children) => {
                let mut rest = rows.clone();
                for child in children {
                    let mut held = rest.clone();
                    self.narrow(*child, &mut held);
                    rest.subtract(&held);
                }
                rows.subtract(&rest);
            }
        }
    }

    /// On how many rows a node holds at the most, as far as that is cheap to find out. What leaves the fewest
    /// rows is asked first.
    fn at_most(&mut self, id: NodeId) -> u32 {
        match self.program.node(id) {
            Node::Atom(atom) => self.columns.at_most(*atom),
            _ => u32::MAX,
        }
    }

    /// Runs the interpreter on those of `rows` that it has not seen, and keeps those on which it says yes.
    fn compute(&mut self, id: ComputedId, rows: &mut RowSet) {
        let (Some(question), Some(state)) =
            (self.program.computed().get(id.index()), self.computed.get_mut(id.index()))
        else {
            return rows.clear();
        };
        let mut unseen = rows.clone();
        unseen.subtract(&state.judged);
        for row in unseen.iter().filter(|row| interpret::matches(question, &self.batch.row(*row))) {
            state.holds.insert(row);
        }
        state.judged.unite(&unseen);
        rows.intersect(&state.holds);
    }
}
