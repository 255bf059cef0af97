//! Multipart bodies, XML and cookies.

use super::seen::{body, shown};
use super::wrap;
use wirecore::unwrap::Hint;

const UPLOAD: &[u8] = b"--XyZ\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n\
{\"imei\":\"490154203237518\"}\r\n--XyZ\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a%20b.jpg\"\r\n\
Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xe0\r\n--Xy\r\n\r\n--XyZ--\r\n";

#[test]
fn parts_are_named_and_read_by_what_they_are() {
    for content_type in [
        "multipart/form-data; boundary=XyZ",
        "Multipart/Form-Data; charset=x; boundary=\"XyZ\"",
        "text/plain",
        "",
    ] {
        let seen = shown(UPLOAD, &body(content_type));
        let imei = seen.exactly(b"490154203237518").unwrap();
        assert_eq!(imei.way(), "multipart > json");
        assert_eq!(
            (imei.steps[0].path.as_str(), imei.path()),
            ("part:0", "/imei")
        );
        let photo = seen.exactly(b"\xff\xd8\xff\xe0\r\n--Xy\r\n").unwrap();
        assert_eq!((photo.path(), photo.key.as_str()), ("part:1", "photo"));
        // The file name stands in the headers of the part, and is decoded there.
        let head = seen
            .nodes
            .iter()
            .find(|n| n.way() == "multipart > line > percent")
            .unwrap();
        assert_eq!(head.bytes, b"filename=\"a b.jpg\"");
        assert_eq!(head.steps[0].path, "head:1");
    }
}

#[test]
fn a_window_in_the_middle_of_an_upload_is_read_from_where_it_begins() {
    let hint = body("multipart/form-data; boundary=XyZ");
    for cut in 0..UPLOAD.len() {
        let head = shown(&UPLOAD[..cut], &hint);
        let tail = shown(&UPLOAD[cut..], &hint);
        let found = head
            .exactly(b"490154203237518")
            .or_else(|| tail.exactly(b"490154203237518"));
        let at = UPLOAD
            .windows(15)
            .position(|w| w == b"490154203237518")
            .unwrap();
        // Only a cut inside the value itself may hide it.
        assert!(
            found.is_some() || (at - 30..at + 15).contains(&cut),
            "cut at {cut}"
        );
    }
}

#[test]
fn multipart_inside_multipart() {
    let inner = wrap::multipart(b"name=Ada%20Lovelace");
    let outer = [
        b"--out\r\nContent-Type: multipart/mixed; boundary=frontier0\r\n\r\n".to_vec(),
        inner,
        b"\r\n--out--".to_vec(),
    ]
    .concat();
    let seen = shown(&outer, &body("multipart/related; boundary=out"));
    assert_eq!(
        seen.exactly(b"Ada Lovelace").unwrap().way(),
        "multipart > multipart > form"
    );
}

#[test]
fn xml_text_and_attributes_have_paths() {
    let text = r#"<?xml version='1.0'?><!DOCTYPE x><smses count="1"><!-- by Ada --><sms address="+8613800138000" body="Tom &amp; I, &#x4f60;&#22909;"/><note>5 &lt; 6<br>bold</br></note><![CDATA[{"imei":"490154203237518"}]]></smses>"#;
    let seen = shown(text.as_bytes(), &body("text/xml"));
    let message = seen.exactly("Tom & I, 你好".as_bytes()).unwrap();
    assert_eq!(
        (message.way().as_str(), message.path(), message.key.as_str()),
        ("xml", "/smses/sms/@body", "body")
    );
    assert_eq!(
        seen.exactly(b"+8613800138000").unwrap().path(),
        "/smses/sms/@address"
    );
    assert_eq!(seen.exactly(b"5 < 6").unwrap().path(), "/smses/note");
    assert_eq!(seen.exactly(b"bold").unwrap().path(), "/smses/note/br");
    assert_eq!(seen.exactly(b"by Ada").unwrap().path(), "/smses");
    assert_eq!(
        seen.exactly(b"490154203237518").unwrap().way(),
        "xml > json"
    );
}

#[test]
fn xml_cut_anywhere_is_read_as_far_as_it_goes() {
    let text = wrap::xml("a \"quoted\" <value> & more");
    for end in 0..text.len() {
        shown(&text[..end], &Hint::default());
    }
    let seen = shown(&text, &Hint::default());
    assert_eq!(
        seen.exactly(b"a \"quoted\" <value> & more").unwrap().path(),
        "/map/string[data]"
    );
}

#[test]
fn cookies_are_named() {
    let hint = Hint {
        place: "header:Cookie",
        ..Hint::default()
    };
    let seen = shown(
        b"sid=31d4d96e407aad42; mail=ada%40example.org; flag; prefs=\"x=1\"",
        &hint,
    );
    let mail = seen.exactly(b"ada@example.org").unwrap();
    assert_eq!(
        (
            mail.way().as_str(),
            mail.steps[0].path.as_str(),
            mail.key.as_str()
        ),
        ("cookie > percent", "mail", "mail")
    );
    assert_eq!(seen.exactly(b"\"x=1\"").unwrap().path(), "prefs");
    assert_eq!(seen.exactly(b"flag").unwrap().path(), "");
}
