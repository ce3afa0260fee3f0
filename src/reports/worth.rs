//! What stock is worth: the cheapest offer that is valid today, per base unit.

use std::collections::{BTreeMap, HashMap};

use super::store;
use crate::base::error::Result;
use crate::base::money::Money;
use crate::base::time::Day;
use crate::db::conn::Conn;

/// An offer as a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Of which item.
    pub item_id: i64,
    /// Of a pack.
    pub price_minor: i64,
    /// Base units in a pack.
    pub units_per_pack: i64,
    /// Of the price.
    pub currency: String,
}

/// The cheapest price of each item.
#[derive(Debug, Default)]
pub struct Worth {
    by_item: HashMap<i64, Price>,
}

impl Worth {
    /// Reads the offers that are valid today.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(conn: &mut Conn, today: Day) -> Result<Self> {
        Ok(Self::of(store::stock::valid_prices(conn, today)?))
    }

    /// Chooses the cheapest price of each item. Prices of different currencies can't be compared: the currency of
    /// the most offers goes first, then the alphabet.
    pub fn of(prices: Vec<Price>) -> Self {
        let mut offers: BTreeMap<String, usize> = BTreeMap::new();
        for price in &prices {
            *offers.entry(price.currency.clone()).or_default() += 1;
        }
        let rank = |price: &Price| {
            let count = offers.get(&price.currency).copied().unwrap_or_default();
            (std::cmp::Reverse(count), price.currency.clone())
        };
        let mut by_item: HashMap<i64, Price> = HashMap::new();
        for price in prices {
            let better = by_item.get(&price.item_id).is_none_or(|best| {
                let cheaper = i128::from(price.price_minor) * i128::from(best.units_per_pack)
                    < i128::from(best.price_minor) * i128::from(price.units_per_pack);
                (rank(&price) < rank(best)) || (rank(&price) == rank(best) && cheaper)
            });
            if better {
                by_item.insert(price.item_id, price);
            }
        }
        Self { by_item }
    }

    /// The value of some base units of an item, rounded to the minor unit; none when nobody offers it today.
    pub fn of_units(&self, item_id: i64, units: i64) -> Option<Money> {
        let price = self.by_item.get(&item_id).filter(|price| price.units_per_pack > 0)?;
        let pack = i128::from(price.units_per_pack);
        let value = (i128::from(units) * i128::from(price.price_minor) + pack / 2).div_euclid(pack);
        Some(Money::new(i64::try_from(value).unwrap_or(i64::MAX), price.currency.clone()))
    }
}

/// Adds money up, each currency for itself, in the order of the alphabet.
pub fn sums<'a>(money: impl Iterator<Item = &'a Money>) -> Vec<Money> {
    let mut by_currency: BTreeMap<&str, i64> = BTreeMap::new();
    for part in money {
        let sum = by_currency.entry(&part.currency).or_default();
        *sum = sum.saturating_add(part.minor);
    }
    by_currency.into_iter().map(|(currency, minor)| Money::new(minor, currency)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(item_id: i64, price_minor: i64, units_per_pack: i64, currency: &str) -> Price {
        Price { item_id, price_minor, units_per_pack, currency: currency.into() }
    }

    #[track_caller]
    fn check(prices: Vec<Price>, units: i64, want: Option<(i64, &str)>) {
        assert_eq!(Worth::of(prices).of_units(1, units), want.map(|(minor, currency)| Money::new(minor, currency)));
    }

    #[test]
    fn the_cheapest_unit_counts() {
        check(vec![price(1, 1_000, 10, "EUR"), price(1, 1_500, 20, "EUR")], 3, Some((225, "EUR")));
        check(vec![price(1, 1_000, 3, "EUR")], 2, Some((667, "EUR")));
        check(vec![price(1, 5, 1, "CHF"), price(1, 900, 1, "EUR"), price(2, 1, 1, "EUR")], 1, Some((900, "EUR")));
        check(vec![price(2, 1, 1, "EUR")], 1, None);
    }

    #[test]
    fn currencies_stay_apart() {
        let money = [Money::new(5, "EUR"), Money::new(7, "CHF"), Money::new(1, "EUR")];
        assert_eq!(sums(money.iter()), [Money::new(7, "CHF"), Money::new(6, "EUR")]);
    }
}
