//! Workers that are killed at random: each job has its result exactly once.
//!
//! `WARDSTOCK_JOBS` jobs (1,500), `WARDSTOCK_WORKERS` workers (8); the long form has 100,000 and 32. Each worker is a
//! process of its own, this test's program started again, since a thread can't be killed.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use wardstock::base::clock::Clock;
use wardstock::base::error::{Error, Result};
use wardstock::db::conn::{Access, Conn, Number};
use wardstock::db::hot::JobRow;
use wardstock::db::{Db, Tx, queue};

use super::Ward;
use crate::crash::load::Chance;
use crate::crash::setting;
use crate::scene::{on_postgres, url};

const QUEUE: &str = "count";
const SITES: i64 = 5;
/// Short, so that what a killed worker held comes back soon.
const LEASE_SECONDS: i64 = 2;
const DATABASE: &str = "WARDSTOCK_WORKER_DATABASE";

fn number(conn: &mut Conn, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Number>(conn).unwrap().value
}

/// What a worker does with a job: fenced, then one row that says so.
fn finish(tx: &mut Tx<'_>, job: &JobRow) -> Result<()> {
    if !queue::finish(tx, job)? {
        return Err(Error::internal("the lease was lost"));
    }
    diesel::sql_query("INSERT INTO counted (job_id, attempt) VALUES ($1, $2)")
        .bind::<BigInt, _>(job.id)
        .bind::<BigInt, _>(job.attempts)
        .execute(tx.conn)?;
    Ok(())
}

/// One worker, in the process that the test starts again and kills.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test tells its workers where the database is")]
fn a_worker_that_may_be_killed() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let target = wardstock::db::conn::Target::parse(&database).unwrap();
    let db = Db::open(&target, Clock::System).unwrap();
    loop {
        let now = db.clock().now().0;
        let sites = db.read_now(|conn| queue::sites_with_work(conn, QUEUE, now)).unwrap();
        for site_id in &sites {
            // A look at all sites is dear while many jobs wait: a site is worked at for a while.
            for _ in 0..20 {
                let site_id = *site_id;
                let claimed = db.write_apart_now(move |tx| {
                    let job = queue::claim(tx, site_id, QUEUE, "worker")?;
                    if let Some(job) = &job {
                        queue::hold(tx, job, LEASE_SECONDS)?;
                    }
                    Ok(job)
                });
                let Some(job) = claimed.unwrap() else { break };
                drop(db.write_apart_now(move |tx| finish(tx, &job)));
            }
        }
        if sites.is_empty() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

fn start(database: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "replicas::workers::a_worker_that_may_be_killed"])
        .env(DATABASE, database)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn fill(db: &Db, jobs: i64) {
    for first in (0..jobs).step_by(500) {
        db.write_now(move |tx| {
            for at in first..jobs.min(first + 500) {
                queue::enqueue(tx, 1 + at % SITES, QUEUE, "count", "", &format!("job-{at}"))?;
                // Asked for twice: one job.
                queue::enqueue(tx, 1 + at % SITES, QUEUE, "count", "", &format!("job-{at}"))?;
            }
            // A worker that dies five times at the same job must not end the test.
            diesel::sql_query("UPDATE job SET max_attempts = $1 WHERE queue = $2")
                .bind::<BigInt, _>(1_000)
                .bind::<Text, _>(QUEUE)
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn each_job_has_one_result_though_workers_are_killed() {
    on_postgres(|_| {
        let (jobs, workers) = (setting("WARDSTOCK_JOBS").unwrap_or(1_500) as i64, setting("WARDSTOCK_WORKERS").unwrap_or(8));
        let fresh = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
        let seed = setting("WARDSTOCK_CRASH_SEED").unwrap_or(fresh % 1_000_000);
        println!(
            "replay: WARDSTOCK_CRASH_SEED={seed} WARDSTOCK_JOBS={jobs} WARDSTOCK_WORKERS={workers} cargo test --test wardstock workers"
        );
        let ward = Ward::open();
        let database = url(&ward.target);
        let mut conn = ward.target.connect(Access::Write).unwrap();
        diesel::sql_query("CREATE TABLE counted (job_id BIGINT NOT NULL, attempt BIGINT NOT NULL)").execute(&mut conn).unwrap();
        let db = Db::open(&ward.target, Clock::System).unwrap();
        fill(&db, jobs);
        let began = Instant::now();
        let mut chance = Chance(seed);
        let mut running: Vec<Child> = (0..workers).map(|_| start(&database)).collect();
        let mut killed = 0;
        while number(&mut conn, "SELECT COUNT(*) AS value FROM job WHERE state IN ('queued', 'running')") > 0 {
            assert!(began.elapsed() < Duration::from_mins(20), "jobs are left after 20 minutes");
            std::thread::park_timeout(Duration::from_millis(50 + chance.below(250)));
            let victim = &mut running[chance.below(workers) as usize];
            victim.kill().unwrap();
            victim.wait().unwrap();
            *victim = start(&database);
            killed += 1;
            db.write_now(queue::recover).unwrap();
        }
        for mut worker in running {
            worker.kill().unwrap();
            worker.wait().unwrap();
        }
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM counted"), jobs, "each job has its result once");
        assert_eq!(number(&mut conn, "SELECT COUNT(DISTINCT job_id) AS value FROM counted"), jobs);
        assert_eq!(number(&mut conn, "SELECT COUNT(*) AS value FROM job WHERE state = 'done'"), jobs);
        let again = number(&mut conn, "SELECT COUNT(*) AS value FROM counted WHERE attempt > 1");
        let seconds = began.elapsed().as_secs_f64();
        println!("{jobs} jobs, {workers} workers, {killed} kills in {seconds:.1} s: each result once, {again} at a later try");
    });
}
