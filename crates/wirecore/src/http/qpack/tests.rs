//! QPACK's decoder: what is inserted, duplicated, broken off.

use super::*;

const BOUNDS: Bounds = Bounds {
    table: 4096,
    list: 65_536,
};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn shown(fields: &Fields) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = fields.headers();
    headers
        .iter()
        .map(|h| (h.name.to_owned(), text(h.value)))
        .collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
        .collect()
}

fn read(qpack: &Qpack, block: &str) -> Vec<(String, String)> {
    let mut fields = Fields::default();
    let section = qpack.section(&bytes(block), BOUNDS, true, &mut fields, &mut Vec::new());
    assert_eq!(section, Section::Read);
    shown(&fields)
}

fn tell(qpack: &mut Qpack, hex: &str) {
    assert!(takes(qpack, &bytes(hex)));
}

/// Whether all of a piece can be read.
fn takes(qpack: &mut Qpack, piece: &[u8]) -> bool {
    let taken = qpack.instructions(piece, None, BOUNDS, &mut Vec::new());
    assert_eq!(taken.bytes, piece.len());
    taken.unread == 0
}

/// RFC 9204 appendix B, from B.1 to B.5, with a table of 220 bytes.
#[test]
fn the_conversation_of_the_rfc() {
    let mut qpack = Qpack::default();
    qpack.allow(220);
    assert_eq!(
        read(&qpack, "0000 510b 2f69 6e64 6578 2e68 746d 6c"),
        pairs(&[(":path", "/index.html")])
    );
    let second = "0381 10 11";
    let mut fields = Fields::default();
    let blocked = qpack.section(&bytes(second), BOUNDS, true, &mut fields, &mut Vec::new());
    assert_eq!(blocked, Section::Blocked(2));
    tell(
        &mut qpack,
        "3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d c10c 2f73 616d 706c 652f 7061 7468",
    );
    assert_eq!(
        read(&qpack, second),
        pairs(&[(":authority", "www.example.com"), (":path", "/sample/path")])
    );
    tell(
        &mut qpack,
        "4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565",
    );
    tell(&mut qpack, "02");
    assert_eq!(
        read(&qpack, "0500 80 c1 81"),
        pairs(&[
            (":authority", "www.example.com"),
            (":path", "/"),
            ("custom-key", "custom-value")
        ])
    );
    tell(&mut qpack, "810d 6375 7374 6f6d 2d76 616c 7565 32");
    assert_eq!(qpack.table.size(), 215, "the oldest entry was evicted");
    assert_eq!(qpack.inserted(), 5);
}

#[test]
fn instructions_in_pieces_say_the_same() {
    let told = bytes(
        "3fbd01 c00f 7777 772e 6578 616d 706c 652e 636f 6d c10c 2f73 616d 706c 652f 7061 7468",
    );
    for size in 1..told.len() {
        let mut qpack = Qpack::default();
        qpack.allow(220);
        for piece in told.chunks(size) {
            assert!(takes(&mut qpack, piece));
        }
        assert_eq!(
            read(&qpack, "0381 10 11")[1].1,
            "/sample/path",
            "pieces of {size}"
        );
    }
}

/// What a piece by piece reading says in all: entries, whether it broke, and how many bytes stay unread.
fn in_pieces(told: &[u8], size: usize, bounds: Bounds) -> (u64, bool, u64) {
    let mut qpack = Qpack::default();
    let mut unread = 0;
    for piece in told.chunks(size) {
        unread += qpack
            .instructions(piece, None, bounds, &mut Vec::new())
            .unread;
    }
    let broken = qpack.is_broken();
    (qpack.inserted(), broken, unread + qpack.lost())
}

#[test]
fn a_break_counts_the_same_bytes_however_they_come() {
    let small = Bounds { list: 12, ..BOUNDS };
    let sound = "3fbd01 4a63 7573 746f 6d2d 6b65 790c 6375 7374 6f6d 2d76 616c 7565";
    for (broken, bounds, entries) in [
        // An index beyond the static table, more sound instructions behind it.
        (format!("{sound} ff 8001 02 61 62 {sound}"), BOUNDS, 1),
        // An instruction that is longer than the bound, whole or not.
        (format!("3fbd01 02 {sound} 02"), small, 1),
        (format!("{sound} 4a63 7573"), BOUNDS, 1),
    ] {
        let told = bytes(&broken);
        let whole = in_pieces(&told, told.len(), bounds);
        assert_eq!(whole.0, entries, "{broken}");
        assert!(whole.2 > 0, "{broken}");
        for size in 1..told.len() {
            assert_eq!(
                in_pieces(&told, size, bounds),
                whole,
                "{broken} in pieces of {size}"
            );
        }
    }
}

#[test]
fn without_the_encoder_stream_the_rest_is_read_and_placeholders_stand_for_it() {
    let mut qpack = Qpack::default();
    qpack.allow(4096);
    qpack.lost();
    assert!(!takes(&mut qpack, b"\x02"));
    let mut fields = Fields::default();
    // Two dynamic fields, a literal under a dynamic name, one of the static table.
    let block = bytes("0381 10 11 00 03 6e65 77 d1");
    let section = qpack.section(&block, BOUNDS, true, &mut fields, &mut Vec::new());
    assert_eq!(section, Section::Read, "nothing is waited for");
    assert_eq!(
        shown(&fields),
        pairs(&[("?0", ""), ("?1", ""), ("?2", "new"), (":method", "GET")])
    );
    assert_eq!((fields.unresolved, fields.unread), (3, 7));
}

#[test]
fn a_table_and_an_instruction_without_end_stay_within_their_bounds() {
    let mut qpack = Qpack::default();
    qpack.allow(1 << 40);
    tell(&mut qpack, "3f e1ff ffff ff1f");
    for n in 0..2000u32 {
        let mut one = b"\x44name".to_vec();
        one.extend([0x7f, 0x80, 0x04]);
        one.extend(n.to_be_bytes());
        one.extend([b'v'; 635]);
        assert!(takes(&mut qpack, &one));
        assert!(qpack.table.size() <= BOUNDS.table);
    }
    assert_eq!(qpack.inserted(), 2000);
    let endless = b"\x44name\x7f\xff\xff\xff\x7f".to_vec();
    assert!(takes(&mut qpack, &endless));
    let more = vec![b'v'; BOUNDS.list + 1];
    assert!(!takes(&mut qpack, &more));
    assert!(qpack.is_broken() && qpack.begun.capacity() == 0);
}

#[test]
fn a_section_cut_anywhere_is_damaged_or_shorter_and_never_read_beyond() {
    let block = bytes("0000 510b 2f69 6e64 6578 2e68 746d 6c d1 2703 666f 6f2d 6261 7203 626172");
    for cut in 0..block.len() {
        let mut fields = Fields::default();
        let qpack = Qpack::default();
        qpack.section(&block[..cut], BOUNDS, true, &mut fields, &mut Vec::new());
        assert!(fields.headers().len() <= 2);
    }
}
