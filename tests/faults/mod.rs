//! Faults of the disk: under SQLite the power is cut, the disk is full, writes and syncs fail; under PostgreSQL it is full.

mod disk;
mod errors;
mod full;
mod hospital;
mod power;
