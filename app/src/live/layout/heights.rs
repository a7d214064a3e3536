//! The heights of a room's rows, and where each row stands: sums over any part of them in a few steps.

use super::{Len, PX};

/// No row counts as higher, so that sums stay within their type; no message of 8,000 characters comes near.
const HEIGHT_MAX: Len = 100_000 * PX;

/// Heights from the oldest row to the newest, in a Fenwick tree: entry `i` holds the sum of the `i & -i` heights
/// that end with the `i`th. Sums wrap, which is harmless as long as the true ones fit: a list is never laid out
/// higher than [`super::EXTENT_MAX`] before rows are measured.
#[derive(Clone, Debug, Default)]
pub struct Heights {
    tree: Vec<u32>,
}

impl Heights {
    /// So many rows of one height.
    #[must_use]
    pub fn new(count: usize, each: Len) -> Self {
        let each = narrow(each);
        let sums = (1..=count).map(|at| each.wrapping_mul(u32::try_from(low_bit(at)).unwrap_or(u32::MAX)));
        Self { tree: sums.collect() }
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tree.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// The height of one row; 0 where there is none.
    #[must_use]
    pub fn get(&self, row: usize) -> Len {
        if row < self.len() {
            self.above(row + 1) - self.above(row)
        } else {
            0
        }
    }

    /// Gives a row its height.
    pub fn set(&mut self, row: usize, height: Len) {
        if row >= self.len() {
            return;
        }
        let change = narrow(height).wrapping_sub(narrow(self.get(row)));
        let mut at = row + 1;
        while let Some(sum) = self.tree.get_mut(at - 1) {
            *sum = sum.wrapping_add(change);
            at += low_bit(at);
        }
    }

    /// Adds a row after the newest.
    pub fn push(&mut self, height: Len) {
        let at = self.len() + 1;
        let begin = at - low_bit(at);
        let below = self.above(self.len()) - self.above(begin);
        self.tree.push(narrow(height).wrapping_add(narrow_sum(below)));
    }

    /// The heights of all rows above this one together.
    #[must_use]
    pub fn above(&self, row: usize) -> Len {
        let mut at = row.min(self.len());
        let mut sum = 0_u32;
        while at > 0 {
            sum = sum.wrapping_add(self.tree[at - 1]);
            at -= low_bit(at);
        }
        sum.into()
    }

    /// All heights together.
    #[must_use]
    pub fn total(&self) -> Len {
        self.above(self.len())
    }

    /// The row at this distance from the top: the last one that begins there or above.
    #[must_use]
    pub fn at(&self, distance: Len) -> usize {
        let mut left = distance;
        let mut row = 0;
        let mut step = self.len().checked_ilog2().map_or(0, |bits| 1 << bits);
        while step > 0 {
            if let Some(sum) = self.tree.get(row + step - 1).map(|sum| Len::from(*sum))
                && sum <= left
            {
                row += step;
                left -= sum;
            }
            step /= 2;
        }
        row.min(self.len().saturating_sub(1))
    }
}

const fn low_bit(at: usize) -> usize {
    at & at.wrapping_neg()
}

fn narrow(height: Len) -> u32 {
    narrow_sum(height.clamp(0, HEIGHT_MAX))
}

fn narrow_sum(sum: Len) -> u32 {
    u32::try_from(sum).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Push(Len),
        Set(usize, Len),
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn sums_are_those_of_plain_addition(
            count in 0_usize..70,
            each in 0..90 * PX,
            steps in prop::collection::vec(prop_oneof![
                (0..500 * PX).prop_map(Step::Push),
                (any::<prop::sample::Index>(), 0..500 * PX).prop_map(|(row, height)| Step::Set(row.index(200), height)),
            ], 0..60),
            probe in 0..40_000 * PX,
        ) {
            let mut plain = vec![each; count];
            let mut heights = Heights::new(count, each);
            for step in steps {
                match step {
                    Step::Push(height) => {
                        plain.push(height);
                        heights.push(height);
                    }
                    Step::Set(row, height) => {
                        plain.iter_mut().skip(row).take(1).for_each(|known| *known = height);
                        heights.set(row, height);
                    }
                }
            }
            prop_assert_eq!(heights.len(), plain.len());
            let mut above = 0;
            let mut at = 0;
            for (row, height) in plain.iter().enumerate() {
                prop_assert_eq!((heights.above(row), heights.get(row)), (above, *height));
                if above <= probe {
                    at = row;
                }
                above += height;
            }
            prop_assert_eq!((heights.total(), heights.at(probe)), (above, at));
        }
    }
}
