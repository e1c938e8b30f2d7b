//! What values do: types, JSON, schemas, model text, expressions. Tables of rows, one module an area.

mod support;
mod types;
