//! The load: kept connections that post and wait for the answer, in this process.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wardstock::base::time::Micros;

use crate::Wish;
use crate::probe::percentile;
use crate::world::{CHANNELS, DEVICES, World};

pub(crate) const CONNECTIONS: usize = 64;
const RECORDS_MAX: u64 = 2_000_000;

/// What was measured.
#[derive(Debug, Default, Clone)]
pub(crate) struct Load {
    /// Acknowledged in all, warm-up included.
    pub(crate) acknowledged: u64,
    /// Acknowledged a second while it counted.
    pub(crate) rate: f64,
    /// Wall seconds that counted.
    pub(crate) seconds: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Answers that were not 200.
    pub(crate) refused: u64,
}

struct Shared {
    next: AtomicU64,
    acknowledged: AtomicU64,
    counted: AtomicU64,
    refused: AtomicU64,
    begin: Instant,
    end: Instant,
    per_post: usize,
}

/// Posts as fast as the answers come, to several addresses (with commas) in turn; `at_begin` runs when counting starts.
pub(crate) fn run(address: &str, world: &World, per_post: usize, wish: &Wish, at_begin: impl FnOnce()) -> Load {
    let begin = Instant::now() + Duration::from_secs_f64(wish.warm);
    let shared = Arc::new(Shared {
        next: AtomicU64::new(0),
        acknowledged: AtomicU64::new(0),
        counted: AtomicU64::new(0),
        refused: AtomicU64::new(0),
        begin,
        end: begin + Duration::from_secs_f64(wish.seconds),
        per_post,
    });
    let tokens = Arc::new((world.tokens.clone(), world.start));
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let last = runtime.block_on(async {
        let mut tasks = Vec::new();
        for address in address.split(',').cycle().take(CONNECTIONS) {
            let (shared, tokens, latencies) = (Arc::clone(&shared), Arc::clone(&tokens), Arc::clone(&latencies));
            let address = address.to_owned();
            tasks.push(tokio::spawn(async move {
                let own = post_on(&address, &shared, &tokens.0, tokens.1).await;
                latencies.lock().unwrap().extend(own);
            }));
        }
        tokio::time::sleep_until(begin.into()).await;
        at_begin();
        for task in tasks {
            task.await.unwrap();
        }
        Instant::now()
    });
    let mut sorted = latencies.lock().unwrap().clone();
    sorted.sort_unstable();
    let seconds = last.min(shared.end).duration_since(begin).as_secs_f64();
    Load {
        acknowledged: shared.acknowledged.load(Ordering::Relaxed),
        rate: shared.counted.load(Ordering::Relaxed) as f64 / seconds,
        seconds,
        p50_ms: percentile(&sorted, 0.5),
        p99_ms: percentile(&sorted, 0.99),
        refused: shared.refused.load(Ordering::Relaxed),
    }
}

async fn post_on(address: &str, shared: &Shared, tokens: &[String], start: i64) -> Vec<u32> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut request, mut body, mut answer) = (String::new(), String::new(), vec![0_u8; 16_384]);
    let mut taken = Vec::new();
    loop {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if Instant::now() >= shared.end || number * shared.per_post as u64 >= RECORDS_MAX {
            return taken;
        }
        let device = write_body(&mut body, number, shared.per_post, start);
        request.clear();
        let secret = &tokens[device];
        let length = body.len();
        write!(
            request,
            "POST /ingest/v1/observations HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {secret}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let sent = Instant::now();
        stream.write_all(request.as_bytes()).await.unwrap();
        let is_stored = read_answer(&mut stream, &mut answer).await;
        let now = Instant::now();
        if is_stored {
            shared.acknowledged.fetch_add(shared.per_post as u64, Ordering::Relaxed);
            if now >= shared.begin && now < shared.end {
                shared.counted.fetch_add(shared.per_post as u64, Ordering::Relaxed);
                taken.push(now.duration_since(sent).as_micros() as u32);
            }
        } else {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The `number`-th post: devices in turn, channels in turn, times that only grow. Answers the device.
fn write_body(body: &mut String, number: u64, per_post: usize, start: i64) -> usize {
    let device = (number % DEVICES as u64) as usize;
    let seq = number / DEVICES as u64;
    body.clear();
    write!(body, r#"{{"schema":"wardstock.obs.v1","device":"gw-{device}","boot_id":"b1","seq":{seq},"records":["#).unwrap();
    let (first, second) = if per_post == 1 { (seq as usize % CHANNELS, seq / CHANNELS as u64) } else { (0, seq) };
    let at = Micros(start + second as i64 * 1_000_000).to_text();
    for channel in first..first + per_post {
        let comma = if channel == first { "" } else { "," };
        let count = 20 + (seq as usize + channel * 7) % 40;
        write!(body, r#"{comma}{{"kind":"level","channel":"c{channel:02}","at":"{at}","count":{count}}}"#).unwrap();
    }
    body.push_str("]}");
    device
}

/// Reads one answer; whether it is a 200.
async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> bool {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.unwrap();
        assert!(read > 0, "the connection was closed");
        filled += read;
        let Some(head) = buffer[..filled].windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head]).unwrap();
        let length: usize = text
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(|rest| rest.trim().parse().unwrap()))
            .unwrap_or_default();
        if filled >= head + 4 + length {
            return text.starts_with("HTTP/1.1 200");
        }
    }
}
