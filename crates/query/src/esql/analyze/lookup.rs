//! `LOOKUP JOIN` and `ENRICH`: columns from tables of their own.

use super::super::ast::{self, Name, Spanned};
use super::super::plan::{Column, ColumnId, LookupStep, TableStep};
use super::super::problem::Problem;
use super::super::types::Type;
use super::{Analyzer, LookupTable};
use std::sync::Arc;

impl<'a> Analyzer<'a> {
    pub(super) fn lookup_join(&mut self, index: &Spanned<String>, on: &[ast::Expr]) {
        let Some(table) = self.lookup(index) else { return };
        let mut keys: Vec<(ColumnId, Arc<str>)> = Vec::new();
        // A field by whose own name rows are joined is not taken a second time.
        let mut shared: Vec<&str> = Vec::new();
        for condition in on {
            let Some((here, there)) = self.key(condition, table) else {
                self.problems.add(condition.span.clone(), Problem::JoinCondition);
                continue;
            };
            if matches!(condition.kind, ast::ExprKind::Column(_)) {
                shared.push(&there.value);
            }
            let Some(column) = self.resolve(here) else { continue };
            let Some(ty) = table.type_of(&there.value) else {
                self.unknown_lookup_field(there, index, table);
                continue;
            };
            if column.ty.common(ty).is_none() {
                let problem = Problem::JoinTypes { left: column.ty, right: ty };
                self.problems.add(condition.span.clone(), problem);
            }
            keys.push((column.id, there.value.as_str().into()));
        }
        let fields = table.fields.iter().filter(|(name, _)| !shared.contains(&name.as_str()));
        let fields: Vec<(String, String)> = fields.map(|(name, _)| (name.clone(), name.clone())).collect();
        self.push_lookup(index, false, keys, table, &fields);
    }

    pub(super) fn enrich(
        &mut self,
        policy: &Spanned<String>,
        on: Option<&Name>,
        with: &[(Option<Name>, Name)],
    ) {
        // `_any:policy` says where it is run.
        let name = policy.value.rsplit(':').next().unwrap_or_default().to_owned();
        let policy = Spanned { value: name, span: policy.span.clone() };
        let Some(table) = self.lookup(&policy) else { return };
        let Some(match_field) = &table.match_field else {
            return self.problems.add(policy.span.clone(), Problem::NoPolicy { name: policy.value.clone() });
        };
        let usual = Spanned { value: match_field.clone(), span: policy.span.clone() };
        let Some(column) = self.resolve(on.unwrap_or(&usual)) else { return };
        let mut fields = Vec::new();
        for (new, field) in with {
            match table.type_of(&field.value) {
                Some(_) => {
                    let new = new.as_ref().unwrap_or(field);
                    fields.push((new.value.clone(), field.value.clone()));
                }
                None => self.unknown_lookup_field(field, &policy, table),
            }
        }
        if with.is_empty() {
            let all = table.fields.iter().filter(|(name, _)| name != match_field);
            fields.extend(all.map(|(name, _)| (name.clone(), name.clone())));
        }
        let keys = vec![(column.id, match_field.as_str().into())];
        self.push_lookup(&policy, true, keys, table, &fields);
    }

    fn push_lookup(
        &mut self,
        table: &Spanned<String>,
        is_policy: bool,
        on: Vec<(ColumnId, Arc<str>)>,
        of: &LookupTable,
        fields: &[(String, String)],
    ) {
        let mut output: Vec<(Column, Arc<str>)> = Vec::new();
        for (new, field) in fields {
            let column = self.column(new, of.type_of(field).unwrap_or(Type::Null));
            self.scope.set(column.clone());
            output.push((column, field.as_str().into()));
        }
        self.sees_events = false;
        let table = table.value.as_str().into();
        self.steps.push(TableStep::Lookup(LookupStep { table, is_policy, on, output }));
    }

    /// The table of a name; that there is none is told.
    fn lookup(&mut self, name: &Spanned<String>) -> Option<&'a LookupTable> {
        let lookups = self.options.lookups;
        let table = lookups.get(&name.value);
        if table.is_none() {
            let similar = crate::suggest::similar(&name.value, lookups.keys().map(String::as_str), 2);
            self.problems
                .add(name.span.clone(), Problem::UnknownLookup { name: name.value.clone(), similar });
        }
        table
    }

    /// `name`, or `here == there`, in either order.
    fn key<'e>(&self, condition: &'e ast::Expr, table: &LookupTable) -> Option<(&'e Name, &'e Name)> {
        let (left, right) = match &condition.kind {
            ast::ExprKind::Column(name) => return Some((name, name)),
            ast::ExprKind::Binary(ast::BinaryOp::Equal, left, right) => (&left.kind, &right.kind),
            _ => return None,
        };
        let (ast::ExprKind::Column(left), ast::ExprKind::Column(right)) = (left, right) else { return None };
        let is_turned = table.type_of(&right.value).is_none() && table.type_of(&left.value).is_some();
        Some(if is_turned { (right, left) } else { (left, right) })
    }

    fn unknown_lookup_field(&mut self, field: &Name, of: &Spanned<String>, table: &LookupTable) {
        let names = table.fields.iter().map(|(name, _)| name.as_str());
        let similar = crate::suggest::similar(&field.value, names, 2);
        let problem =
            Problem::UnknownLookupField { name: field.value.clone(), table: of.value.clone(), similar };
        self.problems.add(field.span.clone(), problem);
    }
}

impl LookupTable {
    fn type_of(&self, name: &str) -> Option<Type> {
        let (_, field_type) = self.fields.iter().find(|(field, _)| field == name)?;
        Some(Type::of_field(*field_type))
    }
}
