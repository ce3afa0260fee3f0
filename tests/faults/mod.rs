//! Faults of the disk under SQLite: the power is cut, the disk is full, writes and syncs fail.

mod disk;
mod errors;
mod hospital;
mod power;
