//! Filters as one graph of boolean nodes in which equal terms are one node.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use hashbrown::HashTable;
use rulehound_query::{Filter, Predicate};

use super::FilterId;
use super::atoms::{AtomId, Atoms};
use crate::element;

/// A node of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(u32);

/// A question of a [`Program`] that runs row by row: a computed expression, or one about the objects of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ComputedId(u32);

/// A boolean term. Children of `And` and `Or` are at least two, each once, and no node of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Constant(bool),
    Atom(AtomId),
    Computed(ComputedId),
    Not(NodeId),
    And(Vec<NodeId>),
    Or(Vec<NodeId>),
}

/// The graph. A node stands after those it is made of.
#[derive(Debug)]
pub(super) struct Program {
    nodes: Vec<Node>,
    costs: Vec<Cost>,
    /// How many nodes, and filters, are made of each node.
    parents: Vec<u32>,
    computed: Vec<Filter>,
}

/// Where a node comes among its siblings: the least goes first.
///
/// Whatever must run row by row comes last, so that few rows are left. What says where something holds comes
/// before what says where it does not, since it leaves fewer rows. Then the cheaper first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    computed: bool,
    negative: bool,
    work: u64,
}

impl NodeId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl ComputedId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl Program {
    /// The questions that run row by row, by their id.
    pub(super) fn computed(&self) -> &[Filter] {
        &self.computed
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.index()).unwrap_or(&Node::Constant(false))
    }

    /// Whether it pays to find all rows on which a node holds and to remember them: several terms ask for it, and
    /// no computed expression is below it.
    pub(super) fn is_shared(&self, id: NodeId) -> bool {
        self.parents.get(id.index()).is_some_and(|parents| *parents > 1) && !self.cost(id).computed
    }

    /// Puts the children of each node in the order in which they are best evaluated.
    pub(super) fn ordered(mut self, atoms: &Atoms) -> Self {
        for index in 0..self.nodes.len() {
            let mut node = std::mem::replace(&mut self.nodes[index], Node::Constant(false));
            if let Node::And(children) | Node::Or(children) = &mut node {
                children.sort_by_key(|child| (self.cost(*child), *child));
            }
            let cost = self.cost_of(&node, atoms);
            self.costs.push(cost);
            self.nodes[index] = node;
        }
        self
    }

    fn cost(&self, id: NodeId) -> Cost {
        self.costs.get(id.index()).copied().unwrap_or_default()
    }

    fn cost_of(&self, node: &Node, atoms: &Atoms) -> Cost {
        match node {
            Node::Constant(_) => Cost::default(),
            Node::Atom(atom) => Cost { work: atoms.cost(*atom), ..Cost::default() },
            Node::Computed(_) => Cost { computed: true, ..Cost::default() },
            Node::Not(inner) => {
                let inner = self.cost(*inner);
                Cost { negative: !inner.negative, ..inner }
            }
            Node::And(children) | Node::Or(children) => {
                let costs = children.iter().map(|child| self.cost(*child));
                // One positive term is enough to make an `and` positive; an `or` needs all to be.
                let every_is_required = matches!(node, Node::Or(_));
                costs.fold(Cost { negative: !every_is_required, ..Cost::default() }, |sum, cost| Cost {
                    computed: sum.computed || cost.computed,
                    negative: if every_is_required {
                        sum.negative || cost.negative
                    } else {
                        sum.negative && cost.negative
                    },
                    work: sum.work.saturating_add(cost.work),
                })
            }
        }
    }
}

/// Folds filters into one program. Gives it with its predicates, each once, by their [`AtomId`] and with the
/// first filter that has it; and the root of each filter.
pub(super) fn compile(filters: &[Filter]) -> (Program, Vec<(Predicate, FilterId)>, Vec<NodeId>) {
    let mut builder = Builder::default();
    let ids = (0..).map(FilterId);
    let roots: Vec<NodeId> = ids.zip(filters).map(|(id, filter)| builder.add(filter, id)).collect();
    let nodes = builder.nodes.into_items();
    let program = Program {
        parents: parents(&nodes, &roots),
        nodes,
        costs: Vec::new(),
        computed: builder.computed.into_items().into_iter().map(|(_, filter)| filter).collect(),
    };
    (program, builder.predicates.into_items(), roots)
}

/// How many nodes and filters are made of each node. What was folded into others counts for none.
fn parents(nodes: &[Node], roots: &[NodeId]) -> Vec<u32> {
    let mut parents = vec![0; nodes.len()];
    let count = |parents: &mut Vec<u32>, id: &NodeId| {
        parents.get_mut(id.index()).into_iter().for_each(|count| *count += 1);
    };
    roots.iter().for_each(|root| count(&mut parents, root));
    for (index, node) in nodes.iter().enumerate().rev() {
        let children = match node {
            _ if parents.get(index) == Some(&0) => continue,
            Node::Constant(_) | Node::Atom(_) | Node::Computed(_) => continue,
            Node::Not(inner) => std::slice::from_ref(inner),
            Node::And(children) | Node::Or(children) => children,
        };
        children.iter().for_each(|child| count(&mut parents, child));
    }
    parents
}

