//! The conversation: messages taken in order, keystrokes that come together judged together.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use lsp_server::{ErrorCode, Message, RequestId, Response};
use lsp_types::notification::{Cancel, Notification};
use lsp_types::{CancelParams, NumberOrString};

use super::server::{Flow, Server};
use super::wire::{self, Incoming};

/// The longest that typing is waited for before a large project is judged.
const PATIENCE: Duration = Duration::from_millis(400);
/// What takes no longer than this is judged at once.
const QUICK: Duration = Duration::from_millis(40);

/// Answers until the client says goodbye or goes away.
pub(super) fn serve(mut server: Server, incoming: &Receiver<Incoming>) -> ExitCode {
    let mut queue = VecDeque::new();
    loop {
        if queue.is_empty() {
            let next = if server.is_behind() {
                let took = server.took();
                incoming.recv_timeout(if took > QUICK { took.min(PATIENCE) } else { Duration::ZERO })
            } else {
                incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
            };
            match next {
                Ok(message) => queue.push_back(message),
                Err(RecvTimeoutError::Timeout) => server.catch_up(),
                Err(RecvTimeoutError::Disconnected) => return server.farewell(),
            }
        }
        // Everything that waits: what was called off in the meantime need not be worked out.
        queue.extend(incoming.try_iter());
        let Some(next) = queue.pop_front() else { continue };
        match next {
            Incoming::Broken(answer) => wire::send_value(&answer),
            Incoming::Message(Message::Request(request)) if is_called_off(&request.id, &queue) => {
                let code = ErrorCode::RequestCanceled as i32;
                wire::send(&Response::new_err(request.id, code, "called off".to_owned()).into());
            }
            Incoming::Message(message) => {
                if let Flow::End(code) = server.take(message) {
                    return code;
                }
            }
        }
    }
}

fn is_called_off(id: &RequestId, queue: &VecDeque<Incoming>) -> bool {
    queue.iter().any(|incoming| {
        let Incoming::Message(Message::Notification(notification)) = incoming else { return false };
        if notification.method != Cancel::METHOD {
            return false;
        }
        let cancelled = serde_json::from_value::<CancelParams>(notification.params.clone());
        cancelled.is_ok_and(|cancelled| match cancelled.id {
            NumberOrString::Number(number) => *id == RequestId::from(number),
            NumberOrString::String(text) => *id == RequestId::from(text),
        })
    })
}
