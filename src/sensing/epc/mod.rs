//! EPC: what RFID tags say. Pure.
//!
//! A tag's memory ([`tag`]) and the URN of EPCIS ([`urn`]) name a GS1 key split at the company prefix: an [`Epc`].
//! The canonical form is the GS1 key itself ([`Epc::elements`]): a company prefix can be left out but not found
//! again without GS1's register, so the way back ([`key::of_elements`]) needs its length. Binary schemes of TDS 2
//! ([`plus`]) hold the key unsplit.
//!
//! Source: GS1 EPC Tag Data Standard (TDS) 2.3, sections 6, 7, 12 and 14.

mod bits;
pub mod key;
mod plus;
pub mod tag;
pub mod urn;

pub use key::{Epc, Scheme};
