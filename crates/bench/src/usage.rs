//! What a piece of work costs: time, work of the processor, memory.

use std::time::Instant;

/// What a piece of work has cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Time on the clock, in seconds.
    pub(crate) seconds: f64,
    /// Time that all threads have worked, in seconds, to a hundredth; `None` where the system does not say.
    pub(crate) cpu_seconds: Option<f64>,
    /// Most memory that the process held meanwhile, in bytes; `None` where the system does not say.
    pub(crate) peak_bytes: Option<u64>,
}

/// Does a piece of work and says what it has cost.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Usage) {
    // The kernel starts anew to keep the most memory in use (`proc_pid_clear_refs(5)`).
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = cpu_seconds();
    let started = Instant::now();
    let result = work();
    let seconds = started.elapsed().as_secs_f64();
    let cpu_seconds = cpu_seconds().zip(before).map(|(after, before)| after - before);
    let peak_bytes = if is_reset { peak_bytes() } else { None };
    (result, Usage { seconds, cpu_seconds, peak_bytes })
}

fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(peak.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The 14th and 15th field of `proc_pid_stat(5)`, in hundredths of a second: user and system time.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let after_name = stat.rsplit(')').next()?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().ok());
    Some(ticks.sum::<Option<u64>>()? as f64 / 100.0)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn work_and_memory_are_seen() {
        let ((), usage) = measure(|| {
            let started = Instant::now();
            let mut bytes = vec![1_u8; 64 << 20];
            while started.elapsed().as_millis() < 100 {
                bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(3));
            }
            std::hint::black_box(bytes);
        });
        assert!(usage.seconds >= 0.1);
        assert!(usage.cpu_seconds.unwrap() > 0.0);
        assert!(usage.peak_bytes.is_none_or(|peak| peak > 64 << 20));
    }
}
