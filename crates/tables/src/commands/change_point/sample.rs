//! Which values are looked at where there are too many.

/// So many places of a series of `count` values, in order: the ones that Elasticsearch chooses.
///
/// It shuffles them by `java.util.Random` from a fixed seed, so they are always the same. The generator is
/// the linear congruential one that Java's documentation prescribes.
pub(super) fn places(count: usize, most: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    if count <= most {
        return places;
    }
    let mut random = Random::new(126_832_678);
    for at in 0..most {
        let chosen = at + (random.next_double() * 0.99999 * (count - at) as f64) as usize;
        places.swap(at, chosen.min(count - 1));
    }
    places.truncate(most);
    places.sort_unstable();
    places
}

/// `java.util.Random`.
struct Random(u64);

impl Random {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;

    fn new(seed: u64) -> Self {
        Self((seed ^ Self::MULTIPLIER) & Self::MASK)
    }

    fn next(&mut self, bits: u32) -> u64 {
        self.0 = self.0.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xB) & Self::MASK;
        self.0 >> (48 - bits)
    }

    /// At least 0, less than 1.
    fn next_double(&mut self) -> f64 {
        let high = self.next(26) << 27;
        (high + self.next(27)) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generates_what_java_does() {
        // The first of `new Random(42)`, well known.
        assert_eq!(Random::new(42).next_double(), 0.727_563_680_032_868_1);
    }

    #[test]
    fn samples_are_in_order_and_without_repetition() {
        let places = places(1000, 500);
        assert_eq!(places.len(), 500);
        assert!(places.is_sorted_by(|one, next| one < next));
        assert!(places.iter().all(|place| *place < 1000));
        assert_eq!(super::places(500, 500), (0..500).collect::<Vec<_>>());
    }
}
