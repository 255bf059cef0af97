//! The heads of images, sounds and films: in, bytes from a file's start; out, whether they begin as such a file does.
//!
//! A magic number alone is a lead, and a sender who hides something can write one. So each format is asked for what
//! must follow it. What holds one head and then random bytes is still taken for media: its inside is not read.

/// True when the bytes begin like an image, sound or film, which are searched and shown to `scan` but hold nothing
/// to unwrap.
pub(crate) fn is_media(bytes: &[u8]) -> bool {
    let Some(magic) = bytes.first_chunk::<4>() else {
        return false;
    };
    match magic {
        [0xFF, 0xD8, 0xFF, marker] => *marker >= 0xC0,
        b"\x89PNG" => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
        b"GIF8" => is_gif(bytes),
        b"OggS" => is_ogg(bytes),
        [b'I', b'D', b'3', version] => is_id3(*version, bytes),
        b"#!AM" => is_amr(bytes),
        // The first block is STREAMINFO, 34 bytes (RFC 9639, section 8.2).
        b"fLaC" => matches!(bytes.get(4..8), Some([0 | 0x80, 0, 0, 34])),
        b"\x1a\x45\xdf\xa3" => {
            let head = &bytes[..bytes.len().min(64)];
            [&b"webm"[..], b"matroska"]
                .iter()
                .any(|kind| memchr::memmem::find(head, kind).is_some())
        }
        b"RIFF" => is_riff(bytes),
        _ => bytes.get(4..8) == Some(b"ftyp") && is_boxed(bytes),
    }
}

/// Version, a size above nothing, and an extension or an image behind the colours (GIF89a, sections 17 to 20).
fn is_gif(bytes: &[u8]) -> bool {
    let Some((head, rest)) = bytes.split_first_chunk::<13>() else {
        return false;
    };
    let colours = if head[10] & 0x80 == 0 {
        0
    } else {
        3 << ((head[10] & 7) + 1)
    };
    matches!(&head[4..6], b"7a" | b"9a")
        && (head[6] | head[7]) > 0
        && (head[8] | head[9]) > 0
        && rest.get(colours).is_none_or(|&b| matches!(b, 0x21 | 0x2C))
}

/// The first page of a stream, and a page behind it (RFC 3533, section 6).
fn is_ogg(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<27>() else {
        return false;
    };
    let segments = usize::from(head[26]);
    let Some(table) = bytes.get(27..27 + segments) else {
        return false;
    };
    let next = 27 + segments + table.iter().map(|&len| usize::from(len)).sum::<usize>();
    let first = head[4] == 0 && head[5] <= 7 && head[18..22] == [0; 4];
    first && bytes.get(next..next + 4).is_none_or(|page| page == b"OggS")
}

/// Version 2.2 to 2.4 and a size of seven bits a byte (ID3v2.4.0 structure, section 3.1).
fn is_id3(version: u8, bytes: &[u8]) -> bool {
    matches!(version, 2..=4)
        && bytes.get(4..10).is_some_and(|head| {
            head[1].trailing_zeros() >= 4 && head[2..].iter().all(|&b| b < 0x80)
        })
}

/// The name's end and a frame's header (RFC 4867, section 5).
fn is_amr(bytes: &[u8]) -> bool {
    [&b"#!AMR\n"[..], b"#!AMR-WB\n"].iter().any(|name| {
        bytes
            .strip_prefix(*name)
            .is_some_and(|frames| frames.first().is_none_or(|&b| b & 0x83 == 0))
    })
}

/// WebP, WAV or AVI with a first chunk of theirs.
fn is_riff(bytes: &[u8]) -> bool {
    let (Some(kind), Some(chunk)) = (bytes.get(8..12), bytes.get(12..16)) else {
        return false;
    };
    match kind {
        b"WEBP" => matches!(chunk, b"VP8 " | b"VP8L" | b"VP8X"),
        b"WAVE" => matches!(chunk, b"fmt " | b"JUNK" | b"bext" | b"LIST"),
        b"AVI " => chunk == b"LIST",
        _ => false,
    }
}

/// MP4, 3GP, HEIC, AVIF: a box of brands, and a box behind it (ISO/IEC 14496-12, section 4.3).
fn is_boxed(bytes: &[u8]) -> bool {
    let len = bytes
        .first_chunk::<4>()
        .map_or(0, |len| u32::from_be_bytes(*len) as usize);
    let printable = |b: &u8| (b' '..=b'~').contains(b);
    (12..=1024).contains(&len)
        && len % 4 == 0
        && bytes
            .get(8..12)
            .is_some_and(|brand| brand.iter().all(printable))
        && bytes
            .get(len + 4..len + 8)
            .is_none_or(|kind| kind.iter().all(printable))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ogg() -> Vec<u8> {
        let mut page = b"OggS\0\x02".to_vec();
        page.extend([0; 12]);
        page.extend([0; 8]);
        page.extend([1, 3, b'a', b'b', b'c']);
        [&page[..], b"OggS"].concat()
    }

    #[test]
    fn whole_heads_are_media() {
        let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c".to_vec();
        let heads: [Vec<u8>; 10] = [
            gif,
            ogg(),
            b"ID3\x04\0\0\0\0\x02\x01TIT2".to_vec(),
            b"#!AMR\n\x3c\0".to_vec(),
            b"fLaC\0\0\0\x22".to_vec(),
            b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm".to_vec(),
            b"RIFF\x10\0\0\0WEBPVP8 ".to_vec(),
            b"RIFF\x10\0\0\0WAVEfmt ".to_vec(),
            b"\0\0\0\x10ftypisom\0\0\x02\0\0\0\x01\0moov".to_vec(),
            b"\xff\xd8\xff\xe0".to_vec(),
        ];
        for head in heads {
            assert!(is_media(&head), "{head:02x?}");
        }
    }

    #[test]
    fn a_magic_number_before_random_bytes_is_not_media() {
        let mut state = 7_u64;
        let mut noise = Vec::new();
        while noise.len() < 4096 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            noise.extend(state.to_le_bytes());
        }
        for magic in [
            &b"GIF8"[..],
            b"OggS",
            b"ID3",
            b"#!AMR",
            b"fLaC",
            b"\x1a\x45\xdf\xa3",
            b"RIFF\x10\0\0\0WEBP",
            b"RIFF\x10\0\0\0WAVE",
            b"\x93\x11\x04\x77ftyp",
        ] {
            assert!(!is_media(&[magic, &noise].concat()), "{magic:02x?}");
            assert!(!is_media(magic), "{magic:02x?} alone");
        }
    }
}
