//! The Huffman code of HPACK and QPACK (RFC 7541, section 5.2 and appendix B): coded bytes in, text onto the end of a
//! buffer out. Needs the whole string; a damaged one is an error and leaves the buffer as it was.

/// Bits of each symbol's code; the code is canonical, so that the lengths tell all of it. The last is the end symbol.
const BITS: [u8; SYMBOLS] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5,
    5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6,
    6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22,
    23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22,
    21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20,
    22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19,
    21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22,
    22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const SYMBOLS: usize = 257;
/// The end of a string: never sent, but its first bits fill the last byte.
const END: u16 = 256;
const LONGEST: usize = 30;
/// Codes of at most so many bits are found by one look.
const SHORT: usize = 9;

struct Code {
    /// Symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
    /// First code of each length, in 32 bits from the left, and where its symbol stands in `symbols`.
    first: [(u32, u16); LONGEST + 2],
    /// Symbol and length by the first `SHORT` bits; length 0 where the code is longer.
    short: [(u16, u8); 1 << SHORT],
}

static CODE: Code = build();

const fn build() -> Code {
    let mut symbols = [0; SYMBOLS];
    let mut first = [(u32::MAX, SYMBOLS as u16); LONGEST + 2];
    let mut short = [(0, 0); 1 << SHORT];
    let (mut bits, mut place, mut next) = (0, 0, 0u64);
    while bits <= LONGEST {
        // `next` is the next code, in 32 bits from the left.
        first[bits] = (next as u32, place as u16);
        let mut symbol = 0;
        while symbol < SYMBOLS {
            if BITS[symbol] as usize == bits {
                symbols[place] = symbol as u16;
                place += 1;
                if bits <= SHORT {
                    let mut at = (next >> (32 - SHORT)) as usize;
                    let end = at + (1 << (SHORT - bits));
                    while at < end {
                        short[at] = (symbol as u16, bits as u8);
                        at += 1;
                    }
                }
                next += 1 << (32 - bits);
            }
            symbol += 1;
        }
        bits += 1;
    }
    Code {
        symbols,
        first,
        short,
    }
}

/// Decodes `coded` onto the end of `out`. False when it is no such code: an end symbol inside, or a filling that is not
/// its beginning or longer than seven bits.
pub(crate) fn decode(coded: &[u8], out: &mut Vec<u8>) -> bool {
    let before = out.len();
    let mut bytes = coded.iter();
    // Bits not yet decoded, from the left.
    let (mut bits, mut have) = (0u64, 0u32);
    loop {
        while have <= 56 {
            let Some(byte) = bytes.next() else { break };
            bits |= u64::from(*byte) << (56 - have);
            have += 8;
        }
        let (symbol, len) = CODE.symbol(bits);
        if len > have || symbol == END {
            // Only a filling of ones is left, or the string is damaged.
            let filled = have < 8 && (bits >> (56) == u64::from(0xff00u16 >> have) & 0xff);
            if !filled {
                out.truncate(before);
            }
            return filled;
        }
        out.push(symbol as u8);
        bits <<= len;
        have -= len;
    }
}

impl Code {
    /// The symbol that `bits` begin with, and the length of its code.
    fn symbol(&self, bits: u64) -> (u16, u32) {
        let (symbol, len) = self.short[(bits >> (64 - SHORT)) as usize];
        if len > 0 {
            return (symbol, u32::from(len));
        }
        let code = (bits >> 32) as u32;
        let mut len = SHORT + 1;
        while len < LONGEST && code >= self.first[len + 1].0 {
            len += 1;
        }
        let (first, place) = self.first[len];
        let at = usize::from(place) + ((code - first) >> (32 - len)) as usize;
        let symbol = self.symbols.get(at).copied().unwrap_or(END);
        (symbol, len as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(coded: &[u8]) -> Option<Vec<u8>> {
        let mut out = b"kept".to_vec();
        let ok = decode(coded, &mut out);
        assert!(out.starts_with(b"kept"));
        ok.then(|| out.split_off(4))
    }

    #[test]
    fn the_examples_of_the_rfc() {
        let cases: [(&[u8], &str); 4] = [
            (
                b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff",
                "www.example.com",
            ),
            (b"\xa8\xeb\x10\x64\x9c\xbf", "no-cache"),
            (b"\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf", "custom-value"),
            (
                b"\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3",
                "https://www.example.com",
            ),
        ];
        for (coded, text) in cases {
            assert_eq!(decoded(coded).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decoded(b""), Some(vec![]));
    }

    #[test]
    fn every_symbol_comes_back() {
        // Encoded here from the lengths alone, as the code is canonical.
        let mut order: Vec<usize> = (0..SYMBOLS).collect();
        order.sort_by_key(|symbol| (BITS[*symbol], *symbol));
        let mut codes = [0u32; SYMBOLS];
        let (mut code, mut bits) = (0u32, BITS[order[0]]);
        for (n, symbol) in order.iter().enumerate() {
            if n > 0 {
                code = (code + 1) << (BITS[*symbol] - bits);
            }
            bits = BITS[*symbol];
            codes[*symbol] = code;
        }
        assert_eq!(codes[256], 0x3fff_ffff, "appendix B, the end symbol");
        for symbol in 0..256usize {
            let text = [symbol as u8, b'a', symbol as u8];
            let mut stream: Vec<bool> = Vec::new();
            for byte in text {
                let (code, bits) = (codes[usize::from(byte)], BITS[usize::from(byte)]);
                stream.extend((0..bits).rev().map(|bit| code >> bit & 1 == 1));
            }
            while stream.len() % 8 != 0 {
                stream.push(true);
            }
            let coded: Vec<u8> = stream
                .chunks(8)
                .map(|byte| byte.iter().fold(0, |n, bit| n << 1 | u8::from(*bit)))
                .collect();
            assert_eq!(decoded(&coded).as_deref(), Some(&text[..]), "{symbol}");
        }
    }

    #[test]
    fn a_damaged_string_is_none() {
        assert_eq!(decoded(b"\xff\xff\xff\xff"), None, "the end symbol itself");
        assert_eq!(decoded(b"\xff"), None, "eight bits of filling");
        assert_eq!(decoded(b"\x18"), None, "filled with zeros: 'a' and 000");
        assert_eq!(decoded(b"\x1f"), Some(b"a".to_vec()));
    }
}
