//! The option lists at the end of pcapng blocks: code, length, value, padded to 4 bytes.

use super::sections::Order;

/// Walks the options in `data`; stops at the end mark or at the first that does not fit.
/// Gives code, value, and where in `data` the value begins.
pub(super) struct Options<'a> {
    order: Order,
    data: &'a [u8],
    at: usize,
}

impl<'a> Options<'a> {
    pub(super) fn new(order: Order, data: &'a [u8]) -> Self {
        Options { order, data, at: 0 }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16(self.data, self.at)?;
        let length = usize::from(self.order.u16(self.data, self.at + 2)?);
        if code == 0 {
            return None;
        }
        let start = self.at + 4;
        let value = self.data.get(start..start + length)?;
        self.at = start + length.next_multiple_of(4);
        Some((code, value, start))
    }
}
