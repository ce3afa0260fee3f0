//! The operator: is the database sound, can it be mended, copied and brought back?

mod backup;
mod copy;
mod doctor;
mod keys;
mod nightly;
mod tls;
