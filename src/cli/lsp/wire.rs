//! Messages as they travel: framed by `Content-Length`, one JSON text each.
//!
//! The reader of `lsp-server` ends at the first text that is no message; an editor should not lose its server by that.

use std::io::{BufRead, Read, Result, copy, sink};

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};

use super::super::printing;

/// The longest header line that is looked at, in bytes.
const LONGEST_HEADER: u64 = 4096;
/// The largest message that is taken, in bytes.
const LARGEST: u64 = 64 << 20;

/// What came in.
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something else, and what is said about it.
    Broken(Value),
}

/// The next message; `None` when the other side has gone.
pub(super) fn read(input: &mut impl BufRead) -> Result<Option<Incoming>> {
    let length = match header(input)? {
        Header::End => return Ok(None),
        Header::Length(length) if length <= LARGEST => length,
        Header::Length(length) => {
            copy(&mut input.take(length), &mut sink())?;
            return Ok(Some(refused(&Value::Null, ErrorCode::InvalidRequest, "a message is over 64 MiB")));
        }
        Header::NoLength => {
            return Ok(Some(refused(&Value::Null, ErrorCode::ParseError, "a message has no Content-Length")));
        }
    };
    let mut body = Vec::new();
    input.take(length).read_to_end(&mut body)?;
    if (body.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(match serde_json::from_slice(&body) {
        Ok(message) => Incoming::Message(message),
        Err(_) => match serde_json::from_slice::<Value>(&body) {
            Ok(value) => refused(&value["id"], ErrorCode::InvalidRequest, "this is no message of JSON-RPC"),
            Err(_) => refused(&Value::Null, ErrorCode::ParseError, "a message is no JSON"),
        },
    }))
}

/// What stands before a message.
enum Header {
    Length(u64),
    NoLength,
    /// Nothing: the other side has gone.
    End,
}

/// Reads the header lines up to an empty one.
fn header(input: &mut impl BufRead) -> Result<Header> {
    let (mut length, mut any) = (None, false);
    loop {
        let mut line = Vec::new();
        if input.take(LONGEST_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(Header::End);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() && any {
            return Ok(length.map_or(Header::NoLength, Header::Length));
        }
        any |= !line.is_empty();
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
}

fn refused(id: &Value, code: ErrorCode, message: &str) -> Incoming {
    // Only what may be an id: the rest of a broken message is nothing to send back.
    let id = if id.is_i64() || id.is_string() { id.clone() } else { Value::Null };
    Incoming::Broken(json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code as i32, "message": message } }))
}

/// Sends a message. If the other side has gone, the reader will find out.
pub(super) fn send(message: &Message) {
    let mut bytes = Vec::new();
    if message.write(&mut bytes).is_ok() {
        let _ = printing::print(&String::from_utf8_lossy(&bytes));
    }
}

/// Answers what was no message.
pub(super) fn send_value(value: &Value) {
    let text = value.to_string();
    let _ = printing::print(&format!("Content-Length: {}\r\n\r\n{text}", text.len()));
}

#[cfg(test)]
mod tests {
    use super::{Incoming, read};

    #[test]
    fn nothing_ends_the_reader_but_the_end() {
        let huge = "Content-Length: 99999999999999999999\r\n\r\n";
        let good = r#"{"jsonrpc":"2.0","method":"x"}"#;
        let good = format!("Content-Length: {}\r\n\r\n{good}", good.len());
        for (text, expected) in [
            (good.clone(), "message"),
            (good.replace("Length: ", "length:").replace('\r', ""), "message"),
            (format!("Content-Type: x\r\n{good}"), "message"),
            (format!("\r\n\r\n{good}"), "message"),
            ("Content-Length: 2\r\n\r\n{]".to_owned() + &good, "broken message"),
            ("Content-Length: 8\r\n\r\n{\"id\":1}".to_owned() + &good, "broken message"),
            ("Content-Length: 2\r\n\r\n[]".to_owned() + &good, "broken message"),
            ("Nonsense\r\n\r\n".to_owned() + &good, "broken message"),
            ("Content-Length: -1\r\n\r\n".to_owned() + &good, "broken message"),
            (huge.to_owned() + &good, "broken message"),
            ("Content-Length: 500\r\n\r\n{}".to_owned(), ""),
            ("Content-Le".to_owned(), ""),
            (String::new(), ""),
        ] {
            let (mut input, mut found) = (text.as_bytes(), Vec::new());
            while let Some(incoming) = read(&mut input).unwrap() {
                found.push(if matches!(incoming, Incoming::Message(_)) { "message" } else { "broken" });
            }
            assert_eq!(found.join(" "), expected, "{text:?}");
        }
    }
}
