//! Bodies that come in windows show what they show as a whole.

use super::*;

/// Inspects `body` in windows and gives hits and media.
fn in_windows(body: &[u8], window: usize, overlap: usize) -> Findings {
    let limits = Limits {
        body_window_bytes: window,
        body_overlap_bytes: overlap,
        ..Limits::default()
    };
    let mut inspector = Inspector::new(watch(vec![]), Arc::new(Keys::new()), &limits);
    let (mut carry, mut found) = (Carry::default(), Findings::default());
    let mut from = 0;
    loop {
        let end = (from + window).min(body.len());
        let last = end == body.len();
        let total = Some(body.len() as u64);
        let piece = Piece {
            offset: from as u64,
            last,
            total,
            ..piece(&body[from..end])
        };
        inspector.inspect(&piece, &mut carry, &mut found);
        if last {
            return found;
        }
        from = end - overlap;
    }
}

#[test]
fn windows_of_unstructured_bytes_find_what_the_whole_shows() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut body = Vec::new();
        let hex = hex(&media::sha256(IMEI.as_bytes()));
        let facts: [&[u8]; 5] = [
            IMEI.as_bytes(),
            b"ada.lovelace@example.org",
            b"7391",
            JPEG,
            hex.as_bytes(),
        ];
        for fact in facts {
            let len = random.below(900) as usize;
            body.extend((0..len).map(|_| b"\x01\x02 .:,\xF3\xC1"[random.below(8) as usize]));
            body.push(b' ');
            body.extend_from_slice(fact);
            body.push(b' ');
        }
        let mut whole = inspect(&piece(&body));
        take_windows_off(&mut whole, &body);
        assert_eq!(
            (whole.hits.len(), whole.media.len()),
            (5, 1),
            "seed {seed}: {:?}",
            whole.hits
        );
        for window in [150, 256, 1000, 2500] {
            let mut found = in_windows(&body, window, 100);
            take_windows_off(&mut found, &body);
            found.hits.sort_by_key(|hit| (hit.needle, hit.start));
            let mut hits = whole.hits.clone();
            hits.sort_by_key(|hit| (hit.needle, hit.start));
            assert_eq!(found.hits, hits, "seed {seed} window {window}");
            assert_eq!(found.media, whole.media, "seed {seed} window {window}");
        }
    }
}

#[test]
fn a_token_at_the_edge_of_a_window_is_judged_by_its_true_neighbours() {
    // "17391" cut between 1 and 7 must not show the PIN.
    for at in 90..110 {
        let body = [vec![b' '; at], b"17391x".to_vec(), vec![b' '; 200]].concat();
        assert_eq!(in_windows(&body, 100, 20).hits, [], "{at}");
    }
}

#[test]
fn a_json_document_in_windows_shows_every_fact_once() {
    let filler = |n: usize| format!(r#""k{n}":"{}""#, "lorem ipsum ".repeat(n % 40));
    for lead in 0..60 {
        let mut members: Vec<String> = (0..lead).map(filler).collect();
        members.push(format!(r#""imei":"{IMEI}""#));
        members.extend((0..30).map(filler));
        let body = format!("{{{}}}", members.join(","));
        let found = in_windows(body.as_bytes(), 2000, 300);
        assert_eq!(found.hits.len(), 1, "{lead}: {:?}", found.hits);
        assert_eq!(rederive(body.as_bytes(), &found.hits[0]), IMEI.as_bytes());
    }
}

#[test]
fn a_file_longer_than_a_window_is_known_by_its_hash_though_it_is_no_image() {
    let file = Random::new(9).bytes(5000);
    let files = vec![FileHash {
        needle: 0,
        sha256: media::sha256(&file),
        len: 5000,
    }];
    let needles = Needles::compile(vec![], vec![], files).unwrap();
    let watch = Arc::new(Watch::new(needles, vec![0], vec![]).unwrap());
    let mut inspector = Inspector::new(watch, Arc::new(Keys::new()), &Limits::default());
    for total in [Some(5000), None] {
        let (mut carry, mut found) = (Carry::default(), Findings::default());
        for (from, end) in [(0, 2000), (1900, 3900), (3800, 5000)] {
            let piece = Piece {
                offset: from as u64,
                last: end == 5000,
                total,
                ..piece(&file[from..end])
            };
            inspector.inspect(&piece, &mut carry, &mut found);
        }
        let expected = usize::from(total.is_some());
        assert_eq!(found.hits.len(), expected);
        assert!(found
            .hits
            .iter()
            .all(|hit| (hit.start, hit.end) == (0, 5000)));
        assert!(found.hits.iter().all(|hit| hit.window.bytes == file[..256]));
    }
}

#[test]
fn bytes_that_nothing_explains_are_counted_once_however_they_come() {
    let secret = Random::new(10).bytes(6000);
    assert_eq!(inspect(&piece(&secret)).opaque_bytes, 6000);
    assert_eq!(in_windows(&secret, 1000, 100).opaque_bytes, 6000);
    // A magic number does not explain what follows it.
    for magic in [&b"\xFF\xD8\xFF\xE0"[..], b"\x89PNG\r\n\x1a\n"] {
        let disguised = [magic, &secret].concat();
        let len = disguised.len() as u64;
        assert_eq!(inspect(&piece(&disguised)).opaque_bytes, len);
        assert_eq!(in_windows(&disguised, 1000, 100).opaque_bytes, len);
    }
}

#[test]
fn an_image_is_no_secret_also_in_windows() {
    // A photo whose data is as random as a secret: a header, then entropy-coded bytes without markers.
    let scan = JPEG
        .windows(2)
        .position(|pair| pair == b"\xFF\xDA")
        .unwrap();
    let data = Random::new(12)
        .bytes(9000)
        .into_iter()
        .filter(|&b| b != 0xFF);
    let photo: Vec<u8> = JPEG[..scan + 14]
        .iter()
        .copied()
        .chain(data)
        .chain(*b"\xFF\xD9")
        .collect();
    for found in [inspect(&piece(&photo)), in_windows(&photo, 1000, 100)] {
        assert_eq!(found.media.len(), 1);
        assert!(found.media[0].complete);
        assert_eq!(found.opaque_bytes, 0);
    }
}

#[test]
fn many_images_in_one_message_are_bounded_and_counted() {
    let body = JPEG.repeat(1100);
    let found = inspect(&piece(&body));
    assert_eq!(found.media.len(), 1024);
    assert_eq!(
        found.bounds,
        [Bound {
            what: "media_rows".to_owned(),
            unread: 76
        }]
    );
}
