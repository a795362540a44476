//! Vectors made of any bytes of two others.
//!
//! In general each operand gives its bytes, with zeros where the other's belong, and both are or-ed. Orders that one
//! instruction gives are recognized: see [`Form`].

use crate::generator::{Generator, SCRATCH_XMM};
use crate::location::{Kind, Loc, Operand};
use crate::x64::assembler::Op;
use crate::x64::registers::Xmm;
use crate::x64::vectors::*;

/// Where each byte of the result comes from: 0 to 15 the first operand, 16 to 31 the second.
type Lanes = [u8; 16];

/// How a shuffle can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The first operand as it is.
    First,
    /// The 32-bit lanes of the first operand in another order.
    Words(u8),
    /// Two 32-bit lanes of the first operand, then two of the second.
    WordsOfBoth(u8),
    /// Lanes of so many bytes of the lower halves in turn.
    LowInTurn(u8),
    /// The same with the upper halves.
    HighInTurn(u8),
    /// From this byte of the first operand on, then on with the second.
    Window(u8),
    /// Each 16-bit lane from its place in one of the operands; the bits say which.
    Blend(u8),
    /// Any bytes of the first operand.
    Bytes,
    /// Any bytes of both.
    BytesOfBoth,
}

/// The form of a shuffle with the operands in this order.
fn form(lanes: Lanes) -> Form {
    if lanes == window(0) {
        return Form::First;
    }
    let words = words(lanes);
    let order = words.map(order_of);
    if lanes.iter().all(|&lane| lane < 16) {
        return order.map_or(Form::Bytes, Form::Words);
    }
    for bytes in [1, 2, 4, 8] {
        if lanes == in_turn(bytes, 0) {
            return Form::LowInTurn(bytes);
        }
        if lanes == in_turn(bytes, 8) {
            return Form::HighInTurn(bytes);
        }
    }
    if lanes == window(lanes[0]) {
        return Form::Window(lanes[0]);
    }
    if let (Some([0..4, 0..4, 4..8, 4..8]), Some(order)) = (words, order) {
        return Form::WordsOfBoth(order);
    }
    blend(lanes).map_or(Form::BytesOfBoth, Form::Blend)
}

/// Sixteen bytes in a row.
fn window(from: u8) -> Lanes {
    std::array::from_fn(|at| from.wrapping_add(at as u8))
}

/// Lanes of both operands in turn, from a byte on.
fn in_turn(bytes: u8, from: u8) -> Lanes {
    std::array::from_fn(|at| {
        let (lane, byte) = (at as u8 / bytes, at as u8 % bytes);
        from + lane / 2 * bytes + byte + lane % 2 * 16
    })
}

/// The 32-bit lanes that a result consists of, 0 to 7, if it consists of such.
fn words(lanes: Lanes) -> Option<[u8; 4]> {
    let mut words = [0; 4];
    for (word, lanes) in words.iter_mut().zip(lanes.chunks_exact(4)) {
        let first = lanes[0];
        let is_word = first % 4 == 0 && (0..4).all(|at| lanes[usize::from(at)] == first + at);
        if !is_word {
            return None;
        }
        *word = first / 4;
    }
    Some(words)
}

/// An order of 32-bit lanes within their operands, as instructions have it.
fn order_of(words: [u8; 4]) -> u8 {
    let bits = words.iter().enumerate();
    bits.fold(0, |order, (at, word)| order | (word & 3) << (2 * at))
}

/// Which 16-bit lanes are the second operand's, if all are in their places.
fn blend(lanes: Lanes) -> Option<u8> {
    let mut mask = 0;
    for (at, lanes) in lanes.chunks_exact(2).enumerate() {
        let own = 2 * at as u8;
        if lanes == [own + 16, own + 17] {
            mask |= 1 << at;
        } else if lanes != [own, own + 1] {
            return None;
        }
    }
    Some(mask)
}

/// The bytes of one operand for the general form: the operands are told apart by bit 4, and bit 7 asks for zero.
fn selection(lanes: Lanes, of_second: bool) -> u128 {
    u128::from_le_bytes(lanes.map(|lane| match (lane >= 16) == of_second {
        true => lane & 15,
        false => 0x80,
    }))
}

fn unpack(form: Form) -> Op {
    match form {
        Form::LowInTurn(1) => PUNPCKLBW,
        Form::LowInTurn(2) => PUNPCKLWD,
        Form::LowInTurn(4) => PUNPCKLDQ,
        Form::LowInTurn(_) => PUNPCKLQDQ,
        Form::HighInTurn(1) => PUNPCKHBW,
        Form::HighInTurn(2) => PUNPCKHWD,
        Form::HighInTurn(4) => PUNPCKHDQ,
        _ => PUNPCKHQDQ,
    }
}

