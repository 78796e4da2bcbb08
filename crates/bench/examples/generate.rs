//! Writes made-up ECS events, a line each, to measure with where there are none.
//!
//! `cargo run --release -p rulehound-bench --example generate -- 200000 > events.ndjson`

use std::io::{self, BufWriter, Write};

use rulehound_bench::generate::ecs_event;

fn main() -> io::Result<()> {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok());
    let count: u64 = count.ok_or_else(|| io::Error::other("say how many events"))?;
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    (0..count).try_for_each(|number| writeln!(out, "{}", ecs_event(number)))?;
    out.flush()
}
