//! What a client's text says: frames, or what is wrong with them.

use backend::{Code, Problem};
use chat::{
    Status,
    wire::{ClientFrame, RequestId},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

/// How much of a parser's complaint is repeated: it may quote what it complains about.
const DETAIL_CHARS: usize = 200;

/// A frame that is not taken, with what its sender can recognise it by.
#[derive(Debug, PartialEq)]
pub(super) struct Refused {
    /// The request's id, where it has one.
    pub(super) id: Option<RequestId>,
    /// The send's nonce, where it has one.
    pub(super) nonce: Option<String>,
    /// The reason.
    pub(super) problem: Problem,
}

/// The objects in a text: one, however it is laid out, or one to a line.
pub(super) fn objects(text: &str) -> Vec<&str> {
    let text = text.trim();
    if !text.contains('\n') || serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return vec![text];
    }
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect()
}

/// Reads one object.
///
/// # Errors
/// [`Refused`]: not JSON, of unknown type, or not of the documented shape.
pub(super) fn parse(object: &str) -> Result<ClientFrame, Refused> {
    let frame = serde_json::from_str(object).map_err(|error| refused(object, misread(object, &error)))?;
    match &frame {
        ClientFrame::Presence {
            status: Status::Offline,
        } => {
            let problem = Problem::because(Code::Malformed, "status must be online or away");
            Err(refused(object, problem))
        }
        _ => Ok(frame),
    }
}

/// A refusal of `object`, whatever is wrong with it.
pub(super) fn refused(object: &str, problem: Problem) -> Refused {
    let value: Value = serde_json::from_str(object).unwrap_or_default();
    let id = value.get("id").and_then(|id| RequestId::deserialize(id).ok());
    let nonce = value.get("nonce").and_then(Value::as_str).map(str::to_owned);
    Refused { id, nonce, problem }
}

fn misread(object: &str, error: &serde_json::Error) -> Problem {
    #[derive(Deserialize)]
    struct Typed {
        r#type: String,
    }
    const TYPES: [&str; 6] = ["join", "leave", "send", "typing", "read", "presence"];
    match serde_json::from_str::<Typed>(object) {
        Ok(Typed { r#type }) if !TYPES.contains(&r#type.as_str()) => Code::UnknownType.into(),
        _ => Problem::because(
            Code::Malformed,
            error.to_string().chars().take(DETAIL_CHARS).collect::<String>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: &str = "0190d3c0-0000-7000-8000-000000000001";

    fn code(object: &str) -> Code {
        parse(object).unwrap_err().problem.code
    }

    #[test]
    fn a_text_holds_one_object_however_laid_out_or_one_to_a_line() {
        assert_eq!(objects(" {\"a\":1} "), ["{\"a\":1}"]);
        assert_eq!(objects("{\n  \"a\": 1\n}\n"), ["{\n  \"a\": 1\n}"]);
        assert_eq!(
            objects("{\"a\":1}\n\n{\"b\":\r\n{\"c\":3}\r\n"),
            ["{\"a\":1}", "{\"b\":", "{\"c\":3}"]
        );
        assert_eq!(objects(""), [""]);
    }

    #[test]
    fn every_documented_frame_is_read() {
        for object in [
            format!(r#"{{"type":"join","id":7,"room":"{ROOM}","after":41}}"#),
            format!(r#"{{"type":"join","id":"a","room":"{ROOM}","extra":[]}}"#),
            format!(r#"{{"room":"{ROOM}","type":"leave"}}"#),
            format!(
                r#"{{"type":"send","room":"{ROOM}","nonce":"n","body":"hi","thread":null,"attachments":[]}}"#
            ),
            format!(r#"{{"type":"send","room":"{ROOM}","nonce":"n","body":"hi","thread":"{ROOM}"}}"#),
            format!(r#"{{"type":"send","room":"{ROOM}","nonce":"n","body":"","attachments":["{ROOM}"]}}"#),
            format!(r#"{{"type":"send","room":"{ROOM}","nonce":"n","body":"hi","attachments":null}}"#),
            format!(r#"{{"type":"send","room":"{ROOM}","nonce":"n","body":"\"attachments\""}}"#),
            format!(r#"{{"type":"typing","room":"{ROOM}"}}"#),
            format!(r#"{{"type":"typing","room":"{ROOM}","thread":"{ROOM}"}}"#),
            format!(r#"{{"type":"read","room":"{ROOM}","seq":3}}"#),
            r#"{"type":"presence","status":"away"}"#.to_owned(),
        ] {
            assert!(parse(&object).is_ok(), "{object}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        for object in [
            "",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"type":3}"#,
            r#"{"type":"presence","status":"offline"}"#,
        ] {
            assert_eq!(code(object), Code::Malformed, "{object}");
        }
        assert_eq!(code(r#"{"type":"dance"}"#), Code::UnknownType);
        assert_eq!(code(r#"{"type":"join","room":"nowhere"}"#), Code::Malformed);
        assert_eq!(
            code(&format!(
                r#"{{"type":"send","room":"{ROOM}","nonce":"","body":"x"}}"#
            )),
            Code::Malformed
        );
        for (extra, expected) in [
            (r#""thread":"x""#, Code::Malformed),
            (r#""attachments":["x"]"#, Code::Malformed),
        ] {
            let object = format!(r#"{{"type":"send","room":"{ROOM}","nonce":"n","body":"x",{extra}}}"#);
            assert_eq!(code(&object), expected, "{object}");
        }
        assert_eq!(code(&"[".repeat(10_000)), Code::Malformed);
    }

    #[test]
    fn a_refusal_names_what_it_refuses() {
        let refused = parse(r#"{"type":"send","id":"a","nonce":"n","room":5}"#).unwrap_err();
        assert_eq!(
            (refused.id, refused.nonce),
            (Some(RequestId::Text("a".into())), Some("n".into()))
        );
        let refused = parse(r#"{"type":"dance","id":12,"nonce":{}}"#).unwrap_err();
        assert_eq!((refused.id, refused.nonce), (Some(RequestId::Number(12)), None));
    }

    #[test]
    fn a_complaint_does_not_repeat_a_whole_frame() {
        let refused = parse(&format!(r#"{{"type":"join","room":"{}"}}"#, "x".repeat(60_000))).unwrap_err();
        assert!(refused.problem.detail.len() <= DETAIL_CHARS);
    }
}
