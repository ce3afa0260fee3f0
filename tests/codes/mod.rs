//! Barcodes and tags: the generated table, parsers under random input, scans over HTTP and at a terminal.

mod dictionary;
mod random;
mod scans;
