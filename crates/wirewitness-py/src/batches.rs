//! Rows of the core into Arrow record batches, one function a table. Column names are those of `wirecore::record`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Int64Builder, StringBuilder, UInt16Builder, UInt32Builder,
    UInt64Builder, UInt8Builder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use wirecore::record::{
    Anomaly, Flow, Hit, Media, Message, Name, Step, Token, Tried, Volume, Window, SCHEMA_VERSION,
};

macro_rules! column {
    (type text) => {
        DataType::Utf8
    };
    (type bytes) => {
        DataType::Binary
    };
    (type bool) => {
        DataType::Boolean
    };
    (type i64) => {
        DataType::Int64
    };
    (type u64) => {
        DataType::UInt64
    };
    (type u32) => {
        DataType::UInt32
    };
    (type u16) => {
        DataType::UInt16
    };
    (type u8) => {
        DataType::UInt8
    };
    (builder text) => {
        StringBuilder
    };
    (builder bytes) => {
        BinaryBuilder
    };
    (builder bool) => {
        BooleanBuilder
    };
    (builder i64) => {
        Int64Builder
    };
    (builder u64) => {
        UInt64Builder
    };
    (builder u32) => {
        UInt32Builder
    };
    (builder u16) => {
        UInt16Builder
    };
    (builder u8) => {
        UInt8Builder
    };
}

