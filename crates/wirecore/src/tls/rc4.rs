//! The RC4 key stream, cloneable so that a record may be tried twice (the crates' ciphers are not).

#[derive(Clone)]
pub(super) struct Rc4 {
    state: [u8; 256],
    i: u8,
    j: u8,
}

impl Rc4 {
    /// The key has 1 to 256 bytes.
    pub fn new(key: &[u8]) -> Rc4 {
        let mut state = [0; 256];
        (0..=255).zip(&mut state).for_each(|(n, s)| *s = n);
        let mut j = 0_u8;
        for (i, &k) in key.iter().cycle().take(256).enumerate() {
            j = j.wrapping_add(state[i]).wrapping_add(k);
            state.swap(i, j.into());
        }
        Rc4 { state, i: 0, j: 0 }
    }

    /// Encrypts or decrypts in place.
    pub fn apply(&mut self, data: &mut [u8]) {
        for byte in data {
            *byte ^= self.next();
        }
    }

    /// Goes past `n` bytes.
    pub fn skip(&mut self, n: usize) {
        (0..n).for_each(|_| {
            self.next();
        });
    }

    fn next(&mut self) -> u8 {
        self.i = self.i.wrapping_add(1);
        let a = self.state[usize::from(self.i)];
        self.j = self.j.wrapping_add(a);
        self.state.swap(self.i.into(), self.j.into());
        let b = self.state[usize::from(self.i)];
        self.state[usize::from(a.wrapping_add(b))]
    }
}

#[cfg(test)]
mod tests {
    use super::Rc4;

    #[test]
    fn the_key_stream_is_that_of_rfc_6229() {
        let mut key = Rc4::new(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        let mut first = [0; 8];
        key.apply(&mut first);
        assert_eq!(first, [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7]);
        key.skip(4096 - 8);
        let mut later = [0; 4];
        key.apply(&mut later);
        assert_eq!(later, [0xa3, 0x6a, 0x4c, 0x30]);
    }
}
