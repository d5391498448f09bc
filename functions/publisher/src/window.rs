//! How many requests may be under way at once: one more for each round that went well, half when SQS is throttling.

/// Additive increase, multiplicative decrease, as TCP does it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    size: f64,
}

const MOST: f64 = 16.0;

/// Batches that wait for each further request under way: a short queue is sent one after the other, and so in its order.
const WAITING_FOR_ONE_MORE: usize = 4;

impl Default for Window {
    fn default() -> Self {
        Self { size: 1.0 }
    }
}

impl Window {
    /// At least one, at most the sixteen that a standard queue takes from one host without a word.
    pub fn allowed(self, waiting_batches: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 16")]
        let size = self.size as usize;
        size.min(1 + waiting_batches / WAITING_FOR_ONE_MORE)
    }

    pub fn went_well(&mut self) {
        self.size = (self.size + 1.0 / self.size).min(MOST);
    }

    pub fn was_throttled(&mut self) {
        self.size = (self.size / 2.0).max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_by_one_a_round_and_halves_at_once() {
        let mut window = Window::default();
        let mut sizes = Vec::new();
        for _ in 0..5 {
            let size = window.allowed(usize::MAX / 2);
            sizes.push(size);
            for _ in 0..=size {
                window.went_well();
            }
        }
        assert_eq!(sizes, [1, 2, 3, 4, 5]);
        for _ in 0..1000 {
            window.went_well();
        }
        assert_eq!(window.allowed(1000), 16);
        window.was_throttled();
        assert_eq!(window.allowed(1000), 8);
        for _ in 0..10 {
            window.was_throttled();
        }
        assert_eq!(window.allowed(1000), 1);
    }

    #[test]
    fn a_short_queue_goes_in_its_order() {
        let mut window = Window::default();
        (0..100).for_each(|_| window.went_well());
        assert_eq!([0, 3, 4, 8].map(|waiting| window.allowed(waiting)), [1, 1, 2, 3]);
    }
}
