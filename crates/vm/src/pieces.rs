//! Long work on memories and tables, done in pieces, so that an interruption is seen in between.
//!
//! Whatever a guest can make long goes through [`in_pieces`]: filling, copying, initialising, growing tables; also where a
//! host function does it for a guest. What was done before an interruption stays, as it does before a trap; growth is
//! taken back.

use crate::interrupt;
use std::ops::Range;
use wasmill_abi::TrapCode;

/// Bytes between two looks for an interruption: well under a millisecond, also if the system has to provide the pages.
pub(crate) const BYTES: usize = 256 << 10;
/// The same for elements of a table, each of which may be a function that has to be found first.
pub(crate) const ELEMENTS: usize = 4 << 10;

/// The order in which pieces are worked on: that of their places, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Forwards,
    Backwards,
}

impl Order {
    /// One in which no place is written that has yet to be read.
    pub(crate) fn of_copy<T: Ord>(to: T, from: T) -> Self {
        match to > from {
            true => Self::Backwards,
            false => Self::Forwards,
        }
    }
}

/// Does work on `length` places, at most `piece` at a time.
///
/// # Errors
///
/// If the guest is to stop; some of the work is done then.
#[inline]
pub(crate) fn in_pieces(
    length: usize,
    piece: usize,
    order: Order,
    mut work: impl FnMut(Range<usize>),
) -> Result<(), TrapCode> {
    let mut done = 0;
    while done < length {
        if done > 0 {
            interrupt::check()?;
        }
        let next = piece.min(length - done);
        work(match order {
            Order::Forwards => done..done + next,
            Order::Backwards => length - done - next..length - done,
        });
        done += next;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(length: usize, order: Order) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        in_pieces(length, 4, order, |piece| pieces.push(piece)).expect("nobody interrupts");
        pieces
    }

    #[test]
    fn pieces_cover_everything_once() {
        assert!(pieces(0, Order::Forwards).is_empty());
        assert!(
            pieces(4, Order::Backwards)
                .into_iter()
                .eq(std::iter::once(0..4))
        );
        assert_eq!(pieces(9, Order::Forwards), [0..4, 4..8, 8..9]);
        assert_eq!(pieces(9, Order::Backwards), [5..9, 1..5, 0..1]);
    }
}
