//! How answers get from the writer's thread to those who wait for them.
//!
//! Waking a thread of the server costs a call of the system, so it is done once for a group and not once for a batch.

use std::cell::RefCell;

use tokio::sync::{mpsc, oneshot};

use super::ingest::{Post, Taken};
use super::intake::Room;

/// A batch that waits for the writer.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) post: Post,
    pub(super) reply: oneshot::Sender<Heard>,
    /// Given back when the batch is answered.
    pub(super) room: Room,
    /// Where the answer is handed over.
    pub(super) counter: Counter,
}

/// Answers on their way to one thread of the server: it is woken once for all of a group, and hands them out itself.
pub(super) type Counter = mpsc::UnboundedSender<Vec<(Waiting, Heard)>>;

thread_local! {
    static COUNTER: RefCell<Option<Counter>> = const { RefCell::new(None) };
}

/// The counter of this thread, which is one of the server's.
pub(super) fn counter() -> Counter {
    COUNTER.with_borrow_mut(|known| {
        if let Some(open) = known.as_ref().filter(|counter| !counter.is_closed()) {
            return open.clone();
        }
        let (counter, mut answers) = mpsc::unbounded_channel::<Vec<(Waiting, Heard)>>();
        actix_web::rt::spawn(async move {
            while let Some(group) = answers.recv().await {
                group.into_iter().for_each(hand_out);
            }
        });
        known.insert(counter).clone()
    })
}

/// The caller may be gone; that does not change what was stored.
fn hand_out((Waiting { post, reply, room, .. }, heard): (Waiting, Heard)) {
    let heard = match heard {
        Heard::Alone(_) => Heard::Alone(Some((Box::new(post), room))),
        answered @ Heard::Answered(_) => {
            // Who hears an answer may rely on the room being free again.
            drop(room);
            answered
        }
    };
    drop(reply.send(heard));
}

/// Hands answers over, all of a thread's at once.
pub(super) fn hand_over(group: impl IntoIterator<Item = (Waiting, Heard)>) {
    let mut counters: Vec<(Counter, Vec<(Waiting, Heard)>)> = Vec::new();
    for (waiting, heard) in group {
        match counters.iter_mut().find(|(counter, _)| counter.same_channel(&waiting.counter)) {
            Some((_, answers)) => answers.push((waiting, heard)),
            None => counters.push((waiting.counter.clone(), vec![(waiting, heard)])),
        }
    }
    for (counter, answers) in counters {
        if let Err(closed) = counter.send(answers) {
            // The server is going; whoever still listens hears it all the same.
            closed.0.into_iter().for_each(hand_out);
        }
    }
}

/// What the writer says to a batch.
#[derive(Debug)]
pub(super) enum Heard {
    Answered(Taken),
    /// Its group did not fit: it must be taken alone, with every record looked up. Given back when it is handed out.
    Alone(Option<(Box<Post>, Room)>),
}
