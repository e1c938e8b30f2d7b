//! What values do: types, JSON, schemas, model text, expressions. Tables of rows, one module an area.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod coerce;
#[cfg(test)]
mod eval;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lowered;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod support;
#[cfg(test)]
mod types;