#[derive(Default)]
struct Builder {
    nodes: Interner<Node>,
    predicates: Interner<(Predicate, FilterId)>,
    /// With its debug text, which spells it out in full: expressions have no hash, and are few.
    computed: Interner<(String, Filter)>,
    /// Shared filters, by their address: each is added once.
    shared: HashMap<*const Filter, NodeId>,
}

impl Builder {
    fn add(&mut self, filter: &Filter, id: FilterId) -> NodeId {
        match filter {
            Filter::Constant(answer) => self.node(Node::Constant(*answer)),
            Filter::And(filters) => {
                let children: Vec<NodeId> = filters.iter().map(|filter| self.add(filter, id)).collect();
                self.junction(children, false)
            }
            Filter::Or(filters) => {
                let children: Vec<NodeId> = filters.iter().map(|filter| self.add(filter, id)).collect();
                self.junction(children, true)
            }
            Filter::Not(inner) => {
                let inner = self.add(inner, id);
                match *self.get(inner) {
                    Node::Constant(answer) => self.node(Node::Constant(!answer)),
                    Node::Not(inner) => inner,
                    _ => self.node(Node::Not(inner)),
                }
            }
            Filter::Predicate(predicate) => {
                let is_it = |(known, _): &(Predicate, FilterId)| known == predicate;
                let atom = self.predicates.intern(predicate, is_it, || (predicate.clone(), id));
                self.node(Node::Atom(AtomId(atom)))
            }
            Filter::Shared(inner) => match self.shared.get(&Arc::as_ptr(inner)) {
                Some(known) => *known,
                None => {
                    let node = self.add(inner, id);
                    self.shared.insert(Arc::as_ptr(inner), node);
                    node
                }
            },
            Filter::Computed(_) => self.computed(filter),
            Filter::Element(element) => {
                let (implied, element) = (self.add(&implied(&element.filter), id), self.computed(filter));
                self.junction([implied, element], false)
            }
            // The engine takes such questions out before it asks the others.
            Filter::Descendant(_) => self.node(Node::Constant(false)),
        }
    }

    fn computed(&mut self, filter: &Filter) -> NodeId {
        let text = format!("{filter:?}");
        let prepared = || (text.clone(), element::prepared(filter));
        let computed = self.computed.intern(&text, |(known, _)| *known == text, prepared);
        self.node(Node::Computed(ComputedId(computed)))
    }

    /// `and` (whose `absorbing` answer is false) or `or` (true).
    fn junction(&mut self, terms: impl IntoIterator<Item = NodeId>, absorbing: bool) -> NodeId {
        let mut children = Vec::new();
        for child in terms {
            match (self.get(child), absorbing) {
                (Node::Constant(answer), _) if *answer == absorbing => return child,
                (Node::Constant(_), _) => {}
                (Node::And(inner), false) | (Node::Or(inner), true) => children.extend_from_slice(inner),
                _ => children.push(child),
            }
        }
        children.sort_unstable();
        children.dedup();
        match (children.as_slice(), absorbing) {
            ([], _) => self.node(Node::Constant(!absorbing)),
            ([only], _) => *only,
            (_, false) => self.node(Node::And(children)),
            (_, true) => self.node(Node::Or(children)),
        }
    }

    fn node(&mut self, node: Node) -> NodeId {
        NodeId(self.nodes.intern(&node, |known| *known == node, || node.clone()))
    }

    fn get(&self, id: NodeId) -> &Node {
        self.nodes.items.get(id.index()).unwrap_or(&Node::Constant(false))
    }
}

/// What holds of an event if a filter holds for one object of an array: the fields of the object are fields of the event
/// as well, which have at least its values. What is negated says nothing.
fn implied(filter: &Filter) -> Filter {
    match filter {
        Filter::And(parts) => Filter::all(parts.iter().map(implied)),
        Filter::Or(parts) => Filter::any(parts.iter().map(implied)),
        Filter::Constant(_) | Filter::Predicate(_) => filter.clone(),
        Filter::Shared(inner) => implied(inner),
        Filter::Not(_) | Filter::Computed(_) | Filter::Element(_) | Filter::Descendant(_) => {
            Filter::Constant(true)
        }
    }
}

/// Items numbered in order of first sight, equal ones once.
struct Interner<T> {
    /// The hash and number of each.
    ids: HashTable<(u64, u32)>,
    items: Vec<T>,
    hasher: ahash::RandomState,
}

impl<T> Interner<T> {
    /// The number of the item that `is_it`, found by the hash of what it is known by.
    fn intern<K: Hash>(&mut self, key: &K, is_it: impl Fn(&T) -> bool, item: impl FnOnce() -> T) -> u32 {
        let hash = self.hasher.hash_one(key);
        let is_known =
            |(other, id): &(u64, u32)| *other == hash && self.items.get(*id as usize).is_some_and(&is_it);
        if let Some((_, id)) = self.ids.find(hash, is_known) {
            return *id;
        }
        let id = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(item());
        self.ids.insert_unique(hash, (hash, id), |(hash, _)| *hash);
        id
    }

    fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { ids: HashTable::new(), items: Vec::new(), hasher: ahash::RandomState::default() }
    }
}
