//! Pieces that pages share: figures as text, badges, stock cells, charts, reasons.

pub(crate) mod accuracy;
pub(crate) mod badge;
pub(crate) mod cell;
pub(crate) mod chart;
pub(crate) mod text;
pub(crate) mod why;
