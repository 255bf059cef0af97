//! A place on earth as records of photos, films and numbers give it: printed as people write it, at several
//! precisions, so that a place that is looked for is found however exact either of the two is.

use std::io::Write as _;

/// Decimals, from a decimetre to a hundred metres.
const DECIMALS: [usize; 4] = [6, 5, 4, 3];

/// True for degrees that can be a place; the middle of the map is what programs write that know none.
pub(super) fn is_place(latitude: f64, longitude: f64) -> bool {
    latitude.abs() <= 90.0
        && longitude.abs() <= 180.0
        && latitude.abs() > 1e-3
        && longitude.abs() > 1e-3
}

/// Prints it.
pub(super) fn print(latitude: f64, longitude: f64, out: &mut Vec<u8>) {
    for (n, decimals) in DECIMALS.into_iter().enumerate() {
        let gap = if n > 0 { " " } else { "" };
        // Writing to a vector cannot fail.
        let _ = write!(out, "{gap}{latitude:.decimals$},{longitude:.decimals$}");
    }
}

/// Reads ISO 6709 as cameras write it: `+48.8584+002.2945/`, degrees with decimals.
pub(super) fn read(text: &[u8]) -> Option<(f64, f64)> {
    let text = std::str::from_utf8(text.get(..text.len().min(64))?).ok()?;
    let second = 1 + text.get(1..)?.find(['+', '-'])?;
    let end = second
        + 1
        + text[second + 1..]
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len() - second - 1);
    let number = |text: &str| text.contains('.').then(|| text.parse().ok()).flatten();
    let (latitude, longitude) = (number(&text[..second])?, number(&text[second..end])?);
    is_place(latitude, longitude).then_some((latitude, longitude))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_camera_s_place_is_read_and_printed() {
        let (latitude, longitude) = super::read(b"+48.8584+002.2945+035.0/").unwrap();
        let mut out = Vec::new();
        super::print(latitude, longitude, &mut out);
        assert!(out.starts_with(b"48.858400,2.294500 48.85840,2.29450 48.8584,2.2945"));
        assert_eq!(
            super::read(b"-33.8568+151.2153/").map(|p| p.0 < 0.0),
            Some(true)
        );
        for odd in [
            &b""[..],
            b"+",
            b"+4+5",
            b"+91.0+200.0",
            b"no place",
            b"+0.0+0.0/",
            "+48.85\u{e9}".as_bytes(),
        ] {
            assert_eq!(super::read(odd), None);
        }
    }
}
