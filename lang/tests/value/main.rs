//! What values do: types, JSON, schemas, model text, expressions. Tables of rows, one module an area.

#[cfg(test)]
mod coerce;
#[cfg(test)]
mod eval;
#[cfg(test)]
mod lowered;
#[cfg(test)]
mod support;
#[cfg(test)]
mod types;