impl Generator<'_> {
    pub(in crate::emit) fn emit_shuffle(&mut self, mut lanes: [u8; 16]) {
        let (mut b, mut a) = (self.pop_lanes(None), self.pop_lanes(None));
        if a.loc == b.loc && matches!(a.loc, Loc::Local(_)) {
            lanes = lanes.map(|lane| lane & 15);
        }
        // A form that fits may be found with the operands swapped only.
        let swapped = lanes.map(|lane| lane ^ 16);
        let only_second = lanes.iter().all(|&lane| lane >= 16);
        let is_better = form(lanes) == Form::BytesOfBoth && form(swapped) != Form::BytesOfBoth;
        if only_second || is_better {
            (lanes, a, b) = (swapped, b, a);
        }
        let to = self.shuffle(lanes, a, b);
        self.push_xmm(Kind::V128, to);
    }

    fn shuffle(&mut self, lanes: [u8; 16], a: Operand, b: Operand) -> Xmm {
        let form = form(lanes);
        if matches!(form, Form::First | Form::Words(_) | Form::Bytes) {
            self.release(b);
        }
        match form {
            Form::First => self.xmm_to_change(a, None),
            Form::Words(order) => self.one_operand(PSHUFD.imm(order), a, None),
            Form::Bytes => self.with_constant(PSHUFB, a, selection(lanes, false), None),
            Form::WordsOfBoth(order) => self.two_operands(SHUFPS.imm(order), a, b, None),
            Form::LowInTurn(_) | Form::HighInTurn(_) => self.two_operands(unpack(form), a, b, None),
            // The first operand of the instruction is the upper half.
            Form::Window(from) => self.two_operands(PALIGNR.imm(from), b, a, None),
            Form::Blend(mask) => self.two_operands(PBLENDW.imm(mask), a, b, None),
            Form::BytesOfBoth => self.shuffle_bytes(lanes, a, b),
        }
    }

    fn shuffle_bytes(&mut self, lanes: [u8; 16], a: Operand, mut b: Operand) -> Xmm {
        let (to, second) = self.sequence_operands(a, &mut b, None);
        self.apply_constant(PSHUFB, to, to, selection(lanes, false));
        self.apply_constant(PSHUFB, SCRATCH_XMM, second, selection(lanes, true));
        self.apply(POR, to, to, SCRATCH_XMM);
        self.release(b);
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that the instructions of a form give, as the processor's manual has them.
    fn bytes_of(form: Form, lanes: Lanes) -> Lanes {
        let both: [u8; 32] = std::array::from_fn(|at| at as u8);
        let word = |of: usize, number: u8| of * 16 + 4 * usize::from(number & 3);
        std::array::from_fn(|at| {
            let place = match form {
                Form::First => at,
                Form::Words(order) => word(0, order >> (at / 4 * 2)) + at % 4,
                Form::WordsOfBoth(order) => word(at / 8, order >> (at / 4 * 2)) + at % 4,
                Form::LowInTurn(bytes) | Form::HighInTurn(bytes) => {
                    let bytes = usize::from(bytes);
                    let high = 8 * usize::from(matches!(form, Form::HighInTurn(_)));
                    high + at / bytes % 2 * 16 + at / bytes / 2 * bytes + at % bytes
                }
                Form::Window(from) => usize::from(from) + at,
                Form::Blend(mask) => at + 16 * usize::from(mask >> (at / 2) & 1),
                Form::Bytes | Form::BytesOfBoth => {
                    let first = selection(lanes, false).to_le_bytes()[at];
                    let second = selection(lanes, true).to_le_bytes()[at];
                    match first {
                        0x80 => 16 + usize::from(second),
                        _ => usize::from(first),
                    }
                }
            };
            both[place]
        })
    }

    #[test]
    fn forms_are_recognized() {
        let words = |order: [u8; 4]| std::array::from_fn(|at| order[at / 4] * 4 + at as u8 % 4);
        let cases = [
            (window(0), Form::First),
            (words([3, 3, 0, 1]), Form::Words(0b01_00_11_11)),
            (words([2, 1, 4, 7]), Form::WordsOfBoth(0b11_00_01_10)),
            (in_turn(1, 0), Form::LowInTurn(1)),
            (in_turn(8, 8), Form::HighInTurn(8)),
            (window(5), Form::Window(5)),
            (words([0, 5, 2, 7]), Form::Blend(0b1100_1100)),
            ([7; 16], Form::Bytes),
            (words([4, 1, 0, 7]), Form::BytesOfBoth),
            (std::array::from_fn(|at| 31 - at as u8), Form::BytesOfBoth),
        ];
        for (lanes, expected) in cases {
            assert_eq!(form(lanes), expected, "{lanes:?}");
        }
    }

    #[test]
    fn forms_give_the_lanes_asked_for() {
        let mut tried = Vec::new();
        for from in 0..=16 {
            tried.push(window(from));
        }
        for bytes in [1, 2, 4, 8] {
            tried.push(in_turn(bytes, 0));
            tried.push(in_turn(bytes, 8));
        }
        for words in 0..8u16.pow(4) {
            let order = [words & 7, words >> 3 & 7, words >> 6 & 7, words >> 9 & 7];
            tried.push(std::array::from_fn(|at| {
                order[at / 4] as u8 * 4 + at as u8 % 4
            }));
        }
        for mask in 0..=255u8 {
            tried.push(std::array::from_fn(|at| {
                at as u8 + (mask >> (at / 2) & 1) * 16
            }));
        }
        for step in 1..32 {
            tried.push(std::array::from_fn(|at| (at * step % 32) as u8));
        }
        for lanes in tried {
            assert_eq!(bytes_of(form(lanes), lanes), lanes, "{:?}", form(lanes));
        }
    }
}
