//! Captures of QUIC with their keys that others made (skipped where the corpus is absent).

use wirecore::record::Message;

use crate::rows::{corpus, rows_of};

fn requests(messages: &[Message]) -> Vec<String> {
    let requests = messages.iter().filter(|message| !message.method.is_empty());
    requests
        .map(|m| format!("{} {} {} {}", m.protocol, m.stream, m.method, m.target))
        .collect()
}

#[test]
fn http_3_with_the_keys_inside_the_capture() {
    let Some(folder) = corpus("wireshark") else {
        return;
    };
    let path = folder.join("captures/quic_follow_multistream.pcapng");
    let rows = rows_of(&path).expect("a capture");
    let asked = requests(&rows.messages);
    assert_eq!(asked.len(), 22);
    assert!(asked.contains(&"h3 12 POST /youtubei/v1/feedback?key=*".to_owned()));
    assert!(asked.contains(&"h3 52 GET /app_shell".to_owned()));
    let answered = rows.messages.iter().filter(|m| m.status == 200);
    assert_eq!(answered.count(), 22);
    assert!(rows.messages.iter().all(|message| message.complete));
    assert!(rows.anomalies.is_empty(), "{:?}", rows.anomalies);
    let flow = &rows.flows[0];
    assert_eq!(
        (flow.protocol.as_str(), flow.alpn.as_str()),
        ("h3", "h3-29")
    );
    // What stays unread are frames that the browser sends to keep servers tolerant.
    for (app, readable) in flow.app_bytes.iter().zip(flow.readable_bytes) {
        assert!(app - readable < 100, "{app} {readable}");
    }
}
