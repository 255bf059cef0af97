use super::*;

fn asked(target: &str) -> Question {
    question(target.as_bytes()).unwrap_or_else(|| panic!("{target} asks nothing"))
}

/// Question, answer: form, name and address of each row.
fn told(target: &str, body: &str) -> Vec<(&'static str, String, String, String, u32)> {
    let mut rows = Vec::new();
    answer(
        &asked(target),
        body.as_bytes(),
        &Limits::default(),
        &mut |n| {
            assert!(n.answered);
            rows.push((n.via, n.question, n.rtype, n.value, n.ttl));
        },
    );
    rows
}

fn row(
    via: &'static str,
    name: &str,
    kind: &str,
    value: &str,
    ttl: u32,
) -> (&'static str, String, String, String, u32) {
    (via, name.into(), kind.into(), value.into(), ttl)
}

#[test]
fn tencents_text_names_each_address() {
    let target = "/d?dn=Api.Vendor.example.&ip=1.2.3.4&ttl=1";
    assert_eq!(
        told(target, "198.51.100.7;198.51.100.8,120|203.0.113.9"),
        [
            row("tencent", "api.vendor.example", "A", "198.51.100.7", 120),
            row("tencent", "api.vendor.example", "A", "198.51.100.8", 120),
        ]
    );
    assert_eq!(
        told(
            "/d?dn=a.example,b.example",
            "a.example.:198.51.100.7,60\nb.example.:2001:DB8::7,60\nc.example.:198.51.100.9\n"
        ),
        [
            row("tencent", "a.example", "A", "198.51.100.7", 60),
            row("tencent", "b.example", "AAAA", "2001:db8::7", 60),
        ],
        "of a name that nobody asked for nothing is told"
    );
    assert_eq!(
        told("/d?dn=v6.example&type=aaaa", "2001:db8::1")[0].2,
        "AAAA"
    );
}

#[test]
fn what_is_no_list_of_addresses_names_nothing() {
    for body in [
        "",
        "0",
        "0.0.0.0",
        "198.51.100.7;nonsense",
        "198.51.100.7,soon",
        "<html>198.51.100.7</html>",
        "198.51.100.7 is it",
        "198.51.100.7\n198.51.100.8",
        "ad6d5b4e7a31f0c2",
        "\u{0}",
    ] {
        assert_eq!(told("/d?dn=a.example", body), [], "{body:?}");
    }
    assert_eq!(
        told("/d?dn=a.example,b.example", "198.51.100.7"),
        [],
        "whose?"
    );
}

#[test]
fn alibabas_json_names_what_it_says_it_answers() {
    let one = r#"{"ipsv6":["2001:db8::2"],"ips":["198.51.100.7"],"client_ip":"203.0.113.9","host":"a.example","ttl":60,"origin_ttl":120}"#;
    let expected = [
        row("alibaba", "a.example", "A", "198.51.100.7", 0),
        row("alibaba", "a.example", "AAAA", "2001:db8::2", 0),
    ];
    for target in [
        "/100000/d?host=a.example",
        "/1/sign_d?t=1&host=a.example&s=9",
        "http://203.107.1.1/1/d?host=a.example",
    ] {
        assert_eq!(told(target, one), expected, "{target}");
    }
    assert_eq!(
        told("/1/d?host=other.example", one),
        [],
        "the answer to another question"
    );
    let many = r#"{"dns":[{"host":"a.example","ips":["198.51.100.7"]},{"host":"b.example","ips":["198.51.100.8"],"type":1},{"ips":["198.51.100.9"]}]}"#;
    assert_eq!(
        told("/1/resolve?host=a.example%2Cb.example", many),
        [
            row("alibaba_batch", "a.example", "A", "198.51.100.7", 0),
            row("alibaba_batch", "b.example", "A", "198.51.100.8", 0),
        ]
    );
}

