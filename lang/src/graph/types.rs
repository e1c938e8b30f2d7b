//! What the graph asks about types: which values a path may have. It knows no rules of typing; the checker answers
//! with the types it has declared, before anything is narrowed.

use super::cells::nanos;
use super::path::{AccessPath, Root, Step};
use crate::ast::{Name, Path};
use crate::value::{Constraint, Type, TypeBody, TypeId, TypeTable};

/// An alias of an alias of itself ends here; it is reported elsewhere.
pub(super) const DEEPEST_ALIAS: u32 = 64;

/// The types of an agent, as declared.
pub trait Types {
    /// Every declared type.
    fn table(&self) -> &TypeTable;

    /// The type of a parameter, a variable, an `each` name or a state's result; `None` or
    /// [`Type::Unknown`] where it is not known (yet).
    fn root(&self, name: &str) -> Option<Type>;

    /// The type of a name behind `is`.
    fn named(&self, path: &Path) -> Option<Type>;

    /// Whether what comes to a path was held against the constraints of its type: what a program itself puts
    /// together is not.
    fn is_validated(&self, path: &AccessPath) -> bool;
}

impl dyn Types + '_ {
    /// Whether the type of a path is known, if only as one that takes any value.
    pub(super) fn is_typed(&self, path: &AccessPath) -> bool {
        match &path.root {
            Root::Name(root) => {
                !matches!(self.path(root, &path.steps).map(|place| place.ty), None | Some(Type::Unknown))
            }
            Root::Own => false,
        }
    }

    fn path(&self, root: &str, steps: &[Step]) -> Option<Place> {
        let mut place = Place { ty: self.root(root)?, range: None, null: false };
        for step in steps {
            place = place.step(step, self.table(), DEEPEST_ALIAS)?;
        }
        Some(place)
    }
}

/// The values of a type, as far as conditions tell them apart.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each says of one sort of values whether it is there")]
pub(super) struct Domain {
    pub(super) null: bool,
    pub(super) boolean: bool,
    /// Any string.
    pub(super) text: bool,
    pub(super) literals: Vec<Name>,
    pub(super) records: Vec<TypeId>,
    pub(super) numbers: Option<Numbers>,
    /// Lists, maps, dates, media.
    pub(super) rest: bool,
}

/// The numbers of a type, both bounds inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) sorts: Sorts,
    pub(super) low: Option<i128>,
    pub(super) high: Option<i128>,
}

/// What counts as a number: bits, for a union may hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sorts(u8);

impl Sorts {
    const INT: Self = Self(1);
    const FLOAT: Self = Self(2);
    const MONEY: Self = Self(4);
    const DURATION: Self = Self(8);

    /// Whether there are whole numbers alone.
    pub(super) fn are_whole(self) -> bool {
        self == Self::INT
    }

    /// Whether a value of these sorts is one of `asked`: `None` where that depends on the value.
    pub(super) fn are(self, asked: Self) -> Option<bool> {
        // an `int` is a `float`
        let asked = if asked.0 & Self::FLOAT.0 == 0 { asked.0 } else { asked.0 | Self::INT.0 };
        match self.0 & asked {
            0 if self.0 & Self::FLOAT.0 == 0 || asked & Self::INT.0 == 0 => Some(false),
            both if both == self.0 => Some(true),
            _ => None,
        }
    }
}

impl Numbers {
    fn all(sorts: Sorts) -> Self {
        Self { sorts, low: None, high: None }
    }

    /// The numbers of either.
    fn or(self, other: Self) -> Self {
        Self {
            sorts: Sorts(self.sorts.0 | other.sorts.0),
            low: self.low.zip(other.low).map(|(one, another)| one.min(another)),
            high: self.high.zip(other.high).map(|(one, another)| one.max(another)),
        }
    }
}

impl Domain {
    /// The values of a length.
    pub(super) fn length() -> Self {
        let numbers = Numbers { low: Some(0), ..Numbers::all(Sorts::INT) };
        Self { numbers: Some(numbers), ..Self::default() }
    }

    /// The values of a type; `None` where any value may come (`json`, unknown).
    pub(super) fn of(ty: &Type, table: &TypeTable) -> Option<Self> {
        let mut domain = Self::default();
        domain.add(ty, table, DEEPEST_ALIAS)?;
        Some(domain)
    }

