//! What a function takes and gives.

use std::fmt;

use crate::esql::Type;

/// A scalar function, by its signature.
#[derive(Clone, Copy)]
pub struct Function(pub &'static Signature);

/// An aggregate, by its signature.
#[derive(Clone, Copy)]
pub struct Aggregation(pub &'static Signature);

/// How a function is called.
#[derive(Debug)]
pub struct Signature {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it takes; those that may be left out come last.
    pub params: &'static [Param],
    /// Whether the last parameter may come again and again.
    pub variadic: bool,
    /// The type of what it gives.
    pub returns: Returns,
}

/// A parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name in the documentation.
    pub name: &'static str,
    /// The types it takes. A constant string also does for a type that strings are written for:
    /// `"2024-01-01"` for a
    /// `date`, `"10.0.0.1"` for an `ip`, `"1 day"` for a `date_period`.
    pub types: &'static [Type],
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it must be constant.
    pub constant: bool,
    /// Whether it has the same type as the other parameters of which this is true: numbers widen.
    pub common: bool,
}

/// The type of a result.
#[derive(Clone, Copy, Debug)]
pub enum Returns {
    /// Always this.
    Fixed(Type),
    /// That of the argument at this place, `text` as `keyword`.
    Argument(usize),
    /// That which the `common` parameters share, `text` as `keyword`.
    Common,
    /// By the types of the arguments, once they are converted.
    By(fn(&[Type]) -> Option<Type>),
    /// By the arguments, where the parameters do not tell which go together: it says what they are converted
    /// to as well. Each argument fits its parameter.
    Overloaded(fn(&Signature, &[Argument<'_>]) -> Result<Checked, SignatureError>),
}

/// An argument, as far as a signature looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Argument<'a> {
    /// Its type.
    pub ty: Type,
    /// Whether it is constant.
    pub is_constant: bool,
    /// Its text, if it is a constant string.
    pub text: Option<&'a str>,
}

/// A call that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The types that the arguments must be converted to.
    pub args: Vec<Type>,
    /// The type of the result.
    pub returns: Type,
}

/// A call that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Too few or too many arguments.
    #[error("`{name}` takes {wanted} arguments, not {given}")]
    Count {
        /// The function.
        name: &'static str,
        /// How many it takes, in words.
        wanted: String,
        /// How many there are.
        given: usize,
    },
    /// An argument of a type that the parameter does not take.
    #[error("`{name}` takes {wanted} as its {param}, not {given}")]
    Type {
        /// The function.
        name: &'static str,
        /// Which argument, from 0.
        place: usize,
        /// The parameter.
        param: &'static str,
        /// What it takes.
        wanted: String,
        /// What was given.
        given: Type,
    },
    /// Arguments that must have a type in common.
    #[error("`{name}` cannot put {left} and {right} together")]
    NotCommon {
        /// The function.
        name: &'static str,
        /// Which argument does not fit those before it, from 0.
        place: usize,
        /// The type before it.
        left: Type,
        /// Its type.
        right: Type,
    },
    /// An argument that must be a constant.
    #[error("the {param} of `{name}` must be a constant")]
    NotConstant {
        /// The function.
        name: &'static str,
        /// Which argument, from 0.
        place: usize,
        /// The parameter.
        param: &'static str,
    },
}

impl SignatureError {
    /// Which argument it is about, from 0.
    pub fn place(&self) -> Option<usize> {
        match self {
            Self::Count { .. } => None,
            Self::Type { place, .. } | Self::NotCommon { place, .. } | Self::NotConstant { place, .. } => {
                Some(*place)
            }
        }
    }
}

macro_rules! by_name {
    ($type:ident) => {
        impl $type {
            /// Its name, in lower case.
            pub fn name(self) -> &'static str {
                self.0.name
            }
        }

        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                self.0.name == other.0.name
            }
        }

        impl Eq for $type {}

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.name)
            }
        }
    };
}

by_name!(Function);
by_name!(Aggregation);

impl Signature {
    /// A function of one name that takes these parameters and no more.
    pub(super) const fn new(name: &'static str, params: &'static [Param], returns: Returns) -> Self {
        Self { name, aliases: &[], params, variadic: false, returns }
    }

    /// Its last parameter may come again and again.
    pub(super) const fn variadic(self) -> Self {
        Self { variadic: true, ..self }
    }

