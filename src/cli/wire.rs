//! What goes over the wire, told to the screen as it happens.

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::app::wire;
use crate::cluster::wire::{Content, Exchange, Wire};

/// Hands every exchange of `wire` to `tell`, as often as something about it is new, until that says that nobody listens.
pub(super) async fn follow(wire: Wire, tell: impl Fn(Vec<wire::Exchange>) -> bool) {
    let mut live = wire.subscribe();
    if !tell(wire.latest().into_iter().map(plain).collect()) {
        return;
    }
    loop {
        let news = match live.recv().await {
            Ok(exchange) => more(&mut live, exchange),
            // What was missed is in the log.
            Err(RecvError::Lagged(_)) => wire.latest(),
            Err(RecvError::Closed) => return,
        };
        if !tell(news.into_iter().map(plain).collect()) {
            return;
        }
    }
}

/// `first`, and all that has come behind it already.
fn more(live: &mut Receiver<Exchange>, first: Exchange) -> Vec<Exchange> {
    let mut all = vec![first];
    while let Ok(exchange) = live.try_recv() {
        all.push(exchange);
    }
    all
}

fn plain(exchange: Exchange) -> wire::Exchange {
    let answer = match (exchange.status, exchange.error) {
        (None, None) => wire::Answer::Open,
        (Some(status), None) => wire::Answer::Status(status),
        (Some(status), Some(why)) => wire::Answer::Broken(status, why),
        (None, Some(why)) => wire::Answer::Lost(why),
    };
    wire::Exchange {
        id: exchange.id,
        started: exchange.started,
        verb: exchange.verb,
        method: exchange.method,
        path: exchange.path,
        answer,
        latency: exchange.latency,
        sent: exchange.sent.map(body),
        received: exchange.answer.map(body),
    }
}

fn body(content: Content) -> wire::Body {
    match content {
        Content::Text { text, bytes } => wire::Body::Text(text, bytes),
        Content::LeftOut { bytes, why } => wire::Body::LeftOut(why, bytes),
    }
}
