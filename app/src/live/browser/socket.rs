//! One WebSocket at a time.

use chat::wire::{SUBPROTOCOL, ServerFrame};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use super::{act, spawn, window};
use crate::live::codec;

/// The code that browsers give to a connection that broke.
const BROKEN: u16 = 1006;

/// The line to the server, where there is one. Whatever a socket says after it was let go of is not heard.
pub(super) struct Socket {
    line: Option<WebSocket>,
    on_message: Closure<dyn FnMut(Event)>,
    on_close: Closure<dyn FnMut(Event)>,
}

impl Socket {
    pub(super) fn new() -> Self {
        Self {
            line: None,
            on_message: Closure::wrap(Box::new(|event: Event| hear(event.unchecked_ref()))),
            on_close: Closure::wrap(Box::new(|event: Event| {
                closed(event.unchecked_ref::<CloseEvent>().code());
            })),
        }
    }

    /// Opens a socket; one that there still is, is let go of. `rooms_version` is what is known of rooms' settings.
    pub(super) fn open(&mut self, rooms_version: Option<u64>) {
        self.drop_line();
        let origin = window().location().origin().unwrap_or_default();
        // `http` becomes `ws`, `https` becomes `wss`.
        let known =
            rooms_version.map_or_else(String::new, |version| ["?rooms=", &version.to_string()].concat());
        let address = [
            "ws",
            origin.strip_prefix("http").unwrap_or_default(),
            "/ws",
            &known,
        ]
        .concat();
        let Ok(line) = WebSocket::new_with_str(&address, SUBPROTOCOL) else {
            // Told later, for the caller is in the middle of something.
            spawn(async { closed(BROKEN) });
            return;
        };
        line.set_onmessage(Some(self.on_message.as_ref().unchecked_ref()));
        line.set_onclose(Some(self.on_close.as_ref().unchecked_ref()));
        self.line = Some(line);
    }

    /// Lets go of the line.
    pub(super) fn drop_line(&mut self) {
        if let Some(line) = self.line.take() {
            line.set_onmessage(None);
            line.set_onclose(None);
            // A socket that cannot be closed is closed.
            drop(line.close());
        }
    }

    /// Sends, if the line is open; what gets lost is asked for or sent again on the next one.
    pub(super) fn send(&self, text: &str) {
        if let Some(line) = self
            .line
            .as_ref()
            .filter(|line| line.ready_state() == WebSocket::OPEN)
        {
            drop(line.send_with_str(text));
        }
    }
}

fn hear(event: &MessageEvent) {
    let Some(text) = event.data().as_string() else {
        return;
    };
    hand_on(&text);
    // A frame of a kind that this build does not know is none of its business.
    let frames: Vec<ServerFrame> = text.split('\n').filter_map(codec::frame).collect();
    frames.iter().for_each(super::overheard);
    act(|client, now| frames.into_iter().for_each(|frame| client.hear(frame, now)));
}

/// Whatever else attends to frames (`offline/attention.js`), once it is there.
fn hand_on(text: &str) {
    let hear = js_sys::Reflect::get(&window(), &"natterHear".into());
    if let Ok(Ok(hear)) = hear.map(JsCast::dyn_into::<js_sys::Function>) {
        drop(hear.call1(&JsValue::NULL, &text.into()));
    }
}

fn closed(code: u16) {
    act(|client, now| client.closed(code, now, js_sys::Math::random()));
}
