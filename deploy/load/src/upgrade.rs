//! The HTTP part of a WebSocket: the request, and whether the answer is the right one.

use tungstenite::handshake::derive_accept_key;

use crate::error::Error;

/// An answer longer than this is none.
const LONGEST_ANSWER: usize = 16 * 1024;
const PROTOCOL: &str = "natter.v1.json";

/// The request for the socket of the owner of `token`.
pub(crate) fn request(authority: &str, token: &str, key: &str) -> String {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {PROTOCOL}\r\n\
         Authorization: Bearer {token}\r\n\r\n"
    )
}

/// The length of a complete and right answer at the start of `bytes`; none when it is not complete yet.
pub(crate) fn accepted(bytes: &[u8], key: &str) -> Result<Option<usize>, Error> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        let is_endless = bytes.len() > LONGEST_ANSWER;
        return if is_endless {
            Err(refused("an endless answer"))
        } else {
            Ok(None)
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let status = head.split(' ').nth(1).unwrap_or_default();
    if status != "101" {
        return Err(Error::Status(status.parse().unwrap_or_default()));
    }
    let field = |name: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(':'));
        fields
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    };
    if field("sec-websocket-accept") != Some(&derive_accept_key(key.as_bytes())) {
        return Err(refused("Sec-WebSocket-Accept is wrong"));
    }
    if field("sec-websocket-protocol") != Some(PROTOCOL) {
        return Err(refused("the subprotocol was not taken up"));
    }
    if field("sec-websocket-extensions").is_some() {
        return Err(refused("an extension nobody asked for"));
    }
    Ok(Some(end + 4))
}

fn refused(why: &str) -> Error {
    Error::Malformed(format!("upgrade: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of RFC 6455, section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ANSWER: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\
        sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: natter.v1.json\r\n\r\n";

    #[test]
    fn a_right_answer_is_accepted_once_complete() {
        let with_frame = format!("{ANSWER}\u{1}");
        assert_eq!(accepted(with_frame.as_bytes(), KEY).unwrap(), Some(ANSWER.len()));
        assert_eq!(accepted(&ANSWER.as_bytes()[..50], KEY).unwrap(), None);
    }

    #[test]
    fn a_wrong_key_protocol_or_status_is_not() {
        assert!(accepted(ANSWER.as_bytes(), "other").is_err());
        assert!(accepted(ANSWER.replace("natter.v1", "other.v1").as_bytes(), KEY).is_err());
        let error = accepted(b"HTTP/1.1 401 Unauthorized\r\n\r\n", KEY).unwrap_err();
        assert!(error.is_final() && error.to_string().contains("401"), "{error}");
        assert!(
            !accepted(b"HTTP/1.1 429 Too Many Requests\r\n\r\n", KEY)
                .unwrap_err()
                .is_final()
        );
        assert!(accepted(&[b'x'; LONGEST_ANSWER + 1], KEY).is_err());
    }
}
