//! Random structured programs, in text, that always end: by themselves, by a trap, or when their fuel is used up.

use std::fmt::Write;

/// How deep expressions and blocks are nested.
const MAX_DEPTH: u32 = 4;

/// What makes one program.
pub(crate) struct Program {
    state: u64,
    text: String,
    /// The labels that a branch may go to; none of them takes a value.
    labels: Vec<u32>,
    next_label: u32,
}

impl Program {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            text: String::new(),
            labels: Vec::new(),
            next_label: 0,
        }
    }

    /// A module whose functions take and give a number; `f` is the first.
    pub(crate) fn module(mut self) -> String {
        self.text +=
            "(module (memory 1 2) (type $t (func (param i32) (result i32))) (type $other (func))
            (global $fuel (mut i32) (i32.const 60)) (data \"\\01\\02\\00\\ff\\07\")
            (table 5 funcref) (elem (i32.const 0) $f1 $f2 $f0 $nothing)
            (func $nothing)\n";
        for n in 0..3 {
            self.function(n);
        }
        self.text + ")"
    }

    /// The next number below `bound`.
    fn below(&mut self, bound: u32) -> u32 {
        // xorshift64*
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let high = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        (high % u64::from(bound)) as u32
    }

    fn put(&mut self, text: &str) {
        self.text += text;
        self.text.push(' ');
    }

    fn function(&mut self, n: u32) {
        let export = if n == 0 { "(export \"f\")" } else { "" };
        write!(
            self.text,
            "(func $f{n} {export} (param $a i32) (result i32) (local $b i32) "
        )
        .unwrap();
        self.put("(if (i32.eqz (global.get $fuel)) (then (return (i32.const 0))))");
        self.burn();
        self.statements(0);
        self.expression(0);
        self.put(")\n");
    }

    fn burn(&mut self) {
        self.put("(global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))");
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..1 + self.below(4) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let kinds = if depth < MAX_DEPTH { 14 } else { 8 };
        match self.below(kinds) {
            0 => self.put("nop"),
            1 => self.with("(local.set $b", &[depth]),
            2 => self.with("(local.set $a", &[depth]),
            3 => self.with("(drop", &[depth]),
            4 => self.access(depth),
            5 => self.branch(depth),
            6 if self.below(6) == 0 => self.put("unreachable"),
            7 if self.below(4) == 0 => self.with("(return", &[depth]),
            8 | 9 => self.condition(depth),
            10 | 11 => self.block("block", depth),
            12 | 13 => self.block("loop", depth),
            _ => self.with("(drop", &[depth]),
        }
    }

    /// An operator with operands of one more level each.
    fn with(&mut self, operator: &str, operands: &[u32]) {
        self.put(operator);
        for depth in operands {
            self.expression(depth + 1);
        }
        self.put(")");
    }

    fn access(&mut self, depth: u32) {
        match self.below(4) {
            0 => self.with("(i32.store8", &[depth, depth]),
            1 => self.with("(i32.store offset=65500", &[depth, depth]),
            2 => {
                self.put("(memory.fill");
                self.expression(depth + 1);
                self.put("(i32.const 3) (i32.const 9))");
            }
            _ => {
                self.put("(drop");
                self.with("(ref.is_null (table.get 0", &[depth]);
                self.put("))");
            }
        }
    }

    fn branch(&mut self, depth: u32) {
        let Some(last) = self.labels.len().checked_sub(1) else {
            return self.put("nop");
        };
        let target = |this: &mut Self| {
            let at = this.below(last as u32 + 1) as usize;
            format!("$l{}", this.labels[at])
        };
        let first = target(self);
        match self.below(5) {
            0 => self.put(&format!("(br {first})")),
            1 => {
                let (second, third) = (target(self), target(self));
                self.with(&format!("(br_table {first} {second} {third}"), &[depth]);
            }
            _ => self.with(&format!("(br_if {first}"), &[depth]),
        }
    }

    fn condition(&mut self, depth: u32) {
        self.put("(if");
        self.expression(depth + 1);
        self.put("(then");
        self.statements(depth + 1);
        self.put(")");
        if self.below(2) == 0 {
            self.put("(else");
            self.statements(depth + 1);
            self.put(")");
        }
        self.put(")");
    }

    fn block(&mut self, kind: &str, depth: u32) {
        let label = self.next_label;
        self.next_label += 1;
        self.put(&format!("({kind} $l{label}"));
        if kind == "loop" {
            self.put("(if (i32.eqz (global.get $fuel)) (then (return (local.get $a))))");
            self.burn();
        }
        self.labels.push(label);
        self.statements(depth + 1);
        self.labels.pop();
        self.put(")");
    }

    /// Something that gives a number.
    fn expression(&mut self, depth: u32) {
        let kinds = if depth < MAX_DEPTH { 16 } else { 4 };
        match self.below(kinds) {
            0 | 1 => {
                let value = [0, 1, 2, 3, 7, 40, 65_530, -1][self.below(8) as usize];
                self.put(&format!("(i32.const {value})"));
            }
            2 => self.put("(local.get $a)"),
            3 => self.put("(local.get $b)"),
            4 => self.with("(i32.add", &[depth, depth]),
            5 => self.with("(i32.lt_s", &[depth, depth]),
            6 => self.with("(i32.div_s", &[depth, depth]),
            7 => self.with("(i32.rem_u", &[depth, depth]),
            8 => self.with("(i32.load8_u", &[depth]),
            9 => self.with("(i32.load offset=65000", &[depth]),
            10 => self.with("(select", &[depth, depth, depth]),
            11 => self.choice(depth),
            12 => {
                let callee = self.below(3);
                self.with(&format!("(call $f{callee}"), &[depth]);
            }
            13 => self.with("(call_indirect (type $t)", &[depth, depth]),
            14 => self.with("(local.tee $b", &[depth]),
            _ => self.with("(memory.grow", &[depth]),
        }
    }

    fn choice(&mut self, depth: u32) {
        self.put("(if (result i32)");
        self.expression(depth + 1);
        self.with("(then", &[depth]);
        self.with("(else", &[depth]);
        self.put(")");
    }
}
