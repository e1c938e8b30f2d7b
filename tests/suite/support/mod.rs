//! What several tests of the suite use.

pub mod findings;
