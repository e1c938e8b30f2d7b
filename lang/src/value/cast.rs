//! `as`.

use super::{Type, TypeTable, Value, complete, fits};

/// The value as one of the type; `None` where it is none.
pub fn cast(value: &Value, ty: &Type, table: &TypeTable) -> Option<Value> {
    fits(value, ty, table).then(|| complete(value.clone(), ty, table))
}
