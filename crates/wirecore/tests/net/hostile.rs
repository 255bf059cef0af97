//! Damaged captures by the thousand, from fixed seeds: nothing panics, hangs or grows.

use wirecore::capture::prescan;
use wirecore::limits::Limits;

use crate::walk::walk;
use crate::wire::*;

/// A small generator with a printed seed (xorshift64*): the same damage in each run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// A capture with a bit of everything that this part of the core reads.
fn sample() -> Vec<Vec<u8>> {
    let mut frames = conversation(40_000);
    let question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03api\x06vendor\x07example\x00\x00\x01\x00\x01";
    let answer = [
        &question[..2],
        b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00",
        &question[12..],
        b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x33\x64\x07",
    ]
    .concat();
    frames.push(ethernet(&ip(PHONE, CLOUD, 17, &udp(5000, 53, question))));
    frames.push(ethernet(&ip(CLOUD, PHONE, 17, &udp(53, 5000, &answer))));
    let datagram = udp(5001, 53, &answer.repeat(3));
    frames.push(ethernet(&ipv4_fragment(3, 0, true, 17, &datagram[..64])));
    frames.push(ethernet(&ipv4_fragment(3, 64, false, 17, &datagram[64..])));
    frames.push(ethernet(&ipv6_fragment(4, 0, true, 17, &datagram[..64])));
    frames.push(ethernet(&ipv6_fragment(4, 64, false, 17, &datagram[64..])));
    let inner = ip(PHONE6, CLOUD6, 6, &tcp(1, 2, SYN, 1, 0, b"early"));
    frames.push(ethernet(&ip(PHONE, CLOUD, 41, &inner)));
    frames.push(ethernet(&ip(
        CLOUD,
        PHONE,
        1,
        &[&[3, 3, 0, 0, 0, 0, 0, 0][..], &inner].concat(),
    )));
    let mut vlan = ethernet(&inner);
    vlan.splice(12..12, [0x81, 0, 0, 9]);
    frames.push(vlan);
    frames.extend(conversation(40_000));
    frames
}

fn damage(file: &mut Vec<u8>, dice: &mut Dice) {
    const EXTREMES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
    for _ in 0..=dice.below(8) {
        let at = dice.below(file.len());
        match dice.below(6) {
            0 => file.truncate(at.max(1)),
            1 => file[at] ^= 1 << dice.below(8),
            2 => file[at] = EXTREMES[dice.below(EXTREMES.len())],
            3 => {
                let end = (at + dice.below(64)).min(file.len());
                let part = file[at..end].to_vec();
                let to = dice.below(file.len());
                file.splice(to..to, part);
            }
            4 => {
                let end = (at + dice.below(64)).min(file.len());
                file.drain(at..end);
                if file.is_empty() {
                    file.push(0);
                }
            }
            _ => {
                let value = dice.next().to_le_bytes();
                for (byte, new) in file[at..].iter_mut().zip(&value[..4]) {
                    *byte = *new;
                }
            }
        }
    }
}

/// Names the seed when a round panics.
struct Named<'a>(&'a str, u64);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: seed {}", self.0, self.1);
        }
    }
}

fn replay(kind: &str, file: &[u8], rounds: u64) {
    let limits = Limits {
        reorder_bytes: 4_000,
        reorder_total_bytes: 8_000,
        open_flows: 20,
        fragment_bytes: 4_000,
        ..Limits::default()
    };
    let mut opened = 0;
    for seed in 1..=rounds {
        let _named = Named(kind, seed);
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut damaged = file.to_vec();
        damage(&mut damaged, &mut dice);
        let walked = walk(damaged.as_slice(), &limits);
        opened += u64::from(walked.is_ok());
        let scanned = prescan(damaged.as_slice(), &limits, &mut |_| {});
        assert_eq!(
            walked.map(|s| s.packets),
            scanned.map(|s| s.packets),
            "{kind}, seed {seed}"
        );
    }
    assert!(
        opened > rounds / 50,
        "the damage should leave files recognisable: {opened}"
    );
}

#[test]
fn the_undamaged_sample_is_read_whole() {
    let summary = walk(pcap(&sample()).as_slice(), &Limits::default()).expect("a capture");
    assert_eq!(summary.packets, sample().len() as u64);
    assert_eq!((summary.bad, summary.not_ip, summary.gap_bytes), (0, 0, 0));
    assert_eq!(summary.names, 4);
    assert!(summary.odd.is_empty(), "{:?}", summary.odd);
    assert_eq!(
        summary,
        walk(pcapng(LITTLE, &sample()).as_slice(), &Limits::default()).expect("a capture")
    );
}

#[test]
fn damaged_pcap_files_are_survived() {
    replay("pcap", &pcap(&sample()), 3_000);
}

#[test]
fn damaged_pcapng_files_are_survived() {
    let mut file = pcapng(LITTLE, &sample());
    file.extend(pcapng(Blocks { big_endian: true }, &sample()));
    replay("pcapng", &file, 3_000);
}

#[test]
fn damaged_frames_in_whole_files_are_survived() {
    let limits = Limits {
        reorder_bytes: 4_000,
        open_flows: 20,
        ..Limits::default()
    };
    for link in [0, 1, 9, 12, 50, 101, 104, 108, 113, 192, 228, 239, 276] {
        let mut dice = Dice(0x5eed_0000 + u64::from(link));
        for _ in 0..200 {
            let frames: Vec<_> = sample()
                .into_iter()
                .map(|mut frame| {
                    if dice.below(2) == 0 {
                        damage(&mut frame, &mut dice);
                    }
                    frame
                })
                .collect();
            let file = pcap_as(Classic { link, ..PLAIN }, &frames);
            let summary = walk(file.as_slice(), &limits).expect("a capture");
            assert_eq!(summary.packets, frames.len() as u64);
        }
    }
}

#[test]
fn damaged_compression_is_survived() {
    use std::io::Write;
    let plain = pcap(
        &std::iter::repeat_n(sample(), 20)
            .flatten()
            .collect::<Vec<_>>(),
    );
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).expect("memory");
    replay("gzip", &gzip.finish().expect("memory"), 500);
    replay(
        "zstd",
        &zstd::encode_all(plain.as_slice(), 1).expect("memory"),
        500,
    );
    let mut xz = xz2::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(&plain).expect("memory");
    replay("xz", &xz.finish().expect("memory"), 200);
    let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
    lz4.write_all(&plain).expect("memory");
    replay("lz4", &lz4.finish().expect("memory"), 500);
}
