//! Bits of a tag, read from the left.

/// A place in the bits.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bits read so far.
    pub(super) fn read(&self) -> usize {
        self.at
    }

    /// The next bits as a number; `None` past the end. At most 128.
    pub(super) fn take(&mut self, count: usize) -> Option<u128> {
        let mut value = 0_u128;
        for at in self.at..self.at.checked_add(count)? {
            let byte = self.bytes.get(at / 8)?;
            value = (value << 1) | u128::from((byte >> (7 - at % 8)) & 1);
        }
        self.at += count;
        Some(value)
    }

    /// The next bits as a small number.
    pub(super) fn small(&mut self, count: usize) -> Option<usize> {
        self.take(count).and_then(|value| usize::try_from(value).ok())
    }

    /// The next bits as a number of so many decimal digits, with leading zeros; `None` if it is larger.
    pub(super) fn number(&mut self, count: usize, digits: usize) -> Option<String> {
        let value = self.take(count)?;
        let text = if digits == 0 { String::new() } else { format!("{value:0>digits$}") };
        (text.len() == digits && (digits > 0 || value == 0)).then_some(text)
    }

    /// The next characters of seven bits; a zero ends the text, and only zeros may follow it.
    pub(super) fn text(&mut self, count: usize) -> Option<String> {
        let mut text = String::new();
        let mut is_over = false;
        for _ in 0..count {
            let sign = u8::try_from(self.take(7)?).ok()?;
            if is_over && sign != 0 {
                return None;
            }
            is_over = sign == 0;
            if !is_over {
                text.push(char::from(sign));
            }
        }
        Some(text)
    }
}

/// Bytes of a text of hexadecimal digits.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() % 2 == 1 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{Bits, from_hex};

    #[test]
    fn bits_come_from_the_left() {
        let bytes = from_hex("30C1").unwrap();
        let mut bits = Bits::new(&bytes);
        assert_eq!((bits.take(8), bits.take(3), bits.take(5), bits.take(1)), (Some(0x30), Some(6), Some(1), None));
        assert_eq!(Bits::new(&bytes).number(8, 1), None);
        assert_eq!(Bits::new(&bytes).number(8, 3).as_deref(), Some("048"));
        assert!(from_hex("3").is_none() && from_hex("éé").is_none());
    }
}