    /// The values of a path of the agent's namespace.
    pub(super) fn of_path(path: &AccessPath, types: &dyn Types) -> Option<Self> {
        let Root::Name(root) = &path.root else { return None };
        let place = types.path(root, &path.steps)?;
        let mut domain = Self::of(&place.ty, types.table())?;
        domain.null |= place.null;
        if let (Some(numbers), Some((low, high))) = (&mut domain.numbers, place.range) {
            *numbers = Numbers { low, high, ..*numbers };
        }
        if !types.is_validated(path) {
            domain.numbers = domain.numbers.map(|numbers| Numbers::all(numbers.sorts));
        }
        Some(domain)
    }

    fn add(&mut self, ty: &Type, table: &TypeTable, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match ty {
            Type::Unknown | Type::Json => return None,
            Type::Null => self.null = true,
            Type::Bool => self.boolean = true,
            Type::String => self.text = true,
            Type::Literal(text) => self.literals.push(text.clone()),
            Type::Int => self.add_numbers(Numbers::all(Sorts::INT)),
            Type::Float => self.add_numbers(Numbers::all(Sorts::FLOAT)),
            Type::Money => self.add_numbers(Numbers::all(Sorts::MONEY)),
            Type::Duration => self.add_numbers(Numbers::all(Sorts::DURATION)),
            Type::Optional(inner) => {
                self.null = true;
                self.add(inner, table, depth)?;
            }
            Type::Union(members) => {
                for member in members.iter() {
                    self.add(member, table, depth)?;
                }
            }
            Type::Named(id) => match &table.get(*id)?.body {
                TypeBody::Alias { ty, constraints, .. } => {
                    // the range is that of these numbers alone, not of those beside them in a union
                    let beside = self.numbers.take();
                    self.add(ty, table, depth)?;
                    if let (Some(numbers), Some((low, high))) = (&mut self.numbers, range(constraints)) {
                        *numbers = Numbers { low, high, ..*numbers };
                    }
                    if let Some(numbers) = beside {
                        self.add_numbers(numbers);
                    }
                }
                TypeBody::Record(_) => self.records.push(*id),
            },
            Type::Date
            | Type::Bytes
            | Type::Image
            | Type::Pdf
            | Type::List(_)
            | Type::Map(_)
            | Type::Shape(_) => self.rest = true,
        }
        Some(())
    }

    fn add_numbers(&mut self, numbers: Numbers) {
        self.numbers = Some(self.numbers.map_or(numbers, |others| others.or(numbers)));
    }
}

/// A value on the way down a path.
struct Place {
    ty: Type,
    range: Option<(Option<i128>, Option<i128>)>,
    null: bool,
}

impl Place {
    fn step(&self, step: &Step, table: &TypeTable, depth: u32) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let below = |ty: &Type| {
            let place = Self { ty: ty.clone(), range: None, null: self.null };
            place.step(step, table, depth)
        };
        match (&self.ty, step) {
            (Type::Optional(inner), _) => Some(Self { null: true, ..below(inner)? }),
            (Type::Named(id), _) => match (&table.get(*id)?.body, step) {
                (TypeBody::Alias { ty, .. }, _) => below(ty),
                (TypeBody::Record(fields), Step::Field(name)) => {
                    let field = fields.iter().find(|field| field.name == *name)?;
                    let range = range(&field.constraints);
                    Some(Self { ty: field.ty.clone(), range, null: self.null })
                }
                (TypeBody::Record(_), Step::Key(_) | Step::At(_)) => None,
            },
            (Type::Shape(fields), Step::Field(name)) => {
                let (_, ty) = fields.iter().find(|(known, _)| known == name)?;
                Some(Self { ty: ty.clone(), range: None, null: self.null })
            }
            (Type::Json, _) => Some(Self { ty: Type::Json, range: None, null: true }),
            (Type::Map(value), Step::Field(_) | Step::Key(_)) | (Type::List(value), Step::At(_)) => {
                Some(Self { ty: Type::clone(value), range: None, null: true })
            }
            (Type::Union(members), _) => {
                let below: Option<Vec<Self>> = members.iter().map(below).collect();
                let below = below?;
                let null = below.iter().any(|place| place.null);
                let types: Vec<Type> = below.into_iter().map(|place| place.ty).collect();
                Some(Self { ty: Type::Union(types.into()), range: None, null })
            }
            _ => None,
        }
    }
}

fn range(constraints: &[Constraint]) -> Option<(Option<i128>, Option<i128>)> {
    constraints.iter().find_map(|constraint| match constraint {
        // a bound that is not exact is none
        Constraint::Range(low, high) => Some((low.and_then(nanos), high.and_then(nanos))),
        Constraint::Len(..) | Constraint::Match(_) => None,
    })
}