    /// It has other names too.
    pub(super) const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Whether it is called so.
    pub(super) fn has_name(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// Checks the arguments of a call.
    ///
    /// # Errors
    ///
    /// If they do not fit.
    pub fn check(&self, args: &[Argument<'_>]) -> Result<Checked, SignatureError> {
        let required = self.params.iter().filter(|param| !param.optional).count();
        if args.len() < required || (args.len() > self.params.len() && !self.variadic) {
            return Err(SignatureError::Count {
                name: self.name,
                wanted: self.wanted(required),
                given: args.len(),
            });
        }
        let mut types = Vec::with_capacity(args.len());
        let mut common = Type::Null;
        for (place, arg) in args.iter().enumerate() {
            let Some(param) = self.params.get(place).or(self.params.last()) else { break };
            if param.constant && !arg.is_constant {
                return Err(SignatureError::NotConstant { name: self.name, place, param: param.name });
            }
            let ty = self.accept(param, args, place)?;
            if param.common {
                common = self.join(common, ty, args, place)?;
            }
            types.push(ty);
        }
        for (place, ty) in types.iter_mut().enumerate() {
            if self.params.get(place).or(self.params.last()).is_some_and(|param| param.common) {
                *ty = common;
            }
        }
        let returns = match self.returns {
            Returns::Fixed(ty) => ty,
            Returns::Argument(place) => types.get(place).copied().unwrap_or(Type::Null).no_text(),
            Returns::Common => common.no_text(),
            Returns::By(by) => by(&types).ok_or_else(|| self.other_type(&types))?,
            Returns::Overloaded(resolve) => return resolve(self, args),
        };
        Ok(Checked { args: types, returns })
    }

    /// The type that the argument at a place is taken as.
    pub(super) fn accept(
        &self,
        param: &Param,
        args: &[Argument<'_>],
        place: usize,
    ) -> Result<Type, SignatureError> {
        let given = args.get(place).map_or(Type::Null, |arg| arg.ty);
        args.get(place).and_then(|arg| param.accepts(arg)).ok_or_else(|| SignatureError::Type {
            name: self.name,
            place,
            param: param.name,
            wanted: names(param.types),
            given,
        })
    }

    /// That the last argument does not fit those before it.
    pub(super) fn other_type(&self, types: &[Type]) -> SignatureError {
        SignatureError::Type {
            name: self.name,
            place: types.len().saturating_sub(1),
            param: self.params.last().map_or("argument", |param| param.name),
            wanted: "another type".to_owned(),
            given: types.last().copied().unwrap_or(Type::Null),
        }
    }

    /// The type that an argument has in common with those before it. A constant string takes any type that
    /// strings are written for.
    pub(super) fn join(
        &self,
        before: Type,
        ty: Type,
        args: &[Argument<'_>],
        place: usize,
    ) -> Result<Type, SignatureError> {
        let is_text = |place: usize| args.get(place).is_some_and(|arg| arg.text.is_some());
        let all_text_before = (0..place).all(is_text);
        match before.common(ty) {
            Some(common) => Ok(common),
            None if is_text(place) && written_as_string(before) => Ok(before),
            None if all_text_before && written_as_string(ty) => Ok(ty),
            None => Err(SignatureError::NotCommon { name: self.name, place, left: before, right: ty }),
        }
    }

    fn wanted(&self, required: usize) -> String {
        match (self.variadic, self.params.len()) {
            (true, _) => format!("at least {required}"),
            (false, most) if most == required => format!("{required}"),
            (false, most) => format!("{required} to {most}"),
        }
    }
}

impl Param {
    /// A parameter that may be any value of these types.
    pub(super) const fn new(name: &'static str, types: &'static [Type]) -> Self {
        Self { name, types, optional: false, constant: false, common: false }
    }

    /// It may be left out.
    pub(super) const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// It must be constant.
    pub(super) const fn constant(self) -> Self {
        Self { constant: true, ..self }
    }

    /// It has the same type as the others of which this is said.
    pub(super) const fn common(self) -> Self {
        Self { common: true, ..self }
    }

    /// The type that an argument is taken as; `None` if it does not fit.
    fn accepts(&self, arg: &Argument<'_>) -> Option<Type> {
        if arg.ty == Type::Null || self.types.contains(&arg.ty) {
            return Some(arg.ty);
        }
        match arg.ty {
            Type::Text if self.types.contains(&Type::Keyword) => Some(Type::Keyword),
            Type::Keyword if arg.text.is_some() => {
                self.types.iter().copied().find(|ty| written_as_string(*ty))
            }
            Type::Integer => [Type::Long, Type::Double].into_iter().find(|ty| self.types.contains(ty)),
            Type::Long | Type::UnsignedLong => Some(Type::Double).filter(|ty| self.types.contains(ty)),
            _ => None,
        }
    }
}

/// Whether Elasticsearch takes a constant string for a value of the type (its `ImplicitCasting`).
fn written_as_string(ty: Type) -> bool {
    matches!(
        ty,
        Type::Date
            | Type::DateNanos
            | Type::DatePeriod
            | Type::TimeDuration
            | Type::Ip
            | Type::Version
            | Type::Boolean
    )
}

fn names(types: &[Type]) -> String {
    let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => format!("a value of type {only}"),
        Some((last, others)) => format!("a value of type {} or {last}", others.join(", ")),
    }
}
