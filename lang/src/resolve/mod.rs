//! Names to what they mean: the declarations each module sees, and each agent's flat namespace.

mod scope;

pub use scope::{AgentScope, Binding, StateEntry};
