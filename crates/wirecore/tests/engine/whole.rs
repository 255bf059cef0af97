//! The whole way of a byte, as one story: an identifier leaves, and is found where it stands.

use wirecore::engine::Rows;

use crate::listen::{rows_of, talk_by, IMEI};

const BODY: &str = "{\"device\":{\"imei\":\"490154203237518\",\"id\":\"NDkwMTU0MjAzMjM3NTE4\"}}";

/// One upload over plain HTTP, in segments of `size` bytes.
fn upload(size: usize) -> Rows {
    assert!(BODY.contains(IMEI));
    let request = format!(
        "POST /v1/report HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let answer: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
    rows_of(&talk_by(
        size,
        80,
        &[(true, request.as_bytes()), (false, answer)],
    ))
}

#[test]
fn an_identifier_that_leaves_is_found_in_clear_and_in_base64_however_it_was_cut() {
    for size in [1, 7, 100, 1_460] {
        let rows = upload(size);
        assert_eq!(rows.flows.len(), 1);
        assert_eq!(rows.flows[0].host, "api.example");
        assert_eq!(rows.flows[0].app_bytes, rows.flows[0].readable_bytes);
        let up: Vec<_> = rows.messages.iter().filter(|message| message.up).collect();
        assert_eq!(
            (up.len(), up[0].method.as_str(), up[0].body_bytes),
            (1, "POST", BODY.len() as u64)
        );
        let paths: Vec<&str> = rows
            .hits
            .iter()
            .map(|hit| hit.steps[0].path.as_str())
            .collect();
        assert_eq!(
            paths,
            ["/device/imei", "/device/id"],
            "segments of {size} bytes"
        );
        assert!(rows.anomalies.is_empty());
    }
}

#[test]
fn what_comes_down_is_no_exposure() {
    let rows = upload(1_460);
    assert!(rows.hits.iter().all(|hit| hit.up));
    let down = rows.messages.iter().filter(|message| !message.up);
    assert_eq!(down.count(), 1, "the answer");
}