/// A table: its schema and a function from rows to a batch.
macro_rules! table {
    ($(#[$m:meta])* $fn:ident, $schema:ident, $row:ty, $r:ident => { $($name:literal : $kind:ident = $value:expr,)+ }) => {
        $(#[$m])*
        pub fn $schema() -> SchemaRef {
            let fields = vec![$(Field::new($name, column!(type $kind), false),)+];
            let metadata = HashMap::from([("wirewitness.schema".to_owned(), SCHEMA_VERSION.to_string())]);
            Arc::new(Schema::new(fields).with_metadata(metadata))
        }
        $(#[$m])*
        pub fn $fn(rows: &[$row]) -> RecordBatch {
            let columns: Vec<ArrayRef> = vec![$({
                let mut builder = <column!(builder $kind)>::new();
                for $r in rows { builder.append_value($value); }
                Arc::new(builder.finish()) as ArrayRef
            },)+];
            RecordBatch::try_new($schema(), columns).expect("columns are built from one row list")
        }
    };
}

table!(
    /// Conversations.
    flow_batch, flow_schema, Flow, r => {
        "id": text = &r.id,
        "capture": u32 = r.capture,
        "first_packet": u64 = r.first_packet,
        "ip_proto": u8 = r.ip_proto,
        "client": text = &r.client,
        "client_port": u16 = r.client_port,
        "server": text = &r.server,
        "server_port": u16 = r.server_port,
        "phone": text = r.phone,
        "first_ns": i64 = r.first_ns,
        "last_ns": i64 = r.last_ns,
        "packets_client": u64 = r.packets[0],
        "packets_server": u64 = r.packets[1],
        "wire_bytes_client": u64 = r.wire_bytes[0],
        "wire_bytes_server": u64 = r.wire_bytes[1],
        "payload_bytes_client": u64 = r.payload_bytes[0],
        "payload_bytes_server": u64 = r.payload_bytes[1],
        "app_bytes_client": u64 = r.app_bytes[0],
        "app_bytes_server": u64 = r.app_bytes[1],
        "readable_bytes_client": u64 = r.readable_bytes[0],
        "readable_bytes_server": u64 = r.readable_bytes[1],
        "handshake_bytes_client": u64 = r.handshake_bytes[0],
        "handshake_bytes_server": u64 = r.handshake_bytes[1],
        "gap_bytes_client": u64 = r.gap_bytes[0],
        "gap_bytes_server": u64 = r.gap_bytes[1],
        "retransmitted_bytes_client": u64 = r.retransmitted_bytes[0],
        "retransmitted_bytes_server": u64 = r.retransmitted_bytes[1],
        "state": text = r.state,
        "protocol": text = &r.protocol,
        "tls_version": text = &r.tls_version,
        "sni": text = &r.sni,
        "alpn": text = &r.alpn,
        "ja4": text = &r.ja4,
        "cipher": text = &r.cipher,
        "client_random": text = &r.client_random,
        "cert_sha256": text = &r.cert_sha256,
        "cert_subject": text = &r.cert_subject,
        "cert_issuer": text = &r.cert_issuer,
        "cert_names": text = &r.cert_names,
        "opaque_reason": text = &r.opaque_reason,
        "alert": text = &r.alert,
        "host": text = &r.host,
        "client_mac": text = &r.client_mac,
        "app": text = &r.app,
        "proxied": bool = r.proxied,
        "ech": bool = r.ech,
    }
);

table!(
    /// Application units.
    message_batch, message_schema, Message, r => {
        "flow": text = &r.flow,
        "stream": u64 = r.stream,
        "number": u32 = r.number,
        "capture": u32 = r.capture,
        "up": bool = r.up,
        "from_client": bool = r.from_client,
        "time_ns": i64 = r.time_ns,
        "end_ns": i64 = r.end_ns,
        "protocol": text = &r.protocol,
        "method": text = &r.method,
        "scheme": text = &r.scheme,
        "host": text = &r.host,
        "target": text = &r.target,
        "status": u16 = r.status,
        "content_type": text = &r.content_type,
        "content_encoding": text = &r.content_encoding,
        "user_agent": text = &r.user_agent,
        "offset": u64 = r.offset,
        "head_bytes": u64 = r.head_bytes,
        "body_bytes": u64 = r.body_bytes,
        "decoded_bytes": u64 = r.decoded_bytes,
        "opaque_bytes": u64 = r.opaque_bytes,
        "complete": bool = r.complete,
    }
);

table!(
    /// Needles and detectors seen.
    hit_batch, hit_schema, Hit, r => {
        "flow": text = &r.flow,
        "stream": u64 = r.stream,
        "number": u32 = r.number,
        "capture": u32 = r.capture,
        "up": bool = r.up,
        "from_client": bool = r.from_client,
        "time_ns": i64 = r.time_ns,
        "needle": u32 = r.needle,
        "detector": bool = r.detector,
        "place": text = &r.place,
        "steps": text = steps_json(&r.steps),
        "start": u64 = r.start,
        "end": u64 = r.end,
        "digest": text = r.digest,
    }
);

table!(
    /// Images confirmed by structure.
    media_batch, media_schema, Media, r => {
        "flow": text = &r.flow,
        "stream": u64 = r.stream,
        "number": u32 = r.number,
        "capture": u32 = r.capture,
        "up": bool = r.up,
        "from_client": bool = r.from_client,
        "time_ns": i64 = r.time_ns,
        "format": text = r.format,
        "place": text = &r.place,
        "steps": text = steps_json(&r.steps),
        "start": u64 = r.start,
        "end": u64 = r.end,
        "width": u32 = r.width,
        "height": u32 = r.height,
        "sha256": text = hex(&r.sha256),
        "complete": bool = r.complete,
        "looked": text = r.looked,
    }
);

table!(
    /// The bytes around each hit: the n-th row belongs to the n-th hit.
    hit_window_batch, hit_window_schema, Hit, r => {
        "begin": u64 = r.window.begin,
        "data": bytes = &r.window.bytes,
        "sizes": text = sizes_text(&r.window),
        "coded": bool = r.window.coded,
    }
);

table!(
    /// The bytes around the start of each image: the n-th row belongs to the n-th of `media`.
    media_window_batch, media_window_schema, Media, r => {
        "begin": u64 = r.window.begin,
        "data": bytes = &r.window.bytes,
        "sizes": text = sizes_text(&r.window),
        "coded": bool = r.window.coded,
    }
);

table!(
    /// DNS questions and answers.
    name_batch, name_schema, Name, r => {
        "flow": text = &r.flow,
        "capture": u32 = r.capture,
        "time_ns": i64 = r.time_ns,
        "question": text = &r.question,
        "qtype": text = &r.qtype,
        "name": text = &r.name,
        "rtype": text = &r.rtype,
        "value": text = &r.value,
        "ttl": u32 = r.ttl,
        "rcode": u8 = r.rcode,
        "answered": bool = r.answered,
        "via": text = r.via,
        "app": text = &r.app,
    }
);

table!(
    /// Bytes of long flows by minute.
    volume_batch, volume_schema, Volume, r => {
        "flow": text = &r.flow,
        "capture": u32 = r.capture,
        "time_ns": i64 = r.time_ns,
        "app_bytes_client": u64 = r.app_bytes[0],
        "app_bytes_server": u64 = r.app_bytes[1],
    }
);

table!(
    /// Places that short forms were compared with.
    tried_batch, tried_schema, Tried, r => {
        "capture": u32 = r.capture,
        "shape": text = r.shape,
        "length": u8 = r.length,
        "count": u64 = r.count,
    }
);

table!(
    /// Tokens that nothing explains.
    token_batch, token_schema, Token, r => {
        "flow": text = &r.flow,
        "stream": u64 = r.stream,
        "number": u32 = r.number,
        "capture": u32 = r.capture,
        "from_client": bool = r.from_client,
        "time_ns": i64 = r.time_ns,
        "place": text = &r.place,
        "steps": text = steps_json(&r.steps),
        "value": u64 = r.value,
        "bytes": u8 = r.bytes,
    }
);

table!(
    /// Odd traffic.
    anomaly_batch, anomaly_schema, Anomaly, r => {
        "capture": u32 = r.capture,
        "flow": text = &r.flow,
        "packet": u64 = r.packet,
        "time_ns": i64 = r.time_ns,
        "kind": text = r.odd.kind.text(),
        "offset": u64 = r.odd.offset,
        "detail": text = &r.odd.detail,
    }
);

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// `[{"codec":"json","start":0,"end":20,"path":"/a"}]`, as the documents describe.
pub fn steps_json(steps: &[Step]) -> String {
    let mut text = String::from("[");
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let _ = write!(
            text,
            "{{\"codec\":\"{}\",\"start\":{},\"end\":{},\"path\":\"{}\"}}",
            step.codec,
            step.start,
            step.end,
            escaped(&step.path)
        );
    }
    text.push(']');
    text
}

/// `20 15`: the sizes of a window.
fn sizes_text(window: &Window) -> String {
    let sizes: Vec<String> = window.sizes.iter().map(u64::to_string).collect();
    sizes.join(" ")
}

/// A string's inside in JSON (RFC 8259, section 7).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out
}
