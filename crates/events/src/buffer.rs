//! Buffers for blocks of records, used again and again: memory that the system gives anew costs a page fault for
//! each 4 KiB, which is as dear as reading them.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Size of a buffer in a pool, in bytes.
pub(crate) const BUFFER_BYTES: usize = 5 << 18;

/// Buffers that wait to be used again. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct BufferPool(Arc<Mutex<Vec<Vec<u8>>>>);

impl BufferPool {
    /// A buffer of [`BUFFER_BYTES`], with anything in it.
    pub(crate) fn take(&self) -> Vec<u8> {
        let used = self.lock().pop();
        used.unwrap_or_else(|| vec![0; BUFFER_BYTES])
    }

    /// The first bytes of a buffer, which comes back to the pool when they are dropped. It may have grown.
    pub(crate) fn lend(&self, bytes: Vec<u8>, length: usize) -> Buffer {
        if length >= BUFFER_BYTES / 2 {
            return Buffer { bytes, length, pool: Some(self.clone()) };
        }
        // A batch may hold many blocks: those of small files are held in the size that they take.
        let exact = bytes.get(..length).unwrap_or(&bytes).to_vec();
        self.give_back(bytes);
        exact.into()
    }

    fn give_back(&self, bytes: Vec<u8>) {
        if bytes.len() == BUFFER_BYTES {
            self.lock().push(bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of a block.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// How many of them count.
    length: usize,
    /// Where the buffer came from.
    pool: Option<BufferPool>,
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self { length: bytes.len(), bytes, pool: None }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&self.bytes)
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            pool.give_back(std::mem::take(&mut self.bytes));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_unless_they_have_grown() {
        let pool = BufferPool::default();
        let waiting = || pool.lock().len();
        let mut bytes = pool.take();
        bytes[..3].copy_from_slice(b"abc");

        let small = pool.lend(bytes, 3);
        assert_eq!((&*small, small.bytes.capacity(), waiting()), (&b"abc"[..], 3, 1));

        let large = pool.lend(pool.take(), BUFFER_BYTES - 1);
        assert_eq!((large.len(), waiting()), (BUFFER_BYTES - 1, 0));
        drop(large);
        assert_eq!(waiting(), 1);

        let mut bytes = pool.take();
        bytes.resize(2 * BUFFER_BYTES, 0);
        drop(pool.lend(bytes, 2 * BUFFER_BYTES));
        assert_eq!(waiting(), 0);
    }
}
