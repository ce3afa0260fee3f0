//! The pages: server-rendered, from the same functions as the calls; strings and layout only, no rule of their own.

mod assets;
pub mod http;
mod layout;
mod page;
mod part;