#[test]
fn baidus_and_xiaomis_names_stand_in_the_way_to_their_lists() {
    let v4 = r#"{"clientip":"203.0.113.9","data":{"a.example":{"ipv4":{"ip":["198.51.100.7"],"ttl":300}},"b.example":{"ipv6":{"ip":["2001:db8::3"]}}},"msg":"ok"}"#;
    assert_eq!(
        told("/v4/resolve?account_id=1&dn=a.example,b.example", v4),
        [
            row("baidu", "a.example", "A", "198.51.100.7", 0),
            row("baidu", "b.example", "AAAA", "2001:db8::3", 0),
        ]
    );
    let v3 = r#"{"data":{"a.example":{"ip":["198.51.100.7"],"ttl":300}},"msg":"ok"}"#;
    assert_eq!(told("/v3/resolve?dn=a.example", v3).len(), 1);
    let list = "/gslb/gslb/getbucket.asp?ver=3.0&type=wifi&uuid=0&list=app.chat.example%2Cresolver.example";
    let bucket = r#"{"S":"Ok","R":{"city":"x","ip":"203.0.113.9","wifi":{"app.chat.example":["198.51.100.7:5222","198.51.100.8","fallback.example"],"other.example":["198.51.100.9"]},"wap":{"resolver.example":["198.51.100.6"]}}}"#;
    assert_eq!(
        told(list, bucket),
        [
            row("xiaomi", "app.chat.example", "A", "198.51.100.7", 0),
            row("xiaomi", "app.chat.example", "A", "198.51.100.8", 0),
            row("xiaomi", "resolver.example", "A", "198.51.100.6", 0),
        ]
    );
}

#[test]
fn the_json_of_public_resolvers_has_records_and_aliases() {
    let body = r#"{"Status":0,"TC":false,"Question":[{"name":"a.example.","type":1}],"Answer":[{"name":"a.example.","type":5,"TTL":300,"data":"cdn.other.example."},{"name":"cdn.other.example.","type":1,"TTL":60,"data":"198.51.100.7"},{"name":"a.example.","type":16,"TTL":1,"data":"text"}]}"#;
    let rows = told("/resolve?name=a.example&type=A", body);
    assert_eq!(
        rows,
        [
            row("json", "a.example", "CNAME", "cdn.other.example", 300),
            row("json", "a.example", "A", "198.51.100.7", 60),
        ]
    );
    assert_eq!(told("/dns-query?name=a.example", body).len(), 2);
    assert_eq!(
        told("/resolve?name=b.example", body),
        [],
        "the answer to another question"
    );
    let one = r#"{"Status":3,"Question":{"name":"gone.example","type":28}}"#;
    assert_eq!(
        told("/resolve?name=gone.example", one),
        [row("json", "gone.example", "", "", 0)]
    );
    assert_eq!(
        told("/resolve?name=a.example&short=1", r#"["198.51.100.7"]"#).len(),
        1
    );
    assert_eq!(
        told("/resolve?name=a.example", r#"["198.51.100.7", "x"]"#),
        []
    );
    assert_eq!(
        told(
            "/resolve?name=a.example",
            r#"{"name":"a.example","ip":"198.51.100.7"}"#
        ),
        []
    );
}

#[test]
fn other_requests_ask_nothing() {
    for target in [
        "/",
        "/d",
        "/d?dn=",
        "/d?dn=word",
        "/d?dn=198.51.100.7",
        "/d?dn=b3f1c2",
        "/d?dn=a..example",
        "/d?dn=a.example,",
        "/d?dn=a%zz.example",
        "/d?dn=a b.example",
        "/d?host=a.example%00",
        "/x/d?dn=a.example",
        "/1/2/d?host=a.example",
        "//d?host=a.example",
        "/resolve?host=a.example",
        "/resolve?rename=a.example",
        "/search?name=a.example",
        "/d#?dn=a.example",
    ] {
        assert!(question(target.as_bytes()).is_none(), "{target}");
    }
    let many = vec!["a.example"; NAMES + 1].join(",");
    assert!(question(format!("/d?dn={many}").as_bytes()).is_none());
    assert!(question(b"/d?dn=\xff\xfe.example").is_none());
}

#[test]
fn every_form_has_a_name_of_its_own_and_a_reason() {
    let mut names: Vec<_> = FORMS.iter().map(|form| form.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FORMS.len());
    assert!(FORMS.iter().all(|form| form.reason.len() > 40));
}
