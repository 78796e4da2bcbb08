//! The scan: threads that share the files, and the blocks of a file when there are no more files.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::inputs::{self, Pending};
use super::open::{self, Opened};
use super::{BlockSource, Input, ProblemKind, ScanOptions, ScanReport, Work, event_log};
use crate::buffer::BufferPool;
use crate::record::Block;
use crate::{EventBatch, Origin, Shredder};

type Sink<'s> = dyn Fn(EventBatch) -> ControlFlow<()> + Sync + 's;

pub(super) fn scan(inputs: &[Input], options: &ScanOptions, sink: &Sink<'_>) -> ScanReport {
    let mut report = ScanReport::default();
    let pending = inputs::expand(inputs, &mut report);
    if let Some(progress) = &options.progress {
        progress.total.store(pending.iter().map(|file| file.size).sum(), Ordering::Relaxed);
    }
    let queue = Queue {
        state: Mutex::new(State { pending: pending.into(), ..State::default() }),
        changed: Condvar::new(),
        pool: BufferPool::default(),
    };
    let (stop, report) = (AtomicBool::new(false), Mutex::new(report));
    std::thread::scope(|scope| {
        let work = || {
            let part = Worker::new(options, sink, &stop).run(&queue);
            lock(&report).merge(&part);
        };
        for _ in 1..options.threads {
            scope.spawn(work);
        }
        work();
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// A panic elsewhere is reported where it happens; it is no reason for another one here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that is open.
struct Source {
    file: Arc<str>,
    blocks: Mutex<Box<dyn BlockSource>>,
}

/// Files to be read and being read.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// Buffers for the blocks of all files.
    pool: BufferPool,
}

#[derive(Default)]
struct State {
    pending: VecDeque<Pending>,
    open: VecDeque<Arc<Source>>,
    /// Number of files being opened, of which more may come.
    opening: usize,
}

enum Task<'q> {
    /// Open a file, and tell the queue through the [`Opening`] what became of it.
    Open(Pending, Opening<'q>),
    /// Read on in an open file.
    Read(Arc<Source>),
}

/// A file being opened. Others wait for it, so that its end is told in any case, also if opening it panics.
struct Opening<'q>(&'q Queue);

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).opening -= 1;
        self.0.changed.notify_all();
    }
}

impl Opening<'_> {
    /// Tells what the file turned out to be.
    fn is(self, source: Option<Arc<Source>>, members: Vec<Pending>) {
        let mut state = lock(&self.0.state);
        state.open.extend(source);
        members.into_iter().rev().for_each(|member| state.pending.push_front(member));
    }
}

impl Queue {
    /// What to do next: a new file, else a share in one that is open. `None` when all is done.
    fn next(&self) -> Option<Task<'_>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(pending) = state.pending.pop_front() {
                state.opening += 1;
                return Some(Task::Open(pending, Opening(self)));
            }
            if let Some(source) = state.open.pop_front() {
                state.open.push_back(source.clone());
                return Some(Task::Read(source));
            }
            if state.opening == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self, source: &Arc<Source>) {
        lock(&self.state).open.retain(|open| !Arc::ptr_eq(open, source));
    }
}

/// Most bytes of records in a batch, about: what every thread holds. Arrow would allow 2 GiB.
const BATCH_BYTES: usize = 16 << 20;

/// One thread of a scan.
struct Worker<'s> {
    options: &'s ScanOptions,
    sink: &'s Sink<'s>,
    stop: &'s AtomicBool,
    shredder: Shredder,
    report: ScanReport,
}

impl<'s> Worker<'s> {
    fn new(options: &'s ScanOptions, sink: &'s Sink<'s>, stop: &'s AtomicBool) -> Self {
        let shredder = Shredder::new(options.layout.clone()).with_index(options.index.as_deref());
        Self { options, sink, stop, shredder, report: ScanReport::default() }
    }

    fn run(mut self, queue: &Queue) -> ScanReport {
        while let Some(task) = queue.next().filter(|_| !self.is_stopped()) {
            let source = match task {
                Task::Read(source) => source,
                Task::Open(pending, opening) => {
                    let started = Instant::now();
                    let (source, members) =
                        match open::open(&pending, self.options, &queue.pool, &mut self.report) {
                            Opened::Records(blocks) => (Some(blocks), Vec::new()),
                            Opened::Members(members) => (None, members),
                            Opened::Nothing => (None, Vec::new()),
                        };
                    self.report.times.read += started.elapsed();
                    let file = pending.name;
                    let source = source.map(|blocks| Arc::new(Source { file, blocks: Mutex::new(blocks) }));
                    opening.is(source.clone(), members);
                    match source {
                        Some(source) => source,
                        None => continue,
                    }
                }
            };
            self.read(&source);
            queue.close(&source);
        }
        self.flush();
        self.report.misfits.merge(self.shredder.misfits());
        self.report
    }

    /// Reads a file to its end, perhaps together with other threads.
    fn read(&mut self, source: &Source) {
        while let Some(work) = self.next_work(source).filter(|_| !self.is_stopped()) {
            let block = Arc::new(match work {
                Work::Records(block) => block,
                Work::Chunk(chunk) => self.render(chunk),
            });
            let (started, sink) = (Instant::now(), self.report.times.sink);
            self.report.records += block.records.len() as u64;
            for (number, span) in block.records.iter().enumerate() {
                match self.shredder.push_record(&block, number) {
                    Ok(shape) => *self.report.shapes.entry(shape).or_default() += 1,
                    Err(error) => {
                        let origin = Origin { file: block.file.clone(), position: span.position };
                        self.report.problems.add(ProblemKind::from(&error), origin, error.to_string());
                    }
                }
                if self.shredder.len() >= self.options.batch_rows || self.shredder.bytes() >= BATCH_BYTES {
                    self.flush();
                }
            }
            let in_sink = self.report.times.sink - sink;
            self.report.times.shred += started.elapsed().saturating_sub(in_sink);
        }
    }

    fn render(&mut self, chunk: event_log::Chunk) -> Block {
        let started = Instant::now();
        let block = chunk.render(&mut self.report);
        self.report.times.render += started.elapsed();
        block
    }

    fn next_work(&mut self, source: &Source) -> Option<Work> {
        let mut blocks = lock(&source.blocks);
        let started = Instant::now();
        let work = blocks.next(&mut self.report);
        let stream = blocks.stream();
        self.report.bytes += stream.take_bytes_read();
        if work.is_none()
            && let Some(error) = stream.take_error()
        {
            let origin = Origin { file: source.file.clone(), position: 0 };
            self.report.problems.add(open::kind_of(&error), origin, error.to_string());
        }
        self.report.times.read += started.elapsed();
        work
    }

    fn flush(&mut self) {
        if self.shredder.is_empty() || self.is_stopped() {
            return;
        }
        let batch = self.shredder.finish();
        self.report.events += batch.num_rows() as u64;
        let started = Instant::now();
        if (self.sink)(batch).is_break() {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.report.times.sink += started.elapsed();
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
