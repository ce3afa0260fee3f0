//! Live events for pages and programs: server-sent events read from the outbox.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream;

use crate::base::error::Result;
use crate::db::{Db, outbox};

/// How often the outbox is looked at; well under the second in which a reading must be seen.
const POLL: Duration = Duration::from_millis(200);
/// Polls without an event before a comment keeps proxies from closing the line.
const QUIET_POLLS_MAX: u32 = 75;
/// Events per poll.
const BATCH: i64 = 200;

struct Reader {
    db: Db,
    site: Option<i64>,
    after: i64,
    first: bool,
}

/// A stream of the events after `Last-Event-ID` (or from now on), for one site or all.
///
/// # Errors
/// Those of the database, before the stream begins.
pub async fn stream_events(request: &HttpRequest, db: &Db, site: Option<i64>) -> Result<HttpResponse> {
    let resumed = request.headers().get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let after = match resumed {
        Some(after) => after,
        None => db.read(outbox::newest).await?,
    };
    let reader = Reader { db: db.clone(), site, after, first: true };
    let body = stream::unfold(reader, |mut reader| async move {
        let text = reader.next().await;
        Some((Ok::<_, actix_web::Error>(web::Bytes::from(text)), reader))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

impl Reader {
    /// Waits for the next events, or for the time to say that the line is alive.
    async fn next(&mut self) -> String {
        if std::mem::take(&mut self.first) {
            return "retry: 2000\n\n".to_owned();
        }
        for _ in 0..QUIET_POLLS_MAX {
            let after = self.after;
            match self.db.read(move |conn| outbox::list_after(conn, after, BATCH)).await {
                Ok(events) if !events.is_empty() => {
                    self.after = events.last().map_or(after, |event| event.stream_number);
                    let text: String = events
                        .iter()
                        .filter(|event| self.site.is_none_or(|site| site == event.site_id))
                        .map(|event| format!("id: {}\nevent: {}\ndata: {}\n\n", event.stream_number, event.topic, event.payload))
                        .collect::<Vec<_>>()
                        .concat();
                    if !text.is_empty() {
                        return text;
                    }
                }
                Ok(_) => tokio::time::sleep(POLL).await,
                Err(cause) => {
                    tracing::warn!(%cause, "the event stream can't read the outbox");
                    tokio::time::sleep(POLL * 5).await;
                }
            }
        }
        ": still here\n\n".to_owned()
    }
}
