//! Who may do what: roles, bearer tokens, device credentials, sessions, the gate before every route, the audit chain.

pub mod audit;
pub mod caller;
pub mod device;
mod gate;
pub mod http;
pub mod known;
pub mod role;
pub mod route;
pub mod session;
mod store;
pub mod token;
