use proptest::prelude::*;

use super::*;

const LIMIT: usize = 64 * 1024;

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let (mut bytes, size) = head(first & 0x0f, payload.len());
    bytes[0] = first;
    bytes[1] |= 0x80;
    let mask = [7, 1, 250, 33];
    let masked = payload
        .iter()
        .zip(mask.iter().cycle())
        .map(|(byte, mask)| byte ^ mask);
    bytes[..size].iter().copied().chain(mask).chain(masked).collect()
}

fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<Incoming>, Unfit> {
    decoder.feed(bytes);
    let mut all = Vec::new();
    while let Some(incoming) = decoder.next()? {
        all.push(incoming);
    }
    Ok(all)
}

fn text(text: &str) -> Incoming {
    Incoming::Text(text.to_owned())
}

#[test]
fn texts_of_every_length_arrive_whole_however_they_are_cut() {
    for length in [0, 1, 125, 126, 127, 65_535, LIMIT] {
        let body = "x".repeat(length);
        let bytes = [frame(0x81, body.as_bytes()), frame(0x81, b"next")].concat();
        for piece in [1.max(length / 7), 3 + length / 2, bytes.len()] {
            let mut decoder = Decoder::new(LIMIT);
            let pieces = bytes
                .chunks(piece)
                .map(|piece| decode(&mut decoder, piece).unwrap());
            let all: Vec<_> = pieces.flatten().collect();
            assert_eq!(all, [text(&body), text("next")], "{length} in pieces of {piece}");
            assert_eq!(decoder.buffer.capacity(), 0, "nothing is kept");
        }
    }
}

proptest! {
    /// The same bytes whole or in pieces amount to the same, whatever they are, and nothing beyond the limit is kept.
    #[test]
    fn any_bytes_are_understood_or_refused_alike_however_they_are_cut(
        start in prop_oneof![Just(vec![]), Just(vec![0x81]), Just(vec![0x01, 0x80]), Just(vec![0x89])],
        rest in prop::collection::vec(any::<u8>(), 0..400),
        piece in 1_usize..60,
    ) {
        let bytes = [start, rest].concat();
        let read = |piece: usize| {
            let mut decoder = Decoder::new(100);
            let mut all = Vec::new();
            for bytes in bytes.chunks(piece) {
                decoder.feed(bytes);
                loop {
                    match decoder.next() {
                        Ok(Some(incoming)) => all.push(incoming),
                        Ok(None) => break,
                        Err(unfit) => return (all, Some(unfit)),
                    }
                }
            }
            (all, None)
        };
        prop_assert_eq!(read(piece), read(bytes.len().max(1)));
    }
}

#[test]
fn a_ping_may_come_between_the_pieces_of_a_message() {
    let (one, two) = "héé".as_bytes().split_at(2);
    let bytes = [
        frame(0x01, one),
        frame(0x89, b"?"),
        frame(0x00, b""),
        frame(0x80, two),
    ]
    .concat();
    let all = decode(&mut Decoder::new(LIMIT), &bytes).unwrap();
    assert_eq!(all, [Incoming::Ping(b"?".to_vec()), text("héé")]);
}

#[test]
fn closes_come_with_and_without_a_code() {
    let bytes = [
        frame(0x8a, b""),
        frame(0x88, b""),
        frame(0x88, &[0x03, 0xe9, b'b']),
    ]
    .concat();
    let all = decode(&mut Decoder::new(LIMIT), &bytes).unwrap();
    assert_eq!(
        all,
        [Incoming::Pong, Incoming::Close(None), Incoming::Close(Some(1001))]
    );
}

#[test]
fn what_is_not_the_protocol_is_refused() {
    let mut unmasked = frame(0x81, b"");
    unmasked[1] = 0;
    let cases: [(&str, Vec<u8>); 8] = [
        ("reserved bits", frame(0xc1, b"x")),
        ("unmasked", unmasked),
        ("a long ping", frame(0x89, &[0; 126])),
        ("a ping in pieces", frame(0x09, b"x")),
        (
            "a text within a text",
            [frame(0x01, b"a"), frame(0x81, b"b")].concat(),
        ),
        ("a rest without a beginning", frame(0x80, b"x")),
        ("an unknown opcode", frame(0x83, b"x")),
        ("not UTF-8", frame(0x81, &[0xff, 0xfe])),
    ];
    for (what, bytes) in cases {
        let found = decode(&mut Decoder::new(LIMIT), &bytes);
        assert!(matches!(found, Err(Unfit::Protocol(_))), "{what}: {found:?}");
    }
    assert_eq!(
        decode(&mut Decoder::new(LIMIT), &frame(0x82, b"x")),
        Err(Unfit::Binary)
    );
}

#[test]
fn what_is_too_big_is_refused_before_it_has_arrived() {
    let whole = frame(0x81, &[b'x'; LIMIT + 1]);
    assert_eq!(decode(&mut Decoder::new(LIMIT), &whole[..14]), Err(Unfit::TooBig));
    let pieces = [frame(0x01, &[b'x'; LIMIT]), frame(0x80, b"x")].concat();
    assert_eq!(decode(&mut Decoder::new(LIMIT), &pieces), Err(Unfit::TooBig));
    let endless = [
        0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
    ];
    assert_eq!(decode(&mut Decoder::new(LIMIT), &endless), Err(Unfit::TooBig));
}

#[test]
fn the_close_is_found_behind_what_is_skipped() {
    let bytes = [
        frame(0x81, &[b'x'; LIMIT + 1]),
        frame(0x82, b"y"),
        frame(0x88, b""),
    ]
    .concat();
    let mut decoder = Decoder::new(LIMIT);
    let (before, close) = bytes.split_at(bytes.len() - 6);
    for piece in before.chunks(1_000) {
        decoder.feed(piece);
        assert!(!decoder.skip());
        assert!(decoder.buffer.len() < 1_020, "what is skipped is not kept");
    }
    decoder.feed(close);
    assert!(decoder.skip());
}
