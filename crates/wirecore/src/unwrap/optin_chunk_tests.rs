//! Vectors made with libsodium through PyNaCl: `crypto_secretstream_xchacha20poly1305_push`.

use super::*;

const ONE: (&str, &str) = (
    "92a99c35760a82f0f8581b5e2d49002a3626fcd06eb18dd3e3c0c9a8c6eb44b8",
    concat!(
        "0a2fae0091f04cf9bb03b1c4558afcae1ee2c8ecf38dd69422167a8fb68d7726b76f44a1775982a941ece5f67f06376f",
        "1d70f16764fb303a724260dc612a84af94a7587835ad5a0bb7",
    ),
);
const ODD: (&str, &str) = (
    "eef3edd345c3a6a7fc1c6ab8846eb174b492830e4d544cca65ad7549dc2f93b0",
    concat!(
        "c8405f8cc8163e7dff43b0ed786f5371ffd25d361daf4e831e01ed6663fe1a13398e5dd92f907c5531fa71b44583ef64",
        "115390ba4d07c204b06a",
    ),
);
const EMPTY: (&str, &str) = (
    "c967be0b109e7c74452e2c071d62234de39834e5f8a8cecdcd9ffb7f9b220131",
    "3853d5086b722cf13686c10d94d9577c2aa40cb4b2fe0d4193b4160e1cf543e88464fe2da2307ac447",
);
const SEVERAL: (&str, &str) = (
    "f42089a68876f024e9f027900383daa2c822779e9399c9ccbc76422e01eb2d27",
    concat!(
        "ca77380eac61b6520eaab6e2393dd5abc734373ad331dbcac4e7f50c40a89a2cc916d82ddd4595f6d4e3788563e1f4a3",
        "16919c482a8fc6cce93366bcb2ea85b078ededd7b718acecc8f64e1484184241ffd9ce71e533ab905ad1b49742033005",
        "231bcfad17350022fa02d626ed623ec44449b8bc1ab5e72af8c0cb08d75f4b9f2e46254c61842032f5251ae8c82cf253",
        "70f584f143637bc1219205240916167a4c4c317b96e1c7aa6a5cb44cd5993ccf697d8cd2bba0a270165b26f5d8104224",
        "2284ef9c15f3f91fc4279cc1c608acf3787930b4ae06a146e914aa198cbdd126ae2505c9257bd854a8d3b1c2c2",
    ),
);
const UNFINISHED: (&str, &str) = (
    "485686dd9781958167fe3111d8106f7ed326dbf3b168bed4341fda506e5a5a68",
    concat!(
        "2f01c91388e3dfd965dff99742312acc7690195743f3a0f6e83c681b37d4dada9f61e531577283ed8d83deaed1e47ba6",
        "1de2bdd8921ac8c8ae62de36b552c13789b1ac4047da1d1c3ee9518a1be8eb416cc4fdb7cf7946f81ea8c0f027585128",
        "923cc0785f991ae8a26907bab507d8",
    ),
);
const FIRST: &str = "d7e98967056f4828cb388a7930d88594b59e4374a7927afdd93890273682c804";
const CONTENT: &str = "d7e98967056f4828cb388a7930d88594b59e4374a7927afdd93890273682c804d69499d1041548c02202ba3e693fdf56ef7346218d4ba158a47ac76ee7a457eb639c5dd71ac784eab86be9e80f466324f2a9dfa69a24871de5a0fb2aac2c9e1d18dc7ed0e7fce4f7755bba22cc1074cf";

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn key_and_body((key, body): (&str, &str)) -> ([u8; 32], Vec<u8>) {
    (hex(key).try_into().unwrap(), hex(body))
}

fn open_vector(vector: (&str, &str)) -> Result<Opened, OpenError> {
    let (key, body) = key_and_body(vector);
    open(&key, &body)
}

#[test]
fn one_message_as_optin_writes_it_loses_its_padding() {
    let opened = open_vector(ONE).unwrap();
    assert_eq!(
        opened,
        Opened {
            content: b"hello, chunk".to_vec(),
            complete: true
        }
    );
}

#[test]
fn a_length_that_is_no_multiple_of_16_opens_and_content_without_a_padding_mark_stays() {
    assert_eq!(open_vector(ODD).unwrap().content, b"seventeen bytes!!");
    assert_eq!(
        open_vector(EMPTY).unwrap(),
        Opened {
            content: vec![],
            complete: true
        }
    );
}

#[test]
fn several_messages_open_across_a_rekey_though_nothing_says_where_they_end() {
    let opened = open_vector(SEVERAL).unwrap();
    assert!(opened.complete);
    assert_eq!(opened.content, [hex(CONTENT), b"the end".to_vec()].concat());
}

#[test]
fn a_stream_without_its_final_message_is_given_as_incomplete() {
    let opened = open_vector(UNFINISHED).unwrap();
    assert!(!opened.complete);
    assert_eq!(opened.content.len(), 32 + 21);
    assert_eq!(opened.content[..32], hex(FIRST)[..]);
}

#[test]
fn a_wrong_key_opens_nothing() {
    let (mut key, body) = key_and_body(ONE);
    key[0] ^= 1;
    assert_eq!(open(&key, &body), Err(OpenError::DoesNotFit));
}

#[test]
fn every_changed_byte_closes_a_single_message() {
    let (key, body) = key_and_body(ONE);
    for at in 0..body.len() {
        let mut changed = body.clone();
        changed[at] ^= 0x20;
        assert_eq!(
            open(&key, &changed),
            Err(OpenError::DoesNotFit),
            "byte {at}"
        );
    }
}

#[test]
fn a_cut_body_gives_only_whole_messages() {
    let (key, body) = key_and_body(SEVERAL);
    let whole = hex(CONTENT);
    for len in 0..body.len() {
        match open(&key, &body[..len]) {
            Ok(opened) => {
                assert!(!opened.complete, "{len}");
                assert!(whole.starts_with(&opened.content), "{len}");
                assert!(len >= HEADER + 32 + OVERHEAD);
            }
            Err(OpenError::TooShort) => assert!(len < HEADER + OVERHEAD),
            Err(OpenError::DoesNotFit) => assert!(len < HEADER + 32 + OVERHEAD),
        }
    }
}

#[test]
fn bytes_after_a_cut_final_message_are_not_content() {
    let (key, mut body) = key_and_body(SEVERAL);
    body.extend_from_slice(b"trailing bytes");
    let opened = open(&key, &body).unwrap();
    assert!(opened.complete);
    assert_eq!(opened.content.len(), hex(CONTENT).len() + 7);
}

#[test]
fn keys_are_found_by_name() {
    let mut keys = Keys::new();
    assert!(keys.is_empty());
    keys.add("a", [1; 32]);
    keys.add("a", [2; 32]);
    assert_eq!(
        (keys.len(), keys.get("a"), keys.get("b")),
        (1, Some(&[2; 32]), None)
    );
}
