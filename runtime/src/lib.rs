//! Runs agentrun programs: a pure machine, a driver, the call line, tools and the journal.
